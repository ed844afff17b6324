"""The protocol of sources: they yield rows of undecoded values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

# Bytes of one value, and of all values of a row that is longer than what is looked at in one piece. Servers take 16 MiB
# (max_allowed_packet) by default.
LONGEST_VALUE = 1 << 25
LONGEST_ROW = 3 << 24
# SQLite's own limit; MySQL's is 4,096.
MOST_COLUMNS = 32_767


class TooLong(bytes):
    """The placeholder of a value that is too long to be kept in memory. ``size`` is its number of bytes; 0: unknown.

    ``pieces`` yields the value piece by piece, until the next row is read; None: it cannot be had.
    """

    size = 0
    pieces: Callable[[], Iterator[bytes]] | None = None

    @classmethod
    def of(cls, size: int, pieces: Callable[[], Iterator[bytes]] | None = None) -> TooLong:
        """Return the placeholder of a value with this size."""
        value = cls()
        value.size, value.pieces = size, pieces
        return value


RawValue = bytes | None
SourceRow = tuple[RawValue, ...]
# Called once per table, even if it is empty, with its name and its columns in order; returns the columns to read, or
# None to skip it.
Choose = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]


class BadSource(ValueError):
    """Raised when a source cannot be read; the message is one line with its name, the error and the remedy."""

    def __init__(self, text: str) -> None:
        # The message may quote a file name or bytes, and is shown on a terminal.
        super().__init__("".join([c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text]))


class Doubt(NamedTuple):
    """What is doubtful about a source: the code of an issue, and its detail."""

    code: str
    detail: str = ""


class SpipSource(Protocol):
    """A database. ``charset`` is the Python name of the encoding that it declares, if it is known.

    ``doubts`` are about the source as a whole.
    """

    @property
    def name(self) -> str: ...

    @property
    def charset(self) -> str: ...

    @property
    def doubts(self) -> Sequence[Doubt]: ...

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield (table, row) for every row of every chosen table, with the wanted values.

        Numbers and dates are the bytes of their text, NULL is None. Tables come in any order, and the rows of a table
        may be interleaved with others. A value longer than LONGEST_VALUE is a TooLong. Raises BadSource.
        """
        ...
