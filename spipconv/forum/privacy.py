"""Privacy: what is old is purged from a base; the data of one person, by e-mail address, is forgotten or copied."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from spipconv.forum import classifier
from spipconv.forum.keys import InvalidToken, Keys, normalise_email
from spipconv.forum.records import Message, Page, Status
from spipconv.forum.sessions import REMEMBERED
from spipconv.forum.settings import read_settings
from spipconv.forum.store.base import Base, open_base, sweep
from spipconv.forum.store.store import Store

_DAY = 86_400
# Days for which letters that were sent, sessions that ended and subscriptions that were not confirmed are kept.
_DAYS_OF_LETTERS = 7
_DAYS_UNCONFIRMED = 7
# Others may write between the transactions of so many messages.
_AT_ONCE = 500


class Purged(Struct, frozen=True):
    """How much was forgotten: networks of messages, refused messages, and rows of other kinds that had ended."""

    networks: int = 0
    messages: int = 0
    others: int = 0


def purge(base: Base | Path, now: int) -> Purged:
    """Forget and delete what the settings of a base say, and return how much.

    That is networks, messages that were refused or are spam (with the decisions on them), and blocks, links, sessions,
    letters and questions to subscribers that are over. Raises StoreError.
    """
    total = Purged()
    is_done = False
    while not is_done:
        if isinstance(base, Base):
            part = base.submit(lambda store: _purge_part(store, now)).result()
        else:
            with open_base(base) as store:
                part = _purge_part(store, now)
        is_done = part.messages < _AT_ONCE
        total = Purged(total.networks + part.networks, total.messages + part.messages, total.others + part.others)
    sweep(base.path if isinstance(base, Base) else base)
    return total


def _purge_part(store: Store, now: int) -> Purged:
    settings = read_settings(store)
    refused = store.messages.refused_before(now - settings.refused_days * _DAY, _AT_ONCE)
    store.messages.delete(refused)
    return Purged(
        networks=store.messages.forget_networks(now - settings.network_days * _DAY),
        messages=len(refused),
        others=store.blocks.forget_ended(now)
        + store.moderators.forget_sessions(now - REMEMBERED)
        + store.mails.purge(now - _DAYS_OF_LETTERS * _DAY, now)
        + store.subscriptions.purge(now - _DAYS_UNCONFIRMED * _DAY),
    )


class Forgotten(Struct, frozen=True):
    """What was forgotten of a person: published messages that are deleted or anonymous now, others, subscriptions."""

    published: int
    others: int
    subscriptions: int


def forget(store: Store, keys: Keys, email: str, published: Literal["anonymise", "delete"], now: int) -> Forgotten:
    """Forget all data of the person with an e-mail address.

    Messages that are not published, subscriptions and letters are deleted. Published messages are deleted too, or lose
    all that tells their writer but the words themselves. The classifier forgets what is not shown any more. Another
    import brings nothing of it back. A block of the person stays until it ends.
    """
    digest = keys.digest_email(email)
    messages = store.messages.of_person(digest)
    learned = {message.id: _unlearn(store, message) for message in messages}
    shown = [message.id for message in messages if message.status == "publie"]
    others = [message.id for message in messages if message.status != "publie"]
    store.messages.delete(others, for_good=True)
    if published == "delete":
        store.messages.delete(shown, for_good=True)
    else:
        store.messages.anonymise(shown, now)
        for number in shown:
            message, status = store.messages.get(number), learned[number]
            if message and status:
                classifier.learn(store.words, message, status)
    store.mails.forget(digest)
    return Forgotten(len(shown), len(others), store.subscriptions.forget(digest))


def _unlearn(store: Store, message: Message) -> Status | None:
    """Have the classifier know a message no more; return as what it was known, or None: it was not."""
    decision = store.decisions.last(message.id)
    if decision is None or not decision.name:
        return None
    classifier.unlearn(store.words, message, decision.after)
    return decision.after


class PersonalMessage(Struct, frozen=True):
    """A message in a copy of a person's data. ``status`` is SPIP's; times are seconds since 1970."""

    id: int
    page: str
    parent: int
    status: str
    author: str
    email: str
    title: str
    text: str
    url: str
    language: str
    created: int
    changed: int
    network: str


class PersonalSubscription(Struct, frozen=True):
    """A subscription in a copy of a person's data: ``page`` is empty for the whole site, ``message`` 0 for all."""

    page: str
    message: int
    email: str
    language: str
    created: int
    confirmed: int | None


class PersonalData(Struct, frozen=True):
    """A copy of all data of one person."""

    email: str
    messages: list[PersonalMessage]
    subscriptions: list[PersonalSubscription]
    letters: int
    is_blocked: bool


def copy(store: Store, keys: Keys, email: str, now: int) -> PersonalData:
    """Return a copy of all data of the person with an e-mail address, to be written as JSON."""
    digest = keys.digest_email(email)
    return PersonalData(
        normalise_email(email),
        [_copy_message(store, keys, message) for message in store.messages.of_person(digest)],
        [
            PersonalSubscription(
                _path(store.pages.get(row.page)), row.message, _open(keys, row.email), row.language, row.created,
                row.confirmed,
            )
            for row in store.subscriptions.of_person(digest)
        ],
        store.mails.count_of(digest),
        any(block.kind == "email" and block.value == digest.hex() for block in store.blocks.active(now)),
    )  # fmt: skip


def _copy_message(store: Store, keys: Keys, message: Message) -> PersonalMessage:
    values = {name: getattr(message, name) for name in PersonalMessage.__struct_fields__}
    values |= {"page": _path(store.pages.get(message.page)), "email": _open(keys, message.email)}
    return msgspec.convert(values, PersonalMessage)


def _path(page: Page | None) -> str:
    return page.path if page else ""


def _open(keys: Keys, sealed: bytes | None) -> str:
    """Return a sealed address; what a foreign key sealed is empty."""
    try:
        return keys.open(sealed).decode() if sealed else ""
    except InvalidToken:
        return ""
