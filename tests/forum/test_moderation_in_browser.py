"""Moderators in Chromium: by keys, without JavaScript, by keyboard alone, on a phone, with passkeys; and no attack."""

from __future__ import annotations

import json
import os
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
pytest.importorskip("argon2", reason="argon2-cffi is not installed")

import uvicorn

from spipconv.forum.clock import read_clock
from spipconv.forum.passwords import hash_password
from spipconv.forum.records import Message, Status
from spipconv.forum.sessions import begin_session
from spipconv.forum.settings import read_settings
from spipconv.forum.site.application import create_app
from spipconv.forum.store.store import Store
from tests.forum.forums import Forum

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("SPIPCONV_TEST_PICTURES", "")
PHONE = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
PASSWORD = "trois carrières de granit"  # noqa: S105
VECTORS: list[str] = [
    json.loads(line)["vector"]
    for name in ("spip_xss.jsonl", "attacks.jsonl")
    for line in (Path(__file__).parent.parent / "security" / name).read_text("utf-8").splitlines()
]
# SPIPCONV_TEST_VECTORS=all takes them all.
SHARE = VECTORS if os.environ.get("SPIPCONV_TEST_VECTORS") == "all" else VECTORS[::24]
AT_ONCE = 20


class Office:
    """The server of a forum on this computer, which browsers trust as they trust https."""

    def __init__(self, folder: Path) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://localhost:{listener.getsockname()[1]}"
        self.forum = Forum(folder, address=self.address)
        self.forum.now = read_clock()
        app = create_app(self.forum.base, self.forum.keys, self.forum.do(read_settings), rate=0)
        config = uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)
        hash = hash_password(PASSWORD)
        for name in ("Rose", "Karim"):
            self.forum.do(lambda store, name=name: store.moderators.add(name, hash, self.forum.now))  # type: ignore[misc]
        self._lists = 0

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.forum.base.close()

    def fill(self, *texts: str, **fields: Any) -> tuple[str, list[Message]]:
        """Add messages to a page of their own; return the path of their list, and the messages."""
        self._lists += 1
        page = self.forum.add_page(f"list{self._lists}", "La carrière de granit")
        messages = [
            self.forum.add(text=text, page=page.id, author=f"Visiteur {number}", queues=False, **fields)
            for number, text in enumerate(texts, 1)
        ]
        return f"/moderation/?list=prop&page=list{self._lists}", messages

    def secret(self, name: str) -> str:
        def begin(store: Store) -> str:
            known = store.moderators.find(name)
            assert known
            return begin_session(store, known, "", read_clock())

        return self.forum.do(begin)

    def statuses(self, messages: list[Message]) -> list[Status]:
        def read(store: Store) -> list[Status]:
            stored = [store.messages.get(message.id) for message in messages]
            return [message.status for message in stored if message]

        return self.forum.do(read)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"))
    yield made
    made.stop()


Entry = Callable[..., "Page"]


