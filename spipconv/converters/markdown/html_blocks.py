"""HTML in Markdown, for whatever Markdown cannot express: blocks, and calls of notes that look like footnotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from spipconv.converters.flavours import COMMONMARK, Flavour
from spipconv.converters.html import Writer as HtmlWriter
from spipconv.converters.html.inline import write_link
from spipconv.converters.html.terms import write_term
from spipconv.converters.html.writer import SPACES
from spipconv.converters.markdown.escapes import entity
from spipconv.converters.markdown.terms import link_of_term
from spipconv.converters.raw import RawTexts
from spipconv.nodes import Document, Note, Term
from spipconv.safety import escape_attribute

# An HTML block ends at a blank line only if it starts with one of these, or with any tag alone on its line.
_BLOCK_TAG: Final = re.compile(
    r"<(?:address|article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|h[1-6]|header|hr|iframe|legend|li|main|nav|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)"
    r"(?=[ />])"
)
_LONE_TAG: Final = re.compile(r"</?[a-z][a-z0-9-]*(?:\s[^>]*)?>\s*\Z", re.IGNORECASE | re.ASCII)
# A no-break space that is alone in its element stays an entity: nobody would see it.
_NO_BREAK_SPACE: Final = re.compile(r"(?<!>)&nbsp;|&nbsp;(?!<)")
_BLANK_LINE: Final = re.compile(r"\n(?=[ \t]*\n)")


class NoteInHtml(Exception):
    """A note is called where Markdown cannot have a footnote: in an HTML block."""


def _write_term(writer: FallbackWriter, node: Term) -> str:
    if not (writer.has_definitions and node.number):
        return write_link(writer, link_of_term(node))
    # What Markdown cannot say is written twice.
    writer.marks.clear()
    return write_term(writer, node)


class FallbackWriter(HtmlWriter):
    """Writes the HTML of whatever Markdown cannot express; its calls of notes look like those of footnotes."""

    writers: ClassVar[Mapping[type, Callable[..., str]]] = {**HtmlWriter.writers, Term: _write_term}

    def __init__(self, document: Document, raw: RawTexts, *, has_notes: bool, has_definitions: bool = False) -> None:
        super().__init__(document)
        self.raw = raw
        self.has_definitions = has_definitions
        self._has_notes = has_notes

    def note_call(self, node: Note) -> str:
        if not self._has_notes:
            raise NoteInHtml
        identifier = self.identifier_of(node)
        own = "" if node.repeated else f' id="nh{identifier}"'
        label = escape_attribute(node.label)
        return f'<sup class="footnote-ref"><a href="#nb{identifier}"{own}>[{label}]</a></sup>'


def is_html_block(text: str) -> bool:
    """Return whether a reader sees HTML in some Markdown, not a paragraph."""
    return text[:1] == "<" and bool(_BLOCK_TAG.match(text) or _LONE_TAG.match(text.partition("\n")[0]))


def write_html_spaces(markup: str, flavour: Flavour) -> str:
    """Return HTML with no-break spaces as the flavour wants them: characters, or entities."""
    if flavour.has_space_entities:
        return markup.replace("\u202f", "&#8239;")
    return _NO_BREAK_SPACE.sub("\u00a0", markup) if "&nbsp;" in markup else markup


def html_block(markup: str, flavour: Flavour = COMMONMARK, *, has_loose: bool = False) -> str:
    """Return safe HTML as a block of Markdown that ends with its last line.

    ``has_loose``: some of its words are not inside an element.
    """
    markup = write_html_spaces(_BLANK_LINE.sub("&#10;", markup.strip(SPACES)), flavour)
    for character in flavour.active_in_html:
        markup = markup.replace(character, entity(character))
    is_whole = markup.startswith("<pre") and "\n" not in markup.partition("</pre>")[2]
    is_block = is_whole or (_BLOCK_TAG.match(markup) and not (flavour.boxes_loose_words and has_loose))
    if not markup or is_block:
        return markup
    return f'<div class="spip_libre">\n{markup}</div>' if flavour.boxes_loose_words else f"<span>\n{markup}</span>"
