"""Footnotes: their numbers, their names, and how they are told apart in ids."""

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
# The tooltip of a call: SPIP cuts at 80 characters, less its own sign of having cut.
_LONGEST_EXCERPT, _SHORTENED_EXCERPT = 80, 71
_ROWS = re.compile(r"^\|(?s:.*)\|$", re.MULTILINE)
_CUT = "\u00a0(…)"


class Notes:
    """Counts the notes of one text, from ``first`` on, and remembers the names of its calls."""

    def __init__(self, first: int = 1) -> None:
        self._count = first - 1
        self._called: set[str] = set()

    def number(self) -> str:
        """Return the label of the next note without a name."""
        self._count += 1
        return str(self._count)

    def call(self, label: str) -> bool:
        """Note a call; True when the label was called before."""
        repeated = label in self._called
        self._called.add(label)
        return repeated


def read_name(text: str, is_tag: bool) -> tuple[str | None, int]:
    """Return the name that a note's text starts with (None: none) and how long that is.

    ``<x>`` is a name unless ``</x>`` follows, which makes it HTML.
    """
    match = _NAME.match(text)
    if match is None:
        return None, 0
    name = match[1]
    if is_tag and f"</{name.split()[0] if name.split() else name}" in text:
        return None, 0
    return name.strip(), match.end()


def identifier_of(label: str) -> str:
    """Return a label as it stands in ids: ``*`` is ``_2A``."""
    return quote(label, safe="").replace("%", "_").replace("~", "_7E")


def excerpt(nodes: Sequence[Node]) -> str:
    """Return the words of a note for the tooltip of its call, without code, bare addresses and pictures."""
    words: list[str] = []
    _collect(nodes, words)
    text = _ROWS.sub("", "".join(words)).replace("\n", " ").strip()
    # SPIP writes a quotation mark there unescaped, so that browsers show what precedes it.
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
