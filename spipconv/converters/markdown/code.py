"""Code in Markdown: between backticks, in fences, or as HTML where readers would look for markup in it."""

from __future__ import annotations

import re
from typing import Final

from spipconv.converters.flavours import Flavour
from spipconv.converters.markdown.escapes import any_of

_TICKS: Final = re.compile("`+")


def is_code(text: str, flavour: Flavour, *, in_line: bool = False) -> bool:
    """Return whether some code can be written between backticks."""
    return not any_of(flavour.not_in_code, flavour.not_in_span if in_line else "").search(text)


def code_span(text: str) -> str | None:
    """Return code between backticks, or None if it consists only of spaces."""
    text = text.replace("\n", " ")
    if not text.strip():
        return None
    ticks = "`" * (_longest_ticks(text) + 1 if "`" in text else 1)
    if "`" in text or text[0] == text[-1] == " ":
        text = f" {text} "
    return f"{ticks}{text}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Return a block of code between lines of backticks."""
    ticks = "`" * max(3, _longest_ticks(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def _longest_ticks(text: str) -> int:
    return max([len(run) for run in _TICKS.findall(text)], default=0)
