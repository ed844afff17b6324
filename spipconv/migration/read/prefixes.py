"""The SPIP installations in a database: each has a prefix before the names of its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.read.missing_tables import CORE_TABLES
from spipconv.migration.read.sources import BadSource, SpipSource

# The columns by which a table of SPIP's is known, even where it is the only one.
_MARKS = {kind.table: {kind.key, kind.title} for kind in OBJECT_KINDS.values()}
_PREFIX = re.compile(r"[A-Za-z0-9]+")
_MOST_NAMED = 8


def _read_tables(source: SpipSource) -> Mapping[str, tuple[str, ...]]:
    tables: dict[str, tuple[str, ...]] = {}

    def note(name: str, columns: tuple[str, ...]) -> None:
        tables[name] = column_names(columns)

    for _ in source.read(note):
        pass
    return tables


def _group_tables(
    tables: Mapping[str, tuple[str, ...]], wanted: str = ""
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the tables of every SPIP installation, by prefix: of the wanted one, else of those that are whole, else of
    those of which a table is there.
    """
    prefixes = {name[: -len("_articles")] for name in tables if name.lower().endswith("_articles")}
    parts = {
        name[: -len(table) - 1]
        for name, columns in tables.items()
        for table, marks in _MARKS.items()
        if name.lower().endswith(f"_{table}") and _is_table_of_spip(name[: -len(table) - 1], columns, marks)
    }
    installations = {
        prefix: {table_name(name, prefix): columns for name, columns in tables.items() if name.startswith(f"{prefix}_")}
        for prefix in sorted(prefixes | parts)
    }
    wholes = {prefix for prefix, found in installations.items() if found.keys() >= set(CORE_TABLES)}
    chosen = {wanted} & (wholes | parts) or wholes or parts
    return {prefix: found for prefix, found in installations.items() if prefix in chosen}


def table_name(name: str, prefix: str) -> str:
    """Return the name of a table without its prefix, in small letters, as SPIP writes it: some exports do not."""
    return name[len(prefix) + 1 :].lower()


def column_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of columns as SPIP writes them, where an export has them in capitals."""
    return tuple([column.lower() for column in columns]) if "".join(columns).isupper() else columns


def _is_table_of_spip(prefix: str, columns: tuple[str, ...], marks: set[str]) -> bool:
    """Return whether a table with the name of one of SPIP's is one, by its columns where they are known."""
    return marks <= set(columns) if columns else bool(_PREFIX.fullmatch(prefix))


def choose_prefix(source: SpipSource, wanted: str) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    """Return the prefix of the SPIP installation to read, and its tables; ``wanted`` may be empty if there is only one.

    Raises BadSource if there is none, or if there are several and none is chosen.
    """
    tables = _read_tables(source)
    wanted = wanted.rstrip("_") or wanted
    installations = _group_tables(tables, wanted)
    names = ", ".join(sorted(installations))
    if wanted:
        if wanted in installations:
            return wanted, installations[wanted]
        raise BadSource(f"{source.name}: no SPIP with the prefix {wanted} in it; it has: {names or 'none'}")
    if not installations:
        raise BadSource(
            f"{source.name}: {_describe(tables)}; export the tables of SPIP, articles (spip_articles) first"
        )
    if len(installations) > 1:
        raise BadSource(f"{source.name}: contains several SPIP installations; choose one with --prefix: {names}")
    return next(iter(installations.items()))


def _describe(tables: Mapping[str, tuple[str, ...]]) -> str:
    """Return what is in a database without a SPIP, for people."""
    if not tables:
        return "this is not a SPIP database: there is no table in it"
    names = sorted(tables)
    shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    return f"this is not a SPIP database: none of its {len(names)} tables holds texts of SPIP ({shown})"
