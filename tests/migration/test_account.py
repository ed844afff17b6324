"""The account of a migration: every row that was read is written, redirected, or left out for a reason that is said."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spipconv.migration.kinds import KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.report.balance import REASONS, UNEXPLAINED
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.selection import BadSelection, Selection
from spipconv.migration.target import TargetName
from tests.hard_sites import Row, bases, hard_site, make_site
from tests.migrations import NOW, SOURCES, Migrated, images, migrated
from tests.theme.sites import demo

pytestmark = pytest.mark.slow

TARGETS: tuple[TargetName, ...] = ("hugo", "wxr", "json")
HARD = ("odd.sqlite", "plugins.sqlite")
INVENTED = bases()


def settled(source: Path, out: Path, to: TargetName, **options: Any) -> dict[str, Any]:
    """Return the report of a migration after checking its account."""
    migrate(str(source), out, MigrationOptions(to, now=NOW, **options)).close()
    report: dict[str, Any] = json.loads((out / "report.json").read_text("utf-8"))
    check_account(report)
    return report


def check_account(report: dict[str, Any]) -> None:
    for kind, balance in report["balance"].items():
        left = balance["left"]
        assert balance["read"] == balance["written"] + balance["redirects"] + sum(left.values()), (kind, balance)
        assert set(left) <= set(REASONS) - {UNEXPLAINED}, (kind, balance)
        assert min([balance["written"], balance["redirects"], *left.values()]) >= 0, (kind, balance)
    counts = report["counts"]
    assert {kind: balance["read"] for kind, balance in report["balance"].items()} == counts["read"]
    assert {kind for kind in counts.get("left", {}) if kind not in report["balance"]} == set()


def rows_of(source: Path) -> Counter[str]:
    """Return how many rows each kind has in a SQLite file, and how many of the last kind of links there are."""
    rows: Counter[str] = Counter()
    with closing(sqlite3.connect(source)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'spip_%'").fetchall():
            table = name.removeprefix("spip_")
            kind = KINDS_BY_TABLE[table].name if table in KINDS_BY_TABLE else table
            rows[kind] = db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
    return rows


def objects_of(out: Path, to: TargetName) -> tuple[dict[str, set[int]], int]:
    """Return the objects that are in the output, by kind, and the number of messages."""
    found: dict[str, set[int]] = {}
    messages = 0
    for kind, number, comments in {"hugo": _of_tree, "json": _of_lines, "wxr": _of_wordpress}[to](out):
        found.setdefault(kind, set()).add(number)
        messages += comments
    return found, messages


def _of_tree(out: Path) -> Iterator[tuple[str, int, int]]:
    for path in (out / "content").rglob("*.md"):
        header = path.read_text("utf-8").split("---\n")[1]
        spip = yaml.safe_load(header)["params"]["spip"]
        yield spip["kind"], spip.get("id", 0), 0
    for path in (out / "data" / "comments").glob("*.json"):
        yield "comments", 0, len(json.loads(path.read_text("utf-8")))


def _of_lines(out: Path) -> Iterator[tuple[str, int, int]]:
    for line in (out / "objects.jsonl").read_text("utf-8").splitlines():
        page = json.loads(line)
        yield page["kind"], page["number"], len(page["comments"])


def _of_wordpress(out: Path) -> Iterator[tuple[str, int, int]]:
    names = {"wp": "http://wordpress.org/export/1.2/"}
    root = ET.parse(out / "wordpress.xml").getroot()  # noqa: S314
    for author in root.iterfind(".//wp:author/wp:author_id", names):
        yield "auteur", int(author.text or 0), 0
    for metas, of in (
        (".//wp:termmeta", ".//wp:category"),
        (".//wp:termmeta", ".//wp:tag"),
        (".//wp:postmeta", ".//item"),
    ):
        for place in root.iterfind(of, names):
            pairs = {
                meta.findtext("wp:meta_key", "", names): meta.findtext("wp:meta_value", "", names)
                for meta in place.iterfind(metas, names)
            }
            if "_spip_kind" in pairs:
                comments = len(place.findall("wp:comment", names))
                yield pairs["_spip_kind"], int(pairs.get("_spip_id") or 0), comments


def check_output(report: dict[str, Any], out: Path, to: TargetName) -> None:
    """Check that what the account calls written is in the output, no more and no less."""
    found, messages = objects_of(out, to)
    for kind in OBJECT_KINDS:
        if kind == "document" or (to == "wxr" and kind == "groupe"):
            # Their files are counted; WordPress has no place for groups.
            continue
        written = report["balance"].get(kind, {"written": 0})["written"]
        assert written == (messages if kind == "forum" else len(found.get(kind, ()))), kind


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_the_account_of_the_site_adds_up(source: str, to: TargetName) -> None:
    migration = migrated(source, to)
    check_account(migration.report)
    check_output(migration.report, migration.folder, to)


@pytest.mark.parametrize("to", TARGETS)
def test_the_account_of_the_demonstration_adds_up(to: TargetName) -> None:
    migration = Migrated(demo(to))
    check_account(migration.report)
    check_output(migration.report, migration.folder, to)


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("options", [{"sample": 2}, {"dry_run": True}, {}], ids=["sample", "dry-run", "without-files"])
def test_the_account_of_a_part_adds_up(options: dict[str, Any], to: TargetName, tmp_path: Path) -> None:
    if options.get("dry_run"):
        report = migrate(
            str(SOURCES["4.1"]), tmp_path / "out", MigrationOptions(to, now=NOW, img=images("4.1"), **options)
        )
        content = json.loads(report.to_json())
        report.close()
        check_account(content)
        assert content["balance"] == migrated("4.1", to).report["balance"]
        return
    content = settled(SOURCES["4.1"], tmp_path / "out", to, **options)
    check_output(content, tmp_path / "out", to)
    reasons = {reason for balance in content["balance"].values() for reason in balance["left"]}
    assert ("not-selected" in reasons) == ("sample" in options)
    # WordPress fetches files from the old site.
    assert content["balance"]["document"]["left"].get("files-not-given", 0) > 0


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("name", [*HARD, *INVENTED])
def test_the_account_of_a_hard_base_adds_up(name: str, to: TargetName, tmp_path: Path) -> None:
    source = hard_site(name, tmp_path) if name in HARD else make_site(tmp_path / "site.sqlite", INVENTED[name])
    report = settled(source, tmp_path / "out", to)
    check_output(report, tmp_path / "out", to)
    assert "object-failed" not in {remark["code"] for remark in report["remarks"]}
    rows = rows_of(source)
    for kind in OBJECT_KINDS:
        assert report["balance"].get(kind, {"read": 0})["read"] == rows[kind], kind


SELECTIONS = {
    "section": Selection(sections=("2",)),
    "since": Selection(since=datetime(2010, 1, 1)),
    "status": Selection(statuses=("publie",)),
    "language": Selection(languages=("en",)),
    "all": Selection(("1", "7"), datetime(2006, 1, 1), ("publie", "prop", "refuse"), ("fr", "es")),
}


@pytest.mark.parametrize(("to", "name"), [(TARGETS[place % 3], name) for place, name in enumerate(SELECTIONS)])
@pytest.mark.parametrize("has_files", [True, False], ids=["files", "no-files"])
def test_the_account_of_a_selection_adds_up(to: TargetName, name: str, has_files: bool, tmp_path: Path) -> None:
    options: dict[str, Any] = {"img": images("4.1")} if has_files else {}
    report = settled(SOURCES["4.1"], tmp_path / "out", to, selection=SELECTIONS[name], **options)
    check_output(report, tmp_path / "out", to)
    assert report["balance"]["article"]["left"]["not-selected"] > 0
    whole = migrated("4.1", to).report["balance"]
    for kind, balance in report["balance"].items():
        assert balance["read"] == whole[kind]["read"], kind


# --- what is left out, and why


def reasons(name: str, kind: str, tmp_path: Path, to: TargetName = "json") -> dict[str, int]:
    source = make_site(tmp_path / "site.sqlite", INVENTED[name])
    left: dict[str, int] = settled(source, tmp_path / "out", to)["balance"][kind]["left"]
    return left


LEFT: list[tuple[str, str, dict[str, int]]] = [
    ("authors", "auteur", {"deleted": 1, "nothing-published": 3, "visitor": 3}),
    ("duplicates", "article", {"repeated": 3}),
    ("numbers", "article", {"unnumbered": 5}),
    ("redirects", "article", {"redirect-unpublished": 1, "redirect-lost": 4}),
    ("keywords", "mots_liens", {"unnumbered": 1, "no-object": 3}),
    ("urls", "urls", {"unnumbered": 1, "personal": 1, "no-page": 1, "no-object": 2}),
]


@pytest.mark.parametrize(("name", "kind", "left"), LEFT)
def test_reasons_are_counted(name: str, kind: str, left: dict[str, int], tmp_path: Path) -> None:
    assert reasons(name, kind, tmp_path) == left


def test_links_to_authors_without_a_page_are_not_called_dead(tmp_path: Path) -> None:
    source = make_site(tmp_path / "site.sqlite", INVENTED["authors"])
    report = settled(source, tmp_path / "out", "json")
    codes = {remark["code"]: [place["detail"] for place in remark["places"]] for remark in report["remarks"]}
    assert len(codes["link-unpublished"]) == 3
    assert "object-not-found" not in codes


def test_every_reason_has_words() -> None:
    assert all(words == words.strip() and words for words in REASONS.values())


# --- any base


NUMBERS = st.one_of(st.integers(0, 4), st.sampled_from([None, -1, "", "x", "2", 2**62]))
STATES = st.sampled_from(
    ["publie", "prop", "prepa", "refuse", "poubelle", "off", "spam", "privrac", "archive", "", None]
)
WORDS = st.sampled_from(["", "Titre", "<multi>[fr]a[en]b</multi>", "[->art1]", "<doc1>", "{{{a}}}", "12. x", None])
DATES = st.sampled_from(["2020-01-02 03:04:05", "2005-06-00", "2005-00-00", "0000-00-00", "x", None])
KINDS = st.sampled_from(["article", "rubrique", "breve", "site", "syndic", "mot", "auteur", "forum", "truc", None])
COLUMNS = {
    "statut": STATES, "date": DATES, "date_heure": DATES, "date_debut": DATES, "date_fin": DATES,
    "objet": KINDS, "type": KINDS,
    "mode": st.sampled_from(["document", "image", "vignette", "logoon", None]),
    "distant": st.sampled_from(["oui", "non", None]), "lang": st.sampled_from(["fr", "en", "", "<", None]),
    "page": st.sampled_from(["", "contact", "É", None]), "url": st.sampled_from(["un", "Un", "a@b.test", "", None]),
}  # fmt: skip
TABLES = {
    "articles": "id_article titre texte statut date id_rubrique id_trad lang virtuel page",
    "rubriques": "id_rubrique id_parent titre statut lang",
    "breves": "id_breve titre texte statut date_heure id_rubrique",
    "syndic": "id_syndic nom_site url_site statut date id_rubrique",
    "auteurs": "id_auteur nom bio statut",
    "mots": "id_mot titre id_groupe",
    "groupes_mots": "id_groupe titre",
    "documents": "id_document titre fichier mode distant statut id_vignette",
    "forum": "id_forum objet id_objet id_parent statut texte date_heure",
    "auteurs_liens": "id_auteur objet id_objet",
    "mots_liens": "id_mot objet id_objet",
    "documents_liens": "id_document objet id_objet",
    "urls": "url type id_objet",
    "evenements": "id_evenement id_article titre statut date_debut date_fin id_evenement_source",
    "albums": "id_album titre statut date lang",
    "albums_liens": "id_album objet id_objet",
    "gis": "id_gis titre lat lon",
    "gis_liens": "id_gis objet id_objet",
    "menus": "id_menu id_menus_entree titre identifiant",
    "menus_entrees": "id_menus_entree id_menu type_entree parametres",
    "formulaires": "id_formulaire titre saisies statut",
    "petitions": "id_article texte statut",
    "rubriques_liens": "id_parent objet id_objet",
    "dictionnaires": "id_dictionnaire titre statut",
    "definitions": "id_definition id_dictionnaire titre texte termes statut lang",
}


def row(columns: str) -> st.SearchStrategy[Row]:
    """Return rows with these columns."""
    return st.fixed_dictionaries(
        {name: NUMBERS if name.startswith("id_") else COLUMNS.get(name, WORDS) for name in columns.split()}
    )


TREES = st.fixed_dictionaries({table: st.lists(row(columns), max_size=5) for table, columns in TABLES.items()})


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tables=TREES,
    to=st.sampled_from(TARGETS),
    sample=st.sampled_from([0, 0, 1]),
    selection=st.sampled_from(
        [Selection(), Selection(), SELECTIONS["since"], SELECTIONS["status"], SELECTIONS["language"]]
    ),
)
def test_the_account_of_any_base_adds_up(
    tables: dict[str, list[Row]], to: TargetName, sample: int, selection: Selection
) -> None:
    with TemporaryDirectory() as folder:
        source = make_site(Path(folder) / "site.sqlite", tables)
        try:
            report = settled(source, Path(folder) / "out", to, sample=sample, selection=selection)
        except BadSelection:
            # Nothing is left of this base.
            assert selection != Selection()
            return
        check_output(report, Path(folder) / "out", to)
        rows = rows_of(source)
        for kind in OBJECT_KINDS:
            assert report["balance"].get(kind, {"read": 0})["read"] == rows[kind], kind
