"""The staging of an import: messages come in as they are read; each goes out after the one it answers, on its page.

It is an SQLite file that lasts as long as the import, so that memory does not grow with the source. E-mail addresses
are in it as in the base: sealed, with their digests.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from spipconv.forum.keys import Keys
from spipconv.forum.moving.incoming import LONGEST_TEXT, Incoming, Left, PageReference, is_mailbox
from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.records import Page, Status
from spipconv.migration.read.database import GREATEST

_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE places (
  id INTEGER PRIMARY KEY, key TEXT, path TEXT, language TEXT, name TEXT, page INTEGER,
  UNIQUE (key, path, language, name)
);
-- The status of a message that is not imported is empty.
CREATE TABLE incoming (
  seq INTEGER PRIMARY KEY, key TEXT, source TEXT, source_key TEXT, number INTEGER, on_page INTEGER, place TEXT,
  parent_key TEXT, status TEXT, author TEXT, title TEXT, text TEXT, url TEXT, created INTEGER, changed INTEGER,
  email BLOB, email_digest BLOB,
  -- Of this forum: the page, the message that it answers (by seq), and the number that it has been given.
  page INTEGER, parent INTEGER NOT NULL DEFAULT 0, stored INTEGER
);
CREATE INDEX incoming_key ON incoming (key);
CREATE TABLE senders (key TEXT PRIMARY KEY, email BLOB, email_digest BLOB) WITHOUT ROWID;
CREATE TABLE ordered (rank INTEGER PRIMARY KEY, seq INTEGER UNIQUE);
"""
# A message on a page and what is below it, level by level.
_BELOW: Final = """
INSERT OR IGNORE INTO ordered (seq)
WITH RECURSIVE below (seq) AS (
  SELECT seq FROM incoming WHERE {} AND page IS NOT NULL
  UNION ALL SELECT incoming.seq FROM below JOIN incoming ON incoming.parent = below.seq WHERE page IS NOT NULL
) SELECT seq FROM below
"""
_BELOW_ALL: Final = _BELOW.format("parent = 0")
_BELOW_ONE: Final = _BELOW.format("seq = ?")
# Seconds around 1970 that are dates: those of the years 1 to 3938.
_LATEST: Final = 62_135_596_800
# Rows that are in memory together.
_AT_ONCE: Final = 1_000
_LANGUAGE = re.compile(r"[-_]")


class Staged(Struct, frozen=True):
    """A message that is ready to be stored. ``source`` and ``source_key`` are empty where it is new to all forums.

    ``parent`` is the ``seq`` of the one that it answers, or 0.
    """

    seq: int
    key: str
    source: str
    source_key: str
    number: int
    page: int
    parent: int
    place: str
    status: Status
    author: str
    title: str
    text: str
    url: str
    created: int
    changed: int
    email: bytes | None
    email_digest: bytes | None


_STAGED: Final = ", ".join(Staged.__struct_fields__)


