"""Titles of SPIP: the number that sorts them, their words, and the names that they give to files."""

from __future__ import annotations

import re

from slugify import slugify

from spipconv.migration.read.privacy import with_locals
from spipconv.nodes import plain_text
from spipconv.objects import sort_number
from spipconv.parsing.parser import parse
from spipconv.parsing.typography import decode_entities

_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"[<>{}\[\]&`~'\"_\\|]|[ \u00a0][;:!?%]|--|\.\.\.")
LONGEST_SLUG = 80
# Where python-slugify would join two words, or spell a sign out in English.
_APART = str.maketrans({"'": " ", "’": " ", "€": " eur ", "°": "o", "º": "o"})


def words_of(text: str, language: str) -> str:
    """Return a short SPIP text as plain words on one line, as its page's title shows them."""
    if not _MARKUP.search(text) and not any(character in text for character in "?!;:%"):
        return _SPACES.sub(" ", text).strip()
    nodes = parse(text, profile="title", lang=language).document.children
    return _SPACES.sub(" ", plain_text(nodes)).strip()


def title_of(title: str, language: str) -> str:
    """Return the plain words of a title, without its number."""
    return words_of(sort_number(title)[1].strip(), language)


def shown_title(title: str, language: str) -> str:
    """Return the plain words of a title without its number, as ``shown_words`` does."""
    return shown_words(sort_number(title)[1].strip(), language)


def shown_words(text: str, language: str) -> str:
    """Return a short text as plain words where it is shown beside others: as it is written where an error stops that.

    Where the text's own object is made, that error is reported.
    """
    try:
        return words_of(text, language)
    except Exception:
        return _SPACES.sub(" ", text).strip()


def slug_of(title: str) -> str:
    """Return the name that plain words give to a file: ``qu-est-ce-qu-une-cooperative``; empty if there are none."""
    words = with_locals(decode_entities(title)).translate(_APART)
    # The backend is named, or the slugs would depend on what else is installed.
    return slugify(words, max_length=LONGEST_SLUG, word_boundary=True, save_order=True, backend="text-unidecode")
