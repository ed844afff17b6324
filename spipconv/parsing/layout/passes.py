"""The layout pass between lexer and parser: where SPIP's lines, lists, tables and paragraphs begin and end.

It follows SPIP's passes: notes and poems are set apart, tables are found, then come the marks of a line and the
braces; paragraphs and the pairing of markers come last. What it returns is balanced and cannot fail to parse.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from spipconv.nodes import Bullet, Node, Rule
from spipconv.parsing.layout.html import Tags
from spipconv.parsing.layout.links import References, trim
from spipconv.parsing.layout.paragraphs import Paragraphs
from spipconv.parsing.layout.tables import CellShape, find_tables, read_table, split_rows
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.notes import Notes, identifier_of, read_name
from spipconv.parsing.pairing import Open
from spipconv.parsing.source import MOST_REMARKS
from spipconv.parsing.tokens import CLOSE, Token
from spipconv.parsing.typography import NO_BREAK_SPACE, typeset
from spipconv.safety import MAX_DEPTH

_TITLE_KINDS = frozenset({"MODEL_TAG", "TAG", "IDIOM", "PROTECTED"})
# Of a longer run of braces, none further on can open or close anything, nor be remarked upon.
_MOST_MARKERS = MAX_DEPTH + MOST_REMARKS
_LINE_KINDS = frozenset({"ITEM_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK"})


class _Level(NamedTuple):
    """A list that is open, with its last item and how much was written when that began."""

    ordered: bool
    list: Open
    item: Open
    size: int


class _Aside(NamedTuple):
    """A note or a poem that was set aside: its lexemes and where its text starts and ends."""

    lexemes: list[Lexeme]
    start: int
    end: int


class Layout(References, Tags):
    """Lays out one text.

    ``read_inline`` makes nodes of a field of an object, its title for instance; with ``paragraphs=False`` it is
    such a field that is read.
    """

    def __init__(self, scan: Scan, read_inline: Callable[[str], tuple[Node, ...]], *, paragraphs: bool = True) -> None:
        super().__init__(scan, read_inline, paragraphs=paragraphs and scan.source.settings.profile != "title")
        self._notes = Notes(scan.source.settings.first_note)
        self._asides: dict[int, _Aside] = {}
        self._tables: Mapping[int, int] = {}
        self._has_heading = self._has_strong = self._has_emphasis = self._has_quote = False
        self._levels: list[_Level] = []
        self._headings: list[Open] = []
        self._in_verse = False

    # ---- The passes ----

    def read(self) -> list[Token]:
        """Return the tokens of the whole text."""
        start, end = 0, len(self._text)
        if self._settings.profile == "title":
            lexemes = self._scan.read(start, end)
            lexemes = [one if one.kind in _TITLE_KINDS else one.become("WORDS") for one in lexemes]
            self._flow.at_start = False
            return self._finish(lexemes)
        start, end = trim(self._text, start, end)
        self._first = start
        if start and self._text[start - 1] != "\n":
            # SPIP trims a text before it looks for the starts of lines.
            self._scan.masked = "\n" * start + self._scan.masked[start:]
        self._flow.begin()
        lexemes = self._open_links(self._set_aside(self._scan.read(start, end)))
        return self._finish(lexemes if self._paragraphs else _without_lines(lexemes))

    def read_note(self, aside: _Aside, *, has_call: bool) -> list[Token]:
        """Return the tokens of a note's text. Behind a call, no line starts before the first newline."""
        lexemes = self._open_links(self._set_aside(aside.lexemes, notes=False))
        while lexemes and lexemes[0].kind in ("NEWLINE", "BLANK_LINE"):
            del lexemes[0]
        if has_call and lexemes and lexemes[0].kind in (*_LINE_KINDS, "PIPE"):
            lexemes[0] = lexemes[0].become("WORDS")
        self._first = aside.start
        self._flow.begin(drops_breaks=False)
        return self._finish(lexemes)

    def _finish(self, lexemes: list[Lexeme]) -> list[Token]:
        self._look_for_openers(lexemes)
        if self._paragraphs:
            self._tables = find_tables(lexemes, self._text)
        self._run(lexemes, 0, len(lexemes))
        self._end_lists()
        self._flow.end()
        return self._balance.finish()

    def _set_aside(self, lexemes: list[Lexeme], *, notes: bool = True) -> list[Lexeme]:
        """Replace every note and every poem by one lexeme."""
        kinds = {one.kind for one in lexemes}
        if notes and "NOTE_START" in kinds:
            lexemes = self._set_kind_aside(lexemes, "NOTE_START", "NOTE_END", "NOTE")
        if "POEM_START" in kinds:
            lexemes = self._set_kind_aside(lexemes, "POEM_START", "POEM_END", "POEM")
        return lexemes

    def _set_kind_aside(self, lexemes: list[Lexeme], first: str, last: str, kind: str) -> list[Lexeme]:
        starts = [index for index, one in enumerate(lexemes) if one.kind == first]
        ends = [index for index, one in enumerate(lexemes) if one.kind == last]
        kept: list[Lexeme] = []
        position = 0
        for start in starts:
            if start < position:
                continue
            kept += lexemes[position:start]
            one = lexemes[start]
            position = start + 1
            following = bisect_left(ends, start)
            if following < len(ends):
                end = ends[following]
                self._asides[one.start] = _Aside(lexemes[start + 1 : end], one.end, lexemes[end].start)
                kept.append(Lexeme(kind, one.start, lexemes[end].end))
                position = end + 1
            elif kind == "NOTE":
                self._source.report("unclosed-note", one.start, "[[")
                kept.append(one.become("WORDS"))
            else:
                kept.append(one.become("TAG"))
        return kept + lexemes[position:]

    def _look_for_openers(self, lexemes: list[Lexeme]) -> None:
        """Note which braces the text opens: those of a kind that it never opens are no markup."""
        for one in lexemes:
            if one.kind == "OPENING_BRACES" and self._text[one.end - 1] == "{":
                triples, rest = divmod(one.end - one.start, 3)
                self._has_heading |= triples > 0
                self._has_strong |= rest == 2
                self._has_emphasis |= rest == 1
            elif one.kind == "STRONG_WORDS":
                self._has_strong = True
            elif one.kind == "EMPHASIS_WORDS":
                self._has_emphasis = True
            elif one.kind == "QUOTE_START":
                self._has_quote = True
            elif one.kind == "POEM":
                self._look_for_openers(self._asides[one.start].lexemes)

    def _run(self, lexemes: Sequence[Lexeme], first: int, last: int) -> None:
        """Write the lexemes between two indices."""
        index = first
        while index < last:
            one = lexemes[index]
            handler = _HANDLERS.get(one.kind)
            if handler is not None:
                handler(self, one.start, one.end)
            elif one.kind == "PIPE" and index in self._tables and not self._in_cell and not self._in_verse:
                index = self._write_table(lexemes, index)
                continue
            else:
                # Words, or a mark that means nothing here.
                if self._run_start < 0:
                    self._run_start = one.start
                self._run_end = one.end
            index += 1
        self._end_run()

    # ---- Braces ----

    def _opening_braces(self, start: int, end: int) -> None:
        if self._text[end - 1] == "}":
            self._words(start, end)
            return
        self._end_run(trims=end - start > 2)
        triples, rest = divmod(end - start, 3)
        for number in range(min(triples, _MOST_MARKERS)):
            self._open_heading(start + 3 * number)
        if rest:
            name = "i" if rest == 1 else "strong"
            self._flow.tag(partial(self._open_formatting, name, "{" * rest, end - rest), end - rest)

    def _strong_words(self, start: int, end: int) -> None:
        self._formatted_words("strong", start, end, 2)

    def _emphasis_words(self, start: int, end: int) -> None:
        self._formatted_words("i", start, end, 1)

    def _closing_braces(self, start: int, end: int) -> None:
        closes_heading = self._has_heading and end - start >= 3
        count = end - start - 3 * closes_heading
        pairs = count // 2 if self._has_strong else 0
        self._close_each("strong", "}}", start, pairs)
        start, singles = start + 2 * pairs, count - 2 * pairs
        if self._has_emphasis:
            self._close_each("i", "}", start, singles)
        elif singles:
            self._words(start, start + singles)
        if closes_heading:
            self._end_run(trims=True)
            self._close_heading(end - 3)

    def _close_each(self, name: str, marker: str, offset: int, number: int) -> None:
        if number:
            self._end_run()
        for _ in range(min(number, _MOST_MARKERS)):
            self._flow.tag(partial(self._close_formatting, name, marker, offset), offset)
            offset += len(marker)

    def _open_heading(self, offset: int) -> None:
        self._end_run(trims=True)
        self._flow.end()
        heading = self._balance.open("h2", "HEADING", {}, offset, "{{{")
        if heading:
            self._headings.append(heading)
            self._flow.breaks_lines = False

    def _close_heading(self, offset: int) -> None:
        self._flow.end()
        while self._headings:
            heading = self._headings.pop()
            if heading.is_open:
                self._balance.close_to(heading)
                break
        else:
            self._source.report("unopened-marker", offset, "}}}")
        self._flow.begin(drops_breaks=False)
        self._set_line_breaks()

    def _set_line_breaks(self) -> None:
        self._flow.breaks_lines = self._in_cell or bool(self._levels and self._levels[-1].item.is_open)

    # ---- Lines ----

    def _newline(self, start: int, end: int) -> None:
        self._end_run(trims=True)
        self._flow.newline(start)

    def _blank_line(self, start: int, end: int) -> None:
        self._end_run(trims=True)
        self._end_lists()
        if self._in_cell:
            self._flow.blank_line(start)
        else:
            self._flow.begin()

    def _break_mark(self, start: int, end: int) -> None:
        self._end_run(trims=True)
        self._flow.line_break("manual", start)

    def _dash_mark(self, start: int, end: int) -> None:
        self._begin_dash(start)
        line, column = self._source.place(start)
        self._leaf(Bullet(line=line, column=column), start)

    def _dialogue_mark(self, start: int, end: int) -> None:
        # At the very start of a text, typography makes the dash, and the space stays an ordinary one.
        if start == self._first and self._text[start + 2 : start + 3] != "-":
            self._words(start, end)
            return
        self._begin_dash(start)
        self._flow.content(start)
        self._balance.text("—" + NO_BREAK_SPACE, start)

    def _begin_dash(self, offset: int) -> None:
        self._end_run()
        if not self._flow.drops_break:
            self._flow.line_break("html", offset)

    def _rule_mark(self, start: int, end: int) -> None:
        line, column = self._source.place(start)
        self._block(Rule(line=line, column=column))
        self._flow.begin()

    # ---- Lists ----

    def _item_mark(self, start: int, end: int) -> None:
        ordered, depth = self._text[start + 1] == "#", end - start - 1
        self._end_run(trims=True)
        if self._in_cell and not self._levels:
            self._flow.blank_line(start)
            self._flow.flush(start)
        self._flow.end()
        levels = self._levels
        while levels and not levels[-1].list.is_open:
            levels.pop()
        while len(levels) > depth:
            self._end_list()
        if len(levels) == depth:
            if levels[-1].ordered == ordered:
                self._end_item()
                levels[-1] = self._open_item(levels[-1].list, ordered, start)
                self._set_line_breaks()
                return
            self._end_list()
        while len(levels) < depth:
            name, fields = ("ol", {"ordered": True}) if ordered else ("ul", {"ordered": False})
            opened = self._balance.open(name, "LIST", fields, start, self._text[start : min(end, start + 20)])
            if opened is None:
                if not levels:
                    self._words(start, end)
                break
            levels.append(self._open_item(opened, ordered, start))
        self._set_line_breaks()

    def _open_item(self, opened: Open, ordered: bool, offset: int) -> _Level:
        item = self._balance.open("li", "ITEM", {}, offset)
        assert item is not None, "a list is only opened where there is room for its items"
        return _Level(ordered, opened, item, self._balance.size)

    def _end_item(self) -> None:
        level = self._levels[-1]
        if level.item.is_open:
            if self._balance.size == level.size:
                self._balance.text(NO_BREAK_SPACE, level.item.offset)
            self._balance.close_to(level.item)

    def _end_list(self) -> None:
        self._end_item()
        self._balance.close_to(self._levels.pop().list)

    def _end_lists(self) -> None:
        if self._levels:
            self._end_run(trims=True)
            self._flow.end()
            while self._levels:
                self._end_list()
            self._set_line_breaks()

    # ---- Tables ----

    def _write_table(self, lexemes: Sequence[Lexeme], first: int) -> int:
        """Write the table that begins at an index; return the index behind it."""
        last = self._tables[first]
        self._end_run(trims=True)
        self._end_lists()
        self._flow.end()
        offset = lexemes[first].start
        table = self._balance.open("table", "TABLE", {}, offset, "|")
        if table is None:
            self._words(offset, lexemes[last - 1].end)
            return last
        rows, starts = split_rows(lexemes, first, last, self._text)
        shape = read_table(rows)
        if shape.caption:
            self._write_caption(lexemes, shape.caption, shape.summary, offset)
        lines = [(shape.head, True)] if shape.head else []
        lines += [(row, False) for row in shape.body]
        for (cells, head), start in zip(lines, starts[len(starts) - len(lines) :], strict=True):
            row = self._balance.open("tr", "ROW", {"head": head}, start)
            assert row is not None
            for cell in cells:
                self._write_cell(lexemes, cell)
            self._balance.close_to(row)
        self._balance.close_to(table)
        self._flow.begin()
        return last

    def _write_caption(
        self, lexemes: Sequence[Lexeme], caption: tuple[int, int], summary: tuple[int, int] | None, offset: int
    ) -> None:
        opened = self._balance.open("caption", "CAPTION", {}, offset)
        assert opened is not None
        self._run_inside(lexemes, *caption)
        if summary:
            self._balance.close_inside(opened)
            inner = self._balance.open("caption", "SUMMARY", {}, offset)
            assert inner is not None
            self._run_inside(lexemes, *summary)
            self._balance.close_to(inner)
        self._balance.close_to(opened)

    def _write_cell(self, lexemes: Sequence[Lexeme], shape: CellShape) -> None:
        fields = {
            "header": shape.header,
            "index": shape.index,
            "colspan": shape.colspan,
            "rowspan": shape.rowspan,
            "numeric": shape.numeric,
        }
        first, last = shape.first, shape.last
        offset = lexemes[first].start if first < len(lexemes) else len(self._text)
        if first == last:
            self._balance.plain("CELL", fields, "", offset)
            return
        is_bold = shape.header and shape.is_bold
        kinds = {one.kind for one in lexemes[first:last]}
        if kinds == {"WORDS"} or (is_bold and "STRONG_WORDS" in kinds):
            words = shape.text[2:-2] if is_bold else shape.text
            before = self._text[offset - 1] if offset > self._first else ""
            self._balance.plain("CELL", fields, typeset(words, self._settings.language, before), offset)
            return
        cell = self._balance.open("th" if shape.header else "td", "CELL", fields, offset)
        assert cell is not None
        if is_bold:
            while lexemes[first].kind != "OPENING_BRACES":
                first += 1
            while lexemes[last - 1].kind != "CLOSING_BRACES":
                last -= 1
            first, last = first + 1, last - 1
        self._run_inside(lexemes, first, last)
        self._balance.close_to(cell)

    def _run_inside(self, lexemes: Sequence[Lexeme], first: int, last: int) -> None:
        """Write a part of a table, in which paragraphs, breaks and lists are its own."""
        flow, levels, headings = self._flow, self._levels, self._headings
        self._flow = Paragraphs(self._balance, self._source, breaks_lines=True)
        self._levels, self._headings = [], []
        self._in_cell = True
        while first < last and lexemes[last - 1].kind in ("NEWLINE", "BLANK_LINE"):
            last -= 1
        self._run(lexemes, first, last)
        self._end_lists()
        self._flow.end()
        self._flow, self._levels, self._headings = flow, levels, headings
        self._in_cell = False

    # ---- Blocks ----

    def _quote_start(self, start: int, end: int) -> None:
        self._end_run(trims=True)
        self._flow.end()
        self._balance.open("blockquote", "QUOTE", {}, start, "<quote>")
        self._flow.begin(drops_breaks=False)

    def _quote_end(self, start: int, end: int) -> None:
        self._end_run(trims=True)
        if not self._has_quote:
            self._source.report("unopened-tag", start, "</quote>")
            return
        self._flow.end()
        if not self._balance.close("blockquote"):
            self._source.report("unopened-tag", start, "</quote>")
        self._flow.begin(drops_breaks=False)

    def _poem(self, start: int, end: int) -> None:
        lexemes = _without_lines(self._open_links(self._asides[start].lexemes))
        self._end_run(trims=True)
        self._end_lists()
        self._flow.end()
        poem = self._balance.open("blockquote", "POEM", {}, start, self._text[start : start + 8])
        if poem is None:
            self._run(lexemes, 0, len(lexemes))
            return
        if lexemes and lexemes[0].kind in ("NEWLINE", "BLANK_LINE"):
            del lexemes[0]
        if lexemes and lexemes[-1].kind in ("NEWLINE", "BLANK_LINE"):
            del lexemes[-1]
        outer, was_in_verse = self._flow, self._in_verse
        self._in_verse = True
        first = 0
        for index in range(len(lexemes) + 1):
            kind = lexemes[index].kind if index < len(lexemes) else "NEWLINE"
            if kind not in ("NEWLINE", "BLANK_LINE", "BREAK_MARK"):
                continue
            if not poem.is_open:
                # Something in it has closed what stands around it.
                self._run(lexemes, first, len(lexemes))
                break
            self._write_verse(lexemes, first, index, first == 0)
            if poem.is_open and kind == "BLANK_LINE":
                self._write_verse(lexemes, index, index, False, NO_BREAK_SPACE)
            first = index + 1
            if kind == "BREAK_MARK":
                first = index
                lexemes[index] = Lexeme("WORDS", lexemes[index].start + 1, lexemes[index].end)
        self._flow, self._in_verse = outer, was_in_verse
        self._balance.close_to(poem)
        self._flow.begin()

    def _write_verse(self, lexemes: list[Lexeme], first: int, last: int, is_first: bool, words: str = "") -> None:
        offset = lexemes[first].start if first < len(lexemes) else self._run_end
        if last == first + 1 and lexemes[first].kind == "WORDS" and self._balance.is_plain:
            verse_words = self._text[offset : lexemes[first].end].rstrip(" \t")
            verse_words = verse_words.lstrip(" \t") if is_first else verse_words
            self._balance.plain("VERSE", {}, typeset(verse_words, self._settings.language, "\n"), offset)
            return
        verse = self._balance.open("div", "VERSE", {}, max(offset, 0))
        assert verse is not None
        self._flow = Paragraphs(self._balance, self._source, enabled=False)
        # Poets indent: spaces at the start of a verse stay, but for the first.
        self._flow.at_start = is_first
        if words:
            self._balance.text(words, offset)
        self._run(lexemes, first, last)
        self._flow.end()
        self._balance.close_to(verse)

    # ---- Notes ----

    def _note(self, start: int, end: int) -> None:
        aside = self._asides[start]
        text = self._text[aside.start : aside.end]
        first_kind = aside.lexemes[0].kind if aside.lexemes else ""
        name, length = None, 0
        if first_kind in ("TAG", "OTHER", "QUOTE_START", "POEM_START") or text[:1] in " \t\n":
            name, length = read_name(text, first_kind != "OTHER")
        if length:
            aside = _cut(aside, aside.start + length)
        label = self._notes.number() if name is None else name
        self._end_run(trims=bool(label) or name is not None)
        fields: dict[str, Any] = {"label": label, "identifier": identifier_of(label)}
        if label:
            fields["repeated"] = self._notes.call(label)
            self._flow.content(start)
        tokens: list[Token] = []
        if self._text[aside.start : aside.end].strip():
            tokens = Layout(self._scan, self._read_inline).read_note(aside, has_call=bool(label))
        elif not label:
            return
        fields["line"], fields["column"] = self._source.place(start)
        self._balance.tokens([Token("NOTE", fields), *tokens, CLOSE])


