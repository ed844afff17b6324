"""What a file holds, however it is packed: its bytes as a stream, unpacked while they are read, within bounds."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from errno import EDQUOT, ENOSPC
from importlib import import_module
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

from spipconv.migration.read.sources.protocol import BadSource

OpenStream = Callable[[], AbstractContextManager[BufferedReader]]
# How many times the size of a file it may unpack to, above the size that any file may; and the size that none may.
_MOST_TIMES = 250
_ALWAYS = 1 << 28
_LARGEST = 1 << 36
# Memory that a file may ask for to be unpacked, in bytes: twice as much as xz -9 -e needs.
_MOST_MEMORY = 1 << 27
# Bytes that are moved at a time, and those that tell what a file is.
PIECE = 1 << 16
HEAD = 4096

_MAGIC = {
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
# Encodings of the console of Windows.
_CONSOLES = ("cp850", "cp437")
_OTHER_PACKING = {
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x1f\x9d": ".Z",
    b"LZIP": "lzip",
    b"\x04\x22\x4d\x18": "LZ4",
    b"MSCF": "CAB",
    b"xar!": "xar",
}


class Contents(NamedTuple):
    """What a file holds: ``open`` begins to read it. ``path`` is where it is, if it is a file that is not packed.

    ``packing`` says how the bytes that ``open`` gives are packed, or is empty; ``packed_size`` is the size of the file
    that all of this comes from. ``is_recoded``: they were UTF-16, and are UTF-8 now.
    """

    name: str
    open: OpenStream
    path: Path | None
    packing: str
    packed_size: int
    is_recoded: bool = False


def file_contents(path: Path, name: str = "", packed_size: int = 0) -> Contents:
    """Return the contents of a file. Raises BadSource if it cannot be read or is empty."""
    name = name or str(path)

    @contextmanager
    def open_file() -> Iterator[BufferedReader]:
        with path.open("rb") as file:
            yield file

    try:
        if path.exists() and not path.is_file():
            raise BadSource(f"{name}: is not a file; give a .sqlite file, a dump or mysql://user@host/database")
        contents = Contents(name, open_file, path, "", packed_size or path.stat().st_size)
        return contents._replace(packing=packing_of(contents))
    except (OSError, ValueError) as error:
        if isinstance(error, BadSource):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSource(f"{name}: cannot be read ({reason}); give a file that this account may read") from error


def packing_of(contents: Contents) -> str:
    """Return how bytes are packed, by their beginning: ``gz``, ``bz2``, ``xz``, ``zst``, ``zip``, ``tar``, or nothing.

    Raises BadSource for packings that are not read, and if there are no bytes.
    """
    with nullcontext() if contents.path else unpacking(contents.name), contents.open() as stream:
        head = stream.read(HEAD)
    if not head:
        raise BadSource(f"{contents.name}: is empty; export the database again")
    for magic, packing in _MAGIC.items():
        if head.startswith(magic):
            return packing
    for magic, packing in _OTHER_PACKING.items():
        if head.startswith(magic):
            raise BadSource(f"{contents.name}: is packed as {packing}; unpack it and give what is in it")
    if head[257:262] == b"ustar":
        return "tar"
    return _utf16(head)


def _utf16(head: bytes) -> str:
    """Return the name of UTF-16 if every second byte is zero, as in texts that are mostly Latin letters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if head[:1] == b"\xff" else "utf-16-be"
    even, odd = head[::2], head[1::2]
    if len(odd) >= 4 and odd.count(0) > 0.7 * len(odd) and not even.count(0):
        return "utf-16-le"
    if len(odd) >= 4 and even.count(0) > 0.7 * len(even) and not odd.count(0):
        return "utf-16-be"
    return ""


def unpacked(contents: Contents) -> Contents:
    """Return what is in a compressed file or in a text in UTF-16."""
    packing, name = contents.packing, contents.name
    is_text = packing.startswith("utf")
    if packing == "zst":
        _zstandard()

    @contextmanager
    def open_unpacked() -> Iterator[BufferedReader]:
        with contents.open() as stream:
            raw = _Recoded(stream, packing) if is_text else _READERS[packing](stream)
            yield BufferedReader(Bounded(raw, name, contents.packed_size), PIECE)

    inner = contents._replace(open=open_unpacked, path=None, is_recoded=contents.is_recoded or is_text, packing="")
    return inner if is_text else inner._replace(packing=packing_of(inner))


