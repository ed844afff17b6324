"""The pages of a migrated site in a real browser: accessibility, narrow screens, paper, and what they load."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import yaml

from spipconv.glossary import read_assets
from spipconv.migration.target import TargetName
from tests.accessibility import violations
from tests.migration.test_builds import built, program
from tests.theme.sites import ARTICLE, built_demo, demo
from tests.theme.test_ports import SECTION, THEMED, built_grown
from tests.theme.test_structure import KINDS, STARTERS

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

_ECONOMY = "economie-sociale-et-solidaire/"
# Pages of the test site with what the demonstration lacks.
ODD = {
    "right to left": "ar/international/mql-tjryby/",
    "files": f"{_ECONOMY}finance-solidaire/fichiers-aux-noms-difficiles/",
    "hostile thread": f"{_ECONOMY}cooperatives/qu-est-ce-qu-une-cooperative/",
    "tables and code": f"{_ECONOMY}finance-solidaire/monnaies-locales/monnaies-locales-questions-frequentes/",
}
# The strictest policy that a server can send with these pages.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'"
Opener = Callable[..., "Page"]


class _Server(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Ignored."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Server, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[str, str]]:
    """Serve both sites; return their addresses."""
    with served(built_demo()) as demo, served(built("4.1", "hugo")) as odd:
        yield {"demo": demo, "odd": odd}


@pytest.fixture
def visit(browser: Browser, sites: dict[str, str]) -> Iterator[Opener]:
    """Return a function that opens pages with the options of a browser's context."""
    contexts = []
    events: list[str] = []

    def visit(**options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()

        def route(asked: Route) -> None:
            if asked.request.url.startswith(tuple(sites.values())):
                asked.continue_()
            else:
                events.append(f"request to {asked.request.url}")
                asked.abort()

        context.route("**/*", route)
        page.on("pageerror", lambda error: events.append(f"error: {error.message}"))
        page.on("console", lambda message: events.append(message.text) if message.type == "error" else None)
        return page

    yield visit
    for context in contexts:
        context.close()
    # Missing pictures of the test site are reported when it is migrated.
    assert [event for event in events if "404" not in event] == []


def addresses(sites: dict[str, str]) -> Iterator[str]:
    yield from (sites["demo"] + address for address in KINDS.values())
    yield from (sites["odd"] + address for address in ODD.values())


def open_page(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, address


# At 200 %, a screen of 1280 pixels is 640 pixels wide.
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 640)])
def test_axe_finds_nothing_on_any_kind_of_page(visit: Opener, sites: dict[str, str], scheme: str, width: int) -> None:
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    wrong = {}
    for address in addresses(sites):
        open_page(page, address)
        if found := violations(page):
            wrong[address] = found
    assert wrong == {}


@pytest.mark.parametrize("to", THEMED)
def test_axe_finds_nothing_in_what_other_generators_build(visit: Opener, sites: dict[str, str], to: TargetName) -> None:
    page = visit(viewport={"width": 375, "height": 800})
    wrong = {}
    with served(built_grown(to)) as own:
        sites[to] = own
        # Their pages have the structure of those above, another test compares them; these have the most of their own.
        for address in ("", ARTICLE, KINDS["gallery"], KINDS["English"], f"{SECTION}page/2/"):
            open_page(page, own + address)
            if found := violations(page):
                wrong[address] = found
        page.close()
        del sites[to]
    assert wrong == {}


