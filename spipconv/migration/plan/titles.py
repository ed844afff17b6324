"""Titles of SPIP: the number that sets their position, their words, and the file names made from them."""

from __future__ import annotations

import re

from slugify import slugify

from spipconv.languages import choose_language
from spipconv.migration.read.privacy import with_locals
from spipconv.nodes import plain_text
from spipconv.objects import sort_number
from spipconv.parsing.parser import parse
from spipconv.parsing.typography import decode_entities

_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"[<>{}\[\]&`~'\"_\\|]|[ \u00a0][;:!?%]|--|\.\.\.")
_MULTI = re.compile(r"<(/?)multi>", re.IGNORECASE | re.ASCII)
_LANGUAGE = re.compile(r"\[([a-z_]{2,10})\]")
LONGEST_SLUG = 80
# Characters for which python-slugify would join two words or write an English word.
_APART = str.maketrans({"'": " ", "’": " ", "€": " eur ", "°": "o", "º": "o"})


def words_of(text: str, language: str) -> str:
    """Return a short SPIP text as plain words on one line, as the title of its page shows them."""
    if not _MARKUP.search(text) and not any(character in text for character in "?!;:%"):
        return _SPACES.sub(" ", text).strip()
    nodes = parse(text, profile="title", lang=language).document.children
    return _SPACES.sub(" ", plain_text(nodes)).strip()


def title_of(title: str, language: str) -> str:
    """Return the plain words of a title, without its number."""
    return words_of(sort_number(title)[1].strip(), language)


def shown_title(title: str, language: str) -> str:
    """Return the plain words of a title without its number, with the same fallback as ``shown_words``."""
    return shown_words(sort_number(title)[1].strip(), language)


def shown_words(text: str, language: str) -> str:
    """Return a short text as plain words, for showing it on other pages; as it is written if an internal error stops
    that.

    The error is reported when the page of the text's own object is made.
    """
    try:
        return words_of(text, language)
    except Exception:
        return _SPACES.sub(" ", text).strip()


def slug_of(title: str) -> str:
    """Return the file name for some plain words: ``qu-est-ce-qu-une-cooperative``; empty if they give none."""
    words = with_locals(decode_entities(title)).translate(_APART)
    # The backend is fixed; otherwise the slugs would depend on the installed packages.
    return slugify(words, max_length=LONGEST_SLUG, word_boundary=True, save_order=True, backend="text-unidecode")


def in_language(text: str, language: str) -> str:
    """Return a text with its ``<multi>`` blocks in one language only."""
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
