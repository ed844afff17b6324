"""Messages as JSON, one object a line: a forum's own export, which can be read back, and a plain form for others.

The first line of an export is ``{"format": "spipconv-comments", "version": 1}``. A line with ``path`` is a page, one
with ``text`` a message. A message needs ``id``, ``page`` and ``text``, see ``MessageRecord``; the objects may also be
one JSON list.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from spipconv.forum.keys import InvalidToken, Keys
from spipconv.forum.moving.incoming import (
    BadImport,
    Finding,
    Incoming,
    IncomingPage,
    Left,
    PageReference,
    clean_words,
    sound,
    to_seconds,
)
from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.moving.markup import ConvertedText, from_html, from_markdown
from spipconv.forum.moving.words import from_plain
from spipconv.forum.records import Message, Page, Status
from spipconv.migration.pages.comments import page_address

FORMAT: Final = "spipconv-comments"
_VERSION: Final = 1
_WINDOW: Final = 1 << 16
# An object with a text of the greatest length, in which each character may be written with six.
_LONGEST_OBJECT: Final = 1 << 24
# The names that other systems have for the statuses.
_STATUSES: Final[dict[str, Status]] = {
    "publie": "publie", "published": "publie", "approved": "publie", "accepted": "publie",
    "prop": "prop", "pending": "prop", "hold": "prop", "waiting": "prop",
    "off": "off", "refused": "off", "trash": "off", "deleted": "off", "rejected": "off",
    "spam": "spam",
}  # fmt: skip
# Our own messages have no other source than this.
_OWN_SOURCES: Final = frozenset({"form", "json"})


class MessageRecord(Struct, omit_defaults=True):
    """A message as an object of JSON.

    ``id`` is its number or name at its source, ``parent`` that of the message that it answers. ``page`` is the key of
    its page (``article12``), its path or its address. ``date`` is ISO 8601 (without a time zone: UTC) or seconds since
    1970; ``status`` one of SPIP's (``publie``, ``prop``, ``off``, ``spam``) or ``approved``, ``pending``, ``refused``.
    ``format`` says what ``text`` is written in. ``origin`` is where it was imported from before, and its key there.
    """

    id: int | str
    page: str
    text: str
    parent: int | str | None = None
    author: str = ""
    title: str = ""
    url: str = ""
    email: str = ""
    date: int | float | str = ""
    status: str = "publie"
    format: Literal["spip", "html", "markdown", "text"] = "spip"
    changed: int = 0
    origin: tuple[str, str] | None = None


class PageRecord(Struct, omit_defaults=True):
    """A page as an object of JSON."""

    page: str
    path: str
    title: str = ""
    language: str = ""
    open: bool = True


def read_json(path: Path) -> Iterator[Finding]:
    """Yield the messages and pages of a file. Raises BadImport if it holds neither."""
    is_empty = True
    try:
        for place, item in _objects(path):
            is_empty = False
            if isinstance(item, str):
                yield Left("unreadable", place, item)
            elif "format" in item and "text" not in item:
                _check_format(path, item)
            else:
                yield from sound(_finding(place, item), place)
    except OSError as error:
        raise BadImport(f"{path}: it cannot be read: {error.strerror or error}") from error
    if is_empty:
        raise BadImport(f"{path}: there is no message in it: it must hold JSON objects, one a line or in a list")


def write_messages(pages: list[Page], messages: Iterator[Message], keys: Keys | None = None) -> Iterator[bytes]:
    """Yield the lines of an export: pages and messages, those that answer others after them.

    ``keys`` open the e-mail addresses, which are left out without them.
    """
    paths = {page.id: page.key for page in pages}
    yield _line({"format": FORMAT, "version": _VERSION})
    for page in pages:
        yield _line(msgspec.to_builtins(PageRecord(page.key, page.path, page.title, page.language, page.is_open)))
    for message in messages:
        record = MessageRecord(
            message.id, paths[message.page], message.text, message.parent or None, message.author, message.title,
            message.url, _email(message, keys), _iso(message.created), message.status, "spip", message.changed,
            (message.source, message.source_key)
            if message.source_key and message.source not in _OWN_SOURCES else None,
        )  # fmt: skip
        yield _line(msgspec.to_builtins(record))


def _line(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat() + "Z" if seconds else ""


def _email(message: Message, keys: Keys | None) -> str:
    try:
        return keys.open(message.email).decode() if keys and message.email else ""
    except InvalidToken:
        return ""


def _check_format(path: Path, item: dict[str, object]) -> None:
    version = item.get("version")
    if item["format"] != FORMAT:
        raise BadImport(f"{path}: it is no export of comments: its format is {str(item['format'])[:40]!r}")
    if not isinstance(version, int) or version > _VERSION:
        raise BadImport(f"{path}: a newer spipconv has written it: install that version")


def _finding(place: str, item: dict[str, object]) -> Iterator[Finding]:
    try:
        if "path" in item and "text" not in item:
            page = msgspec.convert(item, PageRecord)
            yield IncomingPage(page.page, page.path, page.title, page.language, page.open)
            return
        record = msgspec.convert(item, MessageRecord)
    except msgspec.ValidationError as error:
        yield Left("unreadable", place, str(error))
        return
    key = str(record.id)
    if not key.strip() or len(key) > 200:
        yield Left("unnumbered", place)
        return
    status = _STATUSES.get(record.status.lower())
    if status is None:
        yield ImportIssue("status-unknown", place, record.status)
    created = _read_date(record.date)
    text = _converted(record)
    if text.changed:
        yield ImportIssue("markup-changed", place, ", ".join(text.changed))
    url = page_address(record.url)
    if record.url and not url:
        yield ImportIssue("address-left", place, record.url)
    yield Incoming(
        key, PageReference(record.page, record.page, "", record.page), place, status or "prop",
        clean_words(record.author), text.text, number=record.id if isinstance(record.id, int) else 0,
        parent=str(record.parent or ""), title=clean_words(record.title), url=url, email=record.email,
        created=created, changed=record.changed, origin=record.origin or ("", ""),
    )  # fmt: skip


def _converted(record: MessageRecord) -> ConvertedText:
    match record.format:
        case "html":
            return from_html(record.text)
        case "markdown":
            return from_markdown(record.text)
        case "text":
            return ConvertedText(from_plain(record.text))
    return ConvertedText(record.text)


def _read_date(date: int | float | str) -> int:
    try:
        return int(date) if isinstance(date, (int, float)) else to_seconds(datetime.fromisoformat(date))
    except (ValueError, OverflowError):
        return 0


# ---- Objects of a file, one at a time ----


def _objects(path: Path) -> Iterator[tuple[str, dict[str, object] | str]]:
    """Yield the objects of a file with their places; what is wrong there, for one that cannot be read."""
    with open(path, "rb") as file:
        head = file.read(_WINDOW).removeprefix(codecs.BOM_UTF8).lstrip()
        is_list = head[:1] == b"["
        file.seek(0)
        yield from _objects_of_list(path) if is_list else _objects_of_lines(path)


def _objects_of_lines(path: Path) -> Iterator[tuple[str, dict[str, object] | str]]:
    with open(path, "rb") as file:
        number = 0
        while line := file.readline(_LONGEST_OBJECT):
            number += 1
            place = f"line {number}"
            if len(line) >= _LONGEST_OBJECT and not line.endswith(b"\n"):
                while (rest := file.readline(_LONGEST_OBJECT)) and not rest.endswith(b"\n"):
                    pass
                yield place, "too long"
                continue
            line = line.removeprefix(codecs.BOM_UTF8).strip()
            if line:
                yield place, _object(line)


def _object(line: bytes) -> dict[str, object] | str:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {error}"
    return item if isinstance(item, dict) else "no object"


def _objects_of_list(path: Path) -> Iterator[tuple[str, dict[str, object] | str]]:
    decoder = JSONDecoder()
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        text, number = file.read(_WINDOW).lstrip()[1:], 0
        while True:
            text = text.lstrip(" \t\r\n,")
            if text.startswith("]"):
                return
            window = _WINDOW
            while True:
                try:
                    item, end = decoder.raw_decode(text)
                    break
                except (JSONDecodeError, RecursionError) as error:
                    more = file.read(window)
                    # Twice as much each time, so that no text is read more than a few times.
                    window *= 2
                    if not more or len(text) > _LONGEST_OBJECT:
                        if text.strip():
                            yield f"object {number + 1}", f"no JSON: {error}; what follows is not read"
                        return
                    text += more
            number += 1
            yield f"object {number}", item if isinstance(item, dict) else "no object"
            text = text[end:]
            if len(text) < _WINDOW:
                text += file.read(_WINDOW)
