"""Decode the texts of a SPIP database: twenty years of charsets, and texts that were encoded more than once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache

REPAIRED = "encoding-repaired"
DOUBTFUL = "encoding-doubtful"
_LAYERS = 3

# windows-1252 as browsers read it: the five undefined bytes are control characters.
_TABLE = "".join(
    [chr(byte) if char == "\N{REPLACEMENT CHARACTER}" else char
     for byte, char in enumerate(bytes(range(256)).decode("cp1252", "replace"))]
)  # fmt: skip
_ENCODING = codecs.charmap_build(_TABLE)
_MORE = f"[\x80-\x9f{re.escape(_TABLE[0x80:0xC0])}]"
# A character of two to four bytes in UTF-8, each of which was read as a character.
_MISREAD = f"[\xc2-\xdf]{_MORE}|[\xe0-\xef]{_MORE}{{2}}|[\xf0-\xf4]{_MORE}{{3}}"
_MISREAD_RUN = re.compile(f"(?:{_MISREAD})+")
# The same, with a space or a "?" in place of a character that could not be shown.
_SUSPECT = re.compile(f"{_MISREAD}|\xc3[ ?]|\xe2\u20ac")
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


class Decoder:
    """Decodes values. ``charset`` is the charset that the source declares."""

    def __init__(self, charset: str = "utf-8") -> None:
        self._charset = charset

    def decode(self, value: bytes | None) -> tuple[str, str]:
        """Return the text and the code of its issue: ``REPAIRED``, ``DOUBTFUL`` or "".

        NUL, which neither pages nor file names may contain, becomes U+FFFD, without an issue.
        """
        if not value:
            return "", ""
        text, code = (value.decode("ascii"), "") if value.isascii() else self._decoded(value)
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}"), code

    def _decoded(self, value: bytes) -> tuple[str, str]:
        try:
            text, code = value.decode("utf-8"), ""
        except UnicodeDecodeError as error:
            text, code = self._of_one_byte(value, error), REPAIRED
        else:
            # Capitals and signs may by chance be UTF-8 also: "CAFÉ»".
            if self._charset == "cp1252" and _UNUSUAL.search(text) and not _is_misread(latin := _from_windows(value)):
                return latin, REPAIRED
        return _read_again(text, code) if _SUSPECT.search(text) else (text, code)

    def _of_one_byte(self, value: bytes, error: UnicodeDecodeError) -> str:
        """Return the text of bytes that are not UTF-8."""
        begun = value[: error.start]
        if error.reason == "unexpected end of data" and _is_misread(_from_windows(begun)):
            # A column was too short for a text in UTF-8.
            return begun.decode("utf-8") + "\N{REPLACEMENT CHARACTER}"
        if self._charset not in {"utf-8", "cp1252"}:
            with suppress(UnicodeDecodeError):
                return value.decode(self._charset)
        return _from_windows(value)


def _from_windows(value: bytes) -> str:
    return codecs.charmap_decode(value, "strict", _TABLE)[0]


def _read_again(text: str, code: str) -> tuple[str, str]:
    """Undo repeated encoding; a text for which that is not exactly possible stays as it is."""
    for _ in range(_LAYERS):
        if not _is_misread(text):
            return text, code
        better = _as_utf8(text) or _MISREAD_RUN.sub(_piece_as_utf8, text)
        if better == text:
            return text, code or DOUBTFUL
        text, code = better, REPAIRED
    return text, code


def _piece_as_utf8(found: re.Match[str]) -> str:
    seen = found.string[max(found.start() - 1, 0) : found.end() + 1]
    return (_as_utf8(found[0]) if _is_misread(seen) else None) or found[0]


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


def _is_misread(text: str) -> bool:
    """Return whether a text looks as if it was encoded twice, judged by the characters that occur together in real
    texts.
    """
    return _SUSPECT.search(text) is not None and (
        _MORE_RULES.search(text) is not None or _judge()(text.replace(_HYPHEN, ""))
    )


@cache
def _judge() -> Callable[[str], bool]:
    # Most databases contain no text that needs it.
    from ftfy.badness import is_bad

    return is_bad
