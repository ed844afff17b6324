"""Marking: documents and a glossary come in; they go out with ``Term`` nodes around words, and with the definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

from msgspec.structs import replace

from spipconv.glossary.terms import Terms
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Box,
    Caption,
    Cell,
    Code,
    Definition,
    Directive,
    Document,
    Element,
    Emphasis,
    Figure,
    Heading,
    Link,
    List,
    ListItem,
    Markdown,
    Math,
    Node,
    Note,
    Paragraph,
    Poem,
    Quote,
    Row,
    Strong,
    Table,
    Term,
    Text,
    Verse,
    children_of,
)
from spipconv.plugins.glossaire import NO_TERMS
from spipconv.safety import TITLE
from spipconv.trees import transform

# The nodes in which terms or notes are looked for, with the fields that hold further nodes.
_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            Abbreviation,
            Box,
            Cell,
            Element,
            Emphasis,
            Heading,
            Link,
            ListItem,
            Markdown,
            Note,
            Paragraph,
            Quote,
            Strong,
            Verse,
        ),
        ("children",),
    ),
    # The summary is for those who do not see the table.
    Caption: ("children",),
    Figure: ("title", "description", "credits"),
    List: ("items",),
    Poem: ("verses",),
    Row: ("cells",),
    Table: ("captions", "rows"),
}
_HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6 th".split())
# A mark is a link, which may not stand in these; or their words are not the text's own.
_EXCLUDED: Final = frozenset("a abbr acronym button cite code dfn pre summary".split())
_IN_LINE: Final = frozenset((Abbreviation, Emphasis, Link, Strong))
# The ids of a term: of its title, of its definition, and of its marks.
_ID: Final = re.compile(r"term-(?:ref-(?P<mark>.+)-[0-9]+|(?P<short>.+)-short|(?P<title>.+))\Z", re.DOTALL)


def mark_terms(document: Document, glossary: Terms, *, address: str = "") -> Document:
    """Return a document with ``Term`` nodes around the words that a glossary defines, and with their definitions.

    ``address`` is that of the document's own page, or the identifier of the term that the page is about: it is not
    marked there. A title is not marked, nor a comment unless the glossary says so, nor a text with ``[!glossaire]``.
    """
    return mark_page((document,), glossary, address=address)[0]


def mark_page(documents: Iterable[Document], glossary: Terms, *, address: str = "") -> tuple[Document, ...]:
    """Return the documents of one page, such as its head and its text, with their terms marked like ``mark_terms``.

    They share what is the first occurrence of a term, and the last one has the definitions of all.
    """
    marker = _Marker(glossary, tuple(documents), address)
    return marker.page()


class _Siblings:
    """Nodes that follow one another, and the place of the one that is being marked."""

    __slots__ = ("in_line", "index", "nodes")

    def __init__(self, nodes: Sequence[Node], in_line: bool) -> None:
        self.nodes, self.in_line, self.index = nodes, in_line, 0


class _Marker:
    """Marks the terms of a page. ``_marks`` counts them by the index of the term, in the order of the first ones."""

    def __init__(self, glossary: Terms, documents: tuple[Document, ...], address: str) -> None:
        self._glossary, self._documents = glossary, documents
        self._own = glossary.find_term(address)
        self._marks: dict[int, int] = {}
        self._definitions: dict[int, Definition] = {}
        self._taken: set[str] = set()
        self._search = glossary.search("")
        # Words whose only term need not be looked for again on this page.
        self._passed: set[str] = set()
        self._language = ""
        # Notes are read after the text, so they are marked after it.
        self._has_notes = self._in_notes = False
        # The nodes around the words that are being marked: each with its siblings, and whether they are in a line.
        self._around: list[_Siblings] = []

    def page(self) -> tuple[Document, ...]:
        """Return the documents with their terms marked."""
        documents = list(self._documents)
        marked = []
        for number, document in enumerate(documents):
            is_off, taken = _scan(document.children)
            self._taken |= taken
            if is_off:
                documents[number] = replace(document, children=transform(document.children, _remove_directive))
            elif self._is_marked(document):
                marked.append(number)
        with_notes = []
        for number in marked:
            self._has_notes = False
            documents[number] = self._document(documents[number])
            with_notes += [number] if self._has_notes else []
        self._in_notes = True
        for number in with_notes:
            documents[number] = self._document(documents[number])
        if self._marks:
            documents[-1] = replace(documents[-1], definitions=self._defined())
        return tuple(documents)

    def _is_marked(self, document: Document) -> bool:
        """Return whether terms are marked in a document; in one with definitions they already are."""
        if document.definitions or document.profile == "title":
            return False
        return document.profile != "comment" or self._glossary.comments

    def _document(self, document: Document) -> Document:
        self._set_language(document.language)
        children = self._nodes(document.children, in_line=False, is_active=not self._in_notes)
        return document if children is document.children else replace(document, children=children)

    def _set_language(self, language: str) -> None:
        self._language, self._search = language, self._glossary.search(language)
        self._passed.clear()

    def _defined(self) -> tuple[Definition, ...]:
        """Return the definitions of the page. Terms in them are marked, but not those in the ones this adds."""
        self._in_notes = False
        for term in list(self._definitions):
            own, self._own = self._own, self._own | {term}
            self._passed.clear()
            definition = self._definitions[term]
            children = self._nodes(definition.children, in_line=False, is_active=True)
            self._definitions[term] = replace(definition, children=children)
            self._own = own
        return tuple([replace(definition, uses=self._marks[term]) for term, definition in self._definitions.items()])

    def _nodes(self, nodes: tuple[Node, ...], *, in_line: bool, is_active: bool) -> tuple[Node, ...]:
        """Return nodes with their terms marked, the same tuple if there are none; ``is_active``: in these, too."""
        siblings = _Siblings(nodes, in_line)
        self._around.append(siblings)
        result: list[Node] = []
        changes = False
        for siblings.index, node in enumerate(nodes):
            if node.__class__ is Text:
                new = self._text(node) if is_active else (node,)
                changes = changes or new[0] is not node
                result += new
            else:
                other = self._node(node, is_active)
                changes = changes or other is not node
                result.append(other)
        self._around.pop()
        return tuple(result) if changes else nodes

    def _node(self, node: Node, is_active: bool) -> Node:
        kind = node.__class__
        fields = _FIELDS.get(kind)
        if fields is None:
            return node
        if kind is Note:
            self._has_notes = True
            if not self._in_notes:
                return node
            is_active = True
        elif is_active and self._is_excluded(node):
            is_active = False
        in_line = kind in _IN_LINE or (isinstance(node, Element) and node.name in TITLE.tags)
        changes: dict[str, object] = {}
        for name in fields:
            old = getattr(node, name)
            new = self._nodes(old, in_line=in_line, is_active=is_active)
            if new is not old:
                changes[name] = new
        if changes and kind is Markdown:
            changes["text"] = ""
        return replace(node, **changes) if changes else node

    def _is_excluded(self, node: Node) -> bool:
        """Return whether terms in a node are not marked, except in its notes."""
        match node:
            case Link() | Abbreviation():
                return True
            case Element():
                return node.name in _EXCLUDED or (node.name in _HEADINGS and not self._glossary.headings)
            case Heading() | Row(head=True) | Cell(header=True):
                return not self._glossary.headings
        return False

    def _text(self, node: Text) -> Sequence[Node]:
        """Return the words of a node with a ``Term`` around each term; every piece has the place of the whole."""
        matches = self._search.find(node.text, self._edge, self._passed)
        if not matches:
            return (node,)
        pieces: list[Node] = []
        text, at = node.text, 0
        for start, end, index, piece in matches:
            if piece and (index in self._own or self._glossary.limit(index) == 1):
                self._passed.add(piece)
            term = self._mark(index, replace(node, text=text[start:end]))
            if term:
                pieces += [replace(node, text=text[at:start]), term] if start > at else [term]
                at = end
        if not pieces:
            return (node,)
        return [*pieces, replace(node, text=text[at:])] if at < len(text) else pieces

    def _mark(self, index: int, words: Text) -> Term | None:
        """Return the mark of a term, None where it is not marked: on its own page, and after the last one wanted."""
        number = self._marks.get(index, 0) + 1
        if index in self._own or 0 < self._glossary.limit(index) < number:
            return None
        self._marks[index] = number
        entry = self._glossary.entries[index]
        if entry.definition and index not in self._definitions:
            definition = self._glossary.definition(index, self._language)
            self._definitions[index] = replace(definition, identifier=self._identifier(index))
        return Term(
            self._definitions[index].identifier if entry.definition else self._glossary.identifiers[index],
            (words,),
            self._glossary.address(index),
            number if entry.definition else 0,
            line=words.line,
            column=words.column,
            offset=words.offset,
            end_offset=words.end_offset,
        )

    def _identifier(self, index: int) -> str:
        """Return the identifier of a term with which none of its ids is an id of the page's own texts."""
        own = identifier = self._glossary.identifiers[index]
        numbers = count(2)
        while identifier in self._taken:
            identifier = f"{own}_{next(numbers)}"
        return identifier

    def _edge(self, direction: int) -> str:
        """Return the character before (-1) or after (1) the words being marked, empty at the ends of a block."""
        for siblings in reversed(self._around):
            place = siblings.index + direction
            while 0 <= place < len(siblings.nodes):
                character = _edge_of(siblings.nodes[place], -direction)
                if character is not None:
                    return character
                place += direction
            if not siblings.in_line:
                break
        return ""


