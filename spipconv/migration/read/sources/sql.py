"""The tokens of a dump, read from a stream of which only a window is in memory."""

from __future__ import annotations

import re

from spipconv.migration.read.sources.protocol import TooLong
from spipconv.migration.read.sources.spool import Spool
from spipconv.migration.read.sources.sql_syntax import MYSQL, Dialect, Syntax, syntax
from spipconv.migration.read.sources.sql_values import literal
from spipconv.migration.read.sources.window import ENOUGH, Stream, Window

# Words of a statement that are kept.
_MOST_WORDS = 100_000


_QUOTES = frozenset([b"'", b'"', b"`"])
_INSIDE = {
    (quote, escapes): re.compile(
        (rb"(?:[^Q\\]++|\\[\s\S]|QQ)*+" if escapes else rb"(?:[^Q]++|QQ)*+").replace(b"Q", quote)
    )
    for quote in _QUOTES
    for escapes in (True, False)
}


class Reader(Window):
    """Reads the statements of a stream, token by token."""

    def __init__(self, stream: Stream, source: str, window: int, start: int = 0) -> None:
        super().__init__(stream, source, window, start)
        self.dialect = MYSQL
        self.is_made_by_a_tool = False

    @property
    def dialect(self) -> Dialect:
        """How what follows is written."""
        return self._dialect

    @dialect.setter
    def dialect(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._syntax: Syntax = syntax(dialect)

    def skip_space(self) -> None:
        """Skip space and comments, up to the next token or the end."""
        while True:
            space = self._syntax.spaces.match(self.data, self.position)
            assert space
            self.position = space.end()
            if not self._syntax.begun_space.match(self.data, self.position):
                break
            if not (self._skip_comment() or self.more()):
                break
        if self.data.startswith(b"/*", self.position):
            raise self.cut("a comment")

    def _skip_comment(self) -> bool:
        """Skip a comment of which only the beginning is in memory; return whether there was one."""
        if len(self.data) - self.position < ENOUGH:
            return False
        is_block = self.data.startswith(b"/*", self.position)
        if not is_block and not self._syntax.line_comment.match(self.data, self.position):
            return False
        end = b"*/" if is_block else b"\n"
        self.position += 2 if is_block else 1
        while (found := self.data.find(end, self.position)) < 0:
            self.position = len(self.data) - 1
            if not self.more():
                if is_block:
                    raise self.cut("a comment")
                self.position = len(self.data)
                return True
        self.position = found + len(end)
        return True

    def token(self) -> bytes:
        """Return the next name, string, word or sign; nothing at the end."""
        while True:
            self.skip_space()
            found = self._syntax.token.match(self.data, self.position)
            if found is None:
                return b""
            is_open = found[0] in {b"'", b'"', b"`"}
            if not ((is_open or found.end() == len(self.data)) and self.more()):
                break
        if is_open:
            raise self.cut("a quoted text")
        self.position = found.end()
        return found[0]

    def statement(self) -> list[bytes]:
        """Return the tokens up to the end of the statement."""
        tokens = []
        while (token := self.token()) != b";":
            if not token:
                self.end_without_semicolon()
                break
            tokens.append(token)
            if len(tokens) >= _MOST_WORDS:
                self.skip_statement()
                break
        return tokens

    def skip_statement(self) -> None:
        """Skip to the end of the statement."""
        while True:
            skipped = self._syntax.skipped.match(self.data, self.position)
            assert skipped
            self.position = skipped.end()
            if self.data.startswith(b";", self.position):
                self.position += 1
                return
            if self.data[self.position : self.position + 1] in _QUOTES:
                self._string(0)
            elif not (self._skip_comment() or self.more()):
                break
        if self.position < len(self.data):
            raise self.cut("a quoted text or a comment")
        self.end_without_semicolon()

    def end_without_semicolon(self) -> None:
        """Accept the end of the file as the end of the statement, unless a dump tool has written the file."""
        if self.is_made_by_a_tool:
            raise self.cut("a statement")

    def skip_lines(self, last: re.Pattern[bytes], inside: str) -> None:
        """Skip the lines up to and including one that a pattern matches. ``inside`` is what a cut file ends in."""
        while True:
            found = last.search(self.data, self.position)
            if found:
                self.position = found.end()
                return
            self.position = max(self.position, self.data.rfind(b"\n"))
            if not self.more():
                raise self.cut(inside)

    def line(self) -> bytes:
        """Return the rest of the line."""
        while (end := self.data.find(b"\n", self.position)) < 0:
            if not self.more():
                end = len(self.data)
                break
        line = self.data[self.position : end]
        self.position = end
        return line

    def _string(self, most: int, before: bytes = b"") -> bytes:
        """Read a string up to its closing quote."""
        quote = self.data[self.position : self.position + 1]
        has_escapes = self._dialect.escapes and (quote == b"'" or (self._dialect.is_mysql and quote == b'"'))
        inside = _INSIDE[quote, has_escapes or before in {b"e", b"E"}]
        self.position += 1
        kept: list[bytes] = []
        spool: Spool | None = None
        size, start = 0, before + quote
        while True:
            found = inside.match(self.data, self.position)
            assert found
            size += len(found[0])
            kept.append(found[0])
            if size > most:
                spool = spool or (Spool() if most else None)
                # Each piece ends after a whole sign.
                for piece in kept if spool else ():
                    assert spool
                    if before in {b"x", b"X"}:
                        spool.add_hex(piece)
                    else:
                        spool.add(literal(start + piece + quote, self._dialect) or b"")
                kept.clear()
            self.position = found.end()
            # A quote or a backslash at the end of the window: its meaning depends on the next character.
            rest = self.data[self.position : self.position + 2]
            if rest[:1] == quote and len(rest) == 2:
                break
            if not self.more():
                if rest[:1] == quote:
                    break
                raise self.cut("a quoted text")
        self.position += 1
        if size <= most:
            return b"".join([start, *kept, quote])
        return spool.value() if spool else TooLong.of(size)

    def _kept(self, pattern: re.Pattern[bytes], most: int, start: bytes, *, may_be_empty: bool = False) -> bytes:
        """Read on as long as a pattern matches."""
        kept, size = [start], 0
        spool: Spool | None = None
        while True:
            found = pattern.match(self.data, self.position)
            assert found
            size += len(found[0])
            kept.append(found[0])
            if size > most:
                digits = b"".join(kept[spool is None :])
                kept.clear()
                if spool is None and most and digits[:2] in {b"0x", b"0X"}:
                    spool, digits = Spool(), digits[2:]
                if spool:
                    spool.add_hex(digits)
            self.position = found.end()
            if self.position < len(self.data) or not self.more():
                break
        if not size and not may_be_empty:
            raise self.error(f"{self.shown(self.position)} is no value")
        if size <= most:
            return b"".join(kept)
        return spool.value() if spool else TooLong.of(size)
