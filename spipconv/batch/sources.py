"""What INPUT names: text files, files of JSON lines, or Parquet files."""

from __future__ import annotations

import os
import re

from msgspec import Struct

from spipconv.batch import files, lines, rows
from spipconv.batch.chunks import BadInput, Kind
from spipconv.batch.names import encode_name
from spipconv.batch.places import (
    Found,
    complete,
    find,
    fold,
    ignores_case,
    is_folder,
    is_remote,
    list_folder,
    list_glob,
)


class Source(Struct, frozen=True):
    """A file to convert: its path below what INPUT names, and where it is. ``key`` stands for the name in JSON."""

    name: str
    found: Found

    @property
    def key(self) -> str:
        """The name as text that JSON can hold."""
        return encode_name(self.name)


def find_sources(address: str, output: str) -> tuple[Kind, list[Source]]:
    """Return the files that an address (a file, a folder, a pattern) names, sorted, and of what kind they are.

    What is in the folder ``output`` is left out. Raises BadInput where there is nothing, or of two kinds.
    """
    address = complete(address)
    wild = re.search(r"[*?\[]", address)
    try:
        one = find(address)
        if one is not None and not is_folder(address):
            base, found = os.path.dirname(address), [one]
        elif one is not None or is_folder(address):
            base, found = address.rstrip("/"), list_folder(address)
        elif wild:
            base, found = address[: wild.start()].rpartition("/")[0], list_glob(address)
        else:
            raise BadInput(f"{address}: no such file or folder")
    except BadInput:
        raise
    except Exception as fault:
        # What storage raises is not always an OSError.
        raise BadInput(f"{address}: {getattr(fault, 'strerror', None) or fault}") from fault
    inside = output.rstrip("/") + "/"
    found = [one for one in found if not one.address.startswith(inside)]
    if not found:
        raise BadInput(f"{address}: there are no files")
    kinds = {_kind(one.address) for one in found}
    if len(kinds) > 1:
        raise BadInput(
            f"{address}: text files, JSON lines and Parquet are converted one kind at a time: say which by a pattern"
        )
    (kind,) = kinds
    start = len(base) + 1
    if is_remote(address):
        start = _common(found, base)
    return kind, [Source(one.address[start:], one) for one in found]


def _common(found: list[Found], base: str) -> int:
    """Return where names begin in addresses that fsspec may write otherwise than INPUT does."""
    tail = base.partition("://")[2].strip("/")
    first = found[0].address
    at = first.find(tail, first.find("://") + 3) if tail else first.find("://") + 2
    return (at + len(tail) if at >= 0 else first.rfind("/")) + 1


def _kind(address: str) -> Kind:
    name = address.lower()
    if name.endswith(lines.SUFFIXES):
        return "lines"
    return "rows" if name.endswith(rows.SUFFIXES) else "files"


def name_targets(kind: Kind, sources: list[Source], to: str, output: str) -> list[str]:
    """Return what the files made of each source are named; for lines and rows without number and suffix.

    Raises BadInput where two would be the same file at the address ``output``.
    """
    seen: dict[str, str] = {}
    targets: list[str] = []
    same = fold if ignores_case(output) else str
    for source in sources:
        if kind == "files":
            target = files.name_target(source.name, to)
        else:
            target = lines.stem(source.name) if kind == "lines" else os.path.splitext(source.name)[0]
        if same(target) in seen:
            raise BadInput(f"{seen[same(target)]} and {source.name} would both be written as {target}")
        seen[same(target)] = source.name
        targets.append(target)
    return targets
