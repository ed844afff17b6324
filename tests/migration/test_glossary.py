"""The glossary of a site in a migration: groups of keywords, dictionaries, their pages, and the terms on others."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from spipconv.migration.plan import glossary as plan
from spipconv.migration.read.sources import BadSource
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.accessibility import violations
from tests.migration.test_builds import program
from tests.migration.test_plugins import php
from tests.migrations import SITES, Migrated, folder_of_the_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCRIPT = (SITES / "glossary.sql").read_text("utf-8")
MARK = re.compile(r'<a class="glossary-term[^>]* href="#term-([^"]*)"[^>]*>([^<]*)</a>')


def make_base(folder: Path, *changes: str) -> Path:
    path = folder / "base.sqlite"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.executescript("\n".join([SCRIPT, *changes]))
    return path


def setting(name: str, value: object) -> str:
    return f"INSERT INTO spip_meta VALUES ('{name}', '{php(value)}');"  # noqa: S608


def run(folder: Path, to: TargetName, *changes: str, **options: Any) -> Migrated:
    out = folder / f"out-{to}"
    migrate(str(make_base(folder, *changes)), out, MigrationOptions(to, **options)).close()
    return Migrated(out)


@cache
def site(to: TargetName) -> Migrated:
    return run(Path(mkdtemp(prefix=f"glossary-{to}-", dir=folder_of_the_run())), to)


def pages(migrated: Migrated) -> Mapping[tuple[str, int, str], dict[str, Any]]:
    lines = (migrated.folder / "objects.jsonl").read_bytes().splitlines()
    return {(page["kind"], page["number"], page["language"]): page for page in map(json.loads, lines)}


def content(migrated: Migrated, path: str) -> tuple[dict[str, Any], str]:
    """Return the front matter and the body of a page of Hugo's."""
    _, header, body = (migrated.folder / "content" / path).read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(header), body


def issues(migrated: Migrated, code: str) -> list[tuple[str, int, str]]:
    return [(place["kind"], place["number"], place.get("detail", "")) for place in migrated.remarks(code)]


def marks(text: str) -> list[str]:
    return [words for _, words in MARK.findall(text)]


# ---- Titles and addresses ----


def test_titles_are_the_words_of_terms_everywhere() -> None:
    found = {key[1:]: page for key, page in pages(site("json")).items() if key[0] == "mot"}
    assert {key: (page["title"], page["slug"], page["forms"]) for key, page in found.items()} == {
        (1, "fr"): ("moellon", "moellon", ["moellon", "moellons"]),
        (1, "en"): ("rubble stone", "moellon", []),
        (2, "fr"): ("parc naturel régional", "parc-naturel-regional", [
            "parc naturel régional", "PNR", "PNR.", "PN.R", "PN.R.", "P.NR", "P.NR.", "P.N.R", "P.N.R.",
        ]),
        (3, "fr"): ("front de taille", "front-de-taille", []),
        (4, "fr"): ("architrave", "architrave", ["architrave", "architraves"]),
        (5, "fr"): ("a", "a", []),
        (7, "fr"): ("coopérative", "cooperative", ["coopérative", "coopératives"]),
        (8, "fr"): ("sans texte", "sans-texte", []),
        (9, "fr"): ("moellons", "moellons", ["moellons", "jamais"]),
        # Its group is no glossary.
        (10, "fr"): ("Vaucluse/84", "vaucluse-84", []),
    }  # fmt: skip
    article = pages(site("json"))["article", 1, "fr"]
    assert {word["title"] for word in article["keywords"]} == {"architrave", "coopérative", "Vaucluse/84"}
    assert found[1, "fr"]["weight"] == 10
    header, _ = content(site("hugo"), "glossaire/moellon/_index.md")
    assert (header["title"], header["params"]["formes"]) == ("moellon", ["moellon", "moellons"])
    header, _ = content(site("hugo"), "metiers/le-moellon/index.md")
    assert header["glossaire"] == ["architrave", "cooperative"]
    wordpress = (site("wxr").folder / "wordpress.xml").read_text("utf-8")
    assert "<wp:tag_name><![CDATA[moellon]]>" in wordpress
    assert "architraves]]" not in wordpress


