"""The writer of one document: Markdown, and HTML for whatever Markdown cannot express."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape

from msgspec.structs import replace

from spipconv.converters.flavours import Flavour
from spipconv.converters.html.writer import SPACES
from spipconv.converters.markdown.addresses import is_self_shown, link_target
from spipconv.converters.markdown.code import fence, is_code
from spipconv.converters.markdown.escapes import escape_inline_html, escape_tag, split_html
from spipconv.converters.markdown.footnotes import FootnoteLabels, is_refused_destination
from spipconv.converters.markdown.html_blocks import (
    FallbackWriter,
    NoteInHtml,
    html_block,
    is_html_block,
    write_html_spaces,
)
from spipconv.converters.markdown.line import DELETED, EMPHASIS, STRONG, Line
from spipconv.converters.markdown.starts import guard, hang
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Bullet,
    Code,
    CodeBlock,
    Document,
    Element,
    Emphasis,
    Frame,
    Heading,
    Inline,
    LineBreak,
    Link,
    List,
    ListItem,
    Math,
    MathBlock,
    Model,
    Node,
    Note,
    Paragraph,
    Quote,
    Row,
    Rule,
    Strong,
    Table,
    Text,
    walk,
)
from spipconv.safety import TITLE, VOID, hide_values

# Readers stop at about twenty levels, and every line repeats the prefixes of all its levels.
_MAX_NESTING = 6
# Elements that may occur inside a line; Markdown reads none of them as the start of an HTML block.
_INLINE = TITLE.tags
_MARKS = {"b": STRONG, "strong": STRONG, "i": EMPHASIS, "em": EMPHASIS, "del": DELETED}
# CommonMark reads a tag inside a line only if its attributes are like this.
_ATTRIBUTE = re.compile(r"[a-z_:][a-z0-9:._-]*\Z")
_WHITE_LINE = re.compile(r"^[ \t]+$", re.MULTILINE)
_LINE_TAG = re.compile(r"^</?([A-Za-z][\w:-]*)", re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z0-9_+-]+\Z")
_TASK = re.compile(r"\[[\sxX]\]")


class _NotInMarkdown(Exception):
    """Markdown cannot express this block: a line contains a block, or would be read as a block."""


class MarkdownWriter:
    """Writes a document; all its notes are footnotes, or all of them are HTML."""

    def __init__(self, document: Document, flavour: Flavour, *, as_html: bool) -> None:
        self._document = document
        self._flavour = flavour
        self._html = FallbackWriter(document, has_notes=as_html)
        self._notes_as_html = as_html
        self._notes: list[tuple[str, Note]] = []
        self._labels = FootnoteLabels(flavour)
        # The number of links written so far: a link around another link cannot be written with brackets.
        self._links = 0

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
            except _NotInMarkdown:
                raise NoteInHtml from None
            if is_refused_destination(words):
                raise NoteInHtml
            if isinstance(note.children[0], Inline | Paragraph) and not is_html_block(words):
                blocks.append(hang(f"[^{label}]: ", words, 4).rstrip(" "))
            else:
                blocks.append(hang(f"[^{label}]:", f"\n{words}", 4))
        return "\n\n".join(blocks) + "\n" if blocks else ""

    def title(self, nodes: Sequence[Node]) -> str:
        """Return the Markdown of nodes that are not blocks, on one line."""
        try:
            text = self._line(nodes).text(one_line=True)
        except _NotInMarkdown:
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
                raise _NotInMarkdown
            blocks.append(html_block("".join(markup), self._flavour, has_loose=has_loose))
            markup.clear()

        for node in nodes:
            is_loose, next_marker = _is_loose(node), _marker(node, previous, marker)
            is_html = is_loose or (self._flavour.merges and _merges(node, previous))
            block = None if is_html else self._block(node, depth, next_marker)
            text = self._html.flow([node]) if block is None else block
            if not (continues or text.strip(SPACES)):
                continue
            if block is not None or not (is_loose or continues):
                end_markup()
                has_loose = False
            has_loose = has_loose or is_loose
            (markup if block is None else blocks).append(text)
            continues, previous, marker = is_loose, node, next_marker
        end_markup()
        return [block for block in blocks if block]

    def _block(self, node: Node, depth: int, marker: int) -> str | None:
        """Return the Markdown of a block, or None if only HTML can express it."""
        try:
            match node:
                case Paragraph():
                    return self._paragraph(node.children)
                case Heading():
                    return self._heading(node)
                case Rule():
                    return "---"
                case CodeBlock() | Frame() if not self._is_code(node.text, depth):
                    return None
                case CodeBlock():
                    return fence(node.text, node.language if _LANGUAGE.match(node.language) else "")
                case Frame():
                    return fence(node.text)
                case MathBlock():
                    return self._paragraph((Code(node.text),))
                case List():
                    return "\n".join(self._list(node, depth, marker))
                case Table():
                    return self._table(node)
                case Quote() if depth < _MAX_NESTING and not any(map(_is_loose, node.children)):
                    words = "\n\n".join(self._blocks(node.children, depth + 1))
                    return "\n".join([f"> {line}" if line else ">" for line in words.split("\n")])
        except _NotInMarkdown:
            pass
        return None

    def _paragraph(self, nodes: Sequence[Node]) -> str:
        text = self._line(nodes).text()
        if is_html_block(text):
            raise _NotInMarkdown
        elements = self._flavour.line_elements
        if elements and not elements.issuperset(_LINE_TAG.findall(text)):
            raise _NotInMarkdown
        return text

    def _is_code(self, text: str, depth: int) -> bool:
        """Return whether some code can be a fence; readers disagree on the indentation of white lines in it."""
        flavour = self._flavour
        is_deep = depth > 0 and bool(flavour.active)
        return is_code(text, flavour) and not (is_deep and (not flavour.has_deep_html or _WHITE_LINE.search(text)))

    def _heading(self, node: Heading) -> str:
        text = self._line(node.children).text(one_line=True)
        if not (text or self._flavour.has_empty_headings):
            raise _NotInMarkdown
        if text.endswith("#"):
            text = f"{text[:-1]}\\#"
        return f"{'#' * (node.level + 1)} {text}".rstrip(" ")

    def _list(self, node: List, depth: int, marker: int) -> list[str]:
        if depth >= _MAX_NESTING:
            raise _NotInMarkdown
        lines: list[str] = []
        for number, item in enumerate(node.items, 1):
            bullet = f"{number}{'.)'[marker]} " if node.ordered else f"{'-*'[marker]} "
            width = self._flavour.indent or len(bullet)
            lines.append(hang(bullet, self._item(item, depth + 1), width).rstrip(" "))
        return lines

    def _item(self, node: ListItem, depth: int) -> str:
        """Return the words and lists of an item. Other blocks need blank lines, which would change the list."""
        first = next((place for place, child in enumerate(node.children) if isinstance(child, List)), None)
        lists = node.children[first:] if first is not None else ()
        words = self._paragraph(node.children[:first])
        if not (words or lists) or (self._flavour.merges and (not words or len(lists) > 1)):
            raise _NotInMarkdown
        if self._flavour.has_tasks and _TASK.match(words):
            raise _NotInMarkdown
        lines = [words] if words else []
        previous, marker = None, 0
        for child in lists:
            if not isinstance(child, List):
                raise _NotInMarkdown
            marker = _marker(child, previous, marker)
            lines += self._list(child, depth, marker)
            previous = child
        return "\n".join(lines)

    def _table(self, node: Table) -> str | None:
        rows = node.rows[1:]
        if node.caption or not rows or [row.head for row in node.rows] != [True] + [False] * len(rows):
            return None
        if len({len(row.cells) for row in node.rows}) > 1 or not rows[0].cells:
            return None
        cells = [(row, cell) for row in node.rows for cell in row.cells]
        if any(cell.header != row.head or cell.colspan > 1 or cell.rowspan > 1 for row, cell in cells):
            return None
        columns = zip(*[row.cells for row in rows], strict=True)
        are_numbers = [all(cell.numeric for cell in column) for column in columns]
        rule = "| " + " | ".join(["---:" if numbers else "---" for numbers in are_numbers]) + " |"
        first, *others = [self._row(row) for row in node.rows]
        return "\n".join([first, rule, *others])

    def _row(self, node: Row) -> str:
        cells = [self._line(cell.children).text(one_line=True) for cell in node.cells]
        if self._flavour.is_commonmark:
            cells = [cell.replace("|", "\\|") for cell in cells]
        elif not any(cell.strip("-+:= ") for cell in cells):
            # This row would be read as a separator line.
            cells = [cell.replace("-", "&#45;").replace("=", "&#61;") for cell in cells]
        return f"| {' | '.join(cells)} |"

    # ---- Notes ----

    def _html_notes(self, nodes: Sequence[Node]) -> list[str]:
        writer = FallbackWriter(self._document, has_notes=True)
        writer.flow(nodes)
        notes = writer.notes()
        if not notes:
            return []
        markup = f'<hr class="footnotes-sep">\n<section class="footnotes">\n{notes}\n</section>'
        return [html_block(markup, self._flavour, has_loose=False)]

    # ---- In the line ----

    def _line(self, nodes: Iterable[Node]) -> Line:
        line = Line(self._flavour)
        self._inline(nodes, line)
        return line

    def _inline(self, nodes: Iterable[Node], line: Line) -> None:
        for node in nodes:
            match node:
                case Text():
                    line.add_words(node.text)
                case Strong():
                    self._marked(STRONG, node.children, line)
                case Emphasis():
                    self._marked(EMPHASIS, node.children, line)
                case LineBreak():
                    line.add_break()
                case Bullet():
                    self._marked(STRONG, (Text("–"),), line)
                    line.add_words("\u00a0")
                case Code() | Math():
                    line.add_code(node.text)
                case Link():
                    self._link(node, line)
                case Note():
                    self._call(node, line)
                case Model():
                    line.add("<tt>")
                    line.add_words(hide_values(node.source))
                    line.add("</tt>")
                case Anchor() | Abbreviation():
                    self._tagged(node, line)
                case Element() if node.name in _INLINE and self._is_read(node.name):
                    self._tagged(node, line)
                case Element() if node.name in _INLINE and all(map(_is_loose, walk(node.children))):
                    self._html_in_line([node], line)
                case _:
                    raise _NotInMarkdown

    def _html_in_line(self, nodes: Iterable[Node], line: Line) -> None:
        """Write nodes as HTML inside a line, where readers look for Markdown between the tags."""
        markup = self._html.flow(nodes)
        if not self._flavour.is_commonmark:
            line.add(escape_inline_html(write_html_spaces(markup, self._flavour), self._flavour))
            return
        for part in split_html(markup):
            if part.startswith("<"):
                line.add(escape_tag(part.replace("\n", "&#10;"), self._flavour))
            else:
                for number, words in enumerate(unescape(part).split("\n")):
                    line.add("&#10;" * (number > 0))
                    line.add_words(words, folds=False)

    def _marked(self, kind: tuple[str, ...], nodes: Iterable[Node], line: Line) -> None:
        pair = line.open(kind)
        self._inline(nodes, line)
        line.close(pair)

    def _tagged(self, node: Anchor | Abbreviation | Element, line: Line) -> None:
        opening, closing = self._tags(node)
        children = () if isinstance(node, Anchor) else node.children
        kind = _MARKS.get(opening[1:-1])
        if kind:
            self._marked(kind, children, line)
            return
        line.add(opening)
        self._inline(children, line)
        line.add(closing)

    def _link(self, node: Link, line: Line) -> None:
        opening, closing = self._tags(node)
        address = self._html.address_of(node)
        if address is None:
            self._inline(node.children, line)
            return
        match node.children:
            case (Text(text=words),) if words == address and not node.title and is_self_shown(address):
                line.add(f"<{address}>")
                self._links += 1
                return
        target = link_target(address, node.title, self._flavour)
        place, links = line.add_bracket(), self._links
        self._inline(node.children, line)
        if target is None or self._links > links:
            line.replace(place, opening)
            line.add(closing)
        else:
            line.close_bracket(place, target)
        self._links += 1

    def _call(self, node: Note, line: Line) -> None:
        self._links += 1
        if self._notes_as_html:
            self._html_in_line([node], line)
            return
        label = self._labels.label_of(node)
        if node.children:
            self._notes.append((label, node))
        line.add_call(label)

    def _tags(self, node: Link | Anchor | Abbreviation | Element) -> tuple[str, str]:
        """Return the HTML tags around the children of a node; empty if the element is not allowed."""
        if isinstance(node, Element):
            node = replace(node, attributes=tuple([pair for pair in node.attributes if _ATTRIBUTE.match(pair[0])]))
        empty = node if isinstance(node, Anchor) else replace(node, children=())
        markup = write_html_spaces(self._html.flow([empty]), self._flavour)
        opening, _, closing = markup.replace("\n", "&#10;").rpartition("</")
        if not opening:
            # A void element is a single tag; an element that is not allowed has none.
            return escape_tag(closing, self._flavour), ""
        return escape_tag(opening, self._flavour), f"</{closing}"

    def _is_read(self, name: str) -> bool:
        """Return whether the reader looks for Markdown inside an inline element."""
        elements = self._flavour.read_elements
        return not elements or name in elements or name in VOID


def _is_loose(node: Node) -> bool:
    """Return whether a node is not a block; between blocks, it is outside any paragraph."""
    if isinstance(node, Element):
        return node.name in _INLINE
    return isinstance(node, Inline)


def _marker(node: Node, previous: Node | None, marker: int) -> int:
    """Return which of two bullets a list gets: another one than an adjacent list before it, so that they stay apart."""
    is_next = isinstance(node, List) and isinstance(previous, List) and node.ordered == previous.ordered
    return 1 - marker if is_next else 0


def _merges(node: Node, previous: Node | None) -> bool:
    """Return whether some reader would join a block to the block before it."""
    return isinstance(node, List | Quote) and isinstance(previous, type(node))
