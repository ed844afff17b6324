"""A window on a stream: the part of a text that is in memory, with the places of what is wrong in it."""

from __future__ import annotations

from typing import Protocol

from spipconv.migration.read.sources.protocol import LONGEST_VALUE, BadSource

# Bytes of a word or name: a longer one is a quote that is never closed.
_LONGEST = LONGEST_VALUE
# Bytes needed to recognise a comment, a condition, an introducer or the end of an element.
ENOUGH = 256
_MAX_SHOWN = 20


class Stream(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes: ...


class Window:
    """The part of a stream that is in memory. ``size``: the number of bytes to read at a time.

    ``data`` is the text in memory, ``position`` the current place in it; ``source`` names the file.
    """

    remedy = "export the database again"

    def __init__(self, stream: Stream, source: str, size: int, start: int = 0) -> None:
        self.data = b""
        self.position = 0
        self.source = source
        self._stream = stream
        self._size = size
        self._start = self._end = start
        self._is_at_end = False

    def more(self) -> bool:
        """Read more and forget the text before the current place; return False at the end."""
        if self._is_at_end:
            return False
        rest = self.data[self.position :]
        if len(rest) > _LONGEST:
            raise self.error("no text is this long: a quote before it is not closed")
        # Twice as much each time, because matching starts again from the beginning.
        chunk = self._stream.read(max(self._size, len(rest)))
        self._end += len(chunk)
        if not chunk:
            self._is_at_end = True
            chunk = b"\n"  # ends a comment in the last line
        self._start += self.position
        self.position = 0
        self.data = rest + chunk
        return True

    def is_last(self, position: int) -> bool:
        """Return whether a position is the end of the file."""
        return self._is_at_end and position >= len(self.data) - 1

    def error(self, text: str, position: int | None = None, remedy: str = "") -> BadSource:
        """Return the exception for an error at a position (None: the current one)."""
        offset = self._start + (self.position if position is None else position)
        return BadSource(f"{self.source}: byte {offset}: {text}; {remedy or self.remedy}")

    def cut(self, inside: str) -> BadSource:
        """Return the exception for a file that ends too early."""
        return BadSource(f"{self.source}: byte {self._end}: ends inside {inside}, cut off; export or copy it again")

    def look_ahead(self) -> None:
        """Read on until enough is in memory to recognise a short word, or the end is."""
        while len(self.data) - self.position < ENOUGH and self.more():
            pass

    def shown(self, place: int) -> str:
        """Return the text at a place, for people."""
        return repr(self.data[place : place + _MAX_SHOWN].decode("utf-8", "replace"))
