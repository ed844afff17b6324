"""Tables in pandoc's JSON: cells with their spans come in, a table with a column for each place where one begins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from spipconv.converters.pandoc.inline import formatting, span
from spipconv.converters.pandoc.shapes import NO_ATTRIBUTES, Attributes, Item, attributes, group, make, trim, wrap
from spipconv.converters.pandoc.writer import NodeWriter
from spipconv.nodes import Caption, Cell, Row, Table

# Spans are an author's numbers: what they cost may not grow with them. Beyond this column, cells have none.
_WIDEST: Final = 200
# The rows that all spans of a part of a table may take, for each of its cells.
_ROWS_OF_A_CELL: Final = 10
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
    return table(head, [body], [], caption, NO_ATTRIBUTES)


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
    summary = writer.wrap(trim(writer.flow(node.summary)), span(attributes("", ["summary"])))
    return [*writer.blocks(node.children, "Plain"), *group(summary, "Plain")]


def write_row(writer: NodeWriter, node: Row) -> list[Item]:
    """Return the blocks of a row outside a table."""
    return [block for cell in node.cells for block in write_cell(writer, cell)]


def write_cell(writer: NodeWriter, node: Cell) -> list[Item]:
    """Return the blocks of a cell outside a row."""
    return writer.blocks(node.children)


def table(
    head: Section, bodies: Sequence[Section], foot: Section, caption: list[Item], given: Attributes
) -> list[Item]:
    """Return a table of rows: those of its head, its bodies and its foot; only the caption if it has no cells."""
    sections = [_place(rows) for rows in (head, *bodies, foot)]
    starts = sorted({place.start for rows in sections for row in rows for place in row})
    if not starts:
        return caption
    alignments = _alignments([row for rows in sections[1:-1] for row in rows], starts)
    columns = [[{"t": align}, {"t": "ColWidthDefault"}] for align in alignments]
    first, *middle, last = [
        _write(rows, starts, alignments, is_head=number == 0) for number, rows in enumerate(sections)
    ]
    parts = [
        [NO_ATTRIBUTES, int(_has_row_headers(rows)), [], written]
        for rows, written in zip(sections[1:-1], middle, strict=True)
    ]
    content = [given, [None, caption], columns, [NO_ATTRIBUTES, first], parts, [NO_ATTRIBUTES, last]]
    return [make("Table", content)]


def _place(rows: Section) -> list[list[_Place]]:
    """Return cells with their columns, as a browser lays them out. No two of them overlap."""
    reach = _Reach()
    most = _ROWS_OF_A_CELL * (sum(map(len, rows)) + 1)
    placed: list[list[_Place]] = []
    for number, row in enumerate(rows):
        column = 0
        places: list[_Place] = []
        for cell in row:
            column = reach.skip(column, number)
            end = reach.end(column, column + (cell.colspan if column < _WIDEST else 1), number)
            rowspan = min(max(cell.rowspan, 1), len(rows) - number)
            if column >= _WIDEST or rowspan > most:
                rowspan = 1
            most -= rowspan - 1
            reach.add(column, end, number + rowspan)
            places.append(_Place(cell, column, end, rowspan))
            column = end
        placed.append(places)
    return placed


class _Reach:
    """How far down the cells of each column reach: the number of the first row that is free."""

    def __init__(self) -> None:
        self._free = [0] * (2 * _WIDEST)

    def skip(self, column: int, row: int) -> int:
        """Return the first free column of a row from ``column`` on."""
        while column < len(self._free) and self._free[column] > row:
            column += 1
        return column

    def end(self, column: int, end: int, row: int) -> int:
        """Return the end of the free columns between two; at least one column is taken."""
        end = min(end, column + _WIDEST)
        stop = column + 1
        while stop < end and not (stop < len(self._free) and self._free[stop] > row):
            stop += 1
        return stop

    def add(self, column: int, end: int, row: int) -> None:
        """Take columns up to a row."""
        for taken in range(column, min(end, len(self._free))):
            self._free[taken] = row

    def gaps(self, column: int, width: int, row: int) -> Iterator[tuple[int, int]]:
        """Return the starts and ends of the free columns of a row between ``column`` and ``width``."""
        column = self.skip(column, row)
        while column < width:
            end = column
            while end < min(width, len(self._free)) and self._free[end] <= row:
                end += 1
            if end >= len(self._free):
                end = width
            yield column, end
            column = self.skip(end, row)


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
    """Return rows; pandoc needs a cell at every place."""
    has_row_headers = _has_row_headers(rows)
    reach = _Reach()
    written: list[object] = []
    for number, row in enumerate(rows):
        cells: list[object] = []
        for place in row:
            column = bisect_left(starts, place.start)
            align = _DEFAULT if place.cell.align == alignments[column] else place.cell.align
            blocks = place.cell.blocks
            if place.cell.is_header and not (is_head or (has_row_headers and place.start == 0)):
                # pandoc has no headers elsewhere.
                blocks = wrap(blocks, formatting("Strong"))
            cells.append(_cell(blocks, align, place.rows, bisect_left(starts, place.end) - column))
            reach.add(place.start, place.end, number + place.rows)
        for start, end in reach.gaps(row[-1].end if row else 0, starts[-1] + 1, number):
            colspan = bisect_left(starts, end) - bisect_left(starts, start)
            if colspan:
                cells.append(_cell([], _DEFAULT, 1, colspan))
        written.append([NO_ATTRIBUTES, cells])
    return written


def _cell(blocks: list[Item], align: str, rowspan: int, colspan: int) -> list[object]:
    return [NO_ATTRIBUTES, {"t": align}, rowspan, colspan, blocks]
