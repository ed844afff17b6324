"""The widget and its server in a real browser: what is shown, what is said, and what no text can do."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.accessibility import violations
from tests.conftest import BROWSER_OPTIONS, CHROMIUM

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
preview = pytest.importorskip("spipconv.preview", reason="starlette is not installed")
gzip = pytest.importorskip("starlette.middleware.gzip", reason="starlette is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, Route

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "spipconv" / "preview" / "static"
EXAMPLE = ROOT / "examples" / "static"
VECTORS: list[str] = [
    json.loads(line)["vector"]
    for line in (Path(__file__).parent.parent / "security" / "spip_xss.jsonl").read_text("utf-8").splitlines()
]
MESSAGE = """{{{Une visite}}}
Hier, {{nous}} avons vu {la carrière} avec [le guide->https://example.org/].

<quote>On y taillait la pierre.</quote>

-* des blocs[[De plusieurs tonnes.]]
-* du sable <code>a = 1</code>

|{{Année}}|{{Tonnes}}|
|1901|1200|

Un {{ sans fin <img src=x>
"""
ARTICLE = """<!DOCTYPE html>
<html lang="fr">
<meta charset="utf-8">
<title>Article</title>
<script type="module" src="/static/spip-preview.js"></script>
<h1>Article</h1>
<spip-preview endpoint="/preview">
<form method="post" action="/send">
<label>Texte <textarea name="text"></textarea></label>
<button formaction="/preview">Voir</button>
<button name="send">Envoyer</button>
</form>
</spip-preview>
"""
WIDGET = "spip-preview"
TEXT = "textarea"
VIEW = ".spip-preview-view"
STATUS = ".spip-preview-status"


class Server:
    """The application on a port of its own, to be stopped and started again there."""

    def __init__(self, *, is_compressed: bool = False, **options: Any) -> None:
        self._options = options
        self._is_compressed = is_compressed
        self._port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        app = preview.create_app(**{"rate": 0, **self._options})
        if self._is_compressed:
            app = gzip.GZipMiddleware(app, minimum_size=0)
        # After stop() no request of a browser is waited for.
        config = uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


class Site:
    """A static site of another origin: the example, with the widget's files beside it."""

    def __init__(self) -> None:
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.partition("?")[0].lstrip("/") or "index.html"
                file = STATIC / name if name.startswith("spip-preview") else EXAMPLE / name
                if not file.is_file():
                    self.send_error(404)
                    return
                content = file.read_bytes().replace(b"http://127.0.0.1:8000", site.endpoint.encode())
                self.send_response(200)
                self.send_header("Content-Type", f"{self.guess_type(str(file))}; charset=utf-8")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.endpoint = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


Opener = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Opener]:
    """Open pages; at the end none has written an error to its console, but of requests that were meant to fail."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    def dismiss(dialog: Dialog) -> None:
        errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(
        address: str = "/",
        *,
        script: str = "",
        routes: Callable[[Route], None] | None = None,
        pages: dict[str, str] | None = None,
        policy: str = "",
        **options: Any,
    ) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        for path, html in (pages or {}).items():
            # The address may say what is shown of the page.
            wanted = re.compile(f"{re.escape(server.address + path)}([?].*)?$")
            context.route(wanted, partial(answer_with, html, headers))
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", dismiss)
        if routes is not None:
            page.route("**/preview", routes)
        page.goto(address if "://" in address else server.address + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def answer_with(html: str, headers: dict[str, str], route: Route) -> None:
    route.fulfill(body=html, headers=headers)


def wait_for(page: Page, state: str = "shown", within: str = "") -> None:
    page.wait_for_selector(f'{WIDGET}[data-state="{state}"] {within}'.strip(), state="attached")


def text_of(route: Route) -> str:
    asked = route.request.post_data_json
    assert asked
    return str(asked["text"])


def show(page: Page, text: str) -> None:
    """Write a text and wait until it has been answered."""
    with page.expect_response("**/preview"):
        page.fill(TEXT, text)
    wait_for(page)


def select(page: Page, start: int, end: int) -> None:
    page.locator(TEXT).evaluate("(field, [start, end]) => { field.focus(); field.setSelectionRange(start, end); }",
                                [start, end])  # fmt: skip


def selected(page: Page) -> tuple[str, str, str]:
    """Return the text before the selection, in it and after it."""
    parts = page.locator(TEXT).evaluate("""(field) => {
        const {value, selectionStart: start, selectionEnd: end} = field;
        return [value.slice(0, start), value.slice(start, end), value.slice(end)];
    }""")
    return parts[0], parts[1], parts[2]


def focused(page: Page) -> str:
    found: str = page.evaluate("""() => {
        const at = document.activeElement;
        return at.getAttribute("aria-label") || at.name || at.className;
    }""")
    return found


# ---- what is shown


def test_typed_text_is_previewed(visit: Opener) -> None:
    page = visit()
    page.click(TEXT)
    page.keyboard.type("Un {{gras}}, {it}, [mot->https://example.org/].\n\n<quote>cité</quote>")
    # The first letters may be answered before the last ones are typed.
    page.wait_for_selector(f"{VIEW} blockquote.spip p:text-is('cité')")
    view = page.locator(VIEW)
    assert view.locator("strong").inner_text() == "gras"
    assert view.locator("i").inner_text() == "it"
    assert view.locator("a[href='https://example.org/']").inner_text() == "mot"
    assert (view.get_attribute("lang"), view.get_attribute("dir")) == ("fr", "ltr")


def test_spips_own_elements_keep_their_classes(visit: Opener) -> None:
    page = visit()
    show(page, MESSAGE)
    for selector in ("h2.spip", "table.spip .numeric", "a.spip_note", "code.spip_code", "ul.spip li", ".notes p"):
        assert page.locator(f"{VIEW} {selector}").count(), selector


def test_links_open_in_a_new_tab_and_notes_in_the_preview(visit: Opener) -> None:
    page = visit()
    show(page, "[mot->https://example.org/] mot[[note]]")
    outside = page.locator(f"{VIEW} a.spip_out")
    assert outside.get_attribute("target") == "_blank"
    assert set((outside.get_attribute("rel") or "").split()) >= {"noopener", "nofollow"}
    note = page.locator(f"{VIEW} p > .spip_note_ref a").first
    assert note.get_attribute("target") is None
    note.click()
    assert page.evaluate("document.activeElement.id") == "spip-preview-1-nb1"
    assert "#" not in page.url


def test_only_new_texts_are_sent_and_nothing_while_hidden(visit: Opener) -> None:
    texts: list[str] = []

    def count(route: Route) -> None:
        texts.append(text_of(route))
        route.continue_()

    hide = """let hidden = false;
        Object.defineProperty(document, "hidden", {get: () => hidden});
        window.hide = (value) => { hidden = value; document.dispatchEvent(new Event("visibilitychange")); };"""
    page = visit(routes=count, script=hide)
    page.clock.install()
    page.fill(TEXT, "un")
    page.clock.run_for(300)
    wait_for(page)
    page.fill(TEXT, "")
    page.fill(TEXT, "un")
    page.clock.run_for(1000)
    page.evaluate("hide(true)")
    page.fill(TEXT, "deux")
    page.clock.run_for(1000)
    assert texts == ["un"]
    with page.expect_response("**/preview"):
        page.evaluate("hide(false)")
        page.clock.run_for(300)
    page.wait_for_selector(f"{VIEW} :text('deux')")
    assert texts == ["un", "deux"]


def test_a_slow_answer_never_covers_a_later_one(visit: Opener) -> None:
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if text_of(route) == "premier":
            held.append(route)
        else:
            route.continue_()

    page = visit(routes=hold_first)
    page.fill(TEXT, "premier")
    wait_for(page, "loading", f"{VIEW}[aria-busy=true]")
    show(page, "second")
    assert len(held) == 1
    held[0].fulfill(json={"html": "<p>premier</p>", "diagnostics": []})
    assert page.inner_text(VIEW) == "second"
    show(page, "troisième")
    assert page.inner_text(VIEW) == "troisième"


def test_a_stale_answer_is_dropped_where_a_request_cannot_be_aborted(visit: Opener) -> None:
    deaf = """const own = window.fetch, held = [];
        window.fetch = async (address, {signal, ...options}) => {
            const isFirst = options.body.includes("premier");
            const response = await own(address, options);
            if (isFirst) await new Promise((go) => held.push(go));
            return response;
        };
        window.release = () => held[0]();"""
    page = visit(script=deaf)
    with page.expect_response("**/preview"):
        page.fill(TEXT, "premier")
    show(page, "second")
    page.wait_for_selector(f"{VIEW} :text('second')")
    page.evaluate("release()")
    page.evaluate("() => new Promise((go) => setTimeout(go, 50))")
    assert page.inner_text(VIEW) == "second"


def test_a_paste_of_sixty_kilobytes_is_previewed(visit: Opener) -> None:
    text = "Une {{phrase}} de plus. " * 2_500
    assert len(text) == 60_000
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    page.focus(TEXT)
    page.keyboard.press("Control+V")
    wait_for(page)
    assert page.locator(f"{VIEW} strong").count() == 2_500
    page.keyboard.type("fin")
    page.wait_for_selector(f"{VIEW} p:has-text('plus. fin')")
    assert page.input_value(TEXT) == f"{text}fin"


def test_diagnostics_lead_to_their_place_in_the_text(visit: Opener) -> None:
    page = visit()
    show(page, "🙂 un\n\n" + "ligne\n" * 60 + "🙂 {{sans fin")
    remark = page.locator(".spip-preview-remark")
    assert remark.count() == 1
    assert remark.inner_text().startswith("Ligne 63 {{")
    assert "jamais refermé" in remark.inner_text()
    remark.click()
    assert selected(page)[1:] == ("{{sans", " fin")
    assert page.locator(TEXT).evaluate("(field) => field.scrollTop > 0 && field === document.activeElement")
    show(page, "rien")
    assert page.locator(".spip-preview-remarks").is_hidden()


def test_a_hundred_diagnostics_stay_readable(visit: Opener) -> None:
    page = visit()
    show(page, "<img src=x>\n" * 100)
    assert page.locator(".spip-preview-remark").count() == 20
    assert page.inner_text(".spip-preview-more") == "… et 80 autres"


@pytest.mark.parametrize(
    ("language", "label", "direction", "counted"),
    [
        ("en", "Preview", "ltr", "One thing to check in your text."),
        ("ar", "معاينة", "rtl", "أمر واحد للتحقق منه في نصك."),
    ],
)
def test_the_widget_speaks_the_language_of_the_page(
    visit: Opener, language: str, label: str, direction: str, counted: str
) -> None:
    page = visit(f"/?lang={language}")
    show(page, "{{سلام")
    view = page.locator(VIEW)
    assert (view.get_attribute("aria-label"), view.get_attribute("lang")) == (label, language)
    assert view.get_attribute("dir") == page.locator(TEXT).get_attribute("dir") == direction
    page.wait_for_selector(f"{STATUS}:text-is('{counted}')")
    # The first button is where the line begins.
    bar = page.locator("[role=toolbar]").bounding_box()
    first = page.locator("[role=toolbar] button").first.bounding_box()
    assert bar
    assert first
    assert (first["x"] < bar["x"] + bar["width"] / 2) is (direction == "ltr")
    page.locator("[role=toolbar] button").first.focus()
    page.keyboard.press("ArrowRight" if direction == "ltr" else "ArrowLeft")
    assert page.evaluate("document.activeElement === document.querySelectorAll('[role=toolbar] button')[1]")


def test_an_unknown_language_is_told_once_and_the_preview_works(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    told: list[str] = []
    try:
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text) if message.type == "warning" else None)
        page.route("**/article", lambda route: route.fulfill(body=ARTICLE.replace('"fr"', '"tlh"')))
        page.goto(f"{server.address}/article")
        show(page, "{{un}}")
        show(page, "{{deux}}")
        page.wait_for_selector(f"{VIEW}[lang=fr] strong:text-is('deux')")
        assert page.get_by_role("button", name="Bold").count() == 1
        assert len(told) == 1
        assert "tlh" in told[0]
    finally:
        context.close()


def test_a_site_says_it_in_its_own_words(visit: Opener) -> None:
    words = json.dumps({"Preview": "Zo ziet het eruit", "Bold": "Vet"})
    script = f'<script type="application/json" class="spip-preview-words">{words}</script>'
    page = visit("/article", pages={"/article": ARTICLE.replace('"fr"', '"nl"').replace("<form", f"{script}<form")})
    assert page.locator(VIEW).get_attribute("aria-label") == "Zo ziet het eruit"
    assert page.get_by_role("button", name="Vet").get_attribute("title") == "Vet (Ctrl+B)"
    page.locator(WIDGET).evaluate("(widget) => { widget.words = {Bold: 'Dik'}; }")
    assert page.get_by_role("button", name="Dik").count() == 1


def test_only_what_matters_is_said(visit: Opener) -> None:
    page = visit()
    page.clock.install()
    heard = page.evaluate_handle("""(selector) => {
        const heard = [], status = document.querySelector(selector);
        new MutationObserver(() => heard.push(status.textContent)).observe(status, {childList: true});
        return heard;
    }""", STATUS)  # fmt: skip
    for text in ("un", "deux", "{{trois", "{{trois}}", "{{quatre"):
        page.fill(TEXT, text)
        page.clock.run_for(300)
        page.wait_for_selector(f"{VIEW} :text-is('{text.strip('{}')}')")
    assert heard.evaluate("(heard) => heard") == []
    page.clock.run_for(2000)
    assert heard.evaluate("(heard) => heard") == ["Un point à vérifier dans votre texte."]
    page.fill(TEXT, "cinq")
    page.clock.run_for(300)
    page.wait_for_selector(f"{VIEW} :text-is('cinq')")
    page.clock.run_for(2000)
    assert heard.evaluate("(heard) => heard.at(-1)") == "Plus rien à vérifier dans votre texte."
    with page.expect_response("**/preview"):
        page.get_by_role("button", name="Prévisualiser").click()
        page.clock.run_for(10)
    page.wait_for_selector(f"{STATUS}:text-is('Aperçu mis à jour.')")
    assert heard.evaluate("(heard) => heard.length") == 3
    assert page.locator(STATUS).get_attribute("role") == "status"
    assert page.locator("[aria-live]").count() == 0


# ---- room


@pytest.mark.parametrize("height", [420, 667])
def test_on_a_phone_the_preview_is_seen_while_typing(visit: Opener, height: int) -> None:
    page = visit(viewport={"width": 375, "height": height}, has_touch=True, is_mobile=True)
    page.tap(TEXT)
    page.keyboard.insert_text("Un {{mot}} de plus.\n" * 30)
    page.wait_for_selector(f"{VIEW} strong")
    page.keyboard.type("La {fin}")
    page.wait_for_selector(f"{VIEW} i:text-is('fin')")
    assert in_sight(page, f"{VIEW} i") == in_sight(page, TEXT) == height
    view, field = page.locator(VIEW).bounding_box(), page.locator(TEXT).bounding_box()
    assert view
    assert field
    assert view["y"] > field["y"] + field["height"]


def in_sight(page: Page, selector: str) -> int:
    """Return the height of the window, or 0 if any of an element is outside it."""
    seen: int = page.locator(selector).evaluate("""(element) => {
        const {top, bottom} = element.getBoundingClientRect();
        return top >= -1 && bottom <= innerHeight + 1 ? innerHeight : 0;
    }""")
    return seen


def test_the_toolbar_does_not_close_the_keyboard_of_a_phone(visit: Opener) -> None:
    page = visit(viewport={"width": 375, "height": 667}, has_touch=True, is_mobile=True)
    page.tap(TEXT)
    page.keyboard.type("{{un mot")
    page.wait_for_selector(".spip-preview-remark")
    page.evaluate("""() => {
        window.left = 0;
        document.querySelector("textarea").addEventListener("blur", () => { left += 1; });
    }""")
    page.tap("[aria-label=Italique]")
    page.keyboard.type("x")
    page.tap(".spip-preview-remark")
    page.tap("[aria-label=Gras]")
    assert page.input_value(TEXT) == "{{ {{un}} mot{x}"
    assert page.evaluate("left") == 0


@pytest.mark.parametrize("width", [375, 1280])
def test_the_field_grows_and_the_preview_follows(visit: Opener, width: int) -> None:
    page = visit(viewport={"width": width, "height": 800})
    height = "(element) => element.offsetHeight"
    before = page.locator(TEXT).evaluate(height)
    text = "\n\n".join(f"Ligne {number}" for number in range(1, 101))
    page.focus(TEXT)
    page.keyboard.insert_text(text)
    page.wait_for_selector(f"{VIEW} p:text-is('Ligne 100')")
    grown = page.locator(TEXT).evaluate(height)
    assert grown <= 0.61 * 800
    assert width < 400 or before < grown
    for number in (100, 50, 1, 80):
        at = text.index(f"Ligne {number}") + 3
        select(page, at, at)
        page.wait_for_function(FOLLOWED, arg=f"Ligne {number}")
    # What is written there stays there.
    page.keyboard.insert_text("{x}")
    page.wait_for_selector(f"{VIEW} i:text-is('x')")
    assert page.evaluate(FOLLOWED, "Ligxne 80")
    page.fill(TEXT, "")
    assert page.locator(TEXT).evaluate(height) == before


FOLLOWED = """(words) => {
    const view = document.querySelector(".spip-preview-view");
    const line = [...view.children].find((element) => element.textContent === words).getBoundingClientRect();
    const {top, bottom} = view.getBoundingClientRect();
    return line.top >= top - 2 && line.bottom <= bottom + 2;
}"""


def test_a_field_that_the_visitor_has_sized_stays_so(visit: Opener) -> None:
    page = visit()
    page.locator(TEXT).evaluate("(field) => { field.style.height = '200px'; }")
    page.fill(TEXT, "ligne\n" * 100)
    wait_for(page)
    assert page.locator(TEXT).evaluate("(field) => field.offsetHeight") == 200


# ---- what goes wrong


def test_the_preview_resumes_when_the_network_returns(visit: Opener) -> None:
    page = visit()
    show(page, "avant")
    page.context.set_offline(True)
    page.fill(TEXT, "pendant")
    wait_for(page, "offline")
    assert page.inner_text(STATUS).startswith("Vous êtes hors ligne")
    assert page.inner_text(VIEW) == "avant"
    page.fill(TEXT, "avant")
    wait_for(page)
    page.fill(TEXT, "pendant")
    wait_for(page, "offline")
    page.context.set_offline(False)
    wait_for(page)
    assert page.inner_text(VIEW) == "pendant"
    assert page.inner_text(STATUS) == "Aperçu mis à jour."


def test_the_preview_resumes_when_the_server_returns(visit: Opener) -> None:
    own = Server()
    try:
        page = visit(f"{own.address}/")
        show(page, "avant")
        own.stop()
        page.fill(TEXT, "pendant")
        wait_for(page, "offline")
        assert page.inner_text(STATUS).startswith("Le serveur d’aperçu ne répond pas")
        assert page.inner_text(VIEW) == "avant"
        own.start()
        wait_for(page)
        assert page.inner_text(VIEW) == "pendant"
    finally:
        own.stop()


def test_a_busy_server_is_asked_again_only_after_retry_after(visit: Opener) -> None:
    asked: list[str] = []

    def refuse_first(route: Route) -> None:
        asked.append(text_of(route))
        if len(asked) > 1:
            route.continue_()
            return
        error = {"error": {"code": "too-many-requests", "message": "Trop"}}
        route.fulfill(status=429, headers={"Retry-After": "40"}, json=error)

    page = visit(routes=refuse_first)
    page.clock.install()
    page.fill(TEXT, "un")
    page.clock.run_for(300)
    wait_for(page, "waiting")
    assert "dans 40\u00a0s" in page.inner_text(STATUS)
    # To have nothing to show needs no request.
    page.fill(TEXT, "")
    page.clock.run_for(300)
    wait_for(page, "idle")
    page.fill(TEXT, "deux")
    page.clock.run_for(38_000)
    assert asked == ["un"]
    page.clock.run_for(2_500)
    wait_for(page)
    assert asked == ["un", "deux"]


def test_a_text_that_is_too_long_gets_the_limit(visit: Opener) -> None:
    page = visit()
    show(page, "court")
    page.fill(TEXT, "long " * 15_000)
    wait_for(page, "too-long")
    assert "64 Kio" in page.inner_text(STATUS).replace("\u00a0", " ")
    assert page.inner_text(VIEW) == "court"
    show(page, "encore court")
    assert page.inner_text(VIEW) == "encore court"


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (422, '{"error": {"code": "x", "message": "Ceci <b>non</b>."}}', "failed"),
        (404, "<h1>404</h1>", "failed"),
        (500, "x", "offline"),
        (502, "<h1>Bad Gateway</h1>", "offline"),
        (200, "<h1>Bienvenue sur le réseau de l’hôtel</h1>", "offline"),
        (200, '{"html": 1}', "offline"),
    ],
)
def test_answers_without_a_preview_are_errors(visit: Opener, status: int, body: str, state: str) -> None:
    page = visit(routes=lambda route: route.fulfill(status=status, body=body))
    page.evaluate("addEventListener('spip-preview:failed', (event) => { window.failed = event.detail; })")
    page.fill(TEXT, "un")
    wait_for(page, state)
    assert page.locator(STATUS).locator("b, h1").count() == 0
    assert page.evaluate("failed.reason") == state
    assert page.evaluate("failed.message") == page.inner_text(STATUS)
    if status == 422:
        assert "Ceci <b>non</b>." in page.inner_text(STATUS)


def test_without_javascript_the_form_still_posts(visit: Opener) -> None:
    page = visit(java_script_enabled=False)
    assert page.locator("[class^=spip-preview]").count() == 0
    page.fill("[name=name]", "Aliénor")
    page.fill(TEXT, "{{gras}} <img src=x>")
    page.get_by_role("button", name="Prévisualiser").click()
    assert page.inner_text(".spip-result strong") == "gras"
    assert page.input_value(TEXT) == "{{gras}} <img src=x>"
    assert page.input_value("[name=name]") == "Aliénor"
    assert page.locator(".spip-remarks li").count() == 1


# ---- the keyboard


def test_the_keyboard_reaches_everything_in_order(visit: Opener) -> None:
    page = visit()
    show(page, "{{ouvert\n" + "<img src=x>\n" * 30)
    assert page.locator(".spip-preview-remark").count() == 20
    page.focus("[name=name]")
    order = []
    for _ in range(7):
        page.keyboard.press("Tab")
        order.append(focused(page))
    links = ["spip-preview-link"] * 2
    assert order == ["Gras", "text", "spip-preview-remark", *links, "page", "Aperçu"]
    page.locator(".spip-preview-remark").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent").startswith("Ligne 20 ")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Ligne 20 ")
    page.keyboard.press("Escape")
    assert focused(page) == "text"
    page.keyboard.press("Shift+Tab")
    for key, name in [
        ("ArrowRight", "Italique"),
        ("ArrowLeft", "Gras"),
        ("ArrowLeft", "Liste"),
        ("ArrowRight", "Gras"),
        ("End", "Liste"),
        ("Home", "Gras"),
        ("ArrowRight", "Italique"),
    ]:
        page.keyboard.press(key)
        assert focused(page) == name
    assert page.locator("[role=toolbar] [tabindex='0']").count() == 1
    page.keyboard.press("Escape")
    assert focused(page) == "text"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Italique"


@pytest.mark.parametrize(
    ("keys", "before", "after"),
    [
        ("Control+b", ("un ", "mot", " là"), ("un {{", "mot", "}} là")),
        ("Control+b", ("un {{", "mot", "}} là"), ("un ", "mot", " là")),
        ("Control+b", ("un ", "{{mot}}", " là"), ("un ", "mot", " là")),
        ("Control+b", ("un ", "mot ", "là"), ("un {{", "mot", "}} là")),
        ("Control+b", ("", "", ""), ("{{", "", "}}")),
        ("Control+i", ("un ", "mot", " là"), ("un {", "mot", "} là")),
        ("Control+i", ("un {{", "mot", "}} là"), ("un {{ {", "mot", "} }} là")),
        ("Control+i", ("un ", "{{mot}}", " là"), ("un { ", "{{mot}}", " } là")),
        ("Control+i", ("un {{ {", "mot", "} }} là"), ("un {{ ", "mot", " }} là")),
        ("Control+k", ("un ", "mot", " là"), ("un [mot->", "https://", "] là")),
        ("Control+k", ("un ", "https://example.org/", " là"), ("un [", "", "->https://example.org/] là")),
        ("Control+Shift+.", ("un ", "mot", " là"), ("un <quote>", "mot", "</quote> là")),
        ("Control+e", ("un ", "mot", " là"), ("un <code>", "mot", "</code> là")),
        ("Control+Shift+8", ("a\nb", "c\n\nd", "e\nf"), ("a\n", "-* bc\n\n-* de", "\nf")),
        ("Control+Shift+8", ("", "-* a\n-* b", ""), ("", "a\nb", "")),
        ("Control+Shift+8", ("\n", "", ""), ("\n-* ", "", "")),
    ],
)
def test_shortcuts_edit_the_selection_and_can_be_undone(
    visit: Opener, keys: str, before: tuple[str, str, str], after: tuple[str, str, str]
) -> None:
    page = visit()
    text = "".join(before)
    page.focus(TEXT)
    if text:
        page.keyboard.insert_text(text)
    select(page, len(before[0]), len(before[0]) + len(before[1]))
    page.keyboard.press(keys)
    assert selected(page) == after
    page.keyboard.press("Control+z")
    assert page.input_value(TEXT) == text


def test_buttons_do_what_their_shortcuts_do(visit: Opener) -> None:
    page = visit()
    shortcuts = {}
    for button in page.locator("[role=toolbar] button").all():
        keys = button.get_attribute("aria-keyshortcuts") or ""
        page.fill(TEXT, "mot")
        select(page, 0, 3)
        page.keyboard.press(keys.replace("Control", "ControlOrMeta"))
        by_keys = selected(page)
        page.fill(TEXT, "mot")
        select(page, 0, 3)
        button.click()
        assert selected(page) == by_keys
        shortcuts[button.get_attribute("aria-label")] = (keys, button.get_attribute("title"))
    assert len(shortcuts) == 6
    assert shortcuts["Citation"] == ("Control+Shift+.", "Citation (Ctrl+Maj+.)")


# The keys that are pressed in a text with a selection, and what becomes of it.
HABITS = [
    (["Enter", "d"], ("-* un", "", ""), ("-* un\n-* d", "", "")),
    (["Enter", "Enter", "d"], ("a\n-# un", "", ""), ("a\n-# un\n\nd", "", "")),
    (["Shift+Enter"], ("-* un", "", ""), ("-* un\n", "", "")),
    (["Enter"], ("un", "", ""), ("un\n", "", "")),
    (["Control+b"], ("", "-* un\n-* deux", ""), ("", "-* {{un}}\n-* {{deux}}", "")),
    (["Control+i"], ("-* un\n", "-* deux", ""), ("-* un\n", "-* {deux}", "")),
    (["Control+v"], ("un ", "mot", " là"), ("un [mot->https://example.org/?a=%5Bb%5D]", "", " là")),
    (["Control+v"], ("un ", "", " là"), ("un https://example.org/?a=[b]", "", " là")),
]


def test_keys_do_more_than_usual_and_can_be_undone(visit: Opener) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('https://example.org/?a=[b]')")
    for keys, before, after in HABITS:
        text = "".join(before)
        page.fill(TEXT, "")
        page.keyboard.insert_text(text)
        select(page, len(before[0]), len(before[0]) + len(before[1]))
        for key in keys:
            page.keyboard.press(key)
        assert selected(page) == after
        # The browser may take several of them back at once.
        for _ in keys:
            if page.input_value(TEXT) != text:
                page.keyboard.press("Control+z")
        assert page.input_value(TEXT) == text


@pytest.mark.parametrize("address", ["/article", "/"])
def test_control_and_enter_send(visit: Opener, address: str) -> None:
    page = visit(address, pages={"/article": ARTICLE})
    posted: list[str] = []

    def note(route: Route) -> None:
        posted.append(route.request.post_data or "")
        route.fulfill(body="<p>Bien.", content_type="text/html")

    page.context.route("**/send", note)
    page.fill(TEXT, "un mot")
    if address == "/":
        # The page's own form has no other button.
        with page.expect_response("**/preview"):
            page.press(TEXT, "Control+Enter")
        wait_for(page)
    else:
        page.press(TEXT, "Control+Enter")
        page.wait_for_url("**/send")
        assert posted == ["text=un+mot&send="]


def test_the_text_can_be_edited_without_exec_command(visit: Opener) -> None:
    page = visit(script="document.execCommand = () => false;")
    page.fill(TEXT, "un mot")
    select(page, 3, 6)
    page.keyboard.press("Control+b")
    assert selected(page) == ("un {{", "mot", "}}")
    page.wait_for_selector(f"{VIEW} strong")


def test_the_button_shows_the_preview_without_leaving_the_page(visit: Opener) -> None:
    page = visit()
    page.evaluate("window.stayed = true")
    show(page, "{{un}}")
    with page.expect_response("**/preview"):
        page.get_by_role("button", name="Prévisualiser").click()
    wait_for(page)
    assert page.evaluate("window.stayed")
    assert page.inner_text(f"{VIEW} strong") == "un"


# ---- the draft


FORGET = "Oublier ce brouillon"
LINE = ".spip-preview-draft"


def test_a_draft_is_restored_on_its_page_and_can_be_forgotten(visit: Opener, server: Server) -> None:
    page = visit()
    show(page, "un {brouillon}")
    page.goto(f"{server.address}/?lang=en")
    page.wait_for_selector(f"{VIEW} i")
    assert page.inner_text(LINE).startswith("Your draft was restored.")
    page.goto(f"{server.address}/")
    page.wait_for_selector(f"{VIEW} i")
    assert "brouillon a été récupéré" in page.inner_text(LINE)
    page.get_by_role("button", name=FORGET).click()
    assert page.input_value(TEXT) == ""
    assert focused(page) == "text"
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    page.keyboard.press("Control+z")
    assert page.input_value(TEXT) == "un {brouillon}"
    page.reload()
    page.wait_for_selector(f"{VIEW} i")
    page.get_by_role("button", name=FORGET).click()
    page.get_by_role("button", name="Le rétablir").click()
    assert page.input_value(TEXT) == "un {brouillon}"


def test_another_tab_neither_reads_nor_deletes_the_draft(visit: Opener, server: Server) -> None:
    page = visit()
    show(page, "un {brouillon}")
    other = page.context.new_page()
    other.goto(f"{server.address}/")
    wait_for(other, "idle")
    assert other.input_value(TEXT) == ""
    other.close()
    page.reload()
    assert page.input_value(TEXT) == "un {brouillon}"


def test_tabs_that_share_drafts_delete_none_of_another_one(visit: Opener, server: Server) -> None:
    shared = ARTICLE.replace("<spip-preview", '<spip-preview draft="browser"')
    page = visit("/article", pages={"/article": shared})
    other = page.context.new_page()
    other.goto(f"{server.address}/article?page=2")
    wait_for(other, "idle")
    show(page, "un {brouillon}")
    other.reload()
    assert other.input_value(TEXT) == "un {brouillon}"
    show(other, "un {autre}")
    other.get_by_role("button", name=FORGET).click()
    page.wait_for_selector(LINE, state="hidden")
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    wait_for(page, "idle")
    other.goto("about:blank")
    other.goto(f"{server.address}/article")
    show(page, "du premier")
    show(other, "du second")
    for tab in (page, other):
        tab.goto("about:blank")
    for text in ("du second", "du premier"):
        page.goto(f"{server.address}/article")
        wait_for(page)
        assert page.input_value(TEXT) == text
        page.get_by_role("button", name=FORGET).click()


def test_drafts_can_be_switched_off_and_stay_so(visit: Opener, server: Server) -> None:
    page = visit()
    show(page, "un {brouillon}")
    page.get_by_role("button", name="Ne pas conserver de brouillon").click()
    assert page.evaluate("sessionStorage.length") == 0
    show(page, "un {autre}")
    page.goto(f"{server.address}/")
    wait_for(page, "idle")
    assert page.input_value(TEXT) == ""
    other = page.context.new_page()
    other.goto(f"{server.address}/")
    show(other, "un {mot}")
    assert other.evaluate("sessionStorage.length") == 0
    other.get_by_role("button", name="Conserver les brouillons").click()
    other.reload()
    assert other.input_value(TEXT) == "un {mot}"


@pytest.mark.parametrize("failure", ["dead server", "error page", "stopped later", "moderated"])
def test_a_text_that_did_not_arrive_is_kept(visit: Opener, server: Server, failure: str) -> None:
    page = visit("/article", pages={"/article": ARTICLE})
    if failure == "dead server":
        page.context.route("**/send", lambda route: route.abort("connectionrefused"))
    elif failure == "stopped later":
        page.evaluate("window.addEventListener('submit', (event) => event.preventDefault())")
    else:
        status = 500 if failure == "error page" else 200
        page.context.route(
            "**/send", lambda route: route.fulfill(status=status, body="<p>Bien.", content_type="text/html")
        )
    show(page, "un {brouillon}")
    page.get_by_role("button", name="Envoyer").click()
    if failure == "stopped later":
        page.evaluate("() => new Promise((go) => setTimeout(go, 50))")
    else:
        page.wait_for_url("**/send" if failure != "dead server" else "chrome-error://**")
    page.goto(f"{server.address}/article?again=1")
    wait_for(page)
    assert page.input_value(TEXT) == "un {brouillon}"
    assert "rien ici n’indique qu’il soit arrivé" in page.inner_text(LINE)


@pytest.mark.parametrize("confirmation", ["shown", "attribute", "address", "elsewhere", "by script"])
def test_a_text_that_arrived_is_forgotten(visit: Opener, server: Server, confirmation: str) -> None:
    page = visit("/article", pages={"/article": ARTICLE})
    show(page, "un {long} brouillon")
    before = page.evaluate("sessionStorage.length")
    after, address = ARTICLE, "/article"
    if confirmation == "shown":
        after = ARTICLE.replace("<spip-preview", "<p>Reçu : un <i>long</i> brouillon</p><spip-preview")
    elif confirmation == "attribute":
        after = ARTICLE.replace("<spip-preview", "<spip-preview sent")
    elif confirmation == "address":
        address = "/article?merci=1#spip-preview-sent"
    elif confirmation == "elsewhere":
        address = "/merci"
    thanks = (
        '<script type="module" src="/static/spip-preview.js"></script><spip-preview sent="/article"></spip-preview>'
    )
    html = thanks if confirmation == "elsewhere" else after
    headers = {"Content-Type": "text/html; charset=utf-8"}
    # Playwright does not let a redirection be answered.
    onward = f'<meta http-equiv="refresh" content="0; url={address}">'
    page.context.route("**/send", partial(answer_with, onward, headers))
    page.context.route(re.compile(".*/(article|merci)([?].*)?$"), partial(answer_with, html, headers))
    page.get_by_role("button", name="Envoyer").click()
    if confirmation == "elsewhere":
        page.wait_for_url("**/merci")
    else:
        wait_for(page, "shown" if confirmation == "by script" else "idle")
    if confirmation == "by script":
        page.locator(WIDGET).evaluate("(widget) => widget.sent()")
        wait_for(page, "idle")
    assert (before, page.evaluate("sessionStorage.length")) == (1, 0)
    if confirmation != "elsewhere":
        assert page.input_value(TEXT) == ""


def test_a_text_on_the_page_gets_its_draft_back(visit: Opener, server: Server) -> None:
    quoted = ARTICLE.replace("></textarea>", "><quote>Cité</quote></textarea>")
    page = visit("/article", pages={"/article": quoted})
    show(page, "<quote>Cité</quote> et répondu")
    page.goto(f"{server.address}/article?page=2")
    wait_for(page)
    assert page.input_value(TEXT) == "<quote>Cité</quote> et répondu"
    page.context.route(
        "**/article", partial(answer_with, quoted.replace("Cité", "Autre"), {"Content-Type": "text/html"})
    )
    page.goto(f"{server.address}/article")
    wait_for(page)
    assert page.input_value(TEXT) == "<quote>Autre</quote>"
    page.get_by_role("button", name="Utiliser le brouillon").click()
    assert page.input_value(TEXT) == "<quote>Cité</quote> et répondu"


@pytest.mark.parametrize("drafts", ["tab", "off"])
@pytest.mark.parametrize("is_cached", [False, True])
def test_after_back_the_preview_looks_again(browser: Browser, server: Server, drafts: str, is_cached: bool) -> None:
    chromium = browser
    if is_cached:
        chromium = browser.browser_type.launch(
            executable_path=CHROMIUM, args=BROWSER_OPTIONS, ignore_default_args=["--disable-back-forward-cache"]
        )
    context = chromium.new_context()
    try:
        article = ARTICLE.replace("<spip-preview", f'<spip-preview draft="{drafts}"')
        page = context.new_page()
        for path in ("article", "away"):
            html = article if path == "article" else "<p>Ailleurs"
            page.route(f"**/{path}", partial(answer_with, html, {"Content-Type": "text/html; charset=utf-8"}))
        page.goto(f"{server.address}/article")
        page.evaluate("addEventListener('pageshow', (event) => { window.wasCached = event.persisted; })")
        show(page, "un {brouillon}")
        page.goto(f"{server.address}/away")
        page.go_back(wait_until="commit")
        page.wait_for_selector(f"{VIEW} i:text-is('brouillon')")
        assert page.input_value(TEXT) == "un {brouillon}"
        assert bool(page.evaluate("window.wasCached")) is is_cached
        show(page, "et {plus}")
        assert page.inner_text(VIEW) == "et plus"
    finally:
        context.close()
        if is_cached:
            chromium.close()


def test_after_back_a_text_that_arrived_is_no_draft(visit: Opener, server: Server) -> None:
    page = visit("/article", pages={"/article": ARTICLE})
    thanks = (
        '<script type="module" src="/static/spip-preview.js"></script><spip-preview sent="/article"></spip-preview>'
    )
    page.context.route("**/send", partial(answer_with, thanks, {"Content-Type": "text/html"}))
    show(page, "un {brouillon}")
    page.get_by_role("button", name="Envoyer").click()
    page.wait_for_url("**/send")
    page.wait_for_function("sessionStorage.length === 0")
    page.go_back()
    page.wait_for_selector(f"{VIEW} i:text-is('brouillon')")
    page.goto(f"{server.address}/article?again=1")
    wait_for(page, "idle")
    assert page.input_value(TEXT) == ""
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("status", [200, 500])
def test_a_script_can_send_the_message_as_the_document_says(visit: Opener, status: int) -> None:
    document = (ROOT / "docs" / "widget.md").read_text("utf-8")
    script = document.partition("```js\n")[2].partition("```")[0]
    assert "spip-preview:sending" in script
    page = visit("/article", pages={"/article": ARTICLE})
    page.evaluate(f"() => {{ {script} }}")
    page.context.route("**/send", lambda route: route.fulfill(status=status))
    show(page, "un {brouillon}")
    with page.expect_response("**/send") as answer:
        page.press(TEXT, "Control+Enter")
    assert "un {brouillon}" in (answer.value.request.post_data or "")
    wait_for(page, "idle" if status == 200 else "shown")
    assert page.input_value(TEXT) == ("" if status == 200 else "un {brouillon}")
    assert page.evaluate("sessionStorage.length") == int(status == 500)
    assert page.url.endswith("/article")


@pytest.mark.parametrize(
    "script",
    [
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }});",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
    ],
)
def test_without_storage_the_preview_works(visit: Opener, script: str) -> None:
    page = visit(script=script)
    show(page, "{{un}}")
    assert page.inner_text(f"{VIEW} strong") == "un"


# ---- the element


def test_widgets_can_be_added_and_removed(visit: Opener) -> None:
    page = visit()
    page.evaluate("""() => {
        const added = document.createElement("spip-preview");
        added.setAttribute("endpoint", "/preview");
        document.querySelector("main").append(added);
        added.innerHTML = '<form><label>Autre <textarea name="autre"></textarea></label></form>';
    }""")
    page.wait_for_selector("section[aria-label='Aperçu 2']")
    page.get_by_label("Autre").fill("autre[[x]]")
    page.fill("[name=text]", "un[[x]]")
    page.wait_for_selector("#spip-preview-1-nb1")
    page.wait_for_selector("#spip-preview-2-nb1")
    assert page.evaluate("document.querySelectorAll('[id]').length") == page.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map((element) => element.id)).size"
    )
    page.evaluate("window.taken = document.querySelector('spip-preview'); taken.remove();")
    assert page.evaluate("taken.querySelectorAll('[class*=spip-preview]').length") == 0
    assert page.evaluate("[...taken.children].map((child) => child.localName)") == ["form"]
    assert page.evaluate("taken.hasAttribute('data-state')") is False
    page.evaluate("document.querySelector('main').append(taken)")
    page.wait_for_selector("#spip-preview-1-nb1")
    assert page.locator("section[aria-label='Aperçu']").count() == 1


def test_a_new_endpoint_is_asked_immediately(visit: Opener) -> None:
    page = visit()
    show(page, "un")
    with page.expect_request("**/autre") as asked:
        page.locator(WIDGET).evaluate("(element) => element.setAttribute('endpoint', '/autre')")
    assert asked.value.post_data_json == {"text": "un", "lang": "fr"}
    wait_for(page, "failed")
    assert page.locator(VIEW).count() == 1


def test_an_element_that_is_moved_keeps_its_text_and_its_draft(visit: Opener) -> None:
    page = visit("/article", pages={"/article": ARTICLE})
    show(page, "un {brouillon}")
    for how in ("body.moveBefore(widget, body.firstChild)", "body.append(widget)"):
        page.evaluate(f"() => {{ const {{body}} = document, widget = document.querySelector('spip-preview'); {how}; }}")
        page.wait_for_selector(f"{VIEW} i:text-is('brouillon')")
        assert page.input_value(TEXT) == "un {brouillon}"
        assert page.evaluate("sessionStorage.length") == 1
        assert page.locator("[role=toolbar]").count() == 1


@pytest.mark.parametrize("missing", ["spip-preview.js", "spip-preview-pane.js"])
def test_without_a_module_the_form_is_sent_as_before(visit: Opener, missing: str) -> None:
    page = visit("/empty", pages={"/empty": "<p>", "/article": ARTICLE})
    page.context.route(f"**/static/{missing}", lambda route: route.fulfill(status=404))
    page.context.route("**/send", lambda route: route.fulfill(body="<p>Bien.", content_type="text/html"))
    page.goto(page.url.replace("/empty", "/article"))
    assert page.locator("[class^=spip-preview]").count() == 0
    page.fill(TEXT, "un mot")
    with page.expect_request("**/send") as sent:
        page.get_by_role("button", name="Envoyer").click()
    assert sent.value.post_data == "text=un+mot&send="


# ---- policies of pages, and compressed answers

STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types "
OLD = "delete Document.parseHTML; delete Element.prototype.setHTML;"


@pytest.mark.parametrize(
    ("policy", "script"),
    [
        (STRICT + "'none'", ""),
        (STRICT + "other", ""),
        (STRICT + "spip-preview", ""),
        (STRICT + "spip-preview", OLD),
        ("", OLD),
    ],
)
def test_pages_that_require_trusted_types_get_a_preview(visit: Opener, policy: str, script: str) -> None:
    page = visit("/article", pages={"/article": ARTICLE}, policy=policy, script=HOOKS + script)
    show(page, "un [{mot}->https://example.org/][[note]]")
    assert page.locator(f"{VIEW} a.spip_out i").inner_text() == "mot"
    assert page.locator(f"{VIEW} .spip_note_ref a").count() == 2
    assert page.evaluate("calledByScripts") == []


def test_an_older_browser_says_that_trusted_types_forbid_the_preview(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    try:
        context.add_init_script(OLD)
        page = context.new_page()
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": STRICT + "other"}
        page.route("**/article", partial(answer_with, ARTICLE, headers))
        page.goto(f"{server.address}/article")
        page.fill(TEXT, "un mot")
        wait_for(page, "failed")
        assert "Trusted Types" in page.inner_text(STATUS)
        page.context.route("**/send", lambda route: route.fulfill(body="<p>Bien.", content_type="text/html"))
        page.get_by_role("button", name="Envoyer").click()
        page.wait_for_url("**/send")
    finally:
        context.close()


def test_compressed_answers_are_read(visit: Opener) -> None:
    own = Server(is_compressed=True)
    try:
        page = visit(f"{own.address}/")
        with page.expect_response("**/preview") as answer:
            page.fill(TEXT, "un {mot} " * 100)
        assert answer.value.headers["content-encoding"] == "gzip"
        page.wait_for_selector(f"{VIEW} i:text-is('mot')")
    finally:
        own.stop()


# ---- from another origin


@pytest.fixture
def site() -> Iterator[Site]:
    started = Site()
    yield started
    started.stop()


def test_a_static_page_of_another_origin_gets_previews(visit: Opener, site: Site) -> None:
    own = Server(origins=[site.address])
    site.endpoint = own.address
    try:
        page = visit(f"{site.address}/")
        show(page, "Un {{mot}}")
        assert page.inner_text(f"{VIEW} strong") == "mot"
        assert page.locator(VIEW).evaluate("(view) => getComputedStyle(view).fontFamily").startswith("Georgia")
        transformed = "(button) => getComputedStyle(button).textTransform"
        assert page.get_by_role("button", name="Prévisualiser").evaluate(transformed) == "lowercase"
        assert page.get_by_role("button", name="Gras").evaluate(transformed) == "none"
    finally:
        own.stop()


def test_another_origin_can_read_retry_after(visit: Opener, site: Site) -> None:
    own = Server(origins=[site.address], rate=0.01, burst=1)
    site.endpoint = own.address
    try:
        page = visit(f"{site.address}/")
        show(page, "un")
        page.fill(TEXT, "deux")
        wait_for(page, "waiting")
        assert "dans 100\u00a0s" in page.inner_text(STATUS) or "dans 99\u00a0s" in page.inner_text(STATUS)
    finally:
        own.stop()


def test_an_origin_that_is_not_allowed_gets_an_explanation(browser: Browser, server: Server, site: Site) -> None:
    site.endpoint = server.address
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{site.address}/")
        page.fill(TEXT, "Un {{mot}}")
        wait_for(page, "forbidden")
        assert "n’accepte pas les requêtes de ce site" in page.inner_text(STATUS)
    finally:
        context.close()


# ---- accessibility


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("fr", 375, "light"), ("fr", 375, "dark"), ("fr", 1280, "light"), ("fr", 1280, "dark"), ("ar", 375, "light")],
)
def test_axe_finds_nothing(visit: Opener, language: str, width: int, scheme: str) -> None:
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "reduced_motion": "reduce"}
    page = visit(f"/?lang={language}", **options)
    assert violations(page) == []
    show(page, MESSAGE)
    page.wait_for_selector(".spip-preview-remark")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for link in (0, 1):
        # The draft is deleted, then drafts are switched off.
        page.locator(f"{LINE} button").nth(link).click()
        assert violations(page) == []
    page.context.set_offline(True)
    page.fill(TEXT, "sans réseau")
    wait_for(page, "offline")
    assert violations(page) == []


def test_axe_finds_nothing_without_the_widget_nor_in_a_static_page(visit: Opener, site: Site, server: Server) -> None:
    # axe-core is JavaScript: only the widget is off.
    page = visit(script="customElements.define = () => {};", color_scheme="dark")
    page.fill(TEXT, MESSAGE)
    page.get_by_role("button", name="Prévisualiser").click()
    page.wait_for_selector(".spip-result")
    assert violations(page) == []
    site.endpoint = server.address
    page = visit(f"{site.address}/", color_scheme="dark")
    assert violations(page) == []


def test_axe_finds_what_is_wrong(visit: Opener) -> None:
    page = visit()
    page.locator("label[for=spip-text]").evaluate("(label) => label.remove()")
    assert any(found.startswith("label:") for found in violations(page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_colours_of_the_system(visit: Opener, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    colour: str = page.evaluate("getComputedStyle(document.querySelector('textarea')).backgroundColor")
    assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(29, 32, 37)"}[scheme]


@pytest.mark.parametrize(("width", "is_beside"), [(1280, True), (800, False), (375, False)])
def test_the_preview_is_next_to_the_form_or_right_below_the_text(visit: Opener, width: int, is_beside: bool) -> None:
    page = visit(viewport={"width": width, "height": 800})
    form, pane = page.locator("form").bounding_box(), page.locator(".spip-preview-pane").bounding_box()
    field = page.locator(TEXT).bounding_box()
    button = page.get_by_role("button", name="Prévisualiser").bounding_box()
    assert form
    assert pane
    assert field
    assert button
    assert (pane["x"] >= form["x"] + form["width"]) is is_beside
    assert (field["y"] + field["height"] <= pane["y"] < button["y"]) is not is_beside
    page.set_viewport_size({"width": 1280 if width < 1280 else 375, "height": 800})
    wanted = "below" if is_beside else "beside"
    page.wait_for_selector(f"{WIDGET}[data-layout={wanted}]")


# ---- safety

# What a script would call tells that it was called.
HOOKS = """(() => {
    const called = [];
    Object.defineProperty(window, "calledByScripts", {value: called});
    for (const name of ["alert", "confirm", "prompt", "print", "open", "postMessage"])
        window[name] = (...given) => { called.push(`${name}(${String(given[0]).slice(0, 80)})`); };
    for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => called.push(`console.${name}`);
    navigator.sendBeacon = () => called.push("sendBeacon");
    XMLHttpRequest.prototype.open = () => called.push("XMLHttpRequest");
    document.addEventListener("securitypolicyviolation", (event) => called.push(`csp ${event.violatedDirective}`));
})();"""
# A widget for each text, for a text may swallow those that follow it.
FILL = """(texts) => {
    for (const old of document.querySelectorAll("spip-preview")) old.remove();
    for (const text of texts) {
        const widget = document.createElement("spip-preview");
        widget.setAttribute("endpoint", "/preview");
        widget.setAttribute("draft", "off");
        const form = document.createElement("form");
        const field = document.createElement("textarea");
        form.append(field);
        widget.append(form);
        document.querySelector("main").append(widget);
        field.value = text;
        field.dispatchEvent(new InputEvent("input", {bubbles: true}));
    }
}"""
ARE_ALL_SHOWN = """() => [...document.querySelectorAll("spip-preview")].every((widget) =>
    widget.dataset.state === "shown" || !widget.querySelector("textarea").value.trim())"""
TOUCH_AND_LOOK = """async () => {
    const found = [];
    const allowed = new Set(["class", "colspan", "dir", "headers", "href", "hreflang", "id", "lang", "rel", "role",
        "rowspan", "scope", "start", "tabindex", "target", "title", "value"]);
    const forbidden = new Set(["script", "iframe", "frame", "object", "embed", "base", "meta", "link", "style", "form",
        "input", "button", "textarea", "select", "svg", "math", "template", "audio", "video", "img", "image", "title"]);
    addEventListener("click", (event) => {
        const link = event.target.closest("a[href]");
        if (link && /^(https?|mailto|ftp|tel):$/.test(link.protocol)) event.preventDefault();
    });
    for (const element of document.querySelectorAll(".spip-preview-view *")) {
        if (forbidden.has(element.localName)) found.push(`<${element.localName}>`);
        for (const {name, value} of element.attributes) {
            if (!allowed.has(name)) found.push(`<${element.localName} ${name}>`);
            if (name === "id" && !value.startsWith("spip-preview-")) found.push(`id ${value}`);
            if (name === "class" && value.includes("spip-preview")) found.push(`class ${value}`);
        }
        if (element.href && !/^(https?|mailto|ftp|tel):$/.test(element.protocol)) found.push(element.href);
        for (const type of ["pointerover", "mouseover", "mouseenter", "mousedown", "mouseup"])
            element.dispatchEvent(new MouseEvent(type, {bubbles: true, cancelable: true}));
        for (const type of ["focus", "focusin", "blur", "toggle", "load", "error"])
            element.dispatchEvent(new Event(type));
        element.focus();
        element.click();
    }
    await new Promise((go) => setTimeout(go, 60));
    return [...found, ...calledByScripts];
}"""
BATCH = 63


def watch(page: Page, wrong: list[str]) -> None:
    """Note what a page does beyond asking for previews."""

    def judge(request: Request) -> None:
        if not request.url.endswith("/preview") or request.method != "POST":
            wrong.append(f"{request.method} {request.url}")

    page.on("request", judge)
    page.on("popup", lambda popup: wrong.append(f"popup {popup.url}"))
    page.on("framenavigated", lambda frame: wrong.append(f"navigation {frame.url}"))


def attack(visit: Opener, texts: list[str], **options: Any) -> list[str]:
    """Return what texts do, each in a textarea of its own in the server's page, that they may not."""
    wrong: list[str] = []

    for first in range(0, len(texts), BATCH):
        page = visit(script=HOOKS, **options)
        watch(page, wrong)
        page.evaluate(FILL, texts[first : first + BATCH])
        page.wait_for_function(ARE_ALL_SHOWN)
        wrong += page.evaluate(TOUCH_AND_LOOK)
        page.context.close()
    return wrong


def answer_with_the_text(route: Route) -> None:
    """A server that cleans nothing."""
    text = text_of(route)
    remark = {"code": "x", "severity": "<b>", "line": "1", "column": None, "message": text}
    route.fulfill(body=json.dumps({"html": text, "diagnostics": [remark]}), content_type="application/json")


def test_there_are_attacks_to_try() -> None:
    assert len(VECTORS) > 500


def test_no_typed_attack_has_an_effect(visit: Opener) -> None:
    assert attack(visit, VECTORS) == []


def test_no_attack_has_an_effect_without_server_and_policy(visit: Opener) -> None:
    assert attack(visit, VECTORS, routes=answer_with_the_text, bypass_csp=True) == []


def test_names_and_classes_of_the_page_cannot_be_taken_over(visit: Opener) -> None:
    texts = [
        "<form><input name=localName><input name=childNodes><img src=x onerror=alert(1)></form><p>reste</p>",
        '<p class="spip-preview-toolbar spip_x" id="spip-text" style="color:red">reste</p>',
    ]
    assert attack(visit, texts, routes=answer_with_the_text, bypass_csp=True) == []


def test_a_paste_of_all_attacks_has_no_effect(visit: Opener) -> None:
    wrong: list[str] = []
    page = visit(script=HOOKS, permissions=["clipboard-read", "clipboard-write"])
    watch(page, wrong)
    text = "\n\n".join(VECTORS)
    assert len(text.encode("utf-8", "replace")) < 60_000
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    page.focus(TEXT)
    page.keyboard.press("Control+V")
    wait_for(page)
    assert page.locator(f"{VIEW} *").count() > 100
    assert page.evaluate(TOUCH_AND_LOOK) == []
    assert wrong == []


@pytest.mark.parametrize(
    ("unsafe", "expected"),
    [
        ("<img src=x onerror=alert(1)>", "<img>"),
        ('<a href="javascript:alert(1)">a</a>', "javascript:alert(1)"),
        ('<p onclick="alert(1)">a</p>', "csp script-src-attr"),
        ("<iframe></iframe>", "<iframe>"),
        ('<p id="spip-text">a</p>', "id spip-text"),
    ],
)
def test_the_detector_notices_unsafe_pages(browser: Browser, server: Server, unsafe: str, expected: str) -> None:
    context = browser.new_context()
    try:
        context.add_init_script(HOOKS)
        page = context.new_page()
        page.goto(f"{server.address}/")
        page.locator(VIEW).evaluate("(view, html) => { view.innerHTML = html; }", unsafe)
        assert expected in page.evaluate(TOUCH_AND_LOOK)
    finally:
        context.close()
