"""Where a SPIP base is read from: a SQLite file, a dump, a server. All give the same rows of undecoded bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

Value = bytes | None
Row = tuple[Value, ...]
# Asked once a table, with its name and its columns in their order; returns the columns to read, None: skip it.
Choose = Callable[[str, tuple[str, ...]], tuple[str, ...] | None]
_SERVERS = ("mysql://", "mariadb://")


class BadSource(ValueError):
    """A source that cannot be read; its text is one line that names it, the fault and the remedy."""

    def __init__(self, text: str) -> None:
        # It may quote a file's name or bytes, and goes to a terminal.
        super().__init__("".join([c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text]))


class Source(Protocol):
    """A base. ``charset`` is the Python name of the encoding in which it says its texts are, as far as known."""

    @property
    def name(self) -> str: ...

    @property
    def charset(self) -> str: ...

    def read(self, choose: Choose) -> Iterator[tuple[str, Row]]:
        """Yield (table, row) for every row of every table that is chosen, the values as asked for.

        Numbers and dates come as the bytes of their text, NULL as None. Tables come in any order, a table's rows
        together or not. Raises BadSource.
        """
        ...


def open_source(name: str, ask_password: Callable[[], str] | None = None) -> Source:
    """Return the base that ``name`` means: a server's address, a SQLite file or a dump. Raises BadSource.

    ``ask_password`` is called where a server's password is not in the environment.
    """
    if name.lower().startswith(_SERVERS):
        from spipconv.migration.sources.mysql import Server

        return Server(name, ask_password)
    path = Path(name)
    if _head(path).startswith(b"SQLite format 3\0"):
        from spipconv.migration.sources.sqlite import SqliteFile

        return SqliteFile(path)
    from spipconv.migration.sources.dump import Dump

    return Dump(path)


def _head(path: Path) -> bytes:
    """Return a file's first bytes."""
    if path.is_dir():
        raise BadSource(
            f"{path}: is a folder; give the database: a .sqlite file, an SQL dump or mysql://user@host/base"
        )
    try:
        if path.exists() and not path.is_file():
            raise BadSource(f"{path}: is not a file; give a .sqlite file, an SQL dump or mysql://user@host/base")
        with path.open("rb") as file:
            head = file.read(16)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSource(f"{path}: cannot be read ({reason}); give a file that this account may read") from error
    if not head:
        raise BadSource(f"{path}: is empty; export the database again")
    return head
