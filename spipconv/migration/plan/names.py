"""The names of objects in addresses: each is unique among its kind and in its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import chain, count

from spipconv.languages import CODES
from spipconv.migration.kinds import TEXTS
from spipconv.migration.plan.failures import keep_failing
from spipconv.migration.plan.titles import slug_of, title_of
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.migration.target import FRONT_MATTER

AUTHORS = "auteurs"
# Names at the top level that are reserved by the targets.
_RESERVED = frozenset({"img", "page", "pages", "posts", "tags", "categories", "assets", "static", "index", AUTHORS})

# Names of the plugin "Pages uniques" that need no change as names of folders.
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,79}")
# Names that Windows keeps for its devices: no folder can have them.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *[f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)]}
)


class Names:
    """The names that are taken. ``reserved`` are further names that no group of keywords may have."""

    def __init__(self, database: WorkingDatabase, reserved: Collection[str] = ()) -> None:
        self._database, self._reserved = database, FRONT_MATTER | set(reserved)
        database.db.execute("CREATE TABLE names (space TEXT, name TEXT, PRIMARY KEY (space, name)) WITHOUT ROWID")

    def name(
        self, kind: str, number: int, title: str, language: str, above: str, own: str = ""
    ) -> tuple[str, str, list[Issue]]:
        """Return the title and slug of an object, or its number if an internal error stops the reading of its title.

        ``own`` is the name that it had on the old site, if it had one.
        """
        try:
            slug, issues = self._free_slug(kind, number, title_of(title, language), above, own)
        except Exception as error:
            issue = keep_failing(self._database, kind, number, error, "titre")
            slug, issues = self._free_slug(kind, number, "", above)
            return f"{kind} {number}", slug, [issue, *issues]
        return title, slug, issues

    def free(self, kind: str, names: Iterable[str]) -> str:
        """Return the path, at the top level, of the first of several names that no object has there."""
        for name in (*names, *[f"{kind}-{number}" for number in range(100)]):
            if self._take(kind, name, "/"):
                return f"/{name}/"
        raise AssertionError(f"no name for {kind}")

    def take(self, kind: str, name: str) -> str:
        """Return the path of a name at the top level, which is taken from now on; empty if it already was."""
        return f"/{name}/" if self._take(kind, name, "/") else ""

    def _free_slug(self, kind: str, number: int, title: str, above: str, own: str = "") -> tuple[str, list[Issue]]:
        """Return a slug that no other object of the kind has, and that is free in its place."""
        slug = (own if _NAME.fullmatch(own) else slug_of(own)) or slug_of(title) or f"{kind}{number}"
        space = "text" if kind in TEXTS else kind
        numbered = f"{slug}-{kind}-{number}"
        for name in chain((slug, f"{slug}-{number}", numbered), (f"{numbered}-{again}" for again in count(2))):
            taken = above == "/" and (
                name in _RESERVED or name in CODES or (kind == "groupe" and name in self._reserved)
            )
            if taken or name in _DEVICES or not self._take(space, name, above):
                continue
            return name, [Issue("slug-changed", kind, number, detail=name)] if name != slug else []
        raise AssertionError("unreachable")

    def _take(self, space: str, name: str, above: str) -> bool:
        own, place = (space, name), ("path", above + name)
        if any(
            self._database.db.execute("SELECT 1 FROM names WHERE space = ? AND name = ?", row).fetchone()
            for row in (own, place)
        ):
            return False
        self._database.db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", [own, place])
        return True
