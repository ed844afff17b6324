"""What a source of rows is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

Value = bytes | None
Row = tuple[Value, ...]
# Asked once a table, with its name and its columns in their order; returns the columns to read, None: skip it.
Choose = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]


class BadSource(ValueError):
    """A source that cannot be read; its text is one line that names it, the fault and the remedy."""

    def __init__(self, text: str) -> None:
        # It may quote a file's name or bytes, and goes to a terminal.
        super().__init__("".join([c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text]))


class Source(Protocol):
    """A base. ``charset`` is the Python name of the encoding in which it says its texts are, as far as known."""

    @property
    def name(self) -> str: ...

    @property
    def charset(self) -> str: ...

    def read(self, choose: Choose) -> Iterator[tuple[str, Row]]:
        """Yield (table, row) for every row of every table that is chosen, the values as asked for.

        Numbers and dates come as the bytes of their text, NULL as None. Tables come in any order, a table's rows
        together or not. Raises BadSource.
        """
        ...
