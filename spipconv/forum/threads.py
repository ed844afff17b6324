"""Threads: the messages of a page come in; the published ones go out in reading order, as themes show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from spipconv.forum.records import Message
from spipconv.forum.rendering import render_message
from spipconv.migration.pages.threads import Link, Place, arrange_links
from spipconv.migration.writers.comments import ShownMessage

_EPOCH = datetime(1970, 1, 1)


def arrange(messages: Iterable[Message]) -> list[Place]:
    """Return the places of the published messages among all of a page, each after the message that it answers.

    As in a migration, messages are in order of time, and those of one second in order of their numbers.
    """
    ordered = sorted(messages, key=lambda message: (message.created, message.id))
    return arrange_links(Link(message.id, message.parent, message.status) for message in ordered)


def show(message: Message, place: Place, answered: str) -> ShownMessage:
    """Return a message as themes show it; ``answered`` is the author of the message that it is shown under."""
    return ShownMessage(
        message.id, place.parent, place.depth, message.author, answered, message.url, shown_date(message),
        message.title, render_message(message),
    )  # fmt: skip


def show_all(messages: Sequence[Message]) -> list[ShownMessage]:
    """Return the published messages among all of a page, in reading order."""
    known = {message.id: message for message in messages}
    return [
        show(known[place.number], place, known[place.parent].author if place.parent else "")
        for place in arrange(messages)
    ]


def shown_date(message: Message) -> datetime | None:
    """Return when a message was written, by UTC; None: it is not known.

    SPIP's dates have no time zone: imported, they are as they were in SPIP.
    """
    return _EPOCH + timedelta(seconds=message.created) if message.created else None