def test_definitions_are_pages_with_their_old_addresses() -> None:
    found = pages(site("json"))
    shown = {key[1:]: (page["address"], page["title"], page["is_draft"]) for key, page in found.items()
             if key[0] == "definition"}  # fmt: skip
    assert shown == {
        (12, "fr"): ("/glossaire/amap/", "AMAP", False),
        (13, "fr"): ("/glossaire/association/", "association", False),
        (14, "fr"): ("/glossaire/vieux-mot/", "vieux mot", True),
        (15, "fr"): ("/glossaire/brouillon/", "brouillon", True),
        (17, "en"): ("/en/glossaire/amap-17/", "AMAP", False),
    }
    assert found["definition", 13, "fr"]["elsewhere"]["address"] == "https://example.org/asso"
    assert "maintien" in found["definition", 12, "fr"]["html"]
    redirects = json.loads((site("hugo").folder / "redirects" / "redirects.json").read_text("utf-8"))
    assert redirects["objects"]["definition12"] == redirects["paths"]["Une-AMAP"] == "/glossaire/amap/"
    assert redirects["objects"]["dictionnaire3"] == redirects["paths"]["Sigles"] == "/glossaire/sigles/"
    assert "definition14" not in redirects["objects"]
    assert issues(site("hugo"), "definition-inactive") == [("definition", 14, "")]
    assert issues(site("hugo"), "dictionary-inactive") == [("dictionnaire", 4, "Vieux")]
    assert not any(
        "definitions" in detail or "dictionnaires" in detail for detail in site("hugo").details("table-left")
    )


def test_old_columns_say_which_dictionaries_are_active(tmp_path: Path) -> None:
    migrated = run(
        tmp_path, "json",
        "ALTER TABLE spip_dictionnaires RENAME COLUMN statut TO actif; UPDATE spip_dictionnaires SET actif ="
        " CASE actif WHEN 'actif' THEN 1 ELSE 0 END; ALTER TABLE spip_definitions DROP COLUMN url_externe;"
        " DROP TABLE spip_groupes_mots; DROP TABLE spip_mots;",
    )  # fmt: skip
    found = pages(migrated)
    assert not found["definition", 12, "fr"]["is_draft"]
    assert found["definition", 14, "fr"]["is_draft"]
    # No group of keywords is at this address.
    assert found["dictionnaire", 3, "fr"]["address"] == "/glossaire/"
    assert found["article", 1, "fr"]["terms"] == ["amap", "association"]


def test_definitions_alone_are_taken_for_active(tmp_path: Path) -> None:
    migrated = run(tmp_path, "json", "DROP TABLE spip_dictionnaires;")
    assert not pages(migrated)["definition", 14, "fr"]["is_draft"]


def test_a_title_redirects_the_page_of_its_term() -> None:
    found = pages(site("json"))
    redirects = json.loads((site("hugo").folder / "redirects" / "redirects.json").read_text("utf-8"))["objects"]
    assert ("mot", 6, "fr") not in found
    assert redirects["mot6"] == "/metiers/sans/"
    # What lists articles stays.
    assert redirects["mot7"] == found["mot", 7, "fr"]["address"] == "/glossaire/cooperative/"
    _, body = content(site("hugo"), "metiers/le-moellon/index.md")
    assert '<dfn><a href="/metiers/sans/">mutualité</a></dfn>' in body
    assert '<dfn><a href="/metiers/sans/">coopérative</a></dfn>' in body


@pytest.mark.parametrize(
    ("targets", "code", "numbers"),
    [
        ({20: "mot21", 21: "mot20"}, "redirect-endless", [20, 21]),
        ({20: "mot20"}, "redirect-endless", [20]),
        ({20: "art99"}, "object-not-found", [20]),
        ({20: "javascript:alert(1)"}, "address-refused", [20]),
    ],
)
def test_targets_that_lead_nowhere_leave_the_page(
    targets: dict[int, str], code: str, numbers: list[int], tmp_path: Path
) -> None:
    rows = [
        f"INSERT INTO spip_mots VALUES ({number}, 'mot {number}/ ={to}', '', 'x', 1, '');"  # noqa: S608
        for number, to in targets.items()
    ]
    migrated = run(tmp_path, "json", *rows)
    assert [number for _, number, _ in issues(migrated, code)] == numbers
    assert {key[1] for key in pages(migrated) if key[0] == "mot"} >= set(numbers)


