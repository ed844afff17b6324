"""The whole way of a message, with everything real: a Hugo site, Chromium, the server, a mail server, the hook.

Posted, it is not visible; the link of the moderator's mail changes nothing until its button is pressed; then it is
visible live, and in the page that the hook builds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")

from spipconv.commands import main
from spipconv.forum.posting import FEWEST_SECONDS
from spipconv.forum.records import Message
from spipconv.forum.store.base import open_base
from tests.accessibility import violations
from tests.mail_servers import MailServer, running_mail_server
from tests.migration.test_builds import program
from tests.theme.sites import ARTICLE, DEMO, demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

PASSWORD = "carrière de granit"  # noqa: S105
PHONE = {"viewport": {"width": 375, "height": 667}, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("SPIPCONV_TEST_PICTURES", "")
SECONDS = 30.0


class _Static(SimpleHTTPRequestHandler):
    """Sends pages with the policy that docs/comments.md gives."""

    server_of_forum = ""

    def end_headers(self) -> None:
        there = self.server_of_forum
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self' {there}; style-src 'self' {there}; img-src 'self';"
            f" connect-src {there}; form-action {there}; base-uri 'none'; frame-ancestors 'none'",
        )
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Ignored."""


class Site:
    """The demonstration's site with its forum, moderator and mails. ``errors`` are those of all pages."""

    def __init__(self, folder: Path, mails: MailServer) -> None:
        self.folder, self.mails = folder, mails
        self.base, self.out = folder / "forum.db", folder / "out"
        self.out.mkdir()
        handler = type("Handler", (_Static,), {})
        self._static = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(self.out)))
        threading.Thread(target=self._static.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._static.server_port}"
        shutil.copytree(demo("hugo"), folder / "site")
        self._set_up()
        self.server = self._start()
        handler.server_of_forum = self.server  # type: ignore[attr-defined]
        settings = folder / "site" / "hugo.yaml"
        text = settings.read_text("utf-8").replace("\nparams:\n", f"\nparams:\n  comments_server: {self.server}\n")
        settings.write_text(text, "utf-8")
        self._set(address=self.server)
        subprocess.run(self.hook, shell=True, cwd=folder / "site", check=True, capture_output=True)  # noqa: S602

    @property
    def hook(self) -> str:
        return f'"{program("hugo")}" --quiet --destination "{self.out}" --baseURL "{self.address}/"'

    def _set_up(self) -> None:
        self.run("init", "--site", self.address)
        self.run("pages", str(self.folder / "site"))
        self.run("import", str(DEMO / "site.sql"))
        self.run("moderator", "add", "Rose", "--email", "rose@example.org", given=PASSWORD)
        self._set(
            hook=self.hook, hook_pause="1", smtp=self.mails.url, sender="forum@example.org", moderation="all",
        )  # fmt: skip

    def run(self, *arguments: str, given: str = "") -> str:
        """Run a command on the base, whose name stands after the command's."""
        words = list(arguments)
        words.insert(2 if words[0] == "moderator" else 1, str(self.base))
        done = CliRunner().invoke(main, ["comments", *words], input=given)
        assert done.exit_code == 0, done.output
        return done.output

    def _set(self, **settings: str) -> None:
        for name, value in settings.items():
            self.run("set", name, value)

    def _start(self) -> str:
        command = [sys.executable, "-P", "-m", "spipconv", "serve", "--port", "0", "--comments", str(self.base)]
        self._log = (self.folder / "log.txt").open("w+")
        self._process = subprocess.Popen(
            [*command, "--messages-rate", "0", "--rate", "0"],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=ENVIRONMENT,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "http://" in line, self.log
        return line.split()[-1].strip().rstrip("/")

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
        self._static.shutdown()
        self._static.server_close()

    def message(self, text: str) -> Message:
        """Return the message with a text."""
        with open_base(self.base, reads_only=True) as store:
            (message,) = [one for one in store.messages.latest(("prop", "publie", "off", "spam")) if text in one.text]
        return message

    def page(self) -> str:
        """Return the article as it is built now."""
        return (self.out / ARTICLE / "index.html").read_text("utf-8")

    def wait(self, is_so: Callable[[], object], what: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < end, f"{what}: {self.log}"
            time.sleep(0.1)

    def decision_links(self, text: str) -> list[str]:
        """Return the links of the moderator's mail about a message, as soon as it is there."""

        def found() -> list[str]:
            texts = [delivery.text for delivery in self.mails.taken if text in delivery.text]
            return re.findall(r"http\S+/moderation/link/\S+", texts[-1]) if texts else []

        self.wait(found, "no mail came")
        return found()


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
Visit = Callable[..., "Page"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program("hugo")
    with running_mail_server() as mails:
        started = Site(tmp_path_factory.mktemp("whole"), mails)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Return a function that opens an address; pages must not break their own policies."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def visit(address: str, **options: object) -> Page:
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.on("pageerror", lambda error: errors.append(error.message))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    # Styles of axe-core and of pictures; a form that was sent too fast, which the script sends again.
    assert [error for error in errors if "inline style" not in error and "429" not in error] == []


def check_accessibility(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"whole-{name}.png", full_page=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, only_colours=scheme == "dark") == []


def moderate(site: Site, visit: Visit, text: str) -> Page:
    """Open the queue, logged in; return its page once it shows a message."""
    page = visit(f"{site.server}/moderation/", locale="en")
    page.get_by_label("Name").fill("Rose")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.locator(f"#message-{site.message(text).id}").wait_for()
    return page


def test_a_message_goes_the_whole_way(site: Site, visit: Visit) -> None:
    text = "Quel texte {{limpide}}"
    page = visit(f"{site.address}/{ARTICLE}#forum")
    page.fill("#form-author", "Zoé")
    page.fill("#form-text", f"{text} !\n\nEt [son guide->https://example.org/guide].")
    page.locator("spip-preview strong", has_text="limpide").wait_for()
    check_accessibility(page, "form")
    page.click("button[data-send]")
    page.locator(".comment-answer strong", has_text="limpide").wait_for()
    # Else the comma after the name is far from it.
    assert page.locator(".comment-answer .meta").evaluate("(line) => getComputedStyle(line).display") == "block"
    message = site.message(text)
    assert message.status == "prop"
    # Nobody else sees it.
    other = visit(f"{site.address}/{ARTICLE}#forum")
    other.locator("#forum5").wait_for()
    assert other.locator(f"#forum{message.id}").count() == 0
    assert "limpide" not in site.page()
    # What scanners of mails do.
    links = site.decision_links("limpide")
    for link in (*links, *links):
        with urlopen(link) as answer:  # noqa: S310
            assert answer.status == 200
    assert site.message(text) == message
    decision = visit(next(link for link in links if "Publ" in visit_title(link)))
    decision.click("main button")
    decision.locator("[role=status]").wait_for()
    assert site.message(text).status == "publie"
    other.reload()
    other.locator(f"#forum{message.id} strong", has_text="limpide").wait_for()
    check_accessibility(other, "live")
    site.wait(lambda: f'id="forum{message.id}"' in site.page(), "the site was not built")
    plain = visit(f"{site.address}/{ARTICLE}", java_script_enabled=False)
    assert plain.locator(f"#forum{message.id} a", has_text="son guide").count() == 1
    assert plain.locator("li.comment").count() == other.locator("li.comment").count()


def visit_title(link: str) -> str:
    """Return what the page of a link says."""
    with urlopen(link) as answer:  # noqa: S310
        found = re.search(rb"<button[^>]*>(.*?)</button>", answer.read(), re.DOTALL)
    return found[1].decode() if found else ""


def test_an_answer_is_refused_and_that_undone(site: Site, visit: Visit) -> None:
    text = "Une réponse"
    page = visit(f"{site.address}/{ARTICLE}#forum", **PHONE)
    page.click("#forum2 .reply a")
    page.fill("#form-author", "Yves")
    page.fill("#form-text", f"{text}.")
    page.click("button[data-send]")
    page.locator(".comment-answer", has_text=text).wait_for()
    check_accessibility(page, "answer-375")
    assert site.message(text).parent == 2
    queue = moderate(site, visit, text)
    number = site.message(text).id
    queue.locator(f"#message-{number}").get_by_role("button", name="Refuse").click()
    queue.get_by_role("button", name="Undo u").wait_for()
    assert site.message(text).status == "off"
    queue.get_by_role("button", name="Undo u").click()
    site.wait(lambda: site.message(text).status == "prop", "the decision was not undone")
    queue.goto(f"{site.server}/moderation/")
    queue.locator(f"#message-{number}").get_by_role("button", name="Accept").click()
    site.wait(lambda: f'id="forum{number}"' in site.page(), "the site was not built")
    built = visit(f"{site.address}/{ARTICLE}#forum{number}", **PHONE)
    assert "depth-2" in (built.locator(f"#forum{number}").get_attribute("class") or "")
    assert built.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_whole_way_without_javascript(site: Site, visit: Visit) -> None:
    text = "Sans script"
    page = visit(f"{site.address}/{ARTICLE}#forum", java_script_enabled=False, **PHONE)
    page.click("#forum4 .reply a")
    assert page.url.startswith(f"{site.server}/pages/article1?parent=4")
    page.fill("[name=author]", "Xavier")
    page.fill("[name=text]", f"{text} {{{{non plus}}}}.")
    page.click("form:has([name=text]) button:last-of-type")
    page.locator("strong", has_text="non plus").wait_for()
    # Whoever sends it at once is a program.
    page.wait_for_timeout(1000 * FEWEST_SECONDS)
    page.locator("button", has_text="Envoyer").click()
    page.get_by_text("Ce forum est modéré a priori").first.wait_for()
    message = site.message(text)
    assert (message.status, message.parent) == ("prop", 4)
    site.run("accept", str(message.id))
    site.wait(lambda: f'id="forum{message.id}"' in site.page(), "the site was not built")
    page.goto(f"{site.address}/{ARTICLE}#forum{message.id}")
    assert page.locator(f"#forum{message.id}").is_visible()


def test_the_whole_way_by_keyboard(site: Site, visit: Visit) -> None:
    text = "Au clavier"
    page = visit(f"{site.address}/{ARTICLE}#form", **PHONE)
    page.locator("#form-author").focus()
    page.keyboard.type("Wanda")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "text":
            break
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")
    page.locator(".comment-answer", has_text=text).wait_for()
    queue = moderate(site, visit, text)
    queue.keyboard.press("j")
    while queue.evaluate("document.activeElement.id") != f"message-{site.message(text).id}":
        queue.keyboard.press("j")
    queue.keyboard.press("a")
    site.wait(lambda: site.message(text).status == "publie", "the key did nothing")
    site.wait(lambda: text in site.page(), "the site was not built")
