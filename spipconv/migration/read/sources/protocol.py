"""What a source of rows is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

# Bytes of one value, and of all values of a row that is longer than what is looked at in one piece. Servers take 16 MiB
# (max_allowed_packet) by default.
LONGEST_VALUE = 1 << 25
LONGEST_ROW = 3 << 24
# SQLite's own limit; MySQL's is 4,096.
MOST_COLUMNS = 32_767


class TooLong(bytes):
    """The place of a value that is too long to be held: no bytes. ``size`` is how many it has; 0: not known."""

    size = 0

    @classmethod
    def of(cls, size: int) -> TooLong:
        """Return what takes the place of a value of this size."""
        value = cls()
        value.size = size
        return value


RawValue = bytes | None
SourceRow = tuple[RawValue, ...]
# Asked once a table, with its name and its columns in their order; returns the columns to read, None: skip it.
Choose = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]


class BadSource(ValueError):
    """A source that cannot be read; its text is one line that names it, the fault and the remedy."""

    def __init__(self, text: str) -> None:
        # It may quote a file's name or bytes, and goes to a terminal.
        super().__init__("".join([c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text]))


class SpipSource(Protocol):
    """A database. ``charset`` is the Python name of the encoding in which it says its texts are, as far as known."""

    @property
    def name(self) -> str: ...

    @property
    def charset(self) -> str: ...

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield (table, row) for every row of every table that is chosen, the values as asked for.

        Numbers and dates come as the bytes of their text, NULL as None. Tables come in any order, a table's rows
        together or not. What exceeds LONGEST_VALUE comes as TooLong. Raises BadSource.
        """
        ...
