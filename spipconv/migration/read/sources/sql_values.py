"""The values of literals and expressions in a dump: a value as it is written comes in, its bytes go out."""

from __future__ import annotations

import re

from spipconv.migration.read.sources.protocol import RawValue
from spipconv.migration.read.sources.sql_syntax import STANDARD, Dialect, syntax

_ESCAPES = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"Z": b"\x1a"}
_COMMON = [(b"\\n", b"\n"), (b"\\r", b"\r"), (b"\\'", b"'"), (b'\\"', b'"')]
# These two stay as they are written.
_ESCAPE = re.compile(rb"\\([^%_])")
# PostgreSQL's escapes, in E'…' and in the rows of COPY.
_OTHER_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_OTHER_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])")
# SQLite's unistr(): \XXXX, \uXXXX, \+XXXXXX and \UXXXXXXXX.
_UNISTR = re.compile(rb"\\(?:\\|u?([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|U([0-9a-fA-F]{8}))")
_DEEPEST = 8
_CAST = re.compile(rb"\s*+::\s*+(?:[\w. ]|\"[^\"]*+\")++(?:\([\d, ]*+\))?+(?:\[\d*+\])*+")
_AS = re.compile(rb"\s*+AS\b[^()]*+(?:\([^()]*+\)[^()]*+)?", re.IGNORECASE)
_CALL = re.compile(rb"(\w++)\s*+\(")
_SPACES = re.compile(rb"\s*+")


def literal(raw: bytes, dialect: Dialect) -> RawValue:
    """Return the value of a literal; for a string, its bytes, whatever its introducer says.

    Outside MySQL it may be an expression. Raises ValueError if it cannot be computed.
    """
    if dialect.is_mysql:
        return mysql_literal(raw, dialect.escapes)
    if raw[0] == 0x27 and raw.find(b"'", 1) == len(raw) - 1 and not dialect.escapes:
        return raw[1:-1]
    value, end = _joined(raw, 0, dialect, 0)
    if end < len(raw):
        raise ValueError("its end is not understood")
    return value


def mysql_literal(raw: bytes, escapes: bool) -> RawValue:
    """Return the value of a literal in a dump of MySQL's, as ``literal`` does, sooner."""
    if raw[0] in b"'\"":
        return _unquoted(raw, escapes)
    if raw[0] in b"-+.0123456789":
        return _from_hex(raw[2:]) if raw[:2] in {b"0x", b"0X"} else raw
    if raw[-1] in b"'\"":
        before, _, _ = raw.partition(raw[-1:])
        return _prefixed(before, _unquoted(raw[len(before) :], escapes))
    if raw[:1] == b"_":
        return _from_hex(raw.lower().rpartition(b"0x")[2])
    return _word(raw)


def _prefixed(prefix: bytes, content: bytes) -> bytes:
    """Return the value of a string with a prefix: hexadecimal digits, bits, or text."""
    match prefix.upper():
        case b"X":
            return _from_hex(content)
        case b"B":
            return str(int(content or b"0", 2)).encode()
    return content


def _word(raw: bytes) -> RawValue:
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


# ---- Expressions ----


def _joined(raw: bytes, place: int, dialect: Dialect, depth: int) -> tuple[RawValue, int]:
    """Return the value of what is joined by ``||`` from a place on, and where it ends. NULL makes all of it NULL."""
    parts: list[RawValue] = []
    while True:
        value, place = _single(raw, _after_space(raw, place), dialect, depth)
        while cast := _CAST.match(raw, place):
            place = cast.end()
        parts.append(value)
        place = _after_space(raw, place)
        if not raw.startswith(b"||", place):
            break
        place += 2
    return (None if None in parts else b"".join([part or b"" for part in parts])), place


