"""Tables in HTML, with SPIP's classes, and ids that connect cells to their headers."""

from __future__ import annotations

from typing import Final

from spipconv.converters.html.writer import SPACES, NodeWriter
from spipconv.nodes import Caption, Cell, Numeric, Row, Table

# SPIP's classes for a cell in a column of numbers.
_NUMERIC: Final[dict[Numeric, str]] = {"integer": "numeric", "comma": "numeric virgule", "point": "numeric point"}


def write_table(writer: NodeWriter, node: Table) -> str:
    """Return the HTML of a table."""
    writer.tables += 1
    table = f"t{writer.tables}"
    described = " ".join([_id_of(table, number) for number, caption in enumerate(node.captions) if caption.summary])
    pieces = ["<table", f' aria-describedby="{described}"' if described else "", ' class="table spip">\n']
    for number, caption in enumerate(node.captions):
        pieces.append(f"<caption>{writer.flow(caption.children)}")
        if caption.summary:
            summary = writer.flow(caption.summary)
            pieces.append("<br /> " if caption.children else "")
            pieces.append(f'<small id="{_id_of(table, number)}" class="summary offscreen">{summary}</small>')
        pieces.append("</caption>\n")
    heads = [row for row in node.rows if row.head]
    columns = {cell.index for row in heads for cell in row.cells}
    if heads:
        rows = "".join([_write_row(writer, row, "row_first", table, 0, set()) for row in heads])
        pieces.append(f"<thead>{rows}</thead>\n")
    pieces.append("<tbody>\n")
    for number, row in enumerate(row for row in node.rows if not row.head):
        name = "row_even even" if number % 2 else "row_odd odd"
        pieces.append(_write_row(writer, row, name, table, number, columns))
    pieces.append("</tbody>\n</table>\n")
    return "".join(pieces)


def _id_of(table: str, number: int) -> str:
    """Return the id of the summary in a caption."""
    return f"{table}_summary{number + 1}" if number else f"{table}_summary"


def _write_row(writer: NodeWriter, row: Row, name: str, table: str, number: int, columns: set[int]) -> str:
    line = f"{table}_l{number}" if any(cell.header for cell in row.cells) and not row.head else ""
    pieces = [f'<tr class="{name}">']
    for cell in row.cells:
        attributes = ""
        if cell.numeric:
            attributes += f' class="{_NUMERIC[cell.numeric]}"'
        if row.head:
            attributes += f' id="{table}_c{cell.index}"'
        elif cell.header:
            attributes += f' id="{line}"'
        if cell.colspan > 1:
            attributes += f' colspan="{cell.colspan}"'
        if cell.rowspan > 1:
            attributes += f' rowspan="{cell.rowspan}"'
        headers = [f"{table}_c{cell.index}"] if cell.index in columns else []
        if line and not cell.header:
            headers.append(line)
        if headers:
            attributes += f' headers="{" ".join(headers)}"'
        tag = "th" if cell.header else "td"
        pieces.append(f"<{tag}{attributes}>{writer.flow(cell.children).rstrip(SPACES)}</{tag}>")
    pieces.append("</tr>\n")
    return "".join(pieces)


def write_caption(writer: NodeWriter, node: Caption) -> str:
    """Return the HTML of a caption outside a table."""
    return writer.flow(node.children + node.summary)


def write_row_cells(writer: NodeWriter, node: Row) -> str:
    """Return the HTML of a row outside a table."""
    return writer.flow(node.cells)


def write_cell_content(writer: NodeWriter, node: Cell) -> str:
    """Return the HTML of a cell outside a row."""
    return writer.flow(node.children)
