"""Rows of the tables that plugins add, in the form of newer versions: one comes in, rows of any table go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.read.values import own_name, read_number

# A row as it was read, by its columns.
ReadRow = Mapping[str, bytes | None]
# The columns that hold in older versions what newer ones have elsewhere.
OLDER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "gis": ("lonx", "id_article", "id_rubrique", "id_breve", "id_syndic"),
    "signatures": ("id_petition", "id_article"),
}


# Tables with a statut that their first versions did not have: everything was shown.
_SHOWN = frozenset({"evenements", "albums", "formulaires", "petitions"})
_LINKS = frozenset({"albums_liens", "gis_liens", "formulaires_liens", "rubriques_liens"})


def plugin_rows(table: str, row: ReadRow) -> Iterator[tuple[str, ReadRow]]:
    """Yield the rows of the working database, with their tables, for a row of any table that is read."""
    if table in _SHOWN and "statut" not in row:
        yield table, {**row, "statut": b"publie"}
    elif table in _LINKS:
        yield table, {**row, "objet": own_name(row.get("objet") or b"")}
    elif table == "gis":
        yield from _point_rows(row)
    else:
        yield table, row


def _point_rows(row: ReadRow) -> Iterator[tuple[str, ReadRow]]:
    """Yield the row of a point and, from the first versions of the plugin, its links to objects."""
    own = {column: value for column, value in row.items() if column not in OLDER_COLUMNS["gis"]}
    yield "gis", {**own, "lon": row["lonx"]} if "lonx" in row else own
    for kind in OBJECT_KINDS.values():
        if kind.key in OLDER_COLUMNS["gis"] and read_number(row.get(kind.key)):
            yield "gis_liens", {"id_gis": row.get("id_gis"), "objet": kind.name.encode(), "id_objet": row[kind.key]}
