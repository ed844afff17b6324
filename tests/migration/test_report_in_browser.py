"""The report in a browser: readable on a phone and on paper, in light and dark, and without a fault that axe knows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from spipconv.migration.report.issues import Issue
from spipconv.migration.report.page import write_page
from spipconv.migration.report.plugin_facts import ActivePlugin
from spipconv.migration.report.report import MigrationReport
from spipconv.migration.report.subjects import Subject
from tests.accessibility import violations
from tests.migration.test_report import fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    report = fill(MigrationReport())
    report.plugins = (ActivePlugin("agenda", "Agenda"), ActivePlugin("truc", LONG), ActivePlugin("saisies", "Saisies"))
    report.add(Issue("link-unresolved", "article", 7, detail=f"https://a.example/{LONG}"))
    report.leave("article", "refused", 15)
    path = tmp_path_factory.mktemp("report") / "report.html"
    title = Subject(f"Titre {LONG}", "/titre/", "https://old.example/spip.php?article1")
    path.write_text(write_page(report, "fr", title="Institut", find=lambda kind, number: title), "utf-8")
    report.close()
    return path


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, file: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme: Literal["light", "dark"] = request.param
    # The page's own policy allows no script, axe's neither.
    context = browser.new_context(color_scheme=scheme, viewport={"width": 375, "height": 800}, bypass_csp=True)
    shown = context.new_page()
    shown.goto(file.as_uri())
    yield shown
    context.close()


def test_nothing_is_too_wide_and_axe_finds_nothing(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((list) => { list.open = true; })")
    for width in (320, 375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_paper_has_what_is_folded_and_no_links_to_the_old_site(browser: Browser, file: Path, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("there is no pdftotext on the path: apt install poppler-utils")
    context = browser.new_context()
    shown = context.new_page()
    shown.goto(file.as_uri())
    assert shown.locator("details:not([open]) li").count() > 100
    shown.pdf(path=tmp_path / "page.pdf")
    context.close()
    done = subprocess.run(["pdftotext", "page.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("ligne 13") > 1
    assert "ancienne page" not in done.stdout
