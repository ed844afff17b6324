"""The one writer of a process: works come in from all threads, are done in order, and acknowledged once on the disk.

Works that wait at the same time share one transaction, and so one wait for the disk (group commit).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeVar

from spipconv.forum.store.errors import StoreError, explain
from spipconv.forum.store.migrating import check_version
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable

_MOST_AT_ONCE = 200

T = TypeVar("T")


class _Task(Generic[T]):
    """A work and the promise of what it returns."""

    def __init__(self, work: Callable[[Store], T]) -> None:
        self.future: Future[T] = Future()
        self._work = work
        self._value: T
        self.error: Exception | None = None

    def do(self, connection: sqlite3.Connection, store: Store, path: Path) -> None:
        """Do the work; an error takes back this work only. Raises sqlite3.Error if the whole transaction is lost."""
        connection.execute("SAVEPOINT work")
        try:
            self._value = self._work(store)
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO work")
            self.error = explain(path, error)
        connection.execute("RELEASE work")

    def acknowledge(self) -> None:
        """Tell what the work returned or raised."""
        if self.error is None:
            self.future.set_result(self._value)
        else:
            self.future.set_exception(self.error)


class Writer:
    """A thread that writes. ``connection`` is its own from now on; ``version`` is the one of the base it knows."""

    def __init__(self, connection: sqlite3.Connection, path: Path, version: int) -> None:
        self._connection = connection
        self._path = path
        self._version = version
        self._place = _place_of(path)
        self._store = Store(connection)
        self._queue: SimpleQueue[_Task[object] | None] = SimpleQueue()
        # Why not all of the last transaction could be written, or None: it was.
        self.failure: Exception | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="spipconv-forum-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Store], T]) -> Future[T]:
        """Have a work done in a transaction.

        The future has what it returns once that is on the disk, the exception it raises, with nothing of it stored, or
        StoreError if nothing can be stored. Raises StoreError after ``close``.
        """
        task = _Task(work)
        with self._lock:
            if self._is_closed:
                raise StoreError(make_printable(f"{self._path}: it was closed"))
            self._queue.put(task)  # type: ignore[arg-type]  # a task is only ever asked for what its own work returns
        return task.future

    def check_place(self) -> None:
        """Raise StoreError if another file, or none, is where the base was: nobody would find what is written to it."""
        if self._place != _place_of(self._path):
            raise StoreError(make_printable(f"{self._path}: it was moved or replaced: start the server again"))

    def close(self) -> None:
        """Do what was submitted, and end."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            tasks, goes_on = self._take()
            tasks = [task for task in tasks if task.future.set_running_or_notify_cancel()]
            if not tasks:
                continue
            try:
                self._write(tasks)
            except Exception as error:
                self.failure = explain(self._path, error)
                for task in tasks:
                    task.future.set_exception(self.failure)
            else:
                self.failure = next((task.error for task in tasks if isinstance(task.error, StoreError)), None)
                for task in tasks:
                    task.acknowledge()
        self._connection.close()

    def _take(self) -> tuple[list[_Task[object]], bool]:
        """Return what waits, at least one task, and whether there will be more."""
        tasks: list[_Task[object]] = []
        while not tasks or (len(tasks) < _MOST_AT_ONCE and not self._queue.empty()):
            task = self._queue.get()
            if task is None:
                return tasks, False
            tasks.append(task)
        return tasks, True

    def _write(self, tasks: list[_Task[object]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self.check_place()
            if not check_version(self._connection, self._path, self._version):
                raise StoreError(make_printable(f"{self._path}: it is an older base now: start the server again"))
            for task in tasks:
                task.do(self._connection, self._store, self._path)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _place_of(path: Path) -> tuple[int, int] | None:
    """Return the device and the number of a file; None: it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
