"""A message in a letter: its SPIP markup comes in; lines of plain words go out, each behind a mark of quotation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from spipconv.api import render
from spipconv.contents import links
from spipconv.forum.lines import DIRECTIONS, flatten
from spipconv.forum.records import Message
from spipconv.parsing.parser import parse
from spipconv.safety import printable

# Characters in a line, of which the mark takes two.
WIDTH = 72
_MARK = "> "
# Characters of a message, and addresses of its links.
_MOST_TEXT = 4_000
_MOST_LINKS = 20
_LONGEST_ADDRESS = 200


def quote_message(message: Message) -> str:
    """Return a message as quoted lines: its words as the published page has them, then the addresses of its links.

    Behind the mark, no line of a stranger can pass for one of the letter's own. What is too long ends with ``…``.
    """
    document = parse(message.text, profile="comment", lang=message.language).document
    words = printable(DIRECTIONS.sub("", render(document, "text"))).expandtabs(4)
    lines = list(_wrap(words[:_MOST_TEXT].splitlines()))
    if len(words) > _MOST_TEXT:
        lines.append("…")
    addresses = list(dict.fromkeys(flatten(link.address, _LONGEST_ADDRESS) for link in links(document)))
    if addresses:
        lines += ["", *(f"→ {address}" for address in addresses[:_MOST_LINKS])]
    if len(addresses) > _MOST_LINKS:
        lines.append("→ …")
    return "\n".join((_MARK + line).rstrip() for line in lines or [""])


def wrap(text: str) -> str:
    """Return paragraphs of a letter in lines of decent length; addresses are never divided."""
    return "\n".join(_wrap(text.splitlines(), WIDTH))


def _wrap(lines: Iterable[str], width: int = WIDTH - len(_MARK)) -> Iterator[str]:
    for line in lines:
        indent = line[: len(line) - len(line.lstrip(" "))][:8]
        yield from textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]
