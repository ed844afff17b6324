"""What moderators and rules did with messages: the log."""

from __future__ import annotations

from collections.abc import Collection
from sqlite3 import Row
from typing import Final

from msgspec.structs import replace

from spipconv.forum.records import Decision, Message, Status
from spipconv.forum.store.connection import Table

_COLUMNS: Final = ", ".join(Decision.__struct_fields__)
_LARGEST: Final = 2**63 - 1


class Decisions(Table):
    """What moderators and rules did with messages: the log. Nothing is removed from it but with its message."""

    def add(self, message: Message, after: Status, moderator: int, name: str, now: int) -> Decision:
        """Add a decision on a message, which is given as it was before it."""
        row = self._connection.execute(
            "INSERT INTO decisions (message, moderator, name, before, after, version, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            f" RETURNING {_COLUMNS}",
            (message.id, moderator, name, message.status, after, message.version, now),
        ).fetchone()
        return _decision(row)

    def get(self, number: int) -> Decision | None:
        """Return the decision with a number."""
        return self._first("id = ?", min(number, _LARGEST))

    def last(self, message: int) -> Decision | None:
        """Return the last decision on a message that was not undone."""
        return self._first("message = ? AND NOT is_undone ORDER BY id DESC LIMIT 1", message)

    def last_of(self, messages: Collection[int]) -> dict[int, Decision]:
        """Return the last decision that was not undone on each of some messages, at most 900, by the message."""
        marks = ", ".join("?" * len(messages))
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM decisions WHERE id IN"
            f" (SELECT max(id) FROM decisions WHERE message IN ({marks}) AND NOT is_undone GROUP BY message)",
            tuple(messages),
        )
        return {decision.message: decision for decision in map(_decision, rows)}

    def latest(self, before: int = 0, limit: int = 50) -> list[Decision]:
        """Return decisions, the latest first. ``before`` is the number of the last one that was shown (0: begin)."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM decisions WHERE id < ? ORDER BY id DESC LIMIT ?", (before or _LARGEST, limit)
        )
        return [_decision(row) for row in rows]

    def mark_undone(self, number: int) -> bool:
        """Note that a decision was undone; False if it had been already."""
        cursor = self._connection.execute(
            "UPDATE decisions SET is_undone = 1 WHERE id = ? AND NOT is_undone", (number,)
        )
        return cursor.rowcount == 1

    def _first(self, where: str, value: int) -> Decision | None:
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM decisions WHERE {where}", (value,)).fetchone()
        return _decision(row) if row else None


def _decision(row: Row) -> Decision:
    decision = Decision(*row)
    return replace(decision, is_undone=bool(decision.is_undone))
