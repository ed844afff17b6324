"""A SPIP database in a SQLite file: of the site itself (config/bases) or a backup made by SPIP (tmp/dump)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from spipconv.migration.read.sources.protocol import (
    LONGEST_VALUE,
    BadSource,
    Choose,
    Doubt,
    RawValue,
    SourceRow,
    TooLong,
)
from spipconv.migration.read.sources.spool import PIECE

_WRITE_AHEAD = 2
_REMEDY = "copy it again, or mend it: sqlite3 FILE .recover"


class SqliteFile:
    """A SQLite file; neither the file nor its folder is changed.

    ``name`` is shown to people; ``work`` is a folder for a copy (None: the system's for temporary files).
    """

    charset = "utf-8"  # SQLite returns text as UTF-8, whatever encoding the file uses
    doubts: Sequence[Doubt] = ()

    def __init__(self, path: Path, name: str = "", work: Path | None = None) -> None:
        self.name = name or str(path)
        self._path = path
        self._work = work

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield the rows of the chosen tables, as they were when reading began."""
        try:
            with _database(self._path, self._work) as database:
                yield from _rows(database, choose)
        except (sqlite3.Error, OSError) as error:
            raise BadSource(f"{self.name}: SQLite cannot read it ({error}); {_REMEDY}") from error


@contextmanager
def _database(path: Path, work: Path | None) -> Iterator[sqlite3.Connection]:
    unfinished = [side for side in _side_files(path) if side.exists() and side.stat().st_size]
    if not unfinished:
        with closing(_connect(path, "immutable=1" if _is_write_ahead(path) else "mode=ro")) as database:
            yield database
        return
    # These files belong to the database, but SQLite would write in order to read them.
    with TemporaryDirectory(dir=work) as folder:
        for file in (path, *unfinished):
            shutil.copyfile(file, Path(folder, file.name))
        with closing(_connect(Path(folder, path.name), "mode=rw")) as database:
            yield database


def _side_files(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("-wal", "-journal")]


def _is_write_ahead(path: Path) -> bool:
    """Return whether SQLite would write files next to this one even to read it."""
    with path.open("rb") as file:
        return _WRITE_AHEAD in file.read(20)[18:]


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Another thread than the first one may read the rows.
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    database.text_factory = bytes
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    return database


def _rows(database: sqlite3.Connection, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
    database.execute("BEGIN")
    # A virtual table has no root page, and may need code that is not available.
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    ).fetchall()
    for (name,) in tables:
        table = name.decode("utf-8", "replace")
        information = database.execute(f"PRAGMA table_info({_quoted(table)})")
        columns = choose(table, tuple([row[1].decode("utf-8", "replace") for row in information]))
        if columns:
            for row in _rows_of(database, table, columns):
                yield table, row


def _rows_of(database: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[SourceRow]:
    """Yield the rows of a table. SQLite refuses a value that is too long before it loads it."""
    fields = ", ".join(map(_quoted, columns))
    done = 0
    while True:
        try:
            for row in database.execute(f"SELECT {fields} FROM {_quoted(table)} LIMIT -1 OFFSET {done}"):
                done += 1
                yield tuple(map(_bytes, row))
        except sqlite3.DataError:
            yield tuple([_value(database, table, column, done) for column in columns])
            done += 1
        else:
            return


def _value(database: sqlite3.Connection, table: str, column: str, place: int) -> RawValue:
    """Return one value of the row with this index, counted from 0."""
    try:
        found = database.execute(f"SELECT {_quoted(column)} FROM {_quoted(table)} LIMIT 1 OFFSET {place}").fetchone()
    except sqlite3.DataError:
        return _too_long(database, table, column, place)
    return _bytes(found[0]) if found else None


def _too_long(database: sqlite3.Connection, table: str, column: str, place: int) -> TooLong:
    """Return the placeholder of a value, which SQLite can read in pieces unless its table has no row numbers."""
    try:
        (row,) = database.execute(f"SELECT rowid FROM {_quoted(table)} LIMIT 1 OFFSET {place}").fetchone()
        (encoding,) = database.execute("PRAGMA encoding").fetchone()
        with database.blobopen(table, column, row, readonly=True) as blob:
            size = len(blob)
    except sqlite3.Error:
        return TooLong.of(0)

    def pieces() -> Iterator[bytes]:
        with database.blobopen(table, column, row, readonly=True) as blob:
            while piece := blob.read(PIECE):
                yield piece

    # Here, texts are as they are in the file.
    return TooLong.of(size, pieces if encoding == b"UTF-8" else None)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _bytes(value: bytes | int | float | None) -> RawValue:
    return value if value is None or isinstance(value, bytes) else str(value).encode()
