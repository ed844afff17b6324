"""Prepare the working database for the plan: one row per number, indexes, and language codes in one form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spipconv.migration.kinds import OBJECT_KINDS, ObjectKind
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.raw_texts import raw_path, written_out
from spipconv.migration.report.issues import Issue

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:_[A-Za-z0-9]{1,8}){0,3}")


def index_objects(database: WorkingDatabase) -> Iterator[Issue]:
    """Index the tables of the working database; yield the issues of rows that share a number."""
    for kind in OBJECT_KINDS.values():
        yield from _drop_repeated(database, kind)
        database.db.execute(f"CREATE UNIQUE INDEX {kind.table}_key ON {kind.table} ({kind.key})")
    for links in ("auteurs_liens", "mots_liens", "documents_liens"):
        database.db.execute(f"CREATE INDEX {links}_of ON {links} (objet, id_objet)")
    database.db.execute("CREATE INDEX auteurs_to ON auteurs_liens (id_auteur, objet, id_objet)")
    database.db.execute("CREATE INDEX mots_to ON mots_liens (id_mot, objet, id_objet)")
    database.db.execute("CREATE INDEX mots_in ON mots (id_groupe)")
    database.db.execute("CREATE INDEX forum_of ON forum (objet, id_objet)")
    database.db.execute("CREATE INDEX documents_of ON documents_liens (id_document)")
    database.db.execute("CREATE INDEX documents_shown ON documents (id_vignette) WHERE id_vignette > 0")
    database.db.execute("CREATE INDEX articles_unique ON articles (page) WHERE page <> ''")
    for links in ("albums_liens", "gis_liens", "rubriques_liens"):
        database.db.execute(f"CREATE INDEX {links}_of ON {links} (objet, id_objet)")
    database.db.execute("CREATE INDEX rubriques_to ON rubriques_liens (id_parent)")
    database.db.execute("CREATE INDEX mots_below ON mots (id_parent) WHERE id_parent > 0")
    database.db.execute("CREATE INDEX evenements_of ON evenements (id_article, date_debut)")
    database.db.execute("CREATE INDEX petitions_of ON petitions (id_article)")
    database.db.execute("CREATE INDEX gis_key ON gis (id_gis)")
    database.db.execute("CREATE INDEX extra_of ON extra (kind, number)")
    database.db.execute("CREATE INDEX translations ON objects (translation_of, kind) WHERE translation_of > 0")
    database.db.execute("CREATE INDEX below ON pages (parent_kind, parent_number, language)")


def _drop_repeated(database: WorkingDatabase, kind: ObjectKind) -> Iterator[Issue]:
    """Keep the last of several rows with the same number, which would be pages at the same address."""
    table, key = kind.table, kind.key
    numbers = database.db.execute(f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1").fetchall()
    for (number,) in numbers:
        rows = database.db.execute(
            f"SELECT rowid AS place, * FROM {table} WHERE {key} = ? ORDER BY rowid DESC", (number,)
        )
        last = next(rows)
        for row in rows:
            # An identical row is not a loss.
            if tuple(row)[1:] != tuple(last)[1:]:
                database.keep(raw_path(kind.name, number), written_out({name: row[name] for name in kind.texts}))
                yield Issue("row-repeated", kind.name, number)
    if numbers:
        removed = database.db.execute(
            f"DELETE FROM {table} WHERE rowid NOT IN (SELECT max(rowid) FROM {table} GROUP BY {key})"
        )
        database.left[kind.name, "repeated"] += removed.rowcount


def check_languages(database: WorkingDatabase, default: str) -> Iterator[Issue]:
    """Convert language codes to SPIP's form and clear invalid ones, because they become parts of addresses and paths.

    A site without a language gets ``default``.
    """
    for table, column, where in (
        ("meta", "valeur", "WHERE nom = 'langue_site'"),
        *((kind.table, kind.language, "") for kind in OBJECT_KINDS.values() if kind.language),
    ):
        for (code,) in database.db.execute(f"SELECT DISTINCT {column} FROM {table} {where}").fetchall():
            form = code.strip().replace("-", "_")
            form = form.lower() if _LANGUAGE.fullmatch(form) else ""
            is_refused = bool(code) and not form
            if table == "meta":
                form = form or default
            if form == code:
                continue
            condition = f"{where} AND" if where else "WHERE"
            database.db.execute(f"UPDATE {table} SET {column} = ? {condition} {column} = ?", (form, code))
            if is_refused:
                yield Issue("language-refused", detail=f"{table}.{column}: {code}")
