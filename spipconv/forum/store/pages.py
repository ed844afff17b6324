"""Pages of the site that have a forum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spipconv.forum.records import Page
from spipconv.forum.store.connection import Table

_COLUMNS = "id, key, path, title, language, is_open, revision"


class Pages(Table):
    """The pages, which only the site registers: visitors cannot make any."""

    def put(self, key: str, path: str, title: str, language: str, *, is_open: bool | None = None) -> Page:
        """Register a page, or bring that with this key up to date; None leaves it open or closed, a new one is open.

        Raises sqlite3.IntegrityError if another page has the path.
        """
        row = self._connection.execute(
            "INSERT INTO pages (key, path, title, language, is_open) VALUES (?1, ?2, ?3, ?4, coalesce(?5, 1))"
            " ON CONFLICT (key) DO UPDATE SET path = ?2, title = ?3, language = ?4, is_open = coalesce(?5, is_open)"
            f" RETURNING {_COLUMNS}",
            (key, path, title, language, is_open),
        ).fetchone()
        return _page(row)

    def get(self, number: int) -> Page | None:
        """Return the page with a number."""
        return self._first("id", number)

    def by_key(self, key: str) -> Page | None:
        """Return the page with a key (``article12``)."""
        return self._first("key", key)

    def by_path(self, path: str) -> Page | None:
        """Return the page with an address on the site, from ``/``."""
        return self._first("path", path)

    def all(self) -> Iterator[Page]:
        """Return all pages in order of their numbers."""
        return map(_page, self._connection.execute(f"SELECT {_COLUMNS} FROM pages ORDER BY id"))

    def count(self) -> int:
        """Return how many pages there are."""
        return int(self._connection.execute("SELECT count(*) FROM pages").fetchone()[0])

    def open(self, number: int, is_open: bool) -> None:
        """Let a page accept new messages, or no more."""
        self._connection.execute("UPDATE pages SET is_open = ? WHERE id = ?", (is_open, number))

    def _first(self, column: str, value: int | str) -> Page | None:
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM pages WHERE {column} = ?", (value,)).fetchone()
        return _page(row) if row else None


def _page(row: tuple[Any, ...]) -> Page:
    number, key, path, title, language, is_open, revision = row
    return Page(number, key, path, title, language, bool(is_open), revision)