def test_chains_of_targets_are_followed(tmp_path: Path) -> None:
    migrated = run(
        tmp_path,
        "hugo",
        "INSERT INTO spip_mots VALUES (20, 'a/ =mot21', '', 'x', 1, ''), (21, 'b/ =mot6', '', 'x', 1, '');",
    )
    redirects = json.loads((migrated.folder / "redirects" / "redirects.json").read_text("utf-8"))["objects"]
    assert redirects["mot20"] == redirects["mot21"] == "/metiers/sans/"


# ---- Terms on pages ----


def test_terms_are_marked_once_on_a_page() -> None:
    _, body = content(site("hugo"), "metiers/le-moellon/index.md")
    text, _, glossary = body.partition("<section")
    assert marks(text) == [
        "PNR", "MOELLONS", "AMAP", "front de taille", "coopérative", "mutualité", "association", "architrave",
    ]  # fmt: skip
    assert "[sans texte](/glossaire/sans-texte/)" in text
    assert re.findall(r'<dt id="term-([^"]*)"', glossary) == [
        "parc-naturel-regional", "moellon", "amap", "front-de-taille", "cooperative", "mutualite", "association",
        "architrave",
    ]  # fmt: skip
    assert 'Une pierre <strong>petite</strong> du <a href="/glossaire/front-de-taille/"' in glossary
    assert "Une note" not in glossary
    # A term in a definition leads to its definition if that is on the page.
    assert "## Le moellon" in text
    assert "Un front de taille, une architrave." in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("metiers/sans/index.md", []),
        ("metiers/breve/index.md", ["moellon"]),
        ("metiers/_index.md", ["moellon"]),
        ("auteurs/anne/_index.md", []),
        ("glossaire/architrave/_index.md", []),
        ("metiers/english/index.en.md", ["PNR", "rubble stone", "AMAP"]),
        ("_index.md", []),
    ],
)
def test_terms_are_marked_where_the_plugins_marked_them(path: str, words: list[str]) -> None:
    header, body = content(site("hugo"), path)
    assert marks(body.partition("<section")[0]) == words
    assert "!glossaire" not in body
    assert "<a" not in str(header)


def test_definitions_are_in_the_language_of_the_page() -> None:
    _, body = content(site("hugo"), "metiers/english/index.en.md")
    assert "A small stone." in body
    assert "A group of consumers" in body
    assert "agriculture" not in body
    assert '<dt id="term-parc-naturel-regional" lang="fr">' in body
    _, glossary = content(site("hugo"), "glossaire/_index.en.md")
    assert "A small stone." in glossary


def test_messages_and_summaries_have_no_terms() -> None:
    page = pages(site("json"))["article", 1, "fr"]
    assert "glossary" not in json.dumps(page["comments"])
    assert "<" not in page["summary"]
    assert pages(site("json"))["groupe", 1, "fr"]["summary"] == ""


def test_a_group_lists_its_terms_with_their_definitions() -> None:
    header, body = content(site("hugo"), "glossaire/_index.md")
    assert header["params"]["liste_definitions"] is True
    assert re.findall(r'<dt id="term-([^"]*)"', body) == [
        "moellon", "a", "architrave", "cooperative", "front-de-taille", "moellons", "mutualite",
        "parc-naturel-regional", "sans-texte",
    ]  # fmt: skip
    assert body.strip().startswith("Les mots du métier.")
    assert "footnote" not in body
    _, sigles = content(site("hugo"), "glossaire/sigles/_index.md")
    assert re.findall(r'<dt id="term-([^"]*)"', sigles) == ["amap", "association"]


def test_other_systems_lead_to_the_pages_of_terms() -> None:
    text = next((site("markdown").folder / "metiers" / "le-moellon").glob("*.md")).read_text("utf-8")
    assert "[PNR](../../glossaire/parc-naturel-regional/index.md)" in text
    assert "[association](https://example.org/asso)" in text
    wordpress = (site("wxr").folder / "wordpress.xml").read_text("utf-8")
    assert '<a href="/glossaire/amap/" class="spip_in">AMAP</a>' in wordpress
    assert "doc-gloss" not in wordpress


