"""Excerpts: the lexemes of a note come in, the tooltip of its call goes out (SPIP: ``couper`` of the note's source).

SPIP makes the tooltip before it reads lists, tables and braces in the note, so their marks are removed, not read; links
have become HTML by then, and code has been set apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from spipconv.languages import idiom
from spipconv.nodes import plain_text
from spipconv.parsing import targets
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.tooltips import remove_marks
from spipconv.parsing.typography import NO_BREAK_SPACE, typeset

# A longer excerpt than the first is cut so that no more than the second number of characters stay, and the sign.
_LONGEST: Final = 80
_SHORTENED: Final = 76
_CUT: Final = NO_BREAK_SPACE + "(…)"
# What is no tag to a browser may be one to SPIP.
_TAG: Final = re.compile(r"<[\w/][^<>]*>")
# What shows nothing in a tooltip: tags and what was set apart.
_SILENT: Final = frozenset(
    {
        "PROTECTED", "TAG", "MODEL_TAG", "QUOTE_START", "QUOTE_END", "POEM_START", "POEM_END", "INTRO_TAG",
        "ANCHOR_MARK",
    }
)  # fmt: skip
# What may say something else than what the author typed.
_SAYING: Final = _SILENT | {"ADDRESS", "GLOSSARY_MARK", "IDIOM", "LINK_MARK"}


def excerpt(writer: TextWriter, lexemes: Iterable[Lexeme]) -> str:
    """Return the tooltip of the call of a note that consists of these lexemes."""
    text = remove_marks(_words(writer, lexemes))
    # SPIP counts what it must escape as it is escaped.
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    if len(text) > _LONGEST:
        words = text[: _SHORTENED + 1]
        text = (re.split(r"\s+(?=\S*\Z)", words, maxsplit=1)[0] or words[:-1]).rstrip() + _CUT
    text = text.replace("&lt;", "<").replace("&amp;", "&")
    # SPIP does not escape quotation marks here, so browsers only show the text before the first one.
    return text.partition('"')[0].rstrip()


def _words(writer: TextWriter, lexemes: Iterable[Lexeme]) -> str:
    """Return what the lexemes say, with the marks that SPIP reads later than notes."""
    words: list[str] = []
    start = end = -1

    def end_run() -> None:
        nonlocal start
        if start >= 0:
            words.append(
                typeset(_TAG.sub("", writer.text[start:end]), writer.typography, writer.text[start - 1 : start])
            )
            start = -1

    for lexeme in lexemes:
        said = _say(writer, lexeme) if lexeme.kind in _SAYING else None
        if said is None:
            if start < 0:
                start = lexeme.start
            end = lexeme.end
        else:
            end_run()
            words.append(said)
    end_run()
    return "".join(words)


def _say(writer: TextWriter, lexeme: Lexeme) -> str | None:
    """Return what a lexeme says; None if that is what the author typed."""
    text = writer.text[lexeme.start : lexeme.end]
    match lexeme.kind:
        case "LINK_MARK":
            return _say_link(writer, lexeme)
        case "GLOSSARY_MARK":
            entry = targets.read_glossary(text, writer.language)
            return typeset(entry[0], writer.typography) if entry else None
        case "ADDRESS" if not writer.in_raw_link:
            return text[-1] if text[-1] in ",.;?|" else ""
        case "IDIOM":
            return idiom(text[2:-2], writer.language)
        case kind if kind in _SILENT:
            return ""
    return None


def _say_link(writer: TextWriter, lexeme: Lexeme) -> str:
    masked = writer.scan.masked
    first, arrow = lexeme.start + 1, masked.index("->", lexeme.start)
    length, _, language = targets.split_text(writer.text[first:arrow], masked[first:arrow], writer.language)
    if masked[first : first + length].strip():
        return _words(writer, writer.scan.read(first, first + length)).strip()
    target = targets.read_target(
        writer.text[arrow + 2 : lexeme.end - 1], writer.language, language, writer.settings.resolver
    )
    if target.is_markup:
        return plain_text(writer.read_inline(target.text, target.language))
    return typeset(target.text, writer.typography)
