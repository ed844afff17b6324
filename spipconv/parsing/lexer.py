"""The lexer: a source comes in, the terminals of the grammar go out, found with one master regular expression.

SPIP cuts code and similar text out of a source before it reads anything else. So does the lexer: it reads a copy of the
same length in which protected text is masked, so that all offsets are offsets in the source.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final

from spipconv.languages import choose_language
from spipconv.parsing.html_tags import read_angle_shortcuts
from spipconv.parsing.source import Piece, Source

# Terminals that are searched for before the others. The master expression consists of the rest, in grammar order.
PROTECTED_TERMINALS: Final = (
    "FENCE",
    "TICKS",
    "RAW_START",
    "COMMENT_END",
    "PHP_END",
    "MULTI",
    "MULTI_LANGUAGE",
    "FORMULA",
)
SOURCE_TERMINALS: Final = (
    *PROTECTED_TERMINALS,
    "PIPE", "BLANK_LINE", "BREAK_MARK", "NEWLINE", "ITEM_MARK", "RULE_MARK", "DIALOGUE_MARK", "DASH_MARK",
    "WORDS", "STRONG_WORDS", "EMPHASIS_WORDS", "OPENING_BRACES", "CLOSING_BRACES",
    "LINK_MARK", "ANCHOR_MARK", "GLOSSARY_MARK", "NOTE_START", "NOTE_END", "ABBREVIATION_MARK",
    "QUOTE_START", "QUOTE_END", "POEM_START", "POEM_END", "INTRO_TAG", "RESOURCE", "IDIOM", "MODEL_TAG", "TAG",
    "BROKEN_TAG", "ESCAPE", "ADDRESS", "PROTECTED", "OTHER",
)  # fmt: skip
_BRACKETED: Final = frozenset({"LINK_MARK", "ANCHOR_MARK", "GLOSSARY_MARK", "NOTE_START", "ABBREVIATION_MARK"})
MULTI_START: Final = re.compile("<multi>", re.IGNORECASE | re.ASCII)
_MULTI_END: Final = re.compile("</multi>", re.IGNORECASE | re.ASCII)
_KEEPS_NEWLINES: Final = "<!-- ig br -->"
_MASK_START: Final = "\x0e"
_MASK: Final = "\x0f"


class Lexeme:
    """A terminal in the source; ``start`` and ``end`` are offsets."""

    __slots__ = ("end", "kind", "start")

    def __init__(self, kind: str, start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.end = end

    def become(self, kind: str) -> Lexeme:
        """Return a lexeme of another kind at the same place."""
        return Lexeme(kind, self.start, self.end)


class Protected:
    """Text in which SPIP reads no markup.

    ``kind`` is a tag's name in lower case, ``ticks``, ``fence``, ``comment`` or ``php``; ``opening`` is the rest of the
    opening tag. ``start`` and ``end`` are the offsets of the content. ``write`` is the function of the layout pass that
    writes a plugin's shortcut (kind ``plugin``).
    """

    __slots__ = ("end", "kind", "opening", "start", "write")

    def __init__(self, kind: str, opening: str, start: int, end: int, write: Callable[..., None] | None = None) -> None:
        self.kind = kind
        self.opening = opening
        self.start = start
        self.end = end
        self.write = write

    def shift(self, by: int) -> Protected:
        """Return it at another place: so many characters further on."""
        return Protected(self.kind, self.opening, self.start + by, self.end + by, self.write)


class Scan:
    """A source after the search for protected text; ``read`` returns the lexemes of a part of it.

    ``keeps_newlines``: with a comment that says so in a text, SPIP makes no break where a line ends.
    """

    __slots__ = ("keeps_newlines", "lexer", "masked", "protected", "source")

    def __init__(self, source: Source, lexer: SourceLexer) -> None:
        self.source = source
        self.lexer = lexer
        self.masked = source.text
        self.protected: dict[int, Protected] = {}
        self.keeps_newlines = False

    def read(self, start: int, end: int) -> list[Lexeme]:
        """Return the lexemes between two offsets."""
        return self.lexer.read(self.masked, start, end)

    def models(self) -> Iterable[re.Match[str]]:
        """Find the models, but not in protected text."""
        return self.lexer.patterns["MODEL_TAG"].finditer(self.masked)

    def replace(self, pieces: Sequence[tuple[str, str, int, int]]) -> None:
        """Replace the text with pieces of it: the text of each, its masked form and its offset in the text so far.

        The last number of each is how many characters it stands for, 0 if it is a copy.
        """
        origins: list[Piece] = []
        protected: dict[int, Protected] = {}
        length = 0
        starts = sorted(self.protected)
        for words, _, origin, width in pieces:
            if words:
                origins.append(Piece(length, origin, width))
            last = origin if width else origin + len(words)
            for start in starts[bisect_left(starts, origin) : bisect_left(starts, last)]:
                shift = length - origin
                protected[start + shift] = self.protected[start].shift(shift)
            length += len(words)
        self.source.replace("".join([piece[0] for piece in pieces]), origins or [Piece(0, 0)])
        self.masked = "".join([piece[1] for piece in pieces])
        self.protected = protected

    def tags(self, start: int, end: int) -> Iterable[re.Match[str]]:
        """Find the HTML tags between two offsets, also in protected text."""
        return self.lexer.patterns["TAG"].finditer(self.source.text, start, end)

    def formulas(self, start: int, end: int) -> Iterable[re.Match[str]]:
        """Find the TeX formulas between two offsets."""
        return self.lexer.patterns["FORMULA"].finditer(self.source.text, start, end)


class SourceLexer:
    """Splits sources into lexemes. ``expressions`` maps the grammar's terminals to regular expressions."""

    def __init__(self, expressions: Mapping[str, str]) -> None:
        self.patterns = {name: re.compile(expressions[name]) for name in (*PROTECTED_TERMINALS, "MODEL_TAG", "TAG")}
        ordinary = [name for name in SOURCE_TERMINALS if name not in PROTECTED_TERMINALS]
        self._master = _join({name: expressions[name] for name in ordinary})
        self.expressions = {name: expressions[name] for name in ordinary}
        self._without_brackets: re.Pattern[str] | None = None
        # What ends each kind of protected text.
        self._ends = {"comment": self.patterns["COMMENT_END"], "php": self.patterns["PHP_END"]}

    def scan(self, source: Source) -> Scan:
        """Mask protected text, choose the language of ``<multi>``, and return a scan of the source."""
        has_tags = "<" in source.text
        scan = self.protect(source) if has_tags or "`" in source.text else Scan(source, self)
        if has_tags:
            if MULTI_START.search(scan.masked):
                self._choose_languages(scan)
            if source.settings.angle_shortcuts:
                source.text, scan.masked = read_angle_shortcuts(source.text, scan.masked)
            scan.keeps_newlines = _KEEPS_NEWLINES in source.text
        return scan

    def protect(self, source: Source) -> Scan:
        """Return a scan of a source in which protected text is masked; nothing else is changed."""
        scan = Scan(source, self)
        text = source.text
        blocks: list[tuple[int, int, Protected]] = []
        # SPIP reads no backticks in titles.
        if "`" in text and source.settings.profile != "title":
            for match in self.patterns["FENCE"].finditer(text) if "```" in text else ():
                opening, _, content = match.group()[3:-3].partition("\n")
                start = match.end() - 3 - len(content)
                blocks.append((*match.span(), Protected("fence", opening, start, match.end() - 3)))
            text = mask(text, blocks)
            inline: list[tuple[int, int, Protected]] = []
            for match in self.patterns["TICKS"].finditer(text):
                ticks = len(match["ticks"])
                code = Protected("ticks", "", match.start() + ticks, match.end() - ticks)
                inline.append((*match.span(), code))
            text = mask(text, inline)
            blocks += inline
        if "<" in text:
            tags = self._protected_tags(source.text, text)
            text = mask(text, tags)
            blocks += tags
        if blocks:
            scan.masked = text
            scan.protected = {start: content for start, _, content in blocks}
        return scan

    def languages(self, source: Source) -> frozenset[str]:
        """Return the languages that the ``<multi>`` blocks of a source name."""
        scan = self.protect(source)
        return frozenset(
            mark["language"]
            for block in self.patterns["MULTI"].finditer(scan.masked)
            for mark in self.patterns["MULTI_LANGUAGE"].finditer(scan.masked, *block.span())
        )

    def read(self, text: str, start: int, end: int) -> list[Lexeme]:
        """Return the lexemes of a (masked) text between two offsets."""
        last = text.rfind("]", start, end) + 1
        if not last and text.find("[", start, end) < 0:
            return _find(self._master, text, start, end)
        if last and (close := text.find(">", last, end) + 1) and text.find("<", last, close) < 0:
            # It may be in a parameter of a model, which ends there.
            last = close
        lexemes = _find(self._master, text, start, last) if last else []
        start = last or start
        if text.find("[", start, end) < 0:
            return lexemes + _find(self._master, text, start, end)
        # After the last "]" every "[" is text; searching for the missing end of each would take quadratic time.
        if self._without_brackets is None:
            expressions = {n: e for n, e in self.expressions.items() if n not in _BRACKETED}
            self._without_brackets = _join({"NOTE_START": r"\[\[", **expressions})
        return lexemes + _find(self._without_brackets, text, start, end)

    def _protected_tags(self, typed: str, text: str) -> list[tuple[int, int, Protected]]:
        """Return what tags protect in a text, masked so far; ``typed``: as the author typed it."""
        blocks: list[tuple[int, int, Protected]] = []
        position = 0
        # A kind without an end from here on has no end later either.
        unclosed: set[str] = set()
        ends = self._ends
        while match := self.patterns["RAW_START"].search(text, position):
            start, position = match.span()
            kind = match["raw"].lower() if match["raw"] else str(match.lastgroup)
            if kind in unclosed:
                continue
            if kind not in ends:
                space = "[ \t\n]*" if kind in ("script", "style") else ""
                ends[kind] = re.compile(f"</{kind}{space}>", re.IGNORECASE | re.ASCII)
            closing = ends[kind].search(text, start + 2 if kind == "comment" else position)
            if closing is None:
                unclosed.add(kind)
                continue
            content = (start, closing.end()) if kind == "php" else (position, max(position, closing.start()))
            position = max(position, closing.end())
            if kind == "math":
                blocks += self._formulas(text, start, *content, position)
                continue
            opening = typed[start + 1 + len(kind) : match.end() - 1]
            blocks.append((start, position, Protected(kind, opening, *content)))
        return blocks

    def _formulas(self, text: str, start: int, first: int, last: int, end: int) -> list[tuple[int, int, Protected]]:
        """Return the protected parts of ``<math>``: its tags and its formulas. The rest is SPIP text."""
        parts = [(start, first), *(match.span() for match in self.patterns["FORMULA"].finditer(text, first, last))]
        blocks = [(at, stop, Protected("math", "", at, stop)) for at, stop in parts]
        return [*blocks, (last, end, Protected("math", "", last, end))]

    def _choose_languages(self, scan: Scan) -> None:
        """Replace every ``<multi>`` with its text in the source's language, or in the language SPIP falls back to."""
        source, masked = scan.source, scan.masked
        text = source.text
        pieces: list[tuple[str, str, int, int]] = []
        position = 0
        last = max((match.end() for match in _MULTI_END.finditer(masked)), default=0)
        for match in self.patterns["MULTI"].finditer(masked, 0, last):
            pieces.append((text[position : match.start()], masked[position : match.start()], position, 0))
            position = match.end()
            start, end = match.start() + len("<multi>"), match.end() - len("</multi>")
            language, start, end = self._choose_language(scan, match.start(), start, end)
            chosen = (text[start:end], masked[start:end], start, 0)
            if language:
                opening = f"<span lang='{language.replace('_', '-')}'>"
                pieces.append((opening, opening, match.start(), start - match.start()))
                pieces += [chosen, ("</span>", "</span>", end, position - end)]
            else:
                pieces.append(chosen)
        if not pieces:
            return
        pieces.append((text[position:], masked[position:], position, 0))
        scan.replace(pieces)

    def _choose_language(self, scan: Scan, at: int, start: int, end: int) -> tuple[str, int, int]:
        """Return the language to mark the chosen text with (empty: none is needed) and the offsets of the text."""
        wanted = scan.source.settings.language
        marks = list(self.patterns["MULTI_LANGUAGE"].finditer(scan.masked, start, end))
        parts: dict[str, tuple[int, int]] = {}
        default = (start, marks[0].start() if marks else end)
        if scan.masked[slice(*default)].strip() or not marks:
            parts[""] = default
        for mark, stop in zip(marks, [*(mark.start() for mark in marks[1:]), end], strict=False):
            parts[mark["language"]] = (mark.end(), stop)
        if len(parts) > 1:
            others = " ".join(sorted(language for language in parts if language))
            scan.source.report("translations-hidden", at, others)
        language, is_meant = choose_language(parts, wanted)
        if is_meant:
            return ("", *parts[language])
        scan.source.report("translation-missing", at, wanted)
        return (language, *parts[language])


def _find(master: re.Pattern[str], text: str, start: int, end: int) -> list[Lexeme]:
    # Every character belongs to a terminal, so each match starts where the last one ends; every alternative has a name,
    # so lastgroup is a string.
    lexemes = []
    for match in master.finditer(text, start, end):
        stop = match.end()
        lexemes.append(Lexeme(match.lastgroup, start, stop))  # type: ignore[arg-type]
        start = stop
    return lexemes


def _join(expressions: dict[str, str]) -> re.Pattern[str]:
    # The group that names an alternative is empty and ends it: alternatives that begin with a character are then passed
    # over without trying them.
    return re.compile("|".join(f"(?:{expression})(?P<{name}>)" for name, expression in expressions.items()))


def mask(text: str, blocks: list[tuple[int, int, Protected]]) -> str:
    """Return a text with blocks of it masked: (start, end, what is there) each."""
    pieces: list[str] = []
    position = 0
    for start, end, _ in sorted(blocks, key=itemgetter(0)):
        pieces += [text[position:start], _MASK_START, _MASK * (end - start - 1)]
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
