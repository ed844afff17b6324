"""What a document holds: it comes in; its headings, links, pictures, documents, notes and words go out, one by one.

They are those that its HTML has: what the author wrote in HTML counts too, and what is not allowed does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from spipconv.converters.html.writer import COMMENT_PREFIX
from spipconv.nodes import Anchor, Document, Element, Figure, Heading, Link, Note, Player, Term, walk
from spipconv.safety import ARTICLE, COMMENT, Policy, filter_attributes, safe_address, safe_source
from spipconv.sections import Section, level_of, nest, words_of

# From the first to the last letter or digit between two spaces.
_WORD = re.compile(r"\w(?:\S*\w)?")


class Hyperlink(NamedTuple):
    """A link: its address, its plain words, its tooltip, and what it is in the tree."""

    address: str
    text: str
    title: str
    node: Link | Term | Element | Figure | Player


class Image(NamedTuple):
    """A picture: its address, its alternative text, its plain title, and what it is in the tree."""

    address: str
    alternative: str
    title: str
    node: Figure | Element


def headings(document: Document) -> Iterator[Section]:
    """Yield the headings that have words, each as a section with nothing below it."""
    policy = _policy_of(document)
    for node in walk(document.children):
        level = level_of(node)
        if not level or not isinstance(node, Heading | Element):
            continue
        # A browser ends a heading before another one.
        title = words_of(tuple(takewhile(lambda child: not level_of(child), node.children)))
        if title and (isinstance(node, Heading) or node.name in policy.tags):
            yield Section(title, level, _anchor_of(node, policy), node)


def table_of_contents(document: Document) -> tuple[Section, ...]:
    """Return the outermost sections of a document, each with those below it."""
    return nest(headings(document))


def links(document: Document) -> Iterator[Hyperlink]:
    """Yield the links that lead somewhere, in notes and definitions too: those of words, terms and documents, and those
    to players' pages.
    """
    policy = _policy_of(document)
    defined = [node for definition in document.definitions for node in definition.children]
    for node in walk((*document.children, *defined)):
        match node:
            case Link():
                address, title = node.address, node.title
            case Term(number=0):
                address, title = node.address, ""
            case Element(name="a"):
                values = _values(node, policy)
                address, title = values.get("href", ""), values.get("title", "")
            case Figure():
                address, title = _target_of(node, policy), ""
            case Player():
                address, title = node.page, node.title
            case _:
                continue
        allowed = safe_address(address)
        if allowed:
            yield Hyperlink(allowed, words_of((node,)), title, node)


def images(document: Document) -> Iterator[Image]:
    """Yield the pictures whose addresses are allowed."""
    policy = _policy_of(document)
    for node in walk(document.children):
        match node:
            case Figure(is_image=True):
                address, alternative, title = node.address, node.alternative, words_of(node.title)
            case Element(name="img"):
                values = _values(node, policy)
                address, alternative, title = values.get("src", ""), values.get("alt", ""), values.get("title", "")
            case _:
                continue
        allowed = safe_source(address)
        if allowed:
            yield Image(allowed, alternative, title, node)


def documents(document: Document) -> Iterator[Figure]:
    """Yield the documents (``<doc12>``) that a text shows: pictures, sounds, films, and files to load."""
    return (node for node in walk(document.children) if isinstance(node, Figure))


def notes(document: Document) -> Iterator[Note]:
    """Yield the notes, each once: a second call has no text."""
    return (node for node in walk(document.children) if isinstance(node, Note) and node.children)


def words(document: Document) -> Iterator[str]:
    """Yield the words of a document and its notes, without the punctuation around them."""
    from spipconv.converters import text

    return (match[0] for match in _WORD.finditer(text.write_words(document)))


def _anchor_of(node: Heading | Element, policy: Policy) -> str:
    own = _values(node, policy).get("id", "") if isinstance(node, Element) else ""
    prefix = COMMENT_PREFIX if policy is COMMENT else ""
    return own or next((prefix + inner.name for inner in walk(node.children) if isinstance(inner, Anchor)), "")


def _target_of(node: Figure, policy: Policy) -> str:
    """Return where the link around a document leads; a player has one only if that is not its file."""
    own = safe_address(node.link) or ""
    if node.is_image or (node.is_played and policy is ARTICLE):
        return own if node.is_image or own != safe_address(node.address) else ""
    return own or node.address


def _policy_of(document: Document) -> Policy:
    return COMMENT if document.profile == "comment" else ARTICLE


def _values(node: Element, policy: Policy) -> dict[str, str]:
    """Return the attributes of an element that its HTML has."""
    return dict(filter_attributes(policy, node.name, node.attributes)[0]) if node.name in policy.tags else {}
