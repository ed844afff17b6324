"""The statements of a dump: one pass over its text goes in, its charset and the rows of its tables go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from spipconv.migration.read.sources.protocol import (
    MOST_COLUMNS,
    BadSource,
    Choose,
    RawValue,
    SourceRow,
    TooLong,
)
from spipconv.migration.read.sources.sql_rows import RowReader
from spipconv.migration.read.sources.sql_syntax import MYSQL, STANDARD, name_of, row
from spipconv.migration.read.sources.sql_values import copied, literal, mysql_literal
from spipconv.migration.read.sources.tables import TableKey, Tables

# Columns of a table whose rows are matched by one pattern; those of a wider one are read value by value.
_MOST_MATCHED = 200
_TOOLS = frozenset([b"mysqldump", b"mariadb"])
FIRST_WORDS = frozenset(
    rb"""ALTER ANALYZE BEGIN CALL COMMIT CREATE DELETE DELIMITER DO DROP FLUSH GRANT INSERT LOCK OPTIMIZE PREPARE RENAME
    REPLACE REPAIR RESET ROLLBACK SAVEPOINT SELECT SET SHOW START STOP CHANGE TRUNCATE UNLOCK UPDATE USE XA COPY PRAGMA
    COMMENT \ """.split()
)
_MODIFIERS = frozenset(b"LOW_PRIORITY HIGH_PRIORITY DELAYED IGNORE INTO OR REPLACE ROLLBACK ABORT FAIL ONLY".split())
_EXISTENCE = frozenset([b"IF", b"NOT", b"EXISTS"])
_TABLE_MODIFIERS = frozenset([b"OR", b"REPLACE", b"TEMPORARY", b"TEMP", b"UNLOGGED"])
_KEYS = frozenset(b"KEY INDEX PRIMARY UNIQUE FULLTEXT SPATIAL CONSTRAINT FOREIGN CHECK PERIOD EXCLUDE".split())
# The schema that tables without one are in.
_DEFAULT_SCHEMAS = frozenset(["public", "main"])
_HEAD = re.compile(rb"(?:INSERT|REPLACE)\b[^'();#/*-]*+(?:\([^()'/*#-]*+\)\s*+VALUES?\b)?+", re.IGNORECASE)
_WHOLE_HEAD = re.compile(rb"[\s`\")]VALUES?\s*\Z", re.IGNORECASE)
_END_OF_BLOCK = re.compile(rb"^[ \t]*DELIMITER[ \t]+;[ \t\r]*\n", re.IGNORECASE | re.MULTILINE)
_CHARSETS = {
    b"latin1": "cp1252",  # the encoding that MySQL calls so
    b"latin2": "iso8859-2",
    b"latin5": "iso8859-9",
    b"latin7": "iso8859-13",
    b"greek": "iso8859-7",
    b"hebrew": "iso8859-8",
    b"cp850": "cp850",
    b"cp852": "cp852",
    b"cp866": "cp866",
    b"cp1250": "cp1250",
    b"cp1251": "cp1251",
    b"cp1256": "cp1256",
    b"cp1257": "cp1257",
    b"koi8r": "koi8-r",
    b"koi8u": "koi8-u",
    b"macroman": "mac-roman",
    b"tis620": "tis-620",
    # Names of PostgreSQL's.
    b"latin9": "iso8859-15",
    b"win1252": "cp1252",
    b"win1250": "cp1250",
    b"win1251": "cp1251",
}


class _Insert(NamedTuple):
    """The part of an INSERT before its rows.

    ``is_read``: the rows are not skipped; ``pattern``: None if the rows are wide.
    """

    table: str
    width: int = 0
    is_read: bool = False
    pattern: re.Pattern[bytes] | None = None
    found: tuple[int, ...] = ()  # the indexes of the wanted columns
    groups: tuple[int, ...] = ()  # of each wanted column; 0: this statement does not have it


class Statements:
    """One pass over a dump."""

    def __init__(self, reader: RowReader, choose: Choose) -> None:
        self._reader = reader
        self._tables = Tables(reader.source, choose)
        self._database = ""
        self._charset = "utf-8"
        self._is_in_transaction = False
        # By their bytes: if each row has its own INSERT, reading these words again would take most of the time.
        self._inserts: dict[bytes, _Insert] = {}
        self._escapes: dict[bytes, bool] = {}

    def charset(self) -> str:
        """Return the encoding that the dump declares before its first table, or nothing if it is not a dump."""
        word = self._word()
        if word not in FIRST_WORDS:
            return ""
        while word and word not in {b"CREATE", b"INSERT", b"REPLACE", b"COPY"}:
            self._do(word)
            word = self._word()
        return self._charset

    def rows(self) -> Iterator[tuple[str, SourceRow]]:
        """Yield the rows of the chosen tables."""
        while True:
            head = self._head()
            insert = self._inserts.get(head)
            if insert:
                self._reader.position += len(head)
            else:
                word = self._word()
                if not word:
                    break
                if word == b"COPY":
                    yield from self._copy()
                    continue
                if word not in {b"INSERT", b"REPLACE"}:
                    self._do(word)
                    continue
                insert = self._insert()
                if _WHOLE_HEAD.search(head):
                    self._inserts[head] = insert
            if insert.is_read:
                yield from self._rows(insert)
            else:
                self._reader.skip_statement()
        if self._is_in_transaction:
            raise self._reader.cut("its transaction, which has no COMMIT")

    def _word(self) -> bytes:
        """Return the first word of a statement in capitals, or nothing at the end."""
        reader = self._reader
        while (token := reader.token()) in _TOOLS:
            line = reader.line()
            # With 2>&1, the messages of the tool are in the file.
            if b"warning" not in line.lower():
                raise reader.error(f"the export failed here ({(token + line).decode('utf-8', 'replace').strip()})")
        return token.upper()

    def _do(self, word: bytes) -> None:
        """Read the rest of a statement that has no rows."""
        self._inserts.clear()
        reader = self._reader
        match word:
            case b";" | b"(":
                pass
            case b"SET":
                self._set(reader.statement())
            case b"USE":
                self._database = "".join(map(name_of, reader.statement()[:1]))
            case b"CREATE":
                self._create()
            case b"DELIMITER":
                if reader.line().strip() != b";":
                    reader.skip_lines(_END_OF_BLOCK, "a block between two DELIMITER lines")
            case b"PRAGMA":
                reader.dialect = STANDARD
                reader.skip_statement()
            case b"\\":
                # A command for psql, which pg_dump writes.
                reader.line()
            case b"BEGIN" | b"COMMIT" | b"END" | b"ROLLBACK":
                if word == b"ROLLBACK" and self._is_in_transaction:
                    raise reader.error("the export failed here (ROLLBACK): mend the base with sqlite3 FILE .recover")
                words = [token.upper() for token in reader.statement()]
                self._is_in_transaction = word == b"BEGIN" and words == [b"TRANSACTION"]
            case _ if word[:1].isalpha():
                reader.skip_statement()
            case _:
                raise reader.error(f"{word.decode('utf-8', 'replace')!r} begins no SQL statement")

    def _set(self, tokens: list[bytes]) -> None:
        """Record the encoding and the syntax of strings."""
        words = [b"=" if token.upper() == b"TO" else token.upper() for token in tokens]
        match words:
            case (
                [b"NAMES" | b"CHARSET", charset, *_]
                | [b"CHARACTER", b"SET", charset, *_]
                | [b"CLIENT_ENCODING", b"=", charset, *_]
            ):
                self._charset = _CHARSETS.get(name_of(charset).lower().encode(), "utf-8")
            case [b"STANDARD_CONFORMING_STRINGS", b"=", value, *_]:
                self._reader.dialect = STANDARD._replace(escapes=value.strip(b"'") in {b"OFF", b"FALSE", b"0"})
            case [b"SEARCH_PATH", b"=", *_]:
                self._database = _schema(name_of(tokens[2]))
        for place, (name, sign, value) in enumerate(zip(words, words[1:], words[2:], strict=False)):
            if sign != b"=":
                continue
            if name in {b"SQL_MODE", b"@@SQL_MODE"}:
                default = b"NO_BACKSLASH_ESCAPES" not in b"".join(words[place:])
                self._reader.dialect = MYSQL._replace(escapes=self._escapes.get(value, default))
            elif value.endswith(b"@SQL_MODE"):
                self._escapes[name] = self._reader.dialect.escapes

    def _create(self) -> None:
        """Record the columns that a CREATE TABLE defines."""
        reader = self._reader
        token = self._after(_TABLE_MODIFIERS, reader.token())
        if token.upper() == b"TRIGGER" and not reader.dialect.is_mysql:
            # In SQLite, statements are inside it.
            if b"BEGIN" not in [word.upper() for word in reader.statement()]:
                return
            while (token := reader.token()) and token.upper() != b"END":
                reader.skip_statement()
        if token.upper() == b"TABLE":
            key, token = self._table(self._after(_EXISTENCE, reader.token()))
            if token == b"(":
                token = reader.token()
                if token.upper() != b"LIKE":
                    self._tables.define(key, self._defined(token))
            if token.upper() == b"LIKE":
                model, token = self._table(reader.token())
                self._tables.define(key, self._tables.columns(model))
        if token != b";":
            reader.skip_statement()

    def _defined(self, token: bytes) -> tuple[str, ...]:
        """Return the columns that are defined before the closing bracket; ``token`` is the first token inside it."""
        columns: list[str] = []
        depth, is_first = 1, True
        while depth:
            if not token:
                raise self._reader.cut("a statement")
            if is_first and token.upper() not in _KEYS:
                self._add_column(columns, token)
            is_first = depth == 1 and token == b","
            depth += (token == b"(") - (token == b")")
            if depth:
                token = self._reader.token()
        return tuple(columns)

    def _add_column(self, columns: list[str], token: bytes) -> None:
        if len(columns) >= MOST_COLUMNS:
            raise self._reader.error(f"a table of more than {MOST_COLUMNS:,} columns")
        columns.append(name_of(token))

    def _after(self, words: frozenset[bytes], token: bytes) -> bytes:
        """Return the first token that is not one of these words."""
        while token.upper() in words:
            token = self._reader.token()
        return token

    def _table(self, token: bytes) -> tuple[TableKey, bytes]:
        """Return the table that begins with ``token``, and the token after it."""
        after = self._reader.token()
        if after != b".":
            return (self._database, name_of(token)), after
        table = self._reader.token()
        database = name_of(token)
        if not self._reader.dialect.is_mysql:
            database = _schema(database)
        return (database, name_of(table)), self._reader.token()

    def _head(self) -> bytes:
        """Return the words of an INSERT before its rows, or the part of them that is in memory."""
        reader = self._reader
        reader.skip_space()
        found = _HEAD.match(reader.data, reader.position)
        # At the end of the window, a word may continue.
        return found[0] if found and found.end() < len(reader.data) else b""

    def _insert(self) -> _Insert:
        """Read an INSERT up to its VALUES."""
        reader = self._reader
        key, token = self._table(self._after(_MODIFIERS, reader.token()))
        listed = None
        if token == b"(":
            listed = self._listed()
            token = reader.token()
        while token.upper() in {b"OVERRIDING", b"SYSTEM", b"USER", b"VALUE"} and not reader.dialect.is_mysql:
            token = reader.token()
        found, groups, width = self._places(key, listed)
        table = key[1]
        if width < 0:
            return _Insert(table)
        if token.upper() not in {b"VALUES", b"VALUE"}:
            raise reader.error(f"rows of {table} that no VALUES gives")
        if not width:
            raise self._unnamed(table)
        pattern = row(width, found, reader.dialect) if width <= _MOST_MATCHED else None
        return _Insert(table, width, True, pattern, found, groups)

    def _places(self, key: TableKey, listed: tuple[str, ...] | None) -> tuple[tuple[int, ...], tuple[int, ...], int]:
        """Return the places of the wanted columns in a row, sorted; the rank of each wanted column among them, from 1
        (0: it is not there); and how many values a row has. -1: none is wanted; 0: it is not known.
        """
        columns = listed or self._tables.columns(key)
        wanted = self._tables.wanted(key, listed)
        if wanted is None or (columns and not wanted):
            return (), (), -1
        places = {column.lower(): place for place, column in enumerate(columns)}
        found = tuple(sorted({places[column.lower()] for column in wanted if column.lower() in places}))
        rank_of = {place: rank for rank, place in enumerate(found, 1)}
        ranks = tuple([rank_of[places[column.lower()]] if column.lower() in places else 0 for column in wanted])
        return found, ranks, len(columns)

    def _listed(self) -> tuple[str, ...]:
        """Return the columns before the closing bracket."""
        columns: list[str] = []
        while (token := self._reader.token()) != b")":
            if not token:
                raise self._reader.cut("a statement")
            if token != b",":
                self._add_column(columns, token)
        return tuple(columns)

    def _rows(self, insert: _Insert) -> Iterator[tuple[str, SourceRow]]:
        table, groups, dialect, pattern = insert.table, insert.groups, self._reader.dialect, insert.pattern
        reader, escapes = self._reader, dialect.escapes
        while True:
            match = pattern.match(reader.data, reader.position) if pattern else None
            if match is None:
                if pattern and reader.need_row(insert.width):
                    continue
                yield table, self._long_row(insert)
                if not self._has_another_row():
                    return
                continue
            try:
                if dialect.is_mysql:
                    values = tuple([mysql_literal(match[group], escapes) if group else None for group in groups])
                else:
                    values = tuple([literal(match[group], dialect) if group else None for group in groups])
            except (ValueError, OverflowError) as error:
                reader.skip_space()
                raise reader.error(f"a row holds a value that cannot be read ({error})") from error
            reader.position = match.end()
            yield table, values
            sign = match[match.re.groups]
            if sign == b";" or (sign is None and not self._has_another_row()):
                return

    def _long_row(self, insert: _Insert) -> SourceRow:
        """Read a row that is too long or too wide for a single match."""
        found = self._reader.long_row(insert.width, insert.found)
        values = [found[place] for place in insert.found]
        try:
            return tuple([self._literal(values[group - 1]) if group else None for group in insert.groups])
        except (ValueError, OverflowError) as error:
            raise self._reader.error(f"a row holds a value that cannot be read ({error})") from error

    def _literal(self, value: bytes) -> RawValue:
        return value if isinstance(value, TooLong) else literal(value, self._reader.dialect)

    def _has_another_row(self) -> bool:
        """Read the text after a row and return whether another row follows."""
        reader = self._reader
        match reader.token():
            case b",":
                return True
            case b";":
                pass
            case b"":
                reader.end_without_semicolon()
            case word if word.upper() in {b"ON", b"AS", b"RETURNING"}:
                reader.skip_statement()
            case word:
                raise reader.error(f"{word[:20].decode('utf-8', 'replace')!r} after a row")
        return False

    def _unnamed(self, table: str) -> BadSource:
        return self._reader.error(
            f"rows of {table} without a CREATE TABLE or names before them that give their columns",
            remedy="export the database again with its structure, not its data alone",
        )

    def _copy(self) -> Iterator[tuple[str, SourceRow]]:
        """Read the rows of a COPY, which stand in lines after it."""
        self._inserts.clear()
        reader = self._reader
        reader.dialect = STANDARD
        key, token = self._table(self._after(_MODIFIERS, reader.token()))
        listed = self._listed() if token == b"(" else None
        words = [word.upper() for word in reader.statement()]
        if reader.is_last(reader.position):
            raise reader.cut("a COPY")
        if words != ([b"STDIN"] if listed is None else [b"FROM", b"STDIN"]):
            raise reader.error(
                f"a COPY of {key[1]} whose rows are not here as plain text", remedy="export with pg_dump alone"
            )
        reader.line()
        reader.position += 1
        found, ranks, width = self._places(key, listed)
        if width < 0:
            reader.skip_copied()
            return
        if not width:
            raise self._unnamed(key[1])
        while (fields := reader.copied(width, found)) is not None:
            values = [field if isinstance(field, TooLong) else copied(field) for field in fields]
            yield key[1], tuple([values[rank - 1] if rank else None for rank in ranks])


def _schema(name: str) -> str:
    return "" if name in _DEFAULT_SCHEMAS else name
