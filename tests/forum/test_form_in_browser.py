"""The form of a static page in Chromium: sent in place, taken back; without JavaScript, by keyboard, on a phone."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.accessibility import violations

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")

import uvicorn

import spipconv.migration.writers.starters
from spipconv.forum.clock import read_clock
from spipconv.forum.posting import FEWEST_SECONDS
from spipconv.forum.settings import read_settings
from spipconv.forum.site.application import create_app
from tests.forum.forums import Forum
from tests.project.test_documents import read

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("SPIPCONV_TEST_PICTURES", "")
# Of the themes.
SCRIPT = Path(spipconv.migration.writers.starters.__file__).parent / "theme" / "site.js"
PHONE = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
SEND = "button[data-send]"
ANSWER = ".comment-answer .success"
HELD = "Ce forum est modéré a priori"

# The page of docs/comments.md.
OWN_PAGE = "notes--a"

# A page as the themes make it: spipconv/migration/writers/starters/layouts/*.
PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Le granit</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{server}/static/forum.css">
<link rel="stylesheet" href="{server}/static/spip-preview.css">
<script type="module" src="{server}/static/spip-preview.js"></script>
<script type="module" src="{server}/static/forum.js"></script>
<script src="/site.js" defer></script></head>
<body><main><h1>Le granit</h1><p>On le taille à la main.</p>
<section class="comments" id="forum" aria-labelledby="comments-title">
<h2 id="comments-title">Messages <span class="count">(1)</span></h2>
<ol class="plain thread" role="list">
<li id="forum{first}" class="comment depth-0"><article><header>
<p class="meta"><span class="comment-author">Marie</span></p></header>
<div class="comment-text"><p>Un premier message.</p></div>
<p class="reply"><a href="{server}/pages/{key}?parent={first}#form" rel="nofollow">Répondre</a></p>
</article></li>
</ol>
<spip-preview endpoint="{server}/preview" lang="fr">
<form class="comment-form" id="form" method="post" action="{server}/messages" data-server="{server}" data-page="{key}"
 data-unreachable="Le serveur est injoignable." aria-labelledby="form-title">
<h3 id="form-title">Écrire un message</h3>
<input type="hidden" name="page" value="{key}">
<input type="hidden" name="parent" value="0">
<input type="hidden" name="lang" value="fr">
<p><label for="form-author">Votre nom</label><input id="form-author" name="author" autocomplete="name" required></p>
<p><label for="form-email">Adresse</label><input type="email" id="form-email" name="email" autocomplete="email"></p>
<p><label for="form-url">Site</label><input type="url" id="form-url" name="url" autocomplete="url"></p>
<p><label for="form-subject">Titre</label><input id="form-subject" name="title" autocomplete="off"></p>
<p><label for="form-text">Message</label><textarea id="form-text" name="text" rows="10" required></textarea></p>
<p><button type="submit" data-send="Envoyer">Relire avant l’envoi</button></p>
</form>
</spip-preview>
</section></main></body></html>
"""


