"""The report: the same bytes in any order of the run, nothing is cut silently, and no title breaks out."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
import random
import re
from collections.abc import Iterator
from itertools import cycle, pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import msgspec
import pytest

from spipconv import diagnostics
from spipconv.migration.report.issues import ISSUE_CODES, MOST_DETAIL, Issue, message, readable, severity
from spipconv.migration.report.page import MOST_SHOWN, write_page
from spipconv.migration.report.plugin_facts import OWN_PLUGINS, PLUGIN_FACTS, ActivePlugin
from spipconv.migration.report.remedies import REMEDIES, remedy
from spipconv.migration.report.report import MOST_EXAMPLES, MigrationReport
from spipconv.migration.report.subjects import Subject
from spipconv.migration.report.summary import summary
from spipconv.translations import translate

ALL_CODES = [*ISSUE_CODES, *diagnostics.DIAGNOSTICS]
LANGUAGES = ["fr", "en"]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</code></li></ul></main><iframe src=javascript:alert(1)>",
    "</style><script>alert(1)</script>",
    "<!--",
    "' onclick='alert(1)",
    "\x00\ud800\udce9\u202e",
]
ADDRESSES = ["javascript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", '/a/" onclick="alert(1)', "/a/<b>/"]


@pytest.fixture
def report() -> Iterator[MigrationReport]:
    made = MigrationReport()
    yield made
    made.close()


def fill(report: MigrationReport, seed: int | None = None) -> MigrationReport:
    """Add something of everything, in some order."""
    issues = [
        Issue(code, "article", number, "texte", number, 1, f"[->art{number % 3}]", f"/article-{number}/")
        for place, code in enumerate(ALL_CODES)
        for number in range(1, place % 13 + 2)
    ]
    issues += [Issue("table-left", detail="spip_gis"), Issue("file-missing", "document", 3, detail="pdf/\udce9.pdf")]
    issues += [Issue("unknown-model", "article", 4, "texte", 1, 1, f"<plan_acces{n}|zoom=1>") for n in range(4)]
    losses = [("article", number, f"/{number}/", 1000 + number, 1000 + number % 7) for number in range(50)]
    counts = [("read", "article", 61), ("read", "forum", 80), ("written", "article", 46), ("left", "forum", 16)]
    counts += [("file", "copied", 1241), ("file", "missing", 2), ("redirect", "written", 312), ("read", "truc", 1)]
    if seed is not None:
        for one in (issues, losses, counts):
            random.Random(seed).shuffle(one)  # noqa: S311
    for issue in issues:
        report.add(issue)
    for words in losses:
        report.count_words(*words)
    for what, kind, number in counts:
        for _ in range(2):
            report.count(what, kind, number // 2)
        report.count(what, kind, number % 2)
    return report


@pytest.mark.parametrize("code", ALL_CODES)
def test_every_code_has_a_severity_and_two_sentences(code: str) -> None:
    assert severity(code) in ("loss", "change", "info")
    english, french = message(code, "en"), message(code, "fr_FR")
    assert english
    assert french
    assert english != french
    assert english[-1] not in ".!"


@pytest.mark.parametrize("code", ALL_CODES)
def test_every_code_has_a_remedy_of_one_sentence(code: str) -> None:
    english, french = remedy(code, "en"), remedy(code, "fr")
    assert english != french
    for sentence in (english, french):
        assert sentence[0].isupper()
        assert sentence[-1] == "."


def test_no_remedy_is_left_over() -> None:
    assert REMEDIES.keys() == set(ALL_CODES)


def test_no_code_has_two_meanings() -> None:
    assert not ISSUE_CODES.keys() & diagnostics.DIAGNOSTICS.keys()
    with pytest.raises(KeyError):
        severity("no-such-code")


def test_an_unknown_code_is_an_error(report: MigrationReport) -> None:
    with pytest.raises(KeyError):
        report.add(Issue("no-such-code"))


def test_issues_can_be_sent_between_processes() -> None:
    issue = Issue("file-missing", "document", 3, "fichier", 1, 2, "pdf/\udce9.pdf", "/a/")
    assert pickle.loads(pickle.dumps(issue)) == issue  # noqa: S301


def test_an_empty_report(report: MigrationReport) -> None:
    assert not report.has_losses
    content = json.loads(report.to_json())
    assert content["remarks"] == []
    assert content["recall"]["share"] == 1
    assert list(report.lines()) == []
    for language in LANGUAGES:
        assert summary(report, language)
    assert "Nothing was lost" in write_page(report, "en")
    assert "Rien n’a été perdu" in write_page(report, "fr")


def test_only_losses_are_losses(report: MigrationReport) -> None:
    report.add(Issue("slug-changed"), Issue("date-missing"))
    assert not report.has_losses
    report.add(Issue("file-missing"))
    assert report.has_losses
    assert report.totals == {"loss": 1, "change": 1, "info": 1}
    assert list(report.codes) == ["file-missing", "date-missing", "slug-changed"]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_a_run_changes_nothing(report: MigrationReport, tmp_path: Path, seed: int) -> None:
    fill(report)
    other = fill(MigrationReport(tmp_path / "spool"), seed)
    assert other.to_json() == report.to_json()
    assert list(other.lines()) == list(report.lines())
    for language in LANGUAGES:
        assert summary(other, language) == summary(report, language)
        assert write_page(other, language) == write_page(report, language)
    other.close()
    again = MigrationReport(tmp_path / "spool")
    assert not again.codes
    assert list(again.lines()) == []
    again.close()


def test_reading_and_adding_may_alternate(report: MigrationReport) -> None:
    report.add(Issue("file-missing", number=2))
    assert [one.number for one in report.issues("file-missing")] == [2]
    report.add(Issue("file-missing", number=1))
    assert [one.number for one in report.issues("file-missing")] == [1, 2]


def test_counts_are_exact_and_examples_are_the_first(report: MigrationReport) -> None:
    numbers = list(range(MOST_EXAMPLES * 3))
    random.Random(3).shuffle(numbers)  # noqa: S311
    for number in numbers:
        report.add(Issue("link-unresolved", "article", number, "texte", 1, 1, "http://example.org/", f"/{number}/"))
    (found,) = json.loads(report.to_json())["remarks"]
    assert found["count"] == MOST_EXAMPLES * 3
    assert [place.get("number", 0) for place in found["places"]] == list(range(MOST_EXAMPLES))
    assert json.loads(report.to_json())["links"] == [
        {"code": "link-unresolved", "detail": "http://example.org/", "count": MOST_EXAMPLES * 3}
    ]
    lines = [msgspec.json.decode(line, type=Issue) for line in report.lines()]
    assert [one.number for one in lines] == list(range(MOST_EXAMPLES * 3))


def test_json_lists_the_losses(report: MigrationReport) -> None:
    fill(report)
    content = json.loads(report.to_json())
    assert content["counts"] == {
        "read": {"article": 61, "forum": 80, "truc": 1},
        "written": {"article": 46},
        "left": {"forum": 16},
        "file": {"copied": 1241, "missing": 2},
        "redirect": {"written": 312},
    }
    assert content["totals"]["loss"] == sum(one["count"] for one in content["remarks"] if one["severity"] == "loss")
    assert content["unknown_models"]["plan_acces"] == 4
    place = {
        "kind": "article", "number": 1, "field": "texte", "line": 1, "column": 1, "detail": "[->art1]",
        "page": "/article-1/",
    }  # fmt: skip
    assert place in next(one["places"] for one in content["remarks"] if one["code"] == "link-unresolved")
    assert {"code": "file-missing", "detail": "pdf/é.pdf", "count": 1} in content["documents"]
    assert {one["code"] for one in content["encodings"]} == {"encoding-repaired", "encoding-doubtful"}


def test_shares_are_sorted_from_the_lowest_and_never_rounded_up(report: MigrationReport) -> None:
    report.count_words("article", 1, "/1/", 1_000_000, 999_999)
    report.count_words("article", 2, "/2/", 10, 5)
    report.count_words("article", 3, "/3/", 10, 10)
    report.count_words("article", 4, "/4/", 10, 12)
    report.count_words("article", 5, "/5/", 0, 0)
    found = json.loads(report.to_json())["recall"]
    assert [(one["number"], one["share"]) for one in found["below"]] == [(2, 0.5), (1, 0.9999)]
    assert (found["pages"], found["source_words"], found["kept_words"]) == (5, 1_000_030, 1_000_024)
    assert (found["pages_below"], found["share"]) == (2, 0.9999)


def test_details_are_short_and_any_file_can_hold_them(report: MigrationReport) -> None:
    report.add(Issue("table-left", field="\ud800", detail="x" * 9999), Issue("table-left", detail="\udce9\udfff"))
    first, second = report.issues("table-left")
    assert (first.detail, second.detail) == ("é\ufffd", "x" * MOST_DETAIL + "…")
    assert "".join(map(str, [first, second])).encode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_fits_a_terminal(report: MigrationReport, language: str) -> None:
    lines = summary(fill(report), language).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 40
    assert re.fullmatch(
        r"(et|and) \d+ (autres sortes\u00a0: voir le rapport|more kinds of issues: see the report)", lines[-1]
    )


def test_the_summary_in_both_languages(report: MigrationReport) -> None:
    report.count("read", "article", 1234)
    report.count("written", "article", 1230)
    report.leave("article", "refused", 3)
    report.leave("article", "deleted", 1)
    report.count("read", "urls", 7)
    report.count("redirect", "paths", 7)
    report.plugins = (ActivePlugin("truc", "Le truc"), ActivePlugin("crayons", "Crayons"))
    report.count_words("article", 1, "/1/", 1000, 998)
    report.add(Issue("link-unresolved"), Issue("slug-changed"), Issue("slug-changed"))
    assert summary(report, "en") == (
        "           read  written  left out\n"
        "articles  1,234    1,230         4  refused by the editors (3), in the bin (1)\n"
        "redirects: 7 old paths\n"
        "words kept: 99.80%\n"
        "\n"
        "plugins to look at: Le truc\n"
        "1 loss, 0 changes, 2 notes\n"
        "1  link-unresolved  nothing on the new site has this address: left as it is\n"
        "                    Correct the link or remove it: it was probably dead on the old site, too.\n"
        "2  slug-changed     another page has this name: the object’s number was appended\n"
    )
    assert summary(report, "fr-CA").splitlines()[:2] == [
        "            lus  écrits  non repris",
        "articles  1\u202f234   1\u202f230           4  refusés par la rédaction (3), à la poubelle (1)",
    ]


def test_the_summary_cuts_no_reason(report: MigrationReport) -> None:
    for number, reason in enumerate(("refused", "other-status", "no-page", "nothing-published"), 1):
        report.count("read", "article", number)
        report.leave("article", reason, number)
    lines = summary(report, "en").splitlines()
    words = " ".join(" ".join(lines[1:4]).split())
    assert words == (
        "articles 10 0 10 refused by the editors (1), with a status that visitors did not see (2),"
        " without anything published: SPIP showed no page of them (4),"
        " of something that has no page on the new site (3)"
    )


def test_a_long_table_of_the_summary_says_that_it_goes_on(report: MigrationReport) -> None:
    for number in range(40):
        report.count("read", f"table{number:02}", 1)
        report.leave(f"table{number:02}", "plugin", 1)
    report.add(Issue("table-left"))
    lines = summary(report, "en").splitlines()
    assert len(lines) <= 40
    assert lines[22] == "and 19 more kinds of data: see the report"
    assert lines[-1].strip() == "If its content matters, export the table from the database yourself."


# --- the page


def elements(page: str) -> list[Element]:
    root = html5lib.parse(page, namespaceHTMLElements=False)
    return [element for element in root.iter() if isinstance(element.tag, str)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.slow
def test_no_title_breaks_out(report: MigrationReport, language: str) -> None:
    calm = {element.tag for element in elements(write_page(fill(report), language))}
    for place, text in enumerate(HOSTILE):
        page = ADDRESSES[place % len(ADDRESSES)]
        report.add(*(Issue(code, text, 1, text, 1, 1, text, page) for code in ALL_CODES))
        report.count("read", text)
        report.count(text, text)
        report.count_words(text, 1, page, 10, 1)
    for title, address in zip(HOSTILE, cycle(ADDRESSES), strict=False):
        page = write_page(report, language, title=title, site=address)
        assert "<!--" not in page
        shown = elements(page)
        assert {element.tag for element in shown} <= calm
        for element in shown:
            assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "src")]
            assert not re.match(r"\s*(javascript|data)", element.get("href", ""), re.IGNORECASE)
    write_page(report, language).encode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing_from_elsewhere(report: MigrationReport, language: str) -> None:
    page = write_page(fill(report), language, title="Institut")
    shown = elements(page)
    assert shown[0].get("lang") == language
    assert {element.tag for element in shown} == set(
        """html head meta title style body main h1 h2 h3 p ul li a b span nav section table caption thead tbody tr th td
        div code details summary small""".split()
    )
    (style,) = (element.text or "" for element in shown if element.tag == "style")
    assert not re.search(r"url\(|@import", style)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = (element.get("content", "") for element in shown if element.get("http-equiv"))
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    ids = [element.get("id") for element in shown if element.get("id")]
    assert len(ids) == len(set(ids))
    links = [element.get("href", "") for element in shown if element.tag == "a"]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert {link for link in links if not link.startswith("#")} >= {"/article-1/", "/10/"}
    for table in (element for element in shown if element.tag == "table"):
        assert table[0].tag == "caption"
        assert all(head.get("scope") for head in table.iter("th"))
    headings = [int(element.tag[1]) for element in shown if re.fullmatch("h[1-6]", element.tag)]
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_places_are_shown_in_words(report: MigrationReport) -> None:
    report.add(Issue("link-unresolved", "article", 12, "texte", 3, 1, "[->art9]", "/a/b/"), Issue("table-left"))
    english = write_page(report, "en", site="https://new.example")
    assert '<a href="https://new.example/a/b/">article 12</a>, text, line 3: <code>[-&gt;art9]</code>' in english
    assert "<li>the database</li>" in english
    assert "Nothing on the new site has this address: left as it is" in english
    french = write_page(report, "fr")
    assert '<a href="/a/b/">article 12</a>, texte, ligne 3&nbsp;: <code>[-&gt;art9]</code>' in french
    assert "Rien sur le nouveau site n’a cette adresse&nbsp;: laissée telle quelle" in french
    assert english.index('id="loss"') < english.index('id="links"')


def test_objects_have_their_titles_and_both_addresses(report: MigrationReport) -> None:
    report.add(Issue("link-unresolved", "article", 12, "texte", 3), Issue("row-unnumbered", "article"))
    report.count_words("article", 12, "/a/", 10, 5)
    asked = []

    def find(kind: str, number: int) -> Subject:
        asked.append((kind, number))
        return Subject("Où <b>dort</b> l’eau", "/a/", f"https://old.example/spip.php?{kind}{number}")

    page = write_page(report, "en", find=find)
    title = '<a href="/a/"><bdi>Où &lt;b&gt;dort&lt;/b&gt; l’eau</bdi></a>'
    old = '<a class="old" href="https://old.example/spip.php?article12">old page</a>'
    assert page.count(f"{title} <small>article 12 {old}</small>") == 2
    assert f"{old}</small>, text, line 3" in page
    assert set(asked) == {("article", 12)}


def test_no_title_breaks_out_of_places(report: MigrationReport) -> None:
    report.add(*(Issue("link-unresolved", "article", number + 1) for number in range(len(HOSTILE))))
    report.plugins = tuple(ActivePlugin(text, text, text) for text in map(readable, HOSTILE))
    calm = {element.tag for element in elements(write_page(report, "en"))}

    def find(_: str, number: int) -> Subject:
        return Subject(HOSTILE[number - 1], ADDRESSES[number % 5], ADDRESSES[number % 5])

    shown = elements(write_page(report, "en", find=find))
    assert {element.tag for element in shown} <= calm | {"a", "bdi", "small"}
    for element in shown:
        assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "src")]
        assert not re.match(r"\s*(javascript|data)", element.get("href", ""), re.IGNORECASE)
    report.to_json().decode()
    for language in LANGUAGES:
        assert max(map(len, summary(report, language).splitlines())) <= 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plugins_come_first_and_say_what_they_left(report: MigrationReport, language: str) -> None:
    report.plugins = (
        ActivePlugin("forum", "Forum"),
        ActivePlugin("crayons", "Crayons"),
        ActivePlugin("agenda", "Agenda 4"),
        ActivePlugin("machin", "Le machin"),
    )
    report.add(Issue("table-left", detail="machins (3)"), Issue("table-left", detail="machinerie (2)"))
    report.add(Issue("unknown-model", "article", 4, detail="<machin_plan12|zoom=1>"))
    page = write_page(report, language)
    shown = ["<b>Le machin</b>", "machins (3)", "&lt;machin_plan&gt; (1)", "<b>Agenda 4</b>", "Crayons", "Forum"]
    places = [page.index(text) for text in shown]
    assert places == sorted(places)
    assert places[-1] < page.index('id="loss"')
    assert "machinerie" not in page[: page.index('id="loss"')]
    found = {one["prefix"]: one for one in json.loads(report.to_json())["plugins"]}
    assert found["machin"] == {"prefix": "machin", "title": "Le machin", "version": ""}


@pytest.mark.parametrize("prefix", PLUGIN_FACTS)
def test_facts_about_plugins_are_sentences_in_both_languages(prefix: str) -> None:
    sentence = PLUGIN_FACTS[prefix].sentence
    assert sentence.endswith(".")
    assert translate(sentence, "fr") != sentence
    assert prefix == prefix.lower()
    assert prefix not in OWN_PLUGINS


def test_long_lists_are_folded_and_cut(report: MigrationReport) -> None:
    for number in range(MOST_SHOWN + 20):
        report.add(Issue("link-unresolved", "article", number + 1, detail=f"http://example.org/{number}"))
        report.count_words("article", number, "", 100, number // 2)
    page = write_page(report, "en")
    shown = elements(page)
    lists = [element for element in shown if element.tag == "details"]
    assert [len(list(element.iter("li"))) for element in lists] == [MOST_SHOWN + 1, 0, 0]
    assert [len(list(element.iter("tr"))) for element in lists] == [0, MOST_SHOWN + 1, MOST_SHOWN + 1]
    assert page.count("… and 20 more: see report.json") == 1
    assert page.count("… and 20 more: see remarks.jsonl") == 1
    assert page.count("… and more: see report.json") == 1
