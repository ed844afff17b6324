"""Lists: ``-*`` and ``-#`` at the start of a line, as many marks as the item is deep."""

from __future__ import annotations

from spipconv.parsing.layout.writer import Level, TextWriter
from spipconv.parsing.pairing import Open
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import NO_BREAK_SPACE


def write_item_mark(writer: TextWriter, start: int, end: int) -> None:
    """Begin an item, and the lists that it needs; end those that are deeper or of the other kind."""
    levels = writer.levels
    ordered, depth = writer.text[start + 1] == "#", end - start - 1
    writer.end_run(trims=True)
    if writer.in_cell and not levels:
        writer.flow.blank_line(start)
        writer.flow.flush(start)
    writer.flow.end()
    while levels and not levels[-1].list.is_open:
        levels.pop()
    while len(levels) > depth:
        _end_list(writer)
    if len(levels) == depth:
        if levels[-1].ordered == ordered:
            _end_item(writer)
            levels[-1] = _open_item(writer, levels[-1].list, ordered, start)
            set_line_breaks(writer)
            return
        _end_list(writer)
    fields: NodeFields
    while len(levels) < depth:
        name, fields = ("ol", {"ordered": True}) if ordered else ("ul", {"ordered": False})
        opened = writer.pairing.open(name, "LIST", fields, start, writer.text[start : min(end, start + 20)])
        if opened is None:
            if not levels:
                writer.words(start, end)
            break
        levels.append(_open_item(writer, opened, ordered, start))
    set_line_breaks(writer)


def end_lists(writer: TextWriter) -> None:
    """End the lists that are open here."""
    if writer.levels:
        writer.end_run(trims=True)
        writer.flow.end()
        while writer.levels:
            _end_list(writer)
        set_line_breaks(writer)


def set_line_breaks(writer: TextWriter) -> None:
    """Have a newline be a break in an item or a cell, as it is in a paragraph."""
    levels = writer.levels
    writer.flow.breaks_lines = writer.in_cell or bool(levels and levels[-1].item.is_open)


def _open_item(writer: TextWriter, opened: Open, ordered: bool, offset: int) -> Level:
    item = writer.pairing.open("li", "ITEM", {}, offset)
    assert item is not None, "a list is only opened where there is room for its items"
    return Level(ordered, opened, item, writer.pairing.size)


def _end_item(writer: TextWriter) -> None:
    level, pairing = writer.levels[-1], writer.pairing
    if level.item.is_open:
        if pairing.size == level.size:
            pairing.text(NO_BREAK_SPACE, level.item.offset)
        pairing.close_to(level.item)


def _end_list(writer: TextWriter) -> None:
    _end_item(writer)
    writer.pairing.close_to(writer.levels.pop().list)
