"""The raw texts of an object that cannot be migrated: what is kept of them, and in which file of the output folder."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.migration.read.database import KINDS, Base

# Where raw texts are kept, in the output folder: no target publishes what is below .spipconv.
FOLDER = ".spipconv/failed"
# The texts that are kept. Of a message only what was to be published of it, and nothing that names a person.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "article": (
        "surtitre", "titre", "soustitre", "descriptif", "chapo", "texte", "nom_site", "url_site", "ps", "virtuel",
    ),
    "rubrique": ("titre", "descriptif", "texte"),
    "breve": ("titre", "texte", "lien_titre", "lien_url"),
    "site": ("nom_site", "url_site", "descriptif"),
    "auteur": ("bio",),
    "mot": ("titre", "descriptif", "texte"),
    "groupe": ("titre", "descriptif", "texte"),
    "document": ("titre", "descriptif", "fichier"),
    "forum": ("titre", "texte"),
}  # fmt: skip


def raw_path(kind: str, number: int) -> str:
    """Return the path, in the output folder, of the file that keeps an object's raw text."""
    return f"{FOLDER}/{kind}-{number}.txt"


def raw_text(base: Base, kind: str, number: int) -> str:
    """Return the raw texts of an object under the names of their columns; empty where there are none."""
    if kind == "home":
        return written_out({"descriptif_site": base.meta("descriptif_site"), "slogan_site": base.meta("slogan_site")})
    if kind not in _FIELDS:
        return ""
    table, key = KINDS[kind]
    fields = _FIELDS[kind]
    row = base.db.execute(f"SELECT {', '.join(fields)} FROM {table} WHERE {key} = ?", (number,)).fetchone()
    return written_out(dict(zip(fields, row, strict=True))) if row else ""


def raw_fields(kind: str) -> tuple[str, ...]:
    """Return the columns of a kind whose texts are kept."""
    return _FIELDS.get(kind, ())


def written_out(fields: Mapping[str, str]) -> str:
    """Return texts under their names, without the empty ones."""
    return "".join(f"==== {name} ====\n{text}\n" for name, text in fields.items() if text)
