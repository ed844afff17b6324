"""Watch processes, and end those that do nothing: stopped ones and those that wait for ever.

A process is judged by its CPU time, because on a busy machine the clock says nothing about it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import psutil

_PERIOD = 0.5
# A process that takes no more than this has done nothing but be woken up by its timer.
_PROGRESS_SECONDS = 0.02
_ROUNDS_WITHOUT_WORK = 10

Verdict = Literal["", "idle", "stopped"]


class WatchedProcess:
    """A process that should be working. ``verdict`` says why it was ended, if it was."""

    def __init__(self, pid: int, seconds: float) -> None:
        import psutil

        self.verdict: Verdict = ""
        self._seconds = seconds
        self._idle = 0.0
        self._errors: type[Exception] = psutil.Error
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)
        self._cpu = self._read_cpu()

    def look(self, seconds: float) -> None:
        """Record that so many seconds have passed; end the process if it did nothing for too long."""
        if self._process is None or self.verdict:
            return
        cpu = self._read_cpu()
        if cpu is None or self._cpu is None or cpu - self._cpu > _PROGRESS_SECONDS:
            self._cpu, self._idle = cpu, 0.0
            return
        self._idle += seconds
        if self._idle > self._seconds:
            with contextlib.suppress(self._errors):
                self.verdict = "stopped" if self._process.status() == "stopped" else "idle"
                self._process.kill()

    def _read_cpu(self) -> float | None:
        """Return the CPU time of the process in seconds, or None if the system does not report it."""
        try:
            times = self._process.cpu_times() if self._process else None
        except self._errors:
            return None
        return float(times.user + times.system) if times else None


_lock = threading.Lock()
_watched: set[WatchedProcess] = set()
_thread: threading.Thread | None = None


@contextlib.contextmanager
def watching(pid: int, seconds: float) -> Iterator[WatchedProcess]:
    """End a process if it does nothing for this many seconds inside this block."""
    global _thread  # noqa: PLW0603 (one thread for all)
    watched = WatchedProcess(pid, seconds)
    with _lock:
        _watched.add(watched)
        if _thread is None:
            _thread = threading.Thread(target=_look, name="spipconv-watch", daemon=True)
            _thread.start()
    try:
        yield watched
    finally:
        with _lock:
            _watched.discard(watched)


def _look() -> None:
    global _thread  # noqa: PLW0603
    rounds = 0
    before = time.monotonic()
    while True:
        time.sleep(_PERIOD)
        now = time.monotonic()
        # Where this process was stopped too, the clock has run on for all of them.
        passed, before = min(now - before, 2 * _PERIOD), now
        with _lock:
            current = list(_watched)
            rounds = 0 if current else rounds + 1
            if rounds > _ROUNDS_WITHOUT_WORK:
                _thread = None
                return
        for watched in current:
            watched.look(passed)
