"""Players of other sites in a migration: those of known hosts are kept, all others are links."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.migrations import EXAMPLE, NOW

TEXT = """Avant

<iframe width="560" height="315" src="//www.youtube.com/embed/dQw4w9WgXcQ" frameborder="0"></iframe>

<object width="425" height="344"><param name="movie" value="http://www.youtube.com/v/abcdefghijk"></object>

<iframe src="https://video.example.org/videos/embed/9db9f3f1-9b54-44ed-9e91-461d262d2205"></iframe>

<iframe src="https://carte.example/embed?x=1"></iframe>

Après
"""
YOUTUBE = 'src="https://www.youtube.com/embed/dQw4w9WgXcQ"'
FLASH = 'src="https://www.youtube.com/embed/abcdefghijk"'
INSTANCE = 'src="https://video.example.org/videos/embed/9db9f3f1-9b54-44ed-9e91-461d262d2205"'


def migrated(
    folder: Path, to: TargetName, peertube: tuple[str, ...] = (), text: str = TEXT, plugin: str = ""
) -> tuple[str, dict[str, object]]:
    """Return the pages of a site with such a text, and the report."""
    base = folder / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    with sqlite3.connect(base) as database:
        database.execute("UPDATE spip_articles SET texte = ? WHERE id_article = 1", (text,))
        active = f'a:1:{{s:{len(plugin)}:"{plugin}";a:1:{{s:3:"nom";s:1:"x";}}}}'
        database.execute("DELETE FROM spip_meta WHERE nom = 'plugin'")
        database.execute("INSERT INTO spip_meta (nom, valeur) VALUES ('plugin', ?)", (active,))
    out = folder / "out"
    migrate(str(base), out, MigrationOptions(to, now=NOW, peertube=peertube)).close()
    files = [path for path in out.rglob("*") if path.suffix in (".md", ".xml")]
    return "\n".join(path.read_text("utf-8") for path in files), json.loads((out / "report.json").read_text("utf-8"))


@pytest.mark.parametrize("to", ["hugo", "jekyll", "pelican", "markdown", "wxr"])
def test_known_players_are_kept_and_others_are_links(tmp_path: Path, to: TargetName) -> None:
    written, report = migrated(tmp_path, to)
    assert written.count(YOUTUBE) == written.count(FLASH) == 1
    assert INSTANCE not in written
    for name in ("video.example.org", "carte.example"):
        assert f"[{name}](https://{name}/" in written or f'href="https://{name}/' in written
    assert written.count("<iframe") == written.count('sandbox="allow-scripts') == 2
    assert "embed-dropped" in json.dumps(report)


def test_the_caller_names_instances_of_peertube(tmp_path: Path) -> None:
    written, _ = migrated(tmp_path, "hugo", ("video.example.org",))
    assert written.count(INSTANCE) == 1
    assert "carte.example](" in written


def test_a_bare_address_is_a_player_where_the_plugin_was_active(tmp_path: Path) -> None:
    text = "Avant\n\nhttps://youtu.be/dQw4w9WgXcQ\n\nVoir https://youtu.be/abcdefghijk\n"
    for plugin, players in (("OEMBED", 1), ("MEDIAS", 0)):
        folder = tmp_path / plugin
        folder.mkdir()
        written, _ = migrated(folder, "hugo", text=text, plugin=plugin)
        assert written.count(YOUTUBE) == players
        assert FLASH not in written
