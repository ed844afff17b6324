"""The writer of one document: Markdown, and HTML for whatever Markdown cannot express."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from spipconv.converters.flavours import Flavour
from spipconv.converters.html.blocks import attributes_of_box
from spipconv.converters.html.writer import SPACES
from spipconv.converters.markdown.code import fence, is_code
from spipconv.converters.markdown.elements import block_of, table_of
from spipconv.converters.markdown.footnotes import is_refused_destination
from spipconv.converters.markdown.html_blocks import FallbackWriter, NoteInHtml, html_block, is_html_block
from spipconv.converters.markdown.inline import InlineWriter, NotInMarkdown, is_loose
from spipconv.converters.markdown.line import Line
from spipconv.converters.markdown.numbered_list import NumberedList
from spipconv.converters.markdown.own_text import spread
from spipconv.converters.markdown.starts import guard, hang
from spipconv.converters.markdown.tables import lay_out
from spipconv.nodes import (
    Box,
    Code,
    CodeBlock,
    Document,
    Element,
    Frame,
    Heading,
    Inline,
    List,
    ListItem,
    Markdown,
    MathBlock,
    Node,
    Paragraph,
    Quote,
    Raw,
    Row,
    Rule,
    Table,
    Text,
)

# Readers stop at about twenty levels, and every line repeats the prefixes of all its levels.
_MAX_NESTING: Final = 6
# As mdformat writes it; three dashes at the start of a file would begin front matter.
_RULE: Final = "_" * 70
# Elements whose tags may stand alone between blocks of Markdown.
_CONTAINERS: Final = frozenset("article aside center div footer header main nav section".split())
_WHITE_LINE: Final = re.compile(r"^[ \t]+$", re.MULTILINE)
_LINE_TAG: Final = re.compile(r"^</?([A-Za-z][\w:-]*)", re.MULTILINE)
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9_+-]+\Z")
_TASK: Final = re.compile(r"\[[\sxX]\]")
_TASK_WORDS: Final = re.compile(r"\A\[([ xX])\](?= |\Z)")


class MarkdownWriter(InlineWriter):
    """Writes a document; all its notes are footnotes, or all of them are HTML."""

    def __init__(self, document: Document, flavour: Flavour, *, as_html: bool) -> None:
        super().__init__(document, flavour, as_html=as_html)
        self._document = document

    def document(self, nodes: Sequence[Node]) -> str:
        """Return the Markdown of the body and of its notes."""
        blocks = self._blocks(nodes, 0)
        if self._notes_as_html:
            blocks += self._html_notes(nodes)
        # A note may call another note, which is then appended to this list.
        for label, note in self._notes:
            if not (self._flavour.has_block_notes or isinstance(note.children[0], Inline | Paragraph)):
                raise NoteInHtml
            try:
                words = "\n\n".join(self._blocks(note.children, 1))
            except NotInMarkdown:
                raise NoteInHtml from None
            if is_refused_destination(words):
                raise NoteInHtml
            if isinstance(note.children[0], Inline | Paragraph) and not is_html_block(words):
                blocks.append(hang(f"[^{label}]: ", words, 4).rstrip(" "))
            else:
                blocks.append(hang(f"[^{label}]:", f"\n{words}", 4))
        return self._raw.put_back("\n\n".join(blocks) + "\n") if blocks else ""

    def title(self, nodes: Sequence[Node]) -> str:
        """Return the Markdown of nodes that are not blocks, on one line."""
        try:
            text = self._line(nodes).text(one_line=True)
        except NotInMarkdown:
            line = Line(self._flavour)
            self._html_in_line(nodes, line)
            text = line.text(one_line=True)
        return guard(text, self._flavour)

    # ---- Blocks ----

    def _blocks(self, nodes: Iterable[Node], depth: int) -> list[str]:
        """Return the Markdown of each block. Words outside a block are HTML, joined with the HTML around them."""
        blocks: list[str] = []
        markup: list[str] = []
        continues, has_loose, marker = False, False, 0
        previous: Node | None = None

        def end_markup() -> None:
            if not markup:
                return
            if depth and not self._flavour.has_deep_html:
                raise NotInMarkdown
            blocks.append(html_block("".join(markup), self._flavour, has_loose=has_loose))
            markup.clear()

        for node in spread(nodes, self._flavour, depth, is_comment=self._html.is_comment):
            said, outside = node if node.__class__ is Paragraph else self._said(node), is_loose(node)
            next_marker = _marker(said, previous, marker)
            is_html = outside or (self._flavour.merges and _merges(said, previous))
            block = None if is_html else self._block(said, depth, next_marker)
            text = self._html.flow([node]) if block is None else block
            if not (continues or text.strip(SPACES)):
                continue
            if block is not None or not (outside or continues):
                end_markup()
                has_loose = False
            has_loose = has_loose or outside
            (markup if block is None else blocks).append(text)
            continues, previous, marker = outside, said if block is not None else None, next_marker
        end_markup()
        return [block for block in blocks if block]

    def _said(self, node: Node) -> Node:
        """Return the block of Markdown that an author's element is, and all other nodes as they are."""
        if isinstance(node, Box):
            return Element("div", attributes_of_box(node), node.children)
        if isinstance(node, Element) and self._is_allowed(node):
            return block_of(node) or node
        return node

    def _block(self, node: Node, depth: int, marker: int) -> str | None:
        """Return the Markdown of a block, or None if only HTML can express it."""
        try:
            match node:
                case Paragraph():
                    return self._paragraph(node.children)
                case Heading():
                    return self._heading(node)
                case Rule():
                    return _RULE
                case Markdown():
                    return node.text
                case Raw():
                    return self._raw.stand_in(node)
                case CodeBlock() | Frame() if not self._is_code(node.text, depth):
                    return None
                case CodeBlock():
                    return fence(node.text, node.language if _LANGUAGE.match(node.language) else "")
                case Frame():
                    return fence(node.text)
                case MathBlock():
                    return self._paragraph((Code(node.text),))
                case List():
                    return self._list(node, depth, marker)
                case Table():
                    return self._table(node)
                case Quote() if depth < _MAX_NESTING and node.children and not any(map(is_loose, node.children)):
                    words = "\n\n".join(self._blocks(node.children, depth + 1))
                    return "\n".join([f"> {line}" if line else ">" for line in words.split("\n")])
                case Element() if self._is_allowed(node) and node.name == "table":
                    table = table_of(node)
                    return self._rows(table[0].rows, table[1]) if table else None
                case Element() if self._is_allowed(node) and node.name in _CONTAINERS and depth < _MAX_NESTING:
                    return self._container(node, depth)
        except NotInMarkdown:
            pass
        return None

    def _paragraph(self, nodes: Sequence[Node]) -> str:
        text = self._line(nodes).text()
        if is_html_block(text):
            raise NotInMarkdown
        elements = self._flavour.line_elements
        if elements and not elements.issuperset(_LINE_TAG.findall(text)):
            raise NotInMarkdown
        return text

    def _is_code(self, text: str, depth: int) -> bool:
        """Return whether some code can be a fence; readers disagree on the indentation of white lines in it."""
        flavour = self._flavour
        is_deep = depth > 0 and bool(flavour.active)
        return is_code(text, flavour) and not (is_deep and (not flavour.has_deep_html or _WHITE_LINE.search(text)))

    def _heading(self, node: Heading) -> str:
        text = self._line(node.children).text(one_line=True)
        if not (text or self._flavour.has_empty_headings):
            raise NotInMarkdown
        if text.endswith("#"):
            text = f"{text[:-1]}\\#"
        return f"{'#' * (node.level + 1)} {text}".rstrip(" ")

    def _container(self, node: Element, depth: int) -> str | None:
        """Return an element around blocks, its tags apart from them, so that they are Markdown; None if none is."""
        if not self._flavour.is_commonmark or any(map(is_loose, node.children)):
            return None
        blocks = self._blocks(node.children, depth + 1)
        if all(map(is_html_block, blocks)):
            return None
        opening, closing = self._tags(node)
        return "\n\n".join([opening, *blocks, closing])

    def _list(self, node: List, depth: int, marker: int) -> str:
        start = node.start if isinstance(node, NumberedList) else 1
        if depth >= _MAX_NESTING or (start != 1 and not self._flavour.is_commonmark):
            raise NotInMarkdown
        is_loose_list = any(self._has_paragraph(item) for item in node.items)
        if is_loose_list and not self._flavour.is_commonmark:
            raise NotInMarkdown
        items: list[str] = []
        has_gap = len(node.items) > 1
        for number, item in enumerate(node.items):
            bullet = f"{_number(start, number)}{'.)'[marker]} " if node.ordered else f"{'-*'[marker]} "
            blocks = self._loose_item(item, depth + 1) if is_loose_list else [self._item(item, depth + 1)]
            has_gap = has_gap or len(blocks) > 1
            width = self._flavour.indent or len(bullet)
            items.append(hang(bullet, "\n\n".join(blocks), width).rstrip(" "))
        if is_loose_list and not has_gap:
            # Its paragraph would be read as words.
            raise NotInMarkdown
        return ("\n\n" if is_loose_list else "\n").join(items)

    def _has_paragraph(self, item: ListItem) -> bool:
        kinds = {child.__class__ for child in item.children}
        if Paragraph in kinds:
            return True
        return Element in kinds and any(isinstance(self._said(child), Paragraph) for child in item.children)

    def _loose_item(self, node: ListItem, depth: int) -> list[str]:
        """Return the blocks of an item in a list whose words are paragraphs."""
        blocks = [] if any(map(is_loose, node.children)) else self._blocks(node.children, depth)
        if not blocks or _TASK.match(blocks[0]):
            raise NotInMarkdown
        return blocks

    def _item(self, node: ListItem, depth: int) -> str:
        """Return the words, code and lists of an item. Other blocks need blank lines, which would change the list."""
        flavour = self._flavour
        children = [child if child.__class__ is Text else self._said(child) for child in node.children]
        first = next((place for place, child in enumerate(children) if not is_loose(child)), len(children))
        words, blocks = self._paragraph(children[:first]), children[first:]
        if not (words or blocks) or (flavour.merges and (not words or len(blocks) > 1)):
            raise NotInMarkdown
        if flavour.has_tasks and _TASK.match(words):
            raise NotInMarkdown
        if flavour.is_commonmark:
            words = _TASK_WORDS.sub(r"\[\1\]", words, count=1)
        lines = [words] if words else []
        previous: Node | None = None
        marker = 0
        for child in blocks:
            marker = _marker(child, previous, marker)
            if isinstance(child, NumberedList):
                # It would not end the words before it.
                raise NotInMarkdown
            if isinstance(child, List):
                lines.append(self._list(child, depth, marker))
            elif isinstance(child, CodeBlock | Frame) and flavour.is_commonmark and not isinstance(previous, List):
                lines.append(self._needed(child, depth))
            else:
                raise NotInMarkdown
            previous = child
        return "\n".join(lines)

    def _needed(self, node: Node, depth: int) -> str:
        """Return the Markdown of a block that may not be HTML."""
        block = self._block(node, depth, 0)
        if block is None:
            raise NotInMarkdown
        return block

    def _table(self, node: Table) -> str | None:
        rows = node.rows[1:]
        if node.captions or not rows or [row.head for row in node.rows] != [True] + [False] * len(rows):
            return None
        if len({len(row.cells) for row in node.rows}) > 1 or not rows[0].cells:
            return None
        cells = [(row, cell) for row in node.rows for cell in row.cells]
        if any(cell.header != row.head or cell.colspan > 1 or cell.rowspan > 1 for row, cell in cells):
            return None
        columns = zip(*[row.cells for row in rows], strict=True)
        return self._rows(node.rows, ["--:" if all(cell.numeric for cell in column) else "---" for column in columns])

    def _rows(self, rows: Sequence[Row], rules: Sequence[str]) -> str:
        return lay_out([self._cells(row) for row in rows], rules)

    def _cells(self, node: Row) -> list[str]:
        cells = [self._line(cell.children).text(one_line=True) for cell in node.cells]
        if self._flavour.is_commonmark:
            return [cell.replace("|", "\\|") for cell in cells]
        if not any(cell.strip("-+:= ") for cell in cells):
            # This row would be read as a separator line.
            return [cell.replace("-", "&#45;").replace("=", "&#61;") for cell in cells]
        return cells

    # ---- Notes ----

    def _html_notes(self, nodes: Sequence[Node]) -> list[str]:
        writer = FallbackWriter(
            self._document, self._raw, has_notes=True, has_definitions=self._flavour.has_definitions
        )
        writer.flow(nodes)
        notes = writer.notes()
        if not notes:
            return []
        markup = f'<hr class="footnotes-sep">\n<section class="footnotes">\n{notes}\n</section>'
        return [html_block(markup, self._flavour, has_loose=False)]


def _marker(node: Node, previous: Node | None, marker: int) -> int:
    """Return which of two bullets a list gets: another one than an adjacent list before it, so that they stay apart."""
    is_next = isinstance(node, List) and isinstance(previous, List) and node.ordered == previous.ordered
    return 1 - marker if is_next else 0


def _merges(node: Node, previous: Node | None) -> bool:
    """Return whether some reader would join a block to the block before it."""
    return isinstance(node, List | Quote) and isinstance(previous, type(node))


def _number(start: int, place: int) -> str:
    """Return the number of an item: that of the list for the first one, 1 for the others, as mdformat writes them."""
    return str(start) if place == 0 else "1".rjust(len(str(start)), "0")
