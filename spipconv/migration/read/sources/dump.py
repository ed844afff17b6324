"""A SPIP database in an SQL dump by mysqldump, mariadb-dump or phpMyAdmin, with or without gzip."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from spipconv.migration.read.sources.protocol import MOST_COLUMNS, BadSource, Choose, SourceRow, TooLong
from spipconv.migration.read.sources.sql import Reader
from spipconv.migration.read.sources.sql_syntax import literal, name_of, row

_WINDOW = 1 << 20
# Columns of a table whose rows are matched by one pattern; those of a wider one are read value by value.
_MOST_MATCHED = 200
_REMEDY = "give a .sqlite file, an SQL dump or mysql://user@host/database"
_PACKED = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!", b"\x1f\x9d", b"\x1f\x8b")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_TOOL = re.compile(rb"-- (?:MySQL dump|MariaDB dump|phpMyAdmin)")
_TOOLS = frozenset([b"mysqldump", b"mariadb"])
_FIRST_WORDS = frozenset(
    b"""ALTER ANALYZE BEGIN CALL COMMIT CREATE DELETE DELIMITER DO DROP FLUSH GRANT INSERT LOCK OPTIMIZE PREPARE RENAME
    REPLACE REPAIR RESET ROLLBACK SAVEPOINT SELECT SET SHOW START STOP CHANGE TRUNCATE UNLOCK UPDATE USE XA COPY PRAGMA
    """.split()
)
_MODIFIERS = frozenset([b"LOW_PRIORITY", b"HIGH_PRIORITY", b"DELAYED", b"IGNORE", b"INTO"])
_EXISTENCE = frozenset([b"IF", b"NOT", b"EXISTS"])
_TABLE_MODIFIERS = frozenset([b"OR", b"REPLACE", b"TEMPORARY"])
_KEYS = frozenset(b"KEY INDEX PRIMARY UNIQUE FULLTEXT SPATIAL CONSTRAINT FOREIGN CHECK PERIOD".split())
_FOREIGN = {
    b"PRAGMA": "is a text made from a SQLite database; give the .sqlite file itself",
    b"COPY": "comes from PostgreSQL, which SPIP's sites are not read from; let SPIP make its own backup and give that",
}
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
}


class Dump:
    """An SQL dump, which every call of ``read`` reads from the beginning.

    ``window``: the number of bytes to read at a time.
    """

    def __init__(self, path: Path, window: int = _WINDOW) -> None:
        self.name = str(path)
        self._path = path
        self._window = window
        with self._reader() as reader:
            self.charset = _Statements(reader, lambda _table, _columns: None).charset()

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield the rows of the chosen tables, each as it is found."""
        with self._reader() as reader:
            yield from _Statements(reader, choose).rows()

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        reader = None
        try:
            with self._path.open("rb") as file, _unpacked(file) as stream:
                head = stream.peek(4096)[:4096]
                self._refuse(head)
                if head.startswith(_BOM):
                    stream.read(len(_BOM))
                reader = Reader(stream, self.name, self._window, start=len(_BOM) * head.startswith(_BOM))
                reader.is_made_by_a_tool = _TOOL.search(head) is not None
                yield reader
        except EOFError as error:
            raise reader.cut("its packing") if reader else self._bad("is cut off; copy it again") from error
        except (OSError, zlib.error) as error:
            raise self._bad(f"cannot be read ({error}); copy it again") from error

    def _refuse(self, head: bytes) -> None:
        """Raise BadSource if the beginning of the file is not that of a dump."""
        text = head.removeprefix(_BOM).lstrip().lower()
        if head.startswith(_UTF16):
            raise self._bad('is in UTF-16, as ">" of PowerShell writes it; export with mysqldump --result-file=FILE')
        if head.startswith(_PACKED) or head.startswith(b"SQLite format 3\0"):
            raise self._bad("holds another file, packed; unpack it and give that")
        if text.startswith(b"** this file contains an sqlite 2"):
            raise self._bad("is of SQLite 2; convert it: sqlite2 FILE .dump | sqlite3 NEW.sqlite")
        if text.startswith(b"<") and b"<spip" in text:
            raise self._bad(
                "is an XML backup of SPIP 2.0 or older; restore it in SPIP, export that database with mysqldump"
            )
        if text.startswith(b"<"):
            raise self._bad("is XML or HTML, not SQL; export the database as SQL")

    def _bad(self, text: str) -> BadSource:
        return BadSource(f"{self.name}: {text}")


@contextmanager
def _unpacked(file: BinaryIO) -> Iterator[gzip.GzipFile | BufferedReader]:
    """Yield the bytes of the file, unpacked if it is compressed with gzip."""
    stream = cast(BufferedReader, file)
    if stream.peek(2).startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield unpacked
    else:
        yield stream


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


