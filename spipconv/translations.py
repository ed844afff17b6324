"""Sentences for people: English in the source, other languages from the gettext catalogues in ``locale/``.

``make translations`` extracts what ``translate``, ``translate_plural``, ``mark`` and ``mark_plural`` are given,
updates the catalogues and compiles them.
"""

from __future__ import annotations

import gettext
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENGLISH = "en"
# Between thousands and before decimals, where a language does not write them as English does.
_SEPARATORS = {"fr": ("\u202f", ",")}


class Plural(NamedTuple):
    """A sentence about one thing and the same sentence about several."""

    singular: str
    plural: str


def mark(sentence: str) -> str:
    """Return a sentence unchanged: so marked, it is in the catalogues, and ``translate`` may be given it later."""
    return sentence


def mark_plural(singular: str, plural: str) -> Plural:
    """Return both forms of a sentence: so marked, they are in the catalogues."""
    return Plural(singular, plural)


def translate(sentence: str, language: str, /, **values: object) -> str:
    """Return a marked sentence in a language, in English where it has no catalogue or no translation.

    ``language`` is a code of SPIP's or of BCP 47: ``fr``, ``fr_tu``, ``fr-CA``. Where values are given, the sentence is
    a format of ``str.format`` and ``{name}`` is the value of that name; otherwise braces stand for themselves, as in
    sentences about SPIP's shortcuts. Braces in a value always stand for themselves.
    """
    translated = _catalogue(language).gettext(sentence) if sentence else ""
    return translated.format_map(values) if values else translated


def translate_plural(singular: str, plural: str, number: int, language: str, /, **values: object) -> str:
    """Return the form of a marked sentence that a language uses for so many things.

    Both forms are formats of ``str.format``, in which ``{number}`` is the number as people of that language write it.
    """
    translated = _catalogue(language).ngettext(singular, plural, number)
    return translated.format_map({"number": format_number(number, language), **values})


def format_number(number: float, language: str, decimals: int = 0) -> str:
    """Return a number as people write it: 12,345.60 in English, 12 345,60 in French."""
    written = f"{number:,.{decimals}f}"
    separators = _SEPARATORS.get(find_catalogue(language))
    return written.translate({ord(","): separators[0], ord("."): separators[1]}) if separators else written


@lru_cache(1000)
def find_catalogue(language: str) -> str:
    """Return the language in which people of a language are written to: its own if it has a catalogue, else ``en``."""
    name = language.lower().replace("-", "_").partition("_")[0]
    return name if name in available_languages() else ENGLISH


@cache
def available_languages() -> frozenset[str]:
    """Return the languages that sentences are written in: English, and those of the catalogues."""
    return frozenset({ENGLISH, *(folder.name for folder in _folder().iterdir() if folder.is_dir())})


@lru_cache(1000)
def _catalogue(language: str) -> gettext.NullTranslations:
    return _read_catalogue(find_catalogue(language))


@cache
def _read_catalogue(language: str) -> gettext.NullTranslations:
    if language == ENGLISH:
        return gettext.NullTranslations()
    with (_folder() / language / "LC_MESSAGES" / "spipconv.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def _folder() -> Traversable:
    # It takes 10 ms to import, which most commands need not wait for.
    from importlib.resources import files

    return files("spipconv") / "locale"
