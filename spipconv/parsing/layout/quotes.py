"""Quotes and poems: ``<quote>`` and ``<poesie>``."""

from __future__ import annotations

from spipconv.parsing.layout.lists import end_lists
from spipconv.parsing.layout.paragraphs import Paragraphs
from spipconv.parsing.layout.writer import TextWriter, WriteRange
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.typography import NO_BREAK_SPACE, typeset

_LINE_ENDS = frozenset({"NEWLINE", "BLANK_LINE"})
_VERSE_ENDS = _LINE_ENDS | {"BREAK_MARK"}


def open_quote(writer: TextWriter, start: int, end: int) -> None:
    """Open a quote; a paragraph begins in it."""
    writer.end_run(trims=True)
    writer.flow.end()
    writer.pairing.open("blockquote", "QUOTE", {}, start, "<quote>")
    writer.flow.begin(drops_breaks=False)


def close_quote(writer: TextWriter, start: int, end: int) -> None:
    """Close a quote; a paragraph begins after it."""
    writer.end_run(trims=True)
    if not writer.has_quote:
        writer.source.report("unopened-tag", start, "</quote>")
        return
    writer.flow.end()
    if not writer.pairing.close("blockquote"):
        writer.source.report("unopened-tag", start, "</quote>")
    writer.flow.begin(drops_breaks=False)


def write_poem(writer: TextWriter, lexemes: list[Lexeme], start: int, run: WriteRange) -> None:
    """Write a poem that begins at an offset, made of these lexemes; ``run`` writes what is in its verses."""
    writer.end_run(trims=True)
    end_lists(writer)
    writer.flow.end()
    poem = writer.pairing.open("blockquote", "POEM", {}, start, writer.text[start : start + 8])
    if poem is None:
        run(lexemes, 0, len(lexemes))
        return
    if lexemes and lexemes[0].kind in _LINE_ENDS:
        del lexemes[0]
    if lexemes and lexemes[-1].kind in _LINE_ENDS:
        del lexemes[-1]
    outer, was_in_verse = writer.flow, writer.in_verse
    writer.in_verse = True
    first = 0
    for index in range(len(lexemes) + 1):
        kind = lexemes[index].kind if index < len(lexemes) else "NEWLINE"
        if kind not in _VERSE_ENDS:
            continue
        if not poem.is_open:
            # Something in it has closed what is around it.
            run(lexemes, first, len(lexemes))
            break
        _write_verse(writer, run, lexemes, first, index, first == 0)
        if poem.is_open and kind == "BLANK_LINE":
            _write_verse(writer, run, lexemes, index, index, False, NO_BREAK_SPACE)
        first = index + 1
        if kind == "BREAK_MARK":
            first = index
            lexemes[index] = Lexeme("WORDS", lexemes[index].start + 1, lexemes[index].end)
    writer.flow, writer.in_verse = outer, was_in_verse
    writer.pairing.close_to(poem)
    writer.flow.begin()


def _write_verse(
    writer: TextWriter, run: WriteRange, lexemes: list[Lexeme], first: int, last: int, is_first: bool, words: str = ""
) -> None:
    pairing = writer.pairing
    offset = lexemes[first].start if first < len(lexemes) else writer.run_end
    if last == first + 1 and lexemes[first].kind == "WORDS" and pairing.is_plain:
        verse_words = writer.text[offset : lexemes[first].end].rstrip(" \t")
        verse_words = verse_words.lstrip(" \t") if is_first else verse_words
        pairing.plain("VERSE", {}, typeset(verse_words, writer.language, "\n"), offset)
        return
    verse = pairing.open("div", "VERSE", {}, max(offset, 0))
    assert verse is not None
    writer.flow = Paragraphs(pairing, writer.source, enabled=False)
    # Poets indent: spaces at the start of a verse stay, but for the first.
    writer.flow.at_start = is_first
    if words:
        pairing.text(words, offset)
    run(lexemes, first, last)
    writer.flow.end()
    pairing.close_to(verse)
