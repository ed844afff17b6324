"""The layout pass between lexer and parser: where SPIP's lines, lists, tables and paragraphs begin and end.

It follows SPIP's passes: notes and poems are set apart, tables are found, then come the marks of a line and the
braces; paragraphs and the pairing of markers come last. What it returns is balanced and cannot fail to parse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from spipconv.parsing.layout import abbreviations, braces, html, lines, links, lists, models, protected, quotes, words
from spipconv.parsing.layout.asides import LINE_KINDS, Aside, Asides, without_lines
from spipconv.parsing.layout.block_links import find_block_links, may_hold_links
from spipconv.parsing.layout.excerpts import excerpt
from spipconv.parsing.layout.table_shapes import find_tables
from spipconv.parsing.layout.tables import write_table
from spipconv.parsing.layout.writer import ReadInline, TextWriter
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.notes import Notes, identifier_of
from spipconv.parsing.tokens import CLOSE, Terminal, Token

# What is not words in a title. SPIP's own tags mean nothing there, and browsers hide them.
_TITLE_KINDS: Final = {kind: kind for kind in ("IDIOM", "MODEL_TAG", "PROTECTED", "TAG")} | dict.fromkeys(
    ("INTRO_TAG", "POEM_END", "POEM_START", "QUOTE_END", "QUOTE_START"), "TAG"
)
# A note that follows its call does not start with these: they are words there.
_NOT_AFTER_CALL: Final = LINE_KINDS | {"PIPE"}
_ASIDE_KINDS: Final = frozenset({"NOTE_END", "NOTE_START", "POEM_START"})
_OPENING_KINDS: Final = frozenset(
    {"OPENING_BRACES", "CLOSING_BRACES", "STRONG_WORDS", "EMPHASIS_WORDS", "QUOTE_START", "POEM"}
)


class Layout:
    """Lays out one text: runs the passes, and gives each lexeme to what writes its kind.

    ``read_inline`` makes nodes of a field of an object, its title for instance; with ``paragraphs=False`` it is
    such a field that is read.
    """

    def __init__(self, scan: Scan, read_inline: ReadInline, *, paragraphs: bool = True) -> None:
        settings = scan.source.settings
        self._writer = TextWriter(scan, read_inline, paragraphs=paragraphs and settings.profile != "title")
        self._asides = Asides(scan)
        # The poems that were set apart, with their links opened up.
        self._poems: dict[int, list[Lexeme]] = {}
        self._notes = Notes(settings.first_note)
        # Where tables are among the lexemes of the text: from the index of the first bar to that after the last one.
        self._tables: Mapping[int, int] = {}

    # ---- The passes ----

    def read(self) -> list[Terminal]:
        """Return the tokens of the whole text."""
        writer = self._writer
        start, end = 0, len(writer.text)
        if writer.settings.profile == "title":
            lexemes = writer.scan.read(start, end)
            lexemes = [_read_title_lexeme(lexeme) for lexeme in lexemes]
            writer.flow.at_start = False
            return self._finish(lexemes)
        start, end = links.trim(writer.text, start, end)
        writer.start = start
        if start and writer.text[start - 1] != "\n":
            # SPIP trims a text before it looks for the starts of lines.
            writer.scan.masked = "\n" * start + writer.scan.masked[start:]
        writer.flow.begin()
        lexemes = self._open_up(writer.scan.read(start, end))
        return self._finish(lexemes if writer.has_paragraphs else without_lines(lexemes))

    def read_note(self, aside: Aside, *, has_call: bool) -> list[Terminal]:
        """Return the tokens of a note's text. After a call, no line starts before the first newline."""
        lexemes = self._open_up(aside.lexemes, notes=False)
        while lexemes and lexemes[0].kind in ("NEWLINE", "BLANK_LINE"):
            del lexemes[0]
        if lexemes and lexemes[-1].kind == "BREAK_MARK":
            # SPIP trims a note first, and a mark needs its space.
            last = lexemes.pop()
            lexemes += [Lexeme("NEWLINE", last.start, last.start + 1), Lexeme("WORDS", last.start + 1, last.start + 2)]
        if has_call and lexemes and lexemes[0].kind in _NOT_AFTER_CALL:
            lexemes[0] = lexemes[0].become("WORDS")
        self._writer.start = aside.start
        self._writer.flow.begin(drops_breaks=False)
        return self._finish(lexemes)

    def _open_up(self, lexemes: list[Lexeme], *, notes: bool = True) -> list[Lexeme]:
        """Set notes and poems apart, and open links up into their text."""
        kinds = {lexeme.kind for lexeme in lexemes}
        if not kinds.isdisjoint(_ASIDE_KINDS):
            lexemes = self._asides.take(lexemes, kinds, notes=notes)
            if "BREAK_MARK" in kinds and "NOTE_START" in kinds:
                lexemes = lines.without_marks_before_notes(lexemes, self._writer.text)
        return links.open_up_links(self._writer, lexemes, kinds)

    def _finish(self, lexemes: list[Lexeme]) -> list[Terminal]:
        kinds = {lexeme.kind for lexeme in lexemes}
        if not kinds.isdisjoint(_OPENING_KINDS):
            self._note_openings(lexemes)
        if {"MODEL_TAG", "TAG"} <= kinds and "a" in self._writer.policy.tags:
            lexemes = models.join_wrapped_models(self._writer, lexemes)
        if self._writer.has_paragraphs and may_hold_links(self._writer, kinds):
            self._writer.block_links = find_block_links(self._writer, lexemes)
        if "PIPE" in kinds and self._writer.has_paragraphs:
            self._tables = find_tables(lexemes, self._writer.text)
            if self._tables and "ABBREVIATION_MARK" in kinds:
                lexemes = abbreviations.split_in_tables(lexemes, self._tables, self._writer.scan)
                self._tables = find_tables(lexemes, self._writer.text)
        self._run(lexemes, 0, len(lexemes))
        lists.end_lists(self._writer)
        self._writer.flow.end()
        return self._writer.pairing.finish()

    def _note_openings(self, lexemes: Iterable[Lexeme]) -> None:
        """Note what the text opens: what closes something else is no markup."""
        for lexeme in lexemes:
            kind = lexeme.kind
            if kind not in _OPENING_KINDS:
                continue
            if kind == "QUOTE_START":
                self._writer.has_quote = True
            elif kind == "POEM":
                self._note_openings(self._poem(lexeme.start))
            else:
                braces.note_opening(self._writer, lexeme)

    def _run(self, lexemes: Sequence[Lexeme], first: int, last: int) -> None:
        """Write the lexemes between two indices."""
        writer = self._writer
        index = first
        while index < last:
            lexeme = lexemes[index]
            kind = lexeme.kind
            if kind == "WORDS":
                writer.words(lexeme.start, lexeme.end)
            elif handler := HANDLERS.get(kind):
                handler(writer, lexeme.start, lexeme.end)
            elif kind == "PIPE" and index in self._tables and not writer.in_cell and not writer.in_verse:
                index = write_table(writer, lexemes, index, self._tables[index], self._run)
                continue
            elif kind == "POEM":
                self._write_poem(lexeme.start, lexeme.end)
            elif kind == "NOTE":
                self._write_note(lexeme.start, lexeme.end)
            else:
                # A mark that means nothing here.
                writer.words(lexeme.start, lexeme.end)
            index += 1
        writer.end_run()

    # ---- Notes and poems ----

    def _write_poem(self, start: int, end: int) -> None:
        """Write a poem that was set apart."""
        quotes.write_poem(self._writer, self._poem(start), start, end, self._run)

    def _poem(self, start: int) -> list[Lexeme]:
        """Return the lexemes of a poem, with its links opened up."""
        poem = self._poems.get(start)
        if poem is None:
            poem = self._poems[start] = self._open_up(self._asides[start].lexemes, notes=False)
        return poem

    def _write_note(self, start: int, end: int) -> None:
        """Write a note that was set apart: a text of its own, with a label at its call."""
        writer, aside = self._writer, self._asides[start]
        label = self._notes.number() if aside.name is None else aside.name
        writer.end_run(trims=True)
        repeated = False
        if label:
            repeated = self._notes.call(label)
            writer.flow.content(start)
        tooltip = ""
        tokens: list[Terminal] = []
        if writer.text[aside.start : aside.end].strip():
            tooltip = excerpt(writer, aside.lexemes) if label else ""
            tokens = Layout(writer.scan, writer.read_inline).read_note(aside, has_call=bool(label))
        elif not label:
            return
        source = writer.source
        if not tokens and aside.name is None and aside.start < aside.end:
            # White space is a text, though nothing shows of it.
            tokens = [Token("PARAGRAPH", {}, *source.span(aside.start, aside.end)), CLOSE]
        fields = {
            "label": label,
            "identifier": identifier_of(label),
            "repeated": repeated,
            "excerpt": tooltip,
        }
        writer.pairing.tokens([Token("NOTE", fields, *source.span(start, end)), *tokens, CLOSE], start, end)


