"""Feeds: the published messages of a page, or of the site, come in; an Atom feed (RFC 4287) goes out.

Server and export write the same feeds, but for the address at which each is. Each says which message another one
answers (RFC 4685).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

from spipconv.forum.lines import flatten
from spipconv.forum.links import SITE_FEED_PATH, message_address, page_address, page_feed_path
from spipconv.forum.parts import take_part
from spipconv.forum.records import Message, Page
from spipconv.forum.rendering import render_message
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.languages import language_tag
from spipconv.safety import printable, template_address
from spipconv.translations import translate

ATOM_TYPE: Final = "application/atom+xml"
# The newest messages that a feed has.
MOST_ENTRIES: Final = 50
# Characters of these messages together.
_MOST_CHARACTERS: Final = 100_000
_ATOM: Final = "http://www.w3.org/2005/Atom"
_THREADING: Final = "http://purl.org/syndication/thread/1.0"
_LONGEST_TITLE: Final = 240
# RFC 4151 wants a date on which the host was the site's: readers compare it, nobody looks it up.
_MINTED: Final = "2026"


class Feed(Struct, frozen=True):
    """A feed: its bytes, a tag that changes with them, and when the newest of its messages was accepted (or 0)."""

    content: bytes
    etag: str
    changed: int


class Entry(Struct, frozen=True):
    """A published message with its page, and whether the message that it answers is published too."""

    page: Page
    message: Message
    is_answer: bool


def choose_entries(page: Page, messages: Sequence[Message]) -> list[Entry]:
    """Return what the feed of a page has, given all its messages in the order of their numbers."""
    published = {message.id: message for message in messages if message.status == "publie"}
    newest = list(published.values())[: -MOST_ENTRIES - 1 : -1]
    return [Entry(page, message, message.parent in published) for message in _take_part(newest)]


def _take_part(messages: Sequence[Message]) -> Sequence[Message]:
    return take_part(messages, [len(message.text) for message in messages], MOST_ENTRIES, _MOST_CHARACTERS)


def read_entries(store: Store, page: Page | None) -> list[Entry]:
    """Return what the feed of a page has, or that of the site (None): the newest messages first."""
    messages = store.messages.latest(limit=MOST_ENTRIES, page=page.id if page else 0)
    pages = {number: store.pages.get(number) for number in {message.page for message in messages}}
    return [
        Entry(message_page, message, _is_published(store, message.parent))
        for message in _take_part(messages)
        if (message_page := pages[message.page]) is not None
    ]


def write_feed(settings: ForumSettings, page: Page | None, entries: Sequence[Entry], root: str) -> Feed:
    """Return the feed of a page, or that of the site (None). ``root`` is the address below which feeds are found.

    Its HTML is what ``render_message`` makes, all other texts are plain.
    """
    language = page.language if page else settings.language
    path = page_feed_path(page) if page else SITE_FEED_PATH
    home = page_address(settings, page) if page else f"{settings.site.rstrip('/')}/"
    changed = max((entry.message.changed for entry in entries), default=0)
    feed = Element("feed", {"xmlns": _ATOM, "xmlns:thr": _THREADING, "xml:lang": language_tag(language)})
    _add(feed, "id", _identify(settings, path.removeprefix("/").removesuffix(".atom")))
    _add(feed, "title", _title_of(settings, page, language))
    _add(feed, "updated", _time(changed))
    _link(feed, "self", root.rstrip("/") + path, ATOM_TYPE)
    _link(feed, "alternate", f"{home}#forum" if page else home, "text/html")
    _add_author(feed, flatten(settings.title) or settings.site or "spipconv")
    for entry in entries:
        _add_entry(feed, settings, entry)
    content = tostring(feed, "utf-8", xml_declaration=True) + b"\n"
    return Feed(content, f'"{hashlib.sha256(content).hexdigest()[:24]}"', changed)


def _add_entry(feed: Element, settings: ForumSettings, entry: Entry) -> None:
    page, message = entry.page, entry.message
    language = message.language
    element = SubElement(feed, "entry", {"xml:lang": language_tag(language)})
    author = flatten(message.author) or translate("(no name)", language)
    title = flatten(message.title, _LONGEST_TITLE) or translate("Message of {author}", language, author=author)
    _add(element, "id", _identify(settings, f"forum{message.id}"))
    _add(
        element,
        "title",
        f"{title} – {flatten(page.title, _LONGEST_TITLE)}" if flatten(page.title, _LONGEST_TITLE) else title,
    )
    _add(element, "updated", _time(message.changed))
    if message.created:
        _add(element, "published", _time(message.created))
    _link(element, "alternate", message_address(settings, page, message), "text/html")
    _add_author(element, author, message.url)
    if entry.is_answer:
        parent = f"forum{message.parent}"
        SubElement(element, "thr:in-reply-to", {
            "ref": _identify(settings, parent), "href": f"{page_address(settings, page)}#{parent}", "type": "text/html",
        })  # fmt: skip
    # Addresses in it are relative to the page that it is on.
    content = _add(element, "content", render_message(message))
    content.set("type", "html")
    content.set("xml:base", printable(page_address(settings, page)))


def _title_of(settings: ForumSettings, page: Page | None, language: str) -> str:
    if page is None:
        return translate("Messages on {site}", language, site=flatten(settings.title) or settings.site)
    return translate("Messages: {title}", language, title=flatten(page.title, _LONGEST_TITLE) or page.path)


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = printable(text)
    return element


def _link(parent: Element, relation: str, address: str, media_type: str) -> None:
    SubElement(parent, "link", {"rel": relation, "type": media_type, "href": printable(address)})


def _add_author(parent: Element, name: str, address: str = "") -> None:
    author = SubElement(parent, "author")
    _add(author, "name", name)
    allowed = template_address(address) if address else ""
    if _is_web_address(allowed):
        _add(author, "uri", allowed)


def _is_web_address(address: str) -> bool:
    """Return whether an address is one of the web, as XML's type ``anyURI`` has it."""
    try:
        parts = urlsplit(address)
        # Brackets are around an IPv6 address only; nobody's own page has a user's name before its host.
        is_plain = "@" not in parts.netloc and not set("[]") & set(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and is_plain
    except ValueError:
        return False


def _identify(settings: ForumSettings, name: str) -> str:
    """Return an id that stays the same for ever (RFC 4151), also when the site moves to another host."""
    host = settings.feed_host or urlsplit(settings.site).hostname or "localhost"
    return f"tag:{host},{_MINTED}:{name}"


def _is_published(store: Store, number: int) -> bool:
    message = store.messages.get(number) if number else None
    return message is not None and message.status == "publie"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
