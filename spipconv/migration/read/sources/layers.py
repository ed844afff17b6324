"""The layers of packing around a base: a file comes in, what it holds when everything is unpacked goes out."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from tempfile import mkdtemp

from spipconv.migration.read.sources.archives import Member, open_members
from spipconv.migration.read.sources.bases import choose_base
from spipconv.migration.read.sources.packing import Contents, file_contents, packing_of, unpacked, unpacking
from spipconv.migration.read.sources.protocol import BadSource

# How often a file may be packed: a .tar.gz file counts once.
_MOST_PACKINGS = 2
_ARCHIVES = ("zip", "tar")


def innermost(contents: Contents, work: Path | None = None) -> Contents:
    """Return what a file holds when everything is unpacked."""
    count, before = 0, ""
    while packing := contents.packing:
        count += not (packing.startswith("utf") or (packing == "tar" and before and before not in _ARCHIVES))
        if count > _MOST_PACKINGS:
            raise BadSource(f"{contents.name}: is packed more than twice; unpack it and give what is in it")
        before = packing
        contents = _member(contents, work) if packing in _ARCHIVES else unpacked(contents)
    return contents


def archive_contents(contents: Contents, work: Path | None) -> Contents | None:
    """Return the archive that a file is, or holds compressed; None if there is none."""
    if contents.packing and contents.packing not in _ARCHIVES and not contents.packing.startswith("utf"):
        contents = unpacked(contents)
    if contents.packing not in _ARCHIVES:
        return None
    return on_disk(contents, work) if contents.packing == "zip" else contents


def _member(contents: Contents, work: Path | None) -> Contents:
    """Return the member of an archive that is the base."""
    if contents.packing == "zip":
        contents = on_disk(contents, work)
    changes: set[str] = set()

    def listed(members: Iterator[Member]) -> Iterator[tuple[str, str]]:
        for member in members:
            if member.is_file:
                if member.name.endswith(("-wal", "-journal")) and member.open().read(1):
                    changes.add(member.name)
                yield member.name, member.date

    with open_members(contents) as members:
        chosen = choose_base(contents.name, listed(members), is_archive=True)
    if beside := changes & {f"{chosen}-wal", f"{chosen}-journal"}:
        raise BadSource(
            f"{contents.name}: the last changes of {chosen} are beside it, in {beside.pop()}; unpack both and give the"
            " base"
        )

    @contextmanager
    def open_member() -> Iterator[BufferedReader]:
        with open_members(contents) as members:
            member = next(member for member in members if member.is_file and member.name == chosen)
            with member.open() as stream:
                yield stream

    inner = Contents(f"{contents.name}: {chosen}", open_member, None, "", contents.packed_size)
    return inner._replace(packing=packing_of(inner))


def on_disk(contents: Contents, work: Path | None) -> Contents:
    """Return the contents of a file that is not packed, which is a copy below ``work`` if need be."""
    if contents.path is not None:
        return contents
    folder = mkdtemp(prefix="base-", dir=work)
    if work is None:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder, "base")
    with unpacking(contents.name), contents.open() as stream, path.open("wb") as file:
        shutil.copyfileobj(stream, file)
    return file_contents(path, contents.name, contents.packed_size)
