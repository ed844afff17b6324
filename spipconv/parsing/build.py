"""Reductions: the values of a rule's symbols come in, a node goes out; one function for each rule of the tree grammar.

The value of a leaf is its node, that of an opening the fields of its node, that of a rule its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spipconv.nodes import (
    Abbreviation,
    Box,
    Caption,
    Cell,
    Element,
    Emphasis,
    Heading,
    Link,
    List,
    ListItem,
    Markdown,
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
from spipconv.parsing.tokens import Part

Reduction = Callable[[list[Part]], Part]


def collect(parts: list[Part]) -> list[Part]:
    """``nodes: | nodes node``."""
    if not parts:
        return []
    nodes: list[Part] = parts[0]
    nodes.append(parts[1])
    return nodes


def _container(kind: Callable[..., Node]) -> Reduction:
    def build(parts: list[Part]) -> Node:
        return kind(children=tuple(parts[1]), **parts[0])

    return build


def _caption(parts: list[Part]) -> Caption:
    fields, nodes, *rest = parts
    return Caption(tuple(nodes), rest[0] if len(rest) > 1 else (), **fields)


def _table(parts: list[Part]) -> Table:
    fields, captions, rows, _ = parts
    return Table(tuple(rows), tuple(captions), **fields)


REDUCTIONS: Mapping[str, Reduction] = {
    "document": lambda parts: tuple(parts[0]),
    "nodes": collect,
    "items": collect,
    "rows": collect,
    "cells": collect,
    "verses": collect,
    "paragraph": _container(Paragraph),
    "heading": _container(Heading),
    "list": lambda parts: List(items=tuple(parts[1]), **parts[0]),
    "item": _container(ListItem),
    "table": _table,
    "captions": collect,
    "caption": _caption,
    "summary": lambda parts: tuple(parts[1]),
    "row": lambda parts: Row(cells=tuple(parts[1]), **parts[0]),
    "cell": _container(Cell),
    "quote": _container(Quote),
    "box": _container(Box),
    "markdown": _container(Markdown),
    "poem": lambda parts: Poem(verses=tuple(parts[1]), **parts[0]),
    "verse": _container(Verse),
    "strong": _container(Strong),
    "emphasis": _container(Emphasis),
    "link": _container(Link),
    "abbreviation": _container(Abbreviation),
    "note": _container(Note),
    "element": _container(Element),
}
