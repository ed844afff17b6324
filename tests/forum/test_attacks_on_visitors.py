"""Every attack as name, title, address, e-mail and text: in pages of threads, in live threads, in forms again.

A share of the vectors is tried; with SPIPCONV_TEST_ATTACKS, all of them, and those of the files that it names (with
colons between them; ``all`` names none).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")

import html5lib

from spipconv.forum.records import Message
from spipconv.forum.site.threads import MOST_MESSAGES
from spipconv.forum.store.store import Store
from tests.asgi import as_multipart
from tests.forum.test_form_in_browser import Site
from tests.forum.test_visitors import BROWSER, Visitors, fields_of, flatten
from tests.judges import dangers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECURITY = Path(__file__).parent.parent / "security"
WANTED = os.environ.get("SPIPCONV_TEST_ATTACKS", "")
# The script of a page asks for so many messages at most.
MOST_LIVE = 1500
EVERY = 1 if WANTED else 4


def read_vectors() -> list[str]:
    files = [SECURITY / "attacks.jsonl", SECURITY / "spip_xss.jsonl"]
    files += [Path(name) for name in WANTED.split(":") if name not in ("", "all")]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return [json.loads(line)["vector"] for line in lines][::EVERY]


VECTORS = read_vectors()

# What a script of a vector would call, before the page is read.
HOOKS = """(() => {
    const called = [];
    Object.defineProperty(window, "calledByScripts", {value: called});
    for (const name of ["alert", "confirm", "prompt", "print", "open"])
        window[name] = (given) => { called.push(`${name}(${String(given).slice(0, 80)})`); };
    navigator.sendBeacon = () => called.push("sendBeacon");
})()"""

# What a reader does with messages; links of the web would only leave the page.
TOUCH = """() => {
    window.addEventListener("click", (event) => {
        const link = event.target.closest("a[href]");
        if (link && /^(https?|mailto|ftp|tel|geo|news|sftp|sms|xmpp)?:$/.test(link.protocol)) event.preventDefault();
    }, true);
    for (const element of document.querySelectorAll("li.comment article *")) {
        for (const name of ["pointerover", "mouseover", "mouseenter", "mousedown", "mouseup"])
            element.dispatchEvent(new MouseEvent(name, {bubbles: true, cancelable: true}));
        for (const name of ["focus", "blur", "toggle", "error", "load"]) element.dispatchEvent(new Event(name));
        element.focus?.();
        element.click?.();
    }
}"""

LOOK = """() => {
    const wrong = [...window.calledByScripts];
    const forbidden = new Set(["script", "iframe", "frame", "object", "embed", "applet", "base", "meta", "link",
        "style", "form", "input", "button", "textarea", "select", "svg", "math", "template", "title", "img", "video",
        "audio"]);
    for (const item of document.querySelectorAll("ol.thread > *")) {
        if (!/^forum\\d+$/.test(item.id) || item.localName !== "li") wrong.push(`the list has <${item.localName}>`);
        if (item.children.length !== 1 || item.firstElementChild.localName !== "article") wrong.push("a message leaks");
        for (const element of item.querySelectorAll("*")) {
            const name = element.localName;
            if (forbidden.has(name)) wrong.push(`<${name}>`);
            for (const {name: key, value} of element.attributes) {
                if (key.startsWith("on") || key === "style" || key === "src") wrong.push(`<${name} ${key}>`);
                if (key !== "href") continue;
                let protocol = "http:";
                try { protocol = new URL(value, document.baseURI).protocol; } catch { continue; }
                if (!/^(https?|mailto|ftp|tel|geo|news|sftp|sms|xmpp):$/.test(protocol)) wrong.push(protocol);
            }
        }
    }
    return wrong;
}"""


def message_of(vector: str, page: int) -> Message:
    """Return a message with a vector in all fields, as if nothing had been checked when it was posted."""
    return Message(
        0, page, 0, 0, "publie", vector, vector, f"{vector}\n\n[{vector}->{vector}]", vector, "fr", 1_800_000_000,
        1_800_000_000,
    )  # fmt: skip


def fill(store: Store, page: int, vectors: Sequence[str] = VECTORS) -> None:
    for vector in vectors:
        store.messages.add(message_of(vector, page))


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    made = Visitors(tmp_path_factory.mktemp("attacks"))
    yield made
    made.forum.base.close()


def test_a_form_comes_back_with_every_attack_as_words(visitors: Visitors) -> None:
    # Parsing takes a while.
    for vector in VECTORS[:: 1 if WANTED else 4]:
        given = {"author": vector, "title": vector, "email": vector, "url": vector, "text": vector, "parent": vector}
        for token in ("", "wrong"):
            headers, body = as_multipart({"page": "article1", "token": token, **given})
            answer = visitors.ask("POST", "/messages", {**headers, **BROWSER}, body)
            assert answer.status in (200, 422), vector
            page = html5lib.parse(answer.text, namespaceHTMLElements=False)
            scripts = [element.get("src") for element in page.iter("script")]
            assert scripts == ["/static/spip-preview.js", "/static/forum.js"], vector
            assert not [
                (element.tag, name) for element in page.iter() for name in element.attrib if str(name).startswith("on")
            ], vector
            if answer.status == 422:
                assert flatten(fields_of(answer)["author"]) == flatten(vector.encode("utf-8", "replace").decode()), (
                    vector
                )


def test_the_live_thread_holds_no_danger(visitors: Visitors) -> None:
    page = visitors.forum.add_page("article2")
    visitors.forum.do(lambda store: fill(store, page.id))
    after, count = 0, 0
    while True:
        answer = visitors.get(f"/thread?page=article2&after={after}").json
        for message in answer["messages"]:
            count += 1
            assert dangers(message["html"]) == frozenset(), message
            assert message["url"] == "" or message["url"].startswith(("http://", "https://")), message
        after = answer["next"]
        if not after:
            break
    assert count == len(VECTORS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = Site(tmp_path_factory.mktemp("attacked"))
    yield started
    started.close()


def open_watched(browser: Browser, site: Site, address: str) -> tuple[Page, list[str]]:
    """Open a page whose policy is not in force: it alone would stop most attacks."""
    strange: list[str] = []
    context = browser.new_context(bypass_csp=True)
    context.add_init_script(HOOKS)
    page = context.new_page()

    def note(request: Any) -> None:
        if not request.url.startswith((f"{site.server}/", f"{site.address}/")) or "x.example" in request.url:
            strange.append(request.url)

    def dismiss(dialog: Any) -> None:
        strange.append(dialog.message)
        dialog.dismiss()

    page.on("request", note)
    page.on("dialog", dismiss)
    page.goto(address)
    return page, strange


@pytest.mark.browser
@pytest.mark.parametrize("start", range(0, len(VECTORS), MOST_LIVE))
def test_no_attack_runs_in_the_page_of_a_thread_or_in_a_live_thread(browser: Browser, site: Site, start: int) -> None:
    key, vectors = f"attacked{start}", VECTORS[start : start + MOST_LIVE]
    number = site.add_page(key)
    site.forum.do(lambda store: fill(store, number, vectors))
    served = [f"{site.server}/pages/{key}?from={first}" for first in range(0, len(vectors), MOST_MESSAGES)]
    for address in [*served, f"{site.address}/{key}"]:
        page, strange = open_watched(browser, site, address)
        if address not in served:
            page.locator("li.comment").nth(len(vectors)).wait_for(state="attached", timeout=60_000)
        page.evaluate(TOUCH)
        assert page.evaluate(LOOK) == [], address
        assert strange == [], address
        page.context.close()
