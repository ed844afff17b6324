"""Rules: a new message comes in, its status and its score go out. It waits, unless the forum's rule lets it pass.

The rules (``moderation`` in the settings) are ``all``: every message waits for a moderator; ``first``: those of people
who had no message accepted yet; ``links``: those with links.

Who a person is: a name or an e-mail address proves nothing, since anybody can type them into the form. What proves
something is what only one browser has: with every message, its visitor gets a token that names it. A new message that
brings along the token of a published one, under the same name and address, is by the same person. A token works once:
the new message brings the next one. So a person whose message is refused, or withdrawn, has to wait again, and a
visitor without JavaScript, whose browser keeps no token, always waits.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from spipconv.contents import links
from spipconv.forum.classifier import score
from spipconv.forum.keys import InvalidToken, Keys
from spipconv.forum.records import Message, Status
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.parsing.parser import parse

_PURPOSE: Final = "person"
# How long a person is known without writing: that long, browsers keep the token.
_REMEMBERED: Final = 365 * 24 * 3600
# What people copy into an address bar, though it is no link: "www.example.org", "example.org/page", "anne@example.org".
_ADDRESS: Final = re.compile(r"://|\bwww\.|\w\.[a-z]{2,24}/|\w@\w", re.IGNORECASE)


def judge(store: Store, keys: Keys, settings: ForumSettings, message: Message, known: str, now: int) -> Message:
    """Return a new message with the status that the rules give it, and its score.

    ``known`` is the token that came with it, or empty; it is used up. Afterwards, add the message and ``record`` it.
    """
    earlier = _find_earlier(store, keys, known, now) if known else None
    return replace(message, status=choose_status(settings, message, earlier), score=score(store.words, message))


def record(store: Store, message: Message, now: int) -> None:
    """Note in the log that a new message, as it was stored, was published by a rule."""
    if message.status == "publie":
        store.decisions.add(replace(message, status="prop", version=message.version - 1), "publie", 0, "", now)


def choose_status(settings: ForumSettings, message: Message, earlier: Message | None) -> Status:
    """Return the status of a new message; ``earlier`` is one that the same browser has sent."""
    match settings.moderation:
        case "first" if earlier is not None and _is_same_person(message, earlier):
            return "publie"
        case "links" if not has_links(message):
            return "publie"
    return "prop"


def make_person_token(keys: Keys, message: Message, now: int) -> str:
    """Return the token that proves to the next message's ``judge`` who wrote this one."""
    return keys.sign(_PURPOSE, [message.id], now + _REMEMBERED)


def has_links(message: Message) -> bool:
    """Return whether anything in a message leads, or is meant to lead, elsewhere."""
    if message.url or any(map(_ADDRESS.search, (message.author, message.title, message.text))):
        return True
    document = parse(message.text, profile="comment", lang=message.language).document
    return any(not link.address.startswith("#") for link in links(document))


def _is_same_person(message: Message, earlier: Message) -> bool:
    return (
        earlier.status == "publie"
        and _fold(message.author) == _fold(earlier.author) != ""
        and message.email_digest == earlier.email_digest
    )


def _find_earlier(store: Store, keys: Keys, token: str, now: int) -> Message | None:
    with suppress(InvalidToken):
        match keys.verify(_PURPOSE, token, now):
            case [int(number)] if store.mails.use_link(keys.digest(_PURPOSE, token), now + _REMEMBERED):
                return store.messages.get(number)
    return None


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
