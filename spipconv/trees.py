"""Trees that programs change: a document or nodes come in, and what a function makes of every node goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, overload

from msgspec.structs import replace

from spipconv.nodes import (
    Caption,
    Cell,
    Document,
    Figure,
    List,
    ListItem,
    Markdown,
    Node,
    Note,
    Poem,
    Position,
    Row,
    Table,
    Verse,
    children_of,
)

# The parser nests nodes in about 63 levels (``spipconv.safety.MAX_DEPTH``), as many again in a note, and in the title
# of an object there; an extension may add some. Writers are recursive: a tree without bounds would exhaust the stack.
MAX_LEVELS: Final = 225

# What becomes of a node: nothing other (None), another node, or several (none of them: it is removed).
Change = Callable[[Node], Node | Iterable[Node] | None]
# What becomes of nodes that follow one another.
Rewrite = Callable[[tuple[Node, ...]], tuple[Node, ...]]

# The fields that hold nodes; in all other kinds that have some, these are ``children``.
_FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    Caption: ("children", "summary"),
    Figure: ("title", "description", "credits"),
    List: ("items",),
    Poem: ("verses",),
    Row: ("cells",),
    Table: ("captions", "rows"),
}
# The fields that hold nodes of one kind only.
_KINDS: Final[Mapping[str, type]] = {
    "captions": Caption, "cells": Cell, "items": ListItem, "rows": Row, "verses": Verse,
}  # fmt: skip


@overload
def transform(tree: Document, change: Change) -> Document: ...


@overload
def transform(tree: Sequence[Node], change: Change) -> tuple[Node, ...]: ...


def transform(tree: Document | Sequence[Node], change: Change) -> Document | tuple[Node, ...]:
    """Return a document or nodes in which every node is what ``change`` makes of it.

    ``change`` is given each node after its children, in reading order. It returns None to leave the node as it is,
    another node, or several nodes to put in its place: ``node.children`` unwraps it, ``()`` removes it. What it returns
    is not given to it again. The introduction and the definitions of a document are changed after its children. Nothing
    that was given is altered.

    Raises TypeError for what is not a node, or not of the kind that must be there, such as the items of a list, and
    ValueError for more than ``MAX_LEVELS`` levels.
    """
    if isinstance(tree, Document):
        return rewrite_document(tree, lambda nodes: _change_all(nodes, change, 1))
    return _change_all(tuple(tree), change, 1)


def rename_notes(document: Document, suffix: str) -> Document:
    """Return a document whose notes have ids that end with a suffix, so that no other text on a page has them."""

    def change(node: Node) -> Node | None:
        return replace(node, identifier=node.identifier + suffix) if isinstance(node, Note) else None

    return transform(document, change)


def rewrite_document(document: Document, rewrite: Rewrite) -> Document:
    """Return a document whose children, introduction and definitions are what ``rewrite`` makes of each of them."""
    definitions = [replace(item, children=rewrite(item.children)) for item in document.definitions]
    return replace(
        document,
        children=rewrite(document.children),
        introduction=rewrite(document.introduction),
        definitions=tuple(definitions),
    )


def rewrite_children(node: Node, rewrite: Rewrite) -> Node:
    """Return a node whose fields with nodes are what ``rewrite`` makes of each; the same node if they stay the same.

    Raises TypeError for nodes that are not of the kind that must be there.
    """
    parts: dict[str, tuple[Node, ...]] = {}
    for name in _FIELDS.get(node.__class__, ("children",)):
        before: tuple[Node, ...] = getattr(node, name, ())
        after = rewrite(before) if before else before
        if after is not before:
            _check_kinds(node, name, after)
            parts[name] = after
    if not parts:
        return node
    if isinstance(node, Markdown) and parts["children"] != node.children:
        # Its own text would say what was there before.
        return replace(node, text="", **parts)
    return replace(node, **parts)


def check_levels(tree: Document | Sequence[Node]) -> None:
    """Raise ValueError if a document or nodes have more than ``MAX_LEVELS`` levels."""
    level: list[Node] = []
    if isinstance(tree, Document):
        level += [
            *tree.children,
            *tree.introduction,
            *(node for definition in tree.definitions for node in definition.children),
        ]
    else:
        level += tree
    for _ in range(MAX_LEVELS):
        if not level:
            return
        level = [child for node in level for child in children_of(node)]
    if level:
        raise _too_deep()


def _too_deep() -> ValueError:
    return ValueError(f"the tree has more than {MAX_LEVELS} levels")


def _change_all(nodes: tuple[Node, ...], change: Change, level: int) -> tuple[Node, ...]:
    """Return what becomes of some nodes: the same tuple, if they all stay."""
    if nodes and level > MAX_LEVELS:
        raise _too_deep()
    changed: list[Node] = []
    is_same = True
    for node in nodes:
        inner = rewrite_children(node, lambda children: _change_all(children, change, level + 1))
        outer = change(inner)
        if outer is None or outer is inner:
            is_same = is_same and inner is node
            changed.append(inner)
            continue
        is_same = False
        if isinstance(outer, Position):
            changed.append(outer)
        else:
            changed += outer
    if is_same:
        return nodes
    for node in changed:
        if not isinstance(node, Position):
            raise TypeError(f"transform: expected a node, not {type(node).__name__}")
    return tuple(changed)


def _check_kinds(parent: Node, name: str, nodes: tuple[Node, ...]) -> None:
    kind = _KINDS.get(name, Position)
    for node in nodes:
        if not isinstance(node, kind):
            raise TypeError(
                f"transform: the {name} of a {type(parent).__name__} must be {kind.__name__}, not {type(node).__name__}"
            )
