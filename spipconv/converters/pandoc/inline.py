"""Words in pandoc's JSON: text, formatting, links, calls of notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from spipconv.converters.html.writer import language_word
from spipconv.converters.pandoc.notes import separate
from spipconv.converters.pandoc.shapes import (
    LINE_BREAK,
    NO_ATTRIBUTES,
    Attributes,
    Item,
    attributes,
    make,
    tag_of,
    words,
)
from spipconv.converters.pandoc.writer import NodeWriter
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Bullet,
    Code,
    Directive,
    Emphasis,
    LineBreak,
    Link,
    Math,
    Model,
    Note,
    Raw,
    Strong,
    Term,
    Text,
)
from spipconv.safety import hide_values

_BULLET: Final = "–"


def write_text(writer: NodeWriter, node: Text) -> list[Item]:
    """Return words."""
    return words(node.text)


def formatting(kind: str) -> Callable[[list[Item]], Item]:
    """Return the function that puts formatting (``Strong``, ``Emph``) around words."""
    return lambda items: make(kind, items)


def span(given: Attributes) -> Callable[[list[Item]], Item]:
    """Return the function that gives attributes to words."""
    return lambda items: make("Span", [given, items])


def link(address: str, title: str, given: Attributes = NO_ATTRIBUTES) -> Callable[[list[Item]], Item]:
    """Return the function that makes a link of words."""
    return lambda items: make("Link", [given, items, [address, title]])


def write_strong(writer: NodeWriter, node: Strong) -> list[Item]:
    """Return bold words."""
    items = writer.wrap(writer.flow(node.children), formatting("Strong"))
    return writer.wrap(items, span(attributes("", node.classes))) if node.classes else items


def write_emphasis(writer: NodeWriter, node: Emphasis) -> list[Item]:
    """Return words in italics."""
    return writer.wrap(writer.flow(node.children), formatting("Emph"))


def write_line_break(writer: NodeWriter, node: LineBreak) -> list[Item]:
    """Return a line break."""
    return [LINE_BREAK]


def write_bullet(writer: NodeWriter, node: Bullet) -> list[Item]:
    """Return the dash that SPIP shows at the start of a line."""
    return [make("Strong", words(_BULLET)), make("Str", "\u00a0")]


def write_code(writer: NodeWriter, node: Code) -> list[Item]:
    """Return code inside a line."""
    return [make("Code", [code_attributes(writer, node.language), node.text])]


def code_attributes(writer: NodeWriter, language: str) -> Attributes:
    """Return the attributes of code: its language, which an author's other classes follow."""
    if writer.is_comment:
        language = language_word(language)
    return attributes("", [name.removeprefix("language-") for name in language.split()])


def write_math(writer: NodeWriter, node: Math) -> list[Item]:
    """Return a formula inside a line; in a comment its TeX as code, because TeX can read files."""
    if writer.is_comment:
        return [make("Code", [NO_ATTRIBUTES, node.text])]
    return [make("Math", [{"t": "InlineMath"}, node.text])]


def write_link(writer: NodeWriter, node: Link) -> list[Item]:
    """Return a link, or only its words if its address is not allowed."""
    address = writer.address(node.address)
    if address is None:
        return writer.flow(node.children)
    values = {
        "hreflang": tag_of(node.language),
        "type": node.media_type,
        "rel": "nofollow ugc noopener" if writer.is_comment else "",
    }
    match node.children:
        case (Text(text=shown),) if shown == address:
            classes = ["uri"]
        case _:
            classes = []
    return writer.wrap_in_link(node.children, link(address, node.title, attributes("", classes, values)))


def write_anchor(writer: NodeWriter, node: Anchor) -> list[Item]:
    """Return an anchor, unless the text has one of this name already."""
    identifier = writer.identifier(node.name)
    return [make("Span", [attributes(identifier), []])] if identifier else []


def write_abbreviation(writer: NodeWriter, node: Abbreviation) -> list[Item]:
    """Return an abbreviation."""
    values = {"title": node.title, "lang": tag_of(node.language)}
    return writer.wrap(writer.flow(node.children), span(attributes("", ["abbr"], values)))


def write_note(writer: NodeWriter, node: Note) -> list[Item]:
    """Return a note where it is called, followed by those that are called in it."""
    notes = writer.notes
    if not node.children:
        return [notes.call(node)] if node.label else []
    if not node.label:
        notes.uncalled.append(make("Div", [attributes("", ["note"]), writer.note_blocks(node.children)]))
        return []
    if notes.is_inside:
        notes.waiting.append(node)
        return [notes.call(node)]
    notes.is_inside = True
    items = [notes.add(node, writer.note_blocks(node.children))]
    # They may call others, which this list then holds too.
    items += [notes.add(other, writer.note_blocks(other.children)) for other in notes.waiting]
    notes.waiting.clear()
    notes.is_inside = False
    return separate(items)


def write_model(writer: NodeWriter, node: Model) -> list[Item]:
    """Return an unknown model: the tag that the author typed, without values."""
    return [make("Code", [NO_ATTRIBUTES, hide_values(node.source)])]


def write_term(writer: NodeWriter, node: Term) -> list[Item]:
    """Return words that a glossary defines: a link to the definition at the end, or to a page about it."""
    address = f"#{term_id(node.identifier)}" if node.identifier in writer.definitions else writer.address(node.address)
    if not address or writer.is_in_link:
        return writer.flow(node.children)
    return writer.wrap_in_link(node.children, link(address, "", attributes("", ["glossary-term"])))


def term_id(identifier: str) -> str:
    """Return the id of a definition."""
    return f"term-{identifier}".replace(" ", "_")


def write_directive(writer: NodeWriter, node: Directive) -> list[Item]:
    """Return nothing: readers see nothing of it."""
    return []


def write_raw(writer: NodeWriter, node: Raw) -> list[Item]:
    """Return text of an output format, which pandoc writes in that format only; nothing in a comment."""
    if writer.html.profile != "article":
        return []
    return [make("RawBlock" if node.is_block else "RawInline", [node.format, node.text])]
