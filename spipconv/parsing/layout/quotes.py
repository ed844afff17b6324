"""Quotes and poems: ``<quote>`` and ``<poesie>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spipconv.parsing.layout.asides import LINE_KINDS
from spipconv.parsing.layout.lists import end_lists
from spipconv.parsing.layout.paragraphs import Paragraphs
from spipconv.parsing.layout.writer import TextWriter, WriteRange
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import NO_BREAK_SPACE, typeset

_LINE_ENDS: Final = frozenset({"NEWLINE", "BLANK_LINE"})


def open_quote(writer: TextWriter, start: int, end: int) -> None:
    """Open a quote; a paragraph begins in it."""
    writer.end_run(trims=True)
    writer.flow.end()
    writer.pairing.open("blockquote", "QUOTE", {}, start, end, "<quote>")
    writer.flow.begin(drops_breaks=False)


def close_quote(writer: TextWriter, start: int, end: int) -> None:
    """Close a quote; a paragraph begins after it."""
    writer.end_run(trims=writer.has_quote)
    if not writer.has_quote:
        writer.source.report("unopened-tag", start, "</quote>")
        writer.flow.tag(lambda: None, start)
        return
    writer.flow.end()
    if not writer.pairing.close("blockquote", end):
        writer.source.report("unopened-tag", start, "</quote>")
    writer.flow.begin(drops_breaks=False)


def write_poem(writer: TextWriter, lexemes: list[Lexeme], start: int, end: int, run: WriteRange) -> None:
    """Write a poem between two offsets, made of these lexemes; ``run`` writes what is in its verses."""
    writer.end_run(trims=True)
    follows_item = bool(writer.levels and writer.levels[-1].item.is_open)
    if not follows_item:
        end_lists(writer)
    writer.flow.end()
    # Both tags have names of as many letters.
    marker = writer.text[start : start + len("<poesie>")]
    poem = writer.pairing.open("blockquote", "POEM", {}, start, start + len(marker), marker)
    if poem is None:
        run(lexemes, 0, len(lexemes))
        return
    if follows_item:
        # SPIP ends the list at the first verse, and the browser the poem's element with it.
        end_lists(writer)
    lexemes = _read_verses(lexemes, writer.text)
    outer, was_in_verse = writer.flow, writer.in_verse
    writer.in_verse = True
    first = 0
    for index in range(len(lexemes) + 1):
        kind = lexemes[index].kind if index < len(lexemes) else "NEWLINE"
        if kind not in _LINE_ENDS:
            continue
        if not poem.is_open and not follows_item:
            # Something in it has closed what is around it.
            run(lexemes, first, len(lexemes))
            break
        _write_verse(writer, run, lexemes, first, index, is_bare=follows_item)
        if kind == "BLANK_LINE" and (poem.is_open or follows_item):
            _write_verse(writer, run, lexemes, index, index, NO_BREAK_SPACE, is_bare=follows_item)
        first = index + 1
    writer.flow, writer.in_verse = outer, was_in_verse
    writer.pairing.close_to(poem, end)
    writer.flow.begin()


def _read_verses(lexemes: Sequence[Lexeme], text: str) -> list[Lexeme]:
    """Return the lexemes of a poem without the white space around it, and with the marks that a poem has none of."""
    first, last = 0, len(lexemes)
    if first < last and lexemes[first].kind in _LINE_ENDS:
        first += 1
    if first < last and lexemes[last - 1].kind in _LINE_ENDS:
        last -= 1
    verses: list[Lexeme] = []
    for lexeme in lexemes[first:last]:
        start, end = lexeme.start, lexeme.end
        if lexeme.kind == "POEM_START":
            verses.append(lexeme.become("TAG"))
        elif lexeme.kind == "BREAK_MARK":
            if text[start] == "\n":
                if verses:
                    verses.append(Lexeme("NEWLINE", start, start + 1))
                start += 1
            verses.append(Lexeme("WORDS", start, end))
        elif lexeme.kind in LINE_KINDS and lexeme.kind != "DIALOGUE_MARK":
            verses.append(lexeme.become("WORDS"))
        else:
            verses.append(lexeme)
    return verses


def _write_verse(
    writer: TextWriter, run: WriteRange, lexemes: list[Lexeme], first: int, last: int, words: str = "", *, is_bare: bool
) -> None:
    """Write a verse that is made of lexemes between two indices, or of words; ``is_bare``: outside of its poem."""
    pairing = writer.pairing
    offset = lexemes[first].start if first < len(lexemes) else max(writer.run_end, 0)
    name: str = "ELEMENT" if is_bare else "VERSE"
    fields: NodeFields = {"name": "div", "attributes": ()} if is_bare else {}
    is_first = first == 0
    if last == first + 1 and lexemes[first].kind == "WORDS" and pairing.is_plain:
        verse_words = writer.text[offset : lexemes[first].end].rstrip(" \t")
        end = offset + len(verse_words)
        verse_words = verse_words.lstrip(" \t") if is_first else verse_words
        offset = end - len(verse_words)
        pairing.plain(name, fields, offset, end, typeset(verse_words, writer.typography, "\n"), offset, end)
        return
    verse = pairing.open("div", name, fields, offset, offset)
    writer.flow = Paragraphs(pairing, writer.source)
    # Poets indent: spaces at the start of a verse stay, but for the first.
    writer.flow.at_start = is_first
    if words:
        pairing.text(words, offset, offset)
    run(lexemes, first, last)
    writer.flow.end()
    if verse:
        pairing.close_to(verse)
