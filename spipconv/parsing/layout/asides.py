"""Notes and poems, which SPIP sets apart before it reads the rest: each becomes one lexeme."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from spipconv.parsing.layout.abbreviations import end_notes_in_abbreviations
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.source import Source

LINE_KINDS = frozenset({"ITEM_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK"})


class Aside(NamedTuple):
    """A note or a poem that was set apart: its lexemes, and where its text starts and ends."""

    lexemes: list[Lexeme]
    start: int
    end: int

    def after(self, offset: int) -> Aside:
        """Return the aside without what is before an offset."""
        lexemes = [
            lexeme if lexeme.start >= offset else Lexeme("WORDS", offset, lexeme.end)
            for lexeme in self.lexemes
            if lexeme.end > offset
        ]
        return Aside(lexemes, offset, self.end)


class Asides:
    """The asides of one text, by the offset where each begins."""

    __slots__ = ("_asides", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._asides: dict[int, Aside] = {}

    def __getitem__(self, start: int) -> Aside:
        return self._asides[start]

    def take(self, lexemes: list[Lexeme], *, notes: bool = True) -> list[Lexeme]:
        """Return lexemes in which every note and every poem is one; a note holds no notes."""
        kinds = {lexeme.kind for lexeme in lexemes}
        if notes and "NOTE_START" in kinds:
            if "ABBREVIATION_MARK" in kinds:
                lexemes = end_notes_in_abbreviations(lexemes, self._source.text)
            lexemes = self._take_kind(lexemes, "NOTE_START", "NOTE_END", "NOTE")
        if "POEM_START" in kinds:
            lexemes = self._take_kind(lexemes, "POEM_START", "POEM_END", "POEM")
        return lexemes

    def _take_kind(self, lexemes: list[Lexeme], first: str, last: str, kind: str) -> list[Lexeme]:
        starts = [index for index, lexeme in enumerate(lexemes) if lexeme.kind == first]
        ends = [index for index, lexeme in enumerate(lexemes) if lexeme.kind == last]
        kept: list[Lexeme] = []
        position = 0
        for start in starts:
            if start < position:
                continue
            kept += lexemes[position:start]
            opening = lexemes[start]
            position = start + 1
            following = bisect_left(ends, start)
            if following < len(ends):
                end = ends[following]
                self._asides[opening.start] = Aside(lexemes[start + 1 : end], opening.end, lexemes[end].start)
                kept.append(Lexeme(kind, opening.start, lexemes[end].end))
                position = end + 1
            elif kind == "NOTE":
                self._source.report("unclosed-note", opening.start, "[[")
                kept.append(opening.become("WORDS"))
            else:
                kept.append(opening.become("TAG"))
        return kept + lexemes[position:]


def without_lines(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Return lexemes in which what marks the start of a line is words."""
    return [lexeme.become("WORDS") if lexeme.kind in LINE_KINDS else lexeme for lexeme in lexemes]
