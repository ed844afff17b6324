"""Characters after a backslash, and words of SPIP's own: what a text says without markup."""

from __future__ import annotations

from spipconv import languages
from spipconv.parsing.layout.writer import TextWriter


def write_escape(writer: TextWriter, start: int, end: int) -> None:
    """Write the character after a backslash."""
    writer.begin_inline(start)
    writer.pairing.text(writer.text[start + 1 : end], start)


def write_idiom(writer: TextWriter, start: int, end: int) -> None:
    """Write what ``<:key:>`` says."""
    words = languages.idiom(writer.text[start + 2 : end - 2], writer.language)
    if words is None:
        writer.source.report("unknown-idiom", start, writer.text[start:end])
        writer.words(start, end)
    else:
        writer.begin_inline(start)
        writer.pairing.text(words, start)
