"""A document to CommonMark with pipe tables, footnotes and ``~~strikethrough~~``.

Other flavours are facts for the same writer. What Markdown cannot say exactly is written as HTML, so that both show
the same page. Both are safe alike: all that Markdown or HTML would read as markup is escaped where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape
from itertools import count

from msgspec.structs import replace

from spipconv.converters.flavours import COMMONMARK, Flavour
from spipconv.converters.html import Writer as HtmlWriter
from spipconv.converters.markdown_text import (
    DELETED,
    EMPHASIS,
    STRONG,
    Line,
    entity,
    escape_inline_html,
    escape_tag,
    escaper,
    fence,
    guard,
    is_code,
    is_self_shown,
    link_target,
)
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
    Profile,
    Quote,
    Row,
    Rule,
    Strong,
    Table,
    Text,
    walk,
)
from spipconv.safety import TITLE, VOID, escape_attribute, hide_values, safe_address
from spipconv.settings import check_profile

# Readers stop at some twenty levels, and every level is written before every line.
_MAX_NESTING = 6
# Elements that may stand in a line; Markdown takes none of them for the start of an HTML block.
_INLINE = TITLE.tags
_MARKS = {"b": STRONG, "strong": STRONG, "i": EMPHASIS, "em": EMPHASIS, "del": DELETED}
# CommonMark reads a tag in the line only with attributes as these.
_ATTRIBUTE = re.compile(r"[a-z_:][a-z0-9:._-]*\Z")
# An HTML block ends at a blank line only if it starts with one of these, or with any tag alone on its line.
_BLOCK_TAG = re.compile(
    r"<(?:address|article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|h[1-6]|header|hr|iframe|legend|li|main|nav|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)"
    r"(?=[ />])"
)
_LONE_TAG = re.compile(r"</?[a-z][a-z0-9-]*(?:\s[^>]*)?>\s*\Z", re.IGNORECASE | re.ASCII)
_WHITE_LINE = re.compile(r"^[ \t]+$", re.MULTILINE)
_LINE_TAG = re.compile(r"^</?([A-Za-z][\w:-]*)", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n(?=[ \t]*\n)")
_LABEL = re.compile(r"[A-Za-z0-9_-]+\Z")
_PLAIN_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+-]+\Z")
_TASK = re.compile(r"\[[\sxX]\]")
# A word alone on its line, or with a title: the destination of a link reference definition.
_ALONE = re.compile(r"([^\s<]+)(?:[ \t]+[\"'(][^\n]*)?[ \t]*(?=\n|\Z)")
_SPACES = " \t\n"


class _Unsayable(Exception):
    """Markdown cannot say this block: there is a block in a line, or a line that would be read as one."""


class _NoteInHtml(Exception):
    """A note is called where no footnote can be: in an HTML block."""


def write(document: Document, *, profile: Profile | None = None, flavour: Flavour = COMMONMARK) -> str:
    """Return the Markdown of a document, for the reader that a flavour describes, and for the document's own profile
    unless another one is named.

    Links of a ``comment`` are as other links: Markdown has no place for what tells search engines of a stranger.
    Raises ValueError for a profile that is not one.
    """
    profile = check_profile(document.profile if profile is None else profile)
    document = replace(document, profile=profile)
    notes = [node for node in walk(document.children) if isinstance(node, Note)]
    if profile == "title" and not notes:
        return _Writer(document, flavour, as_html=False).title(document.children)
    texts = {note.identifier for note in notes if note.children}
    if all(note.label and (note.children or note.identifier in texts) for note in notes):
        try:
            return _Writer(document, flavour, as_html=False).document(document.children)
        except _NoteInHtml:
            pass
    return _Writer(document, flavour, as_html=True).document(document.children)


class _Html(HtmlWriter):
    """Writes what Markdown cannot say. Its calls of notes look as a footnote's."""

    def __init__(self, document: Document, *, has_notes: bool) -> None:
        super().__init__(document)
        self._has_notes = has_notes

    def note_call(self, node: Note) -> str:
        if not self._has_notes:
            raise _NoteInHtml
        identifier = self.identifier_of(node)
        own = "" if node.repeated else f' id="nh{identifier}"'
        label = escape_attribute(node.label)
        return f'<sup class="footnote-ref"><a href="#nb{identifier}"{own}>[{label}]</a></sup>'


