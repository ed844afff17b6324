"""Words of other systems: a text comes in, and goes out so that SPIP reads no markup in it."""

from __future__ import annotations

import re
from typing import Final

_REFERENCE: Final = re.compile(r"&(?=#?\w+;)")
_ADDRESS: Final = re.compile(r"(?:https?:/|www\.)\S*", re.IGNORECASE)
_ADDRESS_START: Final = re.compile(r"(https?:|www)([/.])", re.IGNORECASE)
_ADDRESS_END: Final = re.compile(r"(?:https?:|www)\S*\Z", re.IGNORECASE)
# What SPIP would read as markup at the start of a line, and elsewhere.
_LINE_MARK: Final = re.compile(r"^([ \t]*)([-_—])", re.MULTILINE)
_MARKS: Final = str.maketrans({mark: f"&#{ord(mark)};" for mark in "{}[]|\\`~"} | {"<": "&lt;"})
# Characters at the end of a piece in which an address is looked for.
_LONGEST_END: Final = 2_000


def from_plain(text: str) -> str:
    """Return the SPIP markup of a plain text: its lines stay, and nothing in it is markup."""
    return escape_lines(escape_words(text.replace("\r\n", "\n").replace("\r", "\n"))).strip("\n")


def escape_words(text: str) -> str:
    """Return words in which SPIP reads no markup, wherever they stand in a line; it makes addresses in them links."""
    pieces, position = [], 0
    for match in _ADDRESS.finditer(text):
        pieces += [_escape_signs(text[position : match.start()]), _escape_address(match[0])]
        position = match.end()
    return "".join([*pieces, _escape_signs(text[position:])]).replace("--", "-&#45;")


def escape_lines(text: str) -> str:
    """Return lines of escaped words of which none begins a list, a rule or a dialogue."""
    return _LINE_MARK.sub(lambda match: f"{match[1]}&#{ord(match[2])};", text)


def ends_in_address(piece: str) -> bool:
    """Return whether SPIP may take what follows a piece of markup for a part of the address at its end."""
    return _ADDRESS_END.search(piece[-_LONGEST_END:]) is not None


def _escape_signs(text: str) -> str:
    return _REFERENCE.sub("&amp;", text).translate(_MARKS).replace("->", "-&gt;")


def _escape_address(address: str) -> str:
    """Return an address as it is, unless a sign in it must be escaped, which would be taken for a part of it."""
    if (escaped := _escape_signs(address)) == address and "--" not in address:
        return address
    return _ADDRESS_START.sub(lambda match: f"{match[1]}&#{ord(match[2])};", escaped)
