"""Errors of the base: what SQLite or the system says comes in, one line that names the file and the remedy goes out."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from spipconv.printing import make_printable


class StoreError(Exception):
    """A base that cannot be opened, read or written, in one line. Nothing of what was asked has been done."""


_REASONS = {
    "SQLITE_FULL": "the disk is full: make room; nothing was stored",
    "SQLITE_READONLY": "it, or its folder, cannot be written: check owner and permissions",
    "SQLITE_CANTOPEN": "it cannot be opened: check that file and folder exist and can be read and written",
    "SQLITE_BUSY": "another program is writing to it: try again later",
    "SQLITE_CORRUPT": 'it is damaged: go back to a backup ("spipconv comments check" may say what is damaged)',
    "SQLITE_NOTADB": "it is a file of another program, not one of comments",
    "SQLITE_IOERR": "it cannot be read or written: check the disk and its free space",
    "SQLITE_PERM": "access is denied: check owner and permissions",
}


def explain(path: Path, error: Exception) -> Exception:
    """Return the exception to raise in place of one about the base ``path``.

    That is StoreError where disk, file or another program are the cause, else the same exception: broken constraints
    (``sqlite3.IntegrityError``) and mistakes of the caller.
    """
    if not isinstance(error, sqlite3.OperationalError) and type(error) is not sqlite3.DatabaseError:
        return error
    name = getattr(error, "sqlite_errorname", "")
    for code, reason in _REASONS.items():
        # Extended codes begin with the name of the plain one: SQLITE_IOERR_WRITE.
        if name.startswith(code):
            return StoreError(make_printable(f"{path}: {reason}"))
    return StoreError(make_printable(f"{path}: {error}"))
