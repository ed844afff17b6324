"""A file with the results for the texts of a chunk, so that the next process can continue after a kill.

The file has a byte that says that the input was read, then the results, each preceded by its length in four bytes. A
length of 0 means that all texts are converted, ``_TRY`` that a process begins with the next text. Anything that a kill
cut off is ignored.
"""

from __future__ import annotations

import errno
import os
from typing import Generic, TypeVar

from msgspec import Struct, msgpack

_READ = b"R"
_END = b"\0\0\0\0"
_TRY = b"\xff\xff\xff\xff"


_Result = TypeVar("_Result", bound=Struct)


class SpoolPosition(Struct, frozen=True):
    """The progress of the processes: ``count`` results; ``is_read`` before the first, ``is_ended`` after the last one.

    ``tries`` is the number of processes that began with the next text.
    """

    is_read: bool
    count: int
    is_ended: bool
    tries: int = 0


class Spool(Generic[_Result]):
    """The file of results, for reading and adding. Raises OSError if the file cannot be written."""

    def __init__(self, path: str, type_: type[_Result]) -> None:
        results, position, size = _load(path)
        self._is_read, self._is_ended = position.is_read, position.is_ended
        self._waiting = iter([msgpack.decode(result, type=type_) for result in results])
        self._has_begun = False
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115
        self._file.truncate(size)
        self._file.seek(size)

    def take(self) -> _Result | None:
        """Return the next result of an earlier process, or None. Calling this implies that the input has been read."""
        if not self._is_read:
            self._write(_READ)
            self._is_read = True
        result = next(self._waiting, None)
        if result is None and not self._has_begun:
            self._write(_TRY)
            self._has_begun = True
        return result

    def append(self, result: _Result) -> None:
        """Add a result."""
        encoded = msgpack.encode(result)
        self._write(len(encoded).to_bytes(4, "big") + encoded)

    def note_end(self) -> None:
        """Record that all texts are converted."""
        if not self._is_ended:
            self._write(_END)

    def close(self) -> None:
        """Leave the file to the next process."""
        self._file.close()

    def _write(self, content: bytes) -> None:
        # A disk that fills up takes a part without an error.
        if self._file.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_position(path: str) -> SpoolPosition:
    """Return the progress of the processes that wrote a spool. Raises OSError."""
    return _load(path)[1]


def _load(path: str) -> tuple[list[bytes], SpoolPosition, int]:
    """Return the results, the progress, and the size of the part of the file that is complete."""
    with open(path, "rb") as file:
        content = file.read()
    results: list[bytes] = []
    at = 1
    tries = 0
    while at + 4 <= len(content):
        head = content[at : at + 4]
        if head == _TRY:
            tries += 1
            at += 4
            continue
        size = int.from_bytes(head, "big")
        if not size:
            return results, SpoolPosition(True, len(results), True), at + 4
        if at + 4 + size > len(content):
            break
        results.append(content[at + 4 : at + 4 + size])
        at += 4 + size
        tries = 0
    return results, SpoolPosition(bool(content), len(results), False, tries), min(at, len(content))
