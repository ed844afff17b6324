"""Values for other programs' templates: as text, in attributes, decoded first or escaped again, they run nothing."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sqlite3
from collections.abc import Callable
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from spipconv.commands import main
from spipconv.migration.target import TREES
from spipconv.safety import Templates, printable, template_address, template_text
from tests.judges import dangers
from tests.migrations import EXAMPLE

ATTACKS = [
    json.loads(line)["vector"]
    for line in (Path(__file__).parent.parent / "security" / "attacks.jsonl").read_text("utf-8").splitlines()
]
TITLES = [
    'Bilan" onmouseover="alert(1)',
    "Bilan' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    "&quot; onmouseover=&quot;alert(1)",
    "&#34; onmouseover=&#x22;alert(1)",
    "&quot onmouseover=&quotalert(1)",
    "[mot](javascript:alert(1))",
    "<javascript:alert(1)>",
    "{{ site.title }}{% raw %}",
    *ATTACKS,
]


class Elements(HTMLParser):
    """The elements of a piece of HTML, with the names of their attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


PRINTED: dict[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "escaped": escape,
    "decoded": unescape,
    "tags stripped, decoded": lambda value: unescape(re.sub("(?s)<[^>]*>", "", value)),
}


@pytest.mark.parametrize("title", TITLES)
def test_a_value_is_words_wherever_templates_print_it(title: str) -> None:
    value = template_text(title, "mixed")
    for way, show in PRINTED.items():
        for handed in (value, value.replace("&", "&amp;")):
            shown = show(handed)
            markup = f"<p title=\"{shown}\" lang='{shown}'>{shown}</p>"
            assert Elements(markup).found == [("p", ("title", "lang"))], way


@pytest.mark.parametrize("title", TITLES)
def test_a_value_for_templates_that_escape_starts_no_tag_in_markdown(title: str) -> None:
    value = template_text(title, "escape")
    assert value.replace("\u2060", "") == printable(title)
    assert not re.search(r"<[A-Za-z/!?]|\][(\[]|\{[{%]", value)


def test_ordinary_titles_stay_as_they_are() -> None:
    title = "Qu’est-ce qu’un « bilan » ? R&D, 3 × 4 = 12 & Cie (été 2024) – 50 % [suite]"
    assert template_text(title, "mixed") == template_text(title, "escape") == title
    assert template_text("2 < 3 & 4 > 1", "escape") == "2 < 3 & 4 > 1"
    assert template_text("Le \"grand\" jour de l'été ('hier')", "mixed") == "Le “grand” jour de l’été (‘hier’)"


@pytest.mark.parametrize("templates", ["escape", "mixed"])
def test_no_value_contains_characters_that_xml_forbids(templates: Templates) -> None:
    assert template_text("a\x1b[1m\x00b\ufffe\uffff\x0c\x9bc\ud800", templates) == "a[1mbc\ufffd"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://a.example/x?b=1&c=2#d", "https://a.example/x?b=1&c=2#d"),
        ("/IMG/pdf/a%20b.pdf", "/IMG/pdf/a%20b.pdf"),
        ('https://a.example/" onmouseover="alert(1)', "https://a.example/%22%20onmouseover=%22alert(1)"),
        ("https://a.example/'><b>", "https://a.example/%27%3E%3Cb%3E"),
        ("https://a.example/?a&quot;b", "https://a.example/?a%26quot;b"),
        ("javascript:alert(1)", ""),
        ("java\x1bscript:alert(1)", ""),
        ("java&#115;cript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("", ""),
    ],
)
def test_addresses_stay_inside_their_attribute(address: str, written: str) -> None:
    assert template_address(address) == written


# ---- Every field of every target ----

HOSTILE = """x" onmouseover='alert(1)' <script>alert(1)</script>&quot;\x1b\ufffe"""
SITE_CHANGES = (
    ("meta", "valeur", "nom = 'nom_site'"),
    ("articles", "titre", ""),
    ("articles", "surtitre", ""),
    ("articles", "soustitre", ""),
    ("articles", "descriptif", ""),
    ("articles", "nom_site", ""),
    ("articles", "date_redac", ""),
    ("rubriques", "titre", ""),
    ("auteurs", "nom", ""),
    ("auteurs", "nom_site", ""),
    ("mots", "titre", ""),
    ("groupes_mots", "titre", ""),
    ("breves", "titre", ""),
    ("syndic", "nom_site", ""),
    ("documents", "titre", ""),
    ("forum", "titre", ""),
    ("forum", "auteur", ""),
)
ADDRESS_CHANGES = (
    ("meta", "valeur", "nom = 'adresse_site'"),
    ("articles", "url_site", ""),
    ("syndic", "url_site", ""),
    ("syndic", "url_syndic", ""),
    ("auteurs", "url_site", ""),
    ("forum", "url_site", ""),
    ("documents", "fichier", "distant = 'oui'"),
)


