"""The resolver of a migration: it finds objects with their new addresses, as the pages of one language see them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote

from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.selection import UNSELECTED, UNSELECTED_DRAFT
from spipconv.objects import SpipObject
from spipconv.safety import safe_address

FILES = "/IMG/"
_SHOWN = ("published", "redirect")
_PAGELESS = ("hidden", "failed", UNSELECTED, UNSELECTED_DRAFT)

# What plugins show on the pages of objects: its title, and the kinds and numbers of these. Most forms are tied to
# nothing, and stand in the texts of articles.
_PARTS = {
    "gis": "SELECT titre, objet, l.id_objet FROM gis JOIN gis_liens l USING (id_gis) WHERE id_gis = ?",
    "formulaire": "SELECT titre, objet, l.id_objet FROM formulaires JOIN formulaires_liens l USING (id_formulaire)"
    " WHERE id_formulaire = ?1 UNION ALL SELECT f.titre, 'article', a.id_article FROM formulaires f, articles a"
    " WHERE f.id_formulaire = ?1 AND (a.texte LIKE '%<formulaire' || ?1 || '>%'"
    " OR a.texte LIKE '%<formulaire|formidable|id=' || ?1 || '>%')",
    "petition": "SELECT titre, 'article', a.id_article FROM petitions JOIN articles a USING (id_article)"
    " WHERE id_petition = ?",
}


class SiteObjects:
    """The resolver of one site: objects as the pages in one language see them."""

    def __init__(self, database: WorkingDatabase) -> None:
        self._db = database.db
        self.site_address = ""
        self.language = ""
        # Whether visitors cannot see the page that is being made.
        self.is_draft = False
        # Called for objects that texts refer to, because one of them may be the cause when a page cannot be made.
        self.check: Callable[[SpipObject], SpipObject] | None = None
        self._find = lru_cache(4096)(self._look_up)
        self._object = lru_cache(8192)(self._object_row)
        self._in_language = lru_cache(8192)(self._address_in)

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return an object with its new address, or None if it does not exist."""
        found = self._find(kind, number, self.language, self.is_draft)
        return self.check(found) if self.check and found else found

    def translate(self, original: SpipObject, language: str) -> SpipObject | None:
        """Return the object with the same id_trad in that language, or None."""
        if not original.translation_of:
            return None
        row = self._db.execute(
            "SELECT number FROM objects WHERE kind = ? AND translation_of = ? AND language = ?",
            (original.kind, original.translation_of, language),
        ).fetchone()
        return self.find(original.kind, row["number"]) if row else None

    def address_of(self, kind: str, number: int) -> str | None:
        """Return an object's address on the new site: empty if visitors cannot see it, None if it does not exist."""
        if kind == "document":
            found = self.find(kind, number)
            return found.address if found else None
        if kind == "forum":
            row = self._db.execute("SELECT objet, id_objet, statut FROM forum WHERE id_forum = ?", (number,)).fetchone()
            if row is None:
                return None
            # A message about a message has no page.
            is_shown = row["statut"] == "publie" and row["objet"] != "forum"
            address = self.address_of(row["objet"], row["id_objet"]) if is_shown else ""
            return f"{address}#forum{number}" if address else ""
        row = self._object(kind, number)
        if row is None:
            return None
        if row["state"] in _SHOWN or (self.is_draft and row["state"] not in _PAGELESS):
            return self._in_language(kind, number, self.language) or str(row["address"])
        return ""

    def is_unselected(self, kind: str, number: int) -> bool:
        """Return whether a selection leaves out an object that visitors find on the old site."""
        row = self._object(kind, number)
        return row is not None and row["state"] == UNSELECTED

    def old_address(self, kind: str, number: int) -> str:
        """Return the address on the old site, which every SPIP understands; empty if the site's own is not known."""
        return f"{self.site_address}spip.php?{kind}{number}" if self.site_address else ""

    def _object_row(self, kind: str, number: int) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM objects WHERE kind = ? AND number = ?", (kind, number)
        ).fetchone()
        return found

    def _address_in(self, kind: str, number: int, language: str) -> str:
        row = self._db.execute(
            "SELECT address FROM pages WHERE kind = ? AND number = ? AND language = ?", (kind, number, language)
        ).fetchone()
        return str(row["address"]) if row else ""

    def _look_up(self, kind: str, number: int, language: str, is_draft: bool) -> SpipObject | None:
        if kind == "document":
            row = self._document_row(number)
            return self._document(row) if row else None
        row = self._object(kind, number)
        if row is None:
            return self._part_of_a_page(kind, number) if kind in _PARTS else None
        address = self.address_of(kind, number) or ""
        if kind == "site" and address:
            address = self._remote(number) or address
        return SpipObject(
            kind, number, title=row["title"], language=row["language"], translation_of=row["translation_of"],
            address=address,
        )  # fmt: skip

    def _part_of_a_page(self, kind: str, number: int) -> SpipObject | None:
        """Return what has no page of its own, with the address of a page that shows it."""
        for title, owner, of in self._db.execute(_PARTS[kind], (number,)).fetchall():
            address = self.address_of(owner, of) if owner != kind else ""
            if address:
                return SpipObject(kind, number, title=title, address=address)
        return None

    def _document_row(self, number: int) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM documents WHERE id_document = ?", (number,)
        ).fetchone()
        return found

    def _remote(self, number: int) -> str:
        row = self._db.execute("SELECT url_site FROM syndic WHERE id_syndic = ?", (number,)).fetchone()
        return str(row["url_site"]).strip() if row else ""

    def _document(self, row: sqlite3.Row) -> SpipObject:
        # Only the address: documents may be each other's pictures.
        number = row["id_vignette"]
        thumbnail = self._document_row(number) if number not in (0, row["id_document"]) else None
        return SpipObject(
            "document", row["id_document"], title=row["titre"], address=document_address(row), file=row["fichier"],
            extension=row["extension"], media=row["media"], mode=row["mode"], width=row["largeur"],
            height=row["hauteur"], weight=row["taille"], description=row["descriptif"], credits=row["credits"],
            alternative=row["alt"], thumbnail=document_address(thumbnail) if thumbnail else "",
        )  # fmt: skip


def document_address(row: sqlite3.Row) -> str:
    """Return the address of a document's file: remote files stay where they are, others keep their path below IMG/."""
    name = str(row["fichier"])
    return safe_address(name) or "" if row["distant"] == "oui" else FILES + quote(name)
