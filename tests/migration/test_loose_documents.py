"""Documents that are on no page of an object have pages of their own; those that SPIP did not publish are drafts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spipconv.migration.plan import loose_documents
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from tests.hard_sites import Row, bases, make_site
from tests.migrations import NOW, migrated, pages

ROWS = bases()["documents"]


def listed(out: Path) -> dict[str, tuple[bool, list[int]]]:
    """Return the pages of documents: whether they are drafts, and the numbers of their documents."""
    found: dict[str, tuple[bool, list[int]]] = {}
    for line in (out / "objects.jsonl").read_text("utf-8").splitlines():
        page: dict[str, Any] = json.loads(line)
        if page["kind"] == "documents":
            found[page["address"]] = page["is_draft"], [document["number"] for document in page["attachments"]]
    return found


def test_every_document_is_on_a_page(tmp_path: Path) -> None:
    source = make_site(tmp_path / "site.sqlite", ROWS)
    migrate(str(source), tmp_path / "out", MigrationOptions("json", now=NOW)).close()
    # Those of a refused article, of a missing one and of a message too; not those of a draft, logos and pictures of
    # other documents.
    assert listed(tmp_path / "out") == {"/documents/": (False, [2, 4, 8, 10, 11]), "/documents-drafts/": (True, [3])}


def test_a_section_of_the_name_keeps_its_address(tmp_path: Path) -> None:
    section: Row = {"id_rubrique": 9, "titre": "Documents", "statut": "publie", "lang": "fr"}
    source = make_site(tmp_path / "site.sqlite", {**ROWS, "rubriques": [*ROWS["rubriques"], section]})
    migrate(str(source), tmp_path / "out", MigrationOptions("json", now=NOW)).close()
    assert [*listed(tmp_path / "out")] == ["/documents-1/", "/documents-drafts/"]


def test_a_page_has_a_limited_number_of_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose_documents, "MOST_DOCUMENTS", 2)
    source = make_site(tmp_path / "site.sqlite", ROWS)
    migrate(str(source), tmp_path / "out", MigrationOptions("json", now=NOW)).close()
    assert sorted(numbers for _, numbers in listed(tmp_path / "out").values()) == [[2, 4], [3], [8, 10], [11]]


def test_the_document_of_the_site_that_belongs_to_nothing_is_kept() -> None:
    (number,) = [number for kind, number, _ in pages("4.1") if kind == "documents"]
    page = pages("4.1")["documents", number, "fr"]
    assert 40 in [document["number"] for document in page["attachments"]]
    assert "pdf/orphelin.pdf" in page["html"]
    assert "/IMG/pdf/orphelin.pdf" in (migrated("4.1", "wxr").folder / "wordpress.xml").read_text("utf-8")
