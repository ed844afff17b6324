"""Tables: their rows, cells and caption, written in the shape that SPIP gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spipconv.parsing.layout.lists import end_lists
from spipconv.parsing.layout.paragraphs import Paragraphs
from spipconv.parsing.layout.table_shapes import CaptionShape, CellShape, read_table, split_rows
from spipconv.parsing.layout.writer import TextWriter, WriteRange
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import typeset

_LINE_ENDS: Final = frozenset({"NEWLINE", "BLANK_LINE"})
_LINE_MARKS: Final = frozenset({"BREAK_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK"})


def write_table(writer: TextWriter, lexemes: Sequence[Lexeme], first: int, last: int, run: WriteRange) -> int:
    """Write the table between two indices; return the second one. ``run`` writes what is in its cells."""
    pairing = writer.pairing
    writer.end_run(trims=True)
    end_lists(writer)
    writer.flow.end()
    start, end = lexemes[first].start, lexemes[last - 1].end
    table = pairing.open("table", "TABLE", {}, start, start, "|")
    if table is None:
        writer.words(start, end)
        return last
    rows, places = split_rows(lexemes, first, last, writer.text)
    shape = read_table(rows, lexemes, writer.text)
    for caption, place in zip(shape.captions, places, strict=False):
        _write_caption(writer, run, lexemes, caption, place)
    lines = [(shape.head, True)] if shape.head is not None else []
    lines += [(cells, False) for cells in shape.body]
    for (cells, head), (row_start, row_end) in zip(lines, places[len(shape.captions) :], strict=True):
        row = pairing.open("tr", "ROW", {"head": True} if head else {}, row_start, row_start)
        assert row is not None
        writer.row_list = None
        for cell in cells:
            _write_cell(writer, run, lexemes, cell, head)
        pairing.close_to(row, row_end)
    pairing.close_to(table, end)
    writer.flow.begin()
    return last


def _write_caption(
    writer: TextWriter,
    run: WriteRange,
    lexemes: Sequence[Lexeme],
    caption: CaptionShape,
    place: tuple[int, int],
) -> None:
    pairing = writer.pairing
    start, end = place
    opened = pairing.open("caption", "CAPTION", {}, start, start)
    assert opened is not None
    _run_inside(writer, run, lexemes[slice(*caption.words)])
    if caption.summary:
        pairing.close_inside(opened)
        inner = pairing.open("caption", "SUMMARY", {}, pairing.end, pairing.end)
        assert inner is not None
        # No bar separates cells here.
        words = [
            lexeme.become("WORDS") if lexeme.kind == "PIPE" else lexeme for lexeme in lexemes[slice(*caption.summary)]
        ]
        _run_inside(writer, run, words)
        pairing.close_to(inner)
    pairing.close_to(opened, end)


def _fields_of(shape: CellShape) -> NodeFields:
    """Return the fields of a cell's node that are not as in any cell."""
    fields: NodeFields = {"index": shape.index}
    if shape.header:
        fields["header"] = True
    if shape.colspan > 1:
        fields["colspan"] = shape.colspan
    if shape.rowspan > 1:
        fields["rowspan"] = shape.rowspan
    if shape.numeric:
        fields["numeric"] = shape.numeric
    return fields


def _write_cell(writer: TextWriter, run: WriteRange, lexemes: Sequence[Lexeme], shape: CellShape, head: bool) -> None:
    pairing = writer.pairing
    fields = _fields_of(shape)
    first, last = shape.first, shape.last
    start, end = lexemes[first].start, lexemes[last].start
    if first == last:
        pairing.plain("CELL", fields, start, end, "", start, end)
        return
    is_bold = shape.header and shape.is_bold
    kinds = {lexeme.kind for lexeme in lexemes[first:last]}
    if kinds == {"WORDS"} or (is_bold and "STRONG_WORDS" in kinds):
        width = 2 if is_bold else 0
        words_start = writer.text.index(shape.text, start, end) + width
        words = shape.text[width : len(shape.text) - width]
        before = writer.text[start - 1] if start > writer.start else ""
        words_end = words_start + len(words)
        pairing.plain("CELL", fields, start, end, typeset(words, writer.typography, before), words_start, words_end)
        return
    cell = pairing.open("th" if shape.header else "td", "CELL", fields, start, start)
    assert cell is not None
    if shape.header and shape.opens:
        while lexemes[first].kind != "OPENING_BRACES":
            first += 1
        first += 1
    if shape.header and shape.closes:
        while lexemes[last - 1].kind != "CLOSING_BRACES":
            last -= 1
        last -= 1
    _run_inside(writer, run, lexemes[first:last], breaks_lines=not head)
    pairing.close_to(cell, end)


def _run_inside(writer: TextWriter, run: WriteRange, lexemes: Sequence[Lexeme], *, breaks_lines: bool = False) -> None:
    """Write a part of a table, in which paragraphs, breaks, lists and headings are its own.

    ``breaks_lines``: every end of a line is a break and a blank line is two, as SPIP has it in the cells of the body.
    """
    lexemes = _trim(lexemes, writer.text)
    flow, levels, headings = writer.flow, writer.levels, writer.headings
    writer.flow = Paragraphs(writer.pairing, writer.source, breaks_lines=breaks_lines)
    writer.levels, writer.headings = [], []
    writer.in_cell, writer.in_body_cell = True, breaks_lines
    run(lexemes, 0, len(lexemes))
    if writer.levels:
        writer.row_list = len(writer.levels), writer.levels[-1].ordered
    end_lists(writer)
    writer.flow.end()
    writer.flow, writer.levels, writer.headings = flow, levels, headings
    writer.in_cell = writer.in_body_cell = False


def _trim(lexemes: Sequence[Lexeme], text: str) -> list[Lexeme]:
    """Return lexemes without the white space at both ends, which SPIP removes before it reads the marks of lines."""
    first, last = 0, len(lexemes)
    while first < last and lexemes[first].kind in _LINE_ENDS:
        first += 1
    while first < last and lexemes[last - 1].kind in _LINE_ENDS:
        last -= 1
    trimmed = list(lexemes[first:last])
    if trimmed and trimmed[-1].kind == "BREAK_MARK":
        mark = trimmed.pop()
        if trimmed and text[mark.start] == "\n":
            trimmed.append(Lexeme("NEWLINE", mark.start, mark.start + 1))
        start = text.index("_", mark.start)
        trimmed.append(Lexeme("WORDS", start, start + 1))
    elif trimmed and trimmed[0].kind in _LINE_MARKS:
        start = trimmed[0].start
        trimmed[0] = Lexeme("WORDS", start + (text[start] == "\n"), trimmed[0].end)
    return trimmed
