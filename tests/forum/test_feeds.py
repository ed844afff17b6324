"""Atom feeds: what independent parsers read in them, and that no message can add anything to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from msgspec.structs import replace

from spipconv.forum.feeds import Entry, read_entries, write_feed
from spipconv.forum.publication.exporting import Export, Exporter
from spipconv.forum.records import Message, Page
from spipconv.forum.rendering import render_message
from spipconv.forum.settings import ForumSettings, Generator, read_settings
from tests.forum.forums import NOON, Forum
from tests.judges import dangers, liberties, unclean

feedparser = pytest.importorskip("feedparser", reason="feedparser is not installed")
etree = pytest.importorskip("lxml.etree", reason="lxml is not installed")

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))
SETTINGS = ForumSettings(site="https://www.example.org/", title="La carrière")
ROOT = "https://www.example.org/comments"
PAGE = Page(1, "article1", "/article1", "Le granit", "fr")
MESSAGE = Message(
    5,
    1,
    0,
    5,
    "publie",
    "Anne",
    "Une question",
    "Quel {{granit}} ?[[Note.]]",
    "https://anne.example/",
    "fr",
    NOON,
    NOON + 9,
)
SECURITY = Path(__file__).parent.parent / "security"
VECTORS: list[str] = [
    json.loads(line)["vector"]
    for name in ("spip_xss.jsonl", "attacks.jsonl")
    for line in (SECURITY / name).read_text("utf-8").splitlines()
]


@pytest.fixture
def forum(tmp_path: Path) -> Iterator[Forum]:
    forum = Forum(tmp_path)
    yield forum
    forum.base.close()


def read(content: bytes) -> Any:
    """Return a feed as feedparser reads it, after the schema and a strict parser accepted it."""
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    SCHEMA.assertValid(tree)
    parsed = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    return parsed


def test_a_page_has_a_feed_of_its_published_messages(forum: Forum) -> None:
    first = forum.add("publie", url="https://anne.example/")
    forum.now += 60
    answer = forum.add("publie", parent=first.id, author="Zoé", title="", text="[Ici->https://example.org/]")
    forum.add("prop")
    forum.add("off")
    forum.add("spam")
    forum.add("publie", page=forum.add_page("article2").id)
    entries = forum.do(lambda store: read_entries(store, forum.page))
    feed = write_feed(SETTINGS, forum.page, entries, ROOT)
    parsed = read(feed.content)
    assert parsed.feed.id == "tag:www.example.org,2026:feeds/article1"
    assert parsed.feed.title == "Messages\u00a0: Le granit"
    assert {link.rel: link.href for link in parsed.feed.links} == {
        "self": "https://www.example.org/comments/feeds/article1.atom",
        "alternate": "https://www.example.org/article1#forum",
    }
    newest, oldest = parsed.entries
    assert [entry.id for entry in parsed.entries] == [
        f"tag:www.example.org,2026:forum{message.id}" for message in (answer, first)
    ]
    assert [entry.title for entry in parsed.entries] == ["Message de Zoé – Le granit", "Une question – Le granit"]
    assert newest.link == f"https://www.example.org/article1#forum{answer.id}"
    assert newest["thr_in-reply-to"]["ref"] == oldest.id
    assert "thr_in-reply-to" not in oldest
    assert oldest.author_detail == {"name": "Anne", "href": "https://anne.example/"}
    assert newest.content[0].value == render_message(answer).strip()
    assert newest.updated == parsed.feed.updated == "2027-01-15T08:01:00Z"
    assert feed.changed == NOON + 60


def test_the_site_has_a_feed_of_all_pages(forum: Forum) -> None:
    forum.add("publie")
    forum.add("publie", page=forum.add_page("article2", "Le sable").id)
    entries = forum.do(lambda store: read_entries(store, None))
    parsed = read(write_feed(SETTINGS, None, entries, ROOT).content)
    assert parsed.feed.title == "Messages de La carrière"
    assert [entry.title for entry in parsed.entries] == ["Une question – Le sable", "Une question – Le granit"]
    assert parsed.feed.id == "tag:www.example.org,2026:feeds/site"


def test_a_feed_has_the_newest_messages_only(forum: Forum) -> None:
    numbers = [forum.add("publie", queues=False).id for _ in range(55)]
    entries = forum.do(lambda store: read_entries(store, forum.page))
    assert [entry.message.id for entry in entries] == numbers[:4:-1]


def test_an_answer_to_what_is_not_published_names_nothing(forum: Forum) -> None:
    first = forum.add("publie")
    forum.add("publie", parent=first.id)
    forum.decide(first, "off")
    entries = forum.do(lambda store: read_entries(store, forum.page))
    assert b"in-reply-to" not in write_feed(SETTINGS, forum.page, entries, ROOT).content


def test_ids_stay_when_the_site_moves() -> None:
    moved = replace(SETTINGS, site="https://nouveau.example", feed_host="www.example.org")
    before, after = (
        read(write_feed(known, PAGE, [Entry(PAGE, MESSAGE, is_answer=False)], ROOT).content)
        for known in (SETTINGS, moved)
    )
    assert before.entries[0].id == after.entries[0].id
    assert before.feed.id == after.feed.id
    assert after.entries[0].link.startswith("https://nouveau.example/article1#")


def test_an_empty_feed_is_a_feed() -> None:
    feed = write_feed(SETTINGS, PAGE, [], ROOT)
    assert read(feed.content).entries == []
    assert feed == write_feed(SETTINGS, PAGE, [], ROOT)


def test_the_date_of_a_message_may_be_unknown() -> None:
    (entry,) = read(
        write_feed(SETTINGS, PAGE, [Entry(PAGE, replace(MESSAGE, created=0), is_answer=False)], ROOT).content
    ).entries
    assert "published" not in entry


@pytest.mark.parametrize(
    ("generator", "folder"),
    [("hugo", "static/"), ("jekyll", ""), ("pelican", "content/"), ("eleventy", ""), ("mkdocs", "docs/"), ("json", "")],
)
def test_feeds_are_files_of_the_site(generator: Generator, folder: str, forum: Forum, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()

    def export(**options: Any) -> Export:
        with Exporter(site, generator, **options) as exporter:
            return forum.do(exporter.export)

    first = forum.add("publie")
    forum.add_page("article2")
    assert export().feeds == 2
    page_file, site_file = site / f"{folder}feeds/article1.atom", site / f"{folder}feeds/site.atom"
    assert not (site / f"{folder}feeds/article2.atom").exists()
    parsed = read(page_file.read_bytes())
    assert [entry.id for entry in parsed.entries] == [f"tag:www.example.org,2026:forum{first.id}"]
    assert parsed.feed.links[0].href == "https://www.example.org/feeds/article1.atom"
    assert [entry.id for entry in read(site_file.read_bytes()).entries] == [entry.id for entry in parsed.entries]
    assert export().feeds == 0
    # The server's feed is the same, but for its own address.
    entries = forum.do(lambda store: read_entries(store, forum.page))
    served = write_feed(forum.do(read_settings), forum.page, entries, ROOT).content
    assert served.replace(b"/comments/feeds/", b"/feeds/") == page_file.read_bytes()
    page_file.write_text("by hand", "utf-8")
    done = export()
    assert done.feeds == 0
    assert done.left == [f"{folder}feeds/article1.atom: it was changed by hand: move it away, or export with --force"]
    assert export(force=True).feeds == 1
    forum.decide(first, "off")
    assert export().feeds == 2
    assert not page_file.exists()
    assert not site_file.exists()


def test_without_the_address_of_the_site_no_feed_is_written(forum: Forum, tmp_path: Path) -> None:
    forum.set(site="")
    forum.add("publie")
    (tmp_path / "site").mkdir()
    with Exporter(tmp_path / "site", "json") as exporter:
        assert forum.do(exporter.export).feeds == 0
    assert not (tmp_path / "site" / "feeds").exists()


def test_what_attackers_write_stays_words_and_safe_html() -> None:
    """Each vector as name, title, address and text of a message, and as the title of a page."""
    entries = [
        Entry(
            replace(PAGE, title=vector),
            replace(MESSAGE, id=number, author=vector, title=vector, url=vector, text=vector),
            is_answer=number % 2 == 0,
        )
        for number, vector in enumerate(VECTORS, 1)
    ]
    parsed = read(write_feed(SETTINGS, replace(PAGE, title=VECTORS[0]), entries, ROOT).content)
    assert len(parsed.entries) == len(VECTORS)
    for entry, shown in zip(entries, parsed.entries, strict=True):
        (content,) = shown.content
        assert shown.title_detail.type == "text/plain"
        assert dangers(content.value) == set()
        assert liberties(content.value) == set()
        assert shown.author_detail.get("href", "https://").startswith(("http://", "https://"))
        assert shown.id == f"tag:www.example.org,2026:forum{entry.message.id}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    author=strategies.text(max_size=40), title=strategies.text(max_size=40), text=strategies.text(max_size=200),
    url=strategies.text(max_size=40), key=strategies.text(min_size=1, max_size=20), page=strategies.text(max_size=40),
)  # fmt: skip
def test_any_message_makes_a_valid_feed(author: str, title: str, text: str, url: str, key: str, page: str) -> None:
    own = replace(PAGE, key=key.encode("utf-8", "replace").decode(), title=page)
    message = replace(MESSAGE, author=author, title=title, text=text, url=url)
    feed = write_feed(SETTINGS, own, [Entry(own, message, is_answer=True)], ROOT)
    assert len(read(feed.content).entries) == 1
    assert not unclean(feed.content.decode().replace("\n", ""))