class Staging:
    """The messages of one import, in a file of the folder ``work``."""

    def __init__(self, work: Path, keys: Keys) -> None:
        self._keys = keys
        self._db = sqlite3.connect(work / "incoming.sqlite")
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_TABLES)
        # Messages of one page often follow each other.
        self._last_place = PageReference(), 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def take_sender(self, key: str, address: str) -> None:
        """Note the e-mail address of the writer of a message that is yet to come."""
        sealed = self._seal(address) if is_mailbox(address) else (None, None)
        self._db.execute("INSERT OR REPLACE INTO senders VALUES (?, ?, ?)", (key, *sealed))

    def add(self, message: Incoming) -> Iterator[Left | ImportIssue]:
        """Add a message; yield what is left out of it."""
        if len(message.text.encode("utf-8", "replace")) > LONGEST_TEXT:
            yield Left("too-long", message.place)
            return
        created, changed = [second if abs(second) <= _LATEST else 0 for second in (message.created, message.changed)]
        number = message.number if 0 < message.number <= GREATEST else 0
        if not created:
            yield ImportIssue("date-missing", message.place)
        sealed: tuple[bytes | None, bytes | None] = (None, None)
        if message.email and is_mailbox(message.email):
            sealed = self._seal(message.email)
        elif message.email:
            yield ImportIssue("email-refused", message.place)
        self._db.execute(
            "INSERT INTO incoming (key, source, source_key, number, on_page, place, parent_key, status, author, title,"
            " text, url, created, changed, email, email_digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *map(_storable, (message.key, *message.origin)), number, self._place_of(message.page),
                *map(_storable, (message.place, message.parent, message.status, message.author, message.title,
                message.text, message.url)), created, changed, *sealed,
            ),
        )  # fmt: skip

    def add_left(self, message: Left) -> None:
        """Add the place in its thread of a message that is not imported."""
        if message.key:
            self._db.execute(
                "INSERT INTO incoming (key, source, source_key, status, parent_key, place)"
                " VALUES (?, '', '', '', ?, ?)",
                tuple(map(_storable, (message.key, message.parent, message.place))),
            )

    def settle(self, pages: Pages) -> Iterator[Left | ImportIssue]:
        """Find the page of every message and the one that it answers, once all are there; yield what is in the way."""
        self._db.execute(
            "UPDATE incoming SET (email, email_digest) = (SELECT email, email_digest FROM senders WHERE senders.key ="
            " incoming.key) WHERE email IS NULL AND key IN (SELECT key FROM senders)"
        )
        yield from self._drop_repeated()
        for (place,) in self._db.execute(
            "SELECT place FROM incoming JOIN senders USING (key) WHERE senders.email IS NULL ORDER BY seq"
        ):
            yield ImportIssue("email-refused", place)
        yield from self._find_pages(pages)
        yield from self._find_parents()
        self._db.execute("CREATE INDEX incoming_parent ON incoming (parent)")
        self._db.execute(_BELOW_ALL)
        yield from self._break_circles()

    def messages(self) -> Iterator[Staged]:
        """Yield the messages that have a page, each after the one that it answers."""
        for row in self._db.execute(f"SELECT {_STAGED} FROM ordered JOIN incoming USING (seq) ORDER BY rank"):  # noqa: S608
            yield Staged(*row)

    def note_stored(self, seq: int, number: int) -> None:
        """Note the number that a message has in the base; 0: it is not there."""
        self._db.execute("UPDATE incoming SET stored = ? WHERE seq = ?", (number, seq))

    def stored(self, seq: int) -> int:
        """Return the number that a message has in the base; 0: it is not there."""
        row = self._db.execute("SELECT stored FROM incoming WHERE seq = ?", (seq,)).fetchone()
        return int(row[0] or 0) if row else 0

    def highest_number(self) -> int:
        """Return the highest number that a message is to have."""
        return int(self._db.execute("SELECT ifnull(max(number), 0) FROM incoming WHERE page > 0").fetchone()[0])

    def _seal(self, address: str) -> tuple[bytes, bytes]:
        return self._keys.seal(address.encode()), self._keys.digest_email(address)

    def _place_of(self, page: PageReference) -> int:
        if page == self._last_place[0]:
            return self._last_place[1]
        names = tuple(map(_storable, (page.key, page.path, page.language, page.name)))
        self._db.execute("INSERT OR IGNORE INTO places (key, path, language, name) VALUES (?, ?, ?, ?)", names)
        row = self._db.execute(
            "SELECT id FROM places WHERE (key, path, language, name) = (?, ?, ?, ?)", names
        ).fetchone()
        self._last_place = page, int(row[0])
        return self._last_place[1]

    def _drop_repeated(self) -> Iterator[Left]:
        repeated = self._db.execute(
            "SELECT seq, place FROM incoming WHERE seq NOT IN (SELECT max(seq) FROM incoming GROUP BY key)"
        ).fetchall()
        for seq, place in repeated:
            yield Left("repeated", place)
            self._db.execute("DELETE FROM incoming WHERE seq = ?", (seq,))

    def _find_pages(self, pages: Pages) -> Iterator[Left]:
        for number, *names in self._db.execute("SELECT id, key, path, language, name FROM places").fetchall():
            if page := pages.find(PageReference(*names)):
                self._db.execute("UPDATE places SET page = ? WHERE id = ?", (page.id, number))
        self._db.execute("UPDATE incoming SET page = (SELECT page FROM places WHERE id = on_page)")
        for row in self._db.execute(
            "SELECT place, name FROM incoming JOIN places ON id = on_page WHERE incoming.page IS NULL ORDER BY seq"
        ):
            yield Left("no-page", *row)

    def _find_parents(self) -> Iterator[ImportIssue]:
        last = 0
        while rows := self._db.execute(
            "SELECT seq, place, page, parent_key FROM incoming WHERE parent_key <> '' AND page IS NOT NULL AND seq > ?"
            " ORDER BY seq LIMIT ?",
            (last, _AT_ONCE),
        ).fetchall():
            for row in rows:
                yield from self._find_parent(row)
            last = rows[-1]["seq"]

    def _find_parent(self, row: sqlite3.Row) -> Iterator[ImportIssue]:
        above = self._above(row["parent_key"])
        is_moved = False
        seen = {row["seq"]}
        # A message without a page is not above this one there.
        while above and above["page"] is None and above["seq"] not in seen:
            is_moved = True
            seen.add(above["seq"])
            above = self._above(above["parent_key"])
        if above is None or above["page"] is None:
            yield ImportIssue("parent-left" if is_moved else "parent-missing", row["place"], row["parent_key"])
        elif above["page"] != row["page"]:
            yield ImportIssue("parent-elsewhere", row["place"], above["place"])
        else:
            if is_moved:
                yield ImportIssue("parent-left", row["place"], row["parent_key"])
            self._db.execute("UPDATE incoming SET parent = ? WHERE seq = ?", (above["seq"], row["seq"]))

    def _above(self, key: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT seq, place, page, parent_key FROM incoming WHERE key = ?", (key,)
        ).fetchone()
        return row

    def _break_circles(self) -> Iterator[ImportIssue]:
        """Make the earliest message of those that answer each other the beginning of their thread."""
        rest = self._db.execute(
            "SELECT seq, place FROM incoming WHERE page IS NOT NULL AND seq NOT IN (SELECT seq FROM ordered)"
            " ORDER BY created, number, seq"
        ).fetchall()
        for seq, place in rest:
            if self._db.execute("SELECT 1 FROM ordered WHERE seq = ?", (seq,)).fetchone():
                continue
            yield ImportIssue("circle", place)
            self._db.execute("UPDATE incoming SET parent = 0 WHERE seq = ?", (seq,))
            self._db.execute(_BELOW_ONE, (seq,))


