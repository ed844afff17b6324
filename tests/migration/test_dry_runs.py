"""Dry runs: they report what a run would, though they read only the texts that may have issues."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.pages.harmless import HarmlessTexts
from spipconv.migration.pages.links import LinkRewriter
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.read.database import NUMBERS, WORKING_TABLES, WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.report.issues import Issue
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from spipconv.parsing.parser import parse
from tests.migrations import NOW, SOURCES, images, migrated

CONFORMANCE = Path(__file__).parent.parent / "conformance"
# What only a run knows: the content of files, and which terms are on pages.
ONLY_IN_RUNS = {"file-refused", "file-run-by-target", "file-unreadable", "picture-cleaned", "glossary-unused"}
PIECES = st.lists(
    st.sampled_from(
        [*"{}[]<>|&*-#_~/ \n.é", "{{", "}}", "{{{", "}}}", "[[", "]]", "->", "\n\n", "\n-* ", "\n|", "<doc1>",
         "<img1|left>", "[->art1]", "[mot->rub1]", "[x->https://a.example/b]", "{{gras}}", "{italique}", "[[note]]",
         "&nbsp;", "&#1;", "<br />", "mot", "mot ", "||", "->art2]", "[?", "++++", "https://a.example", "Ã©", "<multi>",
         "_ ", "----"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", ["markdown", "wxr"])
def test_a_dry_run_reports_the_issues_of_a_run(source: str, target: TargetName) -> None:
    whole = migrated(source, target)
    lines = (whole.folder / "remarks.jsonl").read_bytes().splitlines()
    expected = Counter(line for line in lines if json.loads(line)["code"] not in ONLY_IN_RUNS)
    options = MigrationOptions(target, img=images(source), now=NOW, dry_run=True)
    report = migrate(str(SOURCES[source]), whole.folder, options)
    assert Counter(line.rstrip(b"\n") for line in report.lines()) == expected
    balance = {kind: (row.read, row.written) for kind, row in report.balance.items()}
    report.close()
    # Files are refused only when they are copied.
    for kind, row in whole.report["balance"].items():
        if kind not in ("document", "documents_liens"):
            assert balance[kind] == (row["read"], row["written"]), kind


class Site:
    """A planned database with an article, a section and a document, all of number 1."""

    def __init__(self, folder: Path) -> None:
        database = WorkingDatabase(folder / "base.sqlite", is_new=True)
        for kind in ("article", "rubrique"):
            row = kind, 1, "published", "Un {{titre", "fr", 0, "un", "/un/", 0
            database.db.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        values: dict[str, str | int] = {"id_document": 1, "titre": "{{un", "descriptif": "<b>", "fichier": "pdf/a.pdf"}
        columns = WORKING_TABLES["documents"]
        database.add("documents", [tuple(values.get(column, 0 if column in NUMBERS else "") for column in columns)])
        database.db.commit()
        self.objects = SiteObjects(database)
        self.harmless = HarmlessTexts(self.objects, ["https://old.example"])
        self.links = LinkRewriter(database, self.objects, ImgFolder(None), "fr")
        self.database = database

    def issues(self, text: str) -> list[Issue]:
        parsed = parse(text, lang="fr", objects=self.objects, embeds=True)
        issues = [Issue(found.code) for found in parsed.diagnostics]
        self.links.put_right(parsed.document.children, lambda code, node, detail: issues.append(Issue(code)))
        return issues

    def message_issues(self, text: str) -> list[Issue]:
        parsed = parse(text, profile="comment", lang="fr")
        issues = [Issue(found.code) for found in parsed.diagnostics if found.severity == "loss"]
        self.links.put_right(parsed.document.children, lambda code, node, detail: issues.append(Issue(code)))
        return issues


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@cache
def real_texts() -> list[str]:
    texts: list[str] = []
    for name in ("kinds", "generated", "spip44"):
        lines = (CONFORMANCE / f"{name}.jsonl").read_bytes().splitlines()
        texts += [str(json.loads(line)["text"]) for line in lines]
    database = sqlite3.connect(SOURCES["4.1"])
    for kind in ("article", "rubrique", "breve", "forum"):
        rows = database.execute(f"SELECT texte FROM spip_{OBJECT_KINDS[kind].table}")  # noqa: S608
        texts += [row[0] or "" for row in rows]
    database.close()
    return texts


def check(site: Site, text: str) -> bool:
    if site.harmless.is_harmless(text):
        assert site.issues(text) == [], text
    if site.harmless.is_harmless_message(text):
        assert site.message_issues(text) == [], text
    return site.harmless.is_harmless(text)


def test_harmless_texts_have_no_issues_and_are_the_most(site: Site) -> None:
    texts = real_texts()
    # Real texts name objects of many numbers.
    numbered = [re.sub(r"(?<=->)(art|rub|doc)\d+|(?<=<)(doc|img|emb)\d+", r"\g<1>\g<2>1", text) for text in texts]
    harmless = sum(check(site, text) for text in numbered)
    assert harmless > len(texts) / 4


@settings(deadline=None, database=None)
@given(PIECES)
def test_harmless_texts_have_no_issues(site: Site, text: str) -> None:
    check(site, text)


@pytest.mark.parametrize(
    ("text", "is_harmless"),
    [
        ("{{{Titre}}}\n\nUn {mot}, {{deux}}[[une note [->art1] {ici}]].\n\n-* un\n-* deux\n\n|{{a}}|b|\n|1|2|", True),
        ("[->art1] [la rubrique->rub1] [là->https://a.example/b?c=d] <img1|left>", True),
        ("", True),
        ("[->art2]", False),
        ("<doc2>", False),
        ("[x->https://www.old.example/rien]", False),
        ("https://old.example/rien", False),
        ("{{gras", False),
        ("<youtube|id=abc>", False),
        ("[*important*]", False),
        ("a\x07b", False),
        ("dÃ©jÃ ", False),
        ("{" * 50_000, False),
        ("[[" * 50_000, False),
        ("[a->" * 50_000, False),
    ],
)  # fmt: skip
def test_what_is_harmless(site: Site, text: str, is_harmless: bool) -> None:
    assert check(site, text) == is_harmless
