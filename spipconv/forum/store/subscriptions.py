"""Readers who are told of new messages by mail."""

from __future__ import annotations

from typing import Final

from spipconv.forum.records import Message, Subscription
from spipconv.forum.store.connection import Table

# The fields of ``Subscription``, in their order.
_COLUMNS: Final = ", ".join(Subscription.__struct_fields__)


class Subscriptions(Table):
    """Readers who are told of new messages by mail."""

    def add(self, page: int, message: int, email: bytes, email_digest: bytes, language: str, now: int) -> Subscription:
        """Store a subscription that is not confirmed yet, and return it; the one that there is already, as it is."""
        row = self._connection.execute(
            "INSERT INTO subscriptions (page, message, email, email_digest, language, created)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            # It changes nothing, but lets the row that was there be returned.
            f" ON CONFLICT DO UPDATE SET page = page RETURNING {_COLUMNS}",
            (page, message, email, email_digest, language, now),
        ).fetchone()
        return Subscription(*row)

    def get(self, number: int) -> Subscription | None:
        """Return the subscription with a number."""
        return next(iter(self._all("id = ?", number)), None)

    def of_person(self, email_digest: bytes) -> list[Subscription]:
        """Return the subscriptions of one person."""
        return self._all("email_digest = ? ORDER BY id", email_digest)

    def asked_with(self, message: int) -> list[Subscription]:
        """Return the subscriptions that a visitor asked for with a message, confirmed or not."""
        return self._all("message = ? ORDER BY id", message)

    def concerned(self, message: Message) -> list[Subscription]:
        """Return the confirmed subscriptions that a new message concerns, one of each person, not its writer's.

        It is the narrowest: to what the message answers, else to its page, else to the site.
        """
        rows = self._all(
            "confirmed IS NOT NULL AND email_digest IS NOT ?3 AND (page = 0 OR page = ?1 AND (message = 0 OR message IN"
            # UNION, so that messages in a circle end.
            " (WITH RECURSIVE above (id) AS"
            " (SELECT ?2 UNION SELECT messages.parent FROM messages JOIN above USING (id))"
            " SELECT id FROM above WHERE id NOT IN (0, ?4)))) ORDER BY page, message",
            message.page, message.parent, message.email_digest, message.id,
        )  # fmt: skip
        return sorted({row.email_digest: row for row in rows}.values(), key=lambda row: row.id)

    def confirm(self, number: int, now: int) -> None:
        """Note that the reader confirmed a subscription; the first time counts."""
        self._connection.execute(
            "UPDATE subscriptions SET confirmed = ? WHERE id = ? AND confirmed IS NULL", (now, number)
        )

    def delete(self, number: int) -> None:
        """End a subscription, and forget its reader."""
        self._connection.execute("DELETE FROM subscriptions WHERE id = ?", (number,))

    def forget(self, email_digest: bytes) -> int:
        """Delete the subscriptions of one person; return how many there were."""
        return self._connection.execute("DELETE FROM subscriptions WHERE email_digest = ?", (email_digest,)).rowcount

    def purge(self, before: int) -> int:
        """Delete those that were asked for before a time and never confirmed; return how many there were."""
        return self._connection.execute(
            "DELETE FROM subscriptions WHERE confirmed IS NULL AND created < ?", (before,)
        ).rowcount

    def counts(self) -> tuple[int, int]:
        """Return how many subscriptions are confirmed, and how many are not yet."""
        row = self._connection.execute("SELECT count(confirmed), count(*) FROM subscriptions").fetchone()
        return row[0], row[1] - row[0]

    def _all(self, where: str, *values: int | bytes | None) -> list[Subscription]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM subscriptions WHERE {where}", values)
        return [Subscription(*row) for row in rows]
