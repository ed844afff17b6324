"""The moderators' pages: what they show, what forms do, and that nobody else can send these forms."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlencode

import html5lib
import pytest
from starlette.routing import Route

from spipconv.forum.records import Status
from spipconv.forum.site import moderators
from spipconv.forum.site.reviews import show_hidden
from spipconv.forum.store.store import Store
from tests.asgi import Answer, ask
from tests.forum.offices import BROWSER, NONCES, OWN, PASSWORD, Desk, Office, cheap_hashes
from tests.judges import dangers

__all__ = ["cheap_hashes"]

SECURITY = Path(__file__).parent.parent / "security"
VECTORS: list[str] = [
    json.loads(line)["vector"] for line in (SECURITY / "spip_xss.jsonl").read_text("utf-8").splitlines()
]
# SPIPCONV_TEST_VECTORS=all takes them all.
SHARE = VECTORS if os.environ.get("SPIPCONV_TEST_VECTORS") == "all" else VECTORS[::12]
# The link to earlier decisions, in a long log.
EARLIER = {"p []", "a ['class', 'href']"}
ROUNDS = int(os.environ.get("SPIPCONV_TEST_ROUNDS", "25"))


@pytest.fixture
def office(tmp_path: Path, cheap_hashes: None) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.forum.base.close()


@pytest.fixture
def desk(office: Office) -> Desk:
    return office.enter()


def status_of(office: Office, number: int) -> Status:
    stored = office.forum.do(lambda store: store.messages.get(number))
    assert stored
    return stored.status


def dump(office: Office, *without: str) -> list[str]:
    """Return all rows of the base, but those of some tables."""

    def work(store: Store) -> list[str]:
        connection = store.settings._connection
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return [
            f"{name} {tuple(row)}"
            for (name,) in tables
            if name not in without
            for row in connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
        ]

    return office.forum.do(work)


def words_of(html: str) -> str:
    """Return what a page says, without its marks."""
    main = html5lib.parse(html, namespaceHTMLElements=False).find(".//main")
    assert main is not None
    return " ".join(" ".join(main.itertext()).split())


def skeleton(html: str) -> list[str]:
    """Return the elements of a page with the names of their attributes, without what comments are rendered to."""
    written: list[str] = []

    def walk(element: Any) -> None:
        if isinstance(element.tag, str):
            written.append(f"{element.tag} {sorted(element.attrib)}")
        if "comment-text" not in element.attrib.get("class", "").split():
            for child in element:
                walk(child)

    walk(html5lib.parse(html, namespaceHTMLElements=False))
    return written


# ---- the queue


def test_a_message_is_shown_as_it_will_appear_with_its_source_and_the_real_addresses_of_its_links(
    office: Office, desk: Desk
) -> None:
    text = "Un {{ gras [example.org->https://casino.example/a?b=1&c=2] <b>x</b>\n\n[fin->https://casino.example/]"
    parent = office.forum.add("publie", author="Karim", text="Une question ?")
    held = office.forum.add(text=text, parent=parent.id, url="https://xn--e1afmkfd.xn--p1ai/")
    page = desk.get("").text
    assert '<code dir="ltr">https://casino.example/a?b=1&amp;c=2</code>' in page
    said = words_of(page)
    assert "Un {{ gras [example.org->https://casino.example/a?b=1&c=2]" in said
    assert "its words name another address" in said
    assert "https://xn--e1afmkfd.xn--p1ai/ пример.рф" in said
    assert "In reply to Karim" in said
    assert "Une question ?" in said
    assert "2 remarks on the text" in said
    assert "Le granit" in said
    assert f'value="{held.id}:1"' in page
    assert dangers(page[page.index("<article") : page.index("</article>")]) <= {
        "element form", "element input", "element button",
    }  # fmt: skip


def test_hidden_characters_are_named_in_the_source() -> None:
    shown = show_hidden("a\u202eb\u200bc<\x00>\r\n\tété 👩\u200d🌾 می\u200cخواهم")
    assert re.sub("<[^>]*>", "|", shown) == "a|U+202E|b|U+200B|c&lt;|U+0000|&gt;\n\tété 👩\u200d🌾 می\u200cخواهم"


def test_thousands_of_hidden_characters_are_named_in_one_go() -> None:
    # Where each was replaced for itself, this took minutes.
    private = "".join(map(chr, range(0xF0000, 0xF0000 + 20_000)))
    assert show_hidden(private).count("U+") == 20_000


def test_long_messages_do_not_make_the_queue_long(office: Office, desk: Desk) -> None:
    numbers = [office.forum.add(text="|" * 15_000, queues=False, score=0.5).id for _ in range(5)]
    numbers.append(office.forum.add(text="|" * 50_000, queues=False, score=0.9).id)
    seen, following = [], "?list=prop"
    while following:
        page = desk.get(following).text
        seen.append([int(number) for number in re.findall(r'id="message-(\d+)"', page)])
        match = re.search(r'id="next" href="([^"]*)"', page)
        following = match[1].replace("&amp;", "&") if match else ""
    assert seen == [numbers[0:2], numbers[2:4], numbers[4:5], numbers[5:]]


def test_the_queue_is_read_in_parts_each_message_once(office: Office, desk: Desk) -> None:
    numbers = {
        office.forum.add(text=f"Message {number}", queues=False, score=number % 3 / 3).id for number in range(45)
    }
    for path, status in (("", None), ("?list=spam", "spam")):
        if status:
            for number in sorted(numbers):
                desk.post("decide", {"status": status, "message": f"{number}:1"})
        seen: list[int] = []
        following = path
        while following is not None:
            page = desk.get(following).text
            seen += map(int, re.findall(r'id="message-(\d+)"', page))
            match = re.search(r'id="next" href="([^"]*)"', page)
            following = match[1].replace("&amp;", "&") if match else None  # type: ignore[assignment]
        assert sorted(seen) == sorted(numbers)


def test_messages_of_one_page_or_one_alone_can_be_seen(office: Office, desk: Desk) -> None:
    other = office.forum.add_page("article2", "Le marbre")
    first, second = office.forum.add(text="Premier"), office.forum.add(text="Second", page=other.id)
    only = desk.get("?list=prop&page=article2").text
    assert f'id="message-{second.id}"' in only
    assert f'id="message-{first.id}"' not in only
    alone = desk.get(f"?message={first.id}").text
    assert re.findall(r'id="message-(\d+)"', alone) == [str(first.id)]
    for path in ("?page=none", "?message=99", "?message=x", "?list=publié", "?list=%00"):
        assert desk.get(path).status == 404, path


@pytest.mark.parametrize(
    "query", ["?after=x-y", "?after=nan-1", "?done=1.2.x&missed=99", "?list=off&after=--", "log?before=x"]
)
def test_addresses_that_were_tampered_with_do_no_harm(office: Office, desk: Desk, query: str) -> None:
    office.forum.add()
    assert desk.get(query).status == 200


# ---- decisions


def test_a_decision_is_told_can_be_undone_and_is_in_the_log(office: Office, desk: Desk) -> None:
    held = office.forum.add(author="Zoé \u202egnp")
    answer = desk.post("decide", {"status": "publie", "message": f"{held.id}:1", "list": "prop"})
    assert answer.status == 303
    assert answer.headers["location"].startswith("/moderation/?list=prop&done=")
    assert status_of(office, held.id) == "publie"
    page = desk.get(answer.headers["location"].removeprefix("/moderation/")).text
    assert "Accepted: the message of \u2068Zoé gnp\u2069." in words_of(page)
    decision = re.search('name="decision" value="([0-9]+)"', page)
    assert decision
    back = desk.post("undo", {"decision": decision[1]})
    assert back.status == 303
    assert status_of(office, held.id) == "prop"
    log = words_of(desk.get("log").text)
    assert "Rose" in log
    assert "Held → Published undone" in log


def test_the_other_moderator_is_told_who_decided_what_on_the_page_and_in_json(office: Office, desk: Desk) -> None:
    karim = office.enter("Karim")
    held = office.forum.add()
    vote = {"status": "off", "message": f"{held.id}:1"}
    desk.post("decide", vote)
    missed = karim.post("decide", {**vote, "status": "publie"})
    page = words_of(karim.get(missed.headers["location"].removeprefix("/moderation/")).text)
    assert "Nothing was done: \u2068Rose\u2069 decided before you on the message of \u2068Anne\u2069: Refused" in page
    as_json = karim.post("decide", vote, headers={**OWN, "Accept": "application/json"}).json
    (notice,) = as_json["notices"]
    assert notice["sentence"] in page
    assert (notice["is_done"], notice["decision"], notice["status"], notice["version"]) == (False, 0, "off", 2)
    assert as_json["counts"] == {"prop": 0, "publie": 0, "off": 1, "spam": 0}


def test_in_many_rounds_of_two_moderators_each_message_is_decided_on_once(office: Office) -> None:
    desks = office.enter("Rose"), office.enter("Karim")
    numbers = [office.forum.add(queues=False).id for _ in range(ROUNDS)]

    async def send(desk: Desk, number: int, status: str) -> Answer:
        fields = {"token": desk.token, "status": status, "message": f"{number}:1"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", **OWN, "Accept": "application/json"}
        headers["Cookie"] = f"{office.cookie}={desk.secret}"
        return await ask(office.app, "POST", "/moderation/decide", headers, urlencode(fields).encode())

    async def moderate() -> list[list[Answer]]:
        return [
            list(await asyncio.gather(send(desks[0], number, "publie"), send(desks[1], number, "spam")))
            for number in numbers
        ]

    for number, answers in zip(numbers, asyncio.run(moderate()), strict=True):
        notices = [answer.json["notices"][0] for answer in answers]
        done = [place for place, notice in enumerate(notices) if notice["is_done"]]
        assert len(done) == 1
        told = notices[1 - done[0]]["sentence"]
        assert desks[done[0]].moderator.name in told
        assert status_of(office, number) == ("publie", "spam")[done[0]]
    assert len(office.forum.do(lambda store: store.decisions.latest(0, 1000))) == ROUNDS


def test_several_messages_are_decided_on_at_once(office: Office, desk: Desk) -> None:
    numbers = [office.forum.add().id for _ in range(20)]
    votes = [("message", f"{number}:1") for number in numbers]
    answer = desk.post("decide", [("status", "spam"), *votes, ("message", "99:1")])
    assert {status_of(office, number) for number in numbers} == {"spam"}
    page = desk.get(answer.headers["location"].removeprefix("/moderation/")).text
    assert page.count("Marked as spam") == 20
    assert "no longer there" in page
    decisions = [("decision", number) for number in re.findall('name="decision" value="([0-9]+)"', page)]
    desk.post("undo", decisions)
    assert {status_of(office, number) for number in numbers} == {"prop"}


def test_enter_on_a_checkbox_decides_nothing(office: Office, desk: Desk) -> None:
    held = office.forum.add()
    page = desk.get("").text
    bulk = page[page.index('<form id="bulk"') :]
    assert bulk.index('<button name="status" value="" hidden>') < bulk.index('value="publie"')
    assert desk.post("decide", [("message", f"{held.id}:1"), ("status", "")]).status == 303
    assert status_of(office, held.id) == "prop"


def test_a_form_that_is_sent_again_does_nothing_more(office: Office, desk: Desk) -> None:
    held = office.forum.add()
    vote = {"status": "publie", "message": f"{held.id}:1"}
    desk.post("decide", vote)
    before = dump(office)
    desk.post("decide", vote)
    assert dump(office) == before


def test_after_half_a_minute_it_is_too_late_to_undo(office: Office, desk: Desk) -> None:
    held = office.forum.add()
    desk.post("decide", {"status": "publie", "message": f"{held.id}:1"})
    office.forum.now += 120
    told = desk.post("undo", {"decision": "1"}, headers={**OWN, "Accept": "application/json"}).json
    assert "too late" in told["notices"][0]["sentence"]
    assert status_of(office, held.id) == "publie"


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "publié", "message": "1:1"},
        {"status": "publie", "message": "1"},
        {"status": "publie", "message": "x:1"},
        {"status": "publie", "message": f"{10**19}:1"},
        {"message": "1:1"},
    ],
)
def test_forms_that_were_tampered_with_are_refused(office: Office, desk: Desk, fields: dict[str, str]) -> None:
    office.forum.add()
    assert desk.post("decide", fields).status == 400
    assert status_of(office, 1) == "prop"


# ---- blocks


def test_blocks_are_added_seen_and_removed(office: Office, desk: Desk) -> None:
    held = office.forum.add(email="spam@example.net", network="203.0.113.0/24")
    page = desk.get(f"blocks?message={held.id}").text
    assert "Block the network 203.0.113.0/24" in page
    assert "spam@example.net" not in page
    common = {"days": "30", "reason": "<b>Casino</b>"}
    for fields in (
        {"kind": "network", "message": str(held.id)},
        {"kind": "email", "message": str(held.id)},
        {"kind": "word", "value": " Casino  Royal "},
        {"kind": "network", "value": "2001:db8::1"},
        {"kind": "email", "value": "Other@Example.net"},
    ):
        assert desk.post("blocks", {**common, **fields}).status == 303, fields
    blocks = office.forum.do(lambda store: store.blocks.active(office.forum.now))
    emails = {office.forum.keys.digest_email(name).hex() for name in ("spam@example.net", "other@example.net")}
    assert {block.value for block in blocks} == {"203.0.113.0/24", "casino royal", "2001:db8::1/128", *emails}
    assert {block.ends for block in blocks} == {office.forum.now + 30 * 86_400}
    shown = desk.get("blocks").text
    assert "&lt;b&gt;Casino&lt;/b&gt;" in shown
    assert not any(digest in shown for digest in emails)
    for block in blocks:
        desk.post("blocks/remove", {"block": str(block.id)})
    assert "Nothing is blocked." in desk.get("blocks").text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "network", "value": "0.0.0.0/0"}, 422),
        ({"kind": "network", "value": "2001::/16"}, 422),
        ({"kind": "network", "value": "example.org"}, 422),
        ({"kind": "email", "value": "nobody"}, 422),
        ({"kind": "word", "value": "a"}, 422),
        ({"kind": "network", "message": "1"}, 422),
        ({"kind": "email", "message": "99"}, 422),
        ({"kind": "planet", "value": "Mars"}, 400),
        ({"kind": "word", "value": "casino", "days": "0"}, 400),
        ({"kind": "word", "value": "casino", "days": "99999"}, 400),
        ({"kind": "word", "value": "casino", "days": "x"}, 400),
    ],
)
def test_what_cannot_be_blocked_is_said(office: Office, desk: Desk, fields: dict[str, str], status: int) -> None:
    office.forum.add()
    answer = desk.post("blocks", {"days": "30", "reason": "", **fields})
    assert answer.status == status
    assert 'role="alert"' in answer.text
    assert office.forum.do(lambda store: store.blocks.active(office.forum.now)) == []


# ---- who may send forms


def routes(method: str) -> list[str]:
    """Return the paths of the moderators' pages that take a method."""
    found = [
        route.path.removeprefix("/moderation/")
        for route in moderators.routes(Mock())
        if isinstance(route, Route) and method in (route.methods or ())
    ]
    assert len(found) > 4
    return found


