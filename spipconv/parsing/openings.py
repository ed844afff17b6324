"""Openings: the elements that are open in a text, and what browsers compare and count of them."""

from __future__ import annotations

from typing import Final, NamedTuple

from spipconv.parsing.source import Source
from spipconv.parsing.tokens import Terminal, Token

# What holds its own parts only: items, rows, cells, verses.
WORDLESS: Final = frozenset({"LIST", "TABLE", "ROW", "POEM"})
_UNCLOSED: Final = {
    "STRONG": "unclosed-strong",
    "EMPHASIS": "unclosed-emphasis",
    "HEADING": "unclosed-heading",
    "QUOTE": "unclosed-quote",
}


class Open:
    """An element that is open. ``name`` is the HTML element that it becomes.

    What is before it ends at ``before``, and its opening at ``inside``.
    """

    __slots__ = ("before", "detail", "inside", "is_open", "is_raw", "name", "offset", "slot", "token")

    def __init__(self, name: str, token: Token, offset: int, inside: int, detail: str, is_raw: bool) -> None:
        self.name = name
        self.token = token
        self.offset = offset
        # The markup to name when it turns out that it is never closed; empty: it ends by itself.
        self.detail = "" if token.type in WORDLESS else detail
        self.is_raw = is_raw
        self.is_open = True
        self.slot = self.before = 0
        self.inside = inside

    def report_unclosed(self, source: Source) -> None:
        """Report that it is never closed, unless it ends by itself."""
        if self.detail:
            source.report(_UNCLOSED.get(self.token.type, "unclosed-tag"), self.offset, self.detail)


class Slot(NamedTuple):
    """The opening of a block around which formatting had to be closed and opened again."""

    before: list[Terminal]
    token: Token
    after: list[Terminal]


def size_of(token: Token) -> int:
    """Return how many characters of attributes an opening carries."""
    values = token.value
    if token.type == "ELEMENT":
        return sum(len(value) for _, value in values["attributes"])
    return len(values["address"]) + len(values.get("title", "")) if token.type == "LINK" else 0


def _same(element: Token, other: Token) -> bool:
    if element.type != other.type:
        return False
    return element.type != "ELEMENT" or element.value["attributes"] == other.value["attributes"]


def find_opening(active: list[Open | None], name: str) -> Open | None:
    """Return the innermost formatting of a name, but not beyond the cell that it is in."""
    for element in reversed(active):
        if element is None:
            return None
        if element.name == name:
            return element
    return None


def forget_fourth(active: list[Open | None], new: Open) -> None:
    """Keep at most three alike of unclosed formatting elements, as browsers do."""
    alike = 0
    for element in reversed(active):
        if element is None:
            return
        if element.name == new.name and _same(element.token, new.token):
            alike += 1
            if alike == 3:
                active.remove(element)
                return
