"""Sources of messages: the name of a file, a folder or a server comes in, the messages of its system go out."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import quote

from spipconv.forum.moving.incoming import BadImport, Finding
from spipconv.forum.moving.isso import read_isso
from spipconv.forum.moving.json_messages import read_json
from spipconv.forum.moving.spip import read_spip
from spipconv.forum.moving.wxr import read_wxr
from spipconv.migration.read.sources import is_server

System = Literal["spip", "wordpress", "isso", "json"]
SYSTEMS: Final[tuple[System, ...]] = get_args(System)
_HEAD: Final = 4096


def find_system(source: str) -> System:
    """Return the system that a source is of: by its first bytes, by its tables if it is a base. Raises BadImport."""
    if is_server(source) or os.path.isdir(source):
        return "spip"
    try:
        with open(source, "rb") as file:
            head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    except (OSError, ValueError) as error:
        raise BadImport(f"{source}: it cannot be read: {getattr(error, 'strerror', '') or error}") from error
    if head.startswith(b"SQLite format 3\0"):
        return "isso" if _is_isso(source) else "spip"
    if head.startswith(b"<") and (b"<rss" in head or b"wordpress.org/export" in head):
        return "wordpress"
    return "json" if head[:1] in (b"{", b"[") else "spip"


def read_source(
    source: str, system: System, work: Path, take_sender: Callable[[str, str], None], knows: Callable[[str], bool],
    prefix: str = "", ask_password: Callable[[], str] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    """Yield the messages of a source; see ``read_spip`` for the others. Raises BadImport or BadSource."""
    match system:
        case "spip":
            return read_spip(source, work, take_sender, knows, prefix, ask_password)
        case "wordpress":
            return read_wxr(Path(source))
        case "isso":
            return read_isso(Path(source))
        case "json":
            return read_json(Path(source))


def _is_isso(source: str) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{quote(os.path.abspath(source))}?mode=ro", uri=True)) as connection:
            columns = {row[1] for row in connection.execute("PRAGMA table_info(comments)")}
    except sqlite3.Error:
        return False
    return {"tid", "mode", "voters"} <= columns