def test_no_page_scrolls_sideways_on_a_narrow_screen(visit: Opener, sites: dict[str, str]) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    wide = {}
    for address in addresses(sites):
        open_page(page, address)
        if (excess := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wide[address] = excess
    assert wide == {}


@pytest.mark.parametrize("address", ["", ARTICLE, SECTION])
def test_long_words_are_divided_wherever_they_are(visit: Opener, sites: dict[str, str], address: str) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    page.goto(sites["demo"] + address)
    page.evaluate(
        "document.querySelectorAll('a:not(.skip), h1, h2, h3, dt').forEach(e => e.textContent = 'x'.repeat(300))"
    )
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_pages_can_be_used_without_scripts(visit: Opener, sites: dict[str, str]) -> None:
    page = visit(java_script_enabled=False)
    page.goto(sites["demo"] + ARTICLE)
    assert not page.locator(".print").is_visible()
    assert page.locator("#forum2").is_visible()
    page.goto(sites["demo"])
    page.locator(".skip").focus()
    assert page.locator(".skip").is_visible()


def test_the_text_its_notes_and_its_definitions_are_printed_and_nothing_else(
    visit: Opener, sites: dict[str, str]
) -> None:
    page = visit(color_scheme="dark")
    page.goto(sites["demo"] + ARTICLE)
    assert page.locator(".print button").is_visible()
    page.emulate_media(media="print")
    for shown in ("h1", ".authors", ".text-header .date", ".chapo", ".ps", ".footnotes", ".glossary", ".site-name"):
        assert page.locator(shown).first.is_visible(), shown
    for hidden in ("nav", ".breadcrumb", ".print", ".comments", ".same-section", ".documents", ".site-footer"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_style_is_small_and_loads_nothing() -> None:
    style = (STARTERS / "theme" / "site.css").read_text("utf-8")
    assert len(style.encode()) < 15_000
    for text in (style, *(asset.decode() for asset in read_assets().values())):
        assert not re.search(r"@import|url\(|https?://|@font-face", text)


# ---- Search, and a menu with two levels ----

# What the theme uses of Pagefind.
INDEX = """export const search = async (words) => ({results: words === "rien" ? [] : [{data: async () => ({
    url: "/idees/", meta: {title: "Idées <b>"}, excerpt: "un <mark>mot</mark> &amp; un autre"})}]});
"""


@pytest.fixture(scope="module")
def searched(sites: dict[str, str]) -> str:
    """Build the demonstration again with an index; return its address."""
    pages = built_demo()
    # The processes of a run share the pages, and each of them may build this.
    name = f"searched-{os.getpid()}"
    site = pages.with_name(f"demo-{name}")
    shutil.copytree(demo("hugo"), site)
    (site / "static" / "pagefind").mkdir()
    (site / "static" / "pagefind" / "pagefind.js").write_text(INDEX, "utf-8")
    settings = yaml.safe_load((site / "hugo.yaml").read_text("utf-8"))
    entries = settings["languages"]["fr"]["menus"]["main"]
    entries.append({"identifier": "x", "name": "Un article", "url": f"/{ARTICLE}", "parent": entries[0]["identifier"]})
    (site / "hugo.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    command = [program("hugo"), "--quiet", "--source", str(site), "--destination", str(pages / name)]
    subprocess.run([*command, "--baseURL", f"{sites['demo']}{name}/"], check=True, capture_output=True)
    return f"{sites['demo']}{name}/"


def test_there_is_a_search_if_there_is_an_index(visit: Opener, sites: dict[str, str], searched: str) -> None:
    page = visit()
    page.goto(sites["demo"])
    assert page.locator(".search").count() == 0
    page.goto(searched)
    page.get_by_label("Rechercher").fill("mot")
    page.get_by_label("Rechercher").press("Enter")
    page.get_by_role("status").get_by_text("Résultats : 1").wait_for()
    assert page.locator(".search li").inner_text().split("\n")[0] == "Idées <b>"
    assert "un mot & un autre" in page.locator(".search li").inner_text()
    assert violations(page) == []
    page.get_by_label("Rechercher").fill("rien")
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_role("status").get_by_text("Aucun résultat.").wait_for()
    assert page.locator(".search li").count() == 0


def test_without_scripts_there_is_no_form_that_does_nothing(visit: Opener, searched: str) -> None:
    page = visit(java_script_enabled=False)
    page.goto(searched)
    assert not page.locator(".search").is_visible()


def test_entries_below_others_are_shown_by_a_click(visit: Opener, searched: str) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    page.goto(searched)
    link = page.get_by_role("link", name="Un article", exact=True)
    assert not link.is_visible()
    page.locator(".menu summary").click()
    assert link.is_visible()
    assert [item.inner_text() for item in page.locator(".menu details a").all()] == ["Idées", "Un article"]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []
