"""E-mail addresses in all tables, sealed with the key of the base, for when it is checked or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from spipconv.forum.store.connection import Table

_TABLES: Final = ("messages", "moderators", "subscriptions")


class SealedAddress(NamedTuple):
    """An address: the table and the number of the row that it is in, and what was sealed."""

    table: str
    number: int
    content: bytes


class Addresses(Table):
    """The addresses, and the digests that were made of them."""

    def all(self) -> list[SealedAddress]:
        """Return all addresses."""
        return [
            SealedAddress(table, number, content)
            for table in _TABLES
            for number, content in self._connection.execute(
                f"SELECT id, email FROM {table} WHERE email IS NOT NULL ORDER BY id"
            )
        ]

    def replace(self, address: SealedAddress, content: bytes, digest: bytes) -> None:
        """Put what another key made of an address in the place of what is there."""
        assignments = "email = ?" if address.table == "moderators" else "email = ?, email_digest = ?"
        values = (content,) if address.table == "moderators" else (content, digest)
        self._connection.execute(
            f"UPDATE {address.table} SET {assignments} WHERE id = ?",
            (*values, address.number),
        )

    def rename(self, digests: Mapping[bytes, bytes]) -> None:
        """Put new digests in the place of the old ones in letters and blocks; those with others are deleted."""
        persons = self._connection.execute("SELECT DISTINCT person FROM mails WHERE person IS NOT NULL").fetchall()
        for (person,) in persons:
            if person in digests:
                self._connection.execute("UPDATE mails SET person = ? WHERE person = ?", (digests[person], person))
            else:
                self._connection.execute("DELETE FROM mails WHERE person = ?", (person,))
        blocks = self._connection.execute("SELECT id, value FROM blocks WHERE kind = 'email'").fetchall()
        for number, value in blocks:
            if digest := digests.get(bytes.fromhex(value)):
                self._connection.execute("UPDATE blocks SET value = ? WHERE id = ?", (digest.hex(), number))
            else:
                self._connection.execute("DELETE FROM blocks WHERE id = ?", (number,))

    def forget(self) -> None:
        """Forget all addresses, and what cannot be without: subscriptions, letters to readers, blocks of addresses."""
        self._connection.execute("UPDATE messages SET email = NULL, email_digest = NULL WHERE email IS NOT NULL")
        self._connection.execute("UPDATE moderators SET email = NULL, notify = 'never' WHERE email IS NOT NULL")
        self._connection.execute("DELETE FROM subscriptions")
        self.rename({})
