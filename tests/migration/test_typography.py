"""The typography of a migrated site: no-break spaces as characters or entities, or what the authors typed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.settings import Typography
from tests.migrations import EXAMPLE, NOW


@pytest.mark.parametrize(
    ("typography", "wanted"),
    [
        (True, "Quoi\u00a0? L’été"),
        ("char", "Quoi\u00a0? L’été"),
        ("entity", "Quoi&nbsp;? L’été"),
        ("none", "Quoi ? L'été"),
    ],
)
def test_the_spaces_of_texts_are_as_wanted(tmp_path: Path, typography: Typography | bool, wanted: str) -> None:
    base = tmp_path / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    with sqlite3.connect(base) as database:
        database.execute("UPDATE spip_articles SET texte = ? WHERE id_article = 1", ("Quoi ? L'été",))
    out = tmp_path / "out"
    migrate(str(base), out, MigrationOptions("hugo", now=NOW, typography=typography)).close()
    assert sum(wanted in path.read_text("utf-8") for path in out.rglob("*.md")) == 1
