"""The engine for the processes of one machine: chunks come in, outcomes go out.

Each process has a thread that gives it work, so it is known which chunk a process was converting when it died; that
thread then walks through the chunk while the others continue.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import cast

from spipconv.batch.child import Child, ProcessDeath, describe_death, idle_seconds, walk
from spipconv.batch.chunks import Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.batch.watch import watching
from spipconv.batch.work import convert_chunk, convert_here, prepare
from spipconv.system.files import CannotWrite

_START_SECONDS = 60.0
# If the machine has no room for another process now (EAGAIN, ENOMEM), it may have in a moment.
_START_TRIES = 5
_START_PAUSE = 1.0
_NO_PROCESSES = (ImportError, OSError, NotImplementedError, RuntimeError)


def convert_in_processes(
    chunks: Iterator[Chunk],
    options: Options,
    workers: int,
    stop: Callable[[], bool],
    notify: Callable[[str], None] = lambda _: None,
) -> Generator[list[Outcome]]:
    """Convert chunks in up to this many processes, but no more than there are chunks; yield the outcomes in any order.

    After ``stop`` returns True, no new chunk begins, and those that have begun are finished. If the system has no
    processes, everything is converted in this one, and ``notify`` gets a line about it.
    """
    first = next(chunks, None) if not stop() else None
    if first is None:
        return
    pool = _Pool(options)
    try:
        pool.start()
    except _NO_PROCESSES as error:
        notify(f"no processes can be started here ({error}): converting in this process")
        yield convert_chunk(first, options)
        yield from convert_here(chunks, options, stop)
        return
    try:
        pool.give(first)
        while pool.in_hand:
            while pool.in_hand < 2 * workers and not stop() and (chunk := next(chunks, None)) is not None:
                if pool.size < workers:
                    pool.start()
                pool.give(chunk)
            if (outcomes := pool.take()) is not None:
                yield outcomes
    finally:
        pool.close()


class _PoolClosed(Exception):
    """Raised when the run is over, so that nothing new begins."""


class _Pool:
    """A pool of threads, each with a process: chunks come in, outcomes go out."""

    def __init__(self, options: Options) -> None:
        self.in_hand = 0
        self._options = options
        self._context: SpawnContext | None = _choose_context()
        self._threads: list[threading.Thread] = []
        self._tasks: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[list[Outcome] | BaseException] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._processes: set[_Worker | Child] = set()
        self._is_closing = False

    @property
    def size(self) -> int:
        """The number of processes."""
        return len(self._threads)

    def start(self) -> None:
        """Start another process.

        If the system cannot start even the first one, raises an error of ``_NO_PROCESSES``.
        """
        worker = self._begin(self._make) if not self._threads else None
        thread = threading.Thread(target=self._work, args=(worker,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def give(self, chunk: Chunk) -> None:
        """Submit a chunk."""
        self.in_hand += 1
        self._tasks.put(chunk)

    def take(self) -> list[Outcome] | None:
        """Return the outcomes of a chunk, or None if there are none yet. Raises whatever ended a thread."""
        try:
            # Not for ever, because signals are handled between two waits.
            result = self._results.get(timeout=0.5)
        except queue.Empty:
            return None
        self.in_hand -= 1
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        """End all processes and threads immediately."""
        with self._lock:
            self._is_closing = True
            processes = list(self._processes)
        for _ in self._threads:
            self._tasks.put(None)
        for process in processes:
            process.end()
        for thread in self._threads:
            thread.join(10)

    def _work(self, worker: _Worker | Child | None) -> None:
        """Convert chunks until there are no more; their outcomes, and the end of this thread, are results."""
        try:
            while (chunk := self._tasks.get()) is not None:
                try:
                    worker = worker or self._begin(self._make_patiently)
                    outcomes = worker.convert(chunk, self._options)
                except ProcessDeath:
                    self._forget(worker)
                    worker = None
                    outcomes = walk(chunk, self._options, self._begin_child)
                self._results.put(outcomes)
        except _PoolClosed:
            return
        except BaseException as error:
            self._results.put(error)
        finally:
            self._forget(worker)

    def _begin(self, make: Callable[[], _Worker | Child]) -> _Worker | Child:
        if self._is_closing:
            raise _PoolClosed
        process = make()
        with self._lock:
            if not self._is_closing:
                self._processes.add(process)
                return process
        process.close()
        raise _PoolClosed

    def _begin_child(self) -> Child:
        child = self._begin(Child)
        assert isinstance(child, Child)
        return child

    def _forget(self, process: _Worker | Child | None) -> None:
        if process:
            process.close()
            with self._lock:
                self._processes.discard(process)

    def _make(self) -> _Worker | Child:
        if self._context is not None:
            try:
                return _Worker(self._context)
            except (ProcessDeath, *_NO_PROCESSES):
                # No connection between processes, or a main module that cannot be imported again.
                self._context = None
        return Child()

    def _make_patiently(self) -> _Worker | Child:
        for _ in range(_START_TRIES - 1):
            try:
                return self._make()
            except _NO_PROCESSES:
                threading.Event().wait(_START_PAUSE)
        try:
            return self._make()
        except _NO_PROCESSES as error:
            raise CannotWrite(f"no more processes can be started: {error}") from error


class _Worker:
    """A process that shares the memory of what is imported with others like it. Raises OSError, ProcessDeath."""

    def __init__(self, context: SpawnContext) -> None:
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        try:
            self._process.start()
        except BaseException:
            self._connection.close()
            raise
        finally:
            theirs.close()
        self._receive(_START_SECONDS)

    def convert(self, chunk: Chunk, options: Options) -> list[Outcome]:
        """Convert a chunk. Raises ProcessDeath; the worker cannot be used after that."""
        return cast("list[Outcome]", self._receive(idle_seconds(options), (chunk, options)))

    def end(self) -> None:
        """End the process immediately; the thread that waits for it must call ``close``."""
        self._process.kill()

    def close(self) -> None:
        """End the process immediately and release everything."""
        self._process.kill()
        self._connection.close()
        self._process.join(10)

    def _receive(self, seconds: float, task: object = None) -> object:
        with watching(cast(int, self._process.pid), seconds) as watched:
            try:
                if task:
                    self._connection.send(task)
                answer: object = self._connection.recv()
                return answer
            except (EOFError, OSError):
                self._process.join(1)
                code = self._process.exitcode
        self.close()
        raise describe_death(code, watched)


def _choose_context() -> SpawnContext:
    # A process that is forked while threads run may hold their locks for ever.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    # Of another class, with the same methods; Windows has no such class.
    context = cast(SpawnContext, multiprocessing.get_context("forkserver"))
    context.set_forkserver_preload([__name__])
    return context


def _serve(connection: Connection) -> None:
    """Convert incoming chunks until there are no more."""
    # The run handles Ctrl-C and lets its workers finish their chunks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prepare()
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    connection.send("ready")
    with contextlib.suppress(EOFError, OSError):
        while True:
            chunk, options = connection.recv()
            connection.send(convert_chunk(chunk, options, watched=True))


def _end_with_the_run() -> None:
    # A worker may be in the middle of its chunk when the run is killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
