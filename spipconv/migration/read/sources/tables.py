"""The tables of a dump: what its statements define comes in; the columns that are wanted of each table go out."""

from __future__ import annotations

from spipconv.migration.read.sources.protocol import BadSource, Choose

# The database, or in PostgreSQL the schema, and the name of a table.
TableKey = tuple[str, str]


class Tables:
    """The tables of one pass over a dump, by database and name."""

    def __init__(self, source: str, choose: Choose) -> None:
        self._source = source
        self._choose = choose
        self._columns: dict[TableKey, tuple[str, ...]] = {}
        self._wanted: dict[TableKey, tuple[str, ...] | None] = {}
        # The database whose rows of a table are read.
        self._homes: dict[str, str] = {}

    def define(self, key: TableKey, columns: tuple[str, ...]) -> None:
        """Record a table with its columns: it is there, even if it has no rows."""
        self._columns[key] = columns
        if key not in self._wanted and columns:
            self._wanted[key] = self._choose(key[1], columns)

    def columns(self, key: TableKey) -> tuple[str, ...]:
        """Return the columns with which a table is defined; none if it is not."""
        return self._columns.get(key, ())

    def wanted(self, key: TableKey, listed: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the columns that are wanted of a table with rows; ``listed`` are those that the rows have.

        Raises BadSource if the rows of two databases are wanted under one name.
        """
        database, table = key
        if key not in self._wanted:
            self._wanted[key] = self._choose(table, self.columns(key) or listed or ())
        wanted = self._wanted[key]
        if wanted is not None and self._homes.setdefault(table, database) != database:
            raise BadSource(
                f"{self._source}: table {table} is there twice, in the databases {self._homes[table] or '(no name)'}"
                f" and {database or '(no name)'}; export one database alone"
            )
        return wanted
