"""The lines of a plain text: words, marks and ends of blocks come in; lines with their indentation go out."""

from __future__ import annotations

import re
from typing import Final

_SPACES: Final = re.compile("[ \t\n\r\f]+")


def fold(text: str) -> str:
    """Return a text on one line, with single spaces; no-break spaces stay."""
    return _SPACES.sub(" ", text).strip(" ")


class Lines:
    """The finished lines of a text, and the words of its last one.

    Blocks are apart by a blank line or, while ``tight`` is not 0, by the end of a line, as in a list.
    """

    def __init__(self) -> None:
        self.tight = 0
        self._lines: list[str] = []
        self._words: list[str] = []
        self._ends_in_space = True
        self._is_apart = False
        self._indentation = ""
        # How the next line begins, where that is with a mark.
        self._mark = ""

    @property
    def position(self) -> int:
        """How many pieces the current block has, for ``words_since``."""
        return len(self._words)

    def words_since(self, position: int) -> str:
        """Return what was written into the current block since it had that many pieces."""
        return "".join(self._words[position:])

    def words(self, text: str) -> None:
        """Write words; white space is one space, as in a browser."""
        if "  " in text or "\n" in text or "\t" in text or "\r" in text or "\f" in text:
            text = _SPACES.sub(" ", text)
        if self._ends_in_space and text.startswith(" "):
            text = text[1:]
        self.verbatim(text)

    def verbatim(self, text: str) -> None:
        """Write text as it is, with its spaces and the ends of its lines."""
        if text:
            self._words.append(text)
            self._ends_in_space = text.endswith((" ", "\n"))

    def call(self, text: str) -> None:
        """Write the call of a note, after a no-break space if there are words before it."""
        self.verbatim(text if self._ends_in_space else f"\u00a0{text}")

    def end_line(self) -> None:
        """End a line of a block."""
        self._words.append("\n")
        self._ends_in_space = True

    def end(self, *, keeps_spaces: bool = False) -> None:
        """End the words of a block; the next words are on another line."""
        if not self._words:
            return
        text = "".join(self._words)
        self._words.clear()
        self._ends_in_space = True
        lines = text.split("\n")
        if not keeps_spaces:
            lines = [line.strip(" ") for line in lines]
        lines = [line if line.strip() else "" for line in lines]
        while lines and not lines[-1]:
            lines.pop()
        start = 0
        while start < len(lines) and not lines[start]:
            start += 1
        for line in lines[start:]:
            self._add(line)

    def block(self) -> None:
        """End a block, or begin one."""
        self.end()
        self._is_apart = self._is_apart or not self.tight

    def begin_item(self, mark: str) -> str:
        """Begin an item, whose first line begins with a mark. Return the indentation to end it with."""
        self.end()
        self._end_mark()
        outer = self._indentation
        self._mark = outer + mark
        self._indentation = outer + " " * len(mark)
        return outer

    def end_item(self, outer: str) -> None:
        """End an item; the lines after it have the indentation ``outer``."""
        self.end()
        self._end_mark()
        self._indentation = outer

    def text(self) -> str:
        """Return all lines."""
        self.end()
        return "\n".join(self._lines)

    def _end_mark(self) -> None:
        """Put a mark that no words followed on a line of its own."""
        if self._mark.strip():
            self._add("")
        self._mark = ""

    def _add(self, line: str) -> None:
        if self._is_apart and self._lines:
            self._lines.append("")
        self._is_apart = False
        begin = self._mark or self._indentation
        self._mark = ""
        self._lines.append(begin + line if line else begin.rstrip(" "))
