"""Text that SPIP does not read: code, frames, formulas, HTML between ``<html>`` tags, comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from spipconv.nodes import Code, CodeBlock, Frame, Math, MathBlock, Player
from spipconv.parsing.html_tags import BLOCKS, read_attributes, read_tag
from spipconv.parsing.layout import frames
from spipconv.parsing.layout.html import close_tag, count_dropped, open_tag, report_dropped
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Protected
from spipconv.parsing.typography import NO_BREAK_SPACE, decode_entities

_CODE_START: Final = re.compile(r"<code(?:[ \t][^<>\n]*)?>", re.IGNORECASE | re.ASCII)
_CODE_END: Final = re.compile("</code>", re.IGNORECASE | re.ASCII)

_BLANK_LINE: Final = re.compile(r"\n[ \t]*+\n")

# Browsers show the end of a line in code between backticks as a space, and so a blank line.
_LINE_END: Final = re.compile(r"[ \t]*+\n[ \t\n]*+")
_TAB: Final = 4 * (NO_BREAK_SPACE + " ")


def write_protected(writer: TextWriter, start: int, end: int) -> None:
    """Write the protected text that begins here."""
    part = writer.scan.protected.get(start)
    if part is None:
        writer.words(start, end)
    elif part.write is not None:
        part.write(writer, start, end)
    else:
        _HANDLERS[part.kind](writer, part, start, end)


def is_block(writer: TextWriter, start: int) -> bool:
    """Return whether the protected text that begins here is shown as a block."""
    part = writer.scan.protected.get(start)
    if part is None:
        return False
    if part.kind == "html":
        return _holds_block_tag(writer, part)
    if part.kind in ("code", "php"):
        return "\n" in writer.text[part.start : part.end]
    if part.kind in ("embed", "iframe", "object"):
        return frames.is_player(writer, part)
    return part.kind in ("cadre", "fence", "frame", "pre")


def _write_code(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    content = writer.text[part.start : part.end]
    if part.kind == "fence":
        language = part.opening.strip()
    else:
        language = next((value for name, value in read_attributes(part.opening) if name == "class"), "")
    place = writer.source.fields(start, end)
    if part.kind == "fence" or ("\n" in content and part.kind != "ticks"):
        content = content.strip("\n").rstrip() if part.kind != "fence" else content.removesuffix("\n")
        writer.block(CodeBlock(content, language, **place), start, end)
    else:
        if part.kind == "ticks":
            content = _LINE_END.sub("\n", content.strip())
        content = content.replace("\t", _TAB).replace("  ", " " + NO_BREAK_SPACE)
        writer.leaf(Code(content, language, **place), start, end)


def _write_php(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    """``<?php … ?>``, which SPIP never runs but shows as source, its spaces unbreakable."""
    place = writer.source.fields(start, end)
    source = writer.text[part.start : part.end]
    if "\n" in source:
        writer.block(CodeBlock(source, "php", **place), start, end)
    else:
        writer.leaf(Code(source.replace(" ", NO_BREAK_SPACE), "php", **place), start, end)


def _write_frame(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    frame = Frame(writer.text[part.start : part.end].strip(), **writer.source.fields(start, end))
    writer.block(frame, start, end)


def _write_raw_html(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    """``<html>…</html>``: the author's HTML, without shortcuts or typography; a block if it holds one."""
    if not writer.has_paragraphs or not _holds_block_tag(writer, part):
        writer.begin_inline(start)
        _write_raw_with_code(writer, part.start, part.end)
        return
    writer.end_run(trims=True)
    writer.flow.end()
    _write_raw_with_code(writer, part.start, part.end)
    writer.flow.begin(drops_breaks=False)


def _write_raw_with_code(writer: TextWriter, start: int, end: int) -> None:
    """Write HTML, and the code between backticks in it, which SPIP reads first."""
    position = start
    while (position := writer.text.find("`", position, end)) >= 0:
        code = writer.scan.protected.get(position)
        if code is None:
            position += 1
            continue
        _write_raw(writer, start, position)
        # The closing backticks are as many as the opening ones; those of a fence are three.
        start = code.end + (3 if code.kind == "fence" else code.start - position)
        _write_code(writer, code, position, start)
        position = start
    _write_raw(writer, start, end)


def _holds_block_tag(writer: TextWriter, part: Protected) -> bool:
    return any(read_tag(match.group()).name in BLOCKS for match in writer.scan.tags(part.start, part.end))


