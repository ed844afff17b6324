"""Tables in pandoc's JSON: cells with their spans come in, a table with a column for each place where one begins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from spipconv.converters.pandoc.inline import formatting, span
from spipconv.converters.pandoc.shapes import NO_ATTRIBUTES, Attributes, Item, attributes, group, make, wrap
from spipconv.converters.pandoc.writer import NodeWriter
from spipconv.nodes import Caption, Cell, Row, Table

# Beyond this column, cells have no spans: their time and space would grow with the numbers that an author writes.
_WIDEST: Final = 200
_DEFAULT: Final = "AlignDefault"
_RIGHT: Final = "AlignRight"


class TableCell(NamedTuple):
    """A cell: its blocks, how it is aligned (``AlignRight``), whether it is a header, and its spans."""

    blocks: list[Item]
    align: str = _DEFAULT
    is_header: bool = False
    colspan: int = 1
    rowspan: int = 1


Section = list[list[TableCell]]


class _Place(NamedTuple):
    """A cell in its column, with the end of its columns and the number of its rows."""

    cell: TableCell
    start: int
    end: int
    rows: int


def write_table(writer: NodeWriter, node: Table) -> list[Item]:
    """Return a table."""
    head = [_cells_of(writer, row) for row in node.rows if row.head]
    body = [_cells_of(writer, row) for row in node.rows if not row.head]
    caption = [block for caption in node.captions for block in write_caption(writer, caption)]
    return [table(head, [body], [], caption, NO_ATTRIBUTES)]


def _cells_of(writer: NodeWriter, row: Row) -> list[TableCell]:
    return [
        TableCell(
            writer.blocks(cell.children, "Plain"),
            _RIGHT if cell.numeric else _DEFAULT,
            cell.header,
            cell.colspan,
            cell.rowspan,
        )
        for cell in row.cells
    ]


def write_caption(writer: NodeWriter, node: Caption) -> list[Item]:
    """Return the caption of a table, and its summary as another line."""
    summary = writer.wrap(writer.flow(node.summary), span(attributes("", ["summary"])))
    return [*writer.blocks(node.children, "Plain"), *group(summary, "Plain")]


def write_row(writer: NodeWriter, node: Row) -> list[Item]:
    """Return the blocks of a row outside a table."""
    return [block for cell in node.cells for block in write_cell(writer, cell)]


def write_cell(writer: NodeWriter, node: Cell) -> list[Item]:
    """Return the blocks of a cell outside a row."""
    return writer.blocks(node.children)


def table(head: Section, bodies: Sequence[Section], foot: Section, caption: list[Item], given: Attributes) -> Item:
    """Return a table of rows: those of its head, its bodies and its foot."""
    sections = [_place(rows) for rows in (head, *bodies, foot)]
    starts = sorted({place.start for rows in sections for row in rows for place in row})
    alignments = _alignments([row for rows in sections[1:-1] or sections for row in rows], starts)
    columns = [[{"t": align}, {"t": "ColWidthDefault"}] for align in alignments]
    written = [_write(rows, starts, alignments, is_head=number == 0) for number, rows in enumerate(sections)]
    headers = [int(_has_row_headers(rows)) for rows in sections]
    middle = [[NO_ATTRIBUTES, count, [], rows] for count, rows in zip(headers[1:-1], written[1:-1], strict=True)]
    return make(
        "Table",
        [given, [None, caption], columns, [NO_ATTRIBUTES, written[0]], middle, [NO_ATTRIBUTES, written[-1]]],
    )


def _place(rows: Section) -> list[list[_Place]]:
    """Return cells with their columns, as a browser lays them out."""
    # The first row of each column that no cell above reaches.
    free = [0] * (_WIDEST * 2)
    placed: list[list[_Place]] = []
    for number, row in enumerate(rows):
        column = 0
        places: list[_Place] = []
        for cell in row:
            while column < _WIDEST and free[column] > number:
                column += 1
            is_near = column < _WIDEST
            colspan = min(max(cell.colspan, 1), _WIDEST) if is_near else 1
            rowspan = min(max(cell.rowspan, 1), len(rows) - number) if is_near else 1
            if rowspan > 1:
                for covered in range(column, column + colspan):
                    free[covered] = number + rowspan
            places.append(_Place(cell, column, column + colspan, rowspan))
            column += colspan
        placed.append(places)
    return placed


def _alignments(rows: Iterable[Sequence[_Place]], starts: Sequence[int]) -> list[str]:
    """Return the alignment of every column: that of its cells, if they are aligned alike."""
    kinds: dict[int, set[str]] = {}
    for row in rows:
        for place in row:
            kinds.setdefault(place.start, set()).add(place.cell.align)
    return [next(iter(kinds[start])) if len(kinds.get(start, ())) == 1 else _DEFAULT for start in starts]


def _has_row_headers(rows: Sequence[Sequence[_Place]]) -> bool:
    """Return whether the first column of a body holds headers."""
    first = [row[0].cell.is_header for row in rows if row and row[0].start == 0]
    return bool(first) and all(first)


def _write(
    rows: Sequence[Sequence[_Place]], starts: Sequence[int], alignments: Sequence[str], *, is_head: bool
) -> list[object]:
    has_row_headers = _has_row_headers(rows)
    written: list[object] = []
    for row in rows:
        cells: list[object] = []
        for place in row:
            column = bisect_left(starts, place.start)
            align = _DEFAULT if place.cell.align == alignments[column] else place.cell.align
            blocks = place.cell.blocks
            if place.cell.is_header and not (is_head or (has_row_headers and place.start == 0)):
                # pandoc has no headers elsewhere.
                blocks = wrap(blocks, formatting("Strong"))
            colspan = bisect_left(starts, place.end) - column
            cells.append([NO_ATTRIBUTES, {"t": align}, place.rows, colspan, blocks])
        written.append([NO_ATTRIBUTES, cells])
    return written