class _Statements:
    """One pass over a dump."""

    def __init__(self, reader: Reader, choose: Choose) -> None:
        self._reader = reader
        self._choose = choose
        self._database = ""
        self._charset = "utf-8"
        self._columns: dict[tuple[str, str], tuple[str, ...]] = {}
        self._chosen: dict[str, tuple[str, tuple[str, ...] | None]] = {}
        # By their bytes: if each row has its own INSERT, reading these words again would take most of the time.
        self._inserts: dict[bytes, _Insert] = {}
        self._escapes: dict[bytes, bool] = {}

    def charset(self) -> str:
        """Return the encoding that the dump declares before its first table. Raises BadSource if it is not a dump."""
        word = self._word()
        if word not in _FIRST_WORDS:
            raise BadSource(f"{self._reader.source}: is neither a SQLite database nor an SQL dump; {_REMEDY}")
        while word and word not in {b"CREATE", b"INSERT", b"REPLACE"}:
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
                    return
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
        """Read the rest of a statement that is not an INSERT."""
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
                    reader.skip_lines(_END_OF_BLOCK)
            case b"PRAGMA" | b"COPY":
                raise BadSource(f"{reader.source}: {_FOREIGN[word]}")
            case _ if word[:1].isalpha():
                reader.skip_statement()
            case _:
                raise reader.error(f"{word.decode('utf-8', 'replace')!r} begins no SQL statement")

    def _set(self, tokens: list[bytes]) -> None:
        """Record the encoding and the syntax of strings."""
        words = [token.upper() for token in tokens]
        match words:
            case [b"NAMES" | b"CHARSET", charset, *_] | [b"CHARACTER", b"SET", charset, *_]:
                self._charset = _CHARSETS.get(name_of(charset).lower().encode(), "utf-8")
        for place, (name, sign, value) in enumerate(zip(words, words[1:], words[2:], strict=False)):
            if sign != b"=":
                continue
            if name in {b"SQL_MODE", b"@@SQL_MODE"}:
                default = b"NO_BACKSLASH_ESCAPES" not in b"".join(words[place:])
                self._reader.escapes = self._escapes.get(value, default)
            elif value.endswith(b"@SQL_MODE"):
                self._escapes[name] = self._reader.escapes

    def _create(self) -> None:
        """Record the columns that a CREATE TABLE defines."""
        reader = self._reader
        token = self._after(_TABLE_MODIFIERS, reader.token())
        if token.upper() == b"TABLE":
            key, token = self._table(self._after(_EXISTENCE, reader.token()))
            if token == b"(":
                token = reader.token()
                if token.upper() != b"LIKE":
                    self._columns[key] = self._defined(token)
            if token.upper() == b"LIKE":
                model, token = self._table(reader.token())
                self._columns[key] = self._columns.get(model, ())
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

    def _table(self, token: bytes) -> tuple[tuple[str, str], bytes]:
        """Return the (database, table) that begins with ``token``, and the token after it."""
        after = self._reader.token()
        if after != b".":
            return (self._database, name_of(token)), after
        table = self._reader.token()
        return (name_of(token), name_of(table)), self._reader.token()

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
        (database, table), token = self._table(self._after(_MODIFIERS, reader.token()))
        listed = None
        if token == b"(":
            listed = self._listed()
            token = reader.token()
        known = self._columns.get((database, table))
        columns = listed or known
        wanted = self._wanted(database, table, known or listed)
        if wanted is None or (columns and not wanted):
            return _Insert(table)
        if token.upper() not in {b"VALUES", b"VALUE"}:
            raise reader.error(f"rows of {table} that no VALUES gives")
        if not columns:
            raise reader.error(f"rows of {table} without a CREATE TABLE or names before them that give their columns")
        places = {column.lower(): place for place, column in enumerate(columns)}
        found = tuple(sorted({places[column.lower()] for column in wanted if column.lower() in places}))
        group_of = {place: group for group, place in enumerate(found, 1)}
        groups = tuple([group_of[places[column.lower()]] if column.lower() in places else 0 for column in wanted])
        pattern = row(len(columns), found, reader.escapes) if len(columns) <= _MOST_MATCHED else None
        return _Insert(table, len(columns), True, pattern, found, groups)

    def _listed(self) -> tuple[str, ...]:
        """Return the columns before the closing bracket."""
        columns: list[str] = []
        while (token := self._reader.token()) != b")":
            if not token:
                raise self._reader.cut("a statement")
            if token != b",":
                self._add_column(columns, token)
        return tuple(columns)

    def _wanted(self, database: str, table: str, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the columns of this table that are wanted."""
        if table not in self._chosen:
            self._chosen[table] = database, self._choose(table, columns or ())
        first, wanted = self._chosen[table]
        if wanted is not None and database != first:
            raise BadSource(
                f"{self._reader.source}: table {table} is there twice, in the databases {first or '(no name)'} and"
                f" {database}; export one database alone"
            )
        return wanted

    def _rows(self, insert: _Insert) -> Iterator[tuple[str, SourceRow]]:
        table, groups, escapes, pattern = insert.table, insert.groups, self._reader.escapes, insert.pattern
        reader = self._reader
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
                values = tuple([literal(match[group], escapes) if group else None for group in groups])
            except ValueError as error:
                reader.skip_space()
                raise reader.error(f"a row holds no number ({error})") from error
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
        except ValueError as error:
            raise self._reader.error(f"a row holds no number ({error})") from error

    def _literal(self, value: bytes) -> bytes | None:
        return value if isinstance(value, TooLong) else literal(value, self._reader.escapes)

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
