"""Words for the things that a report counts."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.diagnostics import Severity
from spipconv.migration.kinds import PAGE_KINDS
from spipconv.migration.report.plugin_facts import PluginFate
from spipconv.translations import format_number, mark, mark_plural, translate, translate_plural

# Things that are counted in addition to objects with a page.
_OTHERS = {
    "": mark("database"),
    "file": mark("files"),
    "redirect": mark("redirects"),
    "messages": mark("private messages"),
    "petitions": mark("petitions"),
    "gis": mark("points on maps"),
    "formulaires": mark("forms"),
    "menus": mark("menus"),
    "menus_entrees": mark("entries of menus"),
    "signatures": mark("signatures"),
    "syndic_articles": mark("syndicated items"),
    "auteurs_liens": mark("links to authors"),
    "mots_liens": mark("links to keywords"),
    "documents_liens": mark("links to documents"),
    "albums_liens": mark("links to albums"),
    "rubriques_liens": mark("links to further sections"),
    "gis_liens": mark("links to points"),
    "formulaires_liens": mark("links to forms"),
    "urls": mark("stored addresses"),
}
# Rows that are no objects: the report has them, the summary does not.
LINK_TABLES = frozenset({"auteurs_liens", "mots_liens", "documents_liens", "urls"})
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
    "mot": mark_plural("redirecting keyword", "redirecting keywords"),
}
_SEVERITIES = {
    "loss": mark_plural("loss", "losses"),
    "change": mark_plural("change", "changes"),
    "info": mark_plural("note", "notes"),
}
# The fields of objects, as SPIP's forms call them.
_FIELDS = {
    "titre": mark("title"),
    "surtitre": mark("overtitle"),
    "soustitre": mark("subtitle"),
    "descriptif": mark("description"),
    "chapo": mark("standfirst"),
    "texte": mark("text"),
    "ps": mark("postscript"),
    "nom": mark("name"),
    "bio": mark("biography"),
    "nom_site": mark("title of the link"),
    "url_site": mark("link"),
    "lien_titre": mark("title of the link"),
    "lien_url": mark("link"),
    "date": mark("date"),
    "lang": mark("language"),
    "id_trad": mark("translation"),
    "virtuel": mark("redirect"),
    "documents": mark("documents"),
    "forum": mark("messages"),
    "urls": mark("old addresses"),
    "redirects": mark("redirects"),
}
_FATES: Mapping[PluginFate, str] = {
    "left": mark("not migrated"),
    "unknown": mark("unknown"),
    "partly": mark("partly migrated"),
    "read": mark("migrated"),
    "none": mark("not needed"),
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


def field_words(field: str, language: str) -> str:
    """Return the words for a field of an object; for a field without words, its own name."""
    return translate(_FIELDS[field], language) if field in _FIELDS else field


def fate_words(fate: PluginFate, language: str) -> str:
    """Return the words for what becomes of what a plugin made."""
    return translate(_FATES[fate], language)


def severity_words(severity: Severity, language: str, number: int = 2) -> str:
    """Return the words for a number of issues of a severity."""
    return translate_plural(*_SEVERITIES[severity], number, language)


def format_share(share: float, language: str) -> str:
    """Return a share as people write it, with decimals: 99.80% is not 100%."""
    return translate("{number}%", language, number=format_number(share * 100, language, decimals=2))
