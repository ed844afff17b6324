"""The rows of a dump: in one piece where they are short, value by value where they are long or wide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spipconv.migration.read.sources.protocol import LONGEST_ROW, LONGEST_VALUE, BadSource, TooLong
from spipconv.migration.read.sources.sql import Reader

# Bytes of a row that are matched in one piece; a longer one is read value by value.
_AT_ONCE = 1 << 22
_BEFORE_STRING = re.compile(rb"(?:_\w{1,64}\s{0,64}|[NnXxBbEe])?(?=['\"])")
_WORD = re.compile(rb"[-+.\w]*")
_BEFORE_HEX = re.compile(rb"_\w{1,64}\s{1,64}(?=0[xX])")
_CALL = re.compile(rb"\w++\s{0,64}+\(")
_OPENING = re.compile(rb"\(")
_DEEPEST_CALL = 8
_IN_CALL = re.compile(rb"[^'\"()]*+")
_CAST = re.compile(rb"\s{0,64}+::[\w. \"]{0,100}+(?:\([\d, ]{0,20}+\))?+(?:\[\])?+")
_JOINT = re.compile(rb"\s{0,64}+\|\|\s{0,64}+")
_FIELD = re.compile(rb"[^\t\n]*+")
_END_OF_COPY = re.compile(rb"^\\\.\r?\n", re.MULTILINE)


class RowReader(Reader):
    """Reads the rows of a stream, too."""

    def need_row(self, count: int) -> bool:
        """Read on until more of a row of ``count`` values is in memory; raise if it cannot be one.

        Returns False if the row is too long for a single match.
        """
        self.skip_space()
        if self._has_row(count):
            return True
        if len(self.data) - self.position > _AT_ONCE:
            return False
        if self.more():
            return True
        if self.dialect.is_mysql:
            raise self.cut("a row")
        # Value by value, it is clear what is wrong with it.
        return False

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
            raise self.error(f"{self.shown(self.position)} where a row should continue")
        self.position += 1

    def _value(self, most: int) -> bytes:
        """Read a value; return it as it is written, or as TooLong."""
        self.look_ahead()
        if not self._dialect.is_mysql:
            return self._expression(most)
        before = _BEFORE_STRING.match(self.data, self.position)
        if before:
            self.position = before.end()
            return self._string(most, before[0])
        start = b""
        if introduced := _BEFORE_HEX.match(self.data, self.position):
            start = introduced[0]
            self.position = introduced.end()
        return self._kept(_WORD, most, start)

    def _expression(self, most: int) -> bytes:
        """Read a value that may be cast, joined to others or in calls of functions."""
        kept: list[bytes] = []
        size, depth = 0, 0
        while True:
            self.look_ahead()
            part = self._part(depth, max(most - size, 0))
            depth += (part[-1:] == b"(") - (part == b")") if type(part) is bytes else 0
            if not depth:
                self.look_ahead()
                for pattern in (_CAST, _JOINT):
                    joint = pattern.match(self.data, self.position)
                    if joint:
                        part = part if isinstance(part, TooLong) else part + joint[0]
                        self.position = joint.end()
            size += part.size if isinstance(part, TooLong) else len(part)
            if size <= most:
                kept.append(part)
            if not depth and (isinstance(part, TooLong) or not part.rstrip().endswith(b"||")):
                if size <= most:
                    return b"".join(kept)
                return part if isinstance(part, TooLong) and not kept else TooLong.of(size)

    def _part(self, depth: int, most: int) -> bytes:
        """Read a string, a word, or the beginning, a part or the end of a call."""
        before = _BEFORE_STRING.match(self.data, self.position)
        if before:
            self.position = before.end()
            return self._string(most, before[0])
        call = (_CALL if not depth else _OPENING).match(self.data, self.position)
        if call:
            if depth > _DEEPEST_CALL:
                raise self.error("calls of functions are nested too deeply")
            self.position = call.end()
            return call[0]
        if depth and self.data.startswith(b")", self.position):
            self.position += 1
            return b")"
        return self._kept(_IN_CALL if depth else _WORD, most, b"")

    def copied(self, count: int, wanted: Sequence[int]) -> list[bytes] | None:
        """Read a line of the rows of a COPY; return the wanted fields as they are written, or None after the last."""
        while (end := self.data.find(b"\n", self.position)) < 0:
            if len(self.data) - self.position > _AT_ONCE:
                return self._long_copied(count, wanted)
            if not self.more():
                raise self.cut("the rows of a COPY")
        fields = self.data[self.position : end].removesuffix(b"\r").split(b"\t")
        if fields == [b"\\."]:
            self.position = end + 1
            return None
        if len(fields) != count:
            raise self.cut("the rows of a COPY") if self.is_last(end) else self._misfit(len(fields), count)
        self.position = end + 1
        return [fields[place] for place in wanted]

    def _long_copied(self, count: int, wanted: Sequence[int]) -> list[bytes]:
        values, room = [], LONGEST_ROW
        for place in range(count):
            most = min(room, LONGEST_VALUE) if place in wanted else 0
            value = self._kept(_FIELD, most, b"", may_be_empty=True)
            if place in wanted:
                values.append(value)
                room -= len(value)
            sign = self.data[self.position : self.position + 1]
            if sign != (b"\t" if place < count - 1 else b"\n"):
                raise self._misfit(place + 1 + (sign == b"\t"), count) if sign else self.cut("the rows of a COPY")
            self.position += 1
        return values

    def skip_copied(self) -> None:
        """Skip the rows of a COPY."""
        self.skip_lines(_END_OF_COPY, "the rows of a COPY")

    def _misfit(self, found: int, count: int) -> BadSource:
        return self.error(f"a row of {found} values where {count} belong")

    def _has_row(self, count: int) -> bool:
        """Return whether the row is in memory; raise if the text there cannot become a row."""
        data, place = self.data, self.position
        found, before = 0, b"("
        while data.startswith(before, place):
            place = self._after_space(data, place + 1)
            value = self._syntax.value.match(data, place)
            if value is None:
                if not self._syntax.begun_value.match(data, place):
                    raise self.error(f"{self.shown(place)} is no value", place)
                return False
            place = self._after_space(data, value.end())
            found, before = found + 1, b","
        is_whole = data.startswith(b")", place)
        if is_whole and found != count:
            raise self._misfit(found, count)
        if not is_whole and not self._syntax.begun_row.match(data, place):
            raise self.error(f"{self.shown(place)} where a row should continue", place)
        return is_whole

    def _after_space(self, data: bytes, place: int) -> int:
        space = self._syntax.spaces.match(data, place)
        assert space
        return space.end()
