"""Definitions: an entry comes in, what a page shows of it goes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from spipconv.glossary.entries import GlossaryEntry
from spipconv.nodes import Definition, Directive, Node, Note, plain_text
from spipconv.parsing.parser import parse
from spipconv.trees import transform

_LONGEST_SHORT = 200
# A longer definition explains, rather than writes an abbreviation out.
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+")


def define(entry: GlossaryEntry, identifier: str, language: str) -> Definition:
    """Return the definition of an entry on a page in a language. Its notes are left out: they are the page's own."""
    language = entry.language or language
    source = entry.definition
    if isinstance(source, str):
        nodes = parse(source, lang=language, plugins=("glossaire",)).document.children
    else:
        nodes = source
    nodes = transform(nodes, lambda node: () if isinstance(node, Directive | Note) else (node,))
    words = _words_of(nodes)
    is_abbreviation = entry.abbreviation or _writes_out(entry.forms, words)
    return Definition(
        identifier,
        entry.forms,
        nodes,
        short=entry.short or (words.rstrip(" .") if is_abbreviation and len(words) <= _LONGEST_SHORT else _cut(words)),
        address=entry.address,
        language=entry.language,
        is_abbreviation=is_abbreviation,
    )


def _words_of(nodes: Sequence[Node]) -> str:
    return " ".join(" ".join(plain_text((node,)) for node in nodes).split())


def _cut(words: str) -> str:
    """Return the beginning of some words, cut at a space."""
    if len(words) <= _LONGEST_SHORT:
        return words
    return words[:_LONGEST_SHORT].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def _writes_out(forms: Sequence[str], words: str) -> bool:
    """Return whether a definition is what an abbreviation stands for: its words begin with the letters in their order.

    ``ESS``: *É*conomie *s*ociale et *s*olidaire.
    """
    form = forms[0].replace(".", "") if forms else ""
    initials = [word[0] for word in _WORD.findall(words)]
    if not (form.isupper() and form.isalpha() and len(form) > 1 and len(form) <= len(initials) <= _MOST_WORDS):
        return False
    rest = iter(_letters("".join(initials)))
    letters = _letters(form)
    return _letters(initials[0])[:1] == letters[:1] and all(letter in rest for letter in letters)


def _letters(text: str) -> str:
    """Return letters without accents, in lower case."""
    return "".join(letter for letter in normalize("NFD", text) if letter.isalnum()).casefold()
