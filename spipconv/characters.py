"""Characters that are written otherwise: as references in HTML (``&eacute;``), with percent signs in addresses.

Python's own modules for them take 5 ms to import; the first text that needs one waits for it.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(1000)
def find_entity(name: str) -> str | None:
    """Return what an entity of HTML stands for, or None: ``é`` for ``eacute``."""
    from html.entities import html5

    return html5.get(f"{name};")


def decode_references(text: str) -> str:
    """Return a text with the character references in it decoded as browsers do, those without a semicolon too."""
    if "&" not in text:
        return text
    from html import unescape

    return unescape(text)


def percent_encode(text: str, safe: str = "") -> str:
    """Return a text as a part of an address: letters, digits, ``_.-~`` and the characters of ``safe`` stay.

    Raises UnicodeEncodeError for half a surrogate.
    """
    if text.isascii() and text.isalnum():
        return text
    from urllib.parse import quote

    return quote(text, safe)


def percent_decode(text: str) -> str:
    """Return a part of an address with what is encoded in it decoded; bytes that are not UTF-8 become U+FFFD."""
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)
