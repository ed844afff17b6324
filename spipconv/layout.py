"""The layout pass between lexer and parser: where SPIP's lines, lists, tables and paragraphs begin and end.

It follows SPIP's passes: notes and poems are set aside, tables are found, then come the marks of a line and the
braces; paragraphs (``spipconv.paragraphs``) and the pairing of markers (``spipconv.balance``) come last. What it
returns is balanced and cannot fail to parse.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from spipconv import languages, links
from spipconv.balance import FORMATTING, Balance, Open
from spipconv.lexer import Lexeme, Protected, Scan
from spipconv.markup import BLOCKS, KNOWN, Tag, policy_of, read_attributes, read_tag
from spipconv.models import make_figure, read_model
from spipconv.nodes import (
    Anchor,
    Bullet,
    Code,
    CodeBlock,
    Element,
    Frame,
    Math,
    MathBlock,
    Model,
    Node,
    Rule,
)
from spipconv.notes import Notes, identifier_of, read_name
from spipconv.paragraphs import Paragraphs
from spipconv.safety import VOID, filter_attributes, safe_address
from spipconv.tables import CellShape, read_table
from spipconv.tokens import CLOSE, Token
from spipconv.typography import NO_BREAK_SPACE, decode_entities, typeset

# In a comment, the HTML that says the same as a shortcut is read as that shortcut.
_SHORTCUT_OF_TAG = {"b": "strong", "strong": "strong", "i": "i", "em": "i"}
_TITLE_KINDS = frozenset({"MODEL_TAG", "TAG", "IDIOM", "PROTECTED"})
_LINE_KINDS = frozenset({"ITEM_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK"})
_NOT_IN_LINKS = frozenset({"ADDRESS", "NOTE_START", "NOTE_END", "LINK_MARK", "GLOSSARY_MARK", "ANCHOR_MARK"})
_WORDS_ONLY = re.compile(r"[^\n{}\[\]<|\\\ufdd0]*")
_FORMATTING_TYPES = {"strong": "STRONG", "i": "EMPHASIS"}


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


class _LinkMark(NamedTuple):
    """``[text|title{lang}->target]``; ``words`` is the text where it holds no markup."""

    title: str
    language: str
    target: str
    words: str


class Layout:
    """Lays out one text.

    ``read_inline`` makes nodes of a field of an object, its title for instance; with ``paragraphs=False`` it is
    such a field that is read.
    """

    def __init__(self, scan: Scan, read_inline: Callable[[str], tuple[Node, ...]], *, paragraphs: bool = True) -> None:
        self._scan = scan
        self._source = scan.source
        self._text = scan.source.text
        self._settings = scan.source.settings
        self._policy = policy_of(self._settings)
        self._read_inline = read_inline
        self._paragraphs = paragraphs and self._settings.profile != "title"
        self._balance = Balance(scan.source)
        self._flow = Paragraphs(self._balance, scan.source, enabled=self._paragraphs)
        self._notes = Notes()
        self._asides: dict[int, _Aside] = {}
        self._tables: Mapping[int, int] = {}
        self._first = 0
        self._run_start = self._run_end = -1
        self._has_heading = self._has_strong = self._has_emphasis = self._has_quote = False
        self._levels: list[_Level] = []
        self._link_marks: dict[int, _LinkMark] = {}
        self._links: list[Open | None] = []
        self._headings: list[Open] = []
        self._in_cell = self._in_verse = False

    # ---- The passes ----

    def read(self) -> list[Token]:
        """Return the tokens of the whole text."""
        start, end = 0, len(self._text)
        if self._settings.profile == "title":
            lexemes = self._scan.read(start, end)
            lexemes = [one if one.kind in _TITLE_KINDS else one.become("WORDS") for one in lexemes]
            self._flow.at_start = False
            return self._finish(lexemes)
        start, end = _trim(self._text, start, end)
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
            self._tables = _find_tables(lexemes, self._text)
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

    def _open_links(self, lexemes: list[Lexeme]) -> list[Lexeme]:
        """Open links up into their text; give back the punctuation that a bare address took."""
        opened: list[Lexeme] = []
        position = 0
        for index, one in enumerate(lexemes):
            if one.kind == "LINK_MARK":
                opened += lexemes[position:index]
                opened += self._open_link(one)
                position = index + 1
            elif one.kind == "ADDRESS" and self._text[one.end - 1] in ",.;?|":
                end = one.end - 1
                last = "PIPE" if self._text[end] == "|" else "WORDS"
                opened += lexemes[position:index]
                opened += [Lexeme(one.kind, one.start, end), Lexeme(last, end, one.end)]
                position = index + 1
        return opened + lexemes[position:] if position else lexemes

    def _open_link(self, one: Lexeme) -> list[Lexeme]:
        masked = self._scan.masked
        arrow = masked.index("->", one.start)
        first, last = _trim(masked, one.start + 1, arrow)
        length, title, language = links.split_text(masked[first:last])
        first, last = _trim(masked, first, first + length)
        target = self._text[arrow + 2 : one.end - 1]
        if _WORDS_ONLY.fullmatch(masked, first, last):
            self._link_marks[one.start] = _LinkMark(title, language, target, self._text[first:last])
            return [one.become("PLAIN_LINK")]
        inner = self._scan.read(first, last)
        if len(inner) == 1 and inner[0].kind == "MODEL_TAG":
            return [one.become("LINKED_MODEL")]
        self._link_marks[one.start] = _LinkMark(title, language, target, "")
        inner = [each.become("WORDS") if each.kind in _NOT_IN_LINKS else each for each in inner]
        return [one.become("LINK_START"), *inner, Lexeme("LINK_END", one.end - 1, one.end)]

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

    # ---- Words ----

    def _words(self, start: int, end: int) -> None:
        if self._run_start < 0:
            self._run_start = start
        self._run_end = end

    def _end_run(self, *, trims: bool = False) -> None:
        """Write the words read so far; ``trims``: without the spaces at their end."""
        start, end = self._run_start, self._run_end
        if start < 0:
            return
        self._run_start = -1
        if trims:
            while end > start and self._text[end - 1] in " \t":
                end -= 1
            if end == start:
                return
        before = self._text[start - 1] if start > self._first else ""
        if self._links and before == "[":
            # To typography, a link's text stands behind a tag.
            before = ">"
        self._flow.text(typeset(self._text[start:end], self._settings.language, before), start)

    def _escape(self, start: int, end: int) -> None:
        self._end_run()
        self._flow.content(start)
        self._balance.text(self._text[start + 1 : end], start)

    def _idiom(self, start: int, end: int) -> None:
        words = languages.idiom(self._text[start + 2 : end - 2], self._settings.language)
        if words is None:
            self._source.report("unknown-idiom", start, self._text[start:end])
            self._words(start, end)
        else:
            self._end_run()
            self._flow.content(start)
            self._balance.text(words, start)

    def _leaf(self, node: Node, offset: int) -> None:
        self._end_run()
        self._flow.content(offset)
        self._balance.leaf(node)

    def _block(self, node: Node) -> None:
        """Write a block that holds no others; a paragraph begins behind it."""
        self._end_run(trims=True)
        self._flow.end()
        self._balance.block(node)
        self._flow.begin(drops_breaks=False)

    # ---- Braces ----

    def _opening_braces(self, start: int, end: int) -> None:
        if self._text[end - 1] == "}":
            self._words(start, end)
            return
        self._end_run(trims=end - start > 2)
        triples, rest = divmod(end - start, 3)
        for number in range(triples):
            self._open_heading(start + 3 * number)
        if rest:
            name = "i" if rest == 1 else "strong"
            self._flow.tag(partial(self._open_formatting, name, "{" * rest, end - rest), end - rest)

    def _strong_words(self, start: int, end: int) -> None:
        self._formatted_words("strong", start, end, 2)

    def _emphasis_words(self, start: int, end: int) -> None:
        self._formatted_words("i", start, end, 1)

    def _formatted_words(self, name: str, start: int, end: int, width: int) -> None:
        self._end_run()
        self._flow.content(start)
        words = typeset(self._text[start + width : end - width], self._settings.language, "{")
        if self._balance.is_plain:
            self._balance.plain(_FORMATTING_TYPES[name], {}, words, start)
        else:
            self._open_formatting(name, "{" * width, start)
            self._balance.text(words, start + width)
            self._close_formatting(name, "}" * width, end - width)

    def _open_formatting(self, name: str, marker: str, offset: int) -> None:
        if self._balance.open(name, _FORMATTING_TYPES[name], {}, offset, marker) is None:
            self._balance.text(marker, offset)

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
        for _ in range(number):
            self._flow.tag(partial(self._close_formatting, name, marker, offset), offset)
            offset += len(marker)

    def _close_formatting(self, name: str, marker: str, offset: int) -> None:
        if not self._balance.close_formatting(name, offset):
            self._source.report("unopened-marker", offset, marker)

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
            if not self._balance.has_room() and levels:
                self._source.report("depth-exceeded", start, self._text[start : start + 20])
                break
            name, fields = ("ol", {"ordered": True}) if ordered else ("ul", {"ordered": False})
            opened = self._balance.open(name, "LIST", fields, start)
            if opened is None:
                self._flow.text(self._text[start:end], start)
                return
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
        table = self._balance.open("table", "TABLE", {}, offset) if self._balance.has_room() else None
        if table is None:
            self._source.report("depth-exceeded", offset, "|")
            self._words(offset, lexemes[last - 1].end)
            return last
        rows, starts = self._split_rows(lexemes, first, last)
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

    def _split_rows(self, lexemes: Sequence[Lexeme], first: int, last: int) -> tuple[list[list[CellShape]], list[int]]:
        rows: list[list[CellShape]] = []
        starts: list[int] = []
        while first < last:
            starts.append(lexemes[first].start)
            row: list[CellShape] = []
            cell_first = first + 1
            for index in range(first + 1, last):
                if lexemes[index].kind == "PIPE" or _is_pipe(lexemes[index], self._text):
                    row.append(CellShape(cell_first, index, self._slice(lexemes, cell_first, index)))
                    cell_first = index + 1
                    if index + 1 == last or lexemes[index + 1].kind == "NEWLINE":
                        break
            if row:
                rows.append(row)
            else:
                # A bar alone is no row.
                starts.pop()
            # The next row begins behind the newline with a bar of its own.
            first = cell_first + 1
        return rows, starts

    def _slice(self, lexemes: Sequence[Lexeme], first: int, last: int) -> str:
        return self._text[lexemes[first].start : lexemes[last - 1].end].strip() if first < last else ""

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
        poem = self._balance.open("blockquote", "POEM", {}, start) if self._balance.has_room() else None
        if poem is None:
            self._source.report("depth-exceeded", start, self._text[start : start + 8])
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

    # ---- Links ----

    def _plain_link(self, start: int, end: int) -> None:
        """A link whose text is words, or none: then it is the object's title or the address."""
        mark = self._link_marks[start]
        target, fields = self._read_link(mark, start)
        fields["shows_address"] = not mark.words and target.shows_address
        words = mark.words or target.text
        if mark.words or target.kind == "missing":
            words = typeset(words, self._settings.language, ">")
        title = self._read_inline(target.text) if target.is_markup and not mark.words else ()
        self._end_run()
        self._flow.content(start)
        if fields["address"] is None:
            self._balance.text(words, start)
        elif not title and self._balance.is_plain:
            self._balance.plain("LINK", fields, words, start)
        else:
            opened = self._balance.open("a", "LINK", fields, start)
            for node in title:
                self._balance.leaf(node)
            if not title:
                self._balance.text(words, start)
            if opened:
                self._balance.close_formatting("a", start)

    def _link_start(self, start: int, end: int) -> None:
        _, fields = self._read_link(self._link_marks[start], start)
        self._end_run()
        self._flow.content(start)
        is_allowed = fields["address"] is not None
        self._links.append(self._balance.open("a", "LINK", fields, start) if is_allowed else None)

    def _read_link(self, mark: _LinkMark, offset: int) -> tuple[links.Target, dict[str, Any]]:
        """Return where a link leads, and the fields of its node; the address is None where it is refused."""
        target = links.read_target(mark.target, self._settings.language, mark.language, self._settings.resolver)
        if target.problem:
            self._source.report(target.problem, offset, mark.target.strip())
        address = safe_address(target.address)
        if address is None:
            self._source.report("address-refused", offset, target.address)
        return target, {
            "address": address,
            "kind": target.kind,
            "title": mark.title,
            "language": mark.language or target.language,
            "media_type": target.media_type,
        }

    def _link_end(self, start: int, end: int) -> None:
        self._end_run()
        opened = self._links.pop()
        if opened is not None:
            self._flow.flush(start)
            self._balance.close_formatting("a", start)

    def _address(self, start: int, end: int) -> None:
        words = self._text[start:end]
        if self._balance.is_within("a"):
            self._words(start, end)
            return
        self._end_run()
        if self._settings.language in ("fr", "eo", "cpf"):
            words = words.replace("»", NO_BREAK_SPACE + "»")
        address, kind = links.read_address(words, self._settings.resolver)
        if self._in_cell:
            # SPIP cuts cells at the bars of an address too, which is in an attribute by then.
            address = address.replace("|", "</td><td>")
        if safe_address(address) is None:
            self._words(start, end)
            return
        self._flow.content(start)
        self._balance.open(
            "a", "LINK", {"address": address, "kind": kind, "shows_address": True, "automatic": True}, start
        )
        self._balance.text(decode_entities(words), start)
        self._balance.close_formatting("a", start)

    def _resource(self, start: int, end: int) -> None:
        self._end_run()
        address = decode_entities(self._text[start + 1 : end - 1])
        self._flow.content(start)
        self._balance.text("<", start)
        self._balance.open("a", "LINK", {"address": address, "kind": "external", "shows_address": True}, start)
        self._balance.text(address, start)
        self._balance.close_formatting("a", start)
        self._balance.text(">", end - 1)

    def _glossary(self, start: int, end: int) -> None:
        read = links.read_glossary(self._text[start:end], self._settings.language)
        if read is None:
            self._words(start, end)
            return
        term, title, address = read
        self._end_run()
        self._flow.content(start)
        self._balance.open("a", "LINK", {"address": address, "kind": "glossary", "title": title}, start)
        first, *others = term.split("\n")
        self._flow.text(typeset(first, self._settings.language), start)
        for line in others:
            self._flow.newline(start)
            self._flow.text(typeset(line, self._settings.language), start)
        self._balance.close_formatting("a", start)

    def _anchor(self, start: int, end: int) -> None:
        line, column = self._source.place(start)
        name = decode_entities(self._text[start + 1 : end - 3].removeprefix("#").strip())
        self._leaf(Anchor(name, line=line, column=column), start)

    def _abbreviation(self, start: int, end: int) -> None:
        words, _, title = self._text[start + 1 : end - 1].partition("|")
        self._end_run()
        self._flow.content(start)
        language = self._settings.language
        opened = self._balance.open("abbr", "ABBREVIATION", {"title": typeset(title.strip(), language)}, start)
        self._balance.text(typeset(words, language), start)
        if opened:
            self._balance.close_to(opened)

    # ---- Models ----

    def _model(self, start: int, end: int) -> None:
        self._write_model(start, end, self._text[start:end], "")

    def _linked_model(self, start: int, end: int) -> None:
        words, _, target = self._text[start + 1 : end - 1].partition("->")
        read = links.read_target(target, self._settings.language, "", self._settings.resolver)
        address = safe_address(read.address)
        if address is None:
            self._source.report("address-refused", start, read.address)
        model = words.strip()
        self._write_model(start, end, model[: model.index(">") + 1], address or "")

    def _write_model(self, start: int, end: int, markup: str, link: str) -> None:
        tag = read_model(markup)
        place = self._source.place(start)
        if not tag.is_document or tag.number is None:
            self._source.report("unknown-model", start, markup)
            node = Model(tag.name, tag.number, tag.arguments, markup, line=place[0], column=place[1])
            self._leaf(node, start)
            return
        resolver = self._settings.resolver
        if resolver is None:
            self._source.report("object-unresolved", start, markup)
            target = links.plain_target("document", tag.number, self._settings.language)
            self._end_run()
            self._flow.content(start)
            self._balance.open("a", "LINK", {"address": link or target.address, "kind": target.kind}, start)
            self._balance.text(typeset(target.text, self._settings.language), start)
            self._balance.close_formatting("a", start)
            return
        found = resolver.find("document", tag.number)
        if found is None:
            self._source.report("document-not-found", start, markup)
            self._end_run(trims=True)
            return
        self._block(make_figure(tag, found, link, self._read_inline, place))

    # ---- HTML ----

    def _tag(self, start: int, end: int) -> None:
        markup = self._text[start:end]
        if markup[0] == "\\":
            markup = markup.replace("\\", "")
        tag = read_tag(markup)
        if tag.name in self._policy.tags:
            self._end_run(trims=tag.name in BLOCKS or tag.name == "p")
            self._write_tag(tag, start, markup)
        elif self._settings.profile == "comment" and tag.name in ("b", "strong", "i", "em", "p", "br"):
            self._source.report("tag-translated", start, markup)
            self._translate(tag, start)
        elif not tag.is_ordinary or (self._settings.profile == "comment" and tag.name not in KNOWN):
            self._source.report("tag-shown", start, markup)
            self._words(start, end)
        else:
            self._source.report(tag.loss, start, markup)
            if tag.name in BLOCKS and self._paragraphs:
                self._end_run(trims=True)
                self._flow.begin(drops_breaks=False)
            else:
                self._end_run()

    def _translate(self, tag: Tag, offset: int) -> None:
        self._end_run(trims=tag.name in ("p", "br"))
        if tag.name == "p":
            self._end_lists()
            self._flow.begin(drops_breaks=False)
        elif tag.name == "br":
            self._flow.line_break("html", offset)
        else:
            name = _SHORTCUT_OF_TAG[tag.name]
            write = self._close_formatting if tag.is_end else self._open_formatting
            self._flow.tag(partial(write, name, "", offset), offset)

    def _write_tag(self, tag: Tag, offset: int, markup: str) -> None:
        """Write a tag that is allowed."""
        name = tag.name
        if name == "br" and self._paragraphs:
            self._flow.line_break("html", offset)
        elif name == "p" and self._paragraphs:
            if tag.is_end or not tag.attributes:
                self._flow.begin(drops_breaks=False)
            else:
                self._flow.end()
                self._open_tag(tag, offset, markup)
        elif name in BLOCKS and self._paragraphs:
            self._flow.end()
            if tag.is_end:
                self._close_tag(name, offset)
                self._flow.begin(drops_breaks=False)
            else:
                self._open_tag(tag, offset, markup)
        elif tag.is_self_closed:
            self._flow.content(offset)
            self._open_tag(tag, offset, markup)
        else:
            opening, closing = partial(self._open_tag, tag, offset, markup), partial(self._close_tag, name, offset)
            self._flow.tag(closing if tag.is_end else opening, offset)

    def _open_tag(self, tag: Tag, offset: int, markup: str) -> None:
        attributes, refused = filter_attributes(self._policy, tag.name, tag.attributes)
        for name in refused:
            self._source.report("attribute-dropped", offset, f"<{tag.name} {name}>")
        if tag.name == "iframe" and not any(name == "src" for name, _ in attributes):
            self._source.report("embed-dropped", offset, markup)
        elif tag.name in VOID:
            line, column = self._source.place(offset)
            self._balance.void(Element(tag.name, attributes, (), line=line, column=column))
        else:
            self._balance.open_raw(tag.name, {"name": tag.name, "attributes": attributes}, offset, markup)

    def _close_tag(self, name: str, offset: int) -> None:
        if name in FORMATTING:
            closed = self._balance.close_formatting(name, offset)
        elif name in BLOCKS or name == "p":
            closed = self._balance.close(name, is_raw=True)
        else:
            closed = self._balance.close_inline(name)
        if not closed:
            self._source.report("unopened-tag", offset, f"</{name}>")

    # ---- Protected text ----

    def _protected(self, start: int, end: int) -> None:
        one = self._scan.protected.get(start)
        if one is None:
            self._words(start, end)
            return
        _PROTECTED_HANDLERS[one.kind](self, one, start)

    def _code(self, one: Protected, offset: int) -> None:
        content = self._text[one.start : one.end]
        if one.kind == "fence":
            language = one.opening.strip()
        else:
            language = next((value for name, value in read_attributes(one.opening) if name == "class"), "")
        line, column = self._source.place(offset)
        if one.kind == "fence" or "\n" in content:
            content = content.rstrip() if one.kind != "fence" else content.removesuffix("\n")
            self._block(CodeBlock(content.lstrip("\n"), language, line=line, column=column))
        else:
            content = content.strip() if one.kind == "ticks" else content
            content = content.replace("  ", " " + NO_BREAK_SPACE)
            self._leaf(Code(content, language, line=line, column=column), offset)

    def _frame(self, one: Protected, offset: int) -> None:
        line, column = self._source.place(offset)
        self._block(Frame(self._text[one.start : one.end].strip("\n"), line=line, column=column))

    def _raw_html(self, one: Protected, offset: int) -> None:
        """``<html>…</html>``: the author's HTML, without shortcuts or typography."""
        self._end_run()
        self._flow.content(offset)
        self._write_raw(one.start, one.end)

    def _preformatted(self, one: Protected, offset: int) -> None:
        self._end_run(trims=True)
        self._flow.end()
        if "pre" in self._policy.tags:
            opening = self._text[offset : one.start]
            self._open_tag(read_tag(opening), offset, opening)
            start = one.start + 1 if self._text[one.start : one.start + 1] == "\n" else one.start
            self._write_raw(start, one.end)
            self._close_tag("pre", one.end)
        else:
            self._source.report("tag-dropped", offset, "<pre>")
            self._write_raw(one.start, one.end)
        self._flow.begin(drops_breaks=False)

    def _write_raw(self, start: int, end: int) -> None:
        position = start
        for match in self._scan.tags(start, end):
            if match.start() > position:
                self._balance.text(decode_entities(self._text[position : match.start()]), position)
            position = match.end()
            markup = match.group()
            tag = read_tag(markup)
            if tag.name not in self._policy.tags:
                self._source.report(tag.loss, match.start(), markup)
            elif tag.is_end:
                self._close_tag(tag.name, match.start())
            else:
                self._open_tag(tag, match.start(), markup)
        if position < end:
            self._balance.text(decode_entities(self._text[position:end]), position)

    def _math(self, one: Protected, offset: int) -> None:
        position = one.start
        for match in self._scan.formulas(one.start, one.end):
            self._words(position, match.start())
            position = match.end()
            line, column = self._source.place(match.start())
            if match["display"]:
                self._block(MathBlock(match["display"].strip(), line=line, column=column))
            else:
                self._leaf(Math(match["inline"].strip(), line=line, column=column), match.start())
        self._words(position, one.end)
        self._end_run()

    def _script(self, one: Protected, offset: int) -> None:
        end = self._text.index(">", one.end) + 1
        if self._settings.profile == "comment":
            self._source.report("tag-shown", offset, "<script>")
            self._end_run()
            self._flow.content(offset)
            self._balance.text(self._text[offset:end], offset)
        else:
            self._source.report("content-dropped", offset, "<script>")
            self._end_run(trims=True)
            self._flow.end()
            self._flow.begin(drops_breaks=False)

    def _style(self, one: Protected, offset: int) -> None:
        self._source.report("style-dropped", offset, "<style>")
        self._end_run()

    def _comment(self, one: Protected, offset: int) -> None:
        self._source.report("comment-dropped", offset)
        self._end_run()


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a range of text without the white space at its edges."""
    while start < end and text[start] in " \t\n":
        start += 1
    while start < end and text[end - 1] in " \t\n":
        end -= 1
    return start, end


def _without_lines(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Return lexemes in which what marks the start of a line is words."""
    return [one.become("WORDS") if one.kind in _LINE_KINDS else one for one in lexemes]


