"""Folding: a text comes in, the form in which terms are compared goes out, with the way back to the text's characters.

Canonically equivalent spellings (NFC), capitals (case folding) and both apostrophes are alike; accents are not. Folding
changes the length of some texts (``ß`` becomes ``ss``, ``İ`` two characters, ``e`` and its accent one).
"""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import category, is_normalized, normalize

# All characters but those of European letters without further marks, which fold one by one and join no others.
_SPECIAL = re.compile("[\u0300-\U0010ffff\u00df\u0130\u0149\u01f0]+")


class Folded(NamedTuple):
    """A folded text. ``starts`` has, for each of its characters and for its end, the offset of what it comes from in
    the text; None: the same offset.
    """

    text: str
    starts: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the offsets in the text of some folded characters; None if they are only part of a character."""
        starts = self.starts
        if starts is None:
            return start, end
        if (start and starts[start] == starts[start - 1]) or starts[end] == starts[end - 1]:
            return None
        return starts[start], starts[end]


def fold(text: str) -> Folded:
    """Return a text as terms are compared."""
    text = text.replace("\u2019", "'")
    folded = text.casefold()
    # Case folding shortens nothing: where the length stays, every character became one character.
    if len(folded) == len(text) and (text.isascii() or is_normalized("NFC", text)):
        return Folded(folded)
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for match in _SPECIAL.finditer(text):
        start, end = match.span()
        if start > at and _continues(text[start]):
            start -= 1
        pieces.append(text[at:start].casefold())
        starts += range(at, start)
        at = end
        while start < end:
            stop = start + 1
            while stop < end and _continues(text[stop]):
                stop += 1
            piece = normalize("NFC", text[start:stop]).casefold()
            pieces.append(piece)
            starts += [start] * len(piece)
            start = stop
    pieces.append(text[at:].casefold())
    return Folded("".join(pieces), (*starts, *range(at, len(text) + 1)))


def compare_exactly(text: str) -> str:
    """Return a text as terms are compared whose case matters."""
    return normalize("NFC", " ".join(text.replace("\u2019", "'").split()))


def is_mark(character: str) -> bool:
    """Return whether a character changes the letter before it."""
    return character > "\u02ff" and category(character)[0] == "M"


def _continues(character: str) -> bool:
    """Return whether normalisation may join a character to the one before it: a mark, a vowel or final of Hangul."""
    return is_mark(character) or "\u1160" <= character <= "\u11ff"
