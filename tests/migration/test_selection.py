"""Selections: a part of a site is migrated as a user expects, and what is left is counted and still found."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.selection import BadSelection, Selection
from spipconv.migration.target import TargetName
from tests.migrations import EXAMPLE, NOW, Migrated, folder_of_the_run

BASE = EXAMPLE / "site.sqlite"
SITE = "https://www.institut-solidarites.example/"
SINCE = NOW.replace(year=2008, month=1, day=1, hour=0, minute=0, second=0)
SELECTIONS = {
    "all": Selection(),
    "section": Selection(sections=("5",)),
    "sections": Selection(sections=("/economie-sociale-et-solidaire/cooperatives/", "Publications")),
    "since": Selection(since=SINCE),
    "section since": Selection(sections=("1",), since=SINCE),
    "published": Selection(statuses=("publie",)),
    "refused": Selection(statuses=("publie", "refuse")),
    "english": Selection(languages=("en",)),
    "nothing": Selection(sections=("5",), since=NOW, languages=("ar",)),
}
Key = tuple[str, int, str]


@cache
def selected(name: str, to: TargetName = "json") -> Migrated:
    folder = Path(mkdtemp(prefix="selected-", dir=folder_of_the_run())) / "out"
    options = MigrationOptions(to, img=EXAMPLE / "IMG", now=NOW, selection=SELECTIONS[name])
    migrate(str(BASE), folder, options).close()
    return Migrated(folder)


@cache
def pages(name: str) -> dict[Key, dict[str, Any]]:
    lines = (selected(name).folder / "objects.jsonl").read_bytes().splitlines()
    return {(one["kind"], one["number"], one["language"]): one for one in map(json.loads, lines)}


def numbers(name: str, kind: str) -> set[int]:
    return {number for one, number, _ in pages(name) if one == kind}


def query(sql: str) -> set[int]:
    database = sqlite3.connect(BASE)
    found = {row[0] for row in database.execute(sql)}
    database.close()
    return found


@pytest.mark.parametrize("name", SELECTIONS)
def test_every_row_is_accounted_for(name: str) -> None:
    report = selected(name).report
    whole = selected("all").report
    for kind, balance in report["balance"].items():
        left = balance["left"]
        assert balance["read"] == balance["written"] + balance["redirects"] + sum(left.values()), kind
        assert balance["read"] == whole["balance"][kind]["read"]
        assert "unexplained" not in left
    if name not in ("all", "refused"):
        assert report["balance"]["article"]["left"]["not-selected"] > 0


@pytest.mark.parametrize("name", SELECTIONS)
def test_pages_have_the_addresses_of_the_whole_site(name: str) -> None:
    whole = pages("all")
    for key, page in pages(name).items():
        if name != "refused":
            assert page["address"] == whole[key]["address"]
    addresses = {page["address"] for page in pages(name).values()}
    for page in pages(name).values():
        for relation in ("sections", "authors", "keywords", "translations", "below"):
            for term in page.get(relation, ()):
                assert term["address"] in addresses or not term["address"]


def test_a_section_comes_with_everything_below_it_and_the_sections_above() -> None:
    assert numbers("section", "rubrique") == {1, 5, 6}
    assert numbers("section", "article") <= query("SELECT id_article FROM spip_articles WHERE id_rubrique IN (5, 6)")
    assert numbers("section", "article") == numbers("all", "article") & query(
        "SELECT id_article FROM spip_articles WHERE id_rubrique IN (5, 6)"
    )
    assert numbers("sections", "rubrique") == {1, 2, 3, 4, 7, 8, 9}
    used = query(
        "SELECT id_mot FROM spip_mots_liens WHERE objet = 'article' AND id_objet IN"
        " (SELECT id_article FROM spip_articles WHERE id_rubrique IN (5, 6))"
    )
    assert numbers("section", "mot") <= numbers("all", "mot")
    assert numbers("section", "mot") >= used & numbers("section", "mot")
    assert numbers("section", "auteur") < numbers("all", "auteur")


def test_a_keyword_of_nothing_belongs_to_the_whole_site(tmp_path: Path) -> None:
    base = tmp_path / "base.sqlite"
    base.write_bytes(BASE.read_bytes())
    database = sqlite3.connect(base)
    database.execute("DELETE FROM spip_mots_liens WHERE id_mot = 1")
    database.commit()
    database.close()
    for name, expected in (("section", 0), ("published", 1)):
        options = MigrationOptions("json", now=NOW, selection=SELECTIONS[name])
        migrate(str(base), tmp_path / name, options).close()
        lines = (tmp_path / name / "objects.jsonl").read_bytes().splitlines()
        found = {(one["kind"], one["number"]) for one in map(json.loads, lines)}
        assert (("mot", 1) in found) == expected


def test_only_texts_since_a_date() -> None:
    for name in ("since", "section since"):
        texts = [page for (kind, _, _), page in pages(name).items() if kind in ("article", "breve", "site")]
        assert texts
        assert all(page["date"] >= "2008-01-01" for page in texts)
        filled = {term["number"] for page in pages(name).values() for term in page.get("sections", ())}
        assert numbers(name, "rubrique") <= filled | {1}


def test_statuses_are_chosen_and_other_ones_can_be() -> None:
    assert not [page for page in pages("published").values() if page.get("is_draft") and page["kind"] == "article"]
    refused = query("SELECT id_article FROM spip_articles WHERE statut = 'refuse'")
    assert refused <= numbers("refused", "article")
    assert not refused & numbers("all", "article")
    assert all(page["is_draft"] for page in pages("refused").values() if page["number"] in refused
               and page["kind"] == "article")  # fmt: skip


def test_only_pages_in_a_language_and_the_front_page() -> None:
    languages = Counter(language for _, _, language in pages("english"))
    assert languages.keys() == {"en", "fr"}
    assert [key for key in pages("english") if key[2] == "fr"] == [("home", 0, "fr")]
    assert {key for key in pages("all") if key[2] == "en" and key[0] == "article"} == {
        key for key in pages("english") if key[0] == "article"
    }


def test_links_to_what_is_left_lead_to_the_old_site() -> None:
    remarks = selected("section").remarks("link-unselected")
    assert remarks
    kept = "".join(page["html"] for page in pages("section").values())
    assert f'href="{SITE}spip.php?article1"' in kept
    for page in pages("section").values():
        assert f'href="{SITE}economie' not in page["html"]
    assert not selected("all").remarks("link-unselected")
    assert not [one for one in selected("section").remarks("link-unpublished") if one["detail"] == "art1"]


def test_links_to_drafts_that_are_left_are_removed(tmp_path: Path) -> None:
    """The old site does not show them either."""
    base = tmp_path / "base.sqlite"
    base.write_bytes(BASE.read_bytes())
    database = sqlite3.connect(base)
    database.execute("UPDATE spip_articles SET texte = 'Voir [le brouillon->art58].' WHERE id_article = 1")
    database.commit()
    database.close()
    options = MigrationOptions("json", now=NOW, selection=SELECTIONS["published"])
    report = migrate(str(base), tmp_path / "out", options)
    assert ("article", 1, "art58") in [
        (one.kind, one.number, one.detail.rpartition("?")[2].replace("article", "art"))
        for one in report.issues("link-unpublished")
    ]
    assert not [one for one in report.issues("link-unselected") if one.number == 1]
    report.close()


def test_only_the_files_that_a_part_uses_are_copied() -> None:
    def files(name: str) -> set[str]:
        folder = selected(name).folder / "IMG"
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert files("section") < files("all")
    assert not numbers("section", "documents")
    assert numbers("all", "documents") == numbers("published", "documents")
    assert files("published") == files("all")
    kept = "".join(page["html"] for page in pages("section").values())
    for name in files("all"):
        if name.isascii() and f"/IMG/{name}" in kept:
            assert name in files("section")


def test_redirects_lead_to_selected_pages_only() -> None:
    table = json.loads((selected("section").folder / "redirects" / "redirects.json").read_bytes())
    addresses = {page["address"] for page in pages("section").values()}
    for name, address in table["objects"].items():
        assert address.partition("#")[0] in addresses or address.startswith(("/IMG/", "http")), name


def test_a_selection_removes_nothing_of_an_earlier_run(tmp_path: Path) -> None:
    options = MigrationOptions("markdown", now=NOW)
    migrate(str(BASE), tmp_path, options).close()
    before = set(tmp_path.rglob("*.md"))
    narrow = MigrationOptions("markdown", now=NOW, selection=SELECTIONS["section"], resume=True)
    migrate(str(BASE), tmp_path, narrow).close()
    assert set(tmp_path.rglob("*.md")) == before
    # Its links have changed, so a resumed run writes it again.
    assert any(SITE + "spip.php?article1)" in path.read_text("utf-8") for path in before)


def test_a_selection_and_a_sample_go_together(tmp_path: Path) -> None:
    options = MigrationOptions("json", now=NOW, selection=SELECTIONS["section"], sample=3)
    with_both = migrate(str(BASE), tmp_path / "out", options)
    assert 0 < with_both.balance["article"].written <= 3
    with_both.close()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("99", "--section 99: no section has this number, this path or this title"),
        ("Nulle part", "--section Nulle part: no section has this number, this path or this title"),
    ],
)
def test_a_wrong_section_is_one_line_and_nothing_is_written(tmp_path: Path, section: str, message: str) -> None:
    options = MigrationOptions("json", selection=Selection(sections=(section,)))
    with pytest.raises(BadSelection, match=f"^{message}$"):
        migrate(str(BASE), tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_a_language_of_no_page_is_one_line(tmp_path: Path) -> None:
    options = MigrationOptions("json", selection=Selection(languages=("fr", "ja")))
    with pytest.raises(BadSelection, match=r"^--lang ja: no page is in this language, but in [a-z_, ]*fr"):
        migrate(str(BASE), tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_a_title_of_several_sections_is_asked_about(tmp_path: Path) -> None:
    base = tmp_path / "base.sqlite"
    base.write_bytes(BASE.read_bytes())
    database = sqlite3.connect(base)
    database.execute("UPDATE spip_rubriques SET titre = 'Deux' WHERE id_rubrique IN (5, 8)")
    database.commit()
    database.close()
    with pytest.raises(BadSelection, match=r"several sections have this title.* 5 \(/[^,]*/deux/\), 8 \(/"):
        migrate(str(base), tmp_path / "out", MigrationOptions("json", selection=Selection(sections=("deux",))))
