"""Where lines begin and end: newlines, blank lines, breaks, dashes, rules."""

from __future__ import annotations

from spipconv.nodes import Bullet, Rule
from spipconv.parsing.layout.lists import Lists
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.typography import NO_BREAK_SPACE


class Lines:
    """Writes what ends a line or is marked at the start of one."""

    __slots__ = ("_lists", "_writer")

    def __init__(self, writer: TextWriter, lists: Lists) -> None:
        self._writer = writer
        self._lists = lists

    def newline(self, start: int, end: int) -> None:
        """End a line."""
        self._writer.end_run(trims=True)
        self._writer.flow.newline(start)

    def blank_line(self, start: int, end: int) -> None:
        """End a paragraph and all lists."""
        writer = self._writer
        writer.end_run(trims=True)
        self._lists.end_all()
        if writer.in_cell:
            writer.flow.blank_line(start)
        else:
            writer.flow.begin()

    def break_mark(self, start: int, end: int) -> None:
        """Write ``_`` at the start of a line: a break."""
        self._writer.end_run(trims=True)
        self._writer.flow.line_break("manual", start)

    def dash_mark(self, start: int, end: int) -> None:
        """Write ``-`` at the start of a line: SPIP's drawn dash."""
        self._begin_dash(start)
        line, column = self._writer.source.place(start)
        self._writer.leaf(Bullet(line=line, column=column), start)

    def dialogue_mark(self, start: int, end: int) -> None:
        """Write ``--`` at the start of a line: the dash of a dialogue."""
        writer = self._writer
        # At the very start of a text, typography makes the dash, and the space stays an ordinary one.
        if start == writer.start and writer.text[start + 2 : start + 3] != "-":
            writer.words(start, end)
            return
        self._begin_dash(start)
        writer.flow.content(start)
        writer.pairing.text("—" + NO_BREAK_SPACE, start)

    def rule_mark(self, start: int, end: int) -> None:
        """Write ``----``: a horizontal rule."""
        line, column = self._writer.source.place(start)
        self._writer.block(Rule(line=line, column=column))
        self._writer.flow.begin()

    def _begin_dash(self, offset: int) -> None:
        self._writer.end_run()
        if not self._writer.flow.drops_break:
            self._writer.flow.line_break("html", offset)
