"""Texts that are too long for a page: they are kept as they are in the source, for a file of the output folder."""

from __future__ import annotations

from spipconv.migration.read.database import LONGEST_TEXT, MOST_SIGNS, WorkingDatabase
from spipconv.migration.read.raw_texts import RAW_TEXT_FOLDER, raw_fields
from spipconv.migration.read.sources import TooLong

_SIGNS = (b"\n", b"|", b"[", b"{", b"<")
# The size, in bytes, of texts whose signs are not worth counting.
_FEW = 10_000


def count_signs(value: bytes) -> int:
    """Return the number of signs in a text that may be markup, each of which may take a kilobyte of memory."""
    return sum(map(value.count, _SIGNS)) if len(value) > _FEW else 0


def keep_long_text(database: WorkingDatabase, kind: str, number: int, column: str, value: bytes) -> str:
    """Keep the value of a column if it is a text for visitors; return words for its size."""
    size = value.size if isinstance(value, TooLong) else len(value)
    words = f"{size:,} bytes" if size else "too many bytes"
    if size <= LONGEST_TEXT and (signs := count_signs(value)) > MOST_SIGNS:
        words += f", {signs:,} signs of markup"
    if column in raw_fields(kind):
        database.db.execute("INSERT INTO too_long VALUES (?, ?, ?, ?)", (kind, number, column, size))
        if isinstance(value, TooLong) and value.pieces is None:
            # A server, or a table of SQLite without row numbers.
            return f"{words}; the source does not give it in pieces, so it is not kept"
        pieces = value.pieces() if isinstance(value, TooLong) and value.pieces else (value,)
        database.keep_pieces(f"{RAW_TEXT_FOLDER}/{kind}-{number}-{column}.txt", pieces)
    return words
