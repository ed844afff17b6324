"""The writers of extensions: what ``spipconv.extensions`` promises to shortcuts and blocks, by means of the layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec.structs import replace

from spipconv.extensions import Builder, Extension, Opened, WriteShortcut, code_of
from spipconv.nodes import (
    Block,
    Box,
    Cell,
    Directive,
    Element,
    Emphasis,
    Heading,
    Link,
    List,
    ListItem,
    Markdown,
    Node,
    Paragraph,
    Player,
    Position,
    Profile,
    Quote,
    Row,
    Strong,
    Table,
)
from spipconv.parsing.failures import report_failure
from spipconv.parsing.html_rules import SCOPE_ENDS, SPECIAL
from spipconv.parsing.html_tags import read_tag
from spipconv.parsing.layout.braces import close_heading, open_heading
from spipconv.parsing.layout.extended_models import is_block
from spipconv.parsing.layout.frames import read_dropped
from spipconv.parsing.layout.html import close_tag, open_tag
from spipconv.parsing.layout.links import trim, write_plain_link
from spipconv.parsing.layout.lists import end_lists, set_line_breaks
from spipconv.parsing.layout.models import write_model
from spipconv.parsing.layout.writer import LinkMark, TextWriter
from spipconv.parsing.models import read_model
from spipconv.parsing.openings import Open
from spipconv.parsing.targets import split_text
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import decode_entities
from spipconv.safety import VOID, Policy

# The tokens of the nodes that can be opened, and the names of their HTML elements, where these never change.
_KINDS: Final[dict[type, tuple[str, str]]] = {
    Box: ("BOX", "div"),
    Cell: ("CELL", "td"),
    Element: ("ELEMENT", ""),
    Emphasis: ("EMPHASIS", "i"),
    Heading: ("HEADING", "h2"),
    Link: ("LINK", "a"),
    List: ("LIST", "ul"),
    ListItem: ("ITEM", "li"),
    Markdown: ("MARKDOWN", "div"),
    Paragraph: ("PARAGRAPH", "p"),
    Quote: ("QUOTE", "blockquote"),
    Row: ("ROW", "tr"),
    Strong: ("STRONG", "strong"),
    Table: ("TABLE", "table"),
}
_NO_FIELDS: Final = frozenset({*Position.__struct_fields__, "captions", "cells", "children", "items", "rows"})


def writing(extension: Extension, write: WriteShortcut, *, is_guarded: bool) -> Callable[[TextWriter, int, int], None]:
    """Return what writes a shortcut into the layout.

    ``is_guarded``: its exceptions are reported, and it is shown as it was typed.
    """
    return partial(_write, extension, write, is_guarded)


def _write(
    extension: Extension, write: WriteShortcut, is_guarded: bool, writer: TextWriter, start: int, end: int
) -> None:
    try:
        write(ShortcutWriter(writer, extension), start, end)
    except Exception as error:
        if not is_guarded:
            raise
        report_failure(writer.source, extension, error, *writer.source.place(start))
        writer.words(start, end)


def _describe(node: Node) -> tuple[str, str, NodeFields]:
    """Return the token, the HTML element and the fields of a node that is opened. Raises TypeError."""
    known = _KINDS.get(node.__class__)
    if known is None:
        raise TypeError(f"{node.__class__.__name__} cannot be opened: add it as a whole")
    kind, name = known
    fields: NodeFields = {field: getattr(node, field) for field in node.__struct_fields__ if field not in _NO_FIELDS}
    if isinstance(node, Element):
        name = node.name
    elif isinstance(node, List) and node.ordered:
        name = "ol"
    elif isinstance(node, Cell) and node.header:
        name = "th"
    return kind, name, fields


def _place(writer: TextWriter, node: Node, start: int, end: int) -> Node:
    return replace(node, **writer.source.fields(start, end))


class BlockBuilder:
    """See ``spipconv.extensions.Builder``."""

    __slots__ = ("_extension", "_pairing", "_writer")

    def __init__(self, writer: TextWriter, extension: Extension) -> None:
        self._writer = writer
        self._pairing = writer.pairing
        self._extension = extension

    def open(self, node: Node, start: int, end: int) -> Open | None:
        """Open a node without children."""
        kind, name, fields = _describe(node)
        return self._pairing.open(name, kind, fields, start, end, "", kind == "ELEMENT")

    def close(self, opened: Opened, start: int, end: int) -> None:
        """Close it."""
        assert isinstance(opened, Open)
        if opened.name in SPECIAL:
            self._pairing.close_to(opened, end)
        else:
            self._pairing.close_formatting(opened.name, start, end)

    def text(self, words: str, start: int, end: int) -> None:
        """Add words."""
        self._pairing.text(words, start, end)

    def add(self, node: Node, start: int, end: int) -> None:
        """Add a whole node."""
        placed = _place(self._writer, node, start, end)
        if isinstance(placed, Element) and placed.name in VOID:
            self._pairing.void(placed.name, placed.attributes, start, end)
        elif isinstance(placed, Block):
            self._pairing.block(placed, start, end)
        else:
            self._pairing.leaf(placed, start, end)

    def html(self, markup: str, start: int, end: int) -> None:
        """Add an author's HTML."""
        writer, pairing = self._writer, self._pairing
        position = 0
        for match in writer.scan.lexer.patterns["TAG"].finditer(markup):
            if match.start() > position:
                pairing.text(decode_entities(markup[position : match.start()]), start, end)
            position = match.end()
            tag = read_tag(match.group())
            if tag.name in writer.policy.tags:
                if tag.is_end:
                    close_tag(writer, tag.name, start, end)
                else:
                    open_tag(writer, tag, start, start, match.group())
                continue
            node = read_dropped(writer, tag, start, end, match.group())
            if isinstance(node, Player):
                pairing.block(node, start, end)
            elif node:
                pairing.leaf(node, start, end)
            else:
                writer.source.report(tag.loss, start, match.group())
        if position < len(markup):
            pairing.text(decode_entities(markup[position:]), start, end)

    def shortcut(self, start: int, end: int) -> None:
        """Add one of SPIP's links or models."""
        writer = self._writer
        if writer.text[start] == "<":
            if read_model(writer.text[start:end]).is_document and writer.settings.resolver:
                self._pairing.close("p")
            write_model(writer, start, end)
            return
        first, last = start + 1, end - 1
        typed, _, target = writer.text[first:last].partition("->")
        label = typed.strip()
        length, title, language = split_text(label, label, writer.language)
        words = label[:length].strip()
        if words:
            first += typed.index(words)
            last = first + len(words)
        else:
            first, last = trim(writer.text, first + len(typed) + 2, last)
        writer.link_marks[start] = LinkMark(title, language, target, words, first, last)
        write_plain_link(writer, start, end)

    def report(self, code: str, offset: int, detail: str = "") -> None:
        """Report a diagnostic."""
        _report(self._writer, self._extension, code, offset, detail)


