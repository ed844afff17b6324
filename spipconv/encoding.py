"""Encoding: a text that was encoded more than once comes in (``Ã©tÃ©``); the text that was meant goes out (``été``)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache

_LAYERS = 3

# windows-1252 as browsers read it: the five undefined bytes are control characters.
_TABLE = "".join(
    [chr(byte) if char == "\N{REPLACEMENT CHARACTER}" else char
     for byte, char in enumerate(bytes(range(256)).decode("cp1252", "replace"))]
)  # fmt: skip
_ENCODING = codecs.charmap_build(_TABLE)
_SIGNS = f"\x80-\x9f{re.escape(_TABLE[0x80:0xC0])}"
_MORE = f"[{_SIGNS}]"
# A character of two to four bytes in UTF-8, each of which was read as a character.
_MISREAD = f"[\xc2-\xdf]{_MORE}|[\xe0-\xef]{_MORE}{{2}}|[\xf0-\xf4]{_MORE}{{3}}"
_MISREAD_RUN = re.compile(f"(?:{_MISREAD})+")
# The same, with a space or a "?" in place of a character that could not be shown. Its alternatives come after what they
# have in common: a set of characters at the start is found in a quarter of the time.
_SUSPECT = re.compile(
    f"[\xc2-\xf4][{_SIGNS} ?](?:(?<=[\xc2-\xdf]{_MORE})|(?<=[\xe0-\xef]{_MORE}){_MORE}|(?<=[\xf0-\xf4]{_MORE})"
    f"{_MORE}{{2}}|(?<=\xc3[ ?])|(?<=\xe2\u20ac))"
)
# Characters that rarely occur in a text in a Latin charset.
_UNUSUAL = re.compile("[^\0-\u017f\u2000-\u22ff]")
# Scripts that Ü, Ý or ß before a sign would give.
_RARE = re.compile("[\u0700-\u07ff]")
# What the general rules let pass: Î, Œ where only French has it, and what is lost after a small letter.
_MORE_RULES = re.compile(
    "\xc3\u017d|(?<!\\w)\xc5\u2019(?=[A-Za-z])|\xc5\u2019(?=U)|(?<=[a-z\u2019'])\xc3[ ?]|\xe2\u20ac[ ?]"
)
# Â before a place to hyphenate: the general rules take it for a hyphen encoded twice.
_HYPHEN = "\xc2\xad"


def read_windows_1252(value: bytes) -> str:
    """Return the text of bytes in windows-1252, as browsers read it: every byte is a character."""
    return codecs.charmap_decode(value, "strict", _TABLE)[0]


def is_unusual(text: str) -> bool:
    """Return whether a text has characters that rarely occur in one from a Latin charset."""
    return _UNUSUAL.search(text) is not None


def is_misread(text: str) -> bool:
    """Return whether a text looks as if it was encoded twice, judged by the characters that occur together in real
    texts.
    """
    return _SUSPECT.search(text) is not None and (
        _MORE_RULES.search(text) is not None or _judge()(text.replace(_HYPHEN, ""))
    )


def repair_encoding(text: str) -> str:
    """Return the text that was meant by one that was encoded up to three times more than once.

    A text that does not look like one, or for which undoing that is not exactly possible, is returned as it is.
    """
    for _ in range(_LAYERS):
        if not is_misread(text):
            break
        better = _as_utf8(text) or _MISREAD_RUN.sub(_piece_as_utf8, text)
        if better == text:
            break
        text = better
    return text


def _piece_as_utf8(match: re.Match[str]) -> str:
    seen = match.string[max(match.start() - 1, 0) : match.end() + 1]
    return (_as_utf8(match[0]) if is_misread(seen) else None) or match[0]


def _as_utf8(text: str) -> str | None:
    """Return the text whose UTF-8, read as windows-1252 or ISO-8859-1, gives this text, or None."""
    for encode in (_to_windows, _to_latin1):
        with suppress(UnicodeError):
            better = encode(text).decode("utf-8")
            return None if _RARE.search(better) else better
    return None


def _to_windows(text: str) -> bytes:
    return codecs.charmap_encode(text, "strict", _ENCODING)[0]


def _to_latin1(text: str) -> bytes:
    return text.encode("latin-1")


@cache
def _judge() -> Callable[[str], bool]:
    # Most texts and most databases need it nowhere.
    from ftfy.badness import is_bad

    return is_bad
