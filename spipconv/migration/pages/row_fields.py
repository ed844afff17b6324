"""The fields of a page that are in its object's own row: a row of the working database comes in, the page goes out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from spipconv.languages import see_online
from spipconv.migration.pages.glossary import SiteGlossary
from spipconv.migration.pages.page import Page
from spipconv.migration.pages.relations import PlannedPage
from spipconv.migration.pages.texts import PageTexts
from spipconv.migration.plan.titles import words_of
from spipconv.migration.read.database import read_date
from spipconv.nodes import Document
from spipconv.safety import safe_address

# Fields with their SPIP texts, in the order of the page, come in; its body goes out.
ReadBody = Callable[[Sequence[tuple[str, str]]], Document]


class RowFields:
    """Fills in the fields of ``page``; ``subject`` is what the plan says of it, ``texts`` reads its short fields."""

    def __init__(
        self, page: Page, subject: PlannedPage, texts: PageTexts, glossary: SiteGlossary, read_body: ReadBody
    ) -> None:
        self._page, self._subject, self._texts, self._glossary = page, subject, texts, glossary
        self._body = read_body

    def read(self, row: sqlite3.Row) -> Page:
        """Return the page with what its row says, by the kind of its object."""
        return _FIELDS[self._page.kind](self, row)

    def _article(self, row: sqlite3.Row) -> Page:
        if row["statut"] == "publie" and read_date(row["date"]) is None:
            self._texts.add_issue("date-missing", "date", detail=row["date"])
        see = _link(row["nom_site"], row["url_site"])
        if row["url_site"].strip():
            see = f"{see_online(self._subject.language)} {see}"
        written = row["date_redac"].strip("'")[:10]
        return replace(
            self._page,
            status=row["statut"],
            body=self._body([*_pairs(row, "chapo", "texte"), ("url_site", see), *_pairs(row, "ps")]),
            date=read_date(row["date"]),
            modified=read_date(row["date_modif"]),
            # A year or a month is a date too.
            written=written.partition("-00")[0] if written[:4] > "0000" else "",
            overtitle=self._texts.read_words("surtitre", row["surtitre"]),
            subtitle=self._texts.read_words("soustitre", row["soustitre"]),
            description=self._texts.read_words("descriptif", row["descriptif"]),
            elsewhere=_elsewhere(row["nom_site"], row["url_site"], self._page.language),
            unique=row["page"],
        )

    def _brief(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body([*_pairs(row, "texte"), ("lien_url", _link(row["lien_titre"], row["lien_url"]))]),
            date=read_date(row["date_heure"]),
            elsewhere=_elsewhere(row["lien_titre"], row["lien_url"], self._page.language),
        )

    def _site(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body([*_pairs(row, "descriptif"), ("url_site", _link("", row["url_site"]))]),
            date=read_date(row["date"]),
            elsewhere=(self._page.title, safe_address(row["url_site"]) or ""),
            feed=safe_address(row["url_syndic"]) or "",
        )

    def _section(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body(_pairs(row, "texte")),
            description=self._texts.read_words("descriptif", row["descriptif"]),
        )

    def _keyword(self, row: sqlite3.Row) -> Page:
        kind, number, language = self._subject[:3]
        page = replace(self._page, body=self._body(_pairs(row, "descriptif", "texte")))
        if not self._glossary.has_list(kind, number):
            return replace(page, forms=self._glossary.forms(kind, number, language))
        # This list says more than those of other groups.
        if definitions := self._glossary.list_of(kind, number, language):
            page = replace(page, body=self._texts.with_part(page.body, "glossary", definitions))
        return replace(page, is_glossary=True, below=())

    def _definition(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body(_pairs(row, "texte")),
            forms=self._glossary.forms(*self._subject[:3]),
            elsewhere=_elsewhere("", row["url_externe"], self._page.language),
        )

    def _author(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            body=self._body([*_pairs(row, "bio"), ("url_site", _link(row["nom_site"], row["url_site"]))]),
            elsewhere=_elsewhere(row["nom_site"], row["url_site"], self._page.language),
        )

    def _event(self, row: sqlite3.Row) -> Page:
        dates = [("date_debut", f"<evenement{row['id_evenement']}|dates>")] if read_date(row["date_debut"]) else []
        if not dates and row["statut"] == "publie":
            self._texts.add_issue("date-missing", "date_debut", detail=row["date_debut"])
        return replace(self._page, status=row["statut"], body=self._body([*dates, *_pairs(row, "descriptif")]))

    def _album(self, row: sqlite3.Row) -> Page:
        body = self._body(_pairs(row, "descriptif"))
        return replace(self._page, status=row["statut"], body=body, date=read_date(row["date"]))


_FIELDS = {
    "article": RowFields._article,
    "breve": RowFields._brief,
    "site": RowFields._site,
    "rubrique": RowFields._section,
    "mot": RowFields._keyword,
    "groupe": RowFields._keyword,
    "dictionnaire": RowFields._keyword,
    "definition": RowFields._definition,
    "auteur": RowFields._author,
    "evenement": RowFields._event,
    "album": RowFields._album,
}


def _pairs(row: sqlite3.Row, *fields: str) -> list[tuple[str, str]]:
    return [(field, row[field]) for field in fields]


def _elsewhere(title: str, address: str, language: str) -> tuple[str, str]:
    address = safe_address(address) or ""
    return (words_of(title, language) or address, address) if address else ("", "")


def _link(title: str, address: str) -> str:
    """Return the link of an object as SPIP text."""
    address = address.strip()
    return f"[{title or address}->{address}]" if address else title
