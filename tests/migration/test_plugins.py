"""Plugins' shortcuts in a migration: read for the plugins that the site uses, and for those that the caller names."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.migrations import EXAMPLE, NOW

TEXT = """Un [*mot*] et {{{**un intertitre}}}

<md>
- *un* [lien](http://exemple.org/)
- deux
</md>

Page ++++ suivante <youtube|id=abcdefghijk>
"""


def php(value: object) -> str:
    """Return PHP's form of mappings, strings and numbers."""
    match value:
        case dict():
            return f"a:{len(value)}:{{{''.join([php(part) for pair in value.items() for part in pair])}}}"
        case str():
            return f's:{len(value.encode())}:"{value}";'
        case _:
            return f"i:{value};"


def active(*prefixes: str, tools: tuple[str, ...] = ()) -> dict[str, str]:
    """Return SPIP's settings for some active plugins, and tools of one of them."""
    plugins = php({prefix: {"nom": "Un plugin", "version": "1.2.3", "dir": "auto/x"} for prefix in prefixes})
    switched = php({name: {"actif": int(name in tools)} for name in ("decoupe", "sommaire", "glossaire")})
    return {"plugin": plugins, "tweaks_actifs": switched}


def migrated(folder: Path, settings: dict[str, str], plugins: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """Return the page of a site's article with such a text, and the details of the issues about plugins."""
    base = folder / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    with sqlite3.connect(base) as database:
        database.execute("UPDATE spip_articles SET texte = ? WHERE id_article = 1", (TEXT,))
        for pair in settings.items():
            database.execute("DELETE FROM spip_meta WHERE nom = ?", pair[:1])
            database.execute("INSERT INTO spip_meta (nom, valeur) VALUES (?, ?)", pair)
    out = folder / "out"
    migrate(str(base), out, MigrationOptions("hugo", now=NOW, plugins=plugins)).close()
    page = next(text for path in out.rglob("*.md") if "suivante" in (text := path.read_text("utf-8")))
    lines = [json.loads(line) for line in (out / "remarks.jsonl").read_text("utf-8").splitlines()]
    return page, [line["detail"] for line in lines if line["code"] == "plugin-shortcut"]


def test_the_plugins_of_the_site_are_read(tmp_path: Path) -> None:
    settings = active("SPIP", "TYPOENLUMINEE", "MARKDOWN", "VIDEOS", "COUTEAU_SUISSE", tools=("decoupe",))
    page, issues = migrated(tmp_path, settings)
    assert "Un **mot** et" in page
    assert "### un intertitre" in page
    assert "- *un* [lien](http://exemple.org/)\n- deux" in page
    assert "++++" not in page
    assert 'src="https://www.youtube.com/embed/abcdefghijk"' in page
    assert issues == []


@pytest.mark.parametrize("settings", [{}, active("SPIP"), active("SPIP", tools=("decoupe",)), {"plugin": "a:1:{x"}])
def test_without_them_each_is_an_issue(settings: dict[str, str], tmp_path: Path) -> None:
    page, issues = migrated(tmp_path, settings)
    assert "**mot**" not in page
    assert "++++" in page
    assert {detail.partition(" ")[0] for detail in issues} == {"[*", "**", "<md>", "<youtube>"}


def test_the_caller_names_further_plugins(tmp_path: Path) -> None:
    page, issues = migrated(tmp_path, active("SPIP", "MARKDOWN"), ("enluminures",))
    assert "Un **mot** et" in page
    assert "- *un* [lien](http://exemple.org/)" in page
    assert issues == ["<youtube> (Vidéo(s))"]
