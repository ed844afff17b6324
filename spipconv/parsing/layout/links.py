"""Links, bare addresses, glossary entries and anchors."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

from spipconv.nodes import Anchor
from spipconv.parsing import targets
from spipconv.parsing.failures import report_failure
from spipconv.parsing.layout import frames
from spipconv.parsing.layout.abbreviations import is_abbreviation, write_abbreviation
from spipconv.parsing.layout.writer import LinkMark, TextWriter
from spipconv.parsing.lexer import Lexeme
from spipconv.parsing.tokens import NodeFields
from spipconv.parsing.typography import decode_entities, is_french, typeset, typeset_title
from spipconv.safety import safe_address

# What means nothing in the text of a link.
_NOT_IN_LINKS: Final = frozenset({"ADDRESS", "NOTE_START", "NOTE_END", "LINK_MARK"})
# After an address that is alone in its paragraph.
_NOTHING_MORE: Final = re.compile(r"[ \t]*(?:\Z|\n[ \t]*(?:\n|\Z|\{\{\{|</?quote>|----))")
# What is HTML before SPIP looks for addresses; its tags end in ">".
_BECOME_HTML: Final = frozenset(
    {"ANCHOR_MARK", "GLOSSARY_MARK", "LINK_MARK", "MODEL_TAG", "PROTECTED", "RESOURCE", "TAG"}
)
_HIDING: Final = frozenset({"ESCAPE", "OTHER"})
_ARROW: Final = re.compile(r"[^\[\]]*?(?:<-|->)")
_WORD: Final = re.compile(r"\w", re.ASCII)
_BRACES: Final = re.compile(r"\{+|\}+|[^{}]+")
_WORDS_ONLY: Final = re.compile(r"[^\n{}\[\]<|\\\x0e]*")


def open_up_links(writer: TextWriter, lexemes: list[Lexeme], kinds: Set[str]) -> list[Lexeme]:
    """Return lexemes with links opened up into their text, and bare addresses rid of final punctuation.

    ``kinds``: the kinds of the lexemes are among these.
    """
    text = writer.text
    if kinds.isdisjoint(("ADDRESS", "LINK_MARK")):
        return lexemes
    opened: list[Lexeme] = []
    position = 0
    if (
        "ADDRESS" in kinds
        and not kinds.isdisjoint(_HIDING)
        and any(_may_hide(lexeme, text) for lexeme in lexemes if lexeme.kind in _HIDING)
    ):
        lexemes = _hide_addresses(lexemes, text)
    for index, lexeme in enumerate(lexemes):
        if lexeme.kind not in ("LINK_MARK", "ADDRESS"):
            continue
        if lexeme.kind == "LINK_MARK":
            opened += lexemes[position:index]
            opened += _open_up(writer, lexeme)
            position = index + 1
        elif text[lexeme.end - 1] in ",.;?|":
            end = lexeme.end - 1
            last = "PIPE" if text[end] == "|" else "WORDS"
            opened += lexemes[position:index]
            opened += [Lexeme(lexeme.kind, lexeme.start, end), Lexeme(last, end, lexeme.end)]
            position = index + 1
    return opened + lexemes[position:] if position else lexemes


def _may_hide(lexeme: Lexeme, text: str) -> bool:
    """Return whether a lexeme may begin what looks like a link or a tag."""
    return text[lexeme.end - 1] == "[" or text[lexeme.start] == "<"


def _hide_addresses(lexemes: list[Lexeme], text: str) -> list[Lexeme]:
    """Return lexemes in which addresses are words where SPIP looks for none: in what looks like a link or a tag.

    That is ``[words->anything]`` and ``<anything>``, also over lines and after a backslash.
    """
    shown: list[Lexeme] = []
    start, stop = lexemes[0].start, lexemes[-1].end
    last = {end: text.rfind(end, start, stop) for end in "]>"}
    end = ""
    for lexeme in lexemes:
        kind = lexeme.kind
        if end and kind == "ADDRESS":
            shown.append(lexeme.become("WORDS"))
            continue
        if kind in _BECOME_HTML:
            end = "" if end == ">" else end
        elif end:
            end = "" if text.find(end, lexeme.start, lexeme.end) >= 0 else end
        elif kind in _HIDING:
            if text[lexeme.end - 1] == "[" and last["]"] > lexeme.end and _ARROW.match(text, lexeme.end):
                end = "]"
            elif text[lexeme.start] == "<" and last[">"] > lexeme.end and _WORD.match(text, lexeme.end):
                end = ">"
        shown.append(lexeme)
    return shown


def _open_up(writer: TextWriter, link: Lexeme) -> list[Lexeme]:
    text, masked = writer.text, writer.scan.masked
    arrow = masked.index("->", link.start)
    first = link.start + 1
    length, title, language = targets.split_text(text[first:arrow], masked[first:arrow], writer.settings.language)
    title = typeset_title(title, writer.typography) if title else ""
    first, last = trim(masked, first, first + length)
    target = text[arrow + 2 : link.end - 1]
    if first == last and ("{" in target or "}" in target) and (inner := _open_address(writer, link, arrow + 2)):
        writer.link_marks[link.start] = LinkMark(title, language, target, "", first, last, shows_address=True)
        return [link.become("LINK_START"), *inner, Lexeme("LINK_END", link.end - 1, link.end)]
    if _WORDS_ONLY.fullmatch(masked, first, last):
        words = text[first:last]
        if first == last:
            first, last = trim(text, arrow + 2, link.end - 1)
        writer.link_marks[link.start] = LinkMark(title, language, target, words, first, last)
        return [link.become("PLAIN_LINK")]
    inner = writer.scan.read(first, last)
    if len(inner) == 1 and inner[0].kind == "MODEL_TAG":
        return [link.become("LINKED_MODEL")]
    writer.link_marks[link.start] = LinkMark(title, language, target, "", first, last)
    inner = [lexeme.become("WORDS") if lexeme.kind in _NOT_IN_LINKS else lexeme for lexeme in inner]
    return [link.become("LINK_START"), *inner, Lexeme("LINK_END", link.end - 1, link.end)]


def _open_address(writer: TextWriter, link: Lexeme, start: int) -> list[Lexeme]:
    """Return the lexemes of an address that is the text of its link: SPIP reads the braces in it.

    There are none if it is shown in another form.
    """
    first, last = trim(writer.text, start, link.end - 1)
    settings = writer.settings
    target = targets.read_target(writer.text[first:last], settings.language, "", settings.resolver)
    if not target.shows_address or target.text != writer.text[first:last]:
        return []
    kinds = {"{": "OPENING_BRACES", "}": "CLOSING_BRACES"}
    return [
        Lexeme(kinds.get(match[0][0], "WORDS"), match.start(), match.end())
        for match in _BRACES.finditer(writer.text, first, last)
    ]


def write_plain_link(writer: TextWriter, start: int, end: int) -> None:
    """Write a link whose text is words, or none: then it is the object's title or the address."""
    pairing = writer.pairing
    mark = writer.link_marks[start]
    target, fields = _read_link(writer, mark, start)
    if not mark.words and target.shows_address:
        fields["shows_address"] = True
    words = mark.words or target.text
    if mark.words or target.kind == "missing":
        words = typeset(words, _typography_in(writer, target), ">")
    title = writer.read_inline(target.text, target.language) if target.is_markup and not mark.words else ()
    writer.begin_inline(start)
    if fields["address"] is None:
        pairing.text(words, start, end)
    elif not title and pairing.is_plain:
        pairing.plain("LINK", fields, start, end, words, mark.start, mark.end)
    else:
        opened = pairing.open("a", "LINK", fields, start, start + 1)
        for node in title:
            pairing.leaf(node, mark.start, mark.end)
        if not title:
            pairing.text(words, mark.start, mark.end)
        if opened:
            pairing.close_formatting("a", start, end)


