"""The summaries of a migrated site: what its authors put between ``<intro>`` and ``</intro>``, or the descriptions."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.migrations import EXAMPLE, NOW

_TEXT = "Avant.\n\n<intro>{{{Résumé}}}\n\nLe point[[Note.]].\n\n-* un\n-* deux</intro>\n\nAprès."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("to", "form"),
    [
        ("hugo", "summary: {}\n"),
        ("jekyll", "excerpt: {}\n"),
        ("pelican", "Summary: {}\n"),
        ("markdown", "description: {}\n"),
        ("wxr", "<excerpt:encoded><![CDATA[{}]]></excerpt:encoded>"),
        ("json", '"summary":"{}"'),
    ],
)
def test_summaries_are_those_that_authors_chose(tmp_path: Path, to: TargetName, form: str) -> None:
    base = tmp_path / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    with sqlite3.connect(base) as database:
        for number, description in enumerate(("", "Le descriptif."), 1):
            database.execute(
                "UPDATE spip_articles SET chapo = '', texte = ?, descriptif = ? WHERE id_article = ?",
                (_TEXT, description, number),
            )
    out = tmp_path / "out"
    migrate(str(base), out, MigrationOptions(to, now=NOW)).close()
    written = [path.read_text("utf-8") for path in out.rglob("*") if path.suffix in (".md", ".xml", ".jsonl")]
    for summary in ("Résumé Le point. un deux", "Le descriptif."):
        assert sum(text.replace("\\u00e9", "é").count(form.format(summary)) for text in written) == 1
