"""Lines of Markdown: nodes that are not blocks come in, a line goes out, with HTML for whatever Markdown cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Final, get_args

from msgspec.structs import replace

from spipconv.converters.flavours import Flavour
from spipconv.converters.markdown.addresses import is_self_shown, link_target, picture
from spipconv.converters.markdown.elements import link_of, only_looks, picture_of
from spipconv.converters.markdown.escapes import escape_inline_html, escape_tag, split_html
from spipconv.converters.markdown.footnotes import FootnoteLabels
from spipconv.converters.markdown.html_blocks import FallbackWriter, write_html_spaces
from spipconv.converters.markdown.line import DELETED, EMPHASIS, STRIKE, STRONG, Line
from spipconv.converters.markdown.terms import link_of_term
from spipconv.converters.raw import RawTexts
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Bullet,
    Code,
    Directive,
    Document,
    Element,
    Emphasis,
    Inline,
    LineBreak,
    Link,
    Math,
    Model,
    Node,
    Note,
    Raw,
    Strong,
    Term,
    Text,
    walk,
)
from spipconv.safety import TITLE, VOID, hide_values, safe_address

# Elements that may occur inside a line; Markdown reads none of them as the start of an HTML block.
_INLINE: Final = TITLE.tags
_INLINE_KINDS: Final = frozenset(get_args(Inline))
_MARKS: Final = {"b": STRONG, "strong": STRONG, "i": EMPHASIS, "em": EMPHASIS, "del": DELETED, "s": STRIKE}
# CommonMark reads a tag inside a line only if its attributes are like this.
_ATTRIBUTE: Final = re.compile(r"[a-z_:][a-z0-9:._-]*\Z")


class NotInMarkdown(Exception):
    """Markdown cannot express this block: a line contains a block, or would be read as a block."""


class InlineWriter:
    """Writes the lines of a document; all its notes are footnotes, or all of them are HTML (``as_html``)."""

    def __init__(self, document: Document, flavour: Flavour, *, as_html: bool) -> None:
        self._flavour = flavour
        self._raw = RawTexts("markdown", document.profile)
        self._html = FallbackWriter(document, self._raw, has_notes=as_html, has_definitions=flavour.has_definitions)
        self._notes_as_html = as_html
        self._notes: list[tuple[str, Note]] = []
        self._labels = FootnoteLabels(flavour)
        # The number of links written so far: a link around another link cannot be written with brackets.
        self._links = 0

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
                case Term() if node.number and self._flavour.has_definitions:
                    self._tagged(node, line)
                    self._links += 1
                case Term():
                    self._link(link_of_term(node), line)
                case Directive():
                    pass
                case Raw() if node.is_block and "\n" in node.text:
                    # A cell and an item have one line for it.
                    raise NotInMarkdown
                case Raw():
                    line.add(self._raw.stand_in(node))
                case Anchor() | Abbreviation():
                    self._tagged(node, line)
                case Element() if self._is_allowed(node) and self._element(node, line):
                    pass
                case Element() if node.name in _INLINE and self._is_read(node.name):
                    self._tagged(node, line)
                case Element() if node.name in _INLINE and all(map(is_loose, walk(node.children))):
                    self._html_in_line([node], line)
                case _:
                    raise NotInMarkdown

    def _html_in_line(self, nodes: Iterable[Node], line: Line) -> None:
        """Write nodes as HTML inside a line, where readers look for Markdown between the tags."""
        markup = self._html.flow(nodes)
        if not self._flavour.is_commonmark:
            line.add(escape_inline_html(write_html_spaces(markup, self._flavour), self._flavour))
            return
        in_pre = False
        for part in split_html(markup):
            if part.startswith("<"):
                in_pre = part.startswith("<pre") or (in_pre and part != "</pre>")
                line.add(escape_tag(part.replace("\n", "&#10;"), self._flavour))
            elif in_pre:
                for number, words in enumerate(unescape(part).split("\n")):
                    line.add("&#10;" * (number > 0))
                    line.add_words(words, folds=False)
            else:
                line.add_words(unescape(part))

    def _marked(self, kind: tuple[str, ...], nodes: Iterable[Node], line: Line) -> None:
        pair = line.open(kind)
        self._inline(nodes, line)
        line.close(pair)

    def _element(self, node: Element, line: Line) -> bool:
        """Write an author's element that Markdown can say; return whether it is one."""
        kind = _MARKS.get(node.name)
        if kind:
            is_said = only_looks(node) and self._is_read(node.name)
            if is_said:
                self._marked(kind, node.children, line)
            return is_said
        if node.name == "br" and only_looks(node):
            line.add_break()
            return True
        link = link_of(node) if node.name == "a" else None
        if link:
            self._link(link, line, self._tags(node))
            return True
        return node.name == "img" and self._picture(node, line)

    def _picture(self, node: Element, line: Line) -> bool:
        image = picture_of(node)
        if image is None or safe_address(image[0]) is None:
            return False
        markup = picture(*image, self._flavour)
        if markup is not None:
            line.add_picture(markup)
        return markup is not None

    def _tagged(self, node: Anchor | Abbreviation | Element | Term, line: Line) -> None:
        opening, closing = self._tags(node)
        line.add(opening)
        self._inline(() if isinstance(node, Anchor) else node.children, line)
        line.add(closing)

    def _link(self, node: Link, line: Line, tags: tuple[str, str] | None = None) -> None:
        opening, closing = tags or self._tags(node)
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

    def _tags(self, node: Link | Anchor | Abbreviation | Element | Term) -> tuple[str, str]:
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

    def _is_allowed(self, node: Element) -> bool:
        return node.name in self._html.policy.tags

    def _is_read(self, name: str) -> bool:
        """Return whether the reader looks for Markdown inside an inline element."""
        elements = self._flavour.read_elements
        return not elements or name in elements or name in VOID


def is_loose(node: Node) -> bool:
    """Return whether a node is not a block; between blocks, it is outside any paragraph."""
    if isinstance(node, Raw):
        return not node.is_block
    return node.name in _INLINE if isinstance(node, Element) else node.__class__ in _INLINE_KINDS
