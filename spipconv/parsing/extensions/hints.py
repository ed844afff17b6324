"""Hints: what every text with a shortcut of a plugin contains. Without any, no plugin is loaded."""

from __future__ import annotations

import re

# Those of all shortcuts of the plugins, and the names of their blocks; a test compares them.
HINTS = (
    "++++", "<sc>", "<sommaire", "[!", "[!glossaire]", "[!sommaire]", "[(", "[*", "[/", "[^", "[sommaire]", "[|",
    "{1{", "{2{", "{3{", "{4{", "{5{", "{{{#", "{{{*", "{§{",
)  # fmt: skip
BLOCKS = ("markdown", "md")


def _expression_of(first: str) -> re.Pattern[str]:
    rests = [re.escape(hint[1:]) for hint in HINTS if hint[0] == first]
    return re.compile(f"{re.escape(first)}(?:{'|'.join(rests)})")


# An expression for each first character, because one that begins with a character is found several times as fast as one
# of several.
_SEARCHES = tuple([(first, _expression_of(first).search) for first in sorted({hint[0] for hint in HINTS})])
BLOCK_TAG = re.compile(rf"<(?P<end>/?)(?P<name>{'|'.join(BLOCKS)})>", re.IGNORECASE | re.ASCII)


def has_block(text: str) -> bool:
    """Return whether a text has a tag of a block."""
    return "</" in text and BLOCK_TAG.search(text) is not None


def has_hint(text: str) -> bool:
    """Return whether a text has a hint of a shortcut."""
    # A loop: a generator takes longer than the searches in a comment.
    for first, search in _SEARCHES:  # noqa: SIM110
        if first in text and search(text):
            return True
    return False
