"""Messages of Isso: its SQLite base comes in, messages go out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from spipconv.forum.moving.incoming import (
    BadImport,
    Finding,
    Incoming,
    Left,
    PageReference,
    clean_words,
    sound,
)
from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.moving.markup import from_markdown
from spipconv.forum.records import Status
from spipconv.migration.pages.comments import page_address

# Isso's modes; a message that was deleted, and has answers, is there without its words.
_MODES: Final[dict[object, Status]] = {1: "publie", 2: "prop"}
_DELETED: Final = 4
_LARGEST_DATE: Final = 1 << 40


def read_isso(path: Path) -> Iterator[Finding]:
    """Yield the messages of a base of Isso, in order of their numbers. Raises BadImport."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda value: value.decode("utf-8", "replace")
            connection.row_factory = sqlite3.Row
            names = {row["name"] for row in connection.execute("PRAGMA table_info(comments)")}
            if not {"tid", "id", "parent", "created", "mode", "text", "author"} <= names:
                raise BadImport(f"{path}: it is no base of Isso: it has no table of its comments")
            for row in connection.execute(
                "SELECT c.*, t.uri AS page FROM comments c LEFT JOIN threads t ON t.id = c.tid ORDER BY c.id"
            ):
                yield from sound(_finding(row), f"comment {row['id']}")
    except sqlite3.Error as error:
        raise BadImport(f"{path}: it cannot be read: {error}") from error


def _finding(row: sqlite3.Row) -> Iterator[Finding]:
    number, parent = row["id"], str(row["parent"] or "")
    place = f"comment {number}"
    if row["mode"] == _DELETED:
        yield Left("deleted", place, key=str(number), parent=parent)
        return
    status = _MODES.get(row["mode"])
    if status is None:
        yield ImportIssue("status-unknown", place, str(row["mode"]))
    text = from_markdown(_words(row["text"]))
    if text.changed:
        yield ImportIssue("markup-changed", place, ", ".join(text.changed))
    website = _words(row["website"])
    url = page_address(website)
    if website and not url:
        yield ImportIssue("address-left", place, website)
    page = _words(row["page"])
    yield Incoming(
        str(number), PageReference("", page, "", page), place, status or "prop", clean_words(_words(row["author"])),
        text.text, parent=parent, url=url, email=_words(row["email"]).strip(), created=_seconds(row["created"]),
    )  # fmt: skip


def _words(value: object) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _seconds(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) and abs(value) < _LARGEST_DATE else 0
