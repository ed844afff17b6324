"""Footnotes in Markdown: their labels, ``[^1]``, and the texts that cannot be a footnote."""

from __future__ import annotations

import re
from html import unescape
from itertools import count
from typing import Final

from spipconv.converters.flavours import Flavour
from spipconv.nodes import Note
from spipconv.safety import safe_address

_LABEL: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_PLAIN_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
# A word alone on its line, or followed by a title: it may be read as the destination of a link reference definition.
_ALONE: Final = re.compile(r"([^\s<]+)(?:[ \t]+[\"'(][^\n]*)?[ \t]*(?=\n|\Z)")


class FootnoteLabels:
    """Gives every note of a document a label that the reader recognises; different texts get different labels."""

    def __init__(self, flavour: Flavour) -> None:
        self._pattern = _LABEL if flavour.is_commonmark else _PLAIN_LABEL
        self._labels: dict[str, str] = {}
        self._used: set[str] = set()
        self._with_text: set[str] = set()
        self._numbers = count(1)

    def label_of(self, node: Note) -> str:
        """Return the label of a note's call: its identifier, or a number if that is taken or is not a label."""
        label = self._labels.get(node.identifier)
        if not label or (node.children and label in self._with_text):
            label = node.identifier
            while label in self._used or not self._pattern.match(label):
                label = str(next(self._numbers))
            self._used.add(label)
            self._labels.setdefault(node.identifier, label)
        if node.children:
            self._with_text.add(label)
        return label


def is_refused_destination(words: str) -> bool:
    """Return whether a reader without footnotes would read a note's text as an address that is not allowed."""
    match = _ALONE.match(words)
    address = unescape(match[1].replace("\\", "")) if match else ""
    return not address.endswith(":") and safe_address(address) is None
