"""Words for the things that a report counts."""

from __future__ import annotations

from spipconv.diagnostics import Severity
from spipconv.migration.kinds import PAGE_KINDS
from spipconv.translations import format_number, mark, mark_plural, translate, translate_plural

# Things that are counted in addition to objects with a page.
_OTHERS = {
    "": mark("database"),
    "file": mark("files"),
    "redirect": mark("redirects"),
    "messages": mark("private messages"),
    "petitions": mark("petitions"),
    "signatures": mark("signatures"),
    "syndic_articles": mark("syndicated items"),
}
_TALLIES = {
    "read": mark_plural("read", "read"),
    "written": mark_plural("written", "written"),
    "left": mark_plural("left out", "left out"),
    "file": mark_plural("file", "files"),
    "redirect": mark_plural("redirect", "redirects"),
    "copied": mark_plural("copied", "copied"),
    "refused": mark_plural("refused", "refused"),
    "missing": mark_plural("missing", "missing"),
    "unreadable": mark_plural("unreadable", "unreadable"),
    "cleaned": mark_plural("cleaned", "cleaned"),
    "pages": mark_plural("page", "pages"),
    "paths": mark_plural("old path", "old paths"),
    "article": mark_plural("redirecting article", "redirecting articles"),
}
_SEVERITIES = {
    "loss": mark_plural("loss", "losses"),
    "change": mark_plural("change", "changes"),
    "info": mark_plural("note", "notes"),
}
# The order in which kinds and tallies are shown.
KIND_ORDER = ("", *PAGE_KINDS, *(name for name in _OTHERS if name))
TALLY_ORDER = tuple(_TALLIES)


def kind_words(kind: str, language: str, *, number: int = 2) -> str:
    """Return the words for a number of objects of a kind; for a kind without words, its own name."""
    if kind in PAGE_KINDS:
        return translate_plural(*PAGE_KINDS[kind].words, number, language)
    return translate(_OTHERS[kind], language) if kind in _OTHERS else kind


def tally_words(what: str, language: str, *, number: int = 2) -> str:
    """Return the words for a tally (``read``, ``written`` …), or for a number of one of its parts."""
    return translate_plural(*_TALLIES[what], number, language) if what in _TALLIES else what


def severity_words(severity: Severity, language: str, number: int = 2) -> str:
    """Return the words for a number of issues of a severity."""
    return translate_plural(*_SEVERITIES[severity], number, language)


def format_share(share: float, language: str) -> str:
    """Return a share as people write it, with decimals: 99.80% is not 100%."""
    return translate("{number}%", language, number=format_number(share * 100, language, decimals=2))
