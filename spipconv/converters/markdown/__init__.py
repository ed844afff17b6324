"""The Markdown converter: a ``Document`` comes in, CommonMark with tables and footnotes goes out.

The same writer writes other flavours, which are descriptions. Whatever Markdown cannot express exactly is written as
HTML, so that the Markdown and the HTML of a document show the same page. Both are equally safe: everything that
Markdown or HTML would read as markup is escaped where it is written.
"""

from __future__ import annotations

from msgspec.structs import replace

from spipconv.converters import html
from spipconv.converters.flavours import COMMONMARK, Flavour
from spipconv.converters.markdown.html_blocks import NoteInHtml, html_block
from spipconv.converters.markdown.terms import place_definitions
from spipconv.converters.markdown.writer import MarkdownWriter
from spipconv.nodes import Document, Node, Note, Profile, Text, children_of
from spipconv.settings import check_profile

__all__ = ["html_block", "write"]


def write(document: Document, *, profile: Profile | None = None, flavour: Flavour = COMMONMARK) -> str:
    """Return the Markdown of a document, for the reader that ``flavour`` describes.

    It is written for ``profile`` or, by default, for the document's own profile. Links in a ``comment`` are like other
    links, because Markdown has no ``rel``. Raises ValueError if the profile is unknown.
    """
    profile = check_profile(document.profile if profile is None else profile)
    document = replace(document, profile=profile)
    if document.definitions and flavour.has_definitions:
        section = html.write(replace(document, children=())).glossary
        text = write(replace(document, definitions=()), flavour=flavour)
        return "\n".join([part for part in (text, html_block(section, flavour)) if part]) + "\n" * bool(section)
    if document.definitions:
        document, abbreviations = place_definitions(document, flavour)
        text = write(document, flavour=flavour)
        return f"{text}\n{abbreviations}" if abbreviations else text
    notes = _notes_in(document.children)
    if profile == "title" and not notes:
        return MarkdownWriter(document, flavour, as_html=False).title(document.children)
    texts = {note.identifier for note in notes if note.children}
    if all(note.label and (note.children or note.identifier in texts) for note in notes):
        try:
            return MarkdownWriter(document, flavour, as_html=False).document(document.children)
        except NoteInHtml:
            pass
    return MarkdownWriter(document, flavour, as_html=True).document(document.children)


def _notes_in(nodes: tuple[Node, ...]) -> list[Note]:
    """Return all notes of some trees, in no order. Most nodes are words, which hold none."""
    notes: list[Note] = []
    waiting = [nodes]
    while waiting:
        for node in waiting.pop():
            if node.__class__ is not Text:
                if isinstance(node, Note):
                    notes.append(node)
                waiting.append(children_of(node))
    return notes
