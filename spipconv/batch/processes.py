"""The engine of one machine: processes, or none.

A thread each keeps a process at work, so that it is known which chunk a process has in hand that dies; the chunk is
then walked through by that thread, while the others continue.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

from spipconv.batch.child import Child, Died, describe_death, idle_seconds, walk
from spipconv.batch.chunks import CannotWrite, Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.batch.watch import watching
from spipconv.batch.work import convert_chunk, prepare

_START_SECONDS = 60.0
# Where the machine has no room for another process now (EAGAIN, ENOMEM), it may in a moment.
_START_TRIES = 5
_START_PAUSE = 1.0
_NO_PROCESSES = (ImportError, OSError, NotImplementedError, RuntimeError)


def convert_here(chunks: Iterator[Chunk], options: Options, stop: Callable[[], bool]) -> Generator[list[Outcome]]:
    """Convert chunks in this process, one after the other: nothing here survives a text that kills."""
    while not stop() and (chunk := next(chunks, None)) is not None:
        yield convert_chunk(chunk, options)


def convert_in_processes(
    chunks: Iterator[Chunk],
    options: Options,
    workers: int,
    stop: Callable[[], bool],
    notify: Callable[[str], None] = lambda _: None,
) -> Generator[list[Outcome]]:
    """Convert chunks in up to so many processes, no more than there are chunks; yield what came of them, in any order.

    Once ``stop`` says so no chunk is begun, and those in hand are finished. Where the system has no processes, all is
    converted in this one, and ``notify`` gets a line about it.
    """
    first = next(chunks, None) if not stop() else None
    if first is None:
        return
    pool = _Pool(options)
    try:
        pool.start()
    except _NO_PROCESSES as fault:
        notify(f"no processes can be started here ({fault}): converting in this one")
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


class _Closing(Exception):
    """The run is over; nothing is begun any more."""


class _Pool:
    """Threads, each with a process; chunks in, outcomes out."""

    def __init__(self, options: Options) -> None:
        self.in_hand = 0
        self._options = options
        self._context = _choose_context()
        self._threads: list[threading.Thread] = []
        self._tasks: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[list[Outcome] | BaseException] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._processes: set[_Worker | Child] = set()
        self._is_closing = False

    @property
    def size(self) -> int:
        """How many processes work."""
        return len(self._threads)

    def start(self) -> None:
        """Start another process. Of the first one, raises what says that there are none on this system."""
        worker = self._begin(self._make) if not self._threads else None
        thread = threading.Thread(target=self._work, args=(worker,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def give(self, chunk: Chunk) -> None:
        """Have a chunk converted."""
        self.in_hand += 1
        self._tasks.put(chunk)

    def take(self) -> list[Outcome] | None:
        """Return what came of a chunk, or None where there is nothing yet. Raises what ended a thread."""
        try:
            # Not for ever: signals are heard between two waits.
            result = self._results.get(timeout=0.5)
        except queue.Empty:
            return None
        self.in_hand -= 1
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        """End all processes and threads, at once."""
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
        """Convert chunks until there are no more; what comes of them, or the end of this thread, is a result."""
        try:
            while (chunk := self._tasks.get()) is not None:
                try:
                    worker = worker or self._begin(self._make_patiently)
                    outcomes = worker.convert(chunk, self._options)
                except Died:
                    self._forget(worker)
                    worker = None
                    outcomes = walk(chunk, self._options, self._begin_child)
                self._results.put(outcomes)
        except _Closing:
            pass
        except BaseException as fault:
            self._results.put(fault)
        finally:
            self._forget(worker)

    def _begin(self, make: Callable[[], _Worker | Child]) -> _Worker | Child:
        if self._is_closing:
            raise _Closing
        process = make()
        with self._lock:
            if not self._is_closing:
                self._processes.add(process)
                return process
        process.close()
        raise _Closing

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
            except (Died, *_NO_PROCESSES):
                # No way from one process to another, or a main module that cannot be imported anew.
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
        except _NO_PROCESSES as fault:
            raise CannotWrite(f"no process can be started any more: {fault}") from fault


class _Worker:
    """A process that shares the memory of what is imported with others like it. Raises OSError, Died."""

    def __init__(self, context: Any) -> None:
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
        """Have a chunk converted. Raises Died; the worker is of no more use then."""
        outcomes: list[Outcome] = self._receive(idle_seconds(options), (chunk, options))
        return outcomes

    def end(self) -> None:
        """End the process, at once; the thread that waits for it is to close this."""
        self._process.kill()

    def close(self) -> None:
        """End the process and leave nothing of it."""
        self._process.kill()
        self._connection.close()
        self._process.join(10)

    def _receive(self, seconds: float, task: object = None) -> Any:
        with watching(self._process.pid, seconds) as watched:
            try:
                if task:
                    self._connection.send(task)
                return self._connection.recv()
            except (EOFError, OSError):
                self._process.join(1)
                code = self._process.exitcode
        self.close()
        raise describe_death(code, watched)


def _choose_context() -> Any:
    # A process that is forked while threads run may hold their locks for ever.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context: Any = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([__name__])
    return context


def _serve(connection: Any) -> None:
    """Convert what comes until there is no more."""
    # Ctrl-C is for the run, which lets its workers finish what they have in hand.
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
    # A worker has its chunk in hand when the run is killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
