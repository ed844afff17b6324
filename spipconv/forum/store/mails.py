"""Letters that wait to be sent, and links that were used."""

from __future__ import annotations

from typing import Final

from spipconv.forum.records import Mail
from spipconv.forum.store.connection import Table

# The fields of ``Mail``, in their order.
_COLUMNS: Final = ", ".join(Mail.__struct_fields__)


class Mails(Table):
    """Letters that wait to be sent, and links that were used."""

    def add(
        self, kind: str, recipient: int, message: int, identity: str, now: int, due: int, person: bytes | None = None
    ) -> None:
        """Store a letter that is to be sent once it is due."""
        self._connection.execute(
            "INSERT INTO mails (kind, recipient, message, identity, created, due, changed, person)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?7)",
            (kind, recipient, message, identity, now, due, person),
        )

    def get(self, number: int) -> Mail | None:
        """Return the letter with a number."""
        return next(iter(self._all("id = ?", number)), None)

    def open_to(self, kind: str, recipient: int) -> Mail | None:
        """Return the letter to a recipient that waits and has no contents yet."""
        return next(
            iter(self._all("kind = ? AND recipient = ? AND state = 'waiting' AND contents = ''", kind, recipient)), None
        )

    def last_to(self, kind: str, recipient: int) -> int:
        """Return when the last letter of a kind to a recipient was sent, or 0."""
        row = self._connection.execute(
            "SELECT max(changed) FROM mails WHERE kind = ? AND recipient = ? AND state IN ('sending', 'sent')",
            (kind, recipient),
        ).fetchone()
        return row[0] or 0

    def last_stored(self, kind: str, recipient: int) -> int:
        """Return when the last letter of a kind to a recipient was stored, or 0."""
        row = self._connection.execute(
            "SELECT max(created) FROM mails WHERE kind = ? AND recipient = ?", (kind, recipient)
        ).fetchone()
        return row[0] or 0

    def has_reply(self, person: bytes, message: int) -> bool:
        """Return whether a person was, or will be, told of a message."""
        return bool(self._all("person = ? AND message = ? AND kind = 'reply'", person, message))

    def count_since(self, kind: str, time: int, person: bytes | None = None) -> int:
        """Return how many letters of a kind were stored at or after a time, for one person if that is given."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM mails WHERE kind = ?1 AND created >= ?2 AND (?3 IS NULL OR person = ?3)",
                (kind, time, person),
            ).fetchone()[0]
        )

    def due(self, now: int, after: int = 0) -> Mail | None:
        """Return the first letter that is due, with a number above ``after``."""
        return next(iter(self._all("state = 'waiting' AND due <= ? AND id > ? ORDER BY id LIMIT 1", now, after)), None)

    def begin(self, number: int, contents: str, now: int) -> None:
        """Note, before a letter is handed to the mail server, that it may arrive from now on, and with what in it."""
        self._connection.execute(
            "UPDATE mails SET state = 'sending', contents = ?, attempts = attempts + 1, changed = ? WHERE id = ?",
            (contents, now, number),
        )

    def end(self, number: int, answer: str, now: int) -> None:
        """Note that the mail server took a letter."""
        self._set(number, "sent", answer, now)

    def refuse(self, number: int, answer: str, now: int) -> None:
        """Note that the mail server will never take a letter, or that it was given up."""
        self._set(number, "failed", answer, now)

    def delay(self, number: int, answer: str, due: int, now: int, *, is_uncertain: bool) -> None:
        """Have a letter sent later. ``is_uncertain``: it may have arrived, so it will be sent as it was."""
        self._set(number, "waiting", answer, now)
        self._connection.execute(
            "UPDATE mails SET due = ?, contents = CASE WHEN ? THEN contents ELSE '' END WHERE id = ?",
            (due, is_uncertain, number),
        )

    def recover(self, now: int) -> int:
        """Have letters sent again in whose midst a process ended; return how many they are. No other may be sending."""
        return self._connection.execute(
            "UPDATE mails SET state = 'waiting', due = ?1, changed = ?1 WHERE state = 'sending'", (now,)
        ).rowcount

    def retry(self, now: int, number: int = 0) -> int:
        """Have failed letters sent again, one if ``number`` is not 0; return how many they are."""
        return self._connection.execute(
            "UPDATE mails SET state = 'waiting', due = ?1, created = ?1, changed = ?1, attempts = 0"
            " WHERE state = 'failed' AND (?2 = 0 OR id = ?2)",
            (now, number),
        ).rowcount

    def delete(self, number: int) -> None:
        """Delete a letter."""
        self._connection.execute("DELETE FROM mails WHERE id = ?", (number,))

    def count_of(self, person: bytes) -> int:
        """Return how many letters to one person are stored."""
        return int(self._connection.execute("SELECT count(*) FROM mails WHERE person = ?", (person,)).fetchone()[0])

    def forget(self, person: bytes) -> None:
        """Delete the letters to one person."""
        self._connection.execute("DELETE FROM mails WHERE person = ?", (person,))

    def purge(self, before: int, now: int) -> int:
        """Delete letters that were sent or failed before a time, and used links that have ended; return how many."""
        letters = self._connection.execute(
            "DELETE FROM mails WHERE state IN ('sent', 'failed') AND changed < ?", (before,)
        ).rowcount
        return letters + self._connection.execute("DELETE FROM used_links WHERE ends < ?", (now,)).rowcount

    def counts(self) -> dict[str, int]:
        """Return how many letters are in each state."""
        rows = self._connection.execute("SELECT state, count(*) FROM mails GROUP BY state")
        return {"waiting": 0, "sending": 0, "sent": 0, "failed": 0} | dict(rows)

    def unsent(self, limit: int = 50) -> list[Mail]:
        """Return letters that failed, and those whose sending was tried in vain, the oldest first."""
        return self._all("state = 'failed' OR state = 'waiting' AND attempts > 0 ORDER BY state, id LIMIT ?", limit)

    def use_link(self, digest: bytes, ends: int) -> bool:
        """Note that a link was used, until it would have ended anyway; return False if it was used before."""
        return bool(
            self._connection.execute(
                "INSERT INTO used_links (digest, ends) VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, ends)
            ).rowcount
        )

    def is_used(self, digest: bytes) -> bool:
        """Return whether a link was used."""
        return self._connection.execute("SELECT 1 FROM used_links WHERE digest = ?", (digest,)).fetchone() is not None

    def _set(self, number: int, state: str, answer: str, now: int) -> None:
        self._connection.execute(
            "UPDATE mails SET state = ?, answer = ?, changed = ? WHERE id = ?", (state, answer, now, number)
        )

    def _all(self, where: str, *values: int | str | bytes) -> list[Mail]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM mails WHERE {where}", values)
        return [Mail(*row) for row in rows]
