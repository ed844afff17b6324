"""Raw texts of objects that cannot be migrated: which ones are kept, and in which file of the output folder."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.migration.kinds import HOME, OBJECT_KINDS
from spipconv.migration.read.database import WorkingDatabase

# Where raw texts are kept, in the output folder: no target publishes what is below .spipconv.
RAW_TEXT_FOLDER = ".spipconv/failed"


def raw_path(kind: str, number: int) -> str:
    """Return the path, in the output folder, of the file with an object's raw text."""
    return f"{RAW_TEXT_FOLDER}/{kind}-{number}.txt"


def raw_text(database: WorkingDatabase, kind: str, number: int) -> str:
    """Return the raw texts of an object under the names of their columns; empty if it has none."""
    if kind == HOME.name:
        return written_out({name: database.meta(name) for name in HOME.texts})
    if kind not in OBJECT_KINDS:
        return ""
    its_kind = OBJECT_KINDS[kind]
    fields = ", ".join(its_kind.texts)
    row = database.db.execute(f"SELECT {fields} FROM {its_kind.table} WHERE {its_kind.key} = ?", (number,)).fetchone()
    return written_out(dict(zip(its_kind.texts, row, strict=True))) if row else ""


def raw_fields(kind: str) -> tuple[str, ...]:
    """Return the columns of a kind whose texts are kept."""
    return OBJECT_KINDS[kind].texts if kind in OBJECT_KINDS else ()


def written_out(fields: Mapping[str, str]) -> str:
    """Return texts under their names, without the empty ones."""
    return "".join(f"==== {name} ====\n{text}\n" for name, text in fields.items() if text)
