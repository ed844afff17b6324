"""Objects and their pages as they are planned: facts come in, rows of the tables ``objects`` and ``pages`` go out."""

from __future__ import annotations

from spipconv.languages import CODES, language_tag
from spipconv.migration.plan.failures import keep_failing
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.objects import sort_number
from spipconv.parsing.parser import languages_of


class PlannedObjects:
    """Adds to the plan in a working database. ``language`` is the site's own."""

    def __init__(self, database: WorkingDatabase) -> None:
        self._database, self._db = database, database.db
        self.language = "fr"

    def prefix(self, language: str) -> str:
        """Return what the addresses of pages in a language begin with: ``/en``, or nothing for the site's own."""
        return "" if language == self.language else "/" + language_tag(language)

    def languages(self, kind: str, number: int, language: str, *fields: str) -> tuple[list[str], list[Issue]]:
        """Return the languages of an object, its own first, then those in its fields (``<multi>``), with the issues."""
        own = language or self.language
        try:
            named = frozenset().union(*[languages_of(text) for text in fields]) & CODES
        except Exception as error:
            return [own], [keep_failing(self._database, kind, number, error, "lang")]
        return [own, *sorted(named - {own})], []

    def add(
        self, kind: str, number: int, state: str, title: str, language: str, translation_of: int, slug: str,
        address: str, rank: int = 0,
    ) -> None:  # fmt: skip
        """Add an object. A number in its title counts more than its rank."""
        self._db.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, number, state, title, language, translation_of, slug, address, sort_number(title)[0] or rank),
        )

    def add_page(
        self, kind: str, number: int, language: str, address: str, parent_kind: str, parent_number: int
    ) -> None:
        """Add the page of an object in a language. ``address`` is without the prefix of the language."""
        self._db.execute(
            "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)",
            (kind, number, language, self.prefix(language) + address, parent_kind, parent_number),
        )

    def fail(self, kind: str, number: int, error: Exception) -> Issue:
        """Add an object that an internal error stops, without a page, and return the issue.

        Raises the error if it stops the whole run.
        """
        issue = keep_failing(self._database, kind, number, error)
        self._db.execute("DELETE FROM pages WHERE kind = ? AND number = ?", (kind, number))
        self._db.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, 'failed', '', ?, 0, '', '', 0)",
            (kind, number, self.language),
        )
        return issue
