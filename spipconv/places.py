"""Places: an offset in a text comes in, its line and its column go out."""

from __future__ import annotations


def find_place(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of an offset in a text, such as a node's ``end_offset``, both counted from 1.

    As in ``parse``, a line ends with LF, CRLF or CR. Raises ValueError for an offset that is not in the text.
    """
    if not 0 <= offset <= len(text):
        raise ValueError(f"offset {offset}: the text has {len(text)} characters")
    if text[offset - 1 : offset + 1] == "\r\n":
        offset -= 1
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")