def _write_preformatted(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    writer.end_run(trims=True)
    writer.flow.end()
    if "pre" in writer.policy.tags:
        opening = writer.text[start : part.start]
        open_tag(writer, read_tag(opening), start, part.start, opening)
        first = part.start + 1 if writer.text[part.start : part.start + 1] == "\n" else part.start
        _write_preformatted_content(writer, first, part.end)
        close_tag(writer, "pre", part.end, end)
    else:
        writer.source.report("tag-dropped", start, "<pre>")
        _write_raw(writer, part.start, part.end)
    writer.flow.begin(drops_breaks=False)


def _write_preformatted_content(writer: TextWriter, start: int, end: int) -> None:
    """Write what is in ``<pre>``: HTML, in which ``<code>`` holds words."""
    position = start
    while opening := _CODE_START.search(writer.text, position, end):
        closing = _CODE_END.search(writer.text, opening.end(), end)
        if closing is None:
            break
        _write_raw(writer, start, opening.end())
        writer.pairing.text(writer.text[opening.end() : closing.start()], opening.end(), closing.start())
        start, position = closing.start(), closing.end()
    _write_raw(writer, start, end)


def _write_embedded(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    """A frame or an object: a player, or a link, which is in a paragraph of its own where there are paragraphs."""
    fallback = [] if frames.is_player(writer, part) else frames.find_fallback(writer, part)
    last = part.start if fallback else end
    node = frames.read_frame(writer, part, start, last)
    if isinstance(node, Player):
        writer.block(node, start, end)
        return
    is_apart = writer.has_paragraphs and part.kind in BLOCKS
    is_apart = is_apart and not (writer.levels or writer.in_cell or writer.in_verse or writer.in_link)
    # The author's own paragraph may be nothing but its place on the page.
    is_apart = is_apart and not any(element.name == "p" and element.is_raw for element in writer.pairing.stack)
    writer.end_run(trims=is_apart)
    if is_apart:
        writer.flow.begin(drops_breaks=False)
    if node:
        writer.leaf(node, start, last)
    for first, last in fallback:
        if is_apart and node:
            writer.flow.begin(drops_breaks=False)
            node = None
        writer.begin_inline(first)
        _write_raw(writer, first, last)
    if is_apart:
        writer.flow.begin(drops_breaks=False)


def _write_raw(writer: TextWriter, start: int, end: int) -> None:
    """Write HTML without shortcuts or typography."""
    text = writer.text
    for first, last, part in frames.find_frames(text, text, start, end):
        _write_raw_tags(writer, start, first)
        node = frames.read_frame(writer, part, first, last)
        if isinstance(node, Player):
            writer.pairing.block(node, first, last)
        elif node:
            writer.pairing.leaf(node, first, last)
        start = last
    _write_raw_tags(writer, start, end)


def _write_raw_tags(writer: TextWriter, start: int, end: int) -> None:
    position = start
    for match in writer.scan.tags(start, end):
        first, last = match.span()
        if first > position:
            writer.pairing.text(decode_entities(writer.text[position:first]), position, first)
        position = last
        markup = match.group()
        tag = read_tag(markup)
        if tag.name not in writer.policy.tags:
            node = frames.read_dropped(writer, tag, first, last, markup)
            if node:
                count_dropped(writer, tag)
                writer.pairing.leaf(node, first, last)
            else:
                report_dropped(writer, tag, first, markup)
        elif tag.is_end:
            close_tag(writer, tag.name, first, last)
        else:
            open_tag(writer, tag, first, last, markup)
    if position < end:
        writer.pairing.text(decode_entities(writer.text[position:end]), position, end)


def _write_math(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    """Write a formula, or for a tag of ``<math>`` nothing."""
    writer.end_run()
    for match in writer.scan.formulas(part.start, part.end):
        first, last = match.span()
        place = writer.source.fields(first, last)
        if match["display"]:
            writer.block(MathBlock(match["display"].strip(), **place), first, last)
        else:
            writer.leaf(Math(match["inline"].strip(), **place), first, last)


def _write_script(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    if writer.settings.profile == "comment":
        writer.source.report("tag-shown", start, "<script>")
        writer.end_run()
        writer.flow.content(start)
        writer.pairing.text(writer.text[start:end], start, end)
    else:
        writer.source.report("content-dropped", start, "<script>")
        writer.end_run(trims=True)
        writer.flow.end()
        writer.flow.begin(drops_breaks=False)


def _write_style(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    writer.source.report("style-dropped", start, "<style>")
    writer.end_run()


def _write_comment(writer: TextWriter, part: Protected, start: int, end: int) -> None:
    """``<!-- … -->``, which counts as words for lines and paragraphs."""
    writer.source.report("comment-dropped", start)
    writer.begin_inline(start)
    if writer.levels and _BLANK_LINE.search(writer.text, part.start, part.end):
        # The blank line ends the lists, but the end tags that SPIP writes there are in the comment.
        writer.levels.clear()


_HANDLERS: Final[dict[str, Callable[[TextWriter, Protected, int, int], None]]] = {
    "cadre": _write_frame,
    "code": _write_code,
    "comment": _write_comment,
    "embed": _write_embedded,
    "fence": _write_code,
    "frame": _write_frame,
    "html": _write_raw_html,
    "iframe": _write_embedded,
    "math": _write_math,
    "object": _write_embedded,
    "php": _write_php,
    "pre": _write_preformatted,
    "script": _write_script,
    "style": _write_style,
    "ticks": _write_code,
}
