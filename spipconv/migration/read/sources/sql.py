"""The tokens of a MySQL dump, read from a stream of which only a window is in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from spipconv.migration.read.sources.protocol import LONGEST_ROW, LONGEST_VALUE, BadSource, TooLong
from spipconv.migration.read.sources.sql_syntax import BEGUN, BEGUN_VALUE, MAYBE_SPACE, SPACES, syntax

# Bytes of a word or name outside rows: a longer one is a quote that is never closed.
_LONGEST = LONGEST_VALUE
# Bytes of a row that are matched in one piece; a longer one is read value by value.
_AT_ONCE = 1 << 22
# Words of a statement that are kept.
_MOST_WORDS = 100_000
# Bytes needed to recognise a comment, a condition or an introducer.
_ENOUGH = 256
_MAX_SHOWN = 20


class Stream(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes: ...


_QUOTES = frozenset([b"'", b'"', b"`"])
_INSIDE = {
    (quote, escapes): re.compile(
        (rb"(?:[^Q\\]++|\\[\s\S]|QQ)*+" if escapes else rb"(?:[^Q]++|QQ)*+").replace(b"Q", quote)
    )
    for quote in _QUOTES
    for escapes in (True, False)
}
_BEFORE_STRING = re.compile(rb"(?:_\w{1,64}\s{0,64}|[NnXxBb])?(?=['\"])")
_WORD = re.compile(rb"[-+.\w]*")
_BEFORE_HEX = re.compile(rb"_\w{1,64}\s{1,64}(?=0[xX])")
_LINE_COMMENT = re.compile(rb"#|--[\x00-\x20]")


class Reader:
    """Reads the statements of a stream, token by token. ``window``: the number of bytes to read at a time.

    ``data`` is the text in memory, ``position`` the current place in it.
    """

    def __init__(self, stream: Stream, source: str, window: int, start: int = 0) -> None:
        self.escapes = True
        self.data = b""
        self.position = 0
        self.is_made_by_a_tool = False
        self._stream = stream
        self.source = source
        self._window = window
        self._start = self._end = start
        self._is_at_end = False

    def more(self) -> bool:
        """Read more and forget the text before the current place; return False at the end."""
        if self._is_at_end:
            return False
        rest = self.data[self.position :]
        if len(rest) > _LONGEST:
            raise self.error("no text is this long: a quote before it is not closed")
        # Twice as much each time, because matching starts again from the beginning.
        chunk = self._stream.read(max(self._window, len(rest)))
        self._end += len(chunk)
        if not chunk:
            self._is_at_end = True
            chunk = b"\n"  # ends a comment in the last line
        self._start += self.position
        self.position = 0
        self.data = rest + chunk
        return True

    def error(self, text: str, position: int | None = None) -> BadSource:
        """Return the exception for an error at a position (None: the current one)."""
        offset = self._start + (self.position if position is None else position)
        return BadSource(f"{self.source}: byte {offset}: {text}; export the database again")

    def cut(self, inside: str) -> BadSource:
        """Return the exception for a file that ends too early."""
        return BadSource(f"{self.source}: byte {self._end}: ends inside {inside}, cut off; export or copy it again")

    def skip_space(self) -> None:
        """Skip space and comments, up to the next token or the end."""
        while True:
            space = SPACES.match(self.data, self.position)
            assert space
            self.position = space.end()
            if not MAYBE_SPACE.match(self.data, self.position):
                break
            if not (self._skip_comment() or self.more()):
                break
        if self.data.startswith(b"/*", self.position):
            raise self.cut("a comment")

    def _skip_comment(self) -> bool:
        """Skip a comment of which only the beginning is in memory; return whether there was one."""
        if len(self.data) - self.position < _ENOUGH:
            return False
        is_block = self.data.startswith(b"/*", self.position)
        if not is_block and not _LINE_COMMENT.match(self.data, self.position):
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
            found = syntax(self.escapes).token.match(self.data, self.position)
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
            skipped = syntax(self.escapes).skipped.match(self.data, self.position)
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

    def skip_lines(self, last: re.Pattern[bytes]) -> None:
        """Skip the lines up to and including one that a pattern matches."""
        while True:
            found = last.search(self.data, self.position)
            if found:
                self.position = found.end()
                return
            self.position = max(self.position, self.data.rfind(b"\n"))
            if not self.more():
                raise self.cut("a block between two DELIMITER lines")

    def line(self) -> bytes:
        """Return the rest of the line."""
        while (end := self.data.find(b"\n", self.position)) < 0:
            if not self.more():
                end = len(self.data)
                break
        line = self.data[self.position : end]
        self.position = end
        return line

    def need_row(self, count: int) -> bool:
        """Read on until more of a row of ``count`` values is in memory; raise if it cannot be one.

        Returns False if the row is too long for a single match.
        """
        self.skip_space()
        if self._has_row(count):
            return True
        if len(self.data) - self.position > _AT_ONCE:
            return False
        if not self.more():
            raise self.cut("a row")
        return True

    def long_row(self, count: int, wanted: Sequence[int]) -> dict[int, bytes]:
        """Read a row of ``count`` values one by one, whatever their size; return the wanted ones as they are written.

        A value that is too long is a TooLong; at most LONGEST_ROW bytes are kept.
        """
        self.skip_space()
        self._sign(b"(")
        values: dict[int, bytes] = {}
        room, chosen = LONGEST_ROW, frozenset(wanted)
        for place in range(count):
            self.skip_space()
            value = self._value(min(room, LONGEST_VALUE) if place in chosen else 0)
            if place in chosen:
                values[place] = value
                room -= len(value)
            self.skip_space()
            if place < count - 1:
                if self.data.startswith(b")", self.position):
                    raise self.error(f"a row of {place + 1} values where {count} belong")
                self._sign(b",")
        if self.data.startswith(b",", self.position):
            raise self.error(f"a row of more values than the {count} that belong there")
        self._sign(b")")
        return values

    def _sign(self, sign: bytes) -> None:
        if not self.data.startswith(sign, self.position):
            if self.position >= len(self.data):
                raise self.cut("a row")
            raise self.error(f"{self._shown(self.position)} where a row should continue")
        self.position += 1

    def _value(self, most: int) -> bytes:
        """Read a value; return it as it is written, or as TooLong."""
        while len(self.data) - self.position < _ENOUGH and self.more():
            pass
        before = _BEFORE_STRING.match(self.data, self.position)
        if before:
            self.position = before.end()
            return self._string(most, before[0])
        start = b""
        if introduced := _BEFORE_HEX.match(self.data, self.position):
            start = introduced[0]
            self.position = introduced.end()
        return self._kept(_WORD, most, start)

    def _string(self, most: int, before: bytes = b"") -> bytes:
        """Read a string up to its closing quote."""
        quote = self.data[self.position : self.position + 1]
        inside = _INSIDE[quote, self.escapes and quote != b"`"]
        self.position += 1
        kept, size = [before + quote], 0
        while True:
            found = inside.match(self.data, self.position)
            assert found
            size += len(found[0])
            if size <= most:
                kept.append(found[0])
            else:
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
        return b"".join(kept) + quote if size <= most else TooLong.of(size)

    def _kept(self, pattern: re.Pattern[bytes], most: int, start: bytes) -> bytes:
        """Read on as long as a pattern matches."""
        kept, size = [start], 0
        while True:
            found = pattern.match(self.data, self.position)
            assert found
            size += len(found[0])
            if size <= most:
                kept.append(found[0])
            else:
                kept.clear()
            self.position = found.end()
            if self.position < len(self.data) or not self.more():
                break
        if not size:
            raise self.error(f"{self._shown(self.position)} is no value")
        return b"".join(kept) if size <= most else TooLong.of(size)

    def _has_row(self, count: int) -> bool:
        """Return whether the row is in memory; raise if the text there cannot become a row."""
        data, place = self.data, self.position
        found, before = 0, b"("
        while data.startswith(before, place):
            place = _after_space(data, place + 1)
            value = syntax(self.escapes).value.match(data, place)
            if value is None:
                if not BEGUN_VALUE.match(data, place):
                    raise self.error(f"{self._shown(place)} is no value", place)
                return False
            place = _after_space(data, value.end())
            found, before = found + 1, b","
        is_whole = data.startswith(b")", place)
        if is_whole and found != count:
            raise self.error(f"a row of {found} values where {count} belong")
        if not is_whole and not BEGUN.match(data, place):
            raise self.error(f"{self._shown(place)} where a row should continue", place)
        return is_whole

    def _shown(self, place: int) -> str:
        return repr(self.data[place : place + _MAX_SHOWN].decode("utf-8", "replace"))


def _after_space(data: bytes, place: int) -> int:
    space = SPACES.match(data, place)
    assert space
    return space.end()
