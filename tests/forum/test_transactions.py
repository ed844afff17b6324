"""Transactions: works that wait share one, each is whole or not at all, and readers see one moment."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from spipconv.forum.store.base import Base, open_base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.store import Store
from tests.forum.bases import make_base, message, posting

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and signals of POSIX")


# 2: each commit waits for the disk.
_PRAGMAS = {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_base(tmp_path)


@pytest.fixture
def base(path: Path) -> Iterator[Base]:
    base = Base(path)
    yield base
    base.close()


def counted(path: Path) -> int:
    with open_base(path, reads_only=True) as store:
        return sum(store.messages.counts().values())


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


def test_what_is_committed_is_on_the_disk(base: Base) -> None:
    connection = base._writer._connection
    values = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS}
    assert values == _PRAGMAS


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
