"""What was acknowledged is in the base, whatever happens to the process, the disk or the clock; nothing else was."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spipconv.forum.store.backups import back_up
from spipconv.forum.store.base import Base, open_base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.upkeep import check
from tests.forum.bases import make_base, message, posting, start_writing

# More by hand: SPIPCONV_TEST_KILLS=20.
KILLS = int(os.environ.get("SPIPCONV_TEST_KILLS", "8"))

if sys.platform == "win32":
    pytest.skip("signals and limits of POSIX", allow_module_level=True)

pytestmark = pytest.mark.slow


def acknowledged(lines: list[str]) -> dict[int, str]:
    """Return the forms that a process said to be stored, by the numbers of their messages."""
    told = [line.split() for line in lines if line.endswith("\n") and not line.startswith("refused")]
    return {int(number): form for number, form in told}


def stored(path: Path) -> dict[int, str]:
    """Return the forms of the messages in a base, by their numbers."""
    with open_base(path, reads_only=True) as store:
        return {row.id: row.text.split()[0] for row in store.messages.of_page(1)}


def assert_kept(path: Path, told: dict[int, str]) -> None:
    assert check(path) == []
    present = stored(path)
    assert {number: present.get(number) for number in told} == told
    assert len(set(present.values())) == len(present), "a form brought two messages"


def read_some(process: subprocess.Popen[str], most: int) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if len(lines) >= most:
            break
    return lines


def end(process: subprocess.Popen[str]) -> list[str]:
    """Kill a process, and return the lines that it had still written."""
    os.kill(process.pid, signal.SIGKILL)
    # communicate() would leave out what is already in the buffer.
    with process:
        assert process.stdout is not None
        return process.stdout.readlines()


def test_all_that_was_acknowledged_is_there_after_kills(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    told: dict[int, str] = {}
    for turn in range(KILLS):
        process = start_writing(path, f"turn{turn}")
        lines = read_some(process, 1 + turn * 97 % 300)
        told |= acknowledged(lines + end(process))
        assert_kept(path, told)
    assert len(told) >= KILLS


def test_two_processes_write_at_the_same_time_while_a_third_copies(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    processes = [start_writing(path, name) for name in ("one", "two")]
    lines = [read_some(process, 100) for process in processes]
    copy = tmp_path / "copy.db"
    subprocess.run([sys.executable, "-P", "-m", "spipconv", "comments", "backup", path, copy], check=True)
    lines += [end(process) for process in processes]
    told = acknowledged([line for part in lines for line in part])
    assert {form.split("-")[0] for form in told.values()} == {"one", "two"}
    assert_kept(path, told)
    copied = stored(copy)
    assert len(copied) >= 200
    assert copied.items() <= stored(path).items()


def test_a_full_disk_acknowledges_nothing_and_is_survived(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    process = start_writing(path, "full", limit=400_000)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    lines = output.splitlines(keepends=True)
    refused = {line for line in lines if line.startswith("refused")}
    assert {line.split(": ", 1)[1].strip() for line in refused} == {
        "it cannot be read or written: check the disk and its free space"
    }
    told = acknowledged(lines)
    assert "full-again" in told.values()
    assert_kept(path, told)
    assert stored(path) == told, "what was refused is there"


def test_a_backup_is_gone_back_to_as_the_document_says(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    process = start_writing(path, "before")
    told = acknowledged(read_some(process, 20))
    back_up(path, tmp_path / "backup.db")
    read_some(process, 20)
    end(process)
    document = (Path(__file__).parent.parent.parent / "docs" / "comments.md").read_text("utf-8")
    commands = document.partition("To go back to a backup")[2].partition("```sh\n")[2].partition("```")[0]
    commands = re.sub(r"/backups/\S+", "backup.db", commands).replace("spipconv ", f"{sys.executable} -m spipconv ")
    subprocess.run(["sh", "-e", "-c", commands], check=True, cwd=tmp_path)
    assert (tmp_path / "old" / "forum.db-wal").exists()
    assert_kept(path, told)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Base]:
    base = Base(make_base(tmp_path))
    yield base
    base.close()


def test_a_base_that_may_not_grow_says_so_to_all_and_stores_again_later(base: Base) -> None:
    connection = base._writer._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    futures = [base.submit(posting(message(text="x" * 5000))) for _ in range(20)]
    failures = [future.exception() for future in futures]
    assert any(failures)
    assert all(isinstance(error, StoreError) and "the disk is full" in str(error) for error in failures if error)
    count = base.query(lambda store: sum(store.messages.counts().values())).result()
    assert count == failures.count(None)
    connection.execute("PRAGMA max_page_count=1000000")
    assert base.submit(posting(message())).result().id
    assert base.failure is None


def test_the_clock_may_go_back(base: Base) -> None:
    stored_ = [base.submit(posting(message(at=at))).result() for at in (1000, 2000, 5, 3000)]
    numbers = [row.id for row in stored_]
    assert numbers == sorted(set(numbers))
    in_order = base.query(lambda store: store.messages.of_page(1)).result()
    assert [row.id for row in in_order] == numbers
    newest = base.query(lambda store: store.messages.latest(("prop",))).result()
    assert [row.id for row in newest] == numbers[::-1]


def test_a_killed_writer_leaves_a_base_that_sqlite_itself_finds_sound(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    process = start_writing(path, "killed")
    read_some(process, 50)
    end(process)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
