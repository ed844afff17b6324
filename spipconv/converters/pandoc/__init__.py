"""The pandoc converter: a ``Document`` comes in, pandoc's JSON goes out, which pandoc turns into any of its formats.

What pandoc has no word for keeps its words; what it can say is kept. It is safe by construction: addresses and the
author's HTML go through the same policy as in HTML, and nothing an author wrote is raw text of another format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from spipconv import nodes
from spipconv.converters.pandoc import blocks, elements, inline, tables
from spipconv.converters.pandoc.shapes import Item, encode, group, make, tag_of
from spipconv.converters.pandoc.writer import NodeWriter
from spipconv.nodes import Document, Profile

# The version of the JSON that each version of pandoc reads. Since the last one, pandoc has a block for figures.
VERSIONS: Final[Mapping[int, list[int]]] = {2: [1, 22], 3: [1, 23]}


class Writer(NodeWriter):
    """Writes every kind of node."""

    writers: ClassVar[Mapping[type, Callable[..., list[Item]]]] = {
        nodes.Abbreviation: inline.write_abbreviation,
        nodes.Anchor: inline.write_anchor,
        nodes.Box: blocks.write_box,
        nodes.Bullet: inline.write_bullet,
        nodes.Caption: tables.write_caption,
        nodes.Cell: tables.write_cell,
        nodes.Code: inline.write_code,
        nodes.CodeBlock: blocks.write_code_block,
        nodes.Directive: inline.write_directive,
        nodes.Element: elements.write_element,
        nodes.Emphasis: inline.write_emphasis,
        nodes.Figure: blocks.write_figure,
        nodes.Frame: blocks.write_frame,
        nodes.Heading: blocks.write_heading,
        nodes.LineBreak: inline.write_line_break,
        nodes.Link: inline.write_link,
        nodes.List: blocks.write_list,
        nodes.ListItem: blocks.write_item,
        nodes.Markdown: blocks.write_markdown,
        nodes.Math: inline.write_math,
        nodes.MathBlock: blocks.write_math_block,
        nodes.Model: inline.write_model,
        nodes.Note: inline.write_note,
        nodes.Paragraph: blocks.write_paragraph,
        nodes.Player: blocks.write_player,
        nodes.Poem: blocks.write_poem,
        nodes.Quote: blocks.write_quote,
        nodes.Raw: inline.write_raw,
        nodes.Row: tables.write_row,
        nodes.Rule: blocks.write_rule,
        nodes.Strong: inline.write_strong,
        nodes.Table: tables.write_table,
        nodes.Term: inline.write_term,
        nodes.Text: inline.write_text,
        nodes.Verse: blocks.write_verse,
    }


def write(document: Document, *, profile: Profile | None = None, version: int = 3) -> str:
    """Return a document as JSON for pandoc of a version: 3, or 2 (from 2.10 on).

    It is written for ``profile`` or, by default, for the document's own profile. The notes are where they are called,
    the definitions of terms at the end. Raises ValueError if the profile is unknown.
    """
    writer = Writer(document, profile, has_figures=version > 2)
    body = group(writer.flow(document.children), "Plain" if document.profile == "title" else "Para")
    body += blocks.write_definitions(writer, document.definitions)
    writer.notes.finish()
    body += writer.notes.uncalled
    language = tag_of(document.language)
    meta = {"lang": make("MetaString", language)} if language else {}
    written = {"pandoc-api-version": VERSIONS[version], "meta": meta, "blocks": body}
    return encode(written)
