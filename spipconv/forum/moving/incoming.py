"""Messages of another system, as every reader gives them: what they are, and what could not be read of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.records import Status
from spipconv.migration.report.errors import describe_error, stops_the_run

# Limit of a message's text, in bytes, as in a migration.
LONGEST_TEXT = 1 << 21
_LONGEST_WORDS = 1_000
_MAILBOX = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,190}")


class BadImport(ValueError):
    """A source that cannot be read at all; the message is one line with its name, the error and the remedy."""


class PageReference(Struct, frozen=True):
    """What is known of a message's page: its key without a language (``article12``), its path, and its language.

    ``name`` names it to people.
    """

    key: str = ""
    path: str = ""
    language: str = ""
    name: str = ""


class Incoming(Struct, frozen=True):
    """A message as its source has it. ``key`` and ``parent`` are the source's own numbers (empty: it answers none).

    ``number`` is the number that it is to have here, or 0; ``text`` is SPIP markup; ``email`` is plain; ``created`` and
    ``changed`` are seconds since 1970 (0: unknown). ``origin`` is where it came from before that, with its key there,
    or empty. ``place`` is its place in the source.
    """

    key: str
    page: PageReference
    place: str
    status: Status
    author: str
    text: str
    number: int = 0
    parent: str = ""
    title: str = ""
    url: str = ""
    email: str = ""
    created: int = 0
    changed: int = 0
    origin: tuple[str, str] = ("", "")


class Left(Struct, frozen=True):
    """Messages that were read, and are not imported: the reason, one of ``issues.LEFT``, and the place.

    ``key`` and ``parent`` are those of a message that has a place in its thread, or empty.
    """

    reason: str
    place: str = ""
    detail: str = ""
    number: int = 1
    key: str = ""
    parent: str = ""


class IncomingPage(Struct, frozen=True):
    """A page that a forum's own export brings."""

    key: str
    path: str
    title: str
    language: str
    is_open: bool


Finding = Incoming | Left | IncomingPage | ImportIssue


def sound(findings: Iterator[Finding], place: str) -> Iterator[Finding]:
    """Yield what is found of one message; an internal error stops only this message."""
    try:
        known = list(findings)
    except Exception as error:
        if stops_the_run(error):
            raise
        known = [Left("failed", place, describe_error(error))]
    yield from known


def to_seconds(date: datetime | None) -> int:
    """Return a date as seconds since 1970; one without a time zone, as SPIP has it, as it is written. None is 0."""
    if date is None:
        return 0
    return int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())


def clean_words(text: str) -> str:
    """Return a stranger's short text on one line, cut where it is too long to be a name or a title."""
    return " ".join(text.split())[:_LONGEST_WORDS]


def is_mailbox(text: str) -> bool:
    """Return whether a text may be an e-mail address."""
    return _MAILBOX.fullmatch(text) is not None
