"""Decode the texts of a SPIP database: twenty years of charsets, and texts that were encoded more than once."""

from __future__ import annotations

from contextlib import suppress

from spipconv.encoding import is_misread, is_unusual, read_windows_1252, repair_encoding

REPAIRED = "encoding-repaired"
DOUBTFUL = "encoding-doubtful"


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
            if self._charset == "cp1252" and is_unusual(text) and not is_misread(latin := read_windows_1252(value)):
                return latin, REPAIRED
        if not is_misread(text):
            return text, code
        better = repair_encoding(text)
        return (text, code or DOUBTFUL) if better == text else (better, REPAIRED)

    def _of_one_byte(self, value: bytes, error: UnicodeDecodeError) -> str:
        """Return the text of bytes that are not UTF-8."""
        begun = value[: error.start]
        if error.reason == "unexpected end of data" and is_misread(read_windows_1252(begun)):
            # A column was too short for a text in UTF-8.
            return begun.decode("utf-8") + "\N{REPLACEMENT CHARACTER}"
        if self._charset not in {"utf-8", "cp1252"}:
            with suppress(UnicodeDecodeError):
                return value.decode(self._charset)
        return read_windows_1252(value)
