"""Connections to a base: the path of its file comes in, a connection with all settings goes out."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

from spipconv.forum.store.errors import StoreError, explain
from spipconv.printing import make_printable

# "SPcf", in the header of the file: it is one of ours.
APPLICATION = 0x53506366

# Seconds that a connection waits for another process to end writing.
PATIENCE = 10.0


class Table:
    """A group of tables, as methods over one connection. Those that write need a transaction around them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection


def connect(path: Path, *, is_new: bool = False) -> sqlite3.Connection:
    """Return a connection to an existing base, of any version, in autocommit mode; any one thread at a time may use it.

    What is committed is on the disk (``synchronous=FULL``), what is deleted is overwritten. ``is_new``: it has no
    tables yet. Raises StoreError for a file that is missing, not ours, or cannot be read and written.
    """
    _check_file(path)
    try:
        connection = sqlite3.connect(
            f"file:{quote(os.fspath(path.absolute()))}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
    except sqlite3.Error as error:
        raise explain(path, error) from error
    try:
        _prepare(connection, path, is_new)
    except sqlite3.Error as error:
        connection.close()
        raise explain(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def create_file(path: Path) -> None:
    """Create the empty file of a base, which only its owner may read. Raises StoreError, also if there is a file."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as error:
        raise StoreError(make_printable(f"{path}: there is a file already: choose another name")) from error
    except OSError as error:
        raise StoreError(make_printable(f"{path}: it cannot be created: {error.strerror or error}")) from error


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise StoreError(
            make_printable(f'{path}: there is no such file: "spipconv comments init {path}" makes a base')
        ) from error
    except (OSError, ValueError) as error:
        raise StoreError(make_printable(f"{path}: it cannot be opened: {error}")) from error
    if not stat.S_ISREG(mode):
        raise StoreError(make_printable(f"{path}: it is not a file: name the file of a base"))
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.absolute().parent, os.W_OK):
        raise StoreError(
            make_printable(f"{path}: it, or its folder, cannot be read and written: check owner and permissions")
        )


def _prepare(connection: sqlite3.Connection, path: Path, is_new: bool) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if not is_new and not path.stat().st_size:
        raise StoreError(
            make_printable(f'{path}: it is empty: remove it; "spipconv comments init {path}" makes a base')
        )
    if not is_new and application != APPLICATION:
        raise StoreError(make_printable(f"{path}: it is a file of another program, not one of comments"))
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA foreign_keys=ON")
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise StoreError(make_printable(f"{path}: its file system has no shared memory: put it on a local disk"))
    connection.execute("PRAGMA synchronous=FULL")