@pytest.fixture
def enter(browser: Browser, office: Office) -> Iterator[Entry]:
    """Open pages as a moderator; at the end none has written an error, but of requests that were meant to fail."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    def open_page(path: str, name: str = "Rose", **options: Any) -> Page:
        context = browser.new_context(locale="en", **options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        if name:
            context.add_cookies([
                {"name": "moderator", "value": office.secret(name), "url": office.address, "sameSite": "Strict"}
            ])  # fmt: skip
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{office.address}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.review')?.id ?? document.activeElement.id"))


def press(page: Page, keys: str) -> None:
    """Press keys; one that decides or undoes is answered before the next."""
    for key in keys:
        if key in "arshu" and (key == "u" or focused(page).startswith("message-")):
            with page.expect_response(lambda response: response.request.method == "POST"):
                page.keyboard.press(key)
            page.locator(".is-busy").first.wait_for(state="detached")
        else:
            page.keyboard.press(key)


# ---- keys


def test_keys_decide_undo_and_move_on(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un", "Deux", "Trois", "Quatre")
    ids = [f"message-{message.id}" for message in messages]
    page = enter(path)
    press(page, "jjk")
    assert focused(page) == ids[0]
    press(page, "a")
    assert focused(page) == ids[1]
    assert page.locator("[data-count=prop]").inner_text().isdigit()
    line = page.locator(f"#decided-{messages[0].id}")
    assert "Accepted: the message of \u2068Visiteur 1\u2069." in line.inner_text()
    page.locator("#live", has_text="Accepted").wait_for()
    press(page, "rs")
    assert office.statuses(messages) == ["publie", "off", "spam", "prop"]
    press(page, "u")
    assert office.statuses(messages) == ["publie", "off", "prop", "prop"]
    assert focused(page) == ids[2]
    press(page, "uu")
    assert office.statuses(messages) == ["prop"] * 4
    assert page.locator(".decided").count() == 0
    # What was undone can be decided on again, at its new version.
    press(page, "a")
    assert office.statuses(messages) == ["publie", "prop", "prop", "prop"]
    page.reload()
    assert page.locator(".review").count() == 3


def test_a_key_first_shows_which_message_it_is_about(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un", "Deux")
    page = enter(path)
    page.keyboard.press("a")
    assert focused(page) == f"message-{messages[0].id}"
    assert office.statuses(messages) == ["prop", "prop"]
    for chord in ("Control+a", "Alt+a", "Meta+a"):
        page.keyboard.press(chord)
    assert office.statuses(messages) == ["prop", "prop"]


def test_help_lists_the_keys_and_switches_them_off(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un")
    page = enter(path)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    page.keyboard.press("a")  # it is about nothing while the help is open
    assert violations(page) == []
    dialog.get_by_label("Use these keys in this browser").uncheck()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.reload()
    press(page, "jja")
    assert focused(page) != f"message-{messages[0].id}"
    assert office.statuses(messages) == ["prop"]
    page.get_by_role("button", name="Keys ?").click()
    dialog.get_by_label("Use these keys in this browser").check()
    dialog.get_by_role("button", name="Close").click()
    press(page, "ja")
    assert office.statuses(messages) == ["publie"]


def test_undo_is_offered_for_half_a_minute(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un", "Deux")
    page = enter(path)
    page.clock.install()
    page.reload()
    page.locator(f"#message-{messages[0].id}").get_by_role("button", name="Refuse").click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    page.clock.fast_forward(29_000)
    assert undo.is_visible()
    page.clock.fast_forward(2_000)
    undo.wait_for(state="detached")
    assert page.locator(".decided").count() == 1


def test_several_messages_at_once(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un", "Deux", "Trois")
    page = enter(path)
    bulk = page.locator("#bulk")
    assert bulk.get_by_role("button", name="Spam").is_disabled()
    press(page, "jxjx")
    assert bulk.locator("#selected").inner_text() == "Selected messages: 2"
    # Enter on a box sends nothing by accident.
    page.locator(f"#message-{messages[0].id} input[type=checkbox]").focus()
    page.keyboard.press("Enter")
    assert office.statuses(messages) == ["prop"] * 3
    bulk.get_by_role("button", name="Spam").click()
    page.locator(".decided").nth(1).wait_for()
    assert office.statuses(messages) == ["spam", "spam", "prop"]
    page.get_by_label("All", exact=True).check()
    bulk.get_by_role("button", name="Accept").click()
    page.get_by_text("All messages of this page are done.").wait_for()
    assert office.statuses(messages) == ["spam", "spam", "publie"]
    assert page.evaluate("document.activeElement.textContent") == "Load more messages"


def test_the_other_moderator_is_told_who_was_faster(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un", "Deux")
    rose, karim = enter(path), enter(path, "Karim")
    press(rose, "ja")
    press(karim, "jr")
    told = karim.locator(".decided.is-missed")
    assert "\u2068Rose\u2069 decided before you" in told.inner_text()
    assert told.get_by_role("button").count() == 0
    assert focused(karim) == f"message-{messages[1].id}"
    assert office.statuses(messages) == ["publie", "prop"]


def test_a_server_that_does_not_answer_loses_no_message(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un")
    page = enter(path)
    page.route("**/decide", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_role("alert").get_by_text("nothing was done").wait_for()
    assert page.locator(".review").is_visible()
    page.unroute("**/decide")
    press(page, "a")
    assert office.statuses(messages) == ["publie"]


def test_whose_session_is_over_is_told_so(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un")
    page = enter(path)
    page.context.clear_cookies()
    press(page, "ja")
    page.get_by_role("alert").get_by_text("log in").wait_for()
    assert office.statuses(messages) == ["prop"]


# ---- without JavaScript, by keyboard alone, on a phone


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until an element with a name has the focus."""
    target = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{name} cannot be reached by Tab")


