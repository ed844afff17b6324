"""A SPIP database in an SQL dump by a tool of MySQL, SQLite or PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from spipconv.migration.read.sources.dialects import HEAD, Finding, judge_texts, name_dialect
from spipconv.migration.read.sources.layers import innermost
from spipconv.migration.read.sources.packing import Contents, file_contents, unpacking
from spipconv.migration.read.sources.protocol import BadSource, Choose, Doubt, SourceRow
from spipconv.migration.read.sources.sql_rows import RowReader
from spipconv.migration.read.sources.statements import Statements
from spipconv.migration.read.sources.strangers import name_stranger

_WINDOW = 1 << 20
_BOM = b"\xef\xbb\xbf"
_TOOL = re.compile(rb"-- (?:MySQL dump|MariaDB dump|phpMyAdmin|PostgreSQL database dump)")
_MOST_SHOWN = 30


class Dump:
    """An SQL dump, which every call of ``read`` reads from the beginning.

    ``window``: the number of bytes to read at a time.
    """

    def __init__(self, file: Contents | Path, window: int = _WINDOW) -> None:
        self._contents = innermost(file_contents(file)) if isinstance(file, Path) else file
        self.name = self._contents.name
        self._window = window
        self._dialect = self._find_dialect()
        with self._reader() as reader:
            charset = Statements(reader, lambda _table, _columns: None).charset()
        if not charset:
            raise BadSource(f"{self.name}: {name_stranger(self._head)}")
        self.charset = "utf-8" if self._contents.is_recoded else charset
        self.doubts: Sequence[Doubt] = () if self._dialect.is_sure else (Doubt("backslashes-read"),)

    def read(self, choose: Choose) -> Iterator[tuple[str, SourceRow]]:
        """Yield the rows of the chosen tables, each as it is found."""
        with self._reader() as reader:
            yield from Statements(reader, choose).rows()

    def _find_dialect(self) -> Finding:
        with unpacking(self.name, is_packed=self._contents.path is None), self._contents.open() as stream:
            self._head = stream.read(HEAD)
        dialect = name_dialect(self._head)
        if dialect is not None:
            return Finding(dialect)
        with unpacking(self.name, is_packed=self._contents.path is None), self._contents.open() as stream:
            return judge_texts(stream)

    @contextmanager
    def _reader(self) -> Iterator[RowReader]:
        reader = None
        try:
            with unpacking(self.name, is_packed=self._contents.path is None), self._contents.open() as stream:
                has_mark = self._head.startswith(_BOM)
                if has_mark:
                    stream.read(len(_BOM))
                reader = RowReader(stream, self.name, self._window, start=len(_BOM) * has_mark)
                reader.dialect = self._dialect.dialect
                reader.is_made_by_a_tool = _TOOL.search(self._head[:4096]) is not None
                yield reader
        except BadSource as error:
            if reader and isinstance(error.__cause__, EOFError):
                raise reader.cut("its packing") from error
            raise
