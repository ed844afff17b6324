"""Delimiters of emphasis: runs of ``*``, ``_`` and ``~``, and what they do between two characters (CommonMark 6.2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from spipconv.converters.html.writer import SPACES

_RUN: Final = {character: re.compile(re.escape(character) + "+") for character in "*_~"}


class Pair(NamedTuple):
    """Emphasis that is being written: the places of its two marks, its tag, and the marks that can write it."""

    opening: int
    closing: int
    tag: str
    marks: tuple[str, ...]


class _Run(NamedTuple):
    place: int
    start: int
    opens: bool
    closes: bool
    # It touches a mark of our own, which it would make longer.
    touches_mark: bool


def kind_of(character: str) -> str:
    """Return how a mark sees a character. ``unsure`` is for symbols, on which older and newer readers disagree."""
    if character in SPACES:
        return "space"
    category = unicodedata.category(character)
    if category == "Zs":
        return "space"
    if category[0] == "P" or (character < "\x7f" and category[0] == "S"):
        return "punctuation"
    return "word" if category[0] in "LNM" else "unsure"


def is_flanking(inner: str, outer: str) -> bool:
    """Return whether a mark between two kinds of characters opens or closes for every reader."""
    return inner == "word" or (inner != "space" and outer in ("space", "punctuation"))


def may_be_flanking(inner: str, outer: str) -> bool:
    """Return whether a mark may open or close for some reader."""
    return inner != "space" and (inner != "punctuation" or outer != "word")


def runs_to_escape(pieces: Sequence[str], places: Iterable[int], pairs: Iterable[Pair]) -> set[tuple[int, int]]:
    """Return the runs in words that a reader would take for marks, each as a place and an offset in its piece.

    ``places`` are those of the pieces that are words, ``pairs`` the emphasis in the same line, whose marks are still
    empty pieces. A run that opens nothing, or that nothing closes, stays as it is.
    """
    escaped: set[tuple[int, int]] = set()
    places = list(places)
    for character in "*_~":
        holders = [place for place in places if character in pieces[place]]
        if not holders:
            continue
        runs = [run for place in holders for run in _runs_in(pieces, place, character)]
        own = [pair for pair in pairs if any(mark[0] == character for mark in pair.marks)]
        # A mark that follows a word closes for some reader, too.
        last_closing = max([pair.opening for pair in own if _touches_word(pieces, pair.opening)], default=-1)
        escaped |= {(run.place, run.start) for run in _active_runs(runs, own, last_closing)}
    return escaped


def _runs_in(pieces: Sequence[str], place: int, character: str) -> Iterable[_Run]:
    text = pieces[place]
    for match in _RUN[character].finditer(text):
        before = text[match.start() - 1] if match.start() else _edge(pieces, place - 1, -1)
        after = text[match.end()] if match.end() < len(text) else _edge(pieces, place + 1, 0)
        if not (before and after):
            yield _Run(place, match.start(), opens=True, closes=True, touches_mark=True)
            continue
        outer, inner = kind_of(before), kind_of(after)
        opens, closes = may_be_flanking(inner, outer), may_be_flanking(outer, inner)
        if character == "_":
            is_left, is_right = is_flanking(inner, outer), is_flanking(outer, inner)
            opens = opens and (outer in ("punctuation", "unsure") or not is_right)
            closes = closes and (inner in ("punctuation", "unsure") or not is_left)
        yield _Run(place, match.start(), opens, closes, touches_mark=False)


def _edge(pieces: Sequence[str], place: int, edge: int) -> str:
    """Return the character of a piece that touches words: a space at the ends of the line, nothing for a mark."""
    if not 0 <= place < len(pieces):
        return " "
    return pieces[place][edge:][:1]


def _touches_word(pieces: Sequence[str], place: int) -> bool:
    return kind_of(_edge(pieces, place - 1, -1) or "*") != "space"


def _active_runs(runs: Sequence[_Run], pairs: Sequence[Pair], last_closing: int) -> Iterable[_Run]:
    """Yield the runs that would open or close emphasis: together, or with the marks of pairs.

    ``last_closing`` is the place of the last opening mark of a pair that may close as well.
    """
    last = max([number for number, run in enumerate(runs) if run.closes], default=-1)
    edges = sorted([(pair.opening, 1) for pair in pairs] + [(pair.closing, -1) for pair in pairs])
    edge, depth, has_opener = 0, 0, False
    for number, run in enumerate(runs):
        while edge < len(edges) and edges[edge][0] < run.place:
            depth += edges[edge][1]
            edge += 1
        opens = run.opens and (depth > 0 or last > number or last_closing > run.place)
        closes = run.closes and (depth > 0 or has_opener)
        has_opener = has_opener or run.opens
        if opens or closes or run.touches_mark:
            yield run