class Pages:
    """The pages of a forum, by all that a source may call them."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self.by_number: dict[int, Page] = {}
        self._by_path: dict[str, Page] = {}
        self._by_key: dict[str, list[Page]] = {}
        for page in pages:
            self.by_number[page.id] = page
            self._by_path[_bare(page.path)] = page
            self._by_key.setdefault(page.key, []).append(page)
            name, dot, _ = page.key.partition(".")
            if dot:
                self._by_key.setdefault(name, []).append(page)

    def knows(self, key: str) -> bool:
        """Return whether there is a page with a key, in any language."""
        return key in self._by_key

    def find(self, reference: PageReference) -> Page | None:
        """Return the page that a message is on: of those in several languages, that in its own, else the first."""
        pages = self._by_key.get(reference.key, []) if reference.key else []
        if pages:
            language = _plain_code(reference.language)
            return next((page for page in pages if _plain_code(page.language) == language), pages[0])
        return self._by_path.get(_bare(reference.path)) if reference.path else None


def _bare(address: str) -> str:
    """Return the path of an address as it is compared: decoded, without the slash, index.html or .html at its end."""
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:
        path = address
    return re.sub(r"(?:/index)?(?:\.html?)?/*\Z", "", path) or "/"


def _storable(text: str) -> str:
    """Return a text without half surrogates, which JSON can bring and UTF-8 does not have."""
    return text.encode("utf-8", "replace").decode()


def _plain_code(language: str) -> str:
    return _LANGUAGE.sub("", language).lower()