def hostile_site(path: Path, address: str) -> Path:
    """Return the example site with a hostile value in every field that templates see."""
    shutil.copy(EXAMPLE / "site.sqlite", path)
    with sqlite3.connect(path) as database:
        for changes, value in ((SITE_CHANGES, HOSTILE), (ADDRESS_CHANGES, address)):
            for table, column, where in changes:
                condition = f" WHERE {where}" if where else ""
                database.execute(f"UPDATE spip_{table} SET {column} = ?{condition}", (value,))  # noqa: S608
        database.execute("UPDATE spip_articles SET lang = ? WHERE id_article % 2", ('fr"/../../../evil',))
        database.execute("UPDATE spip_rubriques SET lang = '../../evil' WHERE id_rubrique = 1")
        database.execute("UPDATE OR IGNORE spip_urls SET url = rowid || ? WHERE rowid % 3 = 0", ("x\"'<script>&quot;",))
    database.close()
    return path


def texts(value: Any) -> list[str]:
    """Return all texts in a value read from YAML."""
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def own_values(header: dict[str, Any]) -> dict[str, Any]:
    """Return front matter without words that may look like an address, and without HTML, after judging that."""
    for documents in (header.get("documents"), header.get("params", {}).get("documents"), header.get("Documents")):
        for document in documents or []:
            assert dangers(document.pop("descriptif", "")) == set()
    return {name: value for name, value in header.items() if name not in ("summary", "excerpt")}


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://evil.example/\" onmouseover='alert(1)'<script>&quot;\x1b"]
)
@pytest.mark.parametrize("to", TREES)
@pytest.mark.slow
def test_every_field_is_safe_in_every_target(to: str, address: str, tmp_path: Path) -> None:
    base = hostile_site(tmp_path / "base.sqlite", address)
    out = tmp_path / "deep" / "er" / "out"
    result = CliRunner().invoke(main, ["migrate", str(base), str(out), "--to", to])
    assert result.exit_code == 1, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.sqlite", "deep"]
    assert "evil" not in " ".join(str(path.relative_to(out)) for path in out.rglob("*"))
    files = [*out.rglob("*.md"), *out.glob("*.y*ml"), *out.glob("pelicanconf.py")]
    assert len(files) > 100
    for path in files:
        text = path.read_text("utf-8")
        assert text == printable(text)
        if path.suffix == ".py":
            values = texts({name: value for name, value in runpy.run_path(str(path)).items() if name == "SITENAME"})
            assert "onmouseover" in values[1]
        elif path.suffix != ".md":
            values = texts({name: value for name, value in yaml.safe_load(text).items() if name != "kramdown"})
        elif TREES[to].yaml:
            values = texts(own_values(yaml.safe_load(text.split("---\n")[1])))
        else:
            lines = [line.partition(": ") for line in text.partition("\n\n")[0].splitlines()]
            # Our theme reads these as JSON.
            data = {name: json.loads(value) for name, _, value in lines if value.startswith(("[{", '{"'))}
            values = [*texts(own_values(data)), *["".join(line) for line in lines if line[0] not in data]]
        for value in values:
            assert not value.startswith("javascript:")
            if TREES[to].templates == "escape":
                assert not re.search(r"<[a-z/]", value), value
            else:
                assert not re.search("[<>\"'\x1b]|&quot;", value), (path, value)


def test_no_group_of_keywords_takes_the_place_of_a_field(tmp_path: Path) -> None:
    base = tmp_path / "base.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", base)
    names = ("Title", "Cascade", "Build")
    with sqlite3.connect(base) as database:
        for number, name in enumerate(names, 1):
            database.execute("UPDATE spip_groupes_mots SET titre = ? WHERE id_groupe = ?", (name, number))
    database.close()
    out = tmp_path / "out"
    assert CliRunner().invoke(main, ["migrate", str(base), str(out), "--to", "hugo"]).exit_code == 1
    groups = set(yaml.safe_load((out / "hugo.yaml").read_text("utf-8"))["taxonomies"])
    assert {"title-1", "cascade-2", "build-3"} <= groups
    for path in out.rglob("*.md"):
        header = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
        assert isinstance(header["title"], str)
        assert not {"cascade", "build"} & set(header)
