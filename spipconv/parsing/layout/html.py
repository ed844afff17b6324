"""Raw HTML in a text: an author's tags, and what stands between tags that SPIP does not read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from spipconv.nodes import Code, CodeBlock, Element, Frame, Math, MathBlock
from spipconv.parsing.html_tags import BLOCKS, KNOWN, Tag, read_attributes, read_tag
from spipconv.parsing.layout.writer import Writing
from spipconv.parsing.lexer import Protected
from spipconv.parsing.pairing import FORMATTING
from spipconv.parsing.typography import NO_BREAK_SPACE, decode_entities
from spipconv.safety import VOID, filter_attributes

# In a comment, the HTML that says the same as a shortcut is read as that shortcut.
_SHORTCUT_OF_TAG = {"b": "strong", "strong": "strong", "i": "i", "em": "i"}


class Tags(Writing):
    """Writes raw HTML as far as the text's profile allows it."""

    def _end_lists(self) -> None:
        """End the lists that are open here."""
        raise NotImplementedError

    def _tag(self, start: int, end: int) -> None:
        markup = self._text[start:end]
        if markup[0] == "\\":
            markup = markup.replace("\\", "")
        tag = read_tag(markup)
        if tag.name == "a":
            self._end_run()
            self._in_raw_link = not tag.is_end and "a" in self._policy.tags
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
            for attribute, _ in tag.attributes:
                self._source.report("attribute-dropped", offset, f"<br {attribute}>")
            self._flow.line_break("html", offset)
        elif name == "p" and self._paragraphs:
            if tag.is_end or not tag.attributes:
                self._flow.begin(drops_breaks=False)
            else:
                self._flow.end()
                self._open_tag(tag, offset, markup)
                self._flow.adopt()
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

    def _php(self, one: Protected, offset: int) -> None:
        """``<?php … ?>``, which SPIP never runs but shows as source, its spaces unbreakable."""
        line, column = self._source.place(offset)
        source = self._text[one.start : one.end]
        if "\n" in source:
            self._block(CodeBlock(source, "php", line=line, column=column))
        else:
            self._leaf(Code(source.replace(" ", NO_BREAK_SPACE), "php", line=line, column=column), offset)

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


_PROTECTED_HANDLERS: dict[str, Callable[[Tags, Protected, int], None]] = {
    "cadre": Tags._frame,
    "code": Tags._code,
    "comment": Tags._comment,
    "fence": Tags._code,
    "frame": Tags._frame,
    "html": Tags._raw_html,
    "math": Tags._math,
    "php": Tags._php,
    "pre": Tags._preformatted,
    "script": Tags._script,
    "style": Tags._style,
    "ticks": Tags._code,
}
