"""Notes and poems, which SPIP sets apart before it reads the rest: each becomes one lexeme."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from spipconv.parsing.lexer import Lexeme, Scan

_LONGEST_NAME: Final = 200
_NAME: Final = re.compile(rf"""\s*<[^>'"]{{0,{_LONGEST_NAME}}}>""")
# What has become HTML before notes are read is in no name.
_NOT_IN_NAMES: Final = frozenset(
    {"ADDRESS", "ANCHOR_MARK", "GLOSSARY_MARK", "IDIOM", "LINK_MARK", "MODEL_TAG", "PROTECTED", "RESOURCE"}
)
# What may hold half of the mark of a note, and how a note with a name begins.
_HALVES: Final = frozenset({"ABBREVIATION_MARK", "ESCAPE"})
_NAMED: Final = re.compile(r"\[\[\s*<")
LINE_KINDS: Final = frozenset({"ITEM_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK"})


class Aside(NamedTuple):
    """A note or a poem that was set apart: its lexemes, and where its text starts and ends.

    ``name`` is that of a note, ``[[<name> …]]``; None if it has none.
    """

    lexemes: list[Lexeme]
    start: int
    end: int
    name: str | None = None

    def after(self, offset: int, name: str) -> Aside:
        """Return the aside without what is before an offset, its name."""
        lexemes = [
            lexeme if lexeme.start >= offset else Lexeme("WORDS", offset, lexeme.end)
            for lexeme in self.lexemes
            if lexeme.end > offset
        ]
        return Aside(lexemes, offset, self.end, name)


class Asides:
    """The asides of one text, by the offset where each begins."""

    __slots__ = ("_asides", "_scan", "_source")

    def __init__(self, scan: Scan) -> None:
        self._scan, self._source = scan, scan.source
        self._asides: dict[int, Aside] = {}

    def __getitem__(self, start: int) -> Aside:
        return self._asides[start]

    def take(self, lexemes: list[Lexeme], kinds: set[str], *, notes: bool = True) -> list[Lexeme]:
        """Return lexemes, which are of these kinds, in which every note and every poem is one.

        A note holds no notes, and a line begins after a poem.
        """
        if notes and not kinds.isdisjoint(("NOTE_START", "NOTE_END")):
            if "NOTE_END" in kinds and (not kinds.isdisjoint(_HALVES) or _NAMED.search(self._source.text)):
                lexemes = _mark_notes(lexemes, self._source.text)
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
                aside = Aside(lexemes[start + 1 : end], opening.end, lexemes[end].start)
                self._asides[opening.start] = self._named(aside) if kind == "NOTE" else aside
                kept.append(Lexeme(kind, opening.start, lexemes[end].end))
                position = end + 1
                if kind == "POEM" and position < len(lexemes) and lexemes[position].kind == "WORDS":
                    kept += self._begin_line(lexemes[position])
                    position += 1
            elif kind == "NOTE":
                self._source.report("unclosed-note", opening.start, "[[")
                kept.append(opening.become("WORDS"))
            else:
                kept.append(opening.become("TAG"))
        return kept + lexemes[position:]

    def _begin_line(self, words: Lexeme) -> list[Lexeme]:
        """Return the lexemes of words with which a line begins."""
        shift = words.start - 1
        line = self._scan.lexer.read("\n" + self._scan.masked[words.start : words.end], 1, words.end - shift)
        # The typography of -- is older than this line.
        return [
            Lexeme("WORDS" if part.kind == "DIALOGUE_MARK" else part.kind, part.start + shift, part.end + shift)
            for part in line
        ]

    def _named(self, note: Aside) -> Aside:
        """Return a note with its name set apart from its text: ``<x>``, unless ``</x>`` follows."""
        end = find_name(note.lexemes, self._source.text, note.start)
        if not end:
            return note
        text = self._source.text
        name = text[text.index("<", note.start) + 1 : end - 1]
        is_tag = name.strip() and text.find(f"</{name.split()[0]}", end, note.end) >= 0
        return note if is_tag else note.after(end, name.strip())


def find_name(lexemes: Sequence[Lexeme], text: str, start: int) -> int:
    """Return where the name of a note ends whose text starts with these lexemes; 0 if it has none."""
    match = _NAME.match(text, start)
    if match is None:
        return 0
    for lexeme in lexemes:
        if lexeme.start >= match.end():
            break
        if lexeme.kind in _NOT_IN_NAMES:
            return 0
    return match.end()


def _mark_notes(lexemes: list[Lexeme], text: str) -> list[Lexeme]:
    """Return lexemes in which each ``[[`` and ``]]`` that SPIP reads as the mark of a note is one.

    SPIP reads notes before abbreviations and backslashes, which may hold half of a mark, and a name before the end of
    its note.
    """
    marked: list[Lexeme] = []
    position = 0
    name_end = -1
    last = max(lexeme.start for lexeme in lexemes if lexeme.kind == "NOTE_END")
    for index, lexeme in enumerate(lexemes):
        kind, start, end = lexeme.kind, lexeme.start, lexeme.end
        if start < position:
            # What stood after the first half of a mark has lost the other half.
            if end > position:
                marked.append(Lexeme("WORDS", position, end))
        elif name_end < 0:
            mark = lexeme
            if kind == "ESCAPE" and text[start + 1 : end + 1] == "[[" and end <= last and _opens(lexemes[index + 1]):
                # The backslash escapes the first character of the call's HTML.
                mark = Lexeme("NOTE_START", start + 1, end + 1)
                position = end + 1
            if mark.kind == "NOTE_START":
                name_end = find_name(lexemes[index + 1 : index + 1 + _LONGEST_NAME], text, mark.end)
            marked.append(mark)
        elif start < name_end:
            marked.append(lexeme.become("WORDS") if kind == "NOTE_END" else lexeme)
        elif kind in ("ABBREVIATION_MARK", "ESCAPE") and text[end - 1 : end + 1] == "]]":
            position = end + 1
            name_end = -1
            marked += [Lexeme("WORDS", start, end - 1), Lexeme("NOTE_END", end - 1, position)]
        else:
            if kind == "NOTE_END":
                name_end = -1
            marked.append(lexeme)
    return marked


def _opens(lexeme: Lexeme) -> bool:
    """Return whether a ``[`` that begins a lexeme may be half of a note's mark: it begins no link."""
    return lexeme.kind in ("OTHER", "NOTE_START", "ABBREVIATION_MARK")


def without_lines(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Return lexemes in which what marks the start of a line is words."""
    return [lexeme.become("WORDS") if lexeme.kind in LINE_KINDS else lexeme for lexeme in lexemes]
