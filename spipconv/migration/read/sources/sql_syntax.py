"""The syntax of values, rows and statements in a MySQL dump: patterns, and the values of literals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from spipconv.migration.read.sources.protocol import RawValue


class Syntax(NamedTuple):
    """The patterns of one syntax of strings."""

    token: re.Pattern[bytes]
    value: re.Pattern[bytes]
    skipped: re.Pattern[bytes]


# The content of /*!40101 … */ counts. Under 999999 it is for the client that loads the dump.
_COMMENT = rb"--(?=[\x00-\x20])[^\n]*+\n|#[^\n]*+\n|/\*(?:M!999999|(?!M?!))[^*]*+(?:\*(?!/)[^*]*+)*+\*/"
_CONDITION = rb"/\*M?!(?!999999)\d*+(?=[\s\S])"
_SPACE = rb"(?:\s++|" + _COMMENT + b"|" + _CONDITION + rb"|\*/)*+"
# Text that may turn out to be space when more is read.
_BEGUN_SPACE = rb"/(?:\*|\Z)|-(?:-[\x00-\x20]|-?\Z)|#|\*\Z|\Z"
MAYBE_SPACE = re.compile(_BEGUN_SPACE)
# The same for the rest of a row: a word may continue after the window.
BEGUN = re.compile(_BEGUN_SPACE + rb"|[-+.\w]+\Z")
BEGUN_VALUE = re.compile(BEGUN.pattern + rb"|_\w+\s*\w*\Z|(?:_\w+\s*|[NnXxBb])?['\"]")
SPACES = re.compile(_SPACE)
_NAME = rb"`[^`]*+(?:``[^`]*+)*+`"


def _string(quote: bytes, *, escapes: bool) -> bytes:
    if escapes:
        return rb"Q[^Q\\]*+(?:(?:\\[\s\S]|QQ)[^Q\\]*+)*+Q".replace(b"Q", quote)
    return rb"Q[^Q]*+(?:QQ[^Q]*+)*+Q".replace(b"Q", quote)


def _value(escapes: bool) -> bytes:
    string, other = _string(b"'", escapes=escapes), _string(b'"', escapes=escapes)
    number = rb"[-+]?+\.?+[0-9][\w.]*+(?:(?<=[eE])[-+]\d++)?+"
    introduced = rb"(?:_\w++\s*+|[NnXxBb])(?:" + string + b"|" + other + rb")|_\w++\s*+0[xX]\w*+"
    return b"(?:" + b"|".join([string, number, introduced, rb"[A-Za-z]\w*+(?!['\"])", other]) + b")"


@cache
def syntax(escapes: bool) -> Syntax:
    """Return the patterns; ``escapes``: a backslash escapes."""
    quoted = b"|".join([_string(b"'", escapes=escapes), _string(b'"', escapes=escapes), _NAME])
    skipped = [rb"[^'\"`;#/\-]++", quoted, _COMMENT, _CONDITION, rb"/(?=[^*])", rb"-(?=[^-]|-[^\x00-\x20])"]
    return Syntax(
        token=re.compile(quoted + rb"|[\w$@\x80-\xff]++|[\s\S]"),
        value=re.compile(_value(escapes)),
        skipped=re.compile(b"(?:" + b"|".join(skipped) + b")*+"),
    )


@cache
def row(count: int, wanted: Sequence[int], escapes: bool) -> re.Pattern[bytes]:
    """Return the pattern of a row of ``count`` values: a group for each wanted value, and one for the sign after the
    row.
    """
    value = _value(escapes)
    values = [b"(" + value + b")" if place in wanted else value for place in range(count)]
    inside = (_SPACE + b"," + _SPACE).join(values)
    return re.compile(_SPACE + rb"\(" + _SPACE + inside + _SPACE + rb"\)(?:" + _SPACE + b"([,;]))?+")


_ESCAPES = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"Z": b"\x1a"}
_COMMON = [(b"\\n", b"\n"), (b"\\r", b"\r"), (b"\\'", b"'"), (b'\\"', b'"')]
# These two stay as they are written.
_ESCAPE = re.compile(rb"\\([^%_])")


def literal(raw: bytes, escapes: bool) -> RawValue:
    """Return the value of a literal; for a string, its bytes, whatever its introducer says."""
    if raw[0] in b"'\"":
        return _unquoted(raw, escapes)
    if raw[0] in b"-+.0123456789":
        return _from_hex(raw[2:]) if raw[:2] in {b"0x", b"0X"} else raw
    if raw[-1] in b"'\"":
        before, _, _ = raw.partition(raw[-1:])
        content = _unquoted(raw[len(before) :], escapes)
        match before.upper():
            case b"X":
                return _from_hex(content)
            case b"B":
                return str(int(content or b"0", 2)).encode()
        return content
    if raw[:1] == b"_":
        return _from_hex(raw.lower().rpartition(b"0x")[2])
    match raw.upper():
        case b"NULL" | b"DEFAULT":
            return None
        case b"TRUE":
            return b"1"
        case b"FALSE":
            return b"0"
    return raw


def _unquoted(raw: bytes, escapes: bool) -> bytes:
    text, quote = raw[1:-1], raw[:1]
    if not escapes or b"\\" not in text:
        return text.replace(quote + quote, quote)
    return b"\\".join([_unescaped(piece.replace(quote + quote, quote)) for piece in text.split(b"\\\\")])


def _unescaped(text: bytes) -> bytes:
    """Undo the escapes in a text without escaped backslashes."""
    for written, meant in _COMMON:
        text = text.replace(written, meant)
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), text) if b"\\" in text else text


def _from_hex(digits: bytes) -> bytes:
    return bytes.fromhex((b"0" * (len(digits) % 2) + digits).decode("ascii"))


def name_of(token: bytes) -> str:
    """Return the name of a token, without its quotes."""
    quote = token[:1]
    if quote in {b"`", b'"', b"'"}:
        token = token[1:-1].replace(quote + quote, quote)
    return token.decode("utf-8", "replace")
