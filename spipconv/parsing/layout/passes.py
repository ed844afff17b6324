"""The layout pass between lexer and parser: where SPIP's lines, lists, tables and paragraphs begin and end.

It follows SPIP's passes: notes and poems are set apart, tables are found, then come the marks of a line and the
braces; paragraphs and the pairing of markers come last. What it returns is balanced and cannot fail to parse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from spipconv.nodes import Node
from spipconv.parsing.layout.asides import LINE_KINDS, Aside, Asides, without_lines
from spipconv.parsing.layout.braces import Braces
from spipconv.parsing.layout.html import HtmlTags
from spipconv.parsing.layout.lines import Lines
from spipconv.parsing.layout.links import Links, trim
from spipconv.parsing.layout.lists import Lists
from spipconv.parsing.layout.models import Models
from spipconv.parsing.layout.protected import ProtectedText
from spipconv.parsing.layout.quotes import Poems, Quotes
from spipconv.parsing.layout.table_shapes import find_tables
from spipconv.parsing.layout.tables import Tables
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.notes import Notes, identifier_of, read_name
from spipconv.parsing.tokens import CLOSE, Token

_TITLE_KINDS = frozenset({"MODEL_TAG", "TAG", "IDIOM", "PROTECTED"})
_Handler = Callable[[int, int], None]


class Layout:
    """Lays out one text: runs the passes, and gives each lexeme to the part that writes its kind.

    ``read_inline`` makes nodes of a field of an object, its title for instance; with ``paragraphs=False`` it is
    such a field that is read.
    """

    def __init__(self, scan: Scan, read_inline: Callable[[str], tuple[Node, ...]], *, paragraphs: bool = True) -> None:
        settings = scan.source.settings
        self.writer = TextWriter(scan, read_inline, paragraphs=paragraphs and settings.profile != "title")
        self.lists = Lists(self.writer)
        self.braces = Braces(self.writer, self.lists)
        self.links = Links(self.writer)
        self.quotes = Quotes(self.writer)
        self._asides = Asides(scan.source)
        self._notes = Notes(settings.first_note)
        # Where tables are among the lexemes of the text: from the index of the first bar to that after the last one.
        self._table_ends: Mapping[int, int] = {}
        # What writes each kind of lexeme that the text has.
        self._handlers: dict[str, _Handler] = {}

    # ---- The passes ----

    def read(self) -> list[Token]:
        """Return the tokens of the whole text."""
        writer = self.writer
        start, end = 0, len(writer.text)
        if writer.settings.profile == "title":
            lexemes = writer.scan.read(start, end)
            lexemes = [lexeme if lexeme.kind in _TITLE_KINDS else lexeme.become("WORDS") for lexeme in lexemes]
            writer.flow.at_start = False
            return self._finish(lexemes)
        start, end = trim(writer.text, start, end)
        writer.start = start
        if start and writer.text[start - 1] != "\n":
            # SPIP trims a text before it looks for the starts of lines.
            writer.scan.masked = "\n" * start + writer.scan.masked[start:]
        writer.flow.begin()
        lexemes = self.links.open_up(self._asides.take(writer.scan.read(start, end)))
        return self._finish(lexemes if writer.has_paragraphs else without_lines(lexemes))

    def read_note(self, aside: Aside, *, has_call: bool) -> list[Token]:
        """Return the tokens of a note's text. After a call, no line starts before the first newline."""
        lexemes = self.links.open_up(self._asides.take(aside.lexemes, notes=False))
        while lexemes and lexemes[0].kind in ("NEWLINE", "BLANK_LINE"):
            del lexemes[0]
        if has_call and lexemes and lexemes[0].kind in (*LINE_KINDS, "PIPE"):
            lexemes[0] = lexemes[0].become("WORDS")
        self.writer.start = aside.start
        self.writer.flow.begin(drops_breaks=False)
        return self._finish(lexemes)

    def _finish(self, lexemes: list[Lexeme]) -> list[Token]:
        self._note_openings(lexemes)
        if self.writer.has_paragraphs:
            self._table_ends = find_tables(lexemes, self.writer.text)
        self._run(lexemes, 0, len(lexemes))
        self.lists.end_all()
        self.writer.flow.end()
        # Some are methods of this layout: without this, only the garbage collector would free it.
        self._handlers.clear()
        return self.writer.pairing.finish()

    def _note_openings(self, lexemes: Iterable[Lexeme]) -> None:
        """Note what the text opens: what closes something else is no markup."""
        for lexeme in lexemes:
            kind = lexeme.kind
            if kind in ("OPENING_BRACES", "STRONG_WORDS", "EMPHASIS_WORDS"):
                self.braces.note_opening(lexeme)
            elif kind == "QUOTE_START":
                self.quotes.has_any = True
            elif kind == "POEM":
                self._note_openings(self._asides[lexeme.start].lexemes)

    def _run(self, lexemes: Sequence[Lexeme], first: int, last: int) -> None:
        """Write the lexemes between two indices."""
        writer, handlers, words = self.writer, self._handlers, self.writer.words
        index = first
        while index < last:
            lexeme = lexemes[index]
            kind = lexeme.kind
            if kind == "WORDS":
                words(lexeme.start, lexeme.end)
            elif handler := handlers.get(kind):
                handler(lexeme.start, lexeme.end)
            elif find := HANDLERS.get(kind):
                handlers[kind] = handler = find(self)
                handler(lexeme.start, lexeme.end)
            elif kind == "PIPE" and index in self._table_ends and not writer.in_cell and not writer.in_verse:
                table = Tables(writer, self.lists, self.braces)
                index = table.write(lexemes, index, self._table_ends[index], self._run)
                continue
            else:
                # A mark that means nothing here.
                words(lexeme.start, lexeme.end)
            index += 1
        writer.end_run()

    # ---- Notes and poems ----

    def poem(self, start: int, end: int) -> None:
        """Write a poem that was set apart."""
        lexemes = without_lines(self.links.open_up(self._asides[start].lexemes))
        Poems(self.writer, self.lists).write(lexemes, start, self._run)

    def note(self, start: int, end: int) -> None:
        """Write a note that was set apart: a text of its own, with a label at its call."""
        writer, aside = self.writer, self._asides[start]
        text = writer.text[aside.start : aside.end]
        first_kind = aside.lexemes[0].kind if aside.lexemes else ""
        name, length = None, 0
        if first_kind in ("TAG", "OTHER", "QUOTE_START", "POEM_START") or text[:1] in " \t\n":
            name, length = read_name(text, first_kind != "OTHER")
        if length:
            aside = aside.after(aside.start + length)
        label = self._notes.number() if name is None else name
        writer.end_run(trims=bool(label) or name is not None)
        repeated = False
        if label:
            repeated = self._notes.call(label)
            writer.flow.content(start)
        tokens: list[Token] = []
        if writer.text[aside.start : aside.end].strip():
            tokens = Layout(writer.scan, writer.read_inline).read_note(aside, has_call=bool(label))
        elif not label:
            return
        line, column = writer.source.place(start)
        fields = {
            "label": label,
            "identifier": identifier_of(label),
            "repeated": repeated,
            "line": line,
            "column": column,
        }
        writer.pairing.tokens([Token("NOTE", fields), *tokens, CLOSE])


