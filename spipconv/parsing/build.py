"""Reductions: the values of a rule's symbols come in, a node goes out; one function for each rule of the tree grammar.

The value of a leaf is its node, that of an opening its token, that of a rule its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

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
    Place,
    Poem,
    Quote,
    Row,
    Strong,
    Table,
    Verse,
)
from spipconv.parsing.tokens import NodeFields, Part, Token

Reduction = Callable[[list[Part]], Part]


def collect(parts: list[Part]) -> list[Part]:
    """``nodes: | nodes node``."""
    if not parts:
        return []
    nodes: list[Part] = parts[0]
    nodes.append(parts[1])
    return nodes


def _container(kind: Callable[..., Node], children: str = "children") -> Reduction:
    def build(parts: list[Part]) -> Node:
        opening: Token = parts[0]
        fields: NodeFields = opening.value
        if not fields:
            return kind(
                tuple(parts[1]),
                line=opening.line,
                column=opening.column,
                offset=opening.offset,
                end_offset=opening.end,
            )
        place: Place = {
            "line": opening.line, "column": opening.column, "offset": opening.offset, "end_offset": opening.end
        }  # fmt: skip
        return kind(**{**fields, **place, children: tuple(parts[1])})

    return build


# What most texts hold has a function of its own: keywords that stand in a call take a fifth of the time of a mapping.
def _cell(parts: list[Part]) -> Cell:
    opening: Token = parts[0]
    field = opening.value.get
    return Cell(
        tuple(parts[1]),
        field("header", False),
        field("index", 0),
        field("colspan", 1),
        field("rowspan", 1),
        field("numeric", ""),
        line=opening.line,
        column=opening.column,
        offset=opening.offset,
        end_offset=opening.end,
    )


def _list(parts: list[Part]) -> List:
    opening: Token = parts[0]
    return List(
        opening.value["ordered"],
        tuple(parts[1]),
        line=opening.line,
        column=opening.column,
        offset=opening.offset,
        end_offset=opening.end,
    )


def _link(parts: list[Part]) -> Link:
    opening: Token = parts[0]
    fields = opening.value
    field = fields.get
    return Link(
        fields["address"],
        tuple(parts[1]),
        field("kind", "external"),
        field("title", ""),
        field("language", ""),
        field("media_type", ""),
        field("shows_address", False),
        field("automatic", False),
        line=opening.line,
        column=opening.column,
        offset=opening.offset,
        end_offset=opening.end,
    )


def _caption(parts: list[Part]) -> Caption:
    opening, nodes, *rest = parts
    return Caption(
        tuple(nodes),
        rest[0] if len(rest) > 1 else (),
        line=opening.line,
        column=opening.column,
        offset=opening.offset,
        end_offset=opening.end,
    )


def _table(parts: list[Part]) -> Table:
    opening, captions, rows, _ = parts
    return Table(
        tuple(rows),
        tuple(captions),
        line=opening.line,
        column=opening.column,
        offset=opening.offset,
        end_offset=opening.end,
    )


REDUCTIONS: Final[Mapping[str, Reduction]] = {
    "document": lambda parts: tuple(parts[0]),
    "nodes": collect,
    "items": collect,
    "rows": collect,
    "cells": collect,
    "verses": collect,
    "paragraph": _container(Paragraph),
    "heading": _container(Heading),
    "list": _list,
    "item": _container(ListItem),
    "table": _table,
    "captions": collect,
    "caption": _caption,
    "summary": lambda parts: tuple(parts[1]),
    "row": _container(Row, "cells"),
    "cell": _cell,
    "quote": _container(Quote),
    "box": _container(Box),
    "markdown": _container(Markdown),
    "poem": _container(Poem, "verses"),
    "verse": _container(Verse),
    "strong": _container(Strong),
    "emphasis": _container(Emphasis),
    "link": _link,
    "abbreviation": _container(Abbreviation),
    "note": _container(Note),
    "element": _container(Element),
}
