"""Lists: ``-*`` and ``-#`` at the start of a line, as many marks as the item is deep."""

from __future__ import annotations

import re
from typing import Final

from spipconv.parsing.layout.writer import Level, TextWriter
from spipconv.parsing.openings import Open
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import NO_BREAK_SPACE

# An item that shows nothing because of what it holds, not because nothing is written there.
_HIDDEN: Final = re.compile(r"[ \t]*(?:\n[ \t]*)?<")


def write_item_mark(writer: TextWriter, start: int, end: int) -> None:
    """Begin an item, and the lists that it needs; end those that are deeper or of the other kind."""
    levels = writer.levels
    ordered, depth = writer.text[start + 1] == "#", end - start - 1
    writer.end_run(trims=True)
    if depth == 1 and not levels and _continues_row_list(writer, ordered):
        writer.flow.end()
        _open_bare_item(writer, ordered, start, end)
        return
    if writer.in_body_cell and not levels:
        writer.flow.blank_line(start, start)
        writer.flow.flush(start)
    writer.flow.end()
    while levels and not levels[-1].list.is_open:
        levels.pop()
    # After a deeper item, one of the other kind stays in the list: SPIP compares items of one depth only.
    keeps_kind = len(levels) > depth or (len(levels) == depth and levels[-1].ordered == ordered)
    while len(levels) > depth:
        _end_list(writer)
    if len(levels) == depth:
        if keeps_kind:
            _end_item(writer)
            if levels[-1].list is levels[-1].item:
                levels.pop()
                _open_bare_item(writer, ordered, start, end)
                return
            levels[-1] = _open_item(writer, levels[-1].list, ordered, start, end)
            set_line_breaks(writer)
            return
        _end_list(writer)
    fill_item(writer)
    fields: NodeFields
    while len(levels) < depth:
        name, fields = ("ol", {"ordered": True}) if ordered else ("ul", {"ordered": False})
        opened = writer.pairing.open(name, "LIST", fields, start, start, writer.text[start : min(end, start + 20)])
        if opened is None:
            if not levels:
                writer.words(start, end)
            break
        # The items of the levels that were skipped stay empty.
        levels.append(_open_item(writer, opened, ordered, start, end if len(levels) == depth - 1 else -1))
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
    writer.flow.breaks_lines = writer.in_body_cell or bool(levels and levels[-1].item.is_open)


def fill_item(writer: TextWriter) -> None:
    """Write what the last item shows if nothing was written in it before a list or a dash: a no-break space."""
    level = writer.levels[-1] if writer.levels else None
    if level is None or writer.pairing.size != level.size or not level.item.is_open:
        return
    if level.end >= 0 and not _HIDDEN.match(writer.text, level.end):
        writer.pairing.text(NO_BREAK_SPACE, level.end, level.end)


def _open_item(writer: TextWriter, opened: Open, ordered: bool, start: int, end: int) -> Level:
    """Open an item that a mark between two offsets begins; ``end`` is negative if it has no mark of its own."""
    item = writer.pairing.open("li", "ITEM", {}, start, max(start, end))
    assert item is not None, "a list is only opened where there is room for its items"
    return Level(ordered, opened, item, writer.pairing.size, end)


def _continues_row_list(writer: TextWriter, ordered: bool) -> bool:
    """Return whether an item goes on with the list of a cell before, which SPIP ends with the row only."""
    if not writer.in_body_cell or writer.row_list is None:
        return False
    depth, kind = writer.row_list
    return depth > 1 or kind == ordered


def _open_bare_item(writer: TextWriter, ordered: bool, start: int, end: int) -> None:
    """Open an item outside of its list, which the browser has ended with its cell."""
    item = writer.pairing.open("li", "ELEMENT", {"name": "li", "attributes": ()}, start, end, writer.text[start:end])
    if item is None:
        writer.words(start, end)
        return
    writer.levels.append(Level(ordered, item, item, writer.pairing.size, end))
    set_line_breaks(writer)


def _end_item(writer: TextWriter) -> None:
    level = writer.levels[-1]
    if level.item.is_open:
        fill_item(writer)
        writer.pairing.close_to(level.item)


def _end_list(writer: TextWriter) -> None:
    _end_item(writer)
    writer.pairing.close_to(writer.levels.pop().list)
