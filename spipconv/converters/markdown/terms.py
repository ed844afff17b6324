"""Terms of a glossary in Markdown: links, the list of definitions to which they lead, and abbreviations."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from spipconv.converters.flavours import Flavour
from spipconv.languages import glossary_title
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Definition,
    Document,
    Heading,
    Link,
    List,
    ListItem,
    Node,
    Paragraph,
    Strong,
    Term,
    Text,
)
from spipconv.trees import transform

# What readers take for nothing but words in ``*[form]: words``.
_PLAIN_FORM: Final = re.compile(r"\w[\w .-]*\Z")
_PLAIN_WORDS: Final = re.compile(r"[\w .,;:'’()/–-]+\Z")


def link_of_term(node: Term) -> Link:
    """Return the link that a term is: to the page about it, or else to its definition in the list."""
    return Link(node.address or f"#{_name_of(node.identifier)}", node.children, "anchor")


def place_definitions(document: Document, flavour: Flavour) -> tuple[Document, str]:
    """Return a document with its definitions as a list at its end, and the lines that define abbreviations.

    Terms with a page of their own lead there and are not listed. Where a flavour has abbreviations, its readers find
    them in the text, so these terms are words.
    """
    short = {item.identifier for item in document.definitions if flavour.has_abbreviations and _is_plain(item)}
    lines = "".join(
        [
            f"*[{form}]: {item.short}\n"
            for item in document.definitions
            if item.identifier in short
            for form in item.forms
        ]
    )

    def drop(node: Node) -> tuple[Node, ...]:
        return node.children if isinstance(node, Term) and node.identifier in short else (node,)

    listed = [
        item for item in document.definitions if item.children and not item.address and item.identifier not in short
    ]
    nodes = (*document.children, *_list_of(listed, document.language))
    return replace(document, children=transform(nodes, drop) if short else nodes, definitions=()), lines


def _list_of(definitions: list[Definition], language: str) -> tuple[Node, ...]:
    """Return a heading and the definitions: a list, or paragraphs if some definitions have several blocks."""
    if not definitions:
        return ()
    heading = Heading((Text(glossary_title(language)),))
    blocks = [_blocks_of(item, language) for item in definitions]
    if any(rest for _, rest in blocks):
        return (heading, *[block for first, rest in blocks for block in (first, *rest)])
    return (heading, List(False, tuple([ListItem(first.children) for first, _ in blocks])))


def _blocks_of(definition: Definition, language: str) -> tuple[Paragraph, tuple[Node, ...]]:
    """Return a paragraph with the term and the beginning of its definition, and the rest of that."""
    title: Node = Text(definition.forms[0] if definition.forms else definition.identifier)
    if definition.is_abbreviation and definition.short:
        title = Abbreviation(definition.short, (title,))
    colon = "\u00a0: " if language.partition("_")[0] == "fr" else ": "
    start = (Anchor(_name_of(definition.identifier)), Strong((title,)), Text(colon))
    first, rest = definition.children[0], definition.children[1:]
    if isinstance(first, Paragraph):
        return Paragraph((*start, *first.children)), rest
    return Paragraph(start), definition.children


def _is_plain(definition: Definition) -> bool:
    """Return whether a line can define an abbreviation: readers differ in what they see in anything but words."""
    return (
        definition.is_abbreviation
        and all(map(_PLAIN_FORM.match, definition.forms))
        and _PLAIN_WORDS.match(definition.short) is not None
    )


def _name_of(identifier: str) -> str:
    return f"term-{identifier}"
