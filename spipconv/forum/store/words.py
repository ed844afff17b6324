"""What the classifier has learned of accepted messages and of spam."""

from __future__ import annotations

from collections.abc import Collection

from spipconv.forum.store.connection import Table


class Words(Table):
    """In how many accepted messages, and in how many of spam, a word occurred.

    The empty word occurs in every message, so its counts are those of the messages.
    """

    def counts(self, words: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return the counts of words, at most 900, of those that have any: accepted messages, and spam."""
        marks = ", ".join("?" * len(words))
        rows = self._connection.execute(f"SELECT word, accepted, spam FROM words WHERE word IN ({marks})", tuple(words))
        return {word: (accepted, spam) for word, accepted, spam in rows}

    def add(self, words: Collection[str], accepted: int, spam: int) -> None:
        """Add to the counts of words, or take away from them, never below nothing."""
        self._connection.executemany(
            "INSERT INTO words VALUES (?1, max(0, ?2), max(0, ?3)) ON CONFLICT (word) DO UPDATE SET"
            " accepted = max(0, accepted + ?2), spam = max(0, spam + ?3)",
            [(word, accepted, spam) for word in words],
        )
        if accepted < 0 or spam < 0:
            self._connection.executemany(
                "DELETE FROM words WHERE word = ? AND accepted = 0 AND spam = 0", [(word,) for word in words]
            )

    def size(self) -> int:
        """Return how many words have counts."""
        return int(self._connection.execute("SELECT count(*) FROM words").fetchone()[0])

    def forget_rare(self, most: int) -> int:
        """Remove the words that occurred in at most so many messages; return how many."""
        return self._connection.execute("DELETE FROM words WHERE accepted + spam <= ? AND word <> ''", (most,)).rowcount
