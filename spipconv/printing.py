"""What strangers chose or caused, names, texts and errors, so that it does nothing to a terminal."""

from __future__ import annotations

# The message of an error may hold the whole text.
_MOST_ERROR = 500


def make_printable(text: str) -> str:
    r"""Return a text in one line that does nothing to a terminal.

    Control characters, line ends and half surrogates appear as escapes: ``\x1b``, ``\n``; a byte of a name that is not
    UTF-8 as ``\xe9``.
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def make_json_printable(text: str) -> str:
    r"""Return JSON, of one line or several, that does nothing to a terminal and says the same.

    JSON has controls escaped, but not those above U+007F, nor marks of direction: they appear as ``\u202e``.
    """
    if text.isascii():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else _escape_in_json(sign) for sign in text)


def describe_internal_error(error: Exception) -> str:
    """Return one line about an error that is not the user's but spipconv's."""
    message = f"{type(error).__name__}: {error}"[:_MOST_ERROR]
    return make_printable(f"internal error, please report it with the text: {message}")


def _escape_in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]
