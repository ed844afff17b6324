"""What a part of a SPIP database does not have, tables or rows: an issue for each kind of loss goes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue

# Tables that every SPIP has.
CORE_TABLES = ("articles", "rubriques", "auteurs")
# The code of what is lost without them, and the tables: of those that are together, one is enough.
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "articles-missing": (("articles",),),
    "sections-missing": (("rubriques",),),
    "authors-missing": (("auteurs",), ("auteurs_liens", "auteurs_articles")),
    "documents-missing": (("documents",), ("documents_liens", "documents_articles")),
    "settings-missing": (("meta",),),
    "addresses-missing": (("urls",),),
    # In a whole database, these are missing where the site did without a plugin.
    "keywords-missing": (("mots",), ("mots_liens", "mots_articles")),
    "comments-missing": (("forum",),),
}
_OF_PLUGINS = frozenset({"keywords-missing", "comments-missing"})


def lacks_addresses(tables: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether neither a table nor a column holds the old addresses of objects."""
    return "urls" not in tables and not any("url_propre" in columns for columns in tables.values())


def missing_parts(tables: Mapping[str, tuple[str, ...]], database: WorkingDatabase) -> Iterator[Issue]:
    """Yield an issue for each kind of loss; ``tables`` are those of ``missing_tables``, ``database`` has their rows."""
    yield from missing_tables(tables)
    # An export of the structure alone has every table, and no object.
    kinds = [kind.table for kind in OBJECT_KINDS.values()]
    if not any(database.db.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0] for table in kinds):
        yield Issue("rows-missing")


def missing_tables(tables: Mapping[str, tuple[str, ...]]) -> Iterator[Issue]:
    """Yield an issue for each kind of table that is missing; ``tables`` are those that are there, without their prefix,
    with columns.
    """
    is_part = not all(any(name in tables for name in names) for names in _needed("articles", "sections", "authors"))
    for code, needed in _NEEDED.items():
        missing = [names[0] for names in needed if not any(name in tables for name in names)]
        if (code in _OF_PLUGINS and not is_part) or (code == "addresses-missing" and not lacks_addresses(tables)):
            continue
        if missing:
            yield Issue(code, detail=", ".join(missing))


def _needed(*kinds: str) -> list[tuple[str, ...]]:
    return [names for kind in kinds for names in _NEEDED[f"{kind}-missing"]]
