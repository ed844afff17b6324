"""Where lines begin and end: newlines, blank lines, breaks, dashes, rules."""

from __future__ import annotations

from typing import Final

from spipconv.nodes import Bullet, Rule
from spipconv.parsing.layout.lists import end_lists, fill_item
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.typography import NO_BREAK_SPACE, is_french

# Before these, typography makes a space unbreakable, or absorbs it.
_UNBREAKABLE: Final = frozenset("%~\u00a0")
_FRENCH_UNBREAKABLE: Final = _UNBREAKABLE | frozenset("!:;?»")


def write_newline(writer: TextWriter, start: int, end: int) -> None:
    """End a line."""
    if writer.keeps_newlines:
        writer.words(start, end)
        return
    writer.end_run(trims=True)
    if writer.in_body_cell and not writer.text.startswith(("-*", "-#"), end):
        writer.flow.line_break("auto", start, end)
    writer.flow.newline(start, end)


def write_blank_line(writer: TextWriter, start: int, end: int) -> None:
    """End a paragraph and all lists."""
    writer.end_run(trims=True)
    end_lists(writer)
    if writer.in_body_cell:
        writer.flow.blank_line(start, end)
    else:
        writer.flow.begin()


def write_break_mark(writer: TextWriter, start: int, end: int) -> None:
    """Write ``_`` at the start of a line: a break, unless typography makes its space unbreakable."""
    writer.end_run(trims=True)
    if writer.text[end : end + 1] in (_FRENCH_UNBREAKABLE if is_french(writer.typography) else _UNBREAKABLE):
        if writer.text[start] == "\n":
            writer.flow.newline(start, start + 1)
            start += 1
        writer.words(start, end)
        return
    if writer.in_body_cell:
        writer.flow.line_break("auto", start, start)
    writer.flow.line_break("manual", start, end)


def write_dash_mark(writer: TextWriter, start: int, end: int) -> None:
    """Write ``-`` at the start of a line: SPIP's drawn dash."""
    _begin_dash(writer, start)
    writer.leaf(Bullet(**writer.source.fields(start, end)), start, end)


def write_dialogue_mark(writer: TextWriter, start: int, end: int) -> None:
    """Write ``--`` at the start of a line: the dash of a dialogue, which stays as it is typed in a poem.

    ``—`` is one only where French typography turns it into ``--``.
    """
    if writer.text[start] == "—" and not is_french(writer.typography):
        writer.words(start, end)
        return
    if writer.in_verse:
        writer.end_run()
        writer.flow.text(writer.text[start:end].replace("—", "--"), start, end)
        return
    # At the very start of a text, typography makes the dash, and the space stays an ordinary one.
    is_first = start == writer.start and writer.text[start - 1 : start] != "\n"
    if is_first and writer.text[start + 2 : start + 3] != "-":
        writer.words(start, end)
        return
    _begin_dash(writer, start)
    writer.flow.content(start)
    writer.pairing.text("—" + (NO_BREAK_SPACE if writer.typography else " "), start, end)


def write_rule_mark(writer: TextWriter, start: int, end: int) -> None:
    """Write ``----``: a horizontal rule."""
    if writer.levels:
        writer.end_run(trims=True)
        fill_item(writer)
    end = start + len(writer.text[start:end].rstrip())
    writer.block(Rule(**writer.source.fields(start, end)), start, end)
    writer.flow.begin()


def without_marks_before_notes(lexemes: list[Lexeme], text: str) -> list[Lexeme]:
    """Return lexemes in which ``_`` before a note is a word: SPIP removes the space that would make it a break."""
    kept: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind == "NOTE" and kept and kept[-1].kind == "BREAK_MARK":
            mark = kept.pop()
            start = mark.start
            if text[start] == "\n":
                kept.append(Lexeme("NEWLINE", start, start + 1))
                start += 1
            kept.append(Lexeme("WORDS", start, start + 1))
        kept.append(lexeme)
    return kept


def write_intro_tag(writer: TextWriter, start: int, end: int) -> None:
    """Write ``<intro>`` or its end: nothing, which ends no paragraph either."""
    writer.end_run()
    writer.source.intro_tags.append((start, end))


def _begin_dash(writer: TextWriter, offset: int) -> None:
    writer.end_run()
    if writer.levels:
        fill_item(writer)
    if not writer.in_body_cell and not writer.flow.drops_break and not _follows_heading(writer, offset):
        writer.flow.line_break("html", offset, offset)


def _follows_heading(writer: TextWriter, offset: int) -> bool:
    """Return whether nothing but white space is between the end of a heading and here: SPIP drops a break there."""
    while offset and writer.text[offset - 1] in " \t\n":
        offset -= 1
    return offset == writer.heading_end
