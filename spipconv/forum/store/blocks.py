"""Who may not post for a time: networks, e-mail digests and words."""

from __future__ import annotations

from spipconv.forum.records import Block, BlockKind
from spipconv.forum.store.connection import Table

_COLUMNS = "id, kind, value, reason, ends"


class Blocks(Table):
    """The block list. Every block ends."""

    def put(self, kind: BlockKind, value: str, reason: str, ends: int) -> Block:
        """Add a block, or give that of the same value another reason and end."""
        row = self._connection.execute(
            "INSERT INTO blocks (kind, value, reason, ends) VALUES (?1, ?2, ?3, ?4)"
            f" ON CONFLICT (kind, value) DO UPDATE SET reason = ?3, ends = ?4 RETURNING {_COLUMNS}",
            (kind, value, reason, ends),
        ).fetchone()
        return Block(*row)

    def remove(self, number: int) -> bool:
        """Remove a block; return whether it was there."""
        return bool(self._connection.execute("DELETE FROM blocks WHERE id = ?", (number,)).rowcount)

    def active(self, now: int) -> list[Block]:
        """Return the blocks that have not ended, in order of their numbers."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM blocks WHERE ends > ? ORDER BY id", (now,))
        return [Block(*row) for row in rows]

    def forget_ended(self, now: int) -> int:
        """Remove the blocks that have ended; return how many."""
        return self._connection.execute("DELETE FROM blocks WHERE ends <= ?", (now,)).rowcount
