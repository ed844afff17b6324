"""The starts of lines and blocks: what would begin a block there, and prefixes of lines."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from spipconv.converters.flavours import COMMONMARK, Flavour
from spipconv.converters.markdown.escapes import any_of, hide

# The start of a line that would be read as a block; a backslash is needed after it. Headings, lists, quotes,
# definitions, fences, and lines of dashes, pipes and equal signs (rules and tables).
_LINE_START: Final = (
    r"(?=#{1,6}(?:[ \t]|\Z)|[-+:*~](?:[ \t]|\Z)|>|~~~|[:| \t]*-[-:| \t]*\Z|=+[ \t]*\Z|([*_])[ \t]*(?:\1[ \t]*){2,}\Z)"
    r"|\d{1,9}(?=[.)](?:[ \t]|\Z))"
)


@cache
def _line_start(flavour: Flavour) -> re.Pattern[str]:
    return any_of(flavour.line_start and f"(?={flavour.line_start})", _LINE_START)


def guard(line: str, flavour: Flavour = COMMONMARK) -> str:
    """Escape the start of a line if it would begin a block."""
    match = _line_start(flavour).match(line)
    if not match:
        return line
    end = match.end()
    return line[:end] + hide(line[end], flavour) + line[end + 1 :]


def hang(first: str, text: str, width: int) -> str:
    """Return text with a prefix before its first line and the other lines indented."""
    indent = " " * width
    head, *lines = text.split("\n")
    return "\n".join([first + head, *[indent + line if line else line for line in lines]])
