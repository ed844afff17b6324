"""What is printed of names and texts that strangers chose."""

from __future__ import annotations


def make_printable(text: str) -> str:
    r"""Return a text in one line that does nothing to a terminal.

    Control characters, line ends and half surrogates appear as escapes: ``\x1b``, ``\n``; a byte of a name that is not
    UTF-8 as ``\xe9``.
    """
    return text if text.isprintable() else "".join(one if one.isprintable() else _escape(one) for one in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]