class _Writer:
    """Writes one document; its notes are footnotes, or HTML as a whole."""

    def __init__(self, document: Document, flavour: Flavour, *, as_html: bool) -> None:
        self._document = document
        self._flavour = flavour
        self._escape = escaper(flavour)
        self._html = _Html(document, has_notes=as_html)
        self._notes_as_html = as_html
        self._notes: list[tuple[str, Note]] = []
        self._labels: dict[str, str] = {}
        self._used_labels: set[str] = set()
        self._texts: set[str] = set()
        self._numbers = count(1)
        # How many links were written: a link around another cannot be said with brackets.
        self._links = 0

    def document(self, nodes: Sequence[Node]) -> str:
        """Return the Markdown of the body and of its notes."""
        blocks = self._blocks(nodes, 0)
        if self._notes_as_html:
            blocks += self._html_notes(nodes)
        # A note may call another, which then is met here.
        for label, note in self._notes:
            if not (self._flavour.has_block_notes or isinstance(note.children[0], Inline | Paragraph)):
                raise _NoteInHtml
            try:
                words = "\n\n".join(self._blocks(note.children, 1))
            except _Unsayable:
                raise _NoteInHtml from None
            if _is_refused_destination(words):
                raise _NoteInHtml
            blocks.append(_hang(f"[^{label}]: ", words, 4).rstrip(" "))
        return "\n\n".join(blocks) + "\n" if blocks else ""

    def title(self, nodes: Sequence[Node]) -> str:
        """Return the Markdown of nodes that are no blocks, on one line."""
        try:
            text = self._line(nodes).text(one_line=True)
        except _Unsayable:
            text = escape_inline_html(self._html.flow(nodes), self._flavour)
        return guard(text, self._flavour)

    # ---- Blocks ----

    def _blocks(self, nodes: Iterable[Node], depth: int) -> list[str]:
        """Return each block's Markdown. HTML goes on where words stand loose, before and behind it."""
        blocks: list[str] = []
        markup: list[str] = []
        goes_on, has_loose, marker = False, False, 0
        previous: Node | None = None

        def end_markup() -> None:
            if not markup:
                return
            if depth and not self._flavour.has_deep_html:
                raise _Unsayable
            blocks.append(_html_block("".join(markup), self._flavour, has_loose=has_loose))
            markup.clear()

        for node in nodes:
            is_loose, next_marker = _is_loose(node), _marker(node, previous, marker)
            is_html = is_loose or (self._flavour.merges and _merges(node, previous))
            block = None if is_html else self._block(node, depth, next_marker)
            text = self._html.flow([node]) if block is None else block
            if not (goes_on or text.strip(_SPACES)):
                continue
            if block is not None or not (is_loose or goes_on):
                end_markup()
                has_loose = False
            has_loose = has_loose or is_loose
            (markup if block is None else blocks).append(text)
            goes_on, previous, marker = is_loose, node, next_marker
        end_markup()
        return [block for block in blocks if block]

    def _block(self, node: Node, depth: int, marker: int) -> str | None:
        """Return a block's Markdown, or None where only HTML can say it."""
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
        except _Unsayable:
            pass
        return None

    def _paragraph(self, nodes: Sequence[Node]) -> str:
        text = self._line(nodes).text()
        if text[:1] == "<" and _LONE_TAG.match(text.partition("\n")[0]):
            raise _Unsayable
        elements = self._flavour.line_elements
        if elements and not elements.issuperset(_LINE_TAG.findall(text)):
            raise _Unsayable
        return text

    def _is_code(self, text: str, depth: int) -> bool:
        """Tell whether a fence can say some code; readers disagree on what indents an empty line in it."""
        flavour = self._flavour
        is_deep = depth > 0 and bool(flavour.active)
        return is_code(text, flavour) and not (is_deep and (not flavour.has_deep_html or _WHITE_LINE.search(text)))

    def _heading(self, node: Heading) -> str:
        text = self._line(node.children).text(one_line=True)
        if not (text or self._flavour.has_empty_headings):
            raise _Unsayable
        if text.endswith("#"):
            text = f"{text[:-1]}\\#"
        return f"## {text}".rstrip(" ")

    def _list(self, node: List, depth: int, marker: int) -> list[str]:
        if depth >= _MAX_NESTING:
            raise _Unsayable
        lines: list[str] = []
        for number, item in enumerate(node.items, 1):
            bullet = f"{number}{'.)'[marker]} " if node.ordered else f"{'-*'[marker]} "
            width = self._flavour.indent or len(bullet)
            lines.append(_hang(bullet, self._item(item, depth + 1), width).rstrip(" "))
        return lines

    def _item(self, node: ListItem, depth: int) -> str:
        """Return an item's words and lists. Other blocks would need blank lines, and these change the list."""
        first = next((place for place, child in enumerate(node.children) if isinstance(child, List)), None)
        lists = node.children[first:] if first is not None else ()
        words = self._paragraph(node.children[:first])
        if not (words or lists) or (self._flavour.merges and (not words or len(lists) > 1)):
            raise _Unsayable
        if self._flavour.has_tasks and _TASK.match(words):
            raise _Unsayable
        lines = [words] if words else []
        previous, marker = None, 0
        for child in lists:
            if not isinstance(child, List):
                raise _Unsayable
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
            # It would be read as a line between rows.
            cells = [cell.replace("-", "&#45;").replace("=", "&#61;") for cell in cells]
        return f"| {' | '.join(cells)} |"

    # ---- Notes ----

    def _label(self, node: Note) -> str:
        """Return the label of a footnote: its identifier, or a number where that is taken or no label."""
        label = self._labels.get(node.identifier)
        if label and not (node.children and label in self._texts):
            return label
        label = node.identifier
        while label in self._used_labels or not (_LABEL if self._flavour.is_commonmark else _PLAIN_LABEL).match(label):
            label = str(next(self._numbers))
        self._used_labels.add(label)
        self._labels.setdefault(node.identifier, label)
        return label

    def _html_notes(self, nodes: Sequence[Node]) -> list[str]:
        writer = _Html(self._document, has_notes=True)
        writer.flow(nodes)
        notes = writer.notes()
        if not notes:
            return []
        markup = f'<hr class="footnotes-sep">\n<section class="footnotes">\n{notes}\n</section>'
        return [_html_block(markup, self._flavour, has_loose=False)]

    # ---- In the line ----

    def _line(self, nodes: Iterable[Node]) -> Line:
        line = Line(self._flavour)
        self._inline(nodes, line)
        return line

    def _inline(self, nodes: Iterable[Node], line: Line) -> None:
        for node in nodes:
            match node:
                case Text():
                    line.add(self._escape(node.text))
                case Strong():
                    self._marked(STRONG, node.children, line)
                case Emphasis():
                    self._marked(EMPHASIS, node.children, line)
                case LineBreak():
                    line.add_break()
                case Bullet():
                    self._marked(STRONG, (Text("–"),), line)
                    line.add("&nbsp;")
                case Code() | Math():
                    line.add_code(node.text)
                case Link():
                    self._link(node, line)
                case Note():
                    self._call(node, line)
                case Model():
                    line.add(f"<tt>{self._escape(hide_values(node.source))}</tt>")
                case Anchor() | Abbreviation():
                    self._tagged(node, line)
                case Element() if node.name in _INLINE and self._is_read(node.name):
                    self._tagged(node, line)
                case Element() if node.name in _INLINE and all(map(_is_loose, walk(node.children))):
                    line.add(escape_inline_html(self._html.flow([node]), self._flavour))
                case _:
                    raise _Unsayable

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
        else:
            closing = f"]({target})"
        line.add(closing)
        self._links += 1

    def _call(self, node: Note, line: Line) -> None:
        self._links += 1
        if self._notes_as_html:
            line.add(escape_inline_html(self._html.flow([node]), self._flavour))
            return
        label = self._label(node)
        if node.children:
            self._texts.add(label)
            self._notes.append((label, node))
        line.add_call(label)

    def _tags(self, node: Link | Anchor | Abbreviation | Element) -> tuple[str, str]:
        """Return the tags that the HTML has around a node's children; none where it may not be said."""
        if isinstance(node, Element):
            node = replace(node, attributes=tuple([pair for pair in node.attributes if _ATTRIBUTE.match(pair[0])]))
        empty = node if isinstance(node, Anchor) else replace(node, children=())
        opening, _, closing = self._html.flow([empty]).replace("\n", "&#10;").rpartition("</")
        if not opening:
            # An element without content is one tag; one that may not be said is none.
            return escape_tag(closing, self._flavour), ""
        return escape_tag(opening, self._flavour), f"</{closing}"

    def _is_read(self, name: str) -> bool:
        """Tell whether the reader looks for Markdown in an element in a line."""
        elements = self._flavour.read_elements
        return not elements or name in elements or name in VOID


