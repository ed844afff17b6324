"""The HTML converter: a ``Document`` comes in, safe HTML with SPIP's own elements and classes goes out.

It is safe by construction: everything is escaped where it is written. ``write`` returns the body and the notes
separately, like SPIP's ``#TEXTE`` and ``#NOTES``, and the definitions of a glossary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

from spipconv import nodes
from spipconv.converters.html import blocks, figures, inline, tables, terms
from spipconv.converters.html.regular import is_regular
from spipconv.converters.html.writer import NodeWriter
from spipconv.nodes import Document, Profile
from spipconv.safety import Sanitizer, check_sanitizer, clean


class Html(NamedTuple):
    """The HTML of a text: its body, and its notes and its glossary, which a page shows below."""

    body: str
    notes: str
    glossary: str = ""


class Writer(NodeWriter):
    """Writes every kind of node."""

    writers: ClassVar[Mapping[type, Callable[..., str]]] = {
        nodes.Abbreviation: inline.write_abbreviation,
        nodes.Anchor: inline.write_anchor,
        nodes.Box: blocks.write_box,
        nodes.Bullet: inline.write_bullet,
        nodes.Caption: tables.write_caption,
        nodes.Cell: tables.write_cell_content,
        nodes.Code: inline.write_code,
        nodes.CodeBlock: blocks.write_code_block,
        nodes.Directive: inline.write_directive,
        nodes.Element: inline.write_element,
        nodes.Emphasis: inline.write_emphasis,
        nodes.Figure: figures.write_figure,
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
        nodes.Player: figures.write_player,
        nodes.Paragraph: blocks.write_paragraph,
        nodes.Poem: blocks.write_poem,
        nodes.Quote: blocks.write_quote,
        nodes.Raw: inline.write_raw,
        nodes.Row: tables.write_row_cells,
        nodes.Rule: blocks.write_rule,
        nodes.Strong: inline.write_strong,
        nodes.Table: tables.write_table,
        nodes.Term: terms.write_term,
        nodes.Text: inline.write_text,
        nodes.Verse: blocks.write_verse,
    }


def write(document: Document, *, profile: Profile | None = None, sanitizer: Sanitizer = "nh3") -> Html:
    """Return the HTML of a document, written for ``profile`` or, by default, for the document's own profile.

    Links in a ``comment`` have ``rel="nofollow ugc"``, which tells search engines that a visitor wrote them. If the
    document contains raw HTML, the sanitiser (``nh3`` or ``bleach``) cleans the result, or, if it could change nothing
    else, the author's tags alone. It does not see the ``Raw`` texts of extensions. Raises ValueError if the profile or
    the sanitiser is unknown, and ImportError if the sanitiser is not installed.
    """
    check_sanitizer(sanitizer)
    writer = Writer(document, profile)
    body = writer.flow(document.children)
    notes = writer.notes()
    glossary = terms.write_definitions(writer, body) if document.definitions else ""
    if writer.has_raw_html:
        if sanitizer == "nh3" and _is_clean(writer, body, notes, glossary):
            body, notes, glossary = _write_again(body), _write_again(notes), _write_again(glossary)
        else:
            instances = document.peertube
            body, notes = clean(body, sanitizer, instances), clean(notes, sanitizer, instances) if notes else ""
            glossary = clean(glossary, sanitizer, instances) if glossary else ""
    raw = writer.raw
    if raw is None:
        return Html(body, notes, glossary)
    return Html(raw.put_back(body), raw.put_back(notes), raw.put_back(glossary))


def _is_clean(writer: NodeWriter, *parts: str) -> bool:
    """Return whether nh3 would find nothing to change in what was written, judged by the author's tags."""
    if writer.has_other_elements or not all(map(is_regular, parts)):
        return False
    tags = "".join(writer.raw_tags)
    return not tags or clean(tags) == _write_again(tags)


def _write_again(markup: str) -> str:
    """Return regular HTML as an HTML parser writes it."""
    return markup.replace(" />", ">")
