"""Archives: a .zip or .tar file comes in; its members go out one by one, within bounds, each as a stream."""

from __future__ import annotations

import io
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from spipconv.migration.read.sources.packing import Bounded, Contents, unpacking
from spipconv.migration.read.sources.protocol import BadSource

# Members of an archive, and bytes of the directory of a .zip file.
MOST_MEMBERS = 250_000
_MOST_DIRECTORY = 1 << 26
# Bytes of a header of .tar files that holds a long name.
_LONGEST_HEADER = 1 << 16
_LONG_HEADERS = frozenset(
    [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
_DIRECTORY_ENTRY = b"PK\x01\x02"
_END = re.compile(rb"PK\x05\x06[\s\S]{18}")
_LONGEST_COMMENT = 1 << 16
_IS_UTF8, _IS_ENCRYPTED, _OF_WINDOWS = 0x800, 0x1, 0


class Member(NamedTuple):
    """A file in an archive. ``date`` is its day, as digits; ``open`` is valid until the next member.

    ``name`` is its path with slashes; stray bytes are half surrogates, as in Python. ``is_file``: it is neither a
    folder, a link nor a device; ``is_folder``: it is a folder.
    """

    name: str
    date: str
    is_file: bool
    is_folder: bool
    open: Callable[[], BufferedReader]


@contextmanager
def open_members(contents: Contents) -> Iterator[Iterator[Member]]:
    """Yield the members of an archive. A .zip file must be on the disk. Raises BadSource."""
    name = contents.name
    try:
        with unpacking(name):
            if contents.packing == "zip":
                assert contents.path is not None
                _check_directory(contents.path, name)
                with zipfile.ZipFile(contents.path) as file:
                    yield _zip_members(file, contents)
            else:
                with contents.open() as stream:
                    yield _tar_members(stream, contents)
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError) as error:
        raise BadSource(f"{name}: cannot be unpacked ({error}); copy it again, or unpack it and give that") from error


def _check_directory(path: Path, name: str) -> None:
    """Raise BadSource if a .zip file has too many members, before Python makes an object of each."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_COMMENT - 22))
        tail = file.read()
        ends = list(_END.finditer(tail))
        if not ends:
            raise BadSource(f"{name}: is a .zip file that is cut off: its directory is missing; copy it again")
        # Whatever the end says, the directory lies before it.
        end = size - len(tail) + ends[-1].start()
        length = int.from_bytes(ends[-1][0][12:16], "little")
        directory = min(length, end) if length < 0xFFFFFFFF else min(end, _MOST_DIRECTORY + 1)
        if length < 0xFFFFFFFF and directory > _MOST_DIRECTORY:
            raise _too_many(name)
        file.seek(max(0, end - directory))
        if file.read(directory).count(_DIRECTORY_ENTRY) > MOST_MEMBERS:
            raise _too_many(name)


def _too_many(name: str) -> BadSource:
    return BadSource(f"{name}: has more than {MOST_MEMBERS:,} members; unpack it and give what is in it")


def _zip_members(file: zipfile.ZipFile, contents: Contents) -> Iterator[Member]:
    for info in file.infolist():
        mode, name = info.external_attr >> 16, _zip_name(info)
        is_folder = name.endswith("/")
        is_file = not is_folder and (not stat.S_IFMT(mode) or stat.S_ISREG(mode))

        def open_member(info: zipfile.ZipInfo = info) -> BufferedReader:
            if info.flag_bits & _IS_ENCRYPTED:
                raise BadSource(f"{contents.name}: is protected by a password; unpack it and give what is in it")
            return _bounded(file.open(info), contents)

        year, month, day, *_ = info.date_time
        yield Member(name, f"{year:04}{month:02}{day:02}", is_file, is_folder, open_member)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member: UTF-8, even where it does not say so; else as Windows or the bytes that it is.

    Old programs of Windows write backslashes between folders.
    """
    name = info.filename
    if not (info.flag_bits & _IS_UTF8 or name.isascii()):
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            is_windows = info.create_system == _OF_WINDOWS
            name = raw.decode("cp850") if is_windows else raw.decode("utf-8", "surrogateescape")
    return name.replace("\\", "/") if info.create_system == _OF_WINDOWS and "/" not in name else name


class _Header(tarfile.TarInfo):
    """A header of a .tar file; one that would be read into memory whole has a limit."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.type in _LONG_HEADERS and header.size > _LONGEST_HEADER:
            raise tarfile.ReadError("a name is too long")
        return header


def _tar_members(stream: BinaryIO, contents: Contents) -> Iterator[Member]:
    with tarfile.open(
        fileobj=stream, mode="r|", tarinfo=_Header, encoding="utf-8", errors="surrogateescape"
    ) as file:  # fmt: skip
        count = 0
        while (header := file.next()) is not None:
            # It keeps all of them otherwise.
            file.members.clear()  # type: ignore[attr-defined]
            count += 1
            if count > MOST_MEMBERS:
                raise _too_many(contents.name)

            def open_member(header: tarfile.TarInfo = header) -> BufferedReader:
                opened = file.extractfile(header)
                assert opened is not None
                return _bounded(opened, contents)

            yield Member(
                header.name.removeprefix("./"), _day(header.mtime), header.isreg(), header.isdir(), open_member
            )


def _day(seconds: float) -> str:
    from datetime import datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d")
    except (ValueError, OverflowError, OSError):
        return "00000000"


def _bounded(stream: IO[bytes], contents: Contents) -> BufferedReader:
    return BufferedReader(cast(io.RawIOBase, Bounded(stream, contents.name, contents.packed_size)), 1 << 16)
