"""Locks between processes: a file that one process at a time may hold, on every system.

The system itself lets go of a lock when its process ends, however it ends.
"""

from __future__ import annotations

from pathlib import Path

import filelock


class Lock:
    """A lock that is held until ``release``, or until this process ends."""

    def __init__(self, lock: filelock.BaseFileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """Let go of the lock. Its file may stay."""
        self._lock.release()


def acquire(path: Path) -> Lock | None:
    """Return the lock of a file, which is made where there is none; None where another holder has it.

    Raises OSError where the file cannot be made, and NotImplementedError where the system has no locks.
    """
    lock = filelock.FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        return None
    return Lock(lock)