def test_lines_of_json_name_terms_that_a_file_defines() -> None:
    lines = (site("json").folder / "glossary.jsonl").read_text("ascii").splitlines()
    terms = {term["id"]: term for term in map(json.loads, lines)}
    page = pages(site("json"))["article", 1, "fr"]
    assert page["terms"] == [
        "moellon", "parc-naturel-regional", "front-de-taille", "architrave", "mutualite", "cooperative", "sans-texte",
        "amap", "association",
    ]  # fmt: skip
    assert set(page["terms"]) <= set(terms)
    assert set(re.findall(r'href="#term-([^"]*)" role="doc-glossref"', page["html"])) <= set(terms)
    assert terms["amap"] == {
        "id": "amap", "kind": "definition", "number": 12, "language": "fr", "title": "AMAP",
        "forms": ["AMAP", "paniers", "A.M.A.P.", "A.M.A.P", "p.a.n.i.e.r.s.", "p.a.n.i.e.r.s"],
        "address": "/glossaire/amap/", "is_abbreviation": True,
        "is_case_sensitive": True, "short": "Association pour le maintien d’une agriculture paysanne",
        "html": "<p>Association pour le maintien d’une agriculture paysanne</p>\n",
        "markdown": "Association pour le maintien d’une agriculture paysanne\n",
    }  # fmt: skip
    assert (terms["sans-texte"]["html"], terms["sans-texte"]["short"]) == ("", "")
    assert not (site("hugo").folder / "glossary.jsonl").exists()


# ---- Options and settings ----


def test_the_report_says_which_groups_were_taken_and_what_is_of_no_use() -> None:
    for to in ("hugo", "json", "wxr"):
        migrated = site(to)
        assert issues(migrated, "glossary-taken") == [("dictionnaire", 3, "Sigles"), ("groupe", 1, "Glossaire")]
        assert issues(migrated, "glossary-unused") == [("mot", 9, "moellons")]
        assert issues(migrated, "glossary-shadowed") == [("mot", 9, "moellons")]
        assert issues(migrated, "glossary-pattern-left") == [("mot", 5, ",(a+)+$,i")]


def test_every_term_is_accounted_for() -> None:
    balance = site("hugo").report["balance"]
    assert {kind: (balance[kind]["read"], balance[kind]["written"], balance[kind]["redirects"], balance[kind]["left"])
            for kind in ("mot", "definition", "dictionnaire")} == {
        "mot": (10, 9, 1, {}), "definition": (6, 5, 0, {"deleted": 1}), "dictionnaire": (2, 2, 0, {}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "groups", "taken"),
    [
        ([], ("lieux",), ["Lieux"]),
        ([], ("Lieux", "GLOSSAIRE"), ["Glossaire", "Lieux"]),
        (["UPDATE spip_groupes_mots SET titre = 'lexique' WHERE id_groupe = 2;"], (), ["Glossaire", "lexique"]),
        (
            ["UPDATE spip_groupes_mots SET titre = '<multi>[fr]Mots[en]Glossary</multi>' WHERE id_groupe = 1;"],
            (),
            ["Mots"],
        ),
        ([setting("tweaks_variables", {"glossaire_groupes": "Rien : Lieux", "x": 1})], (), ["Lieux"]),
        ([setting("tweaks_variables", {"glossaire_groupes": '"Glossaire"'})], (), ["Glossaire"]),
        (["INSERT INTO spip_meta VALUES ('tweaks_variables', 'a:1:{s:17:\"gloss');"], (), ["Glossaire"]),
        (["DELETE FROM spip_groupes_mots WHERE id_groupe = 1;"], (), []),
    ],
)
def test_groups_are_chosen(changes: Sequence[str], groups: tuple[str, ...], taken: list[str], tmp_path: Path) -> None:
    migrated = run(tmp_path, "json", *changes, glossary_groups=groups, dry_run=False)
    assert sorted(detail for kind, _, detail in issues(migrated, "glossary-taken") if kind == "groupe") == taken


def test_a_group_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"^--glossary-group: no group .* called 'Rien'; there are: Glossaire, Lieux$"):
        run(tmp_path, "hugo", glossary_groups=("Rien",))
    assert not (tmp_path / "out-hugo").exists()


