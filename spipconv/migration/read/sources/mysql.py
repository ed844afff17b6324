"""A SPIP database on a running MySQL or MariaDB server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from spipconv.migration.read.sources.protocol import LONGEST_VALUE, BadSource, Choose, Doubt, SourceRow, TooLong

if TYPE_CHECKING:
    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

_FORM = "mysql://USER@HOST/BASE or mysql://USER@HOST:PORT/BASE, with ?unix_socket=/PATH where there is a socket"
_PASSWORDS = ("SPIPCONV_MYSQL_PASSWORD", "MYSQL_PWD")
_WHERE_PASSWORD = f"put it in the environment as {_PASSWORDS[0]}, or wait to be asked for it"
_PORT = 3306
_TIMEOUT = 10


class Server:
    """A database on a server; nothing is written to it."""

    charset = "utf-8"  # the charset of the connection, whatever the charsets of the tables
    doubts: Sequence[Doubt] = ()

    def __init__(self, address: str, ask_password: Callable[[], str] | None = None) -> None:
        self._address = _address(address)
        self.name = self._address.name
        self._ask_password = ask_password
        self._password: str | None = None
        with closing(self._connect()):
            pass

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield the rows of the chosen tables, as they were when reading began."""
        from pymysql.err import Error

        try:
            with closing(self._connect()) as connection:
                yield from _rows(connection, choose)
        except Error as error:
            raise self._fault(error) from error

    def _connect(self) -> Connection[Cursor]:
        try:
            import pymysql
            from pymysql import converters
        except ImportError as error:
            raise BadSource('reading a server needs PyMySQL: pip install "spipconv[mysql]"') from error
        if self._password is None:
            self._password = self._find_password()
        address = self._address
        if address.socket and not Path(address.socket).is_socket():
            raise BadSource(
                f"{self.name}: there is no socket {address.socket}; ask the server: SHOW VARIABLES LIKE 'socket'"
            )
        try:
            return pymysql.connect(
                user=address.user,
                password=self._password,
                host=address.host,
                port=address.port,
                database=address.database,
                unix_socket=address.socket,
                charset="utf8mb4",
                use_unicode=False,
                conv=converters.encoders,  # and no decoders: values stay as the server writes them
                connect_timeout=_TIMEOUT,
                local_infile=False,
            )
        # RuntimeError: an authentication method that needs another package.
        except (pymysql.err.Error, RuntimeError) as error:
            raise self._fault(error) from error

    def _find_password(self) -> str:
        for variable in _PASSWORDS:
            if variable in os.environ:
                return os.environ[variable]
        return self._ask_password() if self._ask_password else ""

    def _fault(self, error: Exception) -> BadSource:
        text = str(error.args[-1]) if error.args else str(error)
        if error.args and error.args[0] in {1045, 1698}:
            text = f"{text}: check the user, and the password: {_WHERE_PASSWORD}"
        return BadSource(f"{self.name}: {text}")


class _Address(NamedTuple):
    """The parts of a server's address."""

    user: str | None
    host: str
    port: int
    database: str
    socket: str | None

    @property
    def name(self) -> str:
        """The address as it is shown to people."""
        user = f"{self.user}@" if self.user else ""
        return f"mysql://{user}{self.host}:{self.port}/{self.database}"


def _address(text: str) -> _Address:
    """Read an address. Error messages do not repeat it, because it may contain a password in an unexpected place."""
    try:
        url = urlsplit(text)
        port = url.port or _PORT
        query = parse_qs(url.query, strict_parsing=bool(url.query))
    except ValueError:
        raise BadSource(f"mysql://…: is no server's address; write {_FORM}") from None
    if url.password is not None:
        raise BadSource(f"mysql://…: holds a password, which others could read; {_WHERE_PASSWORD}")
    database = unquote(url.path.removeprefix("/"))
    if not _is_plain(url, database) or query.keys() - {"unix_socket"}:
        raise BadSource(f"mysql://…: is no server's address; write {_FORM}")
    user = unquote(url.username) if url.username else None
    return _Address(user, url.hostname or "localhost", port, database, query.get("unix_socket", [None])[0])


def _is_plain(url: SplitResult, database: str) -> bool:
    """Return whether an address has no part that may contain the rest of a password."""
    return bool(database) and not set("/@") & set(database) and not url.fragment and url.netloc.count("@") <= 1


def _rows(connection: Connection[Cursor], choose: Choose) -> Iterator[tuple[str, SourceRow]]:
    _begin(connection)
    chosen = [
        (table, columns) for table in _tables(connection) if (columns := choose(table, _columns(connection, table)))
    ]
    for table, columns in chosen:
        for row in _streamed(connection, _query(table, columns)):
            yield table, _marked(row)


def _begin(connection: Connection[Cursor]) -> None:
    """Begin a transaction, so that other clients' changes are not visible."""
    from pymysql.err import Error

    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        # The server must not time out while the reader of its rows is slow.
        cursor.execute("SET SESSION net_write_timeout = 3600")
        # Unknown before MySQL 5.6; reading is then as consistent as the tables allow.
        with suppress(Error):
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _tables(connection: Connection[Cursor]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        return [row[0].decode("utf-8", "replace") for row in cursor.fetchall()]


def _columns(connection: Connection[Cursor], table: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW COLUMNS FROM {_quoted(table)}")
        return tuple([row[0].decode("utf-8", "replace") for row in cursor.fetchall()])


def _query(table: str, columns: Sequence[str]) -> str:
    """Return a query whose last column names the values that are too long; the server does not send those."""
    fields, sizes = [], ["''"]
    for place, column in enumerate(map(_quoted, columns)):
        # The bytes as they are sent, whatever the charset of the column.
        size = f"OCTET_LENGTH({column})"
        fields.append(f"IF({size} > {LONGEST_VALUE}, NULL, {column})")
        sizes.append(f"IF({size} > {LONGEST_VALUE}, CONCAT('{place}:', {size}), NULL)")
    return f"SELECT {', '.join(fields)}, CONCAT_WS(' ', {', '.join(sizes)}) FROM {_quoted(table)}"


def _marked(row: SourceRow) -> SourceRow:
    *values, sizes = row
    for one in (sizes or b"").split():
        place, _, size = one.partition(b":")
        values[int(place)] = TooLong.of(int(size))
    return tuple(values)


def _streamed(connection: Connection[Cursor], query: str) -> Iterator[SourceRow]:
    from pymysql.cursors import SSCursor

    with connection.cursor(SSCursor) as cursor:
        cursor.execute(query)
        yield from cursor


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
