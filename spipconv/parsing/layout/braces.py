"""Braces: bold, italics and headings, each marker a tag of its own, which the browser pairs."""

from __future__ import annotations

from functools import partial

from spipconv.parsing.layout.lists import Lists
from spipconv.parsing.layout.writer import Formatting, TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.pairing import Open
from spipconv.parsing.source import MOST_REMARKS
from spipconv.safety import MAX_DEPTH

# Of a longer run of braces, none further on can open or close anything, nor be reported.
_MOST_MARKERS = MAX_DEPTH + MOST_REMARKS


class Braces:
    """Writes braces. ``headings``: the headings that are open, in the text or in a table cell."""

    __slots__ = ("_has_emphasis", "_has_heading", "_has_strong", "_lists", "_writer", "headings")

    def __init__(self, writer: TextWriter, lists: Lists) -> None:
        self._writer = writer
        self._lists = lists
        self._has_heading = self._has_strong = self._has_emphasis = False
        self.headings: list[Open] = []

    def note_opening(self, lexeme: Lexeme) -> None:
        """Note which braces a text opens: closing ones of a kind that it never opens are words."""
        if lexeme.kind == "STRONG_WORDS":
            self._has_strong = True
        elif lexeme.kind == "EMPHASIS_WORDS":
            self._has_emphasis = True
        elif lexeme.kind == "OPENING_BRACES" and self._writer.text[lexeme.end - 1] == "{":
            triples, rest = divmod(lexeme.end - lexeme.start, 3)
            self._has_heading |= triples > 0
            self._has_strong |= rest == 2
            self._has_emphasis |= rest == 1

    def opening_braces(self, start: int, end: int) -> None:
        """Open a heading for every three braces, then bold or italics for what is left."""
        writer = self._writer
        if writer.text[end - 1] == "}":
            writer.words(start, end)
            return
        writer.end_run(trims=end - start > 2)
        triples, rest = divmod(end - start, 3)
        for number in range(min(triples, _MOST_MARKERS)):
            self._open_heading(start + 3 * number)
        if rest:
            name: Formatting = "i" if rest == 1 else "strong"
            writer.flow.tag(partial(writer.open_formatting, name, "{" * rest, end - rest), end - rest)

    def strong_words(self, start: int, end: int) -> None:
        """Write ``{{words}}``."""
        self._writer.formatted_words("strong", start, end, 2)

    def emphasis_words(self, start: int, end: int) -> None:
        """Write ``{words}``."""
        self._writer.formatted_words("i", start, end, 1)

    def closing_braces(self, start: int, end: int) -> None:
        """Close bold by pairs of braces, then italics, and a heading by the last three."""
        writer = self._writer
        closes_heading = self._has_heading and end - start >= 3
        count = end - start - 3 * closes_heading
        pairs = count // 2 if self._has_strong else 0
        self._close_each("strong", "}}", start, pairs)
        start, singles = start + 2 * pairs, count - 2 * pairs
        if self._has_emphasis:
            self._close_each("i", "}", start, singles)
        elif singles:
            writer.words(start, start + singles)
        if closes_heading:
            writer.end_run(trims=True)
            self._close_heading(end - 3)

    def _close_each(self, name: Formatting, marker: str, offset: int, number: int) -> None:
        writer = self._writer
        if number:
            writer.end_run()
        for _ in range(min(number, _MOST_MARKERS)):
            writer.flow.tag(partial(writer.close_formatting, name, marker, offset), offset)
            offset += len(marker)

    def _open_heading(self, offset: int) -> None:
        writer = self._writer
        writer.end_run(trims=True)
        writer.flow.end()
        heading = writer.pairing.open("h2", "HEADING", {}, offset, "{{{")
        if heading:
            self.headings.append(heading)
            writer.flow.breaks_lines = False

    def _close_heading(self, offset: int) -> None:
        writer = self._writer
        writer.flow.end()
        while self.headings:
            heading = self.headings.pop()
            if heading.is_open:
                writer.pairing.close_to(heading)
                break
        else:
            writer.source.report("unopened-marker", offset, "}}}")
        writer.flow.begin(drops_breaks=False)
        self._lists.set_line_breaks()
