"""How many of a source text's words survive on its page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

_WORD = re.compile(r"\w+")
# Parts of a source that a page does not show as words: tags, targets of links, names of languages and notes, entities.
_NO_WORDS = re.compile(
    r"<[a-z_/?!][^<>]*>|->[^\]\n]{0,500}\]|\[\[<[^<>]{0,100}>|\{[a-z_]{2,8}\}(?=->)|\[[a-z_]{2,8}\]|&[a-z]{2,8};"
    r"|\|[^|\]<>\n]{0,200}(?=->)",
    re.IGNORECASE | re.ASCII,
)


def count_words(sources: Iterable[str], page: str) -> tuple[int, int]:
    """Return the number of different words in the sources, and how many of them are on the page."""
    wanted = set(_NO_WORDS.sub(" ", " ".join(sources)).lower().split())
    there = set(page.lower().replace("&nbsp;", " ").split())
    # Most words are on the page unchanged; only the others, which touch markup, are split.
    same = wanted & there
    apart = set(_WORD.findall(unescape(" ".join(wanted - same))))
    missing = apart - there
    if missing:
        missing.difference_update(_WORD.findall(unescape(" ".join(there - same))))
    if missing:
        missing.difference_update(_WORD.findall(" ".join(same)))
    total = len(same) + len(apart)
    return total, total - len(missing)
