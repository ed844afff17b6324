"""Trees of HTML as a browser builds them, without differences that no reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import html5lib

Tree = list[Any]

_ATTRIBUTES = frozenset({"href", "src", "alt", "title", "colspan", "rowspan", "start", "value"})
_SAME = {"em": "i", "strong": "b", "textarea": "pre"}
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big br cite code del dfn font i img ins kbd mark q samp small span strike sub sup time
    tt u var""".split()
)
_NOTHING_IF_EMPTY = frozenset({"b", "i", "p", "small", "span", "u"})
_STRUCK = re.compile("(</?)s(?=[ >])")
_HOST = re.compile(r"((?:https?:)?//)([^/?#:@]*)")
_WHITE_SPACE = re.compile("[ \t\n\r\f]+")


def tree(html: str, also: frozenset[str] = frozenset()) -> Tree:
    """Return the elements and words of an HTML fragment, each element as ``[name, attributes, children]``.

    Left out: classes, ids, languages and sizes; spans without meaning; empty paragraphs and emphasis; white space
    that does not show. ``also`` names attributes to compare beyond those that Markdown can say.
    """
    # <s> is Markdown's <del>, but browsers continue only <s> as formatting after a misplaced tag.
    html = _STRUCK.sub(r"\1del", html)
    # html5lib loses text that belongs before a table without a parent.
    page = html5lib.parseFragment(f"<center>{html}</center>", namespaceHTMLElements=False)
    return _tidy(_children(page[0], keeps_spaces=False, compared=_ATTRIBUTES | also))


def address(value: str) -> str:
    """Return an address as a browser opens it: with encoded characters, and a host in ASCII."""
    host = _HOST.match(value)
    if host and not host[2].isascii():
        value = host[1] + host[2].encode("idna").decode() + value[host.end() :]
    return quote(value, safe="/?:@&=+$,;_.!~*'()#%-\\")


def words(nodes: Tree) -> str:
    """Return the text of a tree."""
    return "".join([node if isinstance(node, str) else words(node[2]) for node in nodes])


def addresses(nodes: Tree) -> list[str]:
    """Return every href and src, in order."""
    found: list[str] = []
    for node in nodes:
        if not isinstance(node, str):
            found += [node[1][key] for key in ("href", "src") if key in node[1]]
            found += addresses(node[2])
    return found


def _children(element: Any, *, keeps_spaces: bool, compared: frozenset[str]) -> Tree:
    nodes: Tree = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            nodes += _element(child, keeps_spaces=keeps_spaces, compared=compared)
        nodes.append(child.tail or "")
    return merge(nodes)


def _element(element: Any, *, keeps_spaces: bool, compared: frozenset[str]) -> Tree:
    name = _SAME.get(element.tag, element.tag)
    attributes = {key: value.strip(" \t\n\f\r") for key, value in element.attrib.items() if key in compared}
    for name_of_address in ("href", "src"):
        if name_of_address in attributes:
            attributes[name_of_address] = address(attributes[name_of_address])
    if "title" in attributes:
        attributes["title"] = " ".join(attributes["title"].split())
    nodes = _children(element, keeps_spaces=keeps_spaces or name == "pre", compared=compared)
    if (name == "span" and not attributes) or element.get("class") == "precode":
        return nodes
    if name == "img":
        attributes.setdefault("alt", "")
    if name == "table":
        nodes = _with_head(nodes)
    if name == "pre":
        return [[name, attributes, [words(nodes).strip("\n")]]]
    return [[name, attributes, nodes if keeps_spaces else _tidy(nodes)]]


def _with_head(nodes: Tree) -> Tree:
    """Return the content of a table whose first row, if it holds nothing but heads, is its head."""
    body = next((node for node in nodes if not isinstance(node, str)), None)
    if not body or body[0] != "tbody" or not body[2]:
        return nodes
    rows = [row for row in body[2] if not isinstance(row, str)]
    if not rows or {cell[0] for cell in rows[0][2] if not isinstance(cell, str)} != {"th"}:
        return nodes
    rest = [["tbody", body[1], rows[1:]]] if rows[1:] else []
    return [["thead", {}, rows[:1]], *rest, *[node for node in nodes if node is not body]]


def merge(nodes: Iterable[Any]) -> Tree:
    """Return nodes in which words side by side are one."""
    merged: Tree = []
    for node in nodes:
        if isinstance(node, str) and merged and isinstance(merged[-1], str):
            merged[-1] += node
        elif node != "":
            merged.append(node)
    return merged


def _tidy(nodes: Tree) -> Tree:
    nodes = merge([n for n in nodes if isinstance(n, str) or n[1] or n[2] or n[0] not in _NOTHING_IF_EMPTY])
    nodes = [_WHITE_SPACE.sub(" ", node) if isinstance(node, str) else node for node in nodes]
    tidy: Tree = []
    for before, node, after in zip([None, *nodes], nodes, [*nodes[1:], None], strict=False):
        if isinstance(node, str):
            node = node.lstrip(" ") if _ends_words(before) else node  # noqa: PLW2901
            node = node.rstrip(" ") if _ends_words(after) else node  # noqa: PLW2901
        tidy.append(node)
    return merge(tidy)


def _ends_words(neighbour: Any) -> bool:
    """Return whether white space next to this is invisible."""
    return neighbour is None or (neighbour[0] not in _INLINE or neighbour[0] == "br")
