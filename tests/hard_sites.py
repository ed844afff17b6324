"""Small SPIP bases for tests, as SQLite files: rows come in as mappings, whatever they are about."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from spipconv.migration.read.database import WORKING_TABLES

HARD = Path(__file__).parent / "site" / "hard"
# Columns of SPIP's own that no page shows, or that are read only to be counted.
_MORE: Mapping[str, tuple[str, ...]] = {
    "documents": ("statut",),
    "meta": ("impt",),
    "signatures": ("id_signature", "statut"),
    "syndic_articles": ("id_syndic_article", "statut"),
}
SETTINGS = {"nom_site": "Essai", "adresse_site": "https://exemple.test", "langue_site": "fr", "charset": "utf-8"}

Value = str | int | float | bytes | None
Row = Mapping[str, Value]


def make_site(path: Path, tables: Mapping[str, Iterable[Row]], settings: Mapping[str, str] = SETTINGS) -> Path:
    """Write a base in SPIP's form with these rows, which need not have all columns; return its path."""
    path.unlink(missing_ok=True)
    rows = {**tables, "meta": [{"nom": name, "valeur": value} for name, value in settings.items()]}
    db = sqlite3.connect(path)
    for table in sorted({"articles", "rubriques", "auteurs", "meta", *rows}):
        given = [*rows.get(table, ())]
        columns = dict.fromkeys((*WORKING_TABLES.get(table, ()), *_MORE.get(table, ())))
        columns.pop("url_propre", None)
        columns |= dict.fromkeys(name for row in given for name in row)
        db.execute(f"CREATE TABLE spip_{table} ({', '.join(map(quoted, columns))})")
        for row in given:
            names = ", ".join(map(quoted, row))
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO spip_{table} ({names}) VALUES ({marks})", [*row.values()])  # noqa: S608
    db.commit()
    db.close()
    return path


def quoted(name: str) -> str:
    """Return a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def hard_site(name: str, folder: Path) -> Path:
    """Return one of the bases of ``tests/site/hard``, unpacked into a folder."""
    path = folder / name
    with gzip.open(HARD / f"{name}.gz") as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return path


def bases() -> dict[str, dict[str, list[Row]]]:
    """Return the rows of the bases of ``tests/site/hard/bases.json`` by name and table, and of one of titles."""
    written: dict[str, dict[str, list[Row]]] = json.loads((HARD / "bases.json").read_text("utf-8"))
    return {**written, "titles": titles()}


def titles() -> dict[str, list[Row]]:
    """Return a base in which every title of ``titles.json`` is the title of an object of each kind."""
    words = list(enumerate(json.loads((HARD / "titles.json").read_text("utf-8")), 1))
    article = {"texte": "t", "statut": "publie", "date": "2020-01-02 03:04:05", "lang": "fr"}
    return {
        "articles": [
            {"id_article": number + outside, "titre": title, "id_rubrique": number * (not outside), **article}
            for outside in (0, 1000)
            for number, title in words
        ],
        "rubriques": [{"id_rubrique": n, "id_parent": 0, "titre": title, "statut": "publie"} for n, title in words],
        "groupes_mots": [{"id_groupe": number, "titre": title} for number, title in words],
        "mots": [{"id_mot": number, "titre": title, "id_groupe": number} for number, title in words],
        "mots_liens": [{"id_mot": number, "objet": "article", "id_objet": number} for number, _ in words],
        "auteurs": [{"id_auteur": number, "nom": title, "statut": "1comite"} for number, title in words],
        "auteurs_liens": [{"id_auteur": number, "objet": "article", "id_objet": number} for number, _ in words],
        "documents": [
            {"id_document": number, "titre": title, "fichier": f"pdf/{title}.pdf", "statut": "publie"}
            for number, title in words
        ],
        "forum": [
            {"id_forum": n, "objet": "article", "id_objet": n, "titre": title, "auteur": title, "statut": "publie"}
            for n, title in words
        ],
    }
