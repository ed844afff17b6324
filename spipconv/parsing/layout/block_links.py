"""Links around blocks: to SPIP their tags are those of a block, which end the paragraph before and begin one after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Final

from spipconv.parsing.html_tags import BLOCKS, read_tag
from spipconv.parsing.layout import protected
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.models import read_model

_BLOCK_KINDS: Final = frozenset(
    {"BLANK_LINE", "ITEM_MARK", "POEM", "POEM_START", "QUOTE_END", "QUOTE_START", "RULE_MARK"}
)

_RAW_LINK_END: Final = re.compile("</a>", re.IGNORECASE)
_LINKS: Final = frozenset({"GLOSSARY_MARK", "NOTE", "PLAIN_LINK"})


def is_block(writer: TextWriter, lexeme: Lexeme) -> bool:
    """Return whether a lexeme begins or ends a block."""
    kind = lexeme.kind
    if kind in _BLOCK_KINDS:
        return True
    if kind == "OPENING_BRACES":
        return lexeme.end - lexeme.start > 2 and writer.text[lexeme.end - 1] == "{"
    if kind == "PROTECTED":
        return protected.is_block(writer, lexeme.start)
    if kind == "TAG":
        name = read_tag(writer.text[lexeme.start : lexeme.end]).name
        return (name in BLOCKS or name == "p") and name in writer.policy.tags
    if kind == "MODEL_TAG":
        model = read_model(writer.text[lexeme.start : lexeme.end])
        return model.is_document and model.number is not None and writer.settings.resolver is not None
    return False


def may_hold_links(writer: TextWriter, kinds: Set[str]) -> bool:
    """Return whether a text with lexemes of these kinds can have a link around something."""
    return "LINK_START" in kinds or ("TAG" in kinds and _RAW_LINK_END.search(writer.text) is not None)


def find_block_links(writer: TextWriter, lexemes: Iterable[Lexeme]) -> set[int]:
    """Return the offsets where links with a block in them start and end: ``[…->…]`` and the author's ``<a>``."""
    offsets: set[int] = set()
    opening, has_block = -1, False
    for lexeme in lexemes:
        if lexeme.kind == "WORDS":
            continue
        starts, ends = _read_link_mark(writer, lexeme)
        if starts and opening < 0:
            opening, has_block = lexeme.start, False
        elif ends and opening >= 0:
            if has_block:
                offsets |= {opening, lexeme.start}
            opening = -1
        elif lexeme.kind in _LINKS:
            # To SPIP, the end of this link ends the outer one.
            opening = -1
        elif opening >= 0 and not has_block:
            has_block = is_block(writer, lexeme)
    return offsets


def _read_link_mark(writer: TextWriter, lexeme: Lexeme) -> tuple[bool, bool]:
    """Return whether a lexeme starts a link, and whether it ends one."""
    if lexeme.kind == "TAG" and "a" in writer.policy.tags:
        markup = writer.text[lexeme.start : lexeme.start + 4].lower()
        return markup[:3] in ("<a ", "<a\t", "<a>"), markup == "</a>"
    return lexeme.kind == "LINK_START", lexeme.kind == "LINK_END"