def test_without_a_glossary_nothing_is_marked(tmp_path: Path) -> None:
    migrated = run(tmp_path, "json", glossary_groups=None)
    found = pages(migrated)
    assert found["mot", 4, "fr"]["title"] == "architrave/architraves"
    assert ("definition", 12, "fr") in found
    assert not any(page["terms"] for page in found.values())
    assert not (migrated.folder / "glossary.jsonl").exists()
    assert "doc-gloss" not in json.dumps(list(found.values()))


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ([setting("tweaks_variables", {"glossaire_limite": 0})], {"PNR": 2, "AMAP": 1, "moellons": 1}),
        ([setting("tweaks_variables", {"glossaire_limite": "2"})], {"PNR": 2, "AMAP": 1, "moellons": 1}),
        ([setting("tweaks_variables", {"glossaire_limite": "-1"})], {"PNR": 2, "AMAP": 1}),
        ([setting("tweaks_variables", {"glossaire_limite": 1})], {"PNR": 1, "AMAP": 1, "moellons": 0}),
        ([setting("dictionnaires", {"remplacer_premier_defaut": "on", "remplacer_premier_abbr": "on"})], {"AMAP": 1}),
        ([setting("dictionnaires", {"remplacer_premier_defaut": "on"})], {"PNR": 1, "AMAP": 3, "association": 1}),
    ],
)
def test_settings_say_how_often_terms_are_marked(changes: list[str], number: dict[str, int], tmp_path: Path) -> None:
    twice = "UPDATE spip_articles SET texte = texte || ' AMAP AMAP association' WHERE id_article = 1;"
    migrated = run(tmp_path, "hugo", *(changes + ([twice] if "AMAP" in number and number["AMAP"] == 3 else [])))
    words = marks(content(migrated, "metiers/le-moellon/index.md")[1].partition("<section")[0])
    assert {word: words.count(word) for word in number} == number


# ---- Runs ----


def test_a_changed_definition_is_written_again(tmp_path: Path) -> None:
    first = run(tmp_path, "hugo")
    path = first.folder / "content" / "metiers" / "breve" / "index.md"
    same = first.folder / "content" / "metiers" / "sans" / "index.md"
    before = same.read_bytes()
    again = run(tmp_path, "hugo", "UPDATE spip_mots SET texte = 'Un caillou.' WHERE id_mot = 1;", resume=True, jobs=1)
    assert "Un caillou." in path.read_text("utf-8")
    assert same.read_bytes() == before
    assert issues(again, "glossary-unused") == [("mot", 9, "moellons")]
    # Pages that are not made again still say which terms they have.
    assert issues(run(tmp_path, "hugo", "UPDATE spip_mots SET texte = 'Un caillou.' WHERE id_mot = 1;", resume=True),
                  "glossary-unused") == [("mot", 9, "moellons")]  # fmt: skip


def test_workers_give_the_same(tmp_path: Path) -> None:
    one = site("hugo").folder / "content"
    two = run(tmp_path, "hugo", jobs=2).folder / "content"
    for path in one.rglob("*.md"):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


# ---- Hostile bases ----


def test_hostile_titles_and_definitions_do_nothing(tmp_path: Path) -> None:
    long = "Une très longue définition de la chose. " * 20_000
    forms = "/".join(f"forme{number}" for number in range(6_000))
    rows: list[tuple[int, str, str]] = [
        (20, ",(a|aa)+$,i/,(x+x+)+y,", "x"),
        (21, "<script>alert(1)</script>/<img src=x onerror=alert(2)>ouf", "<script>alert(3)</script>[a->javascript:b]"),
        (22, "", "x"),
        (23, "///", "x"),
        (24, forms, "Beaucoup."),
        (25, "énorme", long),
        (26, "cercle", "voir carré et cercle"),
        (27, "carré", "voir cercle"),
        (28, "{{ .Site.Title }}/{% raw %}", "{{ .Site.Title }} {% raw %} {{< ref >}}"),
        (29, "b" * 300, "x"),
        (30, "," + "[" * 60_000, "x"),
        (31, '"><b onmouseover=alert(1)>bord', "x"),
    ]
    path = make_base(tmp_path)
    with sqlite3.connect(path) as database:
        database.executemany("INSERT INTO spip_mots VALUES (?, ?, '', ?, 1, '')", rows)
        text = f"alert(1) ouf énorme cercle forme1 forme199 forme200 bord {'a' * 50_000}! " + "carré " * 5_000
        database.execute("UPDATE spip_articles SET texte = ? WHERE id_article = 1", (text,))
    out = tmp_path / "out"
    migrate(str(path), out, MigrationOptions("hugo")).close()
    migrated = Migrated(out)
    assert migrated.remarks("object-failed") == []
    header, body = content(migrated, "metiers/le-moellon/index.md")
    words = marks(body.partition("<section")[0])
    assert {"énorme", "cercle", "forme1", "carré"} <= set(words)
    assert "forme199" not in words  # The same term as forme1.
    assert body.count("Une très longue définition") < 150
    assert "(…)" in body
    assert len(body) < 150_000
    everything = "".join(page.read_text("utf-8") for page in (out / "content").rglob("*.md"))
    assert not re.search(r"<script|<img[^>]*onerror|<b[^>]*onmouse|\{\{[<%]|href=\"javascript", everything)
    assert ("mot", 24, "forme200 (5800)") in issues(migrated, "glossary-form-left")
    assert {number for _, number, _ in issues(migrated, "glossary-pattern-left")} >= {5, 20}
    assert [number for _, number, _ in issues(migrated, "glossary-shortened")] == [25]
    assert header["title"] == "Le moellon"


