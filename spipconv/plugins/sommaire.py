"""Sommaire: ``[sommaire]`` or ``<sommaire>`` is a list of links to the headings, ``[!sommaire]`` forbids one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from spipconv.extensions import Extension, Shortcut, Writer
from spipconv.nodes import (
    Anchor,
    Document,
    Element,
    Heading,
    Link,
    List,
    ListItem,
    Node,
    Text,
    plain_text,
    walk,
)
from spipconv.trees import transform

_CONTENTS: Final = "nav"
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_ATTRIBUTES: Final = (("class", "sommaire"),)
_NOT_IN_NAMES: Final = re.compile("[^a-z0-9]+")
_LONGEST_NAME: Final = 80


def _write_nothing(writer: Writer, start: int, end: int) -> None:
    writer.end_words(trims=True)


def _write_contents(writer: Writer, start: int, end: int) -> None:
    """Write the place of the table of contents, which is made of the finished tree."""
    if not writer.has_paragraphs or writer.is_in_cell:
        writer.end_words()
        return
    writer.end_lists()
    writer.add(Element(_CONTENTS, _ATTRIBUTES, ()), start, end)


def _finish(document: Document) -> Document:
    """Return a document with its table of contents in its place, and anchors in its headings."""
    if not any(map(_is_place, walk(document.children))):
        return document
    entries: list[tuple[int, Link]] = []
    names: dict[str, int] = {}

    def name_heading(node: Node) -> Node | None:
        level = _level_of(node)
        title = " ".join(plain_text((node,)).split())
        if not level or not title or not isinstance(node, Heading | Element):
            return None
        name = _name_of(title, names)
        entries.append((level, Link(f"#{name}", (Text(title),), "anchor")))
        return replace(node, children=(Anchor(name), *node.children))

    def fill(node: Node) -> Node | tuple[()] | None:
        if not _is_place(node) or not isinstance(node, Element):
            return None
        # At the first place only: several lists of many headings would grow without bound.
        contents = _contents(entries)
        entries.clear()
        return replace(node, children=(contents,)) if contents else ()

    return replace(document, children=transform(transform(document.children, name_heading), fill))


def _is_place(node: Node) -> bool:
    return isinstance(node, Element) and (node.name, node.attributes, node.children) == (_CONTENTS, _ATTRIBUTES, ())


def _level_of(node: Node) -> int:
    """Return the level of a heading as in HTML, 0 for what is none."""
    if isinstance(node, Heading):
        return node.level + 1
    return int(node.name[1]) if isinstance(node, Element) and node.name in _HEADINGS else 0


def _name_of(title: str, names: dict[str, int]) -> str:
    """Return the name of a title's anchor, which no other title has."""
    plain = unicodedata.normalize("NFKD", title[:_LONGEST_NAME]).encode("ascii", "ignore").decode().lower()
    name = _NOT_IN_NAMES.sub("-", plain).strip("-") or "titre"
    number = names[name] = names.get(name, 0) + 1
    return name if number == 1 else f"{name}--{number}"


def _contents(entries: Iterable[tuple[int, Link]]) -> List | None:
    """Return the list of the headings, those of deeper levels in lists of their own."""
    # The lists that are open, outermost first: the level of each, and what its items hold.
    lists: list[tuple[int, list[list[Node]]]] = []
    for level, link in entries:
        while len(lists) > 1 and level <= lists[-2][0]:
            _close(lists)
        if not lists or level > lists[-1][0]:
            lists.append((level, []))
        lists[-1][1].append([link])
    while len(lists) > 1:
        _close(lists)
    return _list_of(lists[0][1]) if lists else None


def _close(lists: list[tuple[int, list[list[Node]]]]) -> None:
    _, items = lists.pop()
    lists[-1][1][-1].append(_list_of(items))


def _list_of(items: list[list[Node]]) -> List:
    return List(False, tuple([ListItem(tuple(children)) for children in items]))


EXTENSION: Final = Extension(
    name="sommaire",
    shortcuts={
        "without": Shortcut(r"\[!sommaire\]", _write_nothing, hints=("[!sommaire]",)),
        "contents": Shortcut(
            r"\[sommaire\]|<(?ai:sommaire)(?:[ \t]*[0-9]*[ \t]*\|[^<>]*)?>",
            _write_contents,
            hints=("[sommaire]", "<sommaire"),
        ),
    },
    transform=_finish,
)