def open_link(writer: TextWriter, start: int, end: int) -> None:
    """Open a link whose text holds markup."""
    mark = writer.link_marks[start]
    target, fields = _read_link(writer, mark, start)
    if mark.shows_address:
        fields["shows_address"] = True
    is_block = writer.is_around_blocks(start)
    if is_block:
        writer.begin_block()
    else:
        writer.begin_inline(start)
    is_allowed = fields["address"] is not None
    writer.links.append(writer.pairing.open("a", "LINK", fields, start, start + 1) if is_allowed else None)
    writer.in_link = True
    writer.typography = "" if mark.shows_address else _typography_in(writer, target)
    if is_block:
        writer.flow.begin(drops_breaks=False)


def close_link(writer: TextWriter, start: int, end: int) -> None:
    """Close such a link."""
    is_block = writer.is_around_blocks(start)
    if is_block:
        writer.begin_block()
    else:
        writer.end_run()
    opened = writer.links.pop()
    writer.typography = writer.language if writer.settings.typography else ""
    writer.in_link = bool(writer.links)
    if opened is not None:
        writer.flow.flush(start)
        writer.pairing.close_formatting("a", start, end)
    if is_block:
        writer.flow.begin(drops_breaks=False)


def _typography_in(writer: TextWriter, target: targets.Target) -> str:
    """Return the language whose typography the text of a link has: that of its target, if it is another one."""
    return target.language or writer.typography if writer.settings.typography else ""