def press_enter_on(page: Page, button: str) -> None:
    tab_to(page, button)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_without_javascript_and_by_keyboard_alone(office: Office, enter: Entry) -> None:
    path, messages = office.fill("Un", "Deux")
    page = enter("/moderation/", "", java_script_enabled=False)
    assert page.url.endswith("/moderation/login")
    assert page.evaluate("document.activeElement.id") == "name"
    page.keyboard.type("Rose")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/moderation/")
    page.goto(f"{office.address}{path}")
    for button in ("Accept a", "Undo u", "Spam s"):
        press_enter_on(page, button)
        expected = {"Accept a": "publie", "Undo u": "prop", "Spam s": "spam"}[button]
        assert office.statuses(messages) == [expected, "prop"]
    tab_to(page, "Select the message of Visiteur 2", "checkbox")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")  # it sends the form, but decides nothing
    assert office.statuses(messages) == ["spam", "prop"]
    tab_to(page, "Select the message of Visiteur 2", "checkbox")
    page.keyboard.press("Space")
    press_enter_on(page, "Refuse")
    assert office.statuses(messages) == ["spam", "off"]
    assert page.get_by_role("status").count() >= 1
    press_enter_on(page, "Log out")
    page.wait_for_url("**/moderation/login")


def test_on_a_phone(office: Office, enter: Entry) -> None:
    path, messages = office.fill("[Voir->https://example.org/une/adresse/assez/longue/pour/un/telephone?a=1&b=2] " * 5)
    page = enter(path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.locator("pre.source").is_hidden()
    page.get_by_text("Source", exact=True).tap()
    assert page.locator("pre.source").is_visible()
    page.get_by_role("button", name="Refuse").first.tap()
    page.locator(".decided").wait_for()
    assert office.statuses(messages) == ["off"]
    page.get_by_role("button", name="Undo").tap()
    page.locator(".decided").wait_for(state="detached")
    assert office.statuses(messages) == ["prop"]


def test_a_link_in_a_webmail_leads_to_the_queue(office: Office, enter: Entry) -> None:
    path, _ = office.fill("Un")

    class Mail(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<!DOCTYPE html><title>Mail</title><a href="{office.address}{path}">Link</a>'.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mail)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = enter(path)
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.get_by_text("Link").click()
    page.locator(".review").wait_for()
    assert page.url == f"{office.address}{path}"
    server.shutdown()
    server.server_close()


# ---- passkeys


def test_a_passkey_is_added_and_lets_its_owner_in_once_for_each_question(office: Office, enter: Entry) -> None:
    pytest.importorskip("webauthn", reason="webauthn is not installed")
    page = enter("/moderation/account")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    authenticator = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    form = page.locator("[data-passkey=create]")
    form.get_by_label("Name of the new passkey").fill("Mon téléphone")
    form.get_by_label("Current password").fill(PASSWORD)
    form.get_by_role("button").click()
    page.get_by_text("The passkey was added.").wait_for()
    assert page.get_by_role("button", name="Remove the passkey Mon téléphone").is_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url("**/login")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/moderation/")
    assert page.get_by_text("Rose", exact=True).is_visible()
    again = page.context.request.post(
        f"{office.address}/moderation/login",
        data=sent.value.post_data or "",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": office.address,
            "Accept": "text/html",
            "Accept-Language": "en",
        },
        max_redirects=0,
    )
    assert again.status == 403
    assert "This passkey opens no account here." in again.text()
    # An authenticator that does not verify its user is not enough.
    page.get_by_role("button", name="Log out", exact=True).click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("No passkey was used.").wait_for()
    # Nor is one that was removed.
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    office.forum.do(
        lambda store: [store.moderators.remove_passkey(key.id, 1) for key in store.moderators.passkeys_of(1)]
    )
    page.reload()
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_role("alert").wait_for()
    assert page.url.endswith("/login")


# ---- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_every_page_is_accessible(office: Office, enter: Entry, width: int, scheme: str) -> None:
    texts = (
        "{{{Une visite}}}\n\nHier, {{nous}} avons vu [la carrière->https://casino.example/][[Avec un guide.]].",
        "|{{Année}}|{{Tonnes}}|\n|1901|1200|\n\n<quote>On y taillait la pierre.</quote>\n\n-* des {{ blocs",
        "Un <code>bloc</code> de " + "granit" * 40,
    )
    path, messages = office.fill(*texts, url="https://xn--e1afmkfd.xn--p1ai/", score=0.9)
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    page = enter(path, **options)
    pages: list[tuple[str, Callable[[], object]]] = [
        ("queue", lambda: None),
        ("queue-decided", lambda: press(page, "ja")),
        ("queue-selected", lambda: press(page, "x")),
        ("queue-told", lambda: page.goto(f"{office.address}{path}&done={_last(office)}&missed=99")),
        ("refused", lambda: page.goto(f"{office.address}/moderation/?message={messages[0].id}")),
        ("log", lambda: page.goto(f"{office.address}/moderation/log")),
        ("account", lambda: page.goto(f"{office.address}/moderation/account?done=mails")),
        ("blocks", lambda: page.goto(f"{office.address}/moderation/blocks?message={messages[0].id}")),
        ("login", lambda: log_out(page, office)),
        ("login-wrong", lambda: log_in_wrong(page)),
    ]
    for name, show in pages:
        show()
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png", full_page=True)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def _last(office: Office) -> int:
    return office.forum.do(lambda store: store.decisions.latest(0, 1))[0].id


def log_out(page: Page, office: Office) -> None:
    page.context.clear_cookies()
    page.goto(f"{office.address}/moderation/login")


def log_in_wrong(page: Page) -> None:
    page.get_by_label("Name").fill("Rose")
    page.get_by_label("Password").fill("faux")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("alert").wait_for()


# ---- attacks


def test_no_strangers_words_run_or_load_anything(office: Office, enter: Entry) -> None:
    page = enter("/moderation/log")
    caught: list[str] = []

    def note_dialog(dialog: Any) -> None:
        caught.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note_request(request: Any) -> None:
        if not request.url.startswith((f"{office.address}/moderation/", f"{office.address}/static/")):
            caught.append(request.url)

    page.on("dialog", note_dialog)
    page.on("request", note_request)
    own = office.forum.add_page("attacks", "Attaques")
    for start in range(0, len(SHARE), AT_ONCE):
        words = [vector.encode("utf-8", "replace").decode() for vector in SHARE[start : start + AT_ONCE]]
        key = f"attacks{start}"
        title = words[0]
        own = office.forum.do(lambda store: store.pages.put(key, f"/{key}", title, "fr"))  # noqa: B023
        messages = [
            office.forum.add(author=word, title=word, text=word, url=word, page=own.id, queues=False) for word in words
        ]
        page.goto(f"{office.address}/moderation/?list=prop&page={key}")
        assert page.locator(".review").count() == len(words)
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        hover = page.locator(".comment-text *")
        for place in range(min(hover.count(), 3)):
            if hover.nth(place).is_visible():
                hover.nth(place).hover(force=True)
        # What is decided on is said in words that come with the answer.
        press(page, "jars")
        page.goto(f"{office.address}/moderation/?message={messages[0].id}&done={_last(office)}")
        page.goto(f"{office.address}/moderation/log")
    assert caught == []