FIELDS = [
    ("status", "publie"), ("message", "1:1"), ("decision", "1"), ("kind", "word"), ("value", "casino"), ("days", "3"),
    ("block", "1"), ("current", PASSWORD), ("new", "quatre carrières de marbre"), ("notify", "never"),
    ("repeated", "quatre carrières de marbre"), ("passkey", "00"), ("name", "Rose"), ("password", PASSWORD),
]  # fmt: skip
FORGERIES: dict[str, dict[str, str]] = {
    "another site's form": {"Origin": "https://casino.example", "Sec-Fetch-Site": "cross-site"},
    "a neighbour's form": {"Origin": "https://blog.preview.test", "Sec-Fetch-Site": "same-site"},
    "an old browser": {"Origin": "https://casino.example"},
    "a frame without an origin": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "an old browser's frame": {"Origin": "null"},
    "a name that begins like ours": {"Origin": "http://preview.test.casino.example"},
    "a port of ours": {"Origin": "http://preview.test:81"},
    "a proxy that leaves the origin out": {"Sec-Fetch-Site": "cross-site"},
    "nothing said": {},
}


@pytest.mark.parametrize("path", [pytest.param(path, id=path or "queue") for path in routes("POST")])
def test_no_form_is_taken_from_elsewhere(office: Office, desk: Desk, path: str) -> None:
    office.forum.add()
    before = dump(office)
    token = office.login_token() if path == "login" else desk.token
    for kind, headers in FORGERIES.items():
        answer = office.post(path, [("token", token), *FIELDS], desk.secret, headers)
        assert answer.status == 403, kind
        assert "set-cookie" not in answer.headers
    if path != "login":
        other = office.enter("Karim")
        before = dump(office)
        for wrong in ("", "x", other.token, "\ud800"):
            assert office.post(path, [("token", wrong), *FIELDS], desk.secret).status == 403
        assert office.post(path, [("token", desk.token), *FIELDS]).status == 403
    assert dump(office) == before


