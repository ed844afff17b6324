"""Backups of a base, which may be in use: its path and that of the copy come in, a copy that was checked is there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from spipconv.forum.store.connection import APPLICATION, connect
from spipconv.forum.store.errors import StoreError, explain
from spipconv.printing import make_printable
from spipconv.system.files import replace_file, temporary_name


def back_up(path: Path, target: Path) -> None:
    """Copy a base, as it was at one moment, to ``target``, which only its owner may read; others may go on writing.

    The copy is checked before it takes the place of an older one. The key is not in it. Raises StoreError.
    """
    temporary = target.with_name(temporary_name(target.name))
    try:
        if target.exists() and (target.samefile(path) or not _is_base(target)):
            raise StoreError(make_printable(f"{target}: it is no older backup: choose another name"))
        # A journal is replayed into whatever base has its name.
        if target.with_name(f"{target.name}-wal").exists():
            raise StoreError(make_printable(f"{target}: a base of that name is in use: choose another name"))
        temporary.unlink(missing_ok=True)
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(connect(path)) as source, closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
            source.backup(copy)
            # One file: no journal beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(make_printable(f"{path}: its copy is damaged ({verdict}): check the disk"))
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        replace_file(temporary, target)
    except sqlite3.Error as error:
        raise explain(target, error) from error
    except OSError as error:
        raise StoreError(make_printable(f"{target}: it cannot be written: {error.strerror or error}")) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _is_base(path: Path) -> bool:
    """Return whether a file is one of ours, by the header that SQLite writes."""
    with open(path, "rb") as file:
        return file.read(72)[68:] == APPLICATION.to_bytes(4, "big")
