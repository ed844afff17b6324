"""Messages that were imported and then forgotten for a person's sake: another import does not bring them back."""

from __future__ import annotations

from collections.abc import Sequence

from spipconv.forum.store.connection import Table


class Forgotten(Table):
    """The sources and keys of such messages, and nothing else of them."""

    def add(self, numbers: Sequence[int]) -> None:
        """Have the messages with these numbers stay away; those that were not imported cannot come back anyway."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO forgotten SELECT source, source_key FROM messages WHERE id = ? AND source_key <> ''",
            [(number,) for number in numbers],
        )

    def has(self, source: str, source_key: str) -> bool:
        """Return whether the message of a source with a key stays away."""
        row = self._connection.execute(
            "SELECT 1 FROM forgotten WHERE source = ? AND source_key = ?", (source, source_key)
        ).fetchone()
        return row is not None
