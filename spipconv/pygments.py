"""Pygments: ``spip-text``, a lexer for the markup of SPIP's texts, made of the terminals that spipconv reads them by.

It needs ``pip install pygments``, which finds the lexer by its entry point.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pygments.lexer import Lexer
from pygments.token import Comment, Generic, Keyword, Name, Punctuation, String, Text, _TokenType

from spipconv.parsing.grammar import load_grammar
from spipconv.parsing.lexer import Protected, Scan
from spipconv.parsing.source import Source
from spipconv.settings import Settings

# Markdown's links and marks have these types in Pygments too, so that every style shows them well.
_TYPES = {
    **dict.fromkeys("ITEM_MARK RULE_MARK DIALOGUE_MARK DASH_MARK BREAK_MARK NOTE_START NOTE_END".split(), Keyword),
    **dict.fromkeys("TAG BROKEN_TAG QUOTE_START QUOTE_END POEM_START POEM_END INTRO_TAG".split(), Name.Tag),
    **dict.fromkeys("ADDRESS RESOURCE".split(), Name.Attribute),
    **dict.fromkeys("GLOSSARY_MARK ABBREVIATION_MARK".split(), Name.Entity),
    "ANCHOR_MARK": Name.Label,
    "MODEL_TAG": Name.Function,
    "IDIOM": Name.Constant,
    "ESCAPE": String.Escape,
    "EMPHASIS_WORDS": Generic.Emph,
    "STRONG_WORDS": Generic.Strong,
}
_PROTECTED = {"comment": Comment.Multiline, "php": Comment.Preproc, "math": String.Other}
_BRACES = {1: Generic.Emph, 2: Generic.Strong, 3: Generic.Heading}
_Tokens = Iterator[tuple[int, _TokenType, str]]


class SpipTextLexer(Lexer):  # type: ignore[misc]  # Pygments has no types
    """Splits a SPIP text into Pygments' tokens; together, they are the text."""

    name = "SPIP text"
    url = "https://www.spip.net/"
    aliases: ClassVar = ["spip-text"]
    filenames: ClassVar = ["*.spip"]

    def get_tokens_unprocessed(self, text: str) -> _Tokens:
        """Return the tokens of a text, each with its offset."""
        scan = load_grammar().lexer.protect(Source(text, Settings()))
        return _read(scan, 0, len(text), Text)


def _read(scan: Scan, start: int, end: int, words: _TokenType) -> _Tokens:
    """Return the tokens between two offsets; ``words``: the type of words that are nothing else."""
    text = scan.source.text
    # The braces that are open, by their width; and whether the line is one of a table.
    braces: list[int] = []
    in_row = False
    for lexeme in scan.read(start, end):
        kind, at, value = lexeme.kind, lexeme.start, text[lexeme.start : lexeme.end]
        if kind == "LINK_MARK":
            yield from _read_link(scan, at, lexeme.end)
        elif kind == "PROTECTED" and at in scan.protected:
            yield from _read_protected(text, at, lexeme.end, scan.protected[at])
        elif kind == "OPENING_BRACES" and value[-1] == "{":
            triples, rest = divmod(len(value), 3)
            braces += [3] * triples + [rest] * (rest > 0)
            yield at, _BRACES[braces[-1]], value
        elif kind == "CLOSING_BRACES":
            yield at, _BRACES[braces[-1]] if braces else words, value
            left = len(value)
            while braces and left >= braces[-1]:
                left -= braces.pop()
        elif kind == "PIPE":
            in_row |= not at or text[at - 1] == "\n"
            yield at, Punctuation if in_row else words, value
        else:
            if kind in ("NEWLINE", "BLANK_LINE"):
                in_row = False
            if kind == "BLANK_LINE":
                # SPIP closes them much later; who reads the source wants to see where it went wrong.
                braces.clear()
            yield at, _TYPES.get(kind) or (_BRACES[braces[-1]] if braces else words), value


def _read_link(scan: Scan, start: int, end: int) -> _Tokens:
    """Return the tokens of ``[words->address]``."""
    text, arrow = scan.source.text, scan.masked.index("->", start)
    yield start, Punctuation, text[start]
    yield from _read(scan, start + 1, arrow, Name.Tag)
    yield arrow, Punctuation, "->"
    if arrow + 2 < end - 1:
        yield arrow + 2, Name.Attribute, text[arrow + 2 : end - 1]
    yield end - 1, Punctuation, text[end - 1]


def _read_protected(text: str, start: int, end: int, protected: Protected) -> _Tokens:
    """Return the tokens of a text in which SPIP reads no markup: those of its tags and of its content."""
    whole = _PROTECTED.get(protected.kind, String.Backtick if protected.kind in ("ticks", "fence") else None)
    if whole:
        yield start, whole, text[start:end]
        return
    for type, first, last in (
        (Name.Tag, start, protected.start),
        (String.Backtick, protected.start, protected.end),
        (Name.Tag, protected.end, end),
    ):
        if first < last:
            yield first, type, text[first:last]
