"""Values as PHP serialises them, which SPIP's plugins keep in columns: a text comes in, plain values go out.

Objects and references are refused, so nothing but data is ever built.
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

PhpValue: TypeAlias = "bool | int | float | str | dict[str, PhpValue] | None"
# More than any form or menu has.
_MOST_LEVELS: Final = 40
_MOST_VALUES: Final = 50_000
_SCALAR: Final = re.compile(rb"(?:N|b:([01])|i:([+-]?[0-9]{1,19})|d:([0-9.eE+-]{1,40}|-?INF|NAN));")
_SIZE: Final = re.compile(rb'(?:s:([0-9]{1,9}):"|a:([0-9]{1,9}):\{)')


def read_values(text: str) -> PhpValue:
    """Return the value in a text: serialised by PHP or, as newer versions of some plugins do, JSON.

    Keys of arrays are strings; JSON's lists get the keys "0", "1" … Raises ValueError for anything else, for more than
    40 levels, and for more than 50,000 values.
    """
    text = text.strip()
    if text[:1] in ("{", "["):
        try:
            return _from_json(json.loads(text), 0)
        except RecursionError:
            raise ValueError("too many levels") from None
    reader = _Reader(text.encode("utf-8", "surrogatepass"))
    value = reader.read(0)
    if not reader.is_at_end:
        raise ValueError("more than one value")
    return value


def _from_json(value: object, level: int) -> PhpValue:
    if level > _MOST_LEVELS:
        raise ValueError("too many levels")
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        return {str(key): _from_json(inner, level + 1) for key, inner in value.items()}
    assert value is None or isinstance(value, bool | int | float | str)
    return value


class _Reader:
    def __init__(self, text: bytes) -> None:
        self._text, self._place, self._count = text, 0, 0

    @property
    def is_at_end(self) -> bool:
        return self._place == len(self._text)

    def read(self, level: int) -> PhpValue:
        """Return the value at this place, and go on after it."""
        self._count += 1
        if self._count > _MOST_VALUES or level > _MOST_LEVELS:
            raise ValueError("too many values or levels")
        if scalar := _SCALAR.match(self._text, self._place):
            self._place = scalar.end()
            truth, whole, real = scalar.groups()
            if truth:
                return truth == b"1"
            return int(whole) if whole else float(real) if real else None
        sized = _SIZE.match(self._text, self._place)
        if not sized:
            raise ValueError(f"no value at byte {self._place}")
        self._place = sized.end()
        return self._string(int(sized[1])) if sized[1] else self._array(int(sized[2]), level)

    def _string(self, size: int) -> str:
        start, end = self._place, self._place + size
        if self._text[end : end + 2] != b'";':
            # The size is in bytes of the encoding that the site had.
            end = self._text.find(b'";', start)
            if end < 0:
                raise ValueError(f"a string has no end: byte {start}")
        self._place = end + 2
        return self._text[start:end].decode("utf-8", "replace")

    def _array(self, size: int, level: int) -> dict[str, PhpValue]:
        values: dict[str, PhpValue] = {}
        for _ in range(size):
            key = self.read(level + 1)
            if isinstance(key, bool) or not isinstance(key, int | str):
                raise ValueError(f"no key at byte {self._place}")
            values[str(key)] = self.read(level + 1)
        if self._text[self._place : self._place + 1] != b"}":
            raise ValueError(f"an array has no end: byte {self._place}")
        self._place += 1
        return values
