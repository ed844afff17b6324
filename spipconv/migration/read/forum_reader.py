"""The reader of a forum: of a SPIP source, only the messages come in, also those that visitors do not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from spipconv.migration.kinds import KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.messages import is_private
from spipconv.migration.read.prefixes import table_name
from spipconv.migration.read.sources import SpipSource
from spipconv.migration.read.spip_schema import KINDS_WITH_MESSAGES
from spipconv.migration.read.spip_tables import SpipReader
from spipconv.migration.read.values import read_number

_SENDER = "email_auteur"
# What tells in which language an object's page is, and the settings with the site's charset and language.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "meta": ("nom", "valeur"),
    **{kind.table: (kind.key, kind.language) for kind in KINDS_WITH_MESSAGES if kind.language},
}


class ForumReader(SpipReader):
    """Reads the messages of a source into the working database, those that were refused too; never private ones.

    ``take_sender`` is called with the number of a message and the e-mail address of its writer, which has no place in
    the working database.
    """

    message_statuses = frozenset({"publie", "prop", "off", "spam"})

    def __init__(
        self, source: SpipSource, database: WorkingDatabase, prefix: str, tables: Mapping[str, tuple[str, ...]],
        take_sender: Callable[[int, str], None],
    ) -> None:  # fmt: skip
        super().__init__(source, database, prefix, tables)
        self._take_sender = take_sender

    def _choose(self, name: str, columns: tuple[str, ...]) -> tuple[str, ...] | None:
        table = table_name(name, self._prefix)
        chosen = super()._choose(name, columns)
        if not chosen or table not in ("forum", *_COLUMNS):
            return None
        if table == "forum":
            chosen += (_SENDER,) if any(column.lower() == _SENDER for column in columns) else ()
        else:
            chosen = tuple([column for column in chosen if column in _COLUMNS[table]])
        self._columns[table] = chosen
        self._added[table] = ()
        return chosen or None

    def _convert(
        self, table: str, row: Mapping[str, bytes | None], extensions: dict[str, str]
    ) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        if table == "forum":
            address, number = self._text(row.get(_SENDER)).strip(), read_number(row.get(KINDS_BY_TABLE[table].key))
            statut = self._text(row.get("statut"))
            if address and number and statut in self.message_statuses and not is_private(statut):
                self._take_sender(number, address)
            row = {column: value for column, value in row.items() if column != _SENDER}
        yield from super()._convert(table, row, extensions)


def language_of(database: WorkingDatabase, name: str, number: int) -> str:
    """Return the language of an object with messages, as it is written in its row; empty if it has none."""
    kind = OBJECT_KINDS.get(name)
    if kind is None or not kind.language:
        return ""
    query = f"SELECT {kind.language} FROM {kind.table} WHERE {kind.key} = ?"
    row = database.db.execute(query, (number,)).fetchone()
    return str(row[0]) if row else ""
