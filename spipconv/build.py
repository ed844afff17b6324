"""Reductions of the tree grammar to nodes: one method per rule of ``grammar/spip.lark``."""

from __future__ import annotations

from typing import Any

from lark import Transformer

from spipconv.nodes import (
    Abbreviation,
    Caption,
    Cell,
    Element,
    Emphasis,
    Heading,
    Link,
    List,
    ListItem,
    Node,
    Note,
    Paragraph,
    Poem,
    Quote,
    Row,
    Strong,
    Table,
    Verse,
)
from spipconv.notes import excerpt
from spipconv.tokens import Token

_Nodes = list[Node]


class Builder(Transformer[Token, tuple[Node, ...]]):
    """Builds nodes bottom up, while Lark parses. A container's parts are its opening, its nodes, its end."""

    def document(self, parts: list[_Nodes]) -> tuple[Node, ...]:
        return tuple(parts[0])

    def nodes(self, parts: list[Any]) -> list[Any]:
        """Collect what stands side by side; a leaf is still the token that carries it."""
        if not parts:
            return []
        nodes, last = parts
        nodes.append(last.value if last.__class__ is Token else last)
        return nodes  # type: ignore[no-any-return]

    items = rows = cells = verses = nodes

    def paragraph(self, parts: list[Any]) -> Paragraph:
        return Paragraph(tuple(parts[1]), **parts[0].value)

    def heading(self, parts: list[Any]) -> Heading:
        return Heading(tuple(parts[1]), **parts[0].value)

    def list(self, parts: Any) -> List:
        return List(items=tuple(parts[1]), **parts[0].value)

    def item(self, parts: Any) -> ListItem:
        return ListItem(tuple(parts[1]), **parts[0].value)

    def table(self, parts: Any) -> Table:
        caption = parts[1] if len(parts) == 4 else None
        return Table(tuple(parts[-2]), caption, **parts[0].value)

    def caption(self, parts: Any) -> Caption:
        return Caption(tuple(parts[1]), parts[2] if len(parts) == 4 else (), **parts[0].value)

    def summary(self, parts: Any) -> tuple[Node, ...]:
        return tuple(parts[1])

    def row(self, parts: Any) -> Row:
        return Row(tuple(parts[1]), **parts[0].value)

    def cell(self, parts: Any) -> Cell:
        return Cell(tuple(parts[1]), **parts[0].value)

    def quote(self, parts: Any) -> Quote:
        return Quote(tuple(parts[1]), **parts[0].value)

    def poem(self, parts: Any) -> Poem:
        return Poem(tuple(parts[1]), **parts[0].value)

    def verse(self, parts: Any) -> Verse:
        return Verse(tuple(parts[1]), **parts[0].value)

    def strong(self, parts: Any) -> Strong:
        return Strong(tuple(parts[1]), **parts[0].value)

    def emphasis(self, parts: Any) -> Emphasis:
        return Emphasis(tuple(parts[1]), **parts[0].value)

    def link(self, parts: Any) -> Link:
        return Link(children=tuple(parts[1]), **parts[0].value)

    def abbreviation(self, parts: Any) -> Abbreviation:
        return Abbreviation(children=tuple(parts[1]), **parts[0].value)

    def note(self, parts: Any) -> Note:
        return Note(children=tuple(parts[1]), excerpt=excerpt(parts[1]), **parts[0].value)

    def element(self, parts: Any) -> Element:
        return Element(children=tuple(parts[1]), **parts[0].value)
