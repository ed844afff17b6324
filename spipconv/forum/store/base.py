"""A base: the path of its file comes in; what the server writes and reads by, or a command's store, goes out."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from spipconv.forum.store.connection import connect, create_file
from spipconv.forum.store.errors import StoreError, explain
from spipconv.forum.store.migrating import migrate, read_steps
from spipconv.forum.store.store import Store
from spipconv.forum.store.writer import Writer
from spipconv.system.locks import Lock

_READERS = 4

T = TypeVar("T")


def create_base(path: Path) -> None:
    """Create a base, which only its owner may read. Raises StoreError, also if there is a file of that name."""
    create_file(path)
    try:
        _connect(path, is_new=True).close()
    except BaseException:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                path.with_name(path.name + suffix).unlink()
        raise


@contextmanager
def open_base(path: Path, *, reads_only: bool = False) -> Iterator[Store]:
    """Return the store of a base for one transaction, for commands: all of it is stored at the end, or nothing.

    Servers may go on with it. Split what takes more than a few seconds: others wait until a transaction ends. Raises
    StoreError, also for errors of SQLite within.
    """
    with closing(_connect(path)) as connection:
        try:
            connection.execute("PRAGMA query_only=ON" if reads_only else "BEGIN IMMEDIATE")
            if reads_only:
                connection.execute("BEGIN")
            yield Store(connection)
            connection.execute("ROLLBACK" if reads_only else "COMMIT")
        except sqlite3.Error as error:
            raise explain(path, error) from error


def sweep(path: Path) -> None:
    """Overwrite what was deleted in the base's journal too, as far as no reader needs it. Raises StoreError."""
    with closing(_connect(path)) as connection:
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise explain(path, error) from error


class Base:
    """A base that a server holds open. ``write`` and ``read`` for coroutines, ``submit`` and ``query`` for threads."""

    def __init__(self, path: Path, lock: Lock | None = None) -> None:
        """Open a base, and bring it up to date. ``lock`` is released when it is closed. Raises StoreError."""
        self.path = path
        self._lock = lock
        self._writer = Writer(_connect(path), path, len(read_steps()))
        self._readers = ThreadPoolExecutor(_READERS, "spipconv-forum-reader")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []

    def submit(self, work: Callable[[Store], T]) -> Future[T]:
        """Have a work done in a transaction; see ``Writer.submit``: the result is there once it is on the disk."""
        return self._writer.submit(work)

    def query(self, work: Callable[[Store], T]) -> Future[T]:
        """Have a work done that only reads, on the base as it is at one moment. Its future may raise StoreError."""
        return self._readers.submit(self._read, work)

    async def write(self, work: Callable[[Store], T]) -> T:
        """As ``submit``, for coroutines. What was begun is done even if the coroutine is cancelled."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(work)))

    async def read(self, work: Callable[[Store], T]) -> T:
        """As ``query``, for coroutines."""
        return await asyncio.wrap_future(self.query(work))

    @property
    def failure(self) -> Exception | None:
        """Why not all of the last transaction was written, or why the next one would not be; None: all is well."""
        try:
            self._writer.check_place()
        except StoreError as error:
            return error
        return self._writer.failure

    def close(self) -> None:
        """Do what was submitted, and close the base."""
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        self._writer.close()
        if self._lock:
            self._lock.release()

    def _read(self, work: Callable[[Store], T]) -> T:
        try:
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                return work(Store(connection))
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = connect(self.path)
            connection.execute("PRAGMA query_only=ON")
            self._connections.append(connection)
        return connection


def _connect(path: Path, *, is_new: bool = False) -> sqlite3.Connection:
    connection = connect(path, is_new=is_new)
    try:
        migrate(connection, path, read_steps())
    except BaseException:
        connection.close()
        raise
    return connection
