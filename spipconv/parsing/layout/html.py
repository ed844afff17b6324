"""Raw HTML in a text: an author's tags."""

from __future__ import annotations

from functools import partial
from typing import Final

from spipconv.nodes import Element, Player
from spipconv.parsing.html_rules import FORMATTING
from spipconv.parsing.html_tags import BLOCKS, Tag, read_tag
from spipconv.parsing.layout import frames, lists
from spipconv.parsing.layout.writer import Formatting, TextWriter
from spipconv.parsing.raw_elements import open_raw_element
from spipconv.safety import VOID, filter_attributes

# In a comment, the HTML that says the same as a shortcut is read as that shortcut.
_SHORTCUT_OF_TAG: Final[dict[str, Formatting]] = {"b": "strong", "strong": "strong", "i": "i", "em": "i"}
_TRANSLATED: Final = frozenset({*_SHORTCUT_OF_TAG, "br", "p"})


def write_tag(writer: TextWriter, start: int, end: int) -> None:
    """Write a tag, the shortcut that means the same, its words, or nothing: as the profile allows."""
    markup = writer.text[start:end]
    if markup[0] == "\\":
        markup = markup.replace("\\", "")
    tag = read_tag(markup)
    if tag.name == "a":
        writer.end_run()
        writer.in_raw_link = not tag.is_end and "a" in writer.policy.tags
    if tag.name in writer.policy.tags:
        writer.end_run(trims=tag.name in BLOCKS or tag.name == "p")
        _write_allowed(writer, tag, start, markup)
    elif writer.settings.profile == "comment" and tag.name in _TRANSLATED:
        writer.source.report("tag-translated", start, markup)
        _translate(writer, tag, start)
    elif tag.is_words:
        writer.source.report("tag-shown", start, markup)
        writer.words(start, end)
    elif isinstance(node := frames.read_dropped(writer, tag, start, markup), Player):
        writer.block(node)
    elif node:
        writer.leaf(node, start)
    else:
        writer.source.report(tag.loss, start, markup)
        if tag.name in BLOCKS and writer.has_paragraphs:
            writer.end_run(trims=True)
            writer.flow.begin(drops_breaks=False)
        else:
            # SPIP leaves it in the page, where it counts as words, and readers see nothing.
            writer.end_run()
            writer.flow.tag(_write_nothing, start)


def _write_nothing() -> None:
    """Write a tag that is not in the output."""


def _translate(writer: TextWriter, tag: Tag, offset: int) -> None:
    writer.end_run(trims=tag.name in ("br", "p"))
    if tag.name == "p":
        lists.end_lists(writer)
        writer.flow.begin(drops_breaks=False)
    elif tag.name == "br":
        writer.flow.line_break("html", offset)
    else:
        name = _SHORTCUT_OF_TAG[tag.name]
        write = writer.close_formatting if tag.is_end else writer.open_formatting
        writer.flow.tag(partial(write, name, "", offset), offset)


def _write_allowed(writer: TextWriter, tag: Tag, offset: int, markup: str) -> None:
    """Write a tag that is allowed."""
    name = tag.name
    if name == "br" and writer.has_paragraphs:
        for attribute, _ in tag.attributes:
            writer.source.report("attribute-dropped", offset, f"<br {attribute}>")
        if offset == writer.start and not tag.is_self_closed:
            # At the start of a text SPIP drops <br />, but not <br>.
            writer.flow.begin(drops_breaks=False)
        writer.flow.line_break("html", offset)
    elif name == "p" and writer.has_paragraphs:
        if tag.is_end or not tag.attributes:
            writer.flow.begin(drops_breaks=not tag.is_end)
        else:
            writer.flow.end()
            open_tag(writer, tag, offset, markup)
            writer.flow.adopt()
    elif name in BLOCKS and writer.has_paragraphs:
        writer.flow.end()
        if tag.is_end:
            close_tag(writer, name, offset)
            writer.flow.begin(drops_breaks=False)
        else:
            open_tag(writer, tag, offset, markup)
        if name in ("li", "ol", "ul"):
            lists.set_line_breaks(writer)
            writer.flow.breaks_lines |= name == "li" and not tag.is_end
        elif not tag.is_end and name not in VOID and not writer.in_body_cell:
            writer.flow.breaks_lines = False
    elif writer.is_around_blocks(offset):
        writer.begin_block()
        if tag.is_end:
            close_tag(writer, name, offset)
        else:
            open_tag(writer, tag, offset, markup)
        writer.flow.begin(drops_breaks=False)
    elif tag.is_self_closed:
        writer.flow.content(offset)
        open_tag(writer, tag, offset, markup)
    else:
        opening, closing = partial(open_tag, writer, tag, offset, markup), partial(close_tag, writer, name, offset)
        writer.flow.tag(closing if tag.is_end else opening, offset)


def open_tag(writer: TextWriter, tag: Tag, offset: int, markup: str) -> None:
    """Open an element that is allowed, without the attributes that are not."""
    attributes, refused = filter_attributes(writer.policy, tag.name, tag.attributes)
    for name in refused:
        writer.source.report("attribute-dropped", offset, f"<{tag.name} {name}>")
    if "autoplay" in refused and not any(name == "controls" for name, _ in attributes):
        # Without its controls, nothing would start it.
        attributes += (("controls", "controls"),)
    if tag.name in VOID:
        line, column = writer.source.place(offset)
        writer.pairing.void(Element(tag.name, attributes, (), line=line, column=column))
    else:
        open_raw_element(writer.pairing, tag.name, {"name": tag.name, "attributes": attributes}, offset, markup)


def close_tag(writer: TextWriter, name: str, offset: int) -> None:
    """Close an element, or report that the end tag closes nothing."""
    if name in FORMATTING:
        closed = writer.pairing.close_formatting(name, offset)
    elif name in BLOCKS or name == "p":
        closed = writer.pairing.close(name, is_raw=True)
    else:
        closed = writer.pairing.close_inline(name)
    if not closed:
        writer.source.report("unopened-tag", offset, f"</{name}>")