@contextmanager
def unpacking(name: str, *, is_packed: bool = True) -> Iterator[None]:
    """Turn what goes wrong while a file is unpacked, or only read, into BadSource."""
    try:
        yield
    except BadSource:
        raise
    except EOFError as error:
        raise BadSource(f"{name}: ends inside its packing, cut off; copy it again") from error
    except (OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno in {EDQUOT, ENOSPC}:
            raise
        verb = "unpacked" if is_packed else "read"
        raise BadSource(f"{name}: cannot be {verb} ({error}); copy it again") from error


def allowance(packed_size: int) -> int:
    """Return the most bytes that a file of this size may unpack to."""
    return min(max(_ALWAYS, _MOST_TIMES * packed_size), _LARGEST)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Bounded(io.RawIOBase):
    """A stream that raises BadSource when it gives more than a file of this size can honestly hold."""

    def __init__(self, stream: _Readable, name: str, packed_size: int) -> None:
        self._stream, self._name = stream, name
        self._left = allowance(packed_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise BadSource(
                f"{self._name}: unpacks to far more than its size, as an attack would; if you trust it, unpack it"
                " and give what is in it"
            )
        buffer[: len(data)] = data
        return len(data)


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Decompressed:
    """The bytes in one or several compressed streams that follow each other."""

    def __init__(self, stream: BinaryIO, make: Callable[[], _Decompressor]) -> None:
        self._stream, self._make = stream, make
        self._decompressor = make()

    def read(self, size: int, /) -> bytes:
        while True:
            data = b""
            if self._decompressor.eof:
                data = (self._decompressor.unused_data or self._stream.read(PIECE)).lstrip(b"\0")
                if not data:
                    return b""
                self._decompressor = self._make()
            elif self._decompressor.needs_input:
                data = self._stream.read(PIECE)
                if not data:
                    raise EOFError
            try:
                found = self._decompressor.decompress(data, size)
            except (MemoryError, OSError):
                raise
            except Exception as error:  # the library's own class, which may not be importable
                raise OSError(str(error)) from error
            if found:
                return found


class _Recoded:
    """A text in UTF-16 as UTF-8. What is no character becomes U+FFFD.

    PowerShell reads what a program writes in the encoding of the console, so that UTF-8 comes out as ``├®``: such a
    text is read back.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._rest = b""
        self._encoding = ""

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            data = self._stream.read(PIECE)
            text = self._decoder.decode(data, final=not data)
            text = text.removeprefix("\ufeff")
            if not self._encoding and not text.isascii():
                self._encoding = _console_of(text)
            self._rest = text.encode(self._encoding or "utf-8", "replace")
            if not data:
                break
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def _console_of(text: str) -> str:
    """Return the encoding of the console that UTF-8 was read in, or UTF-8 if it was not."""
    for encoding in _CONSOLES:
        with suppress(UnicodeError):
            codecs.getincrementaldecoder("utf-8")().decode(text.encode(encoding))
            return encoding
    return "utf-8"


def _zstandard() -> Callable[[], _Decompressor]:
    for module in ("compression.zstd", "backports.zstd"):
        try:
            return cast(Callable[[], _Decompressor], import_module(module).ZstdDecompressor)
        except ImportError:
            continue
    raise BadSource('reading .zst needs a library: pip install "spipconv[zstd]", or unpack it: zstd -d FILE')


_READERS: dict[str, Callable[[BinaryIO], _Readable]] = {
    "gz": lambda stream: cast(_Readable, gzip.GzipFile(fileobj=stream)),
    "bz2": lambda stream: _Decompressed(stream, bz2.BZ2Decompressor),
    "xz": lambda stream: _Decompressed(stream, lambda: lzma.LZMADecompressor(memlimit=_MOST_MEMORY)),
    "zst": lambda stream: _Decompressed(stream, _zstandard()),
}
