"""The pages that mails lead to, and the HTML of the feeds, in Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from spipconv.forum.feeds import Entry, write_feed
from spipconv.forum.links import confirmation_link, decision_link, ending_link
from spipconv.forum.records import Message, Status
from spipconv.forum.settings import read_settings
from tests.forum.test_feeds import MESSAGE, PAGE, ROOT, SETTINGS, VECTORS
from tests.forum.test_form_in_browser import PHONE, Opener, Site, check_accessibility, visit
from tests.safety.test_browser import Harness

feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

pytestmark = pytest.mark.browser

__all__ = ["visit"]

TEXT = """{{{Une visite}}}

Hier, {{nous}} avons vu [www.musee.example->https://evil.example/piege] et [le guide->https://example.org/guide].

<quote>On y taillait la pierre.</quote>
"""
# SPIPCONV_TEST_VECTORS=all takes them all.
SHARE = VECTORS if os.environ.get("SPIPCONV_TEST_VECTORS") == "all" else VECTORS[::40]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = Site(tmp_path_factory.mktemp("site"))
    started.forum.set(smtp="smtp://localhost")
    yield started
    started.close()


def decision(site: Site, message: Message, status: Status) -> str:
    forum = site.forum
    rose = forum.do(lambda store: store.moderators.find("Rose")) or forum.moderator()
    return decision_link(forum.keys, forum.do(read_settings), message, status, rose.id, forum.now)


def test_a_moderator_publishes_from_a_mail(site: Site, visit: Opener) -> None:
    answered = site.forum.add("publie", text="Qui l'a vue ?", author="Marie")
    message = site.forum.add(parent=answered.id, title="Une visite", text=TEXT)
    link = decision(site, message, "publie")
    page = visit(link, **PHONE)
    check_accessibility(page, "link-375")
    page.reload()
    assert page.locator("button").all_inner_texts() == ["Publier ce message"]
    assert "https://evil.example/piege" in page.inner_text("main")
    page.set_viewport_size({"width": 1280, "height": 900})
    check_accessibility(page, "link-1280")
    page.click("button")
    assert "par \u2068Rose\u2069" in page.inner_text("[role=status]")
    assert page.locator("button").count() == 0
    check_accessibility(page, "link-used-1280")
    again = visit(link)
    assert again.locator("button").count() == 0


def test_a_moderator_refuses_by_keyboard(site: Site, visit: Opener) -> None:
    message = site.forum.add(text="Achetez !")
    page = visit(decision(site, message, "off"))
    # From the heading, over the links, to the button.
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") == "button":
            break
    page.keyboard.press("Enter")
    page.locator("[role=status]").wait_for()
    refused = site.forum.do(lambda store: store.messages.get(message.id))
    assert refused is not None
    assert refused.status == "off"


def test_a_reader_asks_confirms_and_ends(site: Site, visit: Opener) -> None:
    forum = site.forum
    page = visit(f"{site.server}/subscriptions?page=article1", **PHONE)
    page.fill("[name=email]", "luc@example.org")
    check_accessibility(page, "subscribe-375")
    page.click("button")
    assert "il y en a un en route" in page.inner_text("[role=status]")
    check_accessibility(page, "subscribe-asked-375")
    (subscription,) = forum.do(lambda store: store.subscriptions.of_person(forum.keys.digest_email("luc@example.org")))
    settings = forum.do(read_settings)
    page.goto(confirmation_link(forum.keys, settings, subscription, forum.now))
    check_accessibility(page, "confirm-375")
    page.set_viewport_size({"width": 1280, "height": 900})
    check_accessibility(page, "confirm-1280")
    page.click("button")
    check_accessibility(page, "confirmed-1280")
    page.goto(ending_link(forum.keys, settings, subscription))
    check_accessibility(page, "end-1280")
    page.set_viewport_size({"width": 375, "height": 667})
    check_accessibility(page, "end-375")
    page.click("button")
    check_accessibility(page, "ended-375")
    assert forum.do(lambda store: store.subscriptions.get(subscription.id)) is None


@pytest.mark.parametrize("part", range(6 if len(SHARE) == len(VECTORS) else 1))
def test_no_attack_runs_on_the_page_of_a_link(part: int, site: Site, visit: Opener) -> None:
    page = visit(site.server + "/subscriptions")
    dialogs: list[str] = []
    requests: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("request", lambda request: requests.append(request.url))
    for vector in SHARE[part::6] if len(SHARE) == len(VECTORS) else SHARE:
        message = site.forum.add(queues=False, author=vector, title=vector, text=vector, url=vector)
        page.goto(decision(site, message, "publie"))
        assert page.locator("script, iframe, object, embed, svg, img").count() == 0
        assert page.locator("button").count() == 1
    assert dialogs == []
    assert [address for address in requests if not address.startswith(site.server)] == []


def test_no_attack_in_a_feed_has_an_effect(browser: Browser) -> None:
    """The HTML of the entries, as a reader that trusts it would show it."""
    entries = [
        Entry(PAGE, replace(MESSAGE, id=number, text=vector), is_answer=False)
        for number, vector in enumerate(VECTORS, 1)
    ]
    parsed = feedparser.parse(write_feed(SETTINGS, PAGE, entries, ROOT).content, sanitize_html=False)
    shown = [entry.content[0].value for entry in parsed.entries]
    assert len(shown) == len(VECTORS)
    harness = Harness(browser, images=False)
    try:
        culprits = harness.name_culprits(shown)
        assert {number: (said, shown[number]) for number, said in culprits.items()} == {}
    finally:
        harness.close()