def _read_link(writer: TextWriter, mark: LinkMark, offset: int) -> tuple[targets.Target, NodeFields]:
    """Return where a link leads, and the fields of its node; the address is None if it is refused."""
    settings, source = writer.settings, writer.source
    target = targets.read_target(mark.target, settings.language, mark.language, settings.resolver)
    if target.problem:
        source.report(target.problem, offset, mark.target.strip())
    address = safe_address(target.address)
    if address is None:
        source.report("address-refused", offset, target.address)
    elif settings.profile == "comment":
        address = targets.encode_in_comment(address)
    fields: NodeFields = {"address": address, "kind": target.kind}
    if mark.title:
        fields["title"] = mark.title
    if target.language:
        fields["language"] = target.language
    if target.media_type:
        fields["media_type"] = target.media_type
    return target, fields


def write_address(writer: TextWriter, start: int, end: int) -> None:
    """Write a bare address as a link to itself, but not within a link."""
    pairing = writer.pairing
    if writer.in_raw_link or pairing.is_within("a"):
        writer.words(start, end)
        return
    writer.end_run()
    typed = writer.text[start:end]
    address, words, kind = targets.read_address(typed, is_french(writer.typography), writer.settings.resolver)
    if writer.in_cell:
        # SPIP cuts cells at the bars of an address too, which is in an attribute by then.
        address = address.replace("|", "</td><td>")
    if writer.settings.profile == "comment":
        address = targets.encode_in_comment(address)
    if safe_address(address) is None:
        writer.words(start, end)
        return
    if "oembed" in writer.settings.plugins and writer.flow.is_empty and _NOTHING_MORE.match(writer.scan.masked, end):
        player = frames.make_player(writer, address, {}, start, end)
        if player:
            writer.block(player, start, end)
            return
    writer.flow.content(start)
    fields: NodeFields = {"address": address, "kind": kind, "shows_address": True, "automatic": True}
    pairing.open("a", "LINK", fields, start, start)
    pairing.text(words, start, end)
    pairing.close_formatting("a", start, end)


def write_resource(writer: TextWriter, start: int, end: int) -> None:
    """Write ``<https://…>``: the address as a link between the two brackets."""
    pairing = writer.pairing
    first, last = start + 1, end - 1
    address = decode_entities(writer.text[first:last])
    writer.begin_inline(start)
    pairing.text("<", start, first)
    pairing.open("a", "LINK", {"address": address, "kind": "external", "shows_address": True}, first, first)
    pairing.text(address, first, last)
    pairing.close_formatting("a", last, last)
    # SPIP ends the line of its source there, which is a space.
    pairing.text("> " if writer.text[end : end + 1].strip() else ">", last, end)


def write_glossary(writer: TextWriter, start: int, end: int) -> None:
    """Write ``[?term]``: a link to the glossary, Wikipedia unless another one is named."""
    language = writer.language
    entry = targets.read_glossary(writer.text[start:end], language)
    if entry is None:
        if is_abbreviation(writer, start, end):
            write_abbreviation(writer, start, end)
        else:
            writer.words(start, end)
        return
    term, title, address = entry
    if writer.settings.extensions:
        address = _ask_glossaries(writer, term, start) or address
    writer.begin_inline(start)
    fields: NodeFields = {"address": address, "kind": "glossary", "title": title}
    position = writer.text.index(term, start)
    writer.pairing.open("a", "LINK", fields, start, position)
    for number, line in enumerate(term.split("\n")):
        words = line.removeprefix("_ ") if number else line
        first = position + (number > 0) + len(line) - len(words)
        if len(words) < len(line):
            writer.flow.line_break("manual", position, first)
        elif number:
            writer.flow.newline(position, first)
        position = first + len(words)
        writer.flow.text(typeset(words, writer.typography), first, position)
    writer.pairing.close_formatting("a", start, end)


def _ask_glossaries(writer: TextWriter, term: str, start: int) -> str | None:
    """Return the address of a term in the glossary of the first extension that has it."""
    for extension in writer.settings.extensions:
        if extension.glossary is None:
            continue
        try:
            address = extension.glossary(decode_entities(term), writer.language)
            if not (address is None or isinstance(address, str)):
                raise TypeError(f"expected an address or None, not {type(address).__name__}")
        except Exception as error:
            report_failure(writer.source, extension, error, *writer.source.place(start))
            continue
        if address is not None:
            return targets.encode_in_comment(address) if writer.settings.profile == "comment" else address
    return None


def write_anchor(writer: TextWriter, start: int, end: int) -> None:
    """Write ``[name<-]``."""
    name = decode_entities(writer.text[start + 1 : end - 3].removeprefix("#").strip())
    writer.leaf(Anchor(name, **writer.source.fields(start, end)), start, end)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a range of text without the white space at its edges."""
    while start < end and text[start] in " \t\n":
        start += 1
    while start < end and text[end - 1] in " \t\n":
        end -= 1
    return start, end
