"""Sources: an address comes in, its files go out: text files, files of JSON lines, or Parquet files."""

from __future__ import annotations

import os
import re

from msgspec import Struct

from spipconv.batch import lines, rows
from spipconv.batch.chunks import BadInput, Kind
from spipconv.batch.files import name_target
from spipconv.batch.names import encode_name
from spipconv.batch.places import (
    FileInfo,
    complete,
    find,
    fold,
    ignores_case,
    is_folder,
    is_remote,
    list_folder,
    list_glob,
)
from spipconv.converters.formats import Format


class InputFile(Struct, frozen=True):
    """A file to convert: its path below INPUT, and its address. ``key`` is its name for JSON."""

    name: str
    info: FileInfo

    @property
    def key(self) -> str:
        """The name as text that JSON can hold."""
        return encode_name(self.name)


def find_sources(address: str, output: str) -> tuple[Kind, list[InputFile]]:
    """Return the files at an address (a file, a folder, a pattern), sorted, and their kind.

    Files in the folder ``output`` are left out. Raises BadInput if there are none, or if they are of two kinds.
    """
    address = complete(address)
    wild = re.search(r"[*?\[]", address)
    try:
        file = find(address)
        if file is not None and not is_folder(address):
            base, listed = os.path.dirname(address), [file]
        elif file is not None or is_folder(address):
            base, listed = address.rstrip("/"), list_folder(address)
        elif wild:
            base, listed = address[: wild.start()].rpartition("/")[0], list_glob(address)
        else:
            raise BadInput(f"{address}: no such file or folder")
    except BadInput:
        raise
    except Exception as error:
        # What storage raises is not always an OSError.
        raise BadInput(f"{address}: {getattr(error, 'strerror', None) or error}") from error
    inside = output.rstrip("/") + "/"
    inputs = [file for file in listed if not file.address.startswith(inside)]
    if not inputs:
        raise BadInput(f"{address}: there are no files")
    kinds = {_kind(file.address) for file in inputs}
    if len(kinds) > 1:
        raise BadInput(
            f"{address}: text files, JSON lines and Parquet are converted one kind at a time: choose one with a pattern"
        )
    (kind,) = kinds
    start = len(base) + 1
    if is_remote(address):
        start = _common(inputs, base)
    return kind, [InputFile(file.address[start:], file) for file in inputs]


def _common(files: list[FileInfo], base: str) -> int:
    """Return where the names begin in addresses, which fsspec may write differently from INPUT."""
    tail = base.partition("://")[2].strip("/")
    first = files[0].address
    at = first.find(tail, first.find("://") + 3) if tail else first.find("://") + 2
    return (at + len(tail) if at >= 0 else first.rfind("/")) + 1


def _kind(address: str) -> Kind:
    name = address.lower()
    if name.endswith(lines.SUFFIXES):
        return "lines"
    return "rows" if name.endswith(rows.SUFFIXES) else "files"


def name_targets(kind: Kind, sources: list[InputFile], to: Format, output: str) -> list[str]:
    """Return the names of the files made from each source; for lines and rows without number and suffix.

    Raises BadInput if two would be the same file at the address ``output``.
    """
    seen: dict[str, str] = {}
    targets: list[str] = []
    same = fold if ignores_case(output) else str
    for source in sources:
        if kind == "files":
            target = name_target(source.name, to)
        else:
            target = lines.stem(source.name) if kind == "lines" else os.path.splitext(source.name)[0]
        if same(target) in seen:
            raise BadInput(f"{seen[same(target)]} and {source.name} would both be written as {target}")
        seen[same(target)] = source.name
        targets.append(target)
    return targets
