"""Sections: headings come in, in the order of a text; the sections that they begin go out, with those below them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from spipconv.nodes import Element, Heading, Node, plain_text

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class Section(NamedTuple):
    """A heading: its plain words, its level as in HTML, and the sections below it.

    ``anchor`` is its id in the page, if it has one, so that a link may lead to it.
    """

    title: str
    level: int
    anchor: str
    node: Heading | Element
    sections: tuple[Section, ...] = ()


def level_of(node: Node) -> int:
    """Return the level of a heading as in HTML, 0 for what is none."""
    if isinstance(node, Heading):
        return node.level + 1
    return int(node.name[1]) if isinstance(node, Element) and node.name in _HEADINGS else 0


def words_of(nodes: tuple[Node, ...]) -> str:
    """Return the words of nodes on one line."""
    return " ".join(plain_text(nodes).split())


def nest(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return the outermost of some sections; each has those of deeper levels that follow it."""
    # What is open, outermost first: a level, and the sections below it.
    levels: list[tuple[int, list[Section]]] = [(0, [])]
    for section in sections:
        while len(levels) > 1 and section.level <= levels[-1][0]:
            _close(levels)
        levels[-1][1].append(section)
        levels.append((section.level, []))
    while len(levels) > 1:
        _close(levels)
    return tuple(levels[0][1])


def _close(levels: list[tuple[int, list[Section]]]) -> None:
    """End the last level: its sections are those of the section that opened it."""
    _, sections = levels.pop()
    outer = levels[-1][1]
    outer[-1] = outer[-1]._replace(sections=tuple(sections))
