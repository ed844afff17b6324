"""The syntax of dumps: the patterns of values, rows and statements, in each dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple


class Dialect(NamedTuple):
    """How a dump is written. ``escapes``: a backslash in a plain text escapes the character after it.

    ``is_mysql``: by MySQL or MariaDB; else as the SQL standard says, as by SQLite and PostgreSQL.
    """

    is_mysql: bool
    escapes: bool


MYSQL = Dialect(is_mysql=True, escapes=True)
STANDARD = Dialect(is_mysql=False, escapes=False)


class Syntax(NamedTuple):
    """The patterns of a dialect. What is begun may become space, the rest of a row or a value when more is read."""

    token: re.Pattern[bytes]
    value: re.Pattern[bytes]
    skipped: re.Pattern[bytes]
    spaces: re.Pattern[bytes]
    begun_space: re.Pattern[bytes]
    begun_row: re.Pattern[bytes]
    begun_value: re.Pattern[bytes]
    line_comment: re.Pattern[bytes]


_BLOCK = rb"[^*]*+(?:\*(?!/)[^*]*+)*+\*/"
# The content of /*!40101 … */ counts. Under 999999 it is for the client that loads the dump.
_MYSQL_COMMENT = rb"--(?=[\x00-\x20])[^\n]*+\n|#[^\n]*+\n|/\*(?:M!999999|(?!M?!))" + _BLOCK
_CONDITION = rb"/\*M?!(?!999999)\d*+(?=[\s\S])"
_MYSQL_SPACE = rb"(?:\s++|" + _MYSQL_COMMENT + b"|" + _CONDITION + rb"|\*/)*+"
_MYSQL_BEGUN = rb"/(?:\*|\Z)|-(?:-[\x00-\x20]|-?\Z)|#|\*\Z|\Z"
_COMMENT = rb"--[^\n]*+\n|/\*" + _BLOCK
_SPACE = rb"(?:\s++|" + _COMMENT + b")*+"
_BEGUN = rb"/(?:\*|\Z)|-(?:-|\Z)|\Z"
_NAME = rb"`[^`]*+(?:``[^`]*+)*+`"
_NUMBER = rb"[-+]?+\.?+[0-9][\w.]*+(?:(?<=[eE])[-+]\d++)?+"
# PostgreSQL's strings between tags: $$ … $$ and $body$ … $body$.
_TAGGED = rb"\$(\w*+)\$[\s\S]*?\$\1\$|\$(?!\w*+(?:\$|\Z))"
# How deeply calls of functions are nested that are matched in one piece.
_DEEPEST_CALL = 3


def _string(quote: bytes, *, escapes: bool) -> bytes:
    if escapes:
        return rb"Q[^Q\\]*+(?:(?:\\[\s\S]|QQ)[^Q\\]*+)*+Q".replace(b"Q", quote)
    return rb"Q[^Q]*+(?:QQ[^Q]*+)*+Q".replace(b"Q", quote)


_ESCAPED = rb"[eE]" + _string(b"'", escapes=True)


def _mysql_value(escapes: bool) -> bytes:
    string, other = _string(b"'", escapes=escapes), _string(b'"', escapes=escapes)
    introduced = rb"(?:_\w++\s*+|[NnXxBb])(?:" + string + b"|" + other + rb")|_\w++\s*+0[xX]\w*+"
    return b"(?:" + b"|".join([string, _NUMBER, introduced, rb"[A-Za-z]\w*+(?!['\"])", other]) + b")"


def _standard_value(escapes: bool) -> bytes:
    """Return the pattern of a literal or a call of a function, cast or not.

    Those that are joined by ``||``, which few tools write, are read value by value.
    """
    string, other = _string(b"'", escapes=escapes), _string(b'"', escapes=False)
    arguments = rb"(?!)"
    for _ in range(_DEEPEST_CALL):
        inside = b"|".join([_ESCAPED, string, other, rb"[^'\"()eE]++", arguments, rb"[eE](?!')"])
        arguments = rb"\((?:" + inside + rb")*+\)"
    call = rb"\w++\s*+" + arguments
    literal = b"|".join([string, _NUMBER, _ESCAPED, rb"[NnXxBb]" + string, call, rb"[A-Za-z]\w*+(?!['\"(])", other])
    cast = rb"(?:\s*+::\s*+(?:[\w. ]|\"[^\"]*+\")++(?:\([\d, ]*+\))?+(?:\[\d*+\])*+)*+"
    return rb"(?:(?:" + literal + b")" + cast + b")"


@cache
def syntax(dialect: Dialect) -> Syntax:
    """Return the patterns of a dialect."""
    escapes = dialect.escapes
    strings = [_string(b"'", escapes=escapes), _string(b'"', escapes=escapes and dialect.is_mysql), _NAME]
    if dialect.is_mysql:
        quoted = b"|".join(strings)
        begun, space, value = _MYSQL_BEGUN, _MYSQL_SPACE, _mysql_value(escapes)
        begun_row = begun + rb"|[-+.\w]+\Z"
        begun_value = begun_row + rb"|_\w+\s*\w*\Z|(?:_\w+\s*|[NnXxBb])?['\"]"
        skipped = [rb"[^'\"`;#/\-]++", quoted, _MYSQL_COMMENT, _CONDITION, rb"/(?=[^*])", rb"-(?=[^-]|-[^\x00-\x20])"]
    else:
        quoted = b"|".join([_ESCAPED, *strings])
        begun, space, value = _BEGUN, _SPACE, _standard_value(escapes)
        # After a value, a cast may go on.
        begun_row = begun + rb"|[-+.\w]+\Z|[:|(\[\"]"
        begun_value = begun_row + rb"|[NnXxBbEe]?['\"]|\w+\s*\("
        skipped = [rb"[^'\"`;/\-$eE]++", quoted, rb"[eE](?=[^'])", _COMMENT, _TAGGED, rb"/(?=[^*])", rb"-(?=[^-])"]
    return Syntax(
        token=re.compile(quoted + rb"|[\w$@\x80-\xff]++|[\s\S]"),
        value=re.compile(value),
        skipped=re.compile(b"(?:" + b"|".join(skipped) + b")*+"),
        spaces=re.compile(space),
        begun_space=re.compile(begun),
        begun_row=re.compile(begun_row),
        begun_value=re.compile(begun_value),
        line_comment=re.compile(rb"#|--[\x00-\x20]" if dialect.is_mysql else rb"--"),
    )


@cache
def row(count: int, wanted: Sequence[int], dialect: Dialect) -> re.Pattern[bytes]:
    """Return the pattern of a row of ``count`` values: a group for each wanted value, and one for the sign after the
    row.
    """
    parts = syntax(dialect)
    space, value = parts.spaces.pattern, parts.value.pattern
    values = [b"(" + value + b")" if place in wanted else value for place in range(count)]
    inside = (space + b"," + space).join(values)
    return re.compile(space + rb"\(" + space + inside + space + rb"\)(?:" + space + b"([,;]))?+")


def name_of(token: bytes) -> str:
    """Return the name of a token, without its quotes."""
    quote = token[:1]
    if quote in {b"`", b'"', b"'"}:
        token = token[1:-1].replace(quote + quote, quote)
    return token.decode("utf-8", "replace")
