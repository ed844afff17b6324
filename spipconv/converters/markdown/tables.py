"""Tables in Markdown: cells come in, lines with aligned columns go out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

# How many times longer than its cells a table may become for its columns to be aligned.
_MOST: Final = 10
_SHORT: Final = 4_000
# Characters that do not take one column; those of Latin texts do.
_MAY_BE_WIDE: Final = re.compile("[^\x00-\u02ff\u2010-\u2027\u202f-\u205e\u20a0-\u20bf]").search


def lay_out(rows: Sequence[Sequence[str]], rules: Sequence[str]) -> str:
    """Return the lines of a table, of which the first row is the head; ``rules`` align its columns (``--:``).

    The columns are as wide as their longest cell, unless that would make the table many times longer.
    """
    sizes = [[_width(cell) for cell in row] for row in rows]
    widths = [max(3, *[row[column] for row in sizes]) for column in range(len(rules))]
    if len(rows) * sum(widths) > _SHORT + _MOST * sum(map(sum, sizes)):
        widths = [3] * len(rules)
    first, *others = [_line(row, size, widths, rules) for row, size in zip(rows, sizes, strict=True)]
    rule = [f"{rule[0]}{'-' * (width - 2)}{rule[-1]}" for rule, width in zip(rules, widths, strict=True)]
    return "\n".join([first, f"| {' | '.join(rule)} |", *others])


def _line(cells: Sequence[str], sizes: Sequence[int], widths: Sequence[int], rules: Sequence[str]) -> str:
    padded = [
        _pad(cell, width - size, rule) for cell, size, width, rule in zip(cells, sizes, widths, rules, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


def _pad(cell: str, missing: int, rule: str) -> str:
    missing = max(0, missing)
    before = {"--:": missing, ":-:": missing // 2}.get(rule, 0)
    return " " * before + cell + " " * (missing - before)


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if not _MAY_BE_WIDE(text):
        return len(text)
    return sum([_columns(character) for character in text])


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
