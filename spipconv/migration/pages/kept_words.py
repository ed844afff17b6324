"""How many of a source text's words survive on its page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from spipconv.languages import choose_language

_WORD = re.compile(r"\w+")
# Parts of a source that a page does not show as words: tags, targets of links, names of languages and notes, entities.
_NO_WORDS = re.compile(
    r"<[a-z_/?!][^<>]*>|->[^\]\n]{0,500}\]|\[\[<[^<>]{0,100}>|\{[a-z_]{2,8}\}(?=->)|\[[a-z_]{2,8}\]|&[a-z]{2,8};"
    r"|\|[^|\]<>\n]{0,200}(?=->)",
    re.IGNORECASE | re.ASCII,
)
_MULTI = re.compile(r"<(/?)multi>", re.IGNORECASE | re.ASCII)
_LANGUAGE = re.compile(r"\[([a-z_]{2,10})\]")


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


def in_language(text: str, language: str) -> str:
    """Return a text with its ``<multi>`` blocks in one language only, for counting words."""
    pieces: list[str] = []
    position, opened = 0, None
    for mark in _MULTI.finditer(text):
        if not mark[1]:
            opened = opened or mark
        elif opened:
            default, *marked = _LANGUAGE.split(text[opened.end() : mark.start()])
            parts = dict(zip(marked[::2], marked[1::2], strict=True))
            if default.strip() or not parts:
                parts[""] = default
            pieces += [text[position : opened.start()], parts[choose_language(parts, language)[0]]]
            position, opened = mark.end(), None
    return "".join(pieces) + text[position:]
