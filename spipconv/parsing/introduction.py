"""The introduction of a text: a text and the places of its ``<intro>`` tags come in, what is between them goes out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_WORDS: Final = re.compile("[^\n]")


def keep_introduction(text: str, tags: Iterable[tuple[int, int]]) -> str:
    """Return a text in which all but its introductions is blank, so that lines and columns stay; empty if it has none.

    ``tags`` are the start and the end of each tag. As in SPIP, an introduction goes from the first ``<intro>`` since
    the last ``</intro>`` to the next one; if there is none, from that end or the start of the text.
    """
    kept: list[str] = []
    end = start = 0
    is_open = False
    for at, after in tags:
        if text[at + 1] != "/":
            if not is_open:
                start, is_open = after, True
            continue
        kept += (_WORDS.sub(" ", text[end:start]), text[start:at], " " * (after - at))
        end = start = after
        is_open = False
    return "".join(kept)
