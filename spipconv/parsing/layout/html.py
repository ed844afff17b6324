"""Raw HTML in a text: an author's tags."""

from __future__ import annotations

from functools import partial
from typing import Final

from spipconv.nodes import Player
from spipconv.parsing.html_rules import FORMATTING
from spipconv.parsing.html_tags import BLOCKS, Tag, read_tag
from spipconv.parsing.layout import frames, lists
from spipconv.parsing.layout.writer import Formatting, TextWriter
from spipconv.parsing.raw_elements import open_raw_element
from spipconv.safety import SPIP_TAGS, VOID, filter_attributes

# In a comment, the HTML that says the same as a shortcut is read as that shortcut.
_SHORTCUT_OF_TAG: Final[dict[str, Formatting]] = {"b": "strong", "strong": "strong", "i": "i", "em": "i"}
# SPIP's own elements, which are read as pairs of tags; <quote> only in small letters.
_PAIRS: Final = SPIP_TAGS | {"math"}
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
        _write_allowed(writer, tag, start, end, markup)
    elif writer.settings.profile == "comment" and tag.name in _TRANSLATED:
        if not tag.is_end:
            writer.source.report("tag-translated", start, markup)
        _translate(writer, tag, start, end, markup)
    elif tag.is_words:
        writer.source.report("tag-shown", start, markup)
        writer.words(start, end)
    elif isinstance(node := frames.read_dropped(writer, tag, start, end, markup), Player):
        writer.block(node, start, end)
    elif node:
        count_dropped(writer, tag)
        writer.leaf(node, start, end)
    else:
        report_dropped(writer, tag, start, markup)
        if tag.name in BLOCKS and writer.has_paragraphs:
            writer.end_run(trims=True)
            writer.flow.begin(drops_breaks=False)
        else:
            # SPIP leaves it in the page, where it counts as words, and readers see nothing.
            writer.end_run()
            writer.flow.tag(_write_nothing, start)


def _write_nothing() -> None:
    """Write a tag that is not in the output."""


def count_dropped(writer: TextWriter, tag: Tag) -> None:
    """Record that a tag was reported which is not in the output, so that its end tag need not be reported as well."""
    if not tag.is_self_closed and tag.name not in VOID:
        writer.dropped[tag.name] = writer.dropped.get(tag.name, 0) + 1


def report_dropped(writer: TextWriter, tag: Tag, start: int, markup: str) -> None:
    """Report a tag that is dropped: an element once, at its start tag."""
    code = tag.loss
    if tag.name in _PAIRS:
        # With both tags it would have been read as what it is.
        code = "tag-case" if tag.name == "quote" else "unopened-tag" if tag.is_end else "unclosed-tag"
    if not tag.is_end:
        count_dropped(writer, tag)
    elif writer.dropped.get(tag.name):
        writer.dropped[tag.name] -= 1
        return
    writer.source.report(code, start, markup)


def _translate(writer: TextWriter, tag: Tag, start: int, end: int, markup: str) -> None:
    writer.end_run(trims=tag.name in ("br", "p"))
    if tag.name == "p":
        lists.end_lists(writer)
        writer.flow.begin(drops_breaks=False)
    elif tag.name == "br":
        writer.flow.line_break("html", start, end)
    else:
        name = _SHORTCUT_OF_TAG[tag.name]
        if tag.is_end:
            writer.flow.tag(partial(writer.close_formatting, name, markup, start, end), start)
        else:
            writer.flow.tag(partial(writer.open_formatting, name, "", start, end), start)


def _write_allowed(writer: TextWriter, tag: Tag, start: int, end: int, markup: str) -> None:
    """Write a tag that is allowed."""
    name = tag.name
    if name == "br" and writer.has_paragraphs:
        for attribute, _ in tag.attributes:
            writer.source.report("attribute-dropped", start, f"<br {attribute}>")
        if start == writer.start and not tag.is_self_closed:
            # At the start of a text SPIP drops <br />, but not <br>.
            writer.flow.begin(drops_breaks=False)
        writer.flow.line_break("html", start, end)
    elif name == "p" and writer.has_paragraphs:
        if tag.is_end or not tag.attributes:
            writer.flow.begin(drops_breaks=not tag.is_end)
        else:
            writer.flow.end()
            open_tag(writer, tag, start, end, markup)
            writer.flow.adopt()
    elif name in BLOCKS and writer.has_paragraphs:
        writer.flow.end()
        if tag.is_end:
            close_tag(writer, name, start, end)
            writer.flow.begin(drops_breaks=False)
        else:
            open_tag(writer, tag, start, end, markup)
        if name in ("li", "ol", "ul"):
            lists.set_line_breaks(writer)
            writer.flow.breaks_lines |= name == "li" and not tag.is_end
        elif not tag.is_end and name not in VOID and not writer.in_body_cell:
            writer.flow.breaks_lines = False
    elif writer.is_around_blocks(start):
        writer.begin_block()
        if tag.is_end:
            close_tag(writer, name, start, end)
        else:
            open_tag(writer, tag, start, end, markup)
        writer.flow.begin(drops_breaks=False)
    elif tag.is_self_closed:
        writer.flow.content(start)
        open_tag(writer, tag, start, end, markup)
    elif tag.is_end:
        writer.flow.tag(partial(close_tag, writer, name, start, end), start)
    else:
        writer.flow.tag(partial(open_tag, writer, tag, start, end, markup), start)


def open_tag(writer: TextWriter, tag: Tag, start: int, end: int, markup: str) -> None:
    """Open an element that is allowed, without the attributes that are not."""
    attributes, refused = filter_attributes(writer.policy, tag.name, tag.attributes)
    for name in refused:
        writer.source.report("attribute-dropped", start, f"<{tag.name} {name}>")
    if "autoplay" in refused and not any(name == "controls" for name, _ in attributes):
        # Without its controls, nothing would start it.
        attributes += (("controls", "controls"),)
    if tag.name in VOID:
        writer.pairing.void(tag.name, attributes, start, end)
    else:
        open_raw_element(writer.pairing, tag.name, {"name": tag.name, "attributes": attributes}, start, end, markup)


def close_tag(writer: TextWriter, name: str, start: int, end: int) -> None:
    """Close an element, or report that the end tag closes nothing."""
    if name in FORMATTING:
        closed = writer.pairing.close_formatting(name, start, end)
    elif name in BLOCKS or name == "p":
        closed = writer.pairing.close(name, end, is_raw=True)
    else:
        closed = writer.pairing.close_inline(name, end)
    if not closed and not writer.pairing.is_cut(name):
        writer.source.report("unopened-tag", start, f"</{name}>")
