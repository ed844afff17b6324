"""Pelican builds a site of SPIP texts: articles, pages, drafts, links between files, notes and French typography."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
pytest.importorskip("pelican", reason="pelican is not installed")

from spipconv.pelican import split_head  # noqa: E402

# Pelican lets every logger that is made from now on drop what it has said before.
logging.setLoggerClass(logging.Logger)

DOCUMENTS = [(ROOT / "docs" / name).read_text("utf-8") for name in ("integrations.md", "integrations.fr.md")]
# The example of the document, and more.
[SETTINGS] = re.findall(r"(?ms)^```python\n(PLUGINS.*?)^```$", DOCUMENTS[0])
[EXAMPLE] = re.findall(r"(?ms)^```spip\n(.*?)^```$", DOCUMENTS[0])
CONTENT = {
    "example.spip": EXAMPLE,
    "images/affiche.pdf": "",
    "ferme.spip": """\
Title: L'été : {la ferme} & <i>"nous"</i>
Date: 2024-05-01 10:20
Category: Vie
Tags: lait, pain
Author: Anne
Lang: fr

{{Quoi}} ? Voir [le plan->{filename}pages/plan.spip#nord] et [l'image->{static}images/a b.png][[Une {note} !]].

-* un
-* deux

<script>alert(1)</script>
""",
    "english.spip": """\
---
Title: In English: a farm
Date: 2024-05-02
Lang: en
Summary: What is {new}?
    And [where->{filename}ferme.spip].
Summary: Unused
---
What is "new"? [*strong*] <inconnu3>
""",
    "draft.spip": "Title: Brouillon\nDate: 2024-05-03\nStatus: draft\n\nPas fini !\n",
    "pages/plan.spip": "Title: Plan\n\nAu [nord<-], [la ferme->{filename}/ferme.spip].\n",
    "images/a b.png": "",
}
SETTINGS += """
SITENAME = "Site"
SITEURL = "https://site.test"
TIMEZONE = "Europe/Paris"
FEED_ALL_ATOM = None
THEME = "simple"
"""


class Built(NamedTuple):
    """The pages of a built site by their paths, and what Pelican said."""

    folder: Path
    said: str

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


def build(folder: Path, settings: str) -> subprocess.CompletedProcess[str]:
    for name, text in CONTENT.items():
        path = folder / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "conf.py").write_text(settings, "utf-8")
    command = [sys.executable, "-m", "pelican", "content", "-s", "conf.py", "-o", "out", "--verbose"]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "COLUMNS": "400"}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("pelican")
    done = build(folder, SETTINGS)
    assert done.returncode == 0, done.stdout
    return Built(folder / "out", done.stdout)


@pytest.mark.server
def test_an_article_is_built_as_french(built: Built) -> None:
    page = built.read("lete-la-ferme-nous.html")
    assert "L’été&nbsp;: {la ferme} &amp; “nous”</a>" in page
    assert "<strong>Quoi</strong>&nbsp;?" in page
    assert "<li>un</li><li>deux</li>" in page
    assert "<script>alert" not in page
    assert "/tag/lait.html" in page
    assert "/author/anne.html" in page
    assert "/category/vie.html" in page


@pytest.mark.server
def test_links_between_files_lead_to_their_pages(built: Built) -> None:
    page = built.read("lete-la-ferme-nous.html")
    assert '<a href="https://site.test/pages/plan.html#nord">le plan</a>' in page
    assert '<a href="https://site.test/images/a b.png">' in page
    assert '<a href="https://site.test/lete-la-ferme-nous.html">la ferme</a>' in built.read("pages/plan.html")


@pytest.mark.server
def test_a_note_is_called_and_shown(built: Built) -> None:
    page = built.read("lete-la-ferme-nous.html")
    assert 'href="#nb1"' in page
    assert re.search(r'(?s)<div class="notes">.*Une <i>note</i>&nbsp;!.*</div>', page)


@pytest.mark.server
def test_the_language_of_a_file_is_its_own_and_plugins_are_those_of_the_setting(built: Built) -> None:
    page = built.read("in-english-a-farm-en.html")
    assert "In English: a farm</a>" in page
    assert 'What is "new"? ' in page
    assert '<strong class="caractencadre-spip spip">strong</strong>' in page


@pytest.mark.server
def test_a_summary_is_spip_too(built: Built) -> None:
    index = built.read("index.html")
    assert "What is <i>new</i>?" in index
    assert '<a href="https://site.test/lete-la-ferme-nous.html">where</a>' in index


@pytest.mark.server
def test_the_example_of_the_document_is_built_without_a_warning(built: Built) -> None:
    page = built.read("lete-a-la-ferme.html")
    assert "<strong>Quoi</strong>&nbsp;? Voir " in page
    assert '<a href="https://site.test/pages/plan.html#nord">le plan</a>' in page
    assert '<a href="https://site.test/images/affiche.pdf">l’affiche</a>' in page
    assert "Dès <i>mai</i>." in page
    assert "example.spip" not in built.said


def test_both_documents_have_the_same_examples() -> None:
    blocks = [re.findall(r"(?ms)^```.*?^```$", text) for text in DOCUMENTS]
    assert blocks[0] == blocks[1]


@pytest.mark.server
def test_without_a_summary_the_first_words_are_one_as_in_spip(built: Built) -> None:
    index = built.read("index.html")
    assert "<p>Quoi&nbsp;? Voir le plan et l’image. un deux</p>" in index
    assert 'class="spip_note"' not in index


@pytest.mark.server
def test_drafts_are_apart(built: Built) -> None:
    assert "Pas fini" not in built.read("index.html")
    assert "Pas fini&nbsp;!" in built.read("drafts/brouillon.html")


@pytest.mark.server
def test_what_is_lost_is_said_at_its_line_in_the_file(built: Built) -> None:
    assert re.search(r"ferme\.spip:13:1: content-dropped", built.said)
    assert re.search(r"english\.spip:9:\d+: unknown-model <inconnu3>", built.said)
    assert "english.spip: summary is given more than once: the first one counts" in built.said


@pytest.mark.server
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('{"plugins": ["x"]}', "setting SPIP: plugin 'x' is unknown: choose"),
        ('{"lang": "xx"}', "setting SPIP: lang 'xx' is unknown"),
        ('{"colour": 1}', "setting SPIP: parse() got an unexpected keyword argument 'colour'"),
    ],
)
def test_a_wrong_setting_stops_pelican(setting: str, message: str, tmp_path: Path) -> None:
    done = build(tmp_path, f"{SETTINGS}\nSPIP = {setting}\n")
    assert done.returncode == 1
    assert message in done.stdout
    assert not (tmp_path / "out" / "index.html").exists()


@pytest.mark.parametrize(
    ("content", "fields", "text"),
    [
        ("Title: a\nDate: b\n\nc", [("title", "a"), ("date", "b")], "\n\n\nc\n"),
        ("---\nTitle: a\n---\nc", [("title", "a")], "\n\n\nc\n"),
        ("---\nTitle: a\n...\n", [("title", "a")], "\n\n\n\n"),
        ("Title: a\n    b\n    c\nd", [("title", "a\nb\nc")], "\n\n\nd\n"),
        ("Title:\nc", [("title", "")], "\nc\n"),
        ("Title: a\nTitle: b", [("title", "a"), ("title", "b")], "\n\n"),
        ("Title: a\nNot a field", [("title", "a")], "\nNot a field\n"),
        ("Attention : a", [], "Attention : a\n"),
        ("https://example.org/", [], "https://example.org/\n"),
        ("---\n- Un", [], "---\n- Un\n"),
        ("", [], "\n"),
    ],
)
def test_the_head_of_a_file_is_split_from_its_text(content: str, fields: list[tuple[str, str]], text: str) -> None:
    assert split_head(content) == (fields, text)
