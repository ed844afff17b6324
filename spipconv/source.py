"""The text that is being read: its settings, its places, and the remarks made on it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal

from msgspec import Struct

from spipconv.diagnostics import Diagnostic
from spipconv.objects import Resolver
from spipconv.typography import windows_character

Profile = Literal["article", "comment", "title"]

MOST_REMARKS = 1000

# C0 controls become "-" as in SPIP; C1 ones mean windows-1252; the rest is what no text may hold, the two
# noncharacters among them with which the lexer masks protected text.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0\ufdd1]")


class Settings(Struct, frozen=True):
    """How a text is to be read: see ``spipconv.parse``."""

    profile: Profile = "article"
    language: str = "fr"
    objects: Resolver | None = None
    embeds: bool = False
    angle_shortcuts: bool = False
    first_note: int = 1

    @property
    def resolver(self) -> Resolver | None:
        """Where objects are looked up; a stranger's comment looks up nothing."""
        return None if self.profile == "comment" else self.objects


class Source(Struct):
    """A text being read. ``text`` has newlines as line ends and no control characters; offsets are into it."""

    text: str
    settings: Settings
    diagnostics: list[Diagnostic] = []
    _line_ends: list[int] | None = None
    # Where pieces of the text as it is read come from, once <multi> has chosen: (offset, origin) pairs.
    _pieces: list[tuple[int, int]] = []
    _original: str = ""
    # The line that was asked for last: where it starts and ends, and its number.
    _start: int = 0
    _end: int = -1
    _line: int = 0

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both from 1."""
        if self._pieces:
            at, origin = self._pieces[bisect_right(self._pieces, (offset, len(self._original))) - 1]
            offset = origin + offset - at
        if not self._start <= offset <= self._end:
            if self._line_ends is None:
                text = self._original or self.text
                self._line_ends = [-1, *(match.start() for match in re.finditer("\n", text)), len(text)]
            self._line = bisect_right(self._line_ends, offset - 1)
            self._start = self._line_ends[self._line - 1] + 1
            self._end = self._line_ends[min(self._line, len(self._line_ends) - 1)]
        return self._line, offset - self._start + 1

    def report(self, code: str, offset: int, detail: str = "") -> None:
        """Add a remark on the text at an offset; beyond ``MOST_REMARKS`` only that there are more."""
        if len(self.diagnostics) > MOST_REMARKS:
            return
        if len(self.diagnostics) == MOST_REMARKS:
            code, detail = "more-remarks", ""
        line, column = self.place(offset)
        detail = " ".join(detail[:100].split())
        self.diagnostics.append(Diagnostic(code, line, column, detail if len(detail) <= 60 else detail[:57] + "..."))

    def replace(self, text: str, pieces: list[tuple[int, int]]) -> None:
        """Go on reading another text, made of pieces of this one: (offset there, offset here) pairs."""
        self._original, self.text, self._pieces = self.text, text, pieces


def read_source(text: str, settings: Settings) -> Source:
    """Return a text ready to be read, with what had to be replaced in it reported."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    source = Source(text, settings)
    first = _CONTROLS.search(text)
    if first:
        for match in _CONTROLS.finditer(text, first.start()):
            source.report("control-character", match.start(), f"U+{ord(match.group()):04X}")
            if len(source.diagnostics) > MOST_REMARKS:
                break
        source.text = _CONTROLS.sub(_readable, text)
    return source


def _readable(match: re.Match[str]) -> str:
    code = ord(match.group())
    return "-" if code < 0x80 else windows_character(code)
