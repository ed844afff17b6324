"""The relations of a page: its sections, keywords, authors, translations, files, and the pages that it lists."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from spipconv.migration.kinds import LISTED, OBJECT_KINDS
from spipconv.migration.pages.page import Attachment, PageLink, Term
from spipconv.migration.pages.portion import Portion, SpipKey
from spipconv.migration.pages.resolver import FILES, SiteObjects, document_address
from spipconv.migration.plan.old_addresses import site_root
from spipconv.migration.plan.titles import shown_title
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder

# Names that no file can have, that a server would hide, or that would need escaping in a page.
_NO_FILE_NAME = re.compile(r"""[?#\\%:<>"'&|*\x00-\x1f\x7f]|\A\.|/\.""")
# The logo of the site belongs to this object, which has no page of its own.
_SITE = ("site", 0)
# Documents that are only illustrations of other documents.
_NO_CONTENT = frozenset({"vignette", "logoon", "logooff"})
_LISTED = "SELECT DISTINCT o.kind, o.number, o.title, p.address, a.date, o.weight FROM"
_DATED = "LEFT JOIN articles a ON o.kind = 'article' AND a.id_article = o.number"
_DATED_EVENTS = (
    "LEFT JOIN (SELECT id_evenement AS id, date_debut AS date FROM evenements) a"
    " ON o.kind = 'evenement' AND a.id = o.number"
)
_LISTS = tuple(kind.name for kind in LISTED.values())
_ORDER = "ORDER BY o.kind = 'rubrique' DESC, o.kind, o.weight = 0, o.weight, a.date DESC, o.number"


class PlannedPage(NamedTuple):
    """A page whose relations are looked up: a row of the plan. ``parent`` is the number of its section."""

    kind: str
    number: int
    language: str
    is_shown: bool
    translation_of: int
    versions: int
    parent_kind: str
    parent: int


class PageRelations:
    """Looks up the relations of a page. ``language`` is the site's own."""

    def __init__(self, database: WorkingDatabase, objects: SiteObjects, files: ImgFolder, language: str) -> None:
        self._db, self._objects, self._files, self._language = database.db, objects, files, language
        # The folder of the old site, and whether its addresses were like ``article1.html``.
        self._root = f"{site_root(database)}/".lstrip("/")
        self._has_numbered_paths = database.meta("type_urls") == "html"
        # Many pages share these.
        self._section = lru_cache(1024)(self._read_section)
        self._term = lru_cache(1024)(self._read_term)
        # Each page needs these three times.
        self._documents = lru_cache(4)(self._read_documents)
        self._portion = Portion(self._db, ())

    def take(self, objects: Iterable[SpipKey]) -> None:
        """Read what the pages of these objects need, to make them next."""
        self._portion = Portion(self._db, objects)

    def portion(self, kind: str, number: int) -> Portion:
        """Return a portion with an object in it."""
        if (kind, number) not in self._portion.objects:
            self.take([(kind, number)])
        return self._portion

    def sections(self, subject: PlannedPage) -> tuple[Term, ...]:
        """Return the sections that a page is in, the outermost first."""
        chain: list[Term] = []
        number = subject.parent if subject.parent_kind == "rubrique" else 0
        while number and (above := self._section(number, subject.language)):
            term, number = above
            chain.append(term)
        return tuple(chain[::-1])

    def _read_section(self, number: int, language: str) -> tuple[Term, int] | None:
        """Return a section and the number of its parent."""
        row = self._db.execute(
            "SELECT o.title, o.slug, p.address, p.parent_number FROM objects o JOIN pages p ON p.kind = o.kind AND"
            " p.number = o.number WHERE o.kind = 'rubrique' AND o.number = ? AND p.language = ?",
            (number, language),
        ).fetchone()
        if row is None:
            return None
        # The same name in all languages, so that lists by section are not split by language.
        title = shown_title(row["title"], self._language)
        return Term("rubrique", number, title, row["slug"], row["address"]), row["parent_number"]

    def authors(self, subject: PlannedPage) -> tuple[Term, ...]:
        """Return the authors of an object."""
        numbers = self.portion(*subject[:2]).authors[subject[:2]]
        return tuple([self._term("auteur", number, subject.language, self._objects.is_draft) for number in numbers])

    def keywords(self, subject: PlannedPage) -> tuple[Term, ...]:
        """Return the keywords of an object, group by group."""
        keywords = self.portion(*subject[:2]).keywords[subject[:2]]
        is_draft = self._objects.is_draft
        return tuple([self._term("mot", number, subject.language, is_draft, group) for number, group in keywords])

    def _read_term(self, kind: str, number: int, language: str, is_draft: bool, group: str = "") -> Term:
        """Return an object as a page in a language shows it; what it is depends on whether that page is a draft."""
        row = self._db.execute(
            "SELECT title, slug FROM objects WHERE kind = ? AND number = ?", (kind, number)
        ).fetchone()
        address = self._objects.address_of(kind, number) or ""
        return Term(kind, number, shown_title(row["title"], language), row["slug"], address, group)

    def translations(self, subject: PlannedPage) -> tuple[PageLink, ...]:
        """Return the pages of the same object in other languages, and those of the objects with its id_trad."""
        if subject.versions == 1 and not subject.translation_of:
            return ()
        kind, number, language = subject[:3]
        rows = self._db.execute(
            "SELECT p.*, o.title FROM pages p LEFT JOIN objects o ON o.kind = p.kind AND o.number = p.number"
            " WHERE p.kind = ? AND p.number = ? AND p.language <> ?"
            " UNION SELECT p.*, o.title FROM objects o JOIN pages p ON p.kind = o.kind AND p.number = o.number"
            " AND p.language = o.language WHERE o.kind = ? AND o.translation_of = ? AND o.translation_of > 0"
            " AND o.number <> ? AND o.state = 'published' AND o.language <> ? ORDER BY p.language, p.number",
            (kind, number, language, kind, subject.translation_of, number, language),
        )
        return tuple(
            [
                PageLink(
                    row["kind"],
                    row["number"],
                    # The front page is no object.
                    shown_title(row["title"] or "", row["language"]),
                    row["address"],
                    row["language"],
                )
                for row in rows
            ]
        )

    def logo(self, kind: str, number: int, *, hover: bool = False) -> str:
        """Return the address of an object's logo, or an empty string."""
        mode = "logooff" if hover else "logoon"
        for row in reversed(self._documents(kind, number)):
            if row["mode"] == mode:
                return document_address(row)
        found = self._files.logo(kind, number, hover=hover) or self._named_logo(kind, number, hover)
        return FILES + quote(found) if found else ""

    def _named_logo(self, kind: str, number: int, hover: bool) -> str:
        """Return the file of a logo that the source names, even if it is not there."""
        row = self._db.execute(
            "SELECT file FROM logos WHERE kind = ? AND number = ? AND is_hover = ?", (kind, number, hover)
        ).fetchone()
        return row["file"] if row else ""

    def attachments(self, subject: PlannedPage) -> tuple[Attachment, ...]:
        """Return the documents that belong to an object, in SPIP's order."""
        return tuple(
            [
                Attachment(
                    row["id_document"],
                    shown_title(row["titre"], subject.language),
                    document_address(row),
                    "" if row["distant"] == "oui" else row["fichier"],
                    extension=row["extension"].lower(),
                    media=row["media"],
                    weight=max(0, row["taille"]),
                    width=max(0, row["largeur"]),
                    height=max(0, row["hauteur"]),
                )
                for row in self._documents(subject.kind, subject.number)
                if row["mode"] not in _NO_CONTENT
            ]
        )

    def _read_documents(self, kind: str, number: int) -> list[sqlite3.Row]:
        if (kind, number) != _SITE and (kind, number) not in self.portion(kind, number).with_documents:
            return []
        return self._db.execute(
            "SELECT d.* FROM documents_liens l JOIN documents d ON d.id_document = l.id_document"
            " WHERE l.objet = ? AND l.id_objet = ? ORDER BY l.rang_lien = 0, l.rang_lien, d.id_document",
            (kind, number),
        ).fetchall()

    def below(self, subject: PlannedPage) -> tuple[PageLink, ...]:
        """Return the pages that a page lists in its language: sections first, by weight, then the newest first."""
        kind, number, language = subject[:3]
        rows: list[sqlite3.Row] = []
        if kind in ("rubrique", "groupe", "home", *_LISTS):
            dated = _DATED_EVENTS if kind == "agenda" else _DATED
            rows += self._db.execute(
                f"{_LISTED} pages p JOIN objects o ON o.kind = p.kind AND o.number = p.number {dated}"
                " WHERE p.parent_kind = ? AND p.parent_number = ? AND p.language = ? AND o.state = 'published'"
                f" {_ORDER}",
                ("rubrique" if kind == "home" else kind, number, language),
            )
        if kind == "home":
            rows += self._db.execute(
                "SELECT o.kind, o.number, o.title, p.address FROM pages p JOIN objects o ON o.kind = p.kind AND"
                " o.number = p.number WHERE p.kind IN ('groupe', 'agenda', 'albums') AND p.language = ? AND"
                " o.state = 'published' ORDER BY p.kind = 'groupe', p.kind, o.weight, o.number",
                (language,),
            )
        if kind == "rubrique":
            rows += self._db.execute(
                f"{_LISTED} rubriques_liens l JOIN objects o ON o.kind = l.objet AND o.number = l.id_objet"
                f" JOIN pages p ON p.kind = o.kind AND p.number = o.number {_DATED} WHERE l.id_parent = ? AND"
                f" p.parent_number <> l.id_parent AND p.language = ? AND o.state = 'published' {_ORDER}",
                (number, language),
            )
        if kind == "mot":
            rows += self._db.execute(
                f"{_LISTED} mots m JOIN objects o ON o.kind = 'mot' AND o.number = m.id_mot JOIN pages p ON"
                f" p.kind = o.kind AND p.number = o.number {_DATED} WHERE m.id_parent = ? AND m.id_parent > 0 AND"
                f" m.id_mot <> m.id_parent AND p.language = ? {_ORDER}",
                (number, language),
            )
        if kind in ("mot", "auteur"):
            links = "mots_liens" if kind == "mot" else "auteurs_liens"
            rows += self._db.execute(
                f"{_LISTED} {links} l JOIN objects o ON o.kind = l.objet AND o.number = l.id_objet"
                f" JOIN pages p ON p.kind = o.kind AND p.number = o.number {_DATED}"
                f" WHERE l.id_{kind} = ? AND p.language = ? AND o.state = 'published' {_ORDER}",
                (number, language),
            )
        return tuple(
            [
                PageLink(
                    row["kind"], row["number"], shown_title(row["title"], language) or row["address"], row["address"]
                )
                for row in rows
            ]
        )

    def aliases(self, subject: PlannedPage) -> tuple[str, ...]:
        """Return the old paths, from the root of the host, that no new page has and that a file may be named after."""
        if not subject.is_shown:
            return ()
        paths = [f"{self._root}{path}" for path in self.portion(*subject[:2]).paths[subject[:2]]]
        if self._has_numbered_paths and OBJECT_KINDS[subject.kind].has_path:
            paths.append(f"{self._root}{subject.kind}{subject.number}.html")
        return tuple(
            [path for path in paths if not _NO_FILE_NAME.search(path) and not self._is_page(f"/{path.lower()}/")]
        )

    def _is_page(self, address: str) -> bool:
        return self._db.execute("SELECT 1 FROM pages WHERE address = ?", (address,)).fetchone() is not None
