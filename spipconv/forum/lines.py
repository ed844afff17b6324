"""Lines: a stranger's words come in; they go out in one line, which turns the words around it in no direction."""

from __future__ import annotations

import re

from spipconv.safety import printable

# Marks and overrides of direction: with them, words change the order of those around them.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Not the no-break spaces of typography.
_SPACES = re.compile("[^\\S\u00a0\u202f]+")


def flatten(text: str, most: int = 120) -> str:
    """Return words in one line, without controls and marks of direction; of more than ``most`` characters, the first.

    It ends with ``…`` then. It is empty if nobody could see anything of the words.
    """
    words = _SPACES.sub(" ", DIRECTIONS.sub("", printable(text[: 4 * most]))).strip()
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