def test_a_glossary_without_bounds_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_FORMS_IN_ALL", 4)
    migrated = run(tmp_path, "json")
    assert [place["detail"] for place in migrated.remarks("glossary-too-large")] == ["9"]
    assert pages(migrated)["article", 3, "en"]["terms"] == ["rubble-stone"]


# ---- A built site ----


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hugo = program("hugo")
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(site("hugo").folder, folder / "site")
    subprocess.run([hugo, "--quiet", "--panicOnWarning"], cwd=folder / "site", check=True, timeout=120)
    return folder / "site" / "public"


def test_a_built_site_has_terms_on_its_pages_alone(built: Path) -> None:
    page = (built / "metiers" / "le-moellon" / "index.html").read_text("utf-8")
    assert len(MARK.findall(page)) >= 8
    assert "spip-glossary.js" in page
    for path in [*built.rglob("*.xml"), built / "index.html", built / "metiers" / "sans" / "index.html"]:
        assert "glossary-term" not in path.read_text("utf-8"), path
    listed = (built / "glossaire" / "index.html").read_text("utf-8")
    assert listed.count(">moellon</a>") == 1
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) - {"content"} <= set(ids)


@pytest.fixture
def served(built: Path, browser: Browser) -> Iterator[Any]:
    types = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    requests: list[str] = []

    def answer(route: Any) -> None:
        address = route.request.url
        requests.append(address)
        name = address.removeprefix("https://carrieres.example/").partition("#")[0]
        path = built / (name + "index.html" if name.endswith("/") or not name else name)
        found = path.is_file() and address.startswith("https://carrieres.example/")
        route.fulfill(
            status=200 if found else 404,
            body=path.read_bytes() if found else b"",
            headers={"Content-Type": types.get(path.suffix[1:], "application/octet-stream")},
        )

    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.route("**", answer)
    page.goto("https://carrieres.example/metiers/le-moellon/")
    yield page
    context.close()
    assert all(address.startswith("https://carrieres.example/") for address in requests)


@pytest.mark.browser
def test_axe_finds_nothing_on_a_page_with_a_definition(served: Any) -> None:
    served.locator(".glossary-term", has_text="front de taille").first.hover()
    served.wait_for_selector(".glossary-bubble")
    assert violations(served) == []


@pytest.mark.browser
def test_a_definition_shows_beside_its_term_and_on_paper(served: Any, tmp_path: Path) -> None:
    term = served.locator(".glossary-term", has_text="front de taille").first
    term.hover()
    bubble = served.wait_for_selector(".glossary-bubble")
    assert "La paroi." in bubble.inner_text()
    served.keyboard.press("Escape")
    assert served.locator(".glossary-bubble").count() == 0
    pdftotext = shutil.which("pdftotext")
    served.pdf(path=str(tmp_path / "page.pdf"))
    if pdftotext is None:
        served.emulate_media(media="print")
        printed = served.locator(".glossary").inner_text()
    else:
        printed = subprocess.run(
            [pdftotext, str(tmp_path / "page.pdf"), "-"], capture_output=True, check=True
        ).stdout.decode()
    for definition in ("La paroi.", "Une entreprise.", "agriculture paysanne", "Une pierre petite", "Des personnes"):
        assert definition in " ".join(printed.split())