def _edge_of(node: Node, direction: int) -> str | None:
    """Return the first (-1) or last (1) character of a node in a line, empty if it is apart, None if it has none."""
    match node:
        case Text() | Code() | Math():
            return (node.text[0] if direction < 0 else node.text[-1]) if node.text else None
        case Anchor() | Directive():
            return None
        case Note():
            return "" if node.label else None
        case Strong() | Emphasis() | Link() | Abbreviation() | Term():
            inner = node.children
        case Element() if node.name in TITLE.tags and node.name not in ("br", "img"):
            inner = node.children
        case _:
            return ""
    edges = (_edge_of(child, direction) for child in (inner if direction < 0 else reversed(inner)))
    return next((edge for edge in edges if edge is not None), None)


def _scan(nodes: tuple[Node, ...]) -> tuple[bool, set[str]]:
    """Return whether a directive forbids marks in a document, and the identifiers of terms that its ids clash with."""
    is_off, ids = False, set[str]()
    waiting = [nodes]
    while waiting:
        for node in waiting.pop():
            match node:
                case Text():
                    continue
                case Directive():
                    is_off = is_off or node.name == NO_TERMS
                case Anchor():
                    ids.add(node.name)
                case Element():
                    ids.update([value for name, value in node.attributes if name in ("id", "name")])
            children = children_of(node)
            if children:
                waiting.append(children)
    matches = map(_ID.match, ids)
    return is_off, {group for match in matches if match for group in match.groups() if group}


def _remove_directive(node: Node) -> tuple[Node, ...]:
    return () if isinstance(node, Directive) and node.name == NO_TERMS else (node,)
