"""Messages of visitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, get_args

from spipconv.forum.records import Message, Status
from spipconv.forum.store.connection import Table
from spipconv.forum.store.forgotten import Forgotten

# The fields of ``Message``, in their order.
_COLUMNS: Final = ", ".join(Message.__struct_fields__)
_LARGEST: Final = 2**63 - 1

# What an import says of a message: all of it counts, but not the status of one that was decided on here.
_IS_DECIDED: Final = "EXISTS (SELECT 1 FROM decisions WHERE message = messages.id AND NOT is_undone)"
_IMPORTED: Final = (
    "page = ?2, parent = ?3, author = ?4, title = ?5, text = ?6, url = ?7, language = ?8, created = ?9, email = ?10,"
    " email_digest = ?11, thread = ifnull((SELECT thread FROM messages AS above WHERE above.id = ?3), id),"
    f" status = CASE WHEN {_IS_DECIDED} THEN status ELSE ?12 END"
)
_IMPORT_DIFFERS: Final = (
    "(page, parent, author, title, text, url, language, created) IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    f" OR email_digest IS NOT ?11 OR status <> ?12 AND NOT {_IS_DECIDED}"
)
# Every message with the one that began its thread, level by level.
_BEGINNINGS: Final = (
    "WITH RECURSIVE below (id, top) AS (SELECT id, id FROM messages WHERE parent = 0 UNION ALL"
    " SELECT messages.id, top FROM below JOIN messages ON parent = below.id WHERE parent <> 0)"
    " SELECT id, top FROM below"
)

Change = Literal["added", "changed", "same", "forgotten"]


class Messages(Table):
    """The messages. Their numbers grow, and none is given twice: it is they that tell the order, not the clock."""

    def add(self, message: Message, *, form: bytes | None = None, taking_back: bytes | None = None) -> Message:
        """Store a new message, whose ``id`` and ``thread`` are 0, and return it with those it was given.

        ``form`` is the digest of the form it came from: if it has brought a message before, that one is returned as it
        is now, and nothing is stored. ``taking_back`` is the digest of the secret that lets the visitor take it back.
        Raises LookupError if its parent is no message of the same page.
        """
        return (self.with_form(form) if form is not None else None) or self._insert(message, form, taking_back)

    def get(self, number: int) -> Message | None:
        """Return the message with a number."""
        return self._first("id = ?", min(number, _LARGEST))

    def with_form(self, form: bytes) -> Message | None:
        """Return the message that the form with a digest has brought."""
        return self._first("form = ?", form)

    def of_page(self, page: int, statuses: Sequence[Status] = get_args(Status), after: int = 0) -> list[Message]:
        """Return the messages of a page that have one of some statuses, with numbers above ``after``, in order."""
        marks = ", ".join("?" * len(statuses))
        return self._all(
            f"page = ? AND status IN ({marks}) AND id > ? ORDER BY id", page, *statuses, min(after, _LARGEST)
        )

    def of_person(self, email_digest: bytes) -> list[Message]:
        """Return the messages of one person, in order of their numbers."""
        return self._all("email_digest = ? ORDER BY id", email_digest)

    def queue(
        self, status: Status = "prop", after: tuple[float, int] = (-1.0, 0), limit: int = 50, page: int = 0
    ) -> list[Message]:
        """Return messages with a status, those least like spam first, of one page if ``page`` is not 0.

        ``after`` is the score and the number of the last one that was shown.
        """
        return self._all(
            "status = ?1 AND (score, id) > (?2, ?3) AND (?4 = 0 OR page = ?4) ORDER BY score, id LIMIT ?5",
            status, *after, page, limit,
        )  # fmt: skip

    def latest(
        self, statuses: Sequence[Status] = ("publie",), before: int = 0, limit: int = 50, page: int = 0
    ) -> list[Message]:
        """Return messages with one of some statuses, the newest first, of one page if ``page`` is not 0.

        ``before`` is the number of the last one that was shown (0: begin with the newest).
        """
        marks = ", ".join("?" * len(statuses))
        where = "page = ? AND " if page else ""
        return self._all(
            f"{where}status IN ({marks}) AND id < ? ORDER BY id DESC LIMIT ?",
            *([page] if page else []), *statuses, before or _LARGEST, limit,
        )  # fmt: skip

    def counts(self, page: int = 0) -> dict[Status, int]:
        """Return how many messages have each status, of one page if ``page`` is not 0."""
        where = "WHERE page = ?1" if page else "WHERE ?1 = 0"
        rows = self._connection.execute(f"SELECT status, count(*) FROM messages {where} GROUP BY status", (page,))
        return dict.fromkeys(get_args(Status), 0) | dict(rows)

    def set_status(self, number: int, version: int, status: Status, now: int) -> Message | None:
        """Give a message another status, if it still has the version; return it as it is now, or None: it has not."""
        return self._change(
            "status = ?, changed = ?, version = version + 1 WHERE id = ? AND version = ?",
            status, now, number, version,
        )  # fmt: skip

    def take_back(self, number: int, taking_back: bytes, since: int, now: int) -> Message | None:
        """Withdraw a visitor's own message, if the secret's digest is its own and it was not created before ``since``.

        Return it as it is now, or None. It works once, and not on what was refused.
        """
        return self._change(
            "status = 'off', changed = ?, version = version + 1, taking_back = NULL"
            " WHERE id = ? AND taking_back = ? AND created >= ? AND status IN ('prop', 'publie')",
            now, number, taking_back, since,
        )  # fmt: skip

    def set_score(self, number: int, score: float) -> None:
        """Set the classifier's score of a message. Its version stays."""
        self._connection.execute("UPDATE messages SET score = ? WHERE id = ?", (score, number))

    def from_source(self, source: str, source_key: str) -> Message | None:
        """Return the message that was imported from a source under a key."""
        return self._first("source = ? AND source_key = ? AND source_key <> ''", source, source_key)

    def reserve(self, number: int) -> None:
        """Give no new message a number up to this one, which is to be one of a message that is imported."""
        self._connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'messages'", (min(number, _LARGEST >> 1),)
        )
        self._connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', ? WHERE NOT EXISTS"
            " (SELECT 1 FROM sqlite_sequence WHERE name = 'messages')",
            (min(number, _LARGEST >> 1),),
        )

    def put(self, message: Message, now: int) -> tuple[Message, Change]:
        """Store an imported message, or bring the one with its ``source`` and ``source_key`` up to date.

        A new one has the number ``message.id`` if that is not 0, and ``message.thread`` if that is not 0. One that
        moderators here have decided on keeps its status, one that was forgotten for a person's sake stays as it is, or
        away: what comes back was not stored then. Messages below it follow to another thread by ``settle_threads``,
        for all of an import. Return it as it is stored, and what was done. Raises LookupError as ``add``,
        sqlite3.IntegrityError if another message has the number.
        """
        if Forgotten(self._connection).has(message.source, message.source_key):
            return message, "forgotten"
        present = self.from_source(message.source, message.source_key)
        if present is None:
            return self._insert(message, None, None), "added"
        changed = self._change(
            f"{_IMPORTED}, changed = ?13, version = version + 1 WHERE id = ?1 AND ({_IMPORT_DIFFERS})",
            present.id, message.page, message.parent, *map(_storable, (message.author, message.title, message.text,
            message.url, message.language)), message.created, message.email, message.email_digest, message.status, now,
        )  # fmt: skip
        return (changed, "changed") if changed else (present, "same")

    def settle_threads(self) -> None:
        """Give every message the thread of the one that it answers: an import may have put one above it elsewhere."""
        self._connection.execute(
            f"UPDATE messages SET thread = top FROM ({_BEGINNINGS}) AS beginnings"
            " WHERE messages.id = beginnings.id AND thread <> top"
        )

    def forget_networks(self, before: int) -> int:
        """Forget the networks of messages created before a time; return of how many."""
        return self._connection.execute(
            "UPDATE messages SET network = '' WHERE network <> '' AND created < ?", (before,)
        ).rowcount

    def anonymise(self, numbers: Sequence[int], now: int) -> None:
        """Take the person out of messages: name, address of the page, e-mail and network. Their words stay.

        Another import does not bring the person back.
        """
        Forgotten(self._connection).add(numbers)
        self._connection.executemany(
            "UPDATE messages SET author = '', url = '', email = NULL, email_digest = NULL, network = '',"
            " taking_back = NULL, form = NULL, changed = ?, version = version + 1 WHERE id = ?",
            [(now, number) for number in numbers],
        )

    def delete(self, numbers: Sequence[int], *, for_good: bool = False) -> None:
        """Delete messages, with decisions on them and subscriptions to their answers.

        Answers to them become answers to what they answered.

        ``for_good``: another import does not bring them back.
        """
        if for_good:
            Forgotten(self._connection).add(numbers)
        for number in numbers:
            self._connection.execute(
                "UPDATE messages SET parent = (SELECT parent FROM messages WHERE id = ?1)"
                " WHERE parent = ?1 AND parent <> 0",
                (number,),
            )
            self._connection.execute("DELETE FROM decisions WHERE message = ?", (number,))
            self._connection.execute("DELETE FROM subscriptions WHERE message = ? AND message <> 0", (number,))
            self._connection.execute("DELETE FROM messages WHERE id = ?", (number,))

    def refused_before(self, time: int, limit: int) -> list[int]:
        """Return the numbers of messages that were refused, or marked as spam, before a time, at most ``limit``."""
        rows = self._connection.execute(
            "SELECT id FROM messages WHERE status IN ('off', 'spam') AND changed < ? LIMIT ?", (time, limit)
        )
        return [number for (number,) in rows]

    def _insert(self, message: Message, form: bytes | None, taking_back: bytes | None) -> Message:
        thread = message.thread or self._thread_of(message)
        row = self._connection.execute(
            "INSERT INTO messages (id, page, parent, thread, status, author, title, text, url, language, created,"
            " changed, version, email, email_digest, network, source, source_key, score, taking_back, form)"
            f" VALUES ({', '.join('?' * 21)}) RETURNING {_COLUMNS}",
            (
                message.id or None, message.page, message.parent, thread, message.status, *map(_storable, (
                message.author, message.title, message.text, message.url, message.language)), message.created,
                message.changed, message.version, message.email, message.email_digest, message.network, message.source,
                message.source_key, message.score, taking_back, form,
            ),
        ).fetchone()  # fmt: skip
        stored = Message(*row)
        if stored.thread:
            return stored
        # It is the top of its thread.
        changed = self._change("thread = id WHERE id = ?", stored.id)
        assert changed is not None
        return changed

    def _thread_of(self, message: Message) -> int:
        if not message.parent:
            return 0
        parent = self.get(message.parent)
        if parent is None or parent.page != message.page:
            raise LookupError(f"message {message.parent} is not on page {message.page}")
        return parent.thread

    def _change(self, assignments: str, *values: int | float | str | bytes | None) -> Message | None:
        row = self._connection.execute(f"UPDATE messages SET {assignments} RETURNING {_COLUMNS}", values).fetchone()
        return Message(*row) if row else None

    def _first(self, where: str, *values: int | float | str | bytes) -> Message | None:
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM messages WHERE {where}", values).fetchone()
        return Message(*row) if row else None

    def _all(self, where: str, *values: int | float | str | bytes) -> list[Message]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM messages WHERE {where}", values)
        return [Message(*row) for row in rows]


def _storable(text: str) -> str:
    """Return a text without half surrogates, which JSON can bring and UTF-8 does not have."""
    return text.encode("utf-8", "replace").decode()
