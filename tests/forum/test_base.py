"""Bases: they are created, opened and migrated, or refused in one line; works share transactions."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from spipconv.forum.keys import KeyFileError, key_file
from spipconv.forum.opening import check_keys, create_forum, load_keys
from spipconv.forum.store.backups import back_up
from spipconv.forum.store.base import Base, create_base, open_base
from spipconv.forum.store.connection import connect
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.migrating import migrate, read_steps, version_of
from spipconv.forum.store.store import Store
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


@pytest.fixture
def base(path: Path) -> Iterator[Base]:
    base = Base(path)
    yield base
    base.close()


def add(path: Path, text: str = "Bonjour") -> int:
    with open_base(path) as store:
        return store.messages.add(message(text=text)).id


def counted(path: Path) -> int:
    with open_base(path, reads_only=True) as store:
        return sum(store.messages.counts().values())


# --- Files


@POSIX
def test_only_the_owner_may_read_a_base_its_journals_and_its_key(base: Base) -> None:
    base.submit(posting(message())).result()
    files = list(base.path.parent.iterdir())
    assert {file.name for file in files} == {"forum.db", "forum.db-wal", "forum.db-shm", "forum.db.key"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize("name", ["forum.db", "forum.db.key"])
def test_neither_a_base_nor_a_key_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"precious")
    with pytest.raises((StoreError, KeyFileError), match="already"):
        create_forum(tmp_path / "forum.db")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {name: b"precious"}


def refusal(path: Path) -> str:
    """Return the line that says why a base cannot be opened."""
    with pytest.raises(StoreError) as raised, open_base(path):
        pass
    line = str(raised.value)
    assert "\n" not in line
    assert str(path) in line
    return line.removeprefix(f"{path}: ")


def test_what_is_no_base_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (a)")
    text = tmp_path / "text.db"
    text.write_text("not a base, but a letter " * 100)
    empty = tmp_path / "empty.db"
    empty.touch()
    contents = {file: file.read_bytes() for file in (other, text, empty)}
    assert refusal(other) == refusal(text) == "it is a file of another program, not one of comments"
    assert refusal(empty).startswith("it is empty: remove it")
    assert refusal(tmp_path).startswith("it is not a file")
    assert refusal(tmp_path / "missing.db").startswith('there is no such file: "spipconv comments init')
    assert {file: file.read_bytes() for file in contents} == contents
    assert not list(tmp_path.glob("missing*"))


def test_a_newer_base_is_refused_in_one_line(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, path, (*STEPS, "CREATE TABLE more (a);"))
    assert refusal(path).startswith(
        "a newer spipconv made it (version 3 of the base, 1 is known here): update with pip"
    )


_OPENING = """
import os, sys
from pathlib import Path
from spipconv.forum.store.base import open_base
from spipconv.forum.store.errors import StoreError
if not os.getuid():
    os.setuid(65534)
try:
    with open_base(Path(sys.argv[1])):
        pass
except StoreError as error:
    print(error)
"""


@POSIX
@pytest.mark.parametrize(("what", "mode"), [("forum.db", 0o444), (".", 0o555), ("forum.db", 0)])
def test_a_base_that_may_not_be_written_is_refused_in_one_line(what: str, mode: int) -> None:
    # Root may write whatever the mode is, and others cannot reach pytest's folders.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make_base(folder)
        path.chmod(0o666)
        folder.chmod(0o777)
        (folder / what).chmod(mode)
        line = subprocess.run([sys.executable, "-c", _OPENING, path], capture_output=True, text=True, check=True).stdout
        folder.chmod(0o777)
    assert line == f"{path}: it, or its folder, cannot be read and written: check owner and permissions\n"


def test_a_damaged_base_is_said_to_be_damaged(path: Path) -> None:
    for number in range(200):
        add(path, "x" * 1000 + str(number))
    content = bytearray(path.read_bytes())
    # The tables' definitions are in the first pages.
    for start in range(60 * 4096, len(content) - 4096, 3 * 4096):
        content[start : start + 2048] = b"\xff" * 2048
    path.write_bytes(content)
    problems = check(path)
    assert problems
    assert all(line.startswith("damaged: ") for line in problems)
    with pytest.raises(StoreError, match="it is damaged: go back to a backup"), open_base(path) as store:
        store.messages.of_page(1)


def test_a_base_in_use_by_another_writer_is_waited_for_not_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spipconv.forum.store.connection.PATIENCE", 0.05)
    with open_base(path), pytest.raises(StoreError, match="another program is writing to it"):
        add(path)


# --- Keys


def test_a_base_knows_its_key(path: Path, tmp_path: Path) -> None:
    assert load_keys(path)
    key = key_file(path)
    own = key.read_bytes()
    key.unlink()
    with pytest.raises(KeyFileError, match="the key of the base is missing"):
        load_keys(path)
    create_forum(tmp_path / "other.db")
    key_file(tmp_path / "other.db").rename(key)
    with pytest.raises(KeyFileError, match="it is the key of another base"), open_base(path) as store:
        check_keys(store, path)
    # As while it is changed.
    key.write_bytes(key.read_bytes() + own)
    assert load_keys(path)


# --- Migrations


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
from tests.forum.test_base import STEPS
path = Path(sys.argv[1])
connection = connect(path)
def look(statement):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)
connection.set_trace_callback(look)
migrate(connection, path, STEPS)
"""


@POSIX
@pytest.mark.parametrize(
    "statement", ["DROP TABLE pages", "CREATE TRIGGER remarked", "PRAGMA user_version=2", "COMMIT"]
)
def test_a_migration_that_is_killed_leaves_a_good_base_and_a_good_backup(path: Path, statement: str) -> None:
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


