"""The working database: the rows of one site in one form, whatever its SPIP version, in a SQLite file for one run.

Personal and secret data have no column here, so no later step can show them.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

# Tables and columns as in SPIP 4, with columns of older versions that hold more facts.
WORKING_TABLES: Mapping[str, tuple[str, ...]] = {
    "meta": ("nom", "valeur"),
    "rubriques": (
        "id_rubrique", "id_parent", "titre", "descriptif", "texte", "statut", "date", "lang", "url_propre",
        # Of plugins.
        "id_trad", "rang", "composition",
    ),
    "articles": (
        "id_article", "surtitre", "titre", "soustitre", "id_rubrique", "descriptif", "chapo", "texte", "ps", "date",
        "statut", "date_redac", "date_modif", "lang", "id_trad", "nom_site", "url_site", "virtuel", "url_propre",
        "rang", "composition", "page", "accepter_forum",
    ),
    "breves": (
        "id_breve", "titre", "texte", "lien_titre", "lien_url", "date_heure", "statut", "id_rubrique", "lang",
        "url_propre", "rang",
    ),
    "syndic": (
        "id_syndic", "id_rubrique", "nom_site", "url_site", "url_syndic", "descriptif", "date", "statut", "url_propre",
    ),
    "auteurs": ("id_auteur", "nom", "bio", "nom_site", "url_site", "statut", "url_propre"),
    "groupes_mots": ("id_groupe", "titre", "descriptif", "texte", "id_parent", "rang"),
    "mots": (
        "id_mot", "titre", "descriptif", "texte", "id_groupe", "url_propre", "id_parent", "rang", "lang", "id_trad",
    ),
    # Of the plugin "Dictionnaires".
    "dictionnaires": ("id_dictionnaire", "titre", "descriptif", "texte", "statut"),
    "definitions": (
        "id_definition", "id_dictionnaire", "titre", "texte", "termes", "type", "casse", "date", "statut", "lang",
        "id_trad", "url_externe",
    ),
    "documents": (
        "id_document", "id_vignette", "extension", "titre", "date", "descriptif", "fichier", "taille", "largeur",
        "hauteur", "mode", "distant", "media", "credits", "alt", "statut",
    ),
    "forum": (
        "id_forum", "objet", "id_objet", "id_parent", "id_thread", "date_heure", "titre", "texte", "auteur",
        "nom_site", "url_site", "statut", "id_auteur",
    ),
    "auteurs_liens": ("id_auteur", "id_objet", "objet"),
    "mots_liens": ("id_mot", "id_objet", "objet"),
    "documents_liens": ("id_document", "id_objet", "objet", "vu", "rang_lien"),
    # Of the plugin "Accès restreint".
    "zones": ("id_zone", "publique"),
    "zones_liens": ("id_zone", "id_objet", "objet"),
    # Of "Agenda", "Albums", "GIS", "Menus", "Formidable" and "Polyhiérarchie".
    "evenements": (
        "id_evenement", "id_article", "date_debut", "date_fin", "titre", "descriptif", "lieu", "adresse", "horaire",
        "id_evenement_source", "statut", "url_propre",
    ),
    "albums": ("id_album", "titre", "descriptif", "date", "statut", "lang", "id_trad", "url_propre"),
    "albums_liens": ("id_album", "id_objet", "objet"),
    "gis": ("id_gis", "titre", "descriptif", "lat", "lon", "zoom", "adresse", "code_postal", "ville", "pays"),
    "gis_liens": ("id_gis", "id_objet", "objet"),
    "menus": ("id_menu", "id_menus_entree", "titre", "identifiant"),
    "menus_entrees": ("id_menus_entree", "id_menu", "rang", "type_entree", "parametres"),
    "formulaires": ("id_formulaire", "identifiant", "titre", "descriptif", "saisies", "message_retour", "statut"),
    "formulaires_liens": ("id_formulaire", "id_objet", "objet"),
    "petitions": ("id_petition", "id_article", "texte", "statut"),
    "rubriques_liens": ("id_parent", "id_objet", "objet"),
    "urls": ("url", "type", "id_objet", "date", "id_parent", "segments", "perma", "langue"),
}  # fmt: skip
# Tables that are none of SPIP's: of what a site has added in columns of its own, and of the logos that an XML backup
# names, with their files; is_hover: shown while the mouse is on them.
_OWN_TABLES = {"extra": ("kind", "number", "name", "value"), "logos": ("kind", "number", "is_hover", "file")}
# Columns that hold whole numbers; all others hold text. NULL is 0 or empty.
NUMBERS = frozenset(
    {column for columns in WORKING_TABLES.values() for column in columns if column.startswith("id_")}
    | {"taille", "largeur", "hauteur", "rang_lien", "segments", "perma", "casse", "rang", "zoom"}
)
# The greatest number: a greater one would not fit where numbers are added to it.
GREATEST = (1 << 48) - 1
# Columns that hold dates.
DATES = frozenset({"date", "date_redac", "date_modif", "date_heure", "date_debut", "date_fin"})
# Limits for the texts of one row, in bytes and in signs of markup: making a page takes up to 300 MB.
LONGEST_TEXT = 1 << 21
MOST_SIGNS = 250_000
# Limit for a short text, in bytes: the size of a column of type text. Other pages show it with each link.
LONGEST_TITLE = (1 << 16) - 1
# Columns that may be as long as a row.
LONG = frozenset({"texte", "chapo", "ps", "bio", "descriptif", "valeur", "saisies", "parametres"})
_PLAN = """
-- What becomes of every object: see plan.py. address: "/a/b/", an address elsewhere, or empty where it has no page.
CREATE TABLE objects (
    kind TEXT, number INTEGER, state TEXT, title TEXT, language TEXT, translation_of INTEGER, slug TEXT,
    address TEXT, weight INTEGER, PRIMARY KEY (kind, number)
) WITHOUT ROWID;
-- The pages to write, one a language; number 0 of kind "home" is the front page.
CREATE TABLE pages (
    kind TEXT, number INTEGER, language TEXT, address TEXT UNIQUE, parent_kind TEXT, parent_number INTEGER,
    PRIMARY KEY (kind, number, language)
) WITHOUT ROWID;
-- The terms of the glossary: the groups of keywords that it consists of, and the forms of each term as JSON, by
-- language (empty: in texts of all). most: how many occurrences are marked on a page (0: all). address: empty for its
-- own page.
CREATE TABLE glossaries (kind TEXT, number INTEGER, PRIMARY KEY (kind, number)) WITHOUT ROWID;
CREATE TABLE terms (
    kind TEXT, number INTEGER, language TEXT, forms TEXT, is_case_sensitive INTEGER, is_abbreviation INTEGER,
    most INTEGER, address TEXT, PRIMARY KEY (kind, number, language)
) WITHOUT ROWID;
-- Every path or query at which an object could be found at the old site, decoded, without a slash at its edges.
CREATE TABLE old_paths (path TEXT PRIMARY KEY, kind TEXT, number INTEGER) WITHOUT ROWID;
-- The columns that a site has added to SPIP's, one row for each that has a value, and the signatures of petitions.
CREATE TABLE logos (kind TEXT, number INTEGER, is_hover INTEGER, file TEXT);
CREATE TABLE extra (kind TEXT, number INTEGER, name TEXT, value TEXT);
CREATE TABLE signed (number INTEGER PRIMARY KEY, signatures INTEGER) WITHOUT ROWID;
-- Raw texts that no page shows, and the files of the output folder that are to keep them.
CREATE TABLE kept (path TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
-- The same for texts that are too long, which are in files of their own, and the fields that they are missing in.
CREATE TABLE kept_files (path TEXT PRIMARY KEY, file TEXT) WITHOUT ROWID;
-- The numbers of authors of whom nothing else is read: visitors, and those in the bin.
CREATE TABLE unread (id_auteur INTEGER);
CREATE TABLE too_long (kind TEXT, number INTEGER, field TEXT, size INTEGER);
"""


def read_date(text: str) -> datetime | None:
    """Return a date of SPIP, the first day of a month or a year; None for ``0000-00-00`` and whatever is no date."""
    text = text.strip("'")
    if text[:4] <= "0000":
        return None
    try:
        return datetime.fromisoformat(text[:10].replace("-00", "-01") + text[10:])
    except ValueError:
        return None


def partial_date(text: str) -> str:
    """Return a date of SPIP that is only a month or a year, as it is (``2005-06-00``); empty for any other."""
    day = text.strip("'")[:10]
    return day if day[:4] > "0000" and "-00" in day else ""


class WorkingDatabase:
    """The working database of one run, at ``path``. Only one process may write, and only before the others read."""

    def __init__(self, path: Path, *, is_new: bool = False) -> None:
        self.path = path
        # Counts of rows that are removed, by kind or table and reason (see report/balance.py).
        self.left: Counter[tuple[str, str]] = Counter()
        if is_new:
            self.db = sqlite3.connect(path)
            # It lasts one run, so a crash loses nothing important.
            self.db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = NORMAL;")
            for table, columns in WORKING_TABLES.items():
                fields = ", ".join(f"{column} {'INTEGER' if column in NUMBERS else 'TEXT'}" for column in columns)
                self.db.execute(f"CREATE TABLE {table} ({fields})")
            self.db.executescript(_PLAN)
        else:
            self.db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row

    def add(self, table: str, rows: Iterable[tuple[str | int, ...]]) -> None:
        """Add rows, their values in the order of ``WORKING_TABLES`` or ``_OWN_TABLES``."""
        marks = ", ".join("?" * len(WORKING_TABLES.get(table) or _OWN_TABLES[table]))
        self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def keep(self, path: str, text: str) -> None:
        """Save a raw text for a file of the output folder, after the texts that are already saved there."""
        if text:
            self.db.execute(
                "INSERT INTO kept VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET text = text || excluded.text"
                " WHERE length(text) < ?",
                (path, text, LONGEST_TEXT),
            )

    def keep_pieces(self, path: str, pieces: Iterable[bytes]) -> None:
        """Save a text that is too long for memory, as it is in the source, for a file of the output folder."""
        row = self.db.execute("SELECT file FROM kept_files WHERE path = ?", (path,)).fetchone()
        count = self.db.execute("SELECT count(*) FROM kept_files").fetchone()[0]
        file = row[0] if row else str(self.path.with_name(f"kept-{count}"))
        with open(file, "ab") as kept:
            kept.writelines(pieces)
        self.db.execute("INSERT OR REPLACE INTO kept_files VALUES (?, ?)", (path, file))

    def meta(self, name: str, default: str = "") -> str:
        """Return one of SPIP's settings."""
        row = self.db.execute("SELECT valeur FROM meta WHERE nom = ?", (name,)).fetchone()
        return row[0] if row else default

    def close(self) -> None:
        self.db.close()