def _without_lines(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Return lexemes in which what marks the start of a line is words."""
    return [one.become("WORDS") if one.kind in _LINE_KINDS else one for one in lexemes]


def _cut(aside: _Aside, start: int) -> _Aside:
    """Return an aside without the lexemes before an offset."""
    lexemes = [
        one if one.start >= start else Lexeme("WORDS", start, one.end) for one in aside.lexemes if one.end > start
    ]
    return _Aside(lexemes, start, aside.end)


_Handler = Callable[[Layout, int, int], None]
_HANDLERS: dict[str, _Handler] = {
    "ABBREVIATION_MARK": Layout._abbreviation,
    "ADDRESS": Layout._address,
    "ANCHOR_MARK": Layout._anchor,
    "BLANK_LINE": Layout._blank_line,
    "BREAK_MARK": Layout._break_mark,
    "CLOSING_BRACES": Layout._closing_braces,
    "DASH_MARK": Layout._dash_mark,
    "DIALOGUE_MARK": Layout._dialogue_mark,
    "EMPHASIS_WORDS": Layout._emphasis_words,
    "ESCAPE": Layout._escape,
    "GLOSSARY_MARK": Layout._glossary,
    "IDIOM": Layout._idiom,
    "INTRO_TAG": Layout._blank_line,
    "ITEM_MARK": Layout._item_mark,
    "LINKED_MODEL": Layout._linked_model,
    "LINK_END": Layout._link_end,
    "LINK_START": Layout._link_start,
    "MODEL_TAG": Layout._model,
    "NEWLINE": Layout._newline,
    "NOTE": Layout._note,
    "OPENING_BRACES": Layout._opening_braces,
    "PLAIN_LINK": Layout._plain_link,
    "POEM": Layout._poem,
    "PROTECTED": Layout._protected,
    "QUOTE_END": Layout._quote_end,
    "QUOTE_START": Layout._quote_start,
    "RESOURCE": Layout._resource,
    "RULE_MARK": Layout._rule_mark,
    "STRONG_WORDS": Layout._strong_words,
    "TAG": Layout._tag,
}
