"""Characters after a backslash, and words of SPIP's own: what a text says without markup."""

from __future__ import annotations

import re
from typing import Final

from spipconv import languages
from spipconv.parsing.layout.lines import write_blank_line, write_newline
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.typography import decode_entities

_LINE_END: Final = re.compile(r"\n(?:[ \t]*+\n)*+")


def write_escape(writer: TextWriter, start: int, end: int) -> None:
    """Write the character after a backslash."""
    writer.begin_inline(start)
    writer.pairing.text(writer.text[start + 1 : end], start, end)


def write_broken_tag(writer: TextWriter, start: int, end: int) -> None:
    """Write what looks like a tag over several lines: its words as they were typed, without typography."""
    position = start
    for line_end in _LINE_END.finditer(writer.text, start, end):
        _write_typed(writer, position, line_end.start())
        write_line_end = write_blank_line if line_end.group().count("\n") > 1 else write_newline
        write_line_end(writer, *line_end.span())
        position = line_end.end()
    _write_typed(writer, position, end)


def _write_typed(writer: TextWriter, start: int, end: int) -> None:
    writer.end_run()
    writer.flow.text(decode_entities(writer.text[start:end]), start, end)


def write_idiom(writer: TextWriter, start: int, end: int) -> None:
    """Write what ``<:key:>`` says."""
    words = languages.idiom(writer.text[start + 2 : end - 2], writer.language)
    if words is None:
        writer.source.report("unknown-idiom", start, writer.text[start:end])
        writer.words(start, end)
    else:
        writer.begin_inline(start)
        writer.pairing.text(words, start, end)
