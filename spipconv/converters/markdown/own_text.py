"""Markdown that an author has typed: where it is written as it is, and where as any other nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spipconv.commonmark import is_self_contained
from spipconv.converters.flavours import Flavour
from spipconv.nodes import Heading, List, Markdown, Node, Paragraph


def spread(nodes: Iterable[Node], flavour: Flavour, depth: int, *, is_comment: bool) -> list[Node]:
    """Return nodes in which Markdown is replaced with what it holds unless it may be written as it is.

    It may not within other blocks, for readers that read more in it than CommonMark does, or where a list would grow.
    """
    given, written = [*nodes], list[Node]()
    if not any(isinstance(node, Markdown) for node in given):
        return given
    for index, node in enumerate(given):
        if not isinstance(node, Markdown) or (
            not depth
            and _is_kept(node, flavour, written[-1:], given[index + 1 : index + 2])
            and is_self_contained(node.text, is_comment=is_comment)
        ):
            written.append(node)
        else:
            written += node.children
    return written


def _is_kept(node: Markdown, flavour: Flavour, before: list[Node], after: list[Node]) -> bool:
    if not node.text or not flavour.is_commonmark or node.text.startswith("---"):
        # Three dashes at the start of a file would begin front matter.
        return False
    if flavour.active and re.search(flavour.active, node.text):
        return False
    # A list goes on beyond a blank line.
    is_after_list = any(_is_list(other, -1) for other in before)
    is_before_list = any(_is_list(other, 0) for other in after)
    starts_plainly = bool(node.children) and isinstance(node.children[0], Paragraph | Heading)
    return (starts_plainly or not is_after_list) and not (is_before_list and _is_list(node, -1))


def _is_list(node: Node, place: int) -> bool:
    """Return whether a node is a list, or Markdown that has one at its start (0) or its end (-1)."""
    if isinstance(node, Markdown):
        return not node.children or _is_list(node.children[place], place)
    return isinstance(node, List) or (getattr(node, "name", "") in ("ol", "ul"))
