"""The bubble of a term in a real browser: pointer, keyboard, touch, screen readers, paper, and no script at all."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spipconv import Glossary, render
from spipconv.glossary import read_assets
from spipconv.parsing.parser import parse
from tests.accessibility import violations

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = pytest.mark.browser

SITE = "https://site.test/"
BUBBLE = ".glossary-bubble"
GLOSSARY = Glossary.from_data(
    [
        {"forms": ["ESS"], "definition": "Économie sociale et solidaire", "address": "/glossaire/ess/"},
        {
            "forms": ["coopérative", "coopératives"],
            "definition": "Une {{entreprise}} de ses membres, voir [la loi->https://example.org/] et SCIC.\n\n-* un",
        },
        {"forms": ["SCIC"], "definition": "Société coopérative d'intérêt collectif"},
        {"forms": ["architrave"], "definition": "Une pierre " + "très " * 400 + "longue."},
        {"forms": ["absent"], "definition": "Ce qui ne sert pas ici."},
    ]
)
TEXT = """{{{Une visite}}}
L'ESS et les coopératives[[Une SCIC.]] de la région, sous une architrave.

|{{Qui}}|{{Combien}}|
|une ESS|12|
"""
STYLE = b"html { background: Canvas; color: CanvasText } a { text-decoration: underline }"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"
Opener = Callable[..., "Page"]


def page_of(text: str) -> str:
    body = render(parse(text, extensions=[GLOSSARY.extension()]).document)
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        '<meta name="viewport" content="width=device-width"><title>Une visite</title>'
        '<link rel="stylesheet" href="site.css"><link rel="stylesheet" href="spip-glossary.css">'
        '<script type="module" src="spip-glossary.js"></script></head>'
        f"<body><main><h1>Une visite</h1>{body}</main></body></html>"
    )


@pytest.fixture
def visit(browser: Browser) -> Iterator[Opener]:
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    files = {**read_assets(), "": page_of(TEXT).encode(), "site.css": STYLE}
    types = {"": "text/html", "css": "text/css", "js": "text/javascript"}

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(SITE)
        body = files.get(name)
        headers = {"Content-Security-Policy": POLICY, "Content-Type": types[name.rpartition(".")[2]]} if body else {}
        route.fulfill(status=200 if body else 404, body=body or b"", headers=headers)

    def open_page(*, script: str = "", **options: Any) -> Page:
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Security" in message.text else None)
        page.route("**", answer)
        if script:
            page.add_init_script(script)
        page.goto(SITE)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def term(page: Page, number: int) -> Any:
    return page.locator(".glossary-term").nth(number)


def wait_closed(page: Page) -> None:
    page.wait_for_selector(BUBBLE, state="detached")


def test_the_pointer_shows_the_definition_and_may_go_into_it(visit: Opener) -> None:
    page = visit()
    term(page, 1).hover()
    bubble = page.wait_for_selector(BUBBLE)
    assert bubble
    assert bubble.inner_text().startswith("Une entreprise de ses membres")
    assert "↩" not in bubble.inner_text()
    assert page.evaluate("document.querySelector('.glossary-bubble').matches(':popover-open')")
    box = bubble.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=5)
    page.wait_for_timeout(600)
    assert page.locator(BUBBLE).is_visible()
    page.mouse.move(1, 1)
    wait_closed(page)


def test_crossing_a_term_shows_nothing(visit: Opener) -> None:
    page = visit()
    term(page, 1).hover()
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)
    assert page.locator(BUBBLE).count() == 0


def test_the_focus_shows_the_definition_and_escape_closes_it(visit: Opener) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.inner_text(BUBBLE) == "Économie sociale et solidaire"
    page.keyboard.press("Escape")
    assert page.locator(BUBBLE).count() == 0
    assert page.evaluate("document.activeElement.id") == "term-ref-ess-1"
    page.wait_for_timeout(400)
    assert page.locator(BUBBLE).count() == 0
    page.keyboard.press("Tab")
    assert page.inner_text(BUBBLE).startswith("Une entreprise")
    # What is in the bubble takes no focus: the next stop is the call of the note.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#nb1"
    wait_closed(page)


def test_escape_closes_what_the_pointer_opened_and_it_stays_closed(visit: Opener) -> None:
    page = visit()
    term(page, 1).hover()
    page.wait_for_selector(BUBBLE)
    page.keyboard.press("Escape")
    page.wait_for_timeout(600)
    assert page.locator(BUBBLE).count() == 0


def test_a_touch_shows_the_definition_and_a_second_one_follows_the_link(visit: Opener) -> None:
    page = visit(has_touch=True, viewport={"width": 375, "height": 700})
    term(page, 1).tap()
    page.wait_for_selector(BUBBLE)
    assert page.url == SITE
    term(page, 0).tap()
    page.wait_for_selector(".glossary-bubble:has-text('Éco')")
    page.touchscreen.tap(5, 5)
    wait_closed(page)
    assert page.url == SITE
    term(page, 1).tap()
    page.wait_for_selector(BUBBLE)
    term(page, 1).tap()
    page.wait_for_url(f"{SITE}#term-cooperative")
    wait_closed(page)


def test_a_click_and_the_return_key_follow_the_link(visit: Opener) -> None:
    page = visit()
    term(page, 1).click()
    page.wait_for_url(f"{SITE}#term-cooperative")
    page.locator("#term-cooperative + dd .glossary-back").click()
    page.wait_for_url(f"{SITE}#term-ref-cooperative-1")
    page.keyboard.press("Tab")
    term(page, 0).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{SITE}#term-ess")


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_a_long_definition_stays_in_the_window(visit: Opener, width: int) -> None:
    page = visit(viewport={"width": width, "height": 500})
    for number in range(page.locator("p .glossary-term").count()):
        term(page, number).focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        box = page.locator(BUBBLE).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 500
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_bubble_follows_its_term_and_leaves_with_it(visit: Opener) -> None:
    page = visit(viewport={"width": 375, "height": 400})
    page.keyboard.press("Tab")
    before = page.locator(BUBBLE).bounding_box()
    page.evaluate("scrollBy(0, 40)")
    assert before
    # Waiting for a function would evaluate a string in the page, which its policy forbids.
    for _ in range(100):
        after = page.locator(BUBBLE).bounding_box()
        if after and after["y"] < before["y"] - 30:
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail(f"the bubble has stayed: {before}, {after}")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    wait_closed(page)


def test_the_bubble_works_without_popovers(visit: Opener) -> None:
    page = visit(script="delete HTMLElement.prototype.popover; delete HTMLElement.prototype.showPopover;")
    page.keyboard.press("Tab")
    assert page.locator(BUBBLE).is_visible()
    page.keyboard.press("Escape")
    wait_closed(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_bubble_has_the_colours_of_the_page(visit: Opener, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    page.keyboard.press("Tab")
    colours = page.evaluate(
        "[document.querySelector('.glossary-bubble'), document.documentElement]"
        ".map((element) => getComputedStyle(element).colorScheme + getComputedStyle(element).color)"
    )
    assert colours[0] == colours[1]


def test_forced_colours_leave_a_border(visit: Opener) -> None:
    page = visit(forced_colors="active")
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.querySelector('.glossary-bubble')).borderTopStyle")
    assert style == "solid"


@pytest.mark.parametrize("target", ["#%", "#", "#main", "#term-none", "/elsewhere"])
def test_other_links_show_nothing(visit: Opener, target: str) -> None:
    page = visit()
    term(page, 0).evaluate("(link, target) => link.setAttribute('href', target)", target)
    term(page, 0).hover()
    page.keyboard.press("Tab")
    page.wait_for_timeout(300)
    assert page.locator(BUBBLE).count() == 0


# ---- Accessibility ----


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Opener, scheme: str, width: int) -> None:
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    assert violations(page) == []
    term(page, 1).hover()
    page.wait_for_selector(BUBBLE)
    assert violations(page) == []
    without = visit(script="HTMLElement.prototype.append = null; document.addEventListener = () => {};")
    assert violations(without) == []


def test_a_screen_reader_is_told_the_definition(visit: Opener) -> None:
    page = visit()
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    described: dict[str, str] = {}
    for node in nodes:
        if node.get("role", {}).get("value") in ("link", "DocGlossRef", "doc-glossref"):
            described.setdefault(node["name"]["value"], node.get("description", {}).get("value"))
    assert described["ESS"] == "Économie sociale et solidaire"
    assert described["coopératives"].startswith("Une entreprise de ses membres")


# ---- Without script, and on paper ----


def test_without_a_script_the_link_leads_to_the_definition(visit: Opener) -> None:
    page = visit(java_script_enabled=False)
    term(page, 1).click()
    page.wait_for_url(f"{SITE}#term-cooperative")
    assert page.locator("#term-cooperative-short").is_visible()


def test_every_definition_is_on_paper(visit: Opener, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("there is no pdftotext on the path: apt install poppler-utils")
    page = visit()
    page.keyboard.press("Tab")
    assert page.locator(BUBBLE).is_visible()
    page.emulate_media(media="print")
    assert not page.locator(BUBBLE).is_visible()
    assert "dotted" in term(page, 1).evaluate("(element) => getComputedStyle(element).textDecoration")
    page.pdf(path=tmp_path / "page.pdf")
    done = subprocess.run(["pdftotext", "page.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True)
    words = " ".join(done.stdout.split())
    assert words.count("Économie sociale et solidaire") == 1
    assert "Société coopérative d’intérêt collectif" in words
    assert "Une entreprise de ses membres" in words
    assert "très longue." in words
    assert "Ce qui ne sert pas ici" not in words
    assert "↩" not in words
