"""The plain-text converter: a ``Document`` comes in, what its readers read goes out, without markup.

Blocks are apart by a blank line, lists have their marks, quotes are away from the margin, the cells of a row are apart
by tabs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from spipconv import nodes
from spipconv.converters.text import blocks, inline
from spipconv.converters.text.writer import TextWriter
from spipconv.nodes import Document, Profile


class Writer(TextWriter):
    """Writes every kind of node."""

    writers: ClassVar[Mapping[type, Callable[..., None]]] = {
        nodes.Abbreviation: inline.write_children,
        nodes.Anchor: inline.write_nothing,
        nodes.Box: blocks.write_block,
        nodes.Bullet: inline.write_bullet,
        nodes.Caption: blocks.write_caption,
        nodes.Cell: blocks.write_block,
        nodes.Code: inline.write_code,
        nodes.CodeBlock: blocks.write_code_block,
        nodes.Directive: inline.write_nothing,
        nodes.Element: inline.write_element,
        nodes.Emphasis: inline.write_children,
        nodes.Figure: blocks.write_figure,
        nodes.Frame: blocks.write_code_block,
        nodes.Heading: blocks.write_block,
        nodes.LineBreak: inline.write_line_break,
        nodes.Link: inline.write_link,
        nodes.List: blocks.write_list,
        nodes.ListItem: blocks.write_item,
        nodes.Markdown: inline.write_children,
        nodes.Math: inline.write_code,
        nodes.MathBlock: blocks.write_code_block,
        nodes.Model: inline.write_model,
        nodes.Note: inline.write_note,
        nodes.Paragraph: blocks.write_block,
        nodes.Player: blocks.write_player,
        nodes.Poem: blocks.write_poem,
        nodes.Quote: blocks.write_quote,
        nodes.Raw: inline.write_raw,
        nodes.Row: blocks.write_row,
        nodes.Rule: blocks.write_rule,
        nodes.Strong: inline.write_children,
        nodes.Table: blocks.write_table,
        nodes.Term: inline.write_term,
        nodes.Text: inline.write_text,
        nodes.Verse: blocks.write_verse,
    }


def write(
    document: Document,
    *,
    profile: Profile | None = None,
    notes: bool = True,
    links: bool = False,
    alternatives: bool = False,
) -> str:
    """Return a document as plain text, written for ``profile`` or, by default, for the document's own profile.

    ``notes``: with their calls, and their texts at the end. ``links``: the addresses of links follow their words, in
    parentheses, if they are allowed and lead out of the text. ``alternatives``: the alternative texts of pictures, in
    brackets. The definitions of terms are at the end. Raises ValueError if the profile is unknown.
    """
    writer = Writer(document, profile, notes=notes, links=links, alternatives=alternatives)
    writer.flow(document.children)
    writer.notes()
    writer.definitions()
    return writer.lines.text()


def write_words(document: Document, *, notes: bool = True, documents: bool = True) -> str:
    """Return a document as plain text without the marks of items and notes."""
    writer = Writer(document, notes=notes, marks=False, documents=documents)
    writer.flow(document.children)
    writer.notes()
    return writer.lines.text()
