"""Lists: ``-*`` and ``-#`` at the start of a line, as many marks as the item is deep."""

from __future__ import annotations

from typing import Any, NamedTuple

from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.pairing import Open
from spipconv.parsing.typography import NO_BREAK_SPACE


class Level(NamedTuple):
    """A list that is open, with its last item and how much was written when that began."""

    ordered: bool
    list: Open
    item: Open
    size: int


class Lists:
    """Writes lists. ``levels``: the lists that are open, in the text or in a table cell, outermost first."""

    __slots__ = ("_writer", "levels")

    def __init__(self, writer: TextWriter) -> None:
        self._writer = writer
        self.levels: list[Level] = []

    def item_mark(self, start: int, end: int) -> None:
        """Begin an item, and the lists that it needs; end those that are deeper or of the other kind."""
        writer, levels = self._writer, self.levels
        ordered, depth = writer.text[start + 1] == "#", end - start - 1
        writer.end_run(trims=True)
        if writer.in_cell and not levels:
            writer.flow.blank_line(start)
            writer.flow.flush(start)
        writer.flow.end()
        while levels and not levels[-1].list.is_open:
            levels.pop()
        while len(levels) > depth:
            self._end_list()
        if len(levels) == depth:
            if levels[-1].ordered == ordered:
                self._end_item()
                levels[-1] = self._open_item(levels[-1].list, ordered, start)
                self.set_line_breaks()
                return
            self._end_list()
        fields: dict[str, Any]
        while len(levels) < depth:
            name, fields = ("ol", {"ordered": True}) if ordered else ("ul", {"ordered": False})
            opened = writer.pairing.open(name, "LIST", fields, start, writer.text[start : min(end, start + 20)])
            if opened is None:
                if not levels:
                    writer.words(start, end)
                break
            levels.append(self._open_item(opened, ordered, start))
        self.set_line_breaks()

    def end_all(self) -> None:
        """End the lists that are open here."""
        if self.levels:
            self._writer.end_run(trims=True)
            self._writer.flow.end()
            while self.levels:
                self._end_list()
            self.set_line_breaks()

    def set_line_breaks(self) -> None:
        """Have a newline be a break in an item or a cell, as it is in a paragraph."""
        levels = self.levels
        self._writer.flow.breaks_lines = self._writer.in_cell or bool(levels and levels[-1].item.is_open)

    def _open_item(self, opened: Open, ordered: bool, offset: int) -> Level:
        item = self._writer.pairing.open("li", "ITEM", {}, offset)
        assert item is not None, "a list is only opened where there is room for its items"
        return Level(ordered, opened, item, self._writer.pairing.size)

    def _end_item(self) -> None:
        level, pairing = self.levels[-1], self._writer.pairing
        if level.item.is_open:
            if pairing.size == level.size:
                pairing.text(NO_BREAK_SPACE, level.item.offset)
            pairing.close_to(level.item)

    def _end_list(self) -> None:
        self._end_item()
        self._writer.pairing.close_to(self.levels.pop().list)
