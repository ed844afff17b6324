"""Sources of a SPIP database: a SQLite file, a dump or a server. All of them give the same rows of undecoded bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from spipconv.migration.read.sources.dump import Dump
from spipconv.migration.read.sources.mysql import Server
from spipconv.migration.read.sources.protocol import BadSource, Choose, RawValue, SourceRow, SpipSource, TooLong
from spipconv.migration.read.sources.sqlite import MakeFolder, SqliteFile

__all__ = ["BadSource", "Choose", "RawValue", "SourceRow", "SpipSource", "TooLong", "open_source"]

_SERVERS = ("mysql://", "mariadb://")


def open_source(
    name: str, ask_password: Callable[[], str] | None = None, make_folder: MakeFolder = TemporaryDirectory
) -> SpipSource:
    """Return the source for ``name``: the address of a server, a SQLite file or a dump. Raises BadSource.

    ``ask_password`` is called if a server's password is not in the environment, ``make_folder`` if a file must be
    copied to be read.
    """
    if name.lower().startswith(_SERVERS):
        return Server(name, ask_password)
    path = Path(name)
    if _head(path).startswith(b"SQLite format 3\0"):
        return SqliteFile(path, make_folder)
    return Dump(path)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file."""
    if path.is_dir():
        raise BadSource(
            f"{path}: is a folder; give the database: a .sqlite file, an SQL dump or mysql://user@host/database"
        )
    try:
        if path.exists() and not path.is_file():
            raise BadSource(f"{path}: is not a file; give a .sqlite file, an SQL dump or mysql://user@host/database")
        with path.open("rb") as file:
            head = file.read(16)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSource(f"{path}: cannot be read ({reason}); give a file that this account may read") from error
    if not head:
        raise BadSource(f"{path}: is empty; export the database again")
    return head
