"""Folding: a text comes in, the form in which terms are compared goes out, with the way back to the text's characters.

Canonically equivalent spellings (NFC), capitals (case folding) and both apostrophes are alike; accents are not. Folding
changes the length of some texts (``ß`` becomes ``ss``, ``İ`` two characters, ``e`` and its accent one).
"""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import category, is_normalized, normalize


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
    folded = text.replace("\u2019", "'").casefold()
    # Case folding shortens nothing: where the length stays, every character became one character.
    if len(folded) == len(text) and (text.isascii() or is_normalized("NFC", text)):
        return Folded(folded)
    pieces: list[str] = []
    starts: list[int] = []
    size, start = len(text), 0
    while start < size:
        end = start + 1
        while end < size and text[end] > "\u02ff" and _continues(text[end]):
            end += 1
        piece = normalize("NFC", text[start:end].replace("\u2019", "'")).casefold()
        pieces.append(piece)
        starts += [start] * len(piece)
        start = end
    return Folded("".join(pieces), (*starts, size))


def compare_exactly(text: str) -> str:
    """Return a text as terms are compared whose case matters."""
    return normalize("NFC", " ".join(text.replace("\u2019", "'").split()))


def is_mark(character: str) -> bool:
    """Return whether a character changes the letter before it."""
    return character > "\u02ff" and category(character)[0] == "M"


def _continues(character: str) -> bool:
    """Return whether normalisation may join a character to the one before it: a mark, a vowel or final of Hangul."""
    return is_mark(character) or "\u1160" <= character <= "\u11ff"