def _cut(aside: _Aside, start: int) -> _Aside:
    """Return an aside without the lexemes before an offset."""
    lexemes = [
        one if one.start >= start else Lexeme("WORDS", start, one.end) for one in aside.lexemes if one.end > start
    ]
    return _Aside(lexemes, start, aside.end)


def _is_pipe(lexeme: Lexeme, text: str) -> bool:
    """A bar; one behind a backslash separates cells too."""
    return lexeme.kind == "PIPE" or (lexeme.kind == "ESCAPE" and text[lexeme.end - 1] == "|")


def _find_tables(lexemes: list[Lexeme], text: str) -> dict[int, int]:
    """Return where tables are: the index of the first bar, and the index behind the last one.

    A table runs from a line that starts with a bar to the first line end behind a bar where the next line does
    not start with one.
    """
    pipes = [
        index
        for index, one in enumerate(lexemes)
        if one.kind == "PIPE" or (one.kind == "ESCAPE" and _is_pipe(one, text))
    ]
    ends = [
        index
        for index in pipes
        if index + 1 == len(lexemes)
        or lexemes[index + 1].kind in ("BLANK_LINE", "BREAK_MARK")
        or (lexemes[index + 1].kind == "NEWLINE" and (index + 2 == len(lexemes) or lexemes[index + 2].kind != "PIPE"))
    ]
    tables: dict[int, int] = {}
    position = 0
    for index in pipes:
        if index < position or lexemes[index].kind != "PIPE":
            continue
        before = lexemes[index - 1].kind if index else "BLANK_LINE"
        if before not in ("NEWLINE", "BLANK_LINE"):
            continue
        if before == "NEWLINE" and index > 1 and _is_pipe(lexemes[index - 2], text):
            continue
        following = bisect_left(ends, index + 1)
        if following == len(ends):
            break
        tables[index] = position = ends[following] + 1
    return tables


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
_PROTECTED_HANDLERS: dict[str, Callable[[Layout, Protected, int], None]] = {
    "cadre": Layout._frame,
    "code": Layout._code,
    "comment": Layout._comment,
    "fence": Layout._code,
    "frame": Layout._frame,
    "html": Layout._raw_html,
    "math": Layout._math,
    "pre": Layout._preformatted,
    "script": Layout._script,
    "style": Layout._style,
    "ticks": Layout._code,
}