# By kind of lexeme: what finds its handler. A kind without one is words.
HANDLERS: Mapping[str, Callable[[Layout], _Handler]] = {
    "ABBREVIATION_MARK": lambda layout: layout.links.abbreviation,
    "ADDRESS": lambda layout: layout.links.address,
    "ANCHOR_MARK": lambda layout: layout.links.anchor,
    "BLANK_LINE": lambda layout: Lines(layout.writer, layout.lists).blank_line,
    "BREAK_MARK": lambda layout: Lines(layout.writer, layout.lists).break_mark,
    "CLOSING_BRACES": lambda layout: layout.braces.closing_braces,
    "DASH_MARK": lambda layout: Lines(layout.writer, layout.lists).dash_mark,
    "DIALOGUE_MARK": lambda layout: Lines(layout.writer, layout.lists).dialogue_mark,
    "EMPHASIS_WORDS": lambda layout: layout.braces.emphasis_words,
    "ESCAPE": lambda layout: layout.writer.escape,
    "GLOSSARY_MARK": lambda layout: layout.links.glossary,
    "IDIOM": lambda layout: layout.writer.idiom,
    "INTRO_TAG": lambda layout: Lines(layout.writer, layout.lists).blank_line,
    "ITEM_MARK": lambda layout: layout.lists.item_mark,
    "LINKED_MODEL": lambda layout: Models(layout.writer).linked_model,
    "LINK_END": lambda layout: layout.links.link_end,
    "LINK_START": lambda layout: layout.links.link_start,
    "MODEL_TAG": lambda layout: Models(layout.writer).model,
    "NEWLINE": lambda layout: Lines(layout.writer, layout.lists).newline,
    "NOTE": lambda layout: layout.note,
    "OPENING_BRACES": lambda layout: layout.braces.opening_braces,
    "PLAIN_LINK": lambda layout: layout.links.plain_link,
    "POEM": lambda layout: layout.poem,
    "PROTECTED": lambda layout: ProtectedText(layout.writer, layout.lists).protected,
    "QUOTE_END": lambda layout: layout.quotes.quote_end,
    "QUOTE_START": lambda layout: layout.quotes.quote_start,
    "RESOURCE": lambda layout: layout.links.resource,
    "RULE_MARK": lambda layout: Lines(layout.writer, layout.lists).rule_mark,
    "STRONG_WORDS": lambda layout: layout.braces.strong_words,
    "TAG": lambda layout: HtmlTags(layout.writer, layout.lists).tag,
}
