"""Paragraphs and line breaks as SPIP makes them, in its last pass, around whatever a text holds.

A paragraph opens with the first words after a blank line or a block; a newline in it is a break; two breaks side
by side begin another one; a single tag that nothing accompanies is in no paragraph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from spipconv.nodes import BreakKind, LineBreak
from spipconv.parsing.pairing import Pairing
from spipconv.parsing.source import Source

_NONE: Final = 0
_PENDING: Final = 1
_OPEN: Final = 2
# What may come between words beside breaks: a newline, the blank line of a cell, a space between two breaks.
_NEWLINE: Final = "newline"
_BLANK: Final = "blank"
_SPACE: Final = "space"
# What it is, and where it starts and ends.
_Gap = list[tuple[str, int, int]]


class Paragraphs:
    """The paragraphs of one container. ``enabled=False``: a title, which has none.

    ``breaks_lines``: a newline is a break here even outside of a paragraph, as in a list item or a table cell.
    ``at_start``: nothing was written yet, so spaces are not either.
    """

    def __init__(self, pairing: Pairing, source: Source, *, enabled: bool = True, breaks_lines: bool = False) -> None:
        self.breaks_lines = breaks_lines
        self.at_start = True
        self._pairing = pairing
        self._source = source
        self._enabled = enabled
        self._state = _NONE
        self._drops_breaks = True
        self._held: Callable[[], object] | None = None
        self._held_at = 0
        self._gap: _Gap = []
        self._before: _Gap = []

    # ---- In the line ----

    def text(self, words: str, start: int, end: int) -> None:
        """Write words; spaces at the start of a line or a block vanish."""
        shown = words
        if self.at_start or self._state == _PENDING:
            shown = words.lstrip(" \t\n")
        elif self._gap and self._gap[-1][0] in (_NEWLINE, _BLANK):
            shown = words.lstrip(" \t")
        if shown:
            if shown is not words:
                text = self._source.text
                while start < end and text[start] in " \t\n":
                    start += 1
            self.content(start)
            self._pairing.text(shown, start, end)
        elif self._gap:
            self._gap.append((_SPACE, start, end))

    def content(self, offset: int) -> None:
        """Make ready for something in the line: open its paragraph, write the breaks before it."""
        if self._state == _PENDING:
            self._open(offset)
        if self._gap:
            self._write_gap(offset)
        self.at_start = False

    def tag(self, write: Callable[[], object], offset: int) -> None:
        """Write a tag, which opens a paragraph only if something follows it there."""
        if self._state == _PENDING and self._held is None:
            # The words before the tag are at the start of its paragraph, the words after it inside it.
            self._held, self._held_at, self._before, self._gap = write, offset, self._gap, []
        else:
            self.content(offset)
            write()

    def newline(self, start: int, end: int) -> None:
        """Note the end of a source line."""
        self._gap.append((_NEWLINE, start, end))

    def line_break(self, kind: BreakKind, start: int, end: int) -> None:
        """Note a break."""
        self._gap.append((kind, start, end))

    def blank_line(self, start: int, end: int) -> None:
        """Note a blank line in a table cell: two breaks with a space between, not a paragraph."""
        if self._state != _NONE or not self.at_start:
            self._gap = [(_BLANK, start, end)]

    def flush(self, offset: int) -> None:
        """Write the breaks noted so far."""
        if self._gap and not self.at_start:
            self._write_gap(offset)

    # ---- Paragraphs ----

    @property
    def is_empty(self) -> bool:
        """Return whether a paragraph begins here: nothing is in it yet, not even a break."""
        return self._state == _PENDING and self._held is None and all(item[0] == _NEWLINE for item in self._gap)

    @property
    def drops_break(self) -> bool:
        """Return whether a break would be lost here, at the start of a paragraph."""
        return self._state == _PENDING and self._drops_breaks

    def begin(self, *, drops_breaks: bool = True) -> None:
        """End the paragraph and begin another one with what comes next.

        After a blank line, a break at its start is dropped; after a block it stays.
        """
        self.end()
        if self._enabled:
            self._state = _PENDING
            self._drops_breaks = drops_breaks

    def adopt(self) -> None:
        """Continue in a paragraph that the author has opened."""
        self._state = _OPEN

    def end(self) -> None:
        """End the paragraph; what comes next is in none."""
        held, self._held = self._held, None
        if held:
            held()
        elif self._gap:
            self._end_gap()
        if self._state == _OPEN:
            self._pairing.close("p")
        self._state = _NONE
        self._gap = []
        self.at_start = True

    def _end_gap(self) -> None:
        """Write the breaks at the end of a paragraph, which may hold nothing else."""
        if self._state == _PENDING:
            if self._breaks(self._gap):
                self._open(self._gap[0][1])
        else:
            for kind, start, end in _without_pairs(self._gap) if self._enabled else self._gap:
                if kind not in (_NEWLINE, _BLANK, _SPACE):
                    self._break(kind, start, end)

    def _breaks(self, gap: _Gap) -> _Gap:
        """Return the breaks of a gap that stay at the start of a paragraph."""
        if self._drops_breaks:
            gap = gap[next((index + 1 for index, item in enumerate(gap) if item[0] not in (_NEWLINE, _SPACE)), 0) :]
        return [item for item in _without_pairs(gap) if item[0] not in (_NEWLINE, _SPACE)]

    def _open(self, offset: int) -> None:
        held, self._held = self._held, None
        gap = self._gap
        if held:
            before, self._before = self._before, []
        else:
            before, gap = gap, []
        self._gap = []
        self._state = _OPEN
        self._pairing.close("p")
        breaks = self._breaks(before) if before else []
        if breaks:
            offset = breaks[0][1]
        elif held:
            offset = self._held_at
        self._pairing.open("p", "PARAGRAPH", {}, offset, offset)
        for kind, start, end in breaks:
            self._break(kind, start, end)
        if held:
            held()
        self._gap = gap

    def _write_gap(self, offset: int) -> None:
        gap, self._gap = self._gap, []
        if self._enabled and len(_without_pairs(gap)) < len(gap):
            self.begin()
            self._open(offset)
            return
        breaks = [item for item in gap if item[0] not in (_NEWLINE, _SPACE)]
        for kind, start, end in breaks:
            self._break(kind, start, end)
        if not breaks:
            _, start, end = gap[0]
            if self._state == _OPEN or (self.breaks_lines and not self.at_start):
                self._break("auto", start, end)
            elif not self.at_start:
                self._pairing.text("\n", start, end)

    def _break(self, kind: str, start: int, end: int) -> None:
        if kind == _BLANK:
            first = min(start + 1, end)
            last = max(first, end - 1)
            self._break("html", start, first)
            self._pairing.text(" ", first, last)
            self._break("html", last, end)
            return
        place = self._source.fields(start, end)
        self._pairing.leaf(LineBreak(kind, **place), start, end)  # type: ignore[arg-type]


def _without_pairs(gap: _Gap) -> _Gap:
    """Return a gap without breaks that are side by side: they end a paragraph."""
    if len(gap) < 2:
        return gap
    separates = [item[0] in (_NEWLINE, _SPACE) for item in gap]
    return [
        item
        for item, before, it_separates, after in zip(
            gap, [True, *separates], separates, [*separates[1:], True], strict=False
        )
        if it_separates or (before and after)
    ]
