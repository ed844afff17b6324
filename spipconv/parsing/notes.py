"""Footnotes: their numbers, names, ids and tooltips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from spipconv.nodes import (
    Code,
    CodeBlock,
    Figure,
    Frame,
    LineBreak,
    Link,
    Node,
    Note,
    Paragraph,
    Table,
    Text,
    children_of,
)

_NAME = re.compile(r"""\s*<([^<>'"\n]*)>""")
# The tooltip of a note's call: SPIP cuts it at 80 characters, including the sign of the cut.
_LONGEST_EXCERPT, _SHORTENED_EXCERPT = 80, 71
_ROWS = re.compile(r"^\|(?s:.*)\|$", re.MULTILINE)
_CUT = "\u00a0(…)"


class Notes:
    """Counts the notes of one text, starting at ``first``, and remembers the labels of its calls."""

    def __init__(self, first: int = 1) -> None:
        self._count = first - 1
        self._called: set[str] = set()

    def number(self) -> str:
        """Return the label of the next note without a name."""
        self._count += 1
        return str(self._count)

    def call(self, label: str) -> bool:
        """Record a call and return whether the label was called before."""
        repeated = label in self._called
        self._called.add(label)
        return repeated


def read_name(text: str, is_tag: bool) -> tuple[str | None, int]:
    """Return the name at the start of a note's text (None if there is none) and the length of its markup.

    ``<x>`` is a name unless ``</x>`` follows, which makes it an HTML tag.
    """
    match = _NAME.match(text)
    if match is None:
        return None, 0
    name = match[1]
    if is_tag and f"</{name.split()[0] if name.split() else name}" in text:
        return None, 0
    return name.strip(), match.end()


def identifier_of(label: str) -> str:
    """Return a label as it is written in ids: ``*`` is ``_2A``."""
    return quote(label, safe="").replace("%", "_").replace("~", "_7E")


def excerpt(nodes: Sequence[Node]) -> str:
    """Return the words of a note for the tooltip of its call, without code, bare addresses and pictures."""
    words: list[str] = []
    _collect(nodes, words)
    text = _ROWS.sub("", "".join(words)).replace("\n", " ").strip()
    # SPIP does not escape quotation marks here, so browsers only show the text before the first one.
    text = text.partition('"')[0].rstrip()
    if len(text) <= _LONGEST_EXCERPT:
        return text
    cut = text[: _SHORTENED_EXCERPT + 1]
    return (cut.rpartition(" ")[0] or cut[:-1]).rstrip() + _CUT


def _collect(nodes: Sequence[Node], words: list[str]) -> None:
    for node in nodes:
        match node:
            case Text():
                words.append(node.text)
            case LineBreak():
                words.append("\n")
            case Code() | CodeBlock() | Frame() | Figure() | Note() | Table():
                continue
            case Link(automatic=True):
                continue
            case Paragraph():
                if words:
                    words.append("\n\n")
                _collect(node.children, words)
            case _:
                _collect(children_of(node), words)
