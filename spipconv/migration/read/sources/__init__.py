"""Sources of a SPIP database: a SQLite file, a dump, a backup, a server. All give the same rows of undecoded bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from spipconv.migration.read.sources.bases import find_base, site_of
from spipconv.migration.read.sources.dump import Dump
from spipconv.migration.read.sources.layers import innermost, on_disk
from spipconv.migration.read.sources.mysql import Server
from spipconv.migration.read.sources.packing import HEAD, file_contents, unpacking
from spipconv.migration.read.sources.protocol import BadSource, Choose, Doubt, RawValue, SourceRow, SpipSource, TooLong
from spipconv.migration.read.sources.sqlite import SqliteFile
from spipconv.migration.read.sources.strangers import name_stranger
from spipconv.migration.read.sources.xml_backup import LOGO, LOGO_HOVER, XmlBackup, is_backup

__all__ = [
    "LOGO", "LOGO_HOVER", "BadSource", "Choose", "Doubt", "RawValue", "SourceRow", "SpipSource", "TooLong", "find_base",
    "is_server", "open_source", "site_of",
]  # fmt: skip

_SERVERS = ("mysql://", "mariadb://")


def is_server(name: str) -> bool:
    """Return whether a source is the address of a server."""
    return name.lower().startswith(_SERVERS)


def open_source(name: str, ask_password: Callable[[], str] | None = None, work: Path | None = None) -> SpipSource:
    """Return the source for ``name``: the address of a server, a file, or the folder of a site. Raises BadSource.

    A file may be packed. ``ask_password`` is called if a server's password is not in the environment. ``work`` is a
    folder for what must be unpacked or copied to be read; None: one that lasts as long as the process.
    """
    if is_server(name):
        return Server(name, ask_password)
    path = Path(name)
    if path.is_dir():
        path = find_base(path)
    contents = innermost(file_contents(path), work)
    with unpacking(contents.name, is_packed=contents.path is None), contents.open() as stream:
        head = stream.read(HEAD)
    if head.startswith(b"SQLite format 3\0"):
        path = on_disk(contents, work).path or path
        return SqliteFile(path, contents.name, work)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        if not is_backup(head):
            raise BadSource(f"{contents.name}: {name_stranger(head)}")
        return XmlBackup(contents)
    return Dump(contents)
