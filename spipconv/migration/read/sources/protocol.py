"""The protocol of sources: they yield rows of undecoded values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from spipconv.migration.report.issues import Issue

# Bytes of one value, and of all values of a row that is longer than what is looked at in one piece. Servers take 16 MiB
# (max_allowed_packet) by default.
LONGEST_VALUE = 1 << 25
LONGEST_ROW = 3 << 24
# SQLite's own limit; MySQL's is 4,096.
MOST_COLUMNS = 32_767


class TooLong(bytes):
    """The placeholder of a value that is too long to be kept in memory. ``size`` is its number of bytes; 0: unknown."""

    size = 0

    @classmethod
    def of(cls, size: int) -> TooLong:
        """Return the placeholder of a value with this size."""
        value = cls()
        value.size = size
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


class SpipSource(Protocol):
    """A database. ``charset`` is the Python name of the encoding that it declares, if it is known.

    ``issues`` are those with the source itself, complete after a reading.
    """

    @property
    def name(self) -> str: ...

    @property
    def charset(self) -> str: ...

    @property
    def issues(self) -> Sequence[Issue]: ...

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield (table, row) for every row of every chosen table, with the wanted values.

        Numbers and dates are the bytes of their text, NULL is None. Tables come in any order, and the rows of a table
        may be interleaved with others. A value longer than LONGEST_VALUE is a TooLong. Raises BadSource.
        """
        ...
