"""The working folder of a run, inside the system's folder for temporary files.

A run that is killed cannot remove its folder. Every run holds a lock in its folder while it lives, so the next run
knows which folders are abandoned.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spipconv.system.locks import Lock, acquire

_PREFIX = "spipconv-run-"
_LOCK = "owner.lock"
# How often a new folder is made because another run removed this one before it was locked.
_MOST_TRIES = 5


@contextmanager
def working_folder() -> Iterator[Path]:
    """Yield a new folder that is removed at the end; folders left by killed runs are removed first."""
    sweep()
    path, lock = _make()
    try:
        yield path
    finally:
        if lock is not None:
            lock.release()
        shutil.rmtree(path, ignore_errors=True)


def sweep() -> None:
    """Remove this user's working folders that do not belong to a living process."""
    with suppress(OSError):
        for found in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with suppress(OSError, NotImplementedError):
                _sweep(found)


def _make() -> tuple[Path, Lock | None]:
    for _ in range(_MOST_TRIES):
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        try:
            lock = acquire(path / _LOCK)
        except NotImplementedError:
            # Without locks, abandoned folders cannot be recognised.
            return path, None
        except OSError:
            if path.exists():
                raise
            continue
        if lock is not None and (path / _LOCK).exists():
            return path, lock
        if lock is not None:
            lock.release()
    raise OSError(f"{tempfile.gettempdir()}: working folders disappear there; name another one as TMPDIR")


def _sweep(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        return
    # A folder without a lock has just been created.
    if not stat.S_ISREG((path / _LOCK).lstat().st_mode):
        return
    lock = acquire(path / _LOCK)
    if lock is None:
        return
    try:
        # The lock is removed last, so that the next run completes an interrupted removal.
        for entry in path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != _LOCK:
                with suppress(OSError):
                    entry.unlink()
    finally:
        lock.release()
    with suppress(FileNotFoundError):
        (path / _LOCK).unlink()
    path.rmdir()
