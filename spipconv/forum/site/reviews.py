"""What a moderator sees of a message: it comes in, and goes out as it will appear, with its source and its links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape
from msgspec import Struct

from spipconv.contents import links
from spipconv.forum.links import message_address, page_address
from spipconv.forum.records import Decision, Message, Page, Status
from spipconv.forum.rendering import render_message
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.parsing.parser import parse
from spipconv.printing import make_printable
from spipconv.translations import mark, translate

# Scores beyond which it is said what a message is like.
_LIKE_SPAM: Final = 0.8
_LIKE_ACCEPTED: Final = 0.2
# Words that look like an address: who reads them believes that a link leads there.
_LOOKS_LIKE_ADDRESS: Final = re.compile(
    r"\s*(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)+)(?:[/?#:]\S*)?\s*", re.IGNORECASE
)
# Joiners that words of some languages, and emoji, need, and the soft hyphen.
_HARMLESS: Final = frozenset("\n\t\u200c\u200d\u00ad")
_HIDDEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
_HIDDEN_CHARACTER: Final = '<span class="hidden-character">U+{:04X}</span>'

STATUS_WORDS: Final[Mapping[Status, str]] = {
    "prop": mark("Held"),
    "publie": mark("Published"),
    "off": mark("Refused"),
    "spam": mark("Spam"),
}


class LinkReview(Struct, frozen=True):
    """Where a link leads. ``host`` is written in the letters of its language, if it is not in the address so.

    ``deceives``: its words are the address of another host.
    """

    address: str
    words: str
    host: str = ""
    deceives: bool = False


class ParentReview(Struct, frozen=True):
    """The message that another one answers."""

    id: int
    author: str
    status: Status
    html: Markup


class Review(Struct, frozen=True):
    """A message and all that a moderator needs to decide on it."""

    message: Message
    page: Page
    address: str
    html: Markup
    source: Markup
    links: tuple[LinkReview, ...]
    remarks: tuple[str, ...]
    parent: ParentReview | None
    decision: Decision | None
    tendency: str

    @property
    def created(self) -> str:
        """When it was sent, as ISO 8601 in UTC."""
        return write_time(self.message.created)

    @property
    def decided(self) -> str:
        """When it was last decided on, or an empty string."""
        return write_time(self.decision.at) if self.decision else ""


def review(store: Store, settings: ForumSettings, messages: Sequence[Message], language: str) -> list[Review]:
    """Return what moderators see of messages, sentences in a language."""
    decisions = store.decisions.last_of([message.id for message in messages])
    pages = {number: store.pages.get(number) for number in {message.page for message in messages}}
    return [
        _review(store, settings, message, page, decisions.get(message.id), language)
        for message in messages
        if (page := pages[message.page])
    ]


def _review(
    store: Store, settings: ForumSettings, message: Message, page: Page, decision: Decision | None, language: str
) -> Review:
    parsed = parse(message.text, profile="comment", lang=message.language)
    addresses = dict.fromkeys((link.address, link.text) for link in links(parsed.document))
    if message.url:
        addresses[message.url, ""] = None
    is_shown = message.status == "publie"
    return Review(
        message,
        page,
        message_address(settings, page, message) if is_shown else page_address(settings, page),
        _render(message),
        show_hidden(message.text),
        tuple(_review_link(address, words) for address, words in addresses),
        tuple(_say(diagnostic.line, diagnostic.say(language), language) for diagnostic in parsed.diagnostics),
        _review_parent(store, message),
        decision,
        _find_tendency(message.score),
    )


def _find_tendency(score: float) -> str:
    if score >= _LIKE_SPAM:
        return mark("Resembles spam")
    return mark("Resembles accepted messages") if score <= _LIKE_ACCEPTED else ""


def _render(message: Message) -> Markup:
    return Markup(render_message(message))  # noqa: S704  # what the library writes of comments is safe


def show_hidden(text: str) -> Markup:
    """Return a stranger's text for HTML, with the names of the characters that cannot be seen but act on others."""
    hidden = [ord(sign) for sign in set(text) - _HARMLESS if unicodedata.category(sign) in _HIDDEN]
    # In one go: a message may have thousands of different ones.
    names = {number: _HIDDEN_CHARACTER.format(number) for number in hidden}
    return Markup(str(escape(text.replace("\r\n", "\n"))).translate(names))  # noqa: S704  # the text is escaped


def write_time(seconds: int) -> str:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _say(line: int, sentence: str, language: str) -> str:
    return translate("Line {line}: {sentence}", language, line=line, sentence=sentence)


def _review_parent(store: Store, message: Message) -> ParentReview | None:
    parent = store.messages.get(message.parent) if message.parent else None
    return ParentReview(parent.id, parent.author, parent.status, _render(parent)) if parent else None


def _review_link(address: str, words: str) -> LinkReview:
    host = _host(address)
    shown = _LOOKS_LIKE_ADDRESS.fullmatch(words[:300])
    deceives = bool(host and shown) and not _is_same_host(host, shown[1] if shown else "")
    return LinkReview(make_printable(address), make_printable(words), _readable(host), deceives)


def _is_same_host(host: str, shown: str) -> bool:
    host, shown = (_ascii(name).removeprefix("www.") for name in (host, shown))
    return host == shown


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _ascii(host: str) -> str:
    try:
        return host.casefold().encode("idna").decode()
    except UnicodeError:
        return host.casefold()


def _readable(host: str) -> str:
    """Return a host in the letters of its language, or an empty string if it is written so already."""
    if not host.isascii():
        return make_printable(_ascii(host))
    if "xn--" not in host:
        return ""
    try:
        return make_printable(host.encode().decode("idna"))
    except UnicodeError:
        return ""
