"""Abbreviations, ``[abbr|meaning{lang}]``, which SPIP reads later than notes and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import typeset, typeset_title


def write_abbreviation(writer: TextWriter, start: int, end: int) -> None:
    """Write ``[abbr|meaning{lang}]``."""
    language = writer.typography
    words, _, meaning = writer.text[start + 1 : end - 1].partition("|")
    title, brace, meaning_language = meaning.partition("{")
    fields: NodeFields = {
        "title": typeset_title(title, language),
        "language": meaning_language[:-1] if brace else "",
    }
    writer.begin_inline(start)
    first = start + 1
    opened = writer.pairing.open("abbr", "ABBREVIATION", fields, start, first)
    writer.pairing.text(typeset(words, language, "["), first, first + len(words))
    if opened:
        writer.pairing.close_to(opened, end)


def is_abbreviation(writer: TextWriter, start: int, end: int) -> bool:
    """Return whether what stands in brackets is an abbreviation: it was taken for something that SPIP reads earlier."""
    expression = writer.scan.lexer.expressions["ABBREVIATION_MARK"]
    return re.fullmatch(expression, writer.text[start:end]) is not None


def split_in_tables(lexemes: Sequence[Lexeme], tables: Mapping[int, int], scan: Scan) -> list[Lexeme]:
    """Return lexemes in which the bar of an abbreviation in a table is the border of a cell, but in a link.

    ``tables`` are the indices of the first lexemes of tables, with those after their last ones.
    """
    split: list[Lexeme] = []
    position = 0
    for first, last in tables.items():
        split += lexemes[position:first]
        position = last
        in_link = False
        for lexeme in lexemes[first:last]:
            if lexeme.kind in ("LINK_START", "LINK_END"):
                in_link = lexeme.kind == "LINK_START"
            if in_link or lexeme.kind != "ABBREVIATION_MARK":
                split.append(lexeme)
                continue
            start, end = lexeme.start + 1, lexeme.end - 1
            bar = scan.masked.index("|", start)
            split.append(Lexeme("WORDS", lexeme.start, start))
            split += scan.read(start, bar)
            split.append(Lexeme("PIPE", bar, bar + 1))
            split += scan.read(bar + 1, end)
            split.append(Lexeme("WORDS", end, lexeme.end))
    return split + list(lexemes[position:])
