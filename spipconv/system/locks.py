"""Locks between processes: a file that one process at a time may hold, on every system.

The system releases a lock when its process ends, in whatever way.
"""

from __future__ import annotations

from pathlib import Path

import filelock


class Lock:
    """A lock that is held until ``release``, or until this process ends."""

    def __init__(self, lock: filelock.BaseFileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """Release the lock. Its file may stay."""
        self._lock.release()


def acquire(path: Path, *, is_private: bool = False) -> Lock | None:
    """Lock a file, which is created if necessary, and return the lock; None if another process holds it.

    ``is_private``: only its owner may open a new one. Whoever can open it can hold it, and so keep others out.

    Raises OSError if the file cannot be created, and NotImplementedError if the system has no locks.
    """
    lock = filelock.FileLock(path, timeout=0, mode=0o600 if is_private else -1, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        return None
    return Lock(lock)