@pytest.mark.parametrize("path", [pytest.param(path, id=path or "queue") for path in routes("GET")])
def test_a_get_changes_nothing_and_tells_strangers_nothing(office: Office, desk: Desk, path: str) -> None:
    office.forum.add(text="Un secret")
    desk.post("decide", {"status": "publie", "message": "1:1"})
    before = dump(office)
    queries = ["", "?status=publie&message=1&decision=1", "?done=1&missed=1", "?message=1"]
    for query in queries:
        assert desk.get(path + query).status in (200, 303)
        stranger = office.get(path + query)
        assert (stranger.status == 303) != (path == "login")
        assert "secret" not in stranger.text
        assert office.get(path + query, Accept="application/json").status == (200 if path == "login" else 403)
    assert dump(office) == before


def test_the_pages_load_nothing_from_elsewhere_and_are_not_kept(desk: Desk) -> None:
    for path in routes("GET"):
        headers = desk.get(path).headers
        if path != "login":
            assert headers["cache-control"] == "no-store"
            assert "script-src 'self'; style-src 'self'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["referrer-policy"] == "same-origin"


def test_whoever_comes_from_a_mail_is_not_asked_to_log_in_again(office: Office) -> None:
    mail = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    again = office.get("?list=spam", **mail)
    assert again.status == 200
    assert '<meta http-equiv="refresh" content="0">' in again.text
    assert office.get("?list=spam", Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="navigate").status == 303


