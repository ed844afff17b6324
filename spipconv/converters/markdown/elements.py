"""The author's HTML that Markdown can say: an element comes in, the node that means the same goes out.

Attributes that only say how something looks are lost. An element with an attribute that says more (a language, a
title, an id) is not changed, and so is one whose content Markdown cannot hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from spipconv.converters.markdown.numbered_list import NumberedList
from spipconv.nodes import (
    Cell,
    CodeBlock,
    Element,
    Heading,
    Link,
    List,
    ListItem,
    Node,
    Paragraph,
    Quote,
    Row,
    Rule,
    Table,
    Text,
)

# Attributes that say how an element looks, and what readers do not need to know of a link.
_LOOKS: Final = frozenset("border class height loading role size valign width".split())
_OF_LINKS: Final = frozenset("href hreflang rel target title type".split())
_OF_PICTURES: Final = frozenset("align alt src title".split())
_ALIGNMENTS: Final = frozenset(("", "left", "justify"))
_BULLETS: Final = frozenset(("", "circle", "disc", "square"))
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,8}")
_RULES: Final = {"left": ":--", "center": ":-:", "right": "--:"}


def block_of(element: Element) -> Node | None:
    """Return the block of Markdown that an element is, or None."""
    read = _BLOCKS.get(element.name)
    return read(element) if read else None


def link_of(element: Element) -> Link | None:
    """Return the link that an ``<a>`` is, or None."""
    attributes = dict(element.attributes)
    if not attributes.get("href") or not _has_only(element, _OF_LINKS):
        return None
    return Link(attributes["href"], element.children, title=attributes.get("title", ""))


def picture_of(element: Element) -> tuple[str, str, str] | None:
    """Return the address, the alternative text and the title of an ``<img>``, or None if Markdown cannot say it."""
    attributes = dict(element.attributes)
    if not attributes.get("src") or not _has_only(element, _OF_PICTURES):
        return None
    return attributes["src"], attributes.get("alt", ""), attributes.get("title", "")


def only_looks(element: Element) -> bool:
    """Return whether an element has no attributes but those that say how it looks."""
    return _has_only(element, ())


def table_of(element: Element) -> tuple[Table, list[str]] | None:
    """Return the table that a ``<table>`` without spans is, with the rule under each head cell, or None.

    Its first row, and no other, holds heads.
    """
    if not _has_only(element, ("align",)):
        return None
    rows = _rows_of(element.children)
    if not rows:
        return None
    cells = [_cells_of(row) for row in rows]
    width = len(cells[0] or ())
    if any(row is None or len(row) != width for row in cells):
        return None
    kept = [row for row in cells if row is not None]
    if {cell.name for cell in kept[0]} != {"th"} or any(cell.name != "td" for row in kept[1:] for cell in row):
        return None
    table = Table(
        tuple(
            [
                Row(tuple([Cell(cell.children, header=number == 0) for cell in row]), head=number == 0)
                for number, row in enumerate(kept)
            ]
        )
    )
    return table, [_rule_of([row[column] for row in kept]) for column in range(width)]


def _rule_of(cells: Sequence[Element]) -> str:
    """Return the rule under the head of a column, which aligns it if its cells are all aligned alike."""
    alignments = {dict(cell.attributes).get("align", "").lower() for cell in cells[1:] or cells}
    return _RULES.get(alignments.pop(), "---") if len(alignments) == 1 else "---"


def _rows_of(nodes: Iterable[Node]) -> list[Element] | None:
    rows: list[Element] = []
    for node in nodes:
        if not isinstance(node, Element) or not _has_only(node, ("align",)):
            return None
        if node.name == "tr":
            rows.append(node)
        elif node.name in ("thead", "tbody"):
            inner = _rows_of(node.children)
            if inner is None or (node.name == "thead" and len(inner) != 1) or (node.name == "thead" and rows):
                return None
            rows += inner
        else:
            return None
    return rows


def _cells_of(row: Element) -> list[Element] | None:
    cells: list[Element] = []
    for cell in row.children:
        if not isinstance(cell, Element) or cell.name not in ("td", "th"):
            return None
        spans = [value for name, value in cell.attributes if name in ("colspan", "rowspan")]
        if set(spans) - {"1"} or not _has_only(cell, ("align", "colspan", "rowspan")):
            return None
        cells.append(cell)
    return cells


def _list_of(element: Element) -> List | None:
    is_ordered = element.name == "ol"
    attributes = dict(element.attributes)
    if not _has_only(element, ("start", "type") if is_ordered else ("type",)):
        return None
    if attributes.get("type", "").lower() not in (("", "1") if is_ordered else _BULLETS):
        return None
    items: list[ListItem] = []
    for item in element.children:
        if not isinstance(item, Element) or item.name != "li" or not only_looks(item):
            return None
        items.append(ListItem(item.children))
    start = attributes.get("start", "1")
    if not items or not _NUMBER.fullmatch(start):
        return None
    return List(is_ordered, tuple(items)) if start == "1" else NumberedList(is_ordered, tuple(items), start=int(start))


def _heading_of(element: Element) -> Heading | None:
    element = _with_anchor(element)
    return Heading(element.children, level=int(element.name[1]) - 1) if _is_aligned(element) else None


def _paragraph_of(element: Element) -> Paragraph | None:
    element = _with_anchor(element)
    return Paragraph(element.children) if _is_aligned(element) else None


def _with_anchor(element: Element) -> Element:
    """Return an element whose id, to which links may lead, is that of an empty element at its start."""
    ids = tuple([attribute for attribute in element.attributes if attribute[0] == "id"])
    others = tuple([attribute for attribute in element.attributes if attribute[0] != "id"])
    return Element(element.name, others, (Element("span", ids, ()), *element.children)) if ids else element


def _rule(element: Element) -> Rule | None:
    return Rule() if _has_only(element, ("align",)) else None


def _quote_of(element: Element) -> Quote | None:
    return Quote(element.children) if only_looks(element) else None


def _code_of(element: Element) -> CodeBlock | None:
    words = [node.text for node in element.children if isinstance(node, Text)]
    if not words or len(words) < len(element.children) or not only_looks(element):
        return None
    return CodeBlock("".join(words).strip("\n"))


def _is_aligned(element: Element) -> bool:
    """Return whether an element has only looks, and is aligned as all text is."""
    return _has_only(element, ("align",)) and dict(element.attributes).get("align", "").lower() in _ALIGNMENTS


def _has_only(element: Element, names: Iterable[str]) -> bool:
    return all(name in _LOOKS or name in names for name, _ in element.attributes)


_BLOCKS: Final[Mapping[str, Callable[[Element], Node | None]]] = {
    "blockquote": _quote_of,
    "hr": _rule,
    "ol": _list_of,
    "p": _paragraph_of,
    "pre": _code_of,
    "ul": _list_of,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _heading_of),
}
