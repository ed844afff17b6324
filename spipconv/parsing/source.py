"""Sources: a text comes in; it goes out ready to be read, with lines, columns and the diagnostics reported on it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Final, NamedTuple

from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Directive, Place
from spipconv.parsing.typography import windows_character
from spipconv.safety import NO_TEXT, replace_controls
from spipconv.settings import Settings

MAX_DIAGNOSTICS: Final = 1000
_DELETE: Final = "\x7f"
_FIRST: Final = itemgetter(0)
# How far away a line is looked for from the last one: steps this short take less time than a search in a list.
_NEAR: Final = 2000
# How far the lines in between are looked at one by one.
_NEXT: Final = 100


class Piece(NamedTuple):
    """A piece of a text that has replaced another one: where it starts, and where it comes from.

    ``width``: it is no copy, but stands for so many characters.
    """

    start: int
    origin: int
    width: int = 0

    def origin_of(self, offset: int) -> int:
        """Return where an offset in the piece comes from."""
        offset -= self.start
        return self.origin + (self.width if self.width and offset else offset)


class Source:
    """A text being read. ``text`` has newlines as line ends and no control characters; offsets refer to it.

    ``is_mapped``: its offsets are not those of the text as it was given to the parser. ``intro_tags`` are the start and
    the end of each ``<intro>`` and ``</intro>`` that was read, ``directives`` what shortcuts say to later passes, by
    their names.
    """

    __slots__ = (
        "_has_places", "_layers", "_line", "_line_ends", "_original", "_returns", "_shift", "_start", "diagnostics",
        "directives", "intro_tags", "is_mapped", "line_end", "settings", "text",
    )  # fmt: skip

    def __init__(self, text: str, settings: Settings, returns: Sequence[int] = (), has_places: bool = True) -> None:
        """Make a source of a text; ``returns`` are the offsets behind line ends that were two characters.

        ``has_places=False``: a field of an object, which is shown in another text, so its nodes have no place there.
        """
        self.text = text
        self.settings = settings
        self.diagnostics: list[Diagnostic] = []
        self.directives: dict[str, Directive] = {}
        self.intro_tags: list[tuple[int, int]] = []
        self.is_mapped = not has_places or len(returns) > 0
        self._has_places = has_places
        self._returns = returns
        self._line_ends: list[int] | None = None
        # Where the text comes from, for each time that it was replaced.
        self._layers: list[list[Piece]] = []
        self._original: str | None = None
        # The line of the last place that was asked for: where it starts and ends, its number, and how many line ends
        # of two characters are before it.
        self._start = 0
        self.line_end = -1
        self._line = 1
        self._shift = 0

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both counted from 1."""
        if self._layers:
            offset = self._origin(offset)
        if not self._start <= offset <= self.line_end:
            self._find_line(offset)
        return self._line, offset - self._start + 1

    def span(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Return the place of what is between two offsets, as nodes have it: line, column, offset, end offset."""
        if self.is_mapped:
            if self._layers or not self._has_places:
                return self._span_before(start, end)
            if not self._start <= start <= self.line_end:
                self._find_line(start)
            shift = self._shift
            return (
                self._line,
                start - self._start + 1,
                start + shift,
                end + shift if end <= self.line_end else self.end_of(end),
            )
        if not self._start <= start <= self.line_end:
            self._find_line(start)
        return self._line, start - self._start + 1, start, end

    def _span_before(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Return the place in the text as it was before it was replaced; none for a field of an object."""
        if not self._has_places:
            return 0, 0, 0, 0
        line, column = self.place(start)
        offset = self._start + column - 1 + self._shift
        return line, column, offset, self.end_of(end) if end > start else offset

    def fields(self, start: int, end: int) -> Place:
        """Return the same as the fields of a node."""
        line, column, offset, end_offset = self.span(start, end)
        return {"line": line, "column": column, "offset": offset, "end_offset": end_offset}

    def end_of(self, end: int) -> int:
        """Return where something that ends at an offset ends in the text as it was given."""
        if not self._has_places:
            return 0
        if self._start <= end <= self.line_end and not self._layers:
            return end + self._shift
        for pieces in reversed(self._layers):
            end = pieces[max(bisect_left(pieces, end, key=_FIRST) - 1, 0)].origin_of(end)
        return end + bisect_right(self._returns, end)

    def _origin(self, offset: int) -> int:
        """Return where an offset was before any of the text was replaced."""
        for pieces in reversed(self._layers):
            offset = pieces[bisect_right(pieces, offset, key=_FIRST) - 1].origin_of(offset)
        return offset

    def _find_line(self, offset: int) -> None:
        """Make the line of an offset the last one that was asked for."""
        text = self.text if self._original is None else self._original
        if 0 < offset - self.line_end < _NEXT:
            # Most places are asked for in their order, and few lines are between two of them.
            while offset > self.line_end:
                self._start = self.line_end + 1
                self._line += self.line_end >= 0
                end = text.find("\n", self._start)
                self.line_end = len(text) if end < 0 else end
        elif -_NEAR < offset - self.line_end < _NEAR:
            if offset > self.line_end:
                self._line += text.count("\n", max(self.line_end, 0), offset)
            else:
                self._line -= text.count("\n", offset, self._start)
            self._start = text.rfind("\n", 0, offset) + 1
            end = text.find("\n", offset)
            self.line_end = len(text) if end < 0 else end
        else:
            if self._line_ends is None:
                self._line_ends = [-1, *(match.start() for match in re.finditer("\n", text)), len(text)]
            self._line = bisect_right(self._line_ends, offset - 1)
            self._start = self._line_ends[self._line - 1] + 1
            self.line_end = self._line_ends[min(self._line, len(self._line_ends) - 1)]
        if self._returns:
            self._shift = bisect_right(self._returns, self._start)

    def report(self, code: str, offset: int, detail: str = "") -> None:
        """Add a diagnostic at an offset. After ``MAX_DIAGNOSTICS`` of them, add one that says that there are more."""
        if len(self.diagnostics) <= MAX_DIAGNOSTICS:
            self.report_at(code, *self.place(offset), detail)

    def report_at(self, code: str, line: int, column: int, detail: str = "") -> None:
        """Like ``report``, for a place that is known."""
        if len(self.diagnostics) > MAX_DIAGNOSTICS:
            return
        if len(self.diagnostics) == MAX_DIAGNOSTICS:
            code, detail = "more-remarks", ""
        detail = " ".join(detail[:100].split())
        self.diagnostics.append(Diagnostic(code, line, column, detail if len(detail) <= 60 else detail[:57] + "..."))

    def amend(self, index: int, code: str) -> None:
        """Give a diagnostic that was reported, by its number, another code."""
        if index < MAX_DIAGNOSTICS:
            was = self.diagnostics[index]
            self.diagnostics[index] = Diagnostic(code, was.line, was.column, was.detail)

    def replace(self, text: str, pieces: list[Piece]) -> None:
        """Replace the text with pieces of it."""
        if self._original is None:
            self._original = self.text
        self.text = text
        self._layers.append(pieces)
        self.is_mapped = True

    def with_blanks(self, text: str) -> Source:
        """Return a source of the text, or its beginning, in which some is blank: its places are those of this one."""
        source = Source(text, self.settings, self._returns, self._has_places)
        source.is_mapped = self.is_mapped
        source._layers = self._layers.copy()
        source._original = self.text if self._original is None else self._original
        return source


def read_source(text: str, settings: Settings, has_places: bool = True) -> Source:
    """Return a text ready to be read; replaced characters are reported as diagnostics.

    C0 controls become ``-`` as in SPIP, C1 controls the characters of windows-1252, and other characters that no text
    may contain U+FFFD.
    """
    returns: Sequence[int] = ()
    if "\r" in text:
        lines = text.split("\r\n")
        returns = list(accumulate([len(line) + 1 for line in lines]))
        text = "\n".join(lines).replace("\r", "\n")
    source = Source(text, settings, returns, has_places)
    if settings.repair_encoding or may_be_misread(text):
        text = _check_encoding(source)
    # What can be printed needs no search, and Python knows it twice as fast.
    printed = text.replace("\n", " ").replace("\t", " ").replace("\u00a0", " ").replace("\u202f", " ")
    first = None if printed.isprintable() else NO_TEXT.search(text)
    if first:
        for match in NO_TEXT.finditer(text, first.start()):
            source.report("control-character", match.start(), f"U+{ord(match.group()):04X}")
            if len(source.diagnostics) > MAX_DIAGNOSTICS:
                break
        if _DELETE in text:
            _cut_deletes(source)
        source.text = NO_TEXT.sub(_readable, source.text)
    return source


def may_be_misread(text: str) -> bool:
    """Return whether ``spipconv.encoding`` may find that a text was encoded more than once: whether it has a character
    that most such texts have.

    These begin misread letters of Latin, Greek, Cyrillic, Hebrew and Arabic, and misread punctuation and emoji. Looking
    for characters one by one takes a hundredth of the time of a regular expression.
    """
    return not text.isascii() and (
        "\xc3" in text
        or "\xc2" in text
        or "\xc5" in text
        or "\xc4" in text
        or "\xce" in text
        or "\xcf" in text
        or "\xd0" in text
        or "\xd1" in text
        or "\xd7" in text
        or "\xd8" in text
        or "\xd9" in text
        # Two characters take longer to find than one that few texts have.
        or ("\u20ac" in text and ("\xe2\u20ac" in text or "\xe3\u20ac" in text))
        or ("\u0178" in text and "\xf0\u0178" in text)
    )


def _check_encoding(source: Source) -> str:
    """Report that a text was encoded more than once, at the first place; repair it if the settings say so.

    Returns the text of the source.
    """
    # Few texts need it.
    from spipconv.encoding import repair_encoding

    typed, meant = source.text, repair_encoding(source.text)
    if meant != typed:
        start = next(at for at, character in enumerate(meant) if character != typed[at])
        word = replace_controls(typed[start : start + 60].split(" ")[0])
        if source.settings.repair_encoding:
            source.text = meant
            source.report("encoding-undone", start, word)
        else:
            source.report("encoding-repeated", start, word)
    return source.text


def _cut_deletes(source: Source) -> None:
    """Cut out what SPIP leaves to the browser, which shows nothing."""
    pieces: list[Piece] = []
    parts = source.text.split(_DELETE)
    start = 0
    for number, part in enumerate(parts):
        if part:
            pieces.append(Piece(start, start + number))
            start += len(part)
    source.replace("".join(parts), pieces or [Piece(0, 0)])


def _readable(match: re.Match[str]) -> str:
    code = ord(match.group())
    return "-" if code < 0x80 else windows_character(code)
