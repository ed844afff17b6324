"""Blocks in plain text: paragraphs, lists, quotes, poems, code, tables, documents."""

from __future__ import annotations

from typing import Final

from spipconv.converters.html.figures import file_name
from spipconv.converters.text.writer import INDENTATION, TextWriter
from spipconv.nodes import (
    Box,
    Caption,
    Cell,
    CodeBlock,
    Figure,
    Frame,
    Heading,
    List,
    ListItem,
    MathBlock,
    Node,
    Paragraph,
    Player,
    Poem,
    Quote,
    Row,
    Rule,
    Table,
    Verse,
)
from spipconv.safety import safe_address

# Browsers know no more in a table.
_MOST_COLUMNS: Final = 1_000


def write_block(writer: TextWriter, node: Box | Cell | Heading | Paragraph) -> None:
    """Write a block of words or of blocks."""
    writer.block(node.children)


def write_rule(writer: TextWriter, node: Rule) -> None:
    """Begin another block."""
    writer.lines.block()


def write_list(writer: TextWriter, node: List) -> None:
    """Write a list."""
    writer.begin_list()
    for number, item in enumerate(node.items, 1):
        writer.item(f"{number}. " if node.ordered else "- ", item.children)
    writer.end_list()


def write_item(writer: TextWriter, node: ListItem) -> None:
    """Write an item outside a list."""
    writer.item("- ", node.children)


def write_quote(writer: TextWriter, node: Quote) -> None:
    """Write a quote, away from the margin."""
    writer.lines.block()
    outer = writer.lines.begin_item(INDENTATION)
    writer.flow(node.children)
    writer.lines.end_item(outer)
    writer.lines.block()


def write_poem(writer: TextWriter, node: Poem) -> None:
    """Write a poem, verse by verse."""
    writer.block(node.verses)


def write_verse(writer: TextWriter, node: Verse) -> None:
    """Write a line of a poem."""
    writer.flow(node.children)
    writer.lines.end_line()


def write_code_block(writer: TextWriter, node: CodeBlock | Frame | MathBlock) -> None:
    """Write code as it is."""
    writer.code(node.text)


def write_table(writer: TextWriter, node: Table) -> None:
    """Write a table: its captions, then a line for each row."""
    writer.lines.block()
    writer.flow(node.captions)
    writer.flow(node.rows)
    writer.lines.block()


def write_row(writer: TextWriter, node: Row) -> None:
    """Write a row on one line; a cell stands in the column where the table has it, whatever is merged before it."""
    cells: list[tuple[Node, ...]] = []
    for cell in node.cells:
        cells += [()] * (min(cell.index, _MOST_COLUMNS) - len(cells))
        cells.append(cell.children)
    writer.row(cells)


def write_caption(writer: TextWriter, node: Caption) -> None:
    """Write the caption of a table, and its summary on another line."""
    writer.lines.end()
    writer.flow(node.children)
    writer.lines.end()
    writer.flow(node.summary)
    writer.lines.end()


def write_figure(writer: TextWriter, node: Figure) -> None:
    """Write a document: the alternative text of a picture, if asked, the name of a file, and the caption."""
    if not writer.has_documents:
        return
    lines = writer.lines
    lines.block()
    if node.is_image:
        writer.alternative(node.alternative)
    else:
        lines.words(_words_of_file(writer, node))
    lines.end()
    writer.flow(node.title)
    if not node.is_image:
        writer.address(safe_address(node.address), 0)
    lines.end()
    for field in (node.description, node.credits):
        writer.flow(field)
        lines.end()
    lines.block()


def write_player(writer: TextWriter, node: Player) -> None:
    """Write the title of another site's player, or the name of the site."""
    if not writer.has_documents:
        return
    writer.lines.block()
    writer.lines.words(node.title or node.host)
    writer.address(safe_address(node.page), 0)
    writer.lines.block()


def _words_of_file(writer: TextWriter, node: Figure) -> str:
    """Return what HTML shows of a file itself: its name, if it has no icon, or the link of a player."""
    address = safe_address(node.address) or ""
    if node.is_played and not writer.is_comment:
        link = safe_address(node.link) if node.link else None
        return link if link and link != address else ""
    return "" if node.thumbnail else file_name(address)
