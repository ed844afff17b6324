"""Worker processes, and how to deal with workers that die, stop, or cannot be started.

They are started with spawn: with fork, they would inherit open databases.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable, MutableSequence
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from concurrent.futures.process import ProcessPoolExecutor
    from multiprocessing.process import BaseProcess
    from multiprocessing.sharedctypes import Synchronized

# Seconds between two checks of the workers, and the number of checks without a sign of life after which one is stopped.
# Checks are counted, not timed: while this process is stopped or the machine sleeps, workers are not at fault.
_LOOK = 1.0
MOST_SILENCE = 90
# Checks of a dead worker after which the pool is notified.
_MOST_DEATHS = 5
# Seconds of CPU time that one object may take. An object that takes longer never ends.
MOST_SECONDS = 900
_BEAT = 0.5
# Columns of a worker's row on the board.
_PID, _BEATS = 0, 1

_T = TypeVar("_T")


class _Pipe(Protocol):
    def close(self) -> None: ...


class _ResultQueue(Protocol):
    """What a pool reads its results from, as far as it is used here."""

    _writer: _Pipe


class WorkersLost(Exception):
    """Raised when workers died or stopped: tasks that were submitted and are not done must be submitted again."""


class Workers:
    """Worker processes.

    If there are none, because none can be started or one process is enough, ``are_there`` is False.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._board: MutableSequence[int] = []
        # The pool's processes, which it forgets when it is shut down.
        self._processes: dict[int, BaseProcess] = {}
        self._results: _ResultQueue | None = None
        self._is_lost = False
        self.are_there = jobs > 1

    def start(self) -> None:
        """Start the workers before there is work, so that they are ready in time."""
        if not self._open():
            return
        with suppress(WorkersLost):
            for _ in range(self.jobs):
                self.submit(spare_collector)

    def submit(self, task: Callable[..., _T], *arguments: object) -> Future[_T]:
        """Submit a task to a worker. Raises WorkersLost."""
        if not self._open():
            raise WorkersLost
        assert self._pool is not None
        try:
            return self._pool.submit(task, *arguments)
        except (BrokenExecutor, RuntimeError, OSError) as error:
            self._is_lost = True
            raise WorkersLost from error

    def wait(self, future: Future[_T]) -> _T:
        """Return the result of a task. Raises whatever the task raises, and WorkersLost."""
        silence: dict[int, int] = {}
        beats: dict[int, int] = {}
        deaths = 0
        while True:
            try:
                return future.result(_LOOK)
            except BrokenExecutor as error:
                self._is_lost = True
                raise WorkersLost from error
            except NotYet:
                if future.done():
                    # The task's own exception.
                    raise
            for pid, beat in self._signs().items():
                silence[pid] = silence.get(pid, 0) + 1 if beat == beats.get(pid) else 0
                beats[pid] = beat
                if silence[pid] >= MOST_SILENCE:
                    # The end of a worker breaks the pool, which raises here.
                    _kill(pid)
            # A worker that died in the middle of a result leaves the pool waiting for the rest.
            deaths += bool(self._ended(0))
            if deaths == _MOST_DEATHS:
                self._break()
            elif deaths > 2 * _MOST_DEATHS:
                self._is_lost = True
                raise WorkersLost

    def renew(self) -> bool:
        """Start new workers in place of lost ones; return whether there are any."""
        self.close()
        if not self._open():
            return False
        try:
            self.wait(self.submit(spare_collector))
        except WorkersLost:
            self.close()
            self.are_there = False
        return self.are_there

    def close(self) -> None:
        """End the workers; tasks that have not begun are not done."""
        if self._pool is None:
            return
        if self._is_lost:
            # The remaining workers may be stopped or wait for a dead one, so they are not waited for.
            self._break()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if len(self._ended(MOST_SILENCE)) < len(self._processes):
            self._break()
        self._pool, self._is_lost, self._processes, self._results = None, False, {}, None

    def _signs(self) -> dict[int, int]:
        """Return the workers' numbers, each with the count of its signs of life."""
        # A worker that stops before it is set up is not on the board.
        signs = dict.fromkeys([*self._processes], 0)
        for place in range(self.jobs):
            if self._board[2 * place + _PID] in signs:
                signs[self._board[2 * place + _PID]] = self._board[2 * place + _BEATS]
        return signs

    def _ended(self, seconds: float) -> list[object]:
        """Return a description of the workers that have ended, after waiting for at most this time for all to end."""
        from multiprocessing.connection import wait

        ended: list[object] = []
        until = time.monotonic() + seconds
        with suppress(OSError, ValueError):
            waited = [process.sentinel for process in [*self._processes.values()]]
            while waited:
                found = wait(waited, max(0, until - time.monotonic()))
                if not found:
                    break
                ended += found
                waited = [each for each in waited if each not in found]
        return ended

    def _break(self) -> None:
        """End the workers immediately, and let the pool notice even if it waits for the rest of a result."""
        for pid in self._signs():
            _kill(pid)
        if self._results is not None:
            with suppress(OSError, AttributeError):
                self._results._writer.close()

    def _open(self) -> bool:
        """Start the pool; return whether there are processes."""
        if not self.are_there or self._pool is not None:
            return self.are_there
        try:
            # On systems without processes or semaphores, these imports or calls fail.
            from concurrent.futures.process import ProcessPoolExecutor
            from multiprocessing import get_context

            context = get_context("spawn")
            self._board = context.Array("q", 2 * self.jobs, lock=False)
            places = context.Value("i", 0)
            self._pool = ProcessPoolExecutor(self.jobs, context, _begin, (self._board, places))
            self._processes = getattr(self._pool, "_processes", self._processes)
            self._results = getattr(self._pool, "_result_queue", None)
        except (ImportError, NotImplementedError, OSError, RuntimeError):
            self.are_there = False
        return self.are_there


class _Count:
    """The number of objects that this process has begun."""

    objects = 0


def begin_object() -> None:
    """Record, in a worker, that another object has begun."""
    _Count.objects += 1


def _begin(board: MutableSequence[int], places: Synchronized[int]) -> None:
    """Set up a worker."""
    # The main process handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with places.get_lock():
        place = places.value
        places.value += 1
    board[2 * place + _PID] = os.getpid()
    Thread(target=_beat, args=(board, 2 * place + _BEATS), daemon=True).start()
    Thread(target=_follow_parent, daemon=True).start()


def _beat(board: MutableSequence[int], place: int) -> None:
    """Show that this process is alive, and end it if an object takes too much time."""
    objects, began = 0, 0.0
    while True:
        board[place] += 1
        if objects != _Count.objects:
            objects, began = _Count.objects, time.process_time()
        elif objects and time.process_time() - began > MOST_SECONDS:
            os._exit(1)
        time.sleep(_BEAT)


def _follow_parent() -> None:
    """End this process when its parent ends: a parent that is killed cannot tell it."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _kill(pid: int) -> None:
    with suppress(OSError):
        # On Windows, SIGTERM ends a process just as reliably.
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def spare_collector() -> None:
    """Make the garbage collector run less often: almost nothing that pages consist of refers to itself."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
