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
    walk,
)
from spipconv.sections import Section, level_of, nest, words_of
from spipconv.trees import transform

_CONTENTS: Final = "nav"
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
    sections: list[Section] = []
    names: dict[str, int] = {}

    def name_heading(node: Node) -> Node | None:
        level, title = level_of(node), words_of((node,))
        if not level or not title or not isinstance(node, Heading | Element):
            return None
        name = _name_of(title, names)
        sections.append(Section(title, level, name, node))
        return replace(node, children=(Anchor(name), *node.children))

    def fill(node: Node) -> Node | tuple[()] | None:
        if not _is_place(node) or not isinstance(node, Element):
            return None
        # At the first place only: several lists of many headings would grow without bound.
        contents = _list_of(nest(sections)) if sections else None
        sections.clear()
        return replace(node, children=(contents,)) if contents else ()

    return replace(document, children=transform(transform(document.children, name_heading), fill))


def _is_place(node: Node) -> bool:
    return isinstance(node, Element) and (node.name, node.attributes, node.children) == (_CONTENTS, _ATTRIBUTES, ())


def _name_of(title: str, names: dict[str, int]) -> str:
    """Return the name of a title's anchor, which no other title has."""
    plain = unicodedata.normalize("NFKD", title[:_LONGEST_NAME]).encode("ascii", "ignore").decode().lower()
    name = _NOT_IN_NAMES.sub("-", plain).strip("-") or "titre"
    number = names[name] = names.get(name, 0) + 1
    return name if number == 1 else f"{name}--{number}"


def _list_of(sections: Iterable[Section]) -> List:
    """Return a list of links to sections, those below them in lists of their own."""
    return List(False, tuple(map(_item_of, sections)))


def _item_of(section: Section) -> ListItem:
    link = Link(f"#{section.anchor}", (Text(section.title),), "anchor")
    return ListItem((link, _list_of(section.sections)) if section.sections else (link,))


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
