"""The results on a chunk's texts in a file, so that the next process goes on where one was killed.

A byte that says that the input was read, then the results, each after its length in four bytes; a length of 0: all
texts are converted. What a kill cut off counts for nothing.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, msgpack

_READ = b"R"
_END = b"\0\0\0\0"


class Reached(Struct, frozen=True):
    """How far a process came: ``count`` results; before them it has read its input; after the last one it writes."""

    is_read: bool
    count: int
    is_ended: bool


class Spool:
    """The results in a file, to be taken and added to."""

    def __init__(self, path: str, type_: type[Any]) -> None:
        content, reached, size = _load(path)
        self._is_read, self._is_ended = reached.is_read, reached.is_ended
        self._waiting = iter([msgpack.decode(one, type=type_) for one in content])
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115
        self._file.truncate(size)
        self._file.seek(size)

    def take(self) -> Any:
        """Return the next result of an earlier process, or None. Who asks has read its input."""
        if not self._is_read:
            self._file.write(_READ)
            self._is_read = True
        return next(self._waiting, None)

    def append(self, result: Struct) -> None:
        """Add a result."""
        encoded = msgpack.encode(result)
        self._file.write(len(encoded).to_bytes(4, "big") + encoded)

    def note_end(self) -> None:
        """Note that all texts are converted."""
        if not self._is_ended:
            self._file.write(_END)

    def close(self) -> None:
        """Leave the file to the next process."""
        self._file.close()


def reached(path: str) -> Reached:
    """Return how far the process that wrote a spool came."""
    return _load(path)[1]


def _load(path: str) -> tuple[list[bytes], Reached, int]:
    """Return the results, how far they go, and the size of what is whole."""
    with open(path, "rb") as file:
        content = file.read()
    results: list[bytes] = []
    at = 1
    while at + 4 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if not size:
            return results, Reached(True, len(results), True), at + 4
        if at + 4 + size > len(content):
            break
        results.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return results, Reached(bool(content), len(results), False), min(at, len(content))
