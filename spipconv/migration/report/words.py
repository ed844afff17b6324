"""What people call the things that a report counts, and how they write numbers: in English and in French."""

from __future__ import annotations

from spipconv.diagnostics import Severity
from spipconv.migration.kinds import PAGE_KINDS

# What is counted besides objects that have a page.
_OTHERS = {
    "": ("base", "base"),
    "file": ("files", "fichiers"),
    "redirect": ("redirects", "redirections"),
    "messages": ("private messages", "messages privés"),
    "petitions": ("petitions", "pétitions"),
    "signatures": ("signatures", "signatures"),
    "syndic_articles": ("syndicated items", "articles syndiqués"),
}
_KINDS = {**{name: kind.words for name, kind in PAGE_KINDS.items()}, **_OTHERS}
_ONE = {name: kind.word for name, kind in PAGE_KINDS.items()}
_TALLIES = {
    "read": ("read", "lus"),
    "written": ("written", "écrits"),
    "left": ("left", "non repris"),
    "file": ("files", "fichiers"),
    "redirect": ("redirects", "redirections"),
    "copied": ("copied", "copiés"),
    "refused": ("refused", "refusés"),
    "missing": ("missing", "absents"),
    "unreadable": ("unreadable", "illisibles"),
    "cleaned": ("cleaned", "nettoyés"),
    "pages": ("pages", "pages"),
    "paths": ("old paths", "anciens chemins"),
    "article": ("redirecting articles", "articles de redirection"),
}
_SEVERITY_WORDS = {
    "loss": (("loss", "losses"), ("perte", "pertes")),
    "change": (("change", "changes"), ("changement", "changements")),
    "info": (("note", "notes"), ("remarque", "remarques")),
}
# The order in which kinds and tallies are shown.
KIND_ORDER = ("", *PAGE_KINDS, *(name for name in _OTHERS if name))
TALLY_ORDER = tuple(_TALLIES)


def is_french(language: str) -> bool:
    """Return whether people read French; otherwise they read English."""
    return language.lower().startswith("fr")


def kind_words(kind: str, language: str, *, is_one: bool = False) -> str:
    """Return what people call a kind of objects; a kind that has no such words is its own name."""
    return (_ONE if is_one else _KINDS).get(kind, (kind, kind))[is_french(language)]


def tally_words(what: str, language: str) -> str:
    """Return what people call a tally (``read``, ``written`` …) or one of its parts."""
    return _TALLIES.get(what, (what, what))[is_french(language)]


def severity_words(severity: Severity, language: str, number: int = 2) -> str:
    """Return what people call so many issues of a severity."""
    french = is_french(language)
    return _SEVERITY_WORDS[severity][french][number > 1 if french else number != 1]


def grouped(number: int, language: str) -> str:
    """Return a whole number as people write it: 12,345 or 12 345."""
    return f"{number:,}".replace(",", "\u202f") if is_french(language) else f"{number:,}"


def per_cent(part: float, language: str) -> str:
    """Return a share as people write it: 99.8 % is not 100 %."""
    return f"{part * 100:.2f}".replace(".", ",") + "\u00a0%" if is_french(language) else f"{part * 100:.2f}%"