def test_a_running_writer_stops_when_its_base_is_migrated_by_a_newer_one(base: Base) -> None:
    with closing(connect(base.path)) as connection:
        migrate(connection, base.path, STEPS)
    with pytest.raises(StoreError, match="a newer spipconv made it"):
        base.submit(posting(message())).result()


@POSIX
@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
def test_nothing_is_acknowledged_by_a_base_that_is_no_longer_there(base: Base, tmp_path: Path, how: str) -> None:
    base.submit(posting(message())).result()
    if how == "removed":
        base.path.unlink()
    else:
        base.path.rename(tmp_path / "moved.db")
    if how == "replaced":
        shutil.copy(tmp_path / "moved.db", base.path)
    assert base.failure
    with pytest.raises(StoreError, match="it was moved or replaced: start the server again"):
        base.submit(posting(message())).result()


# --- Transactions


def test_works_that_wait_share_a_transaction_but_not_their_errors(base: Base) -> None:
    began, goes_on = threading.Event(), threading.Event()
    commits: list[str] = []
    base._writer._connection.set_trace_callback(commits.append)

    def wait(store: Store) -> None:
        began.set()
        goes_on.wait(10)

    first = base.submit(wait)
    assert began.wait(10)

    def work(number: int, store: Store) -> int:
        stored = store.messages.add(message(text=str(number)))
        if number == 3:
            raise LookupError("three")
        return stored.id

    futures = [base.submit(partial(work, number)) for number in range(6)]
    goes_on.set()
    first.result()
    assert [repr(future.exception()) for future in futures] == ["None"] * 3 + ["LookupError('three')"] + ["None"] * 2
    assert [statement for statement in commits if statement == "COMMIT"] == ["COMMIT"] * 2
    texts = base.query(lambda store: [row.text for row in store.messages.of_page(1)]).result()
    assert texts == ["0", "1", "2", "4", "5"]


def test_a_lost_transaction_fails_all_works_in_it(base: Base) -> None:
    """A full disk can end a transaction in its midst: nothing is acknowledged, nothing of it is there."""
    began, goes_on = threading.Event(), threading.Event()

    def wait(store: Store) -> None:
        began.set()
        goes_on.wait(10)

    def lose(store: Store) -> None:
        base._writer._connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("the disk is full, says the test")

    first = base.submit(wait)
    assert began.wait(10)
    works: list[Callable[[Store], object]] = [posting(message()), lose, posting(message())]
    futures = [base.submit(work) for work in works]
    goes_on.set()
    first.result()
    told = {str(future.exception()) for future in futures}
    assert told == {f"{base.path}: the disk is full, says the test"}
    assert base.failure
    assert base.query(lambda store: store.messages.counts()["prop"]).result() == 0
    assert base.submit(posting(message())).result().id
    assert base.failure is None


def test_a_work_is_done_even_if_who_asked_for_it_goes_away(base: Base) -> None:
    async def post() -> None:
        waits = asyncio.ensure_future(base.write(posting(message())))
        await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        await base.write(posting(message()))

    asyncio.run(post())
    assert base.query(lambda store: store.messages.counts()["prop"]).result() == 2


def test_readers_cannot_write(base: Base) -> None:
    with pytest.raises(StoreError):
        base.query(posting(message())).result()


def test_a_reader_sees_the_base_as_it_is_at_one_moment(base: Base) -> None:
    def read(store: Store) -> tuple[int, int]:
        before = store.messages.counts()["prop"]
        base.submit(lambda other: other.messages.add(message())).result()
        return before, store.messages.counts()["prop"]

    assert base.query(read).result() == (0, 0)
    assert base.query(read).result() == (1, 1)


def test_what_was_submitted_before_the_end_is_done_and_nothing_after_it(path: Path) -> None:
    base = Base(path)
    futures = [base.submit(posting(message())) for _ in range(300)]
    base.close()
    assert all(future.done() and not future.exception() for future in futures)
    with pytest.raises(StoreError):
        base.submit(lambda store: None)
    assert counted(path) == 300


def test_a_command_whose_work_fails_stores_nothing(path: Path) -> None:
    def fail() -> None:
        with open_base(path) as store:
            store.messages.add(message())
            store.messages.add(message(parent=7))

    with pytest.raises(LookupError):
        fail()
    assert counted(path) == 0


# --- Backups


def test_a_backup_replaces_an_older_one_only_when_it_is_whole(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    back_up(path, target)
    add(path)
    old = target.read_bytes()
    damaged = bytearray(path.read_bytes())
    damaged[-4096:] = b"\xff" * 4096
    path.write_bytes(damaged)
    with pytest.raises(StoreError):
        back_up(path, target)
    assert target.read_bytes() == old
    assert not list(tmp_path.glob(".spipconv-*"))


@pytest.mark.parametrize("name", ["forum.db", "forum.db.key", "letter.txt", "link.db"])
def test_a_backup_replaces_nothing_but_a_backup(path: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "letter.txt").write_text("precious " * 20)
    (tmp_path / "link.db").symlink_to(path)
    before = (tmp_path / name).read_bytes()
    with pytest.raises(StoreError, match="choose another name"):
        back_up(path, tmp_path / name)
    assert (tmp_path / name).read_bytes() == before


def test_a_backup_into_nothing_is_one_line(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it cannot be written: No such file or directory"):
        back_up(path, tmp_path / "nowhere" / "backup.db")


def test_a_base_cannot_be_created_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it cannot be created"):
        create_base(tmp_path / "nowhere" / "forum.db")
