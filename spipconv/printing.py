"""What strangers chose or caused, names, texts and errors, as one line that does nothing to a terminal."""

from __future__ import annotations

# The message of an error may hold the whole text.
_MOST_ERROR = 500


def make_printable(text: str) -> str:
    r"""Return a text in one line that does nothing to a terminal.

    Control characters, line ends and half surrogates appear as escapes: ``\x1b``, ``\n``; a byte of a name that is not
    UTF-8 as ``\xe9``.
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def describe_internal_error(error: Exception) -> str:
    """Return one line about an error that is not the user's but spipconv's."""
    message = f"{type(error).__name__}: {error}"[:_MOST_ERROR]
    return make_printable(f"internal error, please report it with the text: {message}")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]
