"""The links of mails: opening one changes nothing, its button works once, and no other right is in it."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")

from spipconv.forum.keys import InvalidToken
from spipconv.forum.links import (
    confirmation_link,
    decision_link,
    ending_link,
    read_confirmation,
    read_decision,
    read_ending,
)
from spipconv.forum.records import Message, Moderator, Status
from spipconv.forum.settings import ForumSettings, read_settings
from spipconv.forum.site.application import create_app
from tests.asgi import Answer, ask
from tests.forum.forums import NOON, SETTINGS, Forum

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DAY = 86_400
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


class Links:
    """A forum, a moderator, and the links that mails have."""

    def __init__(self, folder: Path) -> None:
        self.forum = Forum(folder, smtp="smtp://localhost")
        self.settings = self.forum.do(read_settings)
        self.app = create_app(
            self.forum.base, self.forum.keys, self.settings, rate=1, preview_rate=0, clock=lambda: self.forum.now
        )
        self.rose: Moderator = self.forum.moderator()

    def ask(self, method: str, target: str, headers: Any = None, body: bytes = b"") -> Answer:
        return asyncio.run(ask(self.app, method, target, BROWSER if headers is None else headers, body))

    def link(self, message: Message, status: Status = "publie", moderator: int | None = None) -> str:
        number = self.rose.id if moderator is None else moderator
        return _path(decision_link(self.forum.keys, self.settings, message, status, number, self.forum.now))

    def state(self) -> list[tuple[object, ...]]:
        """Return all that links can change."""
        return self.forum.do(
            lambda store: [
                tuple(row)
                for table in ("messages", "decisions", "used_links", "subscriptions", "mails", "words")
                for row in store.messages._connection.execute(f"SELECT '{table}', * FROM {table}")  # noqa: S608
            ]
        )


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Links]:
    links = Links(tmp_path_factory.mktemp("links"))
    yield links
    links.forum.base.close()


@pytest.fixture(autouse=True)
def _noon(links: Links) -> None:
    # What one client may ask for comes back with real time.
    links.forum.now = NOON


def _path(address: str) -> str:
    return address.removeprefix(SETTINGS["address"])


def _buttons(answer: Answer) -> list[str]:
    return re.findall(r"<button[^>]*>([^<]*)</button>", answer.text)


def _wish(links: Links, form: str) -> Answer:
    return links.ask("POST", "/subscriptions", {**BROWSER, **URLENCODED}, form.encode())


@pytest.mark.parametrize(
    ("status", "button"),
    [("publie", "Publier ce message"), ("off", "Refuser ce message"), ("spam", "Signaler ce message comme spam")],
)
def test_opening_a_link_changes_nothing_and_its_button_works_once(status: Status, button: str, links: Links) -> None:
    message = links.forum.add(text="Quel {{granit}} ? [Ici->https://example.org/x]")
    link = links.link(message, status)
    before = links.state()
    for _ in range(2):
        answer = links.ask("GET", link)
        assert answer.status == 200
        assert _buttons(answer) == [button]
        assert "<strong>granit</strong>" in answer.text
        assert '<code dir="ltr">https://example.org/x</code>' in answer.text
        assert links.ask("HEAD", link).status == 200
    assert links.state() == before
    done = links.ask("POST", link)
    assert (done.status, done.headers["location"]) == (303, link)
    decision = links.forum.do(lambda store: store.decisions.last(message.id))
    assert decision is not None
    assert (decision.after, decision.name, decision.moderator) == (status, "Rose", links.rose.id)
    after = links.state()
    for _ in range(2):
        assert links.ask("POST", link).status == 303
        told = links.ask("GET", link)
        assert _buttons(told) == []
        assert "par \u2068Rose\u2069" in told.text
    assert links.state() == after


def test_no_page_with_a_link_leaks_it(links: Links) -> None:
    message = links.forum.add()
    subscription = links.forum.subscribe("luc@example.org", confirms=False)
    for link in (
        links.link(message),
        _path(confirmation_link(links.forum.keys, links.settings, subscription, NOON)),
        _path(ending_link(links.forum.keys, links.settings, subscription)),
    ):
        headers = links.ask("GET", link).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_a_link_dies_with_the_version_of_the_message(links: Links) -> None:
    message = links.forum.add()
    publish, refuse = links.link(message), links.link(message, "off")
    links.ask("POST", refuse)
    before = links.state()
    answer = links.ask("GET", publish)
    assert _buttons(answer) == []
    assert "par \u2068Rose\u2069" in answer.text
    links.ask("POST", publish)
    assert links.state() == before
    # What the visitor takes back is not decided on either.
    taken_back = links.forum.add()
    link = links.link(taken_back)
    links.forum.decide(taken_back, "off")
    assert _buttons(links.ask("GET", link)) == []
    before = links.state()
    links.ask("POST", link)
    assert links.state() == before


def test_a_link_dies_with_the_moderator(links: Links) -> None:
    message = links.forum.add()
    eve = links.forum.moderator("Eve", email="eve@example.org")
    link = links.link(message, moderator=eve.id)
    assert links.ask("GET", link).status == 200
    links.forum.do(lambda store: store.moderators.set_active(eve.id, False))
    before = links.state()
    assert links.ask("GET", link).status == 410
    assert links.ask("POST", link).status == 410
    assert links.ask("GET", links.link(message, moderator=999)).status == 410
    assert links.state() == before


def test_a_link_ends_after_a_week(links: Links) -> None:
    message = links.forum.add()
    link = links.link(message)
    links.forum.now += 7 * DAY
    assert links.ask("GET", link).status == 200
    links.forum.now += 1
    before = links.state()
    assert links.ask("GET", link).status == 410
    assert links.ask("POST", link).status == 410
    assert links.state() == before
    # The clock was set back: it has not ended.
    links.forum.now = NOON - 30 * DAY
    assert links.ask("GET", link).status == 200


def test_what_was_withdrawn_and_accepted_again_needs_another_link(links: Links) -> None:
    message = links.forum.add()
    link = links.link(message)
    links.ask("POST", link)
    published = links.forum.do(lambda store: store.messages.get(message.id))
    assert published is not None
    links.forum.decide(published, "prop")
    assert _buttons(links.ask("GET", link)) == []


def _altered(token: str) -> Iterator[str]:
    """Yield tokens that say something else, or were cut, or are none."""
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for index in range(len(raw)):
        changed = raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]
        yield base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    yield from (token[:-1], token + "A", token[: len(token) // 2], "x", "A" * 5_000, token.swapcase())


def test_no_altered_link_is_a_right(links: Links) -> None:
    message = links.forum.add()
    token = links.link(message).rpartition("/")[2]
    for altered in _altered(token):
        with pytest.raises(InvalidToken):
            read_decision(links.forum.keys, altered, NOON)
    before = links.state()
    for altered in (token[:-1], token[:-8] + "AAAAAAAA", "é", "..%2f..", "%00", "A" * 5_000):
        for method in ("GET", "POST"):
            assert links.ask(method, f"/moderation/link/{altered}").status == 404
    assert links.state() == before


def test_no_link_serves_for_something_else(links: Links) -> None:
    message = links.forum.add()
    subscription = links.forum.subscribe("zoe@example.org", confirms=False)
    keys, known = links.forum.keys, links.settings
    tokens = {
        read_decision: links.link(message).rpartition("/")[2],
        read_confirmation: confirmation_link(keys, known, subscription, NOON).rpartition("/")[2],
        read_ending: ending_link(keys, known, subscription).rpartition("/")[2],
    }
    for read in tokens:
        for other, token in tokens.items():
            if read is other:
                assert read(keys, token, NOON)
            else:
                with pytest.raises(InvalidToken):
                    read(keys, token, NOON)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=strategies.text(max_size=80))
def test_any_text_is_no_link(token: str, links: Links) -> None:
    for read in (read_decision, read_confirmation, read_ending):
        with pytest.raises(InvalidToken):
            read(links.forum.keys, token, NOON)


def test_a_link_of_another_forum_is_none(links: Links, tmp_path: Path) -> None:
    other = Forum(tmp_path)
    message = links.forum.add()
    link = _path(decision_link(other.keys, links.settings, message, "publie", links.rose.id, NOON))
    other.base.close()
    assert links.ask("POST", link).status == 404


# ---- subscriptions


def test_a_subscription_is_confirmed_by_a_button(links: Links) -> None:
    subscription = links.forum.subscribe("paul@example.org", confirms=False)
    link = _path(confirmation_link(links.forum.keys, links.settings, subscription, NOON))
    before = links.state()
    for _ in range(2):
        answer = links.ask("GET", link)
        assert len(_buttons(answer)) == 1
    assert links.state() == before
    for _ in range(2):
        links.forum.now += 60
        assert "Vous recevrez ces courriels" in links.ask("POST", link).text
    confirmed = links.forum.do(lambda store: store.subscriptions.get(subscription.id))
    assert confirmed is not None
    assert confirmed.confirmed == NOON + 60
    assert _buttons(links.ask("GET", link)) == []
    links.forum.now = NOON + 7 * DAY + 1
    assert links.ask("GET", link).status == 410
    assert links.ask("POST", link).status == 410


def test_a_subscription_ends_by_a_button_and_an_old_link_does_not_revive_it(links: Links) -> None:
    subscription = links.forum.subscribe("jean@example.org", confirms=False)
    confirmation = _path(confirmation_link(links.forum.keys, links.settings, subscription, NOON))
    links.ask("POST", confirmation)
    link = _path(ending_link(links.forum.keys, links.settings, subscription))
    before = links.state()
    for _ in range(2):
        assert _buttons(links.ask("GET", link)) == ["Ne plus m’envoyer ces courriels"]
    assert links.state() == before
    assert "C’est fait" in links.ask("POST", link).text
    assert links.forum.do(lambda store: store.subscriptions.get(subscription.id)) is None
    assert links.ask("POST", link).status == 200
    assert links.ask("GET", link).status == 200
    assert links.ask("POST", confirmation).status == 410
    assert links.forum.do(lambda store: store.subscriptions.of_person(subscription.email_digest)) == []


def test_an_old_link_is_not_about_the_subscription_of_another_reader(links: Links) -> None:
    first = links.forum.subscribe("ida@example.org")
    link = _path(ending_link(links.forum.keys, links.settings, first))
    assert links.ask("POST", link).status == 200
    second = links.forum.subscribe("max@example.org")
    assert links.ask("POST", link).status == 200
    assert links.forum.do(lambda store: store.subscriptions.get(second.id)) is not None


@pytest.mark.parametrize("accept", [None, "*/*"])
def test_mail_programs_end_a_subscription_with_one_post(accept: str | None, links: Links) -> None:
    """RFC 8058: a POST of ``List-Unsubscribe=One-Click``, without cookies, redirections or a page before."""
    subscription = links.forum.subscribe("lea@example.org")
    link = _path(ending_link(links.forum.keys, links.settings, subscription))
    headers = {**URLENCODED, **({"Accept": accept} if accept else {})}
    # Years later, too.
    links.forum.now += 5 * 365 * DAY
    answer = links.ask("POST", link, headers, b"List-Unsubscribe=One-Click")
    assert answer.status == 200
    assert links.forum.do(lambda store: store.subscriptions.get(subscription.id)) is None


def test_nobody_learns_whether_an_address_has_subscriptions(links: Links) -> None:
    links.forum.subscribe("anne@example.org")
    links.forum.subscribe("asked@example.org", confirms=False)
    answers = {
        links.ask(
            "POST", "/subscriptions", {**BROWSER, **URLENCODED}, f"page=article1&email={name}%40example.org".encode()
        ).text
        for name in ("anne", "asked", "new")
    }
    assert len(answers) == 1
    assert "est en route" in answers.pop() or True


def test_one_client_causes_few_letters(links: Links) -> None:
    statuses = [_wish(links, f"email=v{number}%40example.org").status for number in range(8)]
    assert 429 in statuses


def test_a_wrong_address_comes_back_with_a_sentence(links: Links) -> None:
    for email in ("x", "a%40b", "%22a%22%40example.org", "a%40example.org%0D%0ABcc:%20b%40example.org"):
        answer = _wish(links, f"page=article1&email={email}")
        assert answer.status == 422
        assert 'role="alert"' in answer.text


def test_other_sites_cannot_send_the_form(links: Links) -> None:
    headers = {**BROWSER, **URLENCODED, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert links.ask("POST", "/subscriptions", headers, b"email=a%40example.org").status == 403


def test_the_form_is_there_for_pages_and_for_the_site(links: Links) -> None:
    assert "Le granit" in links.ask("GET", "/subscriptions?page=article1").text
    assert links.ask("GET", "/subscriptions").status == 200
    assert links.ask("GET", "/subscriptions?page=nowhere").status == 404


# ---- feeds


def test_feeds_are_asked_for_again_without_being_sent_again(links: Links) -> None:
    links.forum.add("publie")
    first = links.ask("GET", "/feeds/article1.atom")
    assert first.status == 200
    assert first.headers["content-type"].startswith("application/atom+xml")
    conditions = ({"If-None-Match": first.headers["etag"]}, {"If-Modified-Since": first.headers["last-modified"]})
    for condition in conditions:
        assert links.ask("GET", "/feeds/article1.atom", condition).status == 304
    links.forum.now += 60
    links.forum.add("publie", text="Plus récent")
    for condition in conditions:
        again = links.ask("GET", "/feeds/article1.atom", condition)
        assert again.status == 200
        assert "Plus récent" in again.text
    assert links.ask("GET", "/feeds/site.atom").status == 200
    assert links.ask("GET", "/feeds/nowhere.atom").status == 404
    assert links.ask("HEAD", "/feeds/site.atom").status == 200


def test_a_forum_without_mails_has_no_subscriptions(tmp_path: Path) -> None:
    forum = Forum(tmp_path)
    app = create_app(forum.base, forum.keys, ForumSettings(), rate=0, preview_rate=0, clock=lambda: forum.now)
    assert asyncio.run(ask(app, "GET", "/subscriptions", BROWSER)).status == 404
    forum.base.close()
