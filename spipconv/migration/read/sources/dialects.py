"""The dialect of a dump: its beginning, or all of its texts, come in; how it is written goes out."""

from __future__ import annotations

import re
from io import BufferedReader
from typing import NamedTuple

from spipconv.migration.read.sources.sql_syntax import MYSQL, STANDARD, Dialect

# Bytes at the beginning of a dump in which tools name themselves, and of the texts that are looked at in one piece.
HEAD = 1 << 18
_PIECE = 1 << 20
_FIRST_ROWS = re.compile(rb"^[ \t]*(?:INSERT|REPLACE)\b[^']*?\bVALUES?\b", re.IGNORECASE | re.MULTILINE)
_TOOLS = re.compile(
    rb"^(?:--|#|/?\*)?[ -]*"
    rb"(?:(?P<mysql>(?:MySQL|MariaDB) dump|phpMyAdmin|Sequel \w+ SQL dump|Adminer \S+ (?:MySQL|MariaDB)"
    rb"|Source Server Type\s*:\s*(?:MySQL|MariaDB))|PostgreSQL database|phpLiteAdmin|Adminer \S+ (?:SQLite|PostgreSQL)"
    rb"|Source Server Type\s*:\s*(?:SQLite|PostgreSQL))",
    re.IGNORECASE | re.MULTILINE,
)
_STANDARD = re.compile(
    rb"^[ \t]*(?:PRAGMA\b|BEGIN TRANSACTION|COPY\b[^;]*\bFROM stdin|\\(?:un)?restrict\b|\\connect\b)"
    rb"|\bstandard_conforming_strings\b|\bpg_catalog\b|\bAUTOINCREMENT\b|\bsqlite_sequence\b|\bWITHOUT ROWID\b"
    rb"|\bCOLLATE NOCASE\b|\bcharacter varying\b|\bOWNER TO\b",
    re.IGNORECASE | re.MULTILINE,
)
_MYSQL = re.compile(
    rb"`|/\*M?!\d|\bENGINE\s*=|\bAUTO_INCREMENT\b|\bSQL_MODE\b|^(?:UN)?LOCK TABLES\b|^SET NAMES\b",
    re.IGNORECASE | re.MULTILINE,
)
# A backslash and what follows it. After the quote that ends a text, nothing else can follow.
_PAIR = re.compile(rb"\\(?:\\|'(?P<inside>\s*+[^\s,);:|'])|(?P<written>[0nrZ'\"])|(?P<other>[^\n]))")
_COMMENT = re.compile(rb"^--[^\n]*$", re.MULTILINE)


class Finding(NamedTuple):
    """A dialect, and whether the dump leaves no doubt about it."""

    dialect: Dialect
    is_sure: bool = True


def name_dialect(head: bytes) -> Dialect | None:
    """Return the dialect that the beginning of a dump names or shows before its first row; None if it does not."""
    rows = _FIRST_ROWS.search(head)
    head = head[: rows.end()] if rows else head
    tool = _TOOLS.search(head)
    if tool:
        return MYSQL if tool["mysql"] else STANDARD
    if _STANDARD.search(head):
        return STANDARD
    return MYSQL if _MYSQL.search(head) else None


def judge_texts(stream: BufferedReader) -> Finding:
    """Return the dialect that the texts of a dump are written in, by what only one of the two would write.

    The tools of MySQL write a backslash before quotes, backslashes and the signs of line ends, and nothing else; texts
    of SPIP have line ends, which are real ones elsewhere.
    """
    has_line_ends, has_pairs, is_standard, is_inside = False, False, False, False
    rest = b""
    while piece := stream.read(_PIECE):
        data = rest + piece
        end = data.rfind(b"\n") + 1 or len(data)
        data, rest = data[:end], data[end:]
        for pair in _PAIR.finditer(data):
            if pair["inside"]:
                return Finding(MYSQL)
            has_pairs = has_pairs or bool(pair["written"]) or pair[0] == b"\\\\"
            is_standard = is_standard or bool(pair["other"])
        for part in _COMMENT.sub(b"", data).split(b"'"):
            has_line_ends = has_line_ends or (is_inside and b"\n" in part)
            is_inside = not is_inside
        is_inside = not is_inside  # after the last part, no quote follows
    if is_standard or (has_pairs and has_line_ends):
        return Finding(STANDARD)
    return Finding(MYSQL, is_sure=not has_pairs)
