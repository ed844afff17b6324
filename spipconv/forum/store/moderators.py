"""Moderators, their sessions and their passkeys."""

from __future__ import annotations

from sqlite3 import Row
from typing import Final, Literal

from msgspec.structs import replace

from spipconv.forum.records import Moderator, Passkey, Session
from spipconv.forum.store.connection import Table

_COLUMNS: Final = ", ".join(Moderator.__struct_fields__)


class Moderators(Table):
    """Moderators, their sessions and their passkeys."""

    def add(self, name: str, password: str, now: int, email: bytes | None = None) -> Moderator | None:
        """Add a moderator with the hash of a password; None if there is one of that name."""
        row = self._connection.execute(
            "INSERT OR IGNORE INTO moderators (name, password, created, email) VALUES (?, ?, ?, ?)"
            f" RETURNING {_COLUMNS}",
            (name, password, now, email),
        ).fetchone()
        return _moderator(row) if row else None

    def get(self, number: int) -> Moderator | None:
        """Return the moderator with a number."""
        return self._first("id = ?", number)

    def find(self, name: str) -> Moderator | None:
        """Return the moderator of a name, which is compared as it is written."""
        return self._first("name = ?", name)

    def list_all(self) -> list[Moderator]:
        """Return all moderators, in the order of their names."""
        return [_moderator(row) for row in self._connection.execute(f"SELECT {_COLUMNS} FROM moderators ORDER BY name")]

    def set_password(self, number: int, password: str) -> None:
        """Replace the hash of a moderator's password."""
        self._connection.execute("UPDATE moderators SET password = ? WHERE id = ?", (password, number))

    def set_active(self, number: int, is_active: bool) -> None:
        """Let a moderator in, or no longer."""
        self._connection.execute("UPDATE moderators SET is_active = ? WHERE id = ?", (is_active, number))

    def set_mails(self, number: int, email: bytes | None, notify: Literal["each", "digest", "never"]) -> None:
        """Set where and when mails about held messages go."""
        self._connection.execute("UPDATE moderators SET email = ?, notify = ? WHERE id = ?", (email, notify, number))

    def add_session(self, session: Session) -> None:
        """Begin a session."""
        self._connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", _values(session))

    def find_session(self, digest: bytes) -> Session | None:
        """Return the session of a digest, whether or not it is over."""
        row = self._connection.execute("SELECT * FROM sessions WHERE digest = ?", (digest,)).fetchone()
        return Session(*row) if row else None

    def touch_session(self, digest: bytes, now: int) -> None:
        """Note that a session was used."""
        self._connection.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest))

    def end_session(self, digest: bytes, now: int) -> None:
        """End a session."""
        self._connection.execute("UPDATE sessions SET ends = min(ends, ?) WHERE digest = ?", (now, digest))

    def end_sessions(self, moderator: int, now: int, but: bytes = b"") -> int:
        """End a moderator's sessions, except for one; return how many were ended."""
        return self._connection.execute(
            "UPDATE sessions SET ends = ? WHERE moderator = ? AND ends > ? AND digest <> ?", (now, moderator, now, but)
        ).rowcount

    def forget_session(self, digest: bytes) -> None:
        """Remove a session."""
        self._connection.execute("DELETE FROM sessions WHERE digest = ?", (digest,))

    def forget_sessions(self, before: int) -> int:
        """Remove the sessions that ended before a time; return how many."""
        return self._connection.execute("DELETE FROM sessions WHERE ends < ?", (before,)).rowcount

    def add_passkey(self, passkey: Passkey) -> bool:
        """Add a passkey; False if it is known already."""
        cursor = self._connection.execute("INSERT OR IGNORE INTO passkeys VALUES (?, ?, ?, ?, ?, ?)", _values(passkey))
        return cursor.rowcount == 1

    def find_passkey(self, id: bytes) -> Passkey | None:
        """Return the passkey of a credential."""
        row = self._connection.execute("SELECT * FROM passkeys WHERE id = ?", (id,)).fetchone()
        return Passkey(*row) if row else None

    def passkeys_of(self, moderator: int) -> list[Passkey]:
        """Return a moderator's passkeys, the oldest first."""
        rows = self._connection.execute("SELECT * FROM passkeys WHERE moderator = ? ORDER BY created, id", (moderator,))
        return [Passkey(*row) for row in rows]

    def count_use(self, id: bytes, uses: int) -> None:
        """Set the count that an authenticator gave."""
        self._connection.execute("UPDATE passkeys SET uses = ? WHERE id = ?", (uses, id))

    def remove_passkey(self, id: bytes, moderator: int) -> bool:
        """Remove a moderator's passkey; False if it is not theirs."""
        cursor = self._connection.execute("DELETE FROM passkeys WHERE id = ? AND moderator = ?", (id, moderator))
        return cursor.rowcount == 1

    def _first(self, where: str, value: int | str) -> Moderator | None:
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM moderators WHERE {where}", (value,)).fetchone()
        return _moderator(row) if row else None


def _moderator(row: Row) -> Moderator:
    moderator = Moderator(*row)
    return replace(moderator, is_active=bool(moderator.is_active))


def _values(record: Session | Passkey) -> tuple[object, ...]:
    return tuple(getattr(record, field) for field in record.__struct_fields__)
