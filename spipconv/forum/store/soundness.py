"""Whether a base is sound: its file as SQLite sees it, and its rows as they refer to each other."""

from __future__ import annotations

import sqlite3

from spipconv.forum.store.connection import Table

# A damaged file has as many faults as one likes to read.
_MOST_FAULTS = 20

_RULES = {
    "message {} answers a message that is not there": (
        "SELECT id FROM messages AS one WHERE parent <> 0 AND NOT EXISTS"
        " (SELECT 1 FROM messages WHERE id = one.parent AND page = one.page)"
    ),
    "decision {} is on a message that is not there": (
        "SELECT id FROM decisions WHERE message NOT IN (SELECT id FROM messages)"
    ),
}


class Soundness(Table):
    """Checks that read the whole base."""

    def find_damage(self) -> list[str]:
        """Return what is damaged in the file, a line each; rows of a sound file that refer to none count too."""
        try:
            lines = [row[0] for row in self._connection.execute(f"PRAGMA integrity_check({_MOST_FAULTS})")]
            orphans = self._connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_FAULTS)
        except sqlite3.DatabaseError as error:
            return [f"damaged: {error}"]
        return [
            *[f"damaged: {' '.join(line.split())}" for line in lines if line != "ok"],
            *[f"row {row} of {table} refers to a row of {other} that is not there" for table, row, other, _ in orphans],
        ]

    def find_contradictions(self) -> list[str]:
        """Return how messages contradict each other, a line each."""
        return [
            sentence.format(number)
            for sentence, query in _RULES.items()
            for (number,) in self._connection.execute(f"{query} LIMIT {_MOST_FAULTS}")
        ]
