"""What is kept of an object that an internal error stopped: a remark with its number, and its raw text."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import PurePath

from spipconv.migration.output.copying import CannotWrite
from spipconv.migration.read.database import KINDS, Base
from spipconv.migration.report.report import FAILED, Remark

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
_PACKAGE = "spipconv"


def is_of_the_run(fault: Exception) -> bool:
    """Return whether an error stops the whole run, not one object: a full disk, a working base that is gone."""
    return isinstance(fault, (sqlite3.OperationalError, CannotWrite))


def describe(fault: BaseException) -> str:
    """Return the type of an error and where in spipconv it was raised.

    Its own text may quote the site's, and where memory or the stack ends differs between runs: neither is told.
    """
    name = type(fault).__name__
    if isinstance(fault, (RecursionError, MemoryError)):
        return name
    place = ""
    trace = fault.__traceback__
    while trace is not None:
        path = PurePath(trace.tb_frame.f_code.co_filename)
        if _PACKAGE in path.parts:
            place = f" in {path.stem}:{trace.tb_lineno}"
        trace = trace.tb_next
    return name + place


def failed(kind: str, number: int, detail: str, *, field: str = "", page: str = "") -> Remark:
    """Return the remark on an object that failed."""
    return Remark(FAILED, kind, number, field, detail=detail, page=page)


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
    """Return texts under their names, those that are empty left out."""
    return "".join(f"==== {name} ====\n{text}\n" for name, text in fields.items() if text)
