"""Tooltips: a piece of SPIP text comes in, its words without the marks of shortcuts go out, for an attribute.

SPIP does not read the shortcuts in a tooltip, it removes their marks (``nettoyer_raccourcis_typo``).
"""

from __future__ import annotations

import re
from typing import Final

from spipconv.parsing.typography import NO_BREAK_SPACE

_LINE_MARK: Final = re.compile(r"^(?:-+[*#]*|_+ )[ \u00a0]*", re.MULTILINE)
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n\s*")


def remove_marks(text: str) -> str:
    """Return a text without braces, rows of tables and the marks at the starts of lines, on one line a paragraph."""
    text = _without_rows(text).replace("{", "").replace("}", "").replace(NO_BREAK_SPACE, " ")
    if "\n" not in text and text[:1] not in "-_":
        return text.strip()
    text = _LINE_MARK.sub("", text)
    return "\n\n".join([part.replace("\n", " ").strip() for part in _BLANK_LINE.split(text)]).strip()


def _without_rows(text: str) -> str:
    """Return a text without the rows of tables: from a bar that begins a line to one that ends a line."""
    if "|" not in text:
        return text
    lines = text.split("\n")
    last = max((index for index, line in enumerate(lines) if line.endswith("|")), default=-1)
    kept: list[str] = []
    in_row = False
    for index, line in enumerate(lines):
        begins = not in_row and line.startswith("|") and index <= last
        if begins or in_row:
            in_row = not line.endswith("|") or (begins and len(line) == 1)
        else:
            kept.append(line)
    return "\n".join(kept)
