"""Text that SPIP does not read: code, frames, formulas, HTML between ``<html>`` tags, comments."""

from __future__ import annotations

from collections.abc import Callable

from spipconv.nodes import Code, CodeBlock, Frame, Math, MathBlock
from spipconv.parsing.html_tags import read_attributes, read_tag
from spipconv.parsing.layout.html import HtmlTags
from spipconv.parsing.layout.lists import Lists
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Protected
from spipconv.parsing.typography import NO_BREAK_SPACE, decode_entities


class ProtectedText:
    """Writes protected text, each kind in its own way."""

    __slots__ = ("_html", "_writer")

    def __init__(self, writer: TextWriter, lists: Lists) -> None:
        self._writer = writer
        self._html = HtmlTags(writer, lists)

    def protected(self, start: int, end: int) -> None:
        """Write the protected text that begins here."""
        writer = self._writer
        part = writer.scan.protected.get(start)
        if part is None:
            writer.words(start, end)
            return
        _PROTECTED_HANDLERS[part.kind](self, part, start)

    def _code(self, part: Protected, offset: int) -> None:
        writer = self._writer
        content = writer.text[part.start : part.end]
        if part.kind == "fence":
            language = part.opening.strip()
        else:
            language = next((value for name, value in read_attributes(part.opening) if name == "class"), "")
        line, column = writer.source.place(offset)
        if part.kind == "fence" or "\n" in content:
            content = content.rstrip() if part.kind != "fence" else content.removesuffix("\n")
            writer.block(CodeBlock(content.lstrip("\n"), language, line=line, column=column))
        else:
            content = content.strip() if part.kind == "ticks" else content
            content = content.replace("  ", " " + NO_BREAK_SPACE)
            writer.leaf(Code(content, language, line=line, column=column), offset)

    def _php(self, part: Protected, offset: int) -> None:
        """``<?php … ?>``, which SPIP never runs but shows as source, its spaces unbreakable."""
        writer = self._writer
        line, column = writer.source.place(offset)
        source = writer.text[part.start : part.end]
        if "\n" in source:
            writer.block(CodeBlock(source, "php", line=line, column=column))
        else:
            writer.leaf(Code(source.replace(" ", NO_BREAK_SPACE), "php", line=line, column=column), offset)

    def _frame(self, part: Protected, offset: int) -> None:
        writer = self._writer
        line, column = writer.source.place(offset)
        writer.block(Frame(writer.text[part.start : part.end].strip("\n"), line=line, column=column))

    def _raw_html(self, part: Protected, offset: int) -> None:
        """``<html>…</html>``: the author's HTML, without shortcuts or typography."""
        writer = self._writer
        writer.end_run()
        writer.flow.content(offset)
        self._write_raw(part.start, part.end)

    def _preformatted(self, part: Protected, offset: int) -> None:
        writer = self._writer
        writer.end_run(trims=True)
        writer.flow.end()
        if "pre" in writer.policy.tags:
            opening = writer.text[offset : part.start]
            self._html.open_tag(read_tag(opening), offset, opening)
            start = part.start + 1 if writer.text[part.start : part.start + 1] == "\n" else part.start
            self._write_raw(start, part.end)
            self._html.close_tag("pre", part.end)
        else:
            writer.source.report("tag-dropped", offset, "<pre>")
            self._write_raw(part.start, part.end)
        writer.flow.begin(drops_breaks=False)

    def _write_raw(self, start: int, end: int) -> None:
        writer = self._writer
        position = start
        for match in writer.scan.tags(start, end):
            if match.start() > position:
                writer.pairing.text(decode_entities(writer.text[position : match.start()]), position)
            position = match.end()
            markup = match.group()
            tag = read_tag(markup)
            if tag.name not in writer.policy.tags:
                writer.source.report(tag.loss, match.start(), markup)
            elif tag.is_end:
                self._html.close_tag(tag.name, match.start())
            else:
                self._html.open_tag(tag, match.start(), markup)
        if position < end:
            writer.pairing.text(decode_entities(writer.text[position:end]), position)

    def _math(self, part: Protected, offset: int) -> None:
        writer = self._writer
        position = part.start
        for match in writer.scan.formulas(part.start, part.end):
            writer.words(position, match.start())
            position = match.end()
            line, column = writer.source.place(match.start())
            if match["display"]:
                writer.block(MathBlock(match["display"].strip(), line=line, column=column))
            else:
                writer.leaf(Math(match["inline"].strip(), line=line, column=column), match.start())
        writer.words(position, part.end)
        writer.end_run()

    def _script(self, part: Protected, offset: int) -> None:
        writer = self._writer
        end = writer.text.index(">", part.end) + 1
        if writer.settings.profile == "comment":
            writer.source.report("tag-shown", offset, "<script>")
            writer.end_run()
            writer.flow.content(offset)
            writer.pairing.text(writer.text[offset:end], offset)
        else:
            writer.source.report("content-dropped", offset, "<script>")
            writer.end_run(trims=True)
            writer.flow.end()
            writer.flow.begin(drops_breaks=False)

    def _style(self, part: Protected, offset: int) -> None:
        writer = self._writer
        writer.source.report("style-dropped", offset, "<style>")
        writer.end_run()

    def _comment(self, part: Protected, offset: int) -> None:
        writer = self._writer
        writer.source.report("comment-dropped", offset)
        writer.end_run()


_PROTECTED_HANDLERS: dict[str, Callable[[ProtectedText, Protected, int], None]] = {
    "cadre": ProtectedText._frame,
    "code": ProtectedText._code,
    "comment": ProtectedText._comment,
    "fence": ProtectedText._code,
    "frame": ProtectedText._frame,
    "html": ProtectedText._raw_html,
    "math": ProtectedText._math,
    "php": ProtectedText._php,
    "pre": ProtectedText._preformatted,
    "script": ProtectedText._script,
    "style": ProtectedText._style,
    "ticks": ProtectedText._code,
}