def _is_loose(node: Node) -> bool:
    """Tell whether a node is no block; between blocks it is in no paragraph either."""
    if isinstance(node, Element):
        return node.name in _INLINE
    return isinstance(node, Inline)


def _marker(node: Node, previous: Node | None, marker: int) -> int:
    """Return which of two bullets a list gets, so that it is not taken for the rest of the list before it."""
    is_next = isinstance(node, List) and isinstance(previous, List) and node.ordered == previous.ordered
    return 1 - marker if is_next else 0


def _merges(node: Node, previous: Node | None) -> bool:
    """Tell whether some reader takes a block for more of the block before it."""
    return isinstance(node, List | Quote) and isinstance(previous, type(node))


def _is_refused_destination(words: str) -> bool:
    """Return whether readers without footnotes take a note's Markdown for a link's address that may not be written."""
    match = _ALONE.match(words)
    address = unescape(match[1].replace("\\", "")) if match else ""
    return not address.endswith(":") and safe_address(address) is None


def _hang(first: str, text: str, width: int) -> str:
    """Return text with something before its first line and the others indented."""
    indent = " " * width
    head, *lines = text.split("\n")
    return "\n".join([first + head, *[indent + line if line else line for line in lines]])


def _html_block(markup: str, flavour: Flavour, *, has_loose: bool) -> str:
    """Return HTML as a block that ends with its last line; ``has_loose``: some of its words are in no element."""
    markup = _BLANK_LINE.sub("&#10;", markup.strip(_SPACES))
    for character in flavour.active_in_html:
        markup = markup.replace(character, entity(character))
    is_whole = markup.startswith("<pre") and "\n" not in markup.partition("</pre>")[2]
    is_block = is_whole or (_BLOCK_TAG.match(markup) and not (flavour.boxes_loose_words and has_loose))
    if not markup or is_block:
        return markup
    return f'<div class="spip_libre">\n{markup}</div>' if flavour.boxes_loose_words else f"<span>\n{markup}</span>"


def html_block(markup: str, flavour: Flavour = COMMONMARK) -> str:
    """Return safe HTML that starts with a block's tag as a block of Markdown."""
    return _html_block(markup, flavour, has_loose=False)
