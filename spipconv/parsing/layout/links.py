"""Links, anchors, abbreviations and models: what a text says of other places."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from spipconv.nodes import Anchor, Model, Node
from spipconv.objects import find_object
from spipconv.parsing import targets as links
from spipconv.parsing.layout.writer import Writing
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.models import make_figure, read_model
from spipconv.parsing.pairing import Open
from spipconv.parsing.typography import FRENCH_LANGUAGES, NO_BREAK_SPACE, decode_entities, typeset
from spipconv.safety import safe_address

# What means nothing in the text of a link.
_NOT_IN_LINKS = frozenset({"ADDRESS", "NOTE_START", "NOTE_END", "LINK_MARK", "GLOSSARY_MARK", "ANCHOR_MARK"})
_WORDS_ONLY = re.compile(r"[^\n{}\[\]<|\\\ufdd0]*")


class _LinkMark(NamedTuple):
    """``[text|title{lang}->target]``; ``words`` is the text where it holds no markup."""

    title: str
    language: str
    target: str
    words: str


class References(Writing):
    """Writes what refers to something else."""

    def __init__(self, scan: Scan, read_inline: Callable[[str], tuple[Node, ...]], *, paragraphs: bool) -> None:
        super().__init__(scan, read_inline, paragraphs=paragraphs)
        self._link_marks: dict[int, _LinkMark] = {}
        self._links: list[Open | None] = []

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
        first, last = trim(masked, one.start + 1, arrow)
        length, title, language = links.split_text(self._text[first:last], masked[first:last])
        first, last = trim(masked, first, first + length)
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
            self._balance.plain("LINK", fields, words, start, 1)
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
        self._in_link = True

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
        self._in_link = bool(self._links)
        if opened is not None:
            self._flow.flush(start)
            self._balance.close_formatting("a", start)

    def _address(self, start: int, end: int) -> None:
        words = self._text[start:end]
        if self._in_raw_link or self._balance.is_within("a"):
            self._words(start, end)
            return
        self._end_run()
        if self._settings.language in FRENCH_LANGUAGES:
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
        if read.problem:
            self._source.report(read.problem, start, target.strip())
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
        found = find_object(resolver, "document", tag.number)
        if found is None:
            self._source.report("document-not-found", start, markup)
            self._end_run(trims=True)
            return
        self._block(make_figure(tag, found, link, self._read_inline, place))


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a range of text without the white space at its edges."""
    while start < end and text[start] in " \t\n":
        start += 1
    while start < end and text[end - 1] in " \t\n":
        end -= 1
    return start, end
