"""Braces: bold, italics and headings, each marker a tag of its own, which the browser pairs."""

from __future__ import annotations

from functools import partial
from typing import Final

from spipconv.parsing.layout.lists import set_line_breaks
from spipconv.parsing.layout.writer import Formatting, TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.source import MAX_DIAGNOSTICS
from spipconv.safety import MAX_DEPTH

# Of a longer run of braces, none further on can open or close anything, nor be reported.
_MOST_MARKERS: Final = MAX_DEPTH + MAX_DIAGNOSTICS


def note_opening(writer: TextWriter, lexeme: Lexeme) -> None:
    """Note which braces a text opens: closing ones of a kind that it never opens are words."""
    if lexeme.kind == "STRONG_WORDS":
        writer.has_strong = True
    elif lexeme.kind == "EMPHASIS_WORDS":
        writer.has_emphasis = True
    elif lexeme.kind == "CLOSING_BRACES":
        # SPIP closes a heading by the end of four braces even if it has opened none.
        writer.has_heading |= lexeme.end - lexeme.start > 3
    elif lexeme.kind == "OPENING_BRACES" and writer.text[lexeme.end - 1] == "{":
        triples, rest = divmod(lexeme.end - lexeme.start, 3)
        writer.has_heading |= triples > 0
        writer.has_inner_heading |= triples > 1
        writer.has_strong |= rest == 2
        writer.has_emphasis |= rest == 1


def open_braces(writer: TextWriter, start: int, end: int) -> None:
    """Open a heading for every three braces, then bold or italics for what is left."""
    if writer.text[end - 1] == "}":
        writer.words(start, end)
        return
    writer.end_run(trims=end - start > 2)
    triples, rest = divmod(end - start, 3)
    for number in range(min(triples, _MOST_MARKERS)):
        open_heading(writer, start + 3 * number, start + 3 * number + 3)
    if rest:
        name: Formatting = "i" if rest == 1 else "strong"
        writer.flow.tag(partial(writer.open_formatting, name, "{" * rest, end - rest, end), end - rest)


def write_strong_words(writer: TextWriter, start: int, end: int) -> None:
    """Write ``{{words}}``."""
    writer.formatted_words("strong", start, end, 2)


def write_emphasis_words(writer: TextWriter, start: int, end: int) -> None:
    """Write ``{words}``."""
    writer.formatted_words("i", start, end, 1)


def close_braces(writer: TextWriter, start: int, end: int) -> None:
    """Close inner headings by three braces each, then bold by pairs, then italics, and a heading by the last three."""
    closes_heading = writer.has_heading and end - start >= 3
    count = end - start - 3 * closes_heading
    if writer.has_inner_heading:
        inner = min(count // 3, _MOST_MARKERS)
        for number in range(inner):
            writer.end_run(trims=True)
            close_heading(writer, start + 3 * number, start + 3 * number + 3)
        start, count = start + 3 * inner, count - 3 * inner
    pairs = count // 2 if writer.has_strong else 0
    _close_each(writer, "strong", "}}", start, pairs)
    start, singles = start + 2 * pairs, count - 2 * pairs
    if writer.has_emphasis:
        _close_each(writer, "i", "}", start, singles)
    elif singles:
        writer.words(start, start + singles)
    if closes_heading:
        writer.end_run(trims=True)
        close_heading(writer, end - 3, end)


def _close_each(writer: TextWriter, name: Formatting, marker: str, offset: int, number: int) -> None:
    if number:
        writer.end_run()
    for _ in range(min(number, _MOST_MARKERS)):
        end = offset + len(marker)
        writer.flow.tag(partial(writer.close_formatting, name, marker, offset, end), offset)
        offset = end


def open_heading(writer: TextWriter, start: int, end: int, level: int = 1) -> None:
    """Open a heading; the first level is that of SPIP's own."""
    writer.end_run(trims=True)
    writer.flow.end()
    heading = writer.pairing.open("h2", "HEADING", {"level": level}, start, end, "{{{")
    if heading:
        writer.headings.append(heading)
        writer.flow.breaks_lines = False


def close_heading(writer: TextWriter, start: int, end: int) -> None:
    """Close the innermost heading, or report that the characters there close nothing."""
    writer.flow.end()
    while writer.headings:
        heading = writer.headings.pop()
        if heading.is_open:
            writer.pairing.close_to(heading, end)
            break
    else:
        writer.source.report("unopened-marker", start, "}}}")
    writer.flow.begin(drops_breaks=False)
    writer.heading_end = end
    set_line_breaks(writer)