def test_no_address_leads_to_another_site(office: Office, desk: Desk) -> None:
    for path in ("login?next=https://casino.example", "?next=//casino.example", "account?done=//casino.example"):
        assert "casino" not in desk.get(path).headers.get("location", "")
        assert "casino" not in office.get(path).headers.get("location", "")
    answer = desk.post("decide", {"status": "off", "message": "1:1", "list": "//casino.example", "page": "\r\nX: 1"})
    assert answer.headers["location"].startswith("/moderation/?list=%2F%2Fcasino.example&page=%0D%0AX%3A+1")
    assert "x" not in answer.headers


def test_the_language_is_that_of_the_moderators_browser(office: Office, desk: Desk) -> None:
    office.forum.add()
    assert desk.get("", Accept_Language="fr").text.count('lang="fr"') >= 1
    assert '<html lang="en"' in desk.get("", Accept_Language="en").text


# ---- hostile words


@pytest.mark.parametrize("chunk", range(4))
def test_no_strangers_words_change_the_pages(office: Office, desk: Desk, chunk: int) -> None:
    plain = office.forum.add(author="x", title="x", text="x", url="https://x.example/", queues=False)
    office.forum.do(lambda store: store.pages.put("article1", "/article1", "x", "fr"))
    path = f"?message={plain.id}"
    expected = skeleton(desk.get(path).text)
    desk.post("decide", {"status": "off", "message": f"{plain.id}:1"})
    log = set(skeleton(desk.get("log").text))
    desk.post("decide", {"status": "prop", "message": f"{plain.id}:2"})
    for vector in SHARE[chunk::4]:
        words = vector.encode("utf-8", "replace").decode()
        office.forum.do(lambda store, words=words: store.pages.put("article1", "/article1", words, "fr"))  # type: ignore[misc]
        held = office.forum.add(author=words, title=words, text="x", url="https://x.example/", queues=False)
        page = desk.get(f"?message={held.id}").text
        assert skeleton(page) == expected, vector
        texts = office.forum.add(author="x", title="x", text=words, url=words, queues=False)
        written = desk.get(f"?message={texts.id}").text
        rendered = written[written.index('<div class="comment-text"') : written.index('<details class="written"')]
        assert not dangers(rendered), vector
        assert [part for part in skeleton(written) if part.split()[0] in ("script", "iframe", "style", "base")] == [
            part for part in expected if part.split()[0] in ("script", "iframe", "style", "base")
        ]
        desk.post("decide", {"status": "off", "message": f"{held.id}:1"})
        assert set(skeleton(desk.get("log").text)) <= log | EARLIER, vector


def test_answers_hold_no_secret_but_their_own(office: Office, desk: Desk) -> None:
    karim = office.enter("Karim")
    page = desk.get("account").text
    assert desk.token in page
    assert desk.secret not in page
    assert karim.token not in page
    assert NONCES.search(page)
    assert BROWSER["Accept-Language"] == "en"
