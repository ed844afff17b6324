"""Bases: they are created, opened and copied, or refused in one line."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spipconv.forum.keys import KeyFileError, key_file
from spipconv.forum.opening import check_keys, create_forum, load_keys
from spipconv.forum.store.backups import back_up
from spipconv.forum.store.base import Base, create_base, open_base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.upkeep import check
from tests.forum.bases import make_base, message, posting

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


def test_no_backup_replaces_a_base_that_is_in_use(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "backup.db")
    with open_base(path), pytest.raises(StoreError, match="a base of that name is in use"):
        back_up(tmp_path / "backup.db", path)
    back_up(tmp_path / "backup.db", path)


def test_a_backup_into_nothing_is_one_line(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it cannot be written: No such file or directory"):
        back_up(path, tmp_path / "nowhere" / "backup.db")


def test_a_base_cannot_be_created_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it cannot be created"):
        create_base(tmp_path / "nowhere" / "forum.db")
