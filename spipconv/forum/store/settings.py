"""The settings of a forum, by name, as JSON texts; see ``spipconv.forum.settings`` for what they mean."""

from __future__ import annotations

from spipconv.forum.store.connection import Table


class Settings(Table):
    """Values by name. Names that begin with a dot are the base's own, not settings."""

    def get(self, name: str) -> str | None:
        """Return a value, or None if it was never set."""
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def set(self, name: str, value: str) -> None:
        """Set a value."""
        self._connection.execute(
            "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            (name, value),
        )

    def all(self) -> dict[str, str]:
        """Return all values that were set, by name, without the base's own."""
        return dict(self._connection.execute("SELECT name, value FROM settings WHERE name NOT LIKE '.%' ORDER BY name"))