def _single(raw: bytes, place: int, dialect: Dialect, depth: int) -> tuple[RawValue, int]:
    call = _CALL.match(raw, place)
    if call:
        return _called(call[1].lower(), raw, call.end(), dialect, depth + 1)
    found = syntax(dialect).token.match(raw, place)
    if found is None:
        raise ValueError("a value is missing")
    token = found[0]
    if token[:2] in {b"e'", b"E'"} or (token[:1] == b"'" and dialect.escapes):
        return unescape(token.lstrip(b"eE")[1:-1].replace(b"''", b"'")), found.end()
    if token[:1] in b"'\"":
        return _unquoted(token, escapes=False), found.end()
    if raw[found.end() : found.end() + 1] == b"'" and token.upper() in {b"X", b"B", b"N"}:
        string = syntax(STANDARD).token.match(raw, found.end())
        assert string
        return _prefixed(token, _unquoted(string[0], escapes=False)), string.end()
    number = syntax(dialect).value.match(raw, place)
    if number is None:
        raise ValueError("a value is missing")
    text, _, _ = number[0].partition(b"::")
    text = text.partition(b"||")[0].rstrip()
    return _word(text), place + len(text)


def _called(name: bytes, raw: bytes, place: int, dialect: Dialect, depth: int) -> tuple[RawValue, int]:
    """Return the value of a function whose arguments begin at a place, and where it ends."""
    if depth > _DEEPEST:
        raise ValueError("calls of functions are nested too deeply")
    arguments: list[RawValue] = []
    place = _after_space(raw, place)
    while not raw.startswith(b")", place):
        value, place = _joined(raw, place, dialect, depth)
        arguments.append(value)
        if name == b"cast" and (kind := _AS.match(raw, place)):
            place = kind.end()
        place = _after_space(raw, place)
        if raw.startswith(b",", place):
            place = _after_space(raw, place + 1)
        elif not raw.startswith(b")", place):
            raise ValueError("the arguments of a function do not end")
    return _computed(name, arguments), place + 1


def _computed(name: bytes, arguments: list[RawValue]) -> RawValue:
    values = [value for value in arguments if value is not None]
    if len(values) < len(arguments):
        return None
    match name, values:
        # In dumps, it puts line ends in the place of their names; what grows could grow without end.
        case b"replace", [text, old, new] if len(new) <= len(old):
            return text.replace(old, new) if old else text
        case ((b"char" | b"chr"), codes):
            return "".join([chr(int(code)) for code in codes]).encode("utf-8", "replace")
        case b"unistr", [text]:
            return _UNISTR.sub(_character, text)
        case b"cast", [value]:
            return value
    raise ValueError(f"the function {name.decode('utf-8', 'replace')[:20]}() is not understood")


def _character(found: re.Match[bytes]) -> bytes:
    digits = found[1] or found[2] or found[3]
    return chr(int(digits, 16)).encode("utf-8", "replace") if digits else b"\\"


def _after_space(raw: bytes, place: int) -> int:
    space = _SPACES.match(raw, place)
    assert space
    return space.end()


def unescape(text: bytes) -> bytes:
    """Undo PostgreSQL's escapes in a text."""
    if b"\\" not in text:
        return text
    return b"\\".join([_unescaped_piece(piece) for piece in text.split(b"\\\\")])


def _unescaped_piece(text: bytes) -> bytes:
    """Undo the escapes in a text without escaped backslashes."""
    for written, meant in _COMMON:
        text = text.replace(written, meant)
    return _OTHER_ESCAPE.sub(_meant, text) if b"\\" in text else text


def _meant(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if len(code) > 1 and code[:1] in b"uU":
        return chr(min(int(code[1:], 16), 0x10FFFF)).encode("utf-8", "replace")
    if code[:1] == b"x" and len(code) > 1:
        return bytes([int(code[1:], 16)])
    if code.isdigit() and code < b"8":
        return bytes([int(code, 8) & 0xFF])
    return _OTHER_ESCAPES.get(code, code)


def copied(field: bytes) -> RawValue:
    """Return the value of a field in the rows of COPY."""
    return None if field == rb"\N" else unescape(field)
