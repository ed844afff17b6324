"""File names, which may contain anything that the system allows: as keys for JSON, and as text for people.

Python reads a byte that is not UTF-8 as half a surrogate, which neither JSON nor UTF-8 can hold.
"""

from __future__ import annotations

import ntpath
import re

_HALVES = re.compile("[\ud800-\udfff]")
# No name of a file holds U+0000, so that no two names have the same key.
_ENCODED = re.compile("\0([0-9a-f]{4})")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE | re.DOTALL)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def encode_name(name: str) -> str:
    """Return a name as a key: text that UTF-8 can hold, different for every name."""
    return name if name.isascii() else _HALVES.sub(lambda half: f"\0{ord(half[0]):04x}", name)


def show_key(key: str) -> str:
    """Return a key as text for people."""
    return show(_ENCODED.sub(lambda half: chr(int(half[1], 16)), key)) if "\0" in key else key


def show(text: str) -> str:
    r"""Return a text that UTF-8 can hold: bytes of names that are not UTF-8 appear as ``\xe9``."""
    return text if text.isascii() else _HALVES.sub(_show_half, text)


def _show_half(half: re.Match[str]) -> str:
    code = ord(half[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def why_windows_refuses(name: str) -> str:
    """Return why Windows cannot have a file with this name (a path with ``/``), or an empty string."""
    for part in name.split("/"):
        if _RESERVED.fullmatch(part):
            return f'"{part}" is a name that Windows reserves for a device'
        if part.endswith((" ", ".")) and part not in (".", ".."):
            return f'"{part}" ends with a space or a full stop, which Windows drops'
        if forbidden := _FORBIDDEN.search(part):
            return f'"{part}" contains {forbidden[0]!r}, which Windows forbids in names'
    return ""


def to_slashes(path: str, separator: str) -> str:
    r"""Return a path with ``/`` between its parts, where the system uses another separator (``\``)."""
    if separator == "/":
        return path
    return path.replace(ntpath.sep, "/")