class Site:
    """The server of a forum, and a static site of another origin with one page for each test."""

    def __init__(self, folder: Path) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_script = self.path == "/site.js"
                content = (
                    SCRIPT.read_bytes() if is_script else site.page(self.path.strip("/").partition("?")[0]).encode()
                )
                self.send_response(200)
                self.send_header("Content-Type", f"text/{'javascript' if is_script else 'html'}; charset=utf-8")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._static = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._static.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._static.server_port}"
        self.forum = Forum(folder, site=self.address)
        self.firsts: dict[str, int] = {}
        # Seconds by which the server's clock is fast, and by which it gains whenever it is read: nobody writes so
        # fast as these tests do.
        self._ahead = 0
        self.gain = FEWEST_SECONDS
        self._port = 0
        self.start()

    def clock(self) -> int:
        self._ahead += self.gain
        return read_clock() + self._ahead

    @property
    def server(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self.forum.set(address=self.server)
        settings = self.forum.do(read_settings)
        app = create_app(self.forum.base, self.forum.keys, settings, rate=0, preview_rate=0, clock=self.clock)
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

    def add_page(self, key: str) -> int:
        """Register a page with a published message, which its static page has; return the number of the page."""
        self.forum.now = read_clock()
        page = self.forum.add_page(key, "Le granit")
        first = self.forum.add("publie", page=page.id, author="Marie", title="", text="Un premier message.")
        self.firsts[key] = first.id
        return page.id

    def page(self, key: str) -> str:
        if key == OWN_PAGE:
            (own,) = re.findall(r"```html\n(<section.*?)```", read("docs/comments.md"), re.DOTALL)
            address = "https://comments.example.org"
            assert address in own
            return f"<!DOCTYPE html><html lang=en><title>A page</title>{own.replace(address, self.server)}"
        return PAGE.format(server=self.server, key=key, first=self.firsts.get(key, 0))

    def messages(self, key: str) -> list[Any]:
        """Return the messages of a page but its first one."""
        return self.forum.do(
            lambda store: [
                message
                for page in [store.pages.by_key(key)]
                if page
                for message in store.messages.of_page(page.id)
                if message.id != self.firsts[key]
            ]
        )

    def close(self) -> None:
        self.stop()
        self._static.shutdown()
        self._static.server_close()
        self.forum.base.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = Site(tmp_path_factory.mktemp("site"))
    yield started
    started.close()


Opener = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open the static page of a test; at the end no page has complained of anything."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    site.add_page(request.node.name)

    def open_page(path: str | None = None, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "fr-FR", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(site.address + f"/{request.node.name}" if path is None else path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [error for error in errors if not error.startswith("Failed to load resource")] == []


def key_of(page: Page) -> str:
    return str(page.url).rstrip("/").rpartition("/")[2].partition("?")[0].partition("#")[0]


def write(page: Page, text: str = "Quel {{granit}} ?", author: str = "Anne") -> None:
    page.fill("[name=author]", author)
    page.fill("[name=text]", text)


def widget_of(page: Page) -> list[str]:
    """Return the state of the preview and what it shows."""
    shown: list[str] = page.locator("spip-preview").evaluate(
        """element => [element.dataset.state, element.querySelector("textarea").value,
            String(element.querySelector("textarea").offsetHeight),
            ...[...element.querySelectorAll("[class^=spip-preview]")].filter(part => part.checkVisibility())
                .map(part => `${part.className}: ${part.innerText}`)]"""
    )
    return shown


def take_picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def check_accessibility(page: Page, name: str) -> None:
    """Judge a page, light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        take_picture(page, f"{name}-{scheme}")
        assert violations(page, only_colours=scheme == "dark") == [], scheme
    page.emulate_media(color_scheme="light")


# ---- with JavaScript


def test_a_visitor_can_be_told_of_replies_where_mails_are_sent(site: Site, visit: Opener) -> None:
    without = visit()
    assert without.locator(".comment-follow").inner_text() == "Flux Atom"
    assert without.locator("[name=subscribe]").count() == 0
    site.forum.set(smtp="smtp://localhost")
    # The server reads its settings every few seconds.
    site.stop()
    site.start()
    page = visit()
    box = page.get_by_label("M’avertir des réponses")
    box.wait_for()
    follow = page.locator(".comment-follow a")
    key = key_of(page)
    assert [link.get_attribute("href") for link in follow.all()] == [
        f"{site.server}/feeds/{key}.atom", f"{site.server}/subscriptions?page={key}",
    ]  # fmt: skip
    box.check()
    write(page)
    page.click(SEND)
    page.locator(".comment-alert:not([hidden])").wait_for()
    page.fill("[name=email]", "anne@example.org")
    page.click(SEND)
    page.locator(ANSWER).wait_for()
    assert not box.is_checked()
    (message,) = site.messages(key_of(page))
    (subscription,) = site.forum.do(lambda store: store.subscriptions.asked_with(message.id))
    assert subscription.confirmed is None
    site.forum.set(smtp="")


def test_a_page_that_leads_to_the_file_of_its_feed_gets_no_second_link(
    site: Site, visit: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_page = site.page
    own = '</ol>\n<p class="comment-follow meta"><a href="/feeds/a.atom">Fil</a></p>'
    monkeypatch.setattr(site, "page", lambda key: make_page(key).replace("</ol>", own))
    page = visit()
    number = site.forum.do(lambda store: store.pages.by_key(key_of(page))).id  # type: ignore[union-attr]
    newer = site.forum.add("publie", page=number, author="Zoé")
    page.reload()
    page.locator(f"#forum{newer.id}").wait_for()
    (line,) = page.locator(".comment-follow").all()
    # The server may send mails, too.
    assert [link.inner_text() for link in line.locator("a").all()][:1] == ["Fil"]
    assert "Flux Atom" not in line.inner_text()


def test_a_message_is_sent_without_leaving_the_page(site: Site, visit: Opener) -> None:
    page = visit()
    assert page.inner_text(SEND) == "Envoyer"
    write(page)
    page.click(SEND)
    answer = page.locator(ANSWER)
    answer.wait_for()
    assert answer.inner_text().startswith(HELD)
    assert page.locator(".comment-answer .message strong").inner_text() == "granit"
    assert page.evaluate("document.activeElement.className") == "success"
    assert page.input_value("[name=text]") == ""
    assert page.input_value("[name=author]") == "Anne"
    [message] = site.messages(key_of(page))
    assert message.status == "prop"
    check_accessibility(page, "answer")
    page.click(".comment-answer button")
    page.locator(".comment-answer .notice").wait_for()
    assert site.messages(key_of(page))[0].status == "off"
    assert page.input_value("[name=text]") == "Quel {{granit}} ?"
    page.reload()
    assert page.locator("li.comment").count() == 1


@pytest.mark.parametrize("is_served", [False, True])
def test_after_sending_the_field_and_all_about_it_are_empty(
    site: Site, visit: Opener, is_served: bool, request: pytest.FixtureRequest
) -> None:
    page = visit(f"{site.server}/pages/{request.node.name}" if is_served else None)
    page.locator("spip-preview[data-state=idle]").wait_for()
    empty = widget_of(page)
    for place in ("",) if is_served else ("", "li.comment "):
        if place:
            page.click("li.comment .reply a")
        write(page, "Quel {{granit}} {{ ?\n\n" + "Long\n" * 30)
        page.locator("spip-preview[data-state=shown] .spip-preview-remarks li").first.wait_for()
        page.click(SEND)
        page.locator(place + ANSWER).wait_for()
        assert widget_of(page) == empty
        # No answer that is still on its way fills it again.
        page.wait_for_timeout(400)
        assert widget_of(page) == empty


def test_the_page_of_the_document_sends_messages_too(site: Site, visit: Opener) -> None:
    site.add_page(OWN_PAGE)
    page = visit(f"{site.address}/{OWN_PAGE}")
    page.locator(".comment").wait_for()
    write(page)
    page.click(SEND)
    page.locator(ANSWER).wait_for()
    assert page.locator(ANSWER).inner_text().startswith(HELD)
    (message,) = site.messages(OWN_PAGE)
    page.click(".reply a")
    assert page.input_value("[name=parent]") == str(site.firsts[OWN_PAGE])
    page.get_by_role("button", name="Do not reply").click()
    assert (message.text, page.input_value("[name=parent]")) == ("Quel {{granit}} ?", "0")


def test_a_double_click_and_a_broken_connection_bring_one_message(site: Site, visit: Opener) -> None:
    page = visit()
    broken: list[str] = []

    def break_once(route: Any) -> None:
        if not broken:
            # The server has it, but the answer is lost.
            route.fetch()
            broken.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/messages", break_once)
    write(page)
    page.dblclick(SEND)
    page.locator(ANSWER).wait_for()
    assert broken
    assert len(site.messages(key_of(page))) == 1


def test_a_form_that_is_sent_very_quickly_is_sent_all_the_same(
    site: Site, visit: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    monkeypatch.setattr(site, "gain", 0)
    page.evaluate("""() => {
        const form = document.querySelector("form");
        form.author.value = "Anne";
        form.text.value = "Vite";
        form.querySelector("button[data-send]").click();
    }""")
    page.locator(ANSWER).wait_for()
    assert [message.text for message in site.messages(key_of(page))] == ["Vite"]


def test_what_is_wrong_is_said_at_its_field(site: Site, visit: Opener) -> None:
    page = visit()
    write(page, author=" ")
    page.click(SEND)
    page.locator(".comment-alert:not([hidden])").wait_for()
    assert page.inner_text(".comment-alert") == "Indiquez votre nom."
    assert page.evaluate("document.activeElement.name") == "author"
    assert page.get_attribute("[name=author]", "aria-invalid") == "true"
    assert page.input_value("[name=text]") == "Quel {{granit}} ?"
    check_accessibility(page, "wrong")
    page.fill("[name=author]", "Anne")
    page.click(SEND)
    page.locator(ANSWER).wait_for()
    assert len(site.messages(key_of(page))) == 1


def test_an_answer_is_written_below_its_message(site: Site, visit: Opener) -> None:
    page = visit()
    page.click("li.comment .reply a")
    assert page.locator("li.comment form").count() == 1
    assert page.inner_text("#form-title") == "Répondre à Marie"
    check_accessibility(page, "reply")
    page.click(".cancel-reply")
    assert page.locator("li.comment form").count() == 0
    assert page.inner_text("#form-title") == "Écrire un message"
    page.click("li.comment .reply a")
    write(page, "Une réponse")
    page.click(SEND)
    page.locator(ANSWER).wait_for()
    assert page.locator("li.comment .comment-answer").count() == 1
    [message] = site.messages(key_of(page))
    assert message.parent == site.firsts[key_of(page)]


def test_the_page_shows_what_was_published_since_it_was_built(site: Site, visit: Opener) -> None:
    page = visit()
    key = key_of(page)
    number = site.forum.do(lambda store: store.pages.by_key(key)).id  # type: ignore[union-attr]
    site.forum.now += 1
    reply = site.forum.add("publie", page=number, parent=site.firsts[key], author="Paul", text="Oui[[Une note.]]")
    other = site.forum.add("publie", page=number, author="Zoé", text="<script>alert(1)</script>", title="<b>Non</b>")
    site.forum.add("prop", page=number, text="secret")
    site.forum.add("publie", page=number, parent=reply.id, author="Marie", text="Merci")
    page.reload()
    page.locator(f"#forum{other.id}").wait_for()
    assert [item.inner_text() for item in page.locator(".comment-author").all()] == ["Marie", "Paul", "Marie", "Zoé"]
    assert page.get_attribute(f"#forum{reply.id}", "class") == "comment depth-1"
    assert page.inner_text(f"#forum{reply.id} .reply-to") == "en réponse à Marie"
    # The data files divide what themes could read as a tag.
    assert page.inner_text(f"#forum{other.id} h3").replace("\u2060", "") == "<b>Non</b>"
    assert page.inner_text("#comments-title") == "Messages (4)"
    assert "secret" not in page.content()
    check_accessibility(page, "thread")
    page.click(f"#forum{other.id} .reply a")
    assert page.locator(f"#forum{other.id} form").count() == 1


def test_without_its_server_the_page_says_so_and_keeps_the_text(site: Site, visit: Opener) -> None:
    page = visit()
    page.wait_for_timeout(300)
    page.route(f"{site.server}/**", lambda route: route.abort())
    write(page, "Un texte long, écrit avec soin.")
    page.click(SEND)
    alert = page.locator(".comment-alert:not([hidden])")
    alert.wait_for()
    page.locator(".comment-status:empty").wait_for(state="attached")
    assert "injoignable" in alert.inner_text()
    assert page.input_value("[name=text]") == "Un texte long, écrit avec soin."
    page.unroute(f"{site.server}/**")
    page.reload()
    page.locator("spip-preview[data-state]").wait_for()
    assert page.input_value("[name=text]") == "Un texte long, écrit avec soin."
    page.fill("[name=author]", "Anne")
    page.click(SEND)
    page.locator(ANSWER).wait_for()
    assert len(site.messages(key_of(page))) == 1


def test_a_page_that_was_opened_while_the_server_was_off_keeps_the_text(site: Site, visit: Opener) -> None:
    page = visit("about:blank")
    page.route(f"{site.server}/**", lambda route: route.abort())
    page.goto(f"{site.address}/{test_a_page_that_was_opened_while_the_server_was_off_keeps_the_text.__name__}")
    write(page, "Un texte long, écrit avec soin.")
    page.click(SEND)
    page.locator(".comment-alert:not([hidden])").wait_for()
    assert page.inner_text(".comment-alert:not([hidden])") == "Le serveur est injoignable."
    page.reload()
    assert page.input_value("[name=text]") == "Un texte long, écrit avec soin."
    # It is back, but the scripts were not loaded: the server shows the message, with its text.
    page.unroute(f"{site.server}/**")
    page.fill("[name=author]", "Anne")
    page.click(SEND)
    page.wait_for_selector("h1:has-text('Vérifiez')")
    assert page.input_value("[name=text]") == "Un texte long, écrit avec soin."
    page.go_back()
    page.locator("form[data-ready]").wait_for()


def test_by_keyboard_alone(site: Site, visit: Opener) -> None:
    page = visit()
    page.locator("li.comment .reply a").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "author"
    page.keyboard.type("Anne")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "text":
            break
    page.keyboard.type("Au clavier")
    page.keyboard.press("Control+Enter")
    page.locator(ANSWER).wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Retirer le message"
    page.keyboard.press("Enter")
    page.locator(".comment-answer .notice").wait_for()
    assert [(message.text, message.status) for message in site.messages(key_of(page))] == [("Au clavier", "off")]


def test_on_a_phone_nothing_is_wider_than_the_page(site: Site, visit: Opener) -> None:
    page = visit(**PHONE)
    page.click("li.comment .reply a")
    write(page, "Un mot de " + "très" * 60 + " longueur")
    page.click(SEND)
    page.locator(ANSWER).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    check_accessibility(page, "phone")
    assert len(site.messages(key_of(page))) == 1


# ---- without JavaScript


@pytest.mark.parametrize("device", ["desk", "phone"])
def test_without_javascript_a_message_is_shown_sent_and_taken_back(
    site: Site, visit: Opener, device: str, request: pytest.FixtureRequest
) -> None:
    key = request.node.name
    page = visit(java_script_enabled=False, **(PHONE if device == "phone" else {}))
    assert page.inner_text(SEND) == "Relire avant l’envoi"
    page.fill("[name=title]", "Titre")
    page.fill("[name=email]", "anne@example.org")
    write(page)
    page.click(SEND)
    assert page.inner_text("h1") == "Vérifiez votre message"
    assert page.inner_text(".message strong") == "granit"
    assert page.input_value("[name=email]") == "anne@example.org"
    assert site.messages(key) == []
    take_picture(page, f"check-{device}")
    page.click(f"{SEND} >> nth=0")
    assert page.inner_text("h1") == "Message envoyé"
    assert page.inner_text(".success").startswith(HELD)
    take_picture(page, f"own-{device}")
    page.reload()
    assert [message.title for message in site.messages(key)] == ["Titre"]
    page.click("button.danger")
    assert page.inner_text("h1") == "Message retiré"
    assert [message.status for message in site.messages(key)] == ["off"]
    page.click("main p a")
    assert page.url == f"{site.address}/{key}"


def test_without_javascript_an_answer_is_written_on_the_page_of_the_server(
    site: Site, visit: Opener, request: pytest.FixtureRequest
) -> None:
    key = request.node.name
    page = visit(java_script_enabled=False)
    page.click("li.comment .reply a")
    assert page.inner_text("#form-title") == "Répondre à Marie"
    take_picture(page, "served")
    write(page, "Une réponse")
    page.click(SEND)
    page.click(f"{SEND} >> nth=0")
    [message] = site.messages(key)
    assert (message.parent, message.text) == (site.firsts[key], "Une réponse")


# ---- the pages of the server, with JavaScript


def test_the_pages_of_the_server_are_accessible(site: Site, visit: Opener, request: pytest.FixtureRequest) -> None:
    key = request.node.name
    page = visit(f"{site.server}/pages/{key}?parent={site.firsts[key]}")
    check_accessibility(page, "served")
    page.fill("[name=author]", "Anne")
    page.fill("[name=text]", "Une réponse [[et une note]] {{")
    page.evaluate("document.querySelector('form').submit()")
    page.wait_for_selector("h1:has-text('Vérifiez')")
    check_accessibility(page, "check")
    page.evaluate("document.querySelector('form').submit()")
    page.wait_for_selector("h1:has-text('Message envoyé')")
    check_accessibility(page, "own")
    page.click("button.danger")
    page.wait_for_selector("h1:has-text('Message retiré')")
    check_accessibility(page, "taken-back")
    page.goto(f"{site.server}/pages/none")
    check_accessibility(page, "error")
    assert [message.status for message in site.messages(key)] == ["off"]