def _read_title_lexeme(lexeme: Lexeme) -> Lexeme:
    return lexeme.become(_TITLE_KINDS.get(lexeme.kind, "WORDS"))


# What writes each kind of lexeme; a kind that is not here is words.
HANDLERS: Final[Mapping[str, Callable[[TextWriter, int, int], None]]] = {
    "ABBREVIATION_MARK": abbreviations.write_abbreviation,
    "ADDRESS": links.write_address,
    "ANCHOR_MARK": links.write_anchor,
    "BLANK_LINE": lines.write_blank_line,
    "BREAK_MARK": lines.write_break_mark,
    "BROKEN_TAG": words.write_broken_tag,
    "CLOSING_BRACES": braces.close_braces,
    "DASH_MARK": lines.write_dash_mark,
    "DIALOGUE_MARK": lines.write_dialogue_mark,
    "EMPHASIS_WORDS": braces.write_emphasis_words,
    "ESCAPE": words.write_escape,
    "GLOSSARY_MARK": links.write_glossary,
    "IDIOM": words.write_idiom,
    "INTRO_TAG": lines.write_intro_tag,
    "ITEM_MARK": lists.write_item_mark,
    "LINKED_MODEL": models.write_linked_model,
    "LINK_END": links.close_link,
    "LINK_START": links.open_link,
    "MODEL_TAG": models.write_model,
    "NEWLINE": lines.write_newline,
    "OPENING_BRACES": braces.open_braces,
    "PLAIN_LINK": links.write_plain_link,
    "POEM_END": html.write_tag,
    "PROTECTED": protected.write_protected,
    "QUOTE_END": quotes.close_quote,
    "QUOTE_START": quotes.open_quote,
    "RESOURCE": links.write_resource,
    "RULE_MARK": lines.write_rule_mark,
    "STRONG_WORDS": braces.write_strong_words,
    "TAG": html.write_tag,
    "WRAPPED_MODEL": models.write_wrapped_model,
}
