"""Footnotes: their numbers, names and ids."""

from __future__ import annotations

from spipconv.characters import percent_encode


class Notes:
    """Counts the notes of one text, starting at ``first``, and remembers the labels of its calls."""

    def __init__(self, first: int = 1) -> None:
        self._count = first - 1
        self._called: set[str] = set()

    def number(self) -> str:
        """Return the label of the next note without a name."""
        self._count += 1
        return str(self._count)

    def call(self, label: str) -> bool:
        """Record a call and return whether the label was called before."""
        repeated = label in self._called
        self._called.add(label)
        return repeated


def identifier_of(label: str) -> str:
    """Return a label as it is written in ids: ``*`` is ``_2A``."""
    return percent_encode(label).replace("%", "_").replace("~", "_7E")
