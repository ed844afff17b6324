"""Migrations: each step is whole or not at all, with a copy from before it; a newer base is refused."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from spipconv.forum.store.base import Base, open_base
from spipconv.forum.store.connection import connect
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.migrating import migrate, read_steps, version_of
from spipconv.forum.upkeep import check
from tests.forum.bases import make_base, message, posting

# A step as a later version may have it: a table is made anew, one is added, and a trigger has a ``;`` within.
NEXT_STEP = """
CREATE TABLE pages_2 (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
  language TEXT NOT NULL, is_open INTEGER NOT NULL DEFAULT 1, revision INTEGER NOT NULL DEFAULT 0, kind TEXT);
INSERT INTO pages_2 SELECT *, 'article' FROM pages;
DROP TABLE pages;
ALTER TABLE pages_2 RENAME TO pages;
CREATE TABLE remarks (id INTEGER PRIMARY KEY, words TEXT); -- a remark; with a semicolon
CREATE TRIGGER remarked AFTER INSERT ON remarks BEGIN UPDATE pages SET kind = 'x'; UPDATE pages SET kind = 'y'; END;
"""
STEPS = (*read_steps(), NEXT_STEP)
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and signals of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_base(tmp_path)


def add(path: Path, text: str = "Bonjour") -> int:
    with open_base(path) as store:
        return store.messages.add(message(text=text)).id


def counted(path: Path) -> int:
    with open_base(path, reads_only=True) as store:
        return sum(store.messages.counts().values())


def test_a_step_has_a_backup_before_it(path: Path) -> None:
    number = add(path, "kept")
    with closing(connect(path)) as connection:
        migrate(connection, path, STEPS)
        assert version_of(connection) == 2
        assert connection.execute("SELECT kind FROM pages").fetchall() == [("article",)]
        assert connection.execute("SELECT text FROM messages").fetchall() == [("kept",)]
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    before = path.with_name("forum.db.before-2")
    with open_base(before, reads_only=True) as store:
        assert store.messages.get(number)
    if os.name == "posix":
        assert stat.S_IMODE(before.stat().st_mode) == 0o600


def test_a_new_base_has_no_backup(path: Path) -> None:
    assert sorted(file.name for file in path.parent.iterdir()) == ["forum.db", "forum.db.key"]


@pytest.mark.parametrize("fault", ["CREATE TABLE pages (a);", "DELETE FROM pages;", "SELECT nothing;"])
def test_a_step_that_fails_changes_nothing(path: Path, fault: str) -> None:
    add(path)
    with closing(connect(path)) as connection:
        with pytest.raises(StoreError):
            migrate(connection, path, (*STEPS[:-1], f"CREATE TABLE more (a);\n{fault}"))
        assert version_of(connection) == 1
    assert counted(path) == 1
    assert check(path) == []


_MIGRATION = """
import os, signal, sys
from pathlib import Path
from spipconv.forum.store.connection import connect
from spipconv.forum.store.migrating import migrate
from tests.forum.test_migrating import STEPS
path = Path(sys.argv[1])
connection = connect(path)
def look(statement):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)
connection.set_trace_callback(look)
migrate(connection, path, STEPS)
"""


@pytest.mark.parametrize(
    "statement", ["DROP TABLE pages", "CREATE TRIGGER remarked", "PRAGMA user_version=2", "COMMIT"]
)
def test_a_migration_that_is_killed_leaves_a_good_base_and_a_good_backup(path: Path, statement: str) -> None:
    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    number = add(path, "kept")
    ended = subprocess.run([sys.executable, "-c", _MIGRATION, path, statement], check=False)
    assert ended.returncode == -signal.SIGKILL
    before = path.with_name("forum.db.before-2")
    for file in (path, before):
        with closing(connect(file)) as connection:
            assert version_of(connection) == 1
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT id, text FROM messages").fetchall() == [(number, "kept")]
    with closing(connect(path)) as connection:
        migrate(connection, path, STEPS)
        assert version_of(connection) == 2


def test_two_processes_that_migrate_at_once_do_it_once(path: Path) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with closing(connect(path)) as connection:
                migrate(connection, path, STEPS)
                assert version_of(connection) == 2
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_running_writer_stops_when_its_base_is_migrated_by_a_newer_one(path: Path) -> None:
    with closing(Base(path)) as base:
        with closing(connect(path)) as connection:
            migrate(connection, path, STEPS)
        with pytest.raises(StoreError, match="a newer spipconv made it"):
            base.submit(posting(message())).result()


def test_a_newer_base_is_refused_in_one_line(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, path, (*STEPS, "CREATE TABLE more (a);"))
    with pytest.raises(StoreError) as raised, open_base(path):
        pass
    assert str(raised.value) == (
        f"{path}: a newer spipconv made it (version 3 of the base, 1 is known here):"
        ' update with pip install -U "spipconv[comments]"'
    )