class ShortcutWriter:
    """See ``spipconv.extensions.Writer``."""

    __slots__ = ("_extension", "_writer", "has_paragraphs", "is_in_cell", "policy", "profile", "text")

    def __init__(self, writer: TextWriter, extension: Extension) -> None:
        self._writer = writer
        self._extension = extension
        self.text = writer.text
        self.profile: Profile = writer.settings.profile
        self.policy: Policy = writer.policy
        self.has_paragraphs = writer.has_paragraphs
        self.is_in_cell = writer.in_cell or writer.in_verse

    def words(self, start: int, end: int) -> None:
        """Show a piece of the text as words."""
        self._writer.words(start, end)

    def end_words(self, *, trims: bool = False) -> None:
        """Write the words before."""
        self._writer.end_run(trims=trims)

    def say(self, words: str, start: int, end: int) -> None:
        """Add words in the line."""
        self._writer.end_run()
        self._writer.flow.text(words, start, end)

    def add(self, node: Node, start: int, end: int) -> None:
        """Add a whole node."""
        placed = _place(self._writer, node, start, end)
        if isinstance(placed, Directive):
            # Among words, it could change how these are written.
            self._writer.end_run(trims=True)
            self._writer.source.directives.setdefault(placed.name, placed)
        elif is_block(placed):
            self._writer.block(placed, start, end)
        else:
            self._writer.leaf(placed, start, end)

    def open(self, node: Node, start: int, end: int) -> None:
        """Open a node without children."""
        writer = self._writer
        kind, name, fields = _describe(node)
        if isinstance(node, Heading):
            open_heading(writer, start, end, node.level)
        elif name in SPECIAL:
            writer.end_run(trims=True)
            writer.flow.end()
            writer.pairing.close("p")
            writer.pairing.open(name, kind, fields, start, end, "", kind == "ELEMENT")
            writer.flow.begin()
        else:
            writer.end_run()
            write = partial(writer.pairing.open, name, kind, fields, start, end, "", kind == "ELEMENT")
            writer.flow.tag(write, start)

    def close(self, node: Node, start: int, end: int) -> None:
        """Close the innermost node of that kind."""
        writer = self._writer
        kind, name, _ = _describe(node)
        if isinstance(node, Heading):
            writer.end_run(trims=True)
            close_heading(writer, start, end)
        elif name in SPECIAL:
            writer.end_run(trims=True)
            writer.flow.end()
            _close_block(writer, kind, name, end)
            writer.flow.begin()
            set_line_breaks(writer)
        else:
            writer.end_run()
            writer.flow.tag(partial(writer.pairing.close_formatting, name, start, end), start)

    def set_level(self, level: int, start: int) -> bool:
        """Give the heading whose braces end there a level."""
        headings = self._writer.headings
        heading = headings[-1] if headings else None
        if heading is None or not heading.is_open or heading.offset != start - 3:
            return False
        heading.token.value["level"] = level
        return True

    def end_lists(self) -> None:
        """End the lists that are open."""
        self._writer.end_run(trims=True)
        end_lists(self._writer)

    def begin_paragraph(self) -> None:
        """Begin a paragraph."""
        self._writer.end_run(trims=True)
        self._writer.flow.begin()

    def shortcuts(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return where SPIP's links and models are."""
        lexemes = self._writer.scan.lexer.read(self.text, start, end)
        return [(lexeme.start, lexeme.end) for lexeme in lexemes if lexeme.kind in ("LINK_MARK", "MODEL_TAG")]

    def build(self, node: Node, start: int, end: int, fill: Callable[[Builder], None]) -> None:
        """Add a block."""
        writer, builder = self._writer, BlockBuilder(self._writer, self._extension)
        if not writer.has_paragraphs:
            writer.begin_inline(start)
            fill(builder)
            return
        writer.end_run(trims=True)
        writer.flow.end()
        writer.pairing.close("p")
        kind, name, fields = _describe(node)
        if isinstance(node, Markdown) and not writer.pairing.is_plain:
            # Formatting reaches into it, which its own text does not say.
            fields["text"] = ""
        opened = writer.pairing.open(name, kind, fields, start, start)
        fill(builder)
        if opened:
            writer.pairing.close_to(opened, end)
        writer.flow.begin(drops_breaks=False)
        set_line_breaks(writer)

    def report(self, code: str, start: int, detail: str = "") -> None:
        """Report a diagnostic."""
        _report(self._writer, self._extension, code, start, detail)


def _close_block(writer: TextWriter, kind: str, name: str, end: int) -> None:
    for element in reversed(writer.pairing.stack):
        if element.token.type == kind and element.name == name:
            writer.pairing.close_to(element, end)
            return
        if element.name in SCOPE_ENDS:
            return


def _report(writer: TextWriter, extension: Extension, code: str, offset: int, detail: str) -> None:
    writer.source.report(code_of(extension, code), offset, detail)
