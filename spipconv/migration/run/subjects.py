"""The objects of a report: a kind and a number come in, the title and the addresses of that object go out."""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.pages.resolver import document_address
from spipconv.migration.plan.titles import shown_title
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.subjects import Subject


class SubjectFinder:
    """Finds the objects of a planned site. ``site`` is the address of the old one, or empty; ``language`` its own."""

    def __init__(self, database: WorkingDatabase, site: str, language: str) -> None:
        self._db, self._site, self._language = database.db, site, language
        self.find = lru_cache(4096)(self._find)

    def _find(self, kind: str, number: int) -> Subject:
        """Return an object; one that does not exist has neither a title nor addresses."""
        if kind not in OBJECT_KINDS:
            return Subject()
        record = OBJECT_KINDS[kind]
        row = self._db.execute(f"SELECT * FROM {record.table} WHERE {record.key} = ?", (number,)).fetchone()
        if row is None:
            return Subject()
        title = shown_title(row[record.title], self._language)
        if kind == "document":
            address = document_address(row)
            old = f"{self._site}{address}" if self._site and address.startswith("/") else address
            return Subject(title or row["fichier"], "", old)
        if kind == "forum":
            return self._message(title, number, row)
        old = f"{self._site}/spip.php?{kind}{number}" if self._site and record.has_path else ""
        return Subject(title, self._page(kind, number), old)

    def _message(self, title: str, number: int, row: sqlite3.Row) -> Subject:
        kind, of = row["objet"], row["id_objet"]
        page = self._page(kind, of)
        has_address = self._site and kind in OBJECT_KINDS and OBJECT_KINDS[kind].has_path
        return Subject(
            title or shown_title(row["auteur"], self._language),
            f"{page}#forum{number}" if page else "",
            f"{self._site}/spip.php?{kind}{of}#forum{number}" if has_address else "",
        )

    def _page(self, kind: str, number: int) -> str:
        row = self._db.execute(
            "SELECT address FROM pages WHERE kind = ? AND number = ? ORDER BY language <> ?, language LIMIT 1",
            (kind, number, self._language),
        ).fetchone()
        return str(row["address"]) if row else ""
