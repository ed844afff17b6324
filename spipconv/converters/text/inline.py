"""Words in plain text: formatting, links, calls of notes, and the author's elements."""

from __future__ import annotations

import re
from typing import Final

from spipconv.converters.text.writer import TextWriter
from spipconv.nodes import (
    BLOCK_ELEMENTS,
    Abbreviation,
    Anchor,
    Bullet,
    Code,
    Directive,
    Element,
    Emphasis,
    LineBreak,
    Link,
    Markdown,
    Math,
    Model,
    Node,
    Note,
    Raw,
    Strong,
    Term,
    Text,
)
from spipconv.safety import filter_attributes, hide_values, safe_address

# Blank lines stand around these.
_APART: Final = frozenset("blockquote dl figure h1 h2 h3 h4 h5 h6 hr p table".split())
# What browsers show in place of these is not their content.
_UNSEEN: Final = frozenset("audio rp video".split())
_NUMBER: Final = re.compile(r"\s*([+-]?[0-9]{1,9})")


def write_text(writer: TextWriter, node: Text) -> None:
    """Write words."""
    if writer.keeps_spaces:
        writer.lines.verbatim(node.text)
    else:
        writer.lines.words(node.text)


def write_children(writer: TextWriter, node: Abbreviation | Emphasis | Markdown | Strong) -> None:
    """Write the content of a node that says nothing itself."""
    writer.flow(node.children)


def write_nothing(writer: TextWriter, node: Anchor | Directive) -> None:
    """Write nothing: readers see nothing of it."""


def write_line_break(writer: TextWriter, node: LineBreak) -> None:
    """End a line."""
    writer.lines.end_line()


def write_bullet(writer: TextWriter, node: Bullet) -> None:
    """Write the dash that SPIP shows at the start of a line."""
    writer.lines.verbatim("–\u00a0")


def write_code(writer: TextWriter, node: Code | Math) -> None:
    """Write code or a formula inside a line, with its spaces, which SPIP makes no-break spaces for HTML."""
    writer.lines.verbatim(node.text.replace("\u00a0", " "))


def write_link(writer: TextWriter, node: Link) -> None:
    """Write the words of a link and, if asked, its address."""
    position = writer.lines.position
    writer.flow(node.children)
    writer.address(safe_address(node.address), position)


def write_term(writer: TextWriter, node: Term) -> None:
    """Write a term of a glossary and, if asked, the address of a page about it, where that is what it leads to."""
    position = writer.lines.position
    writer.flow(node.children)
    if not node.number:
        writer.address(safe_address(node.address), position)


def write_note(writer: TextWriter, node: Note) -> None:
    """Write the call of a note. If the note has a text, remember it for the end."""
    if not writer.has_notes:
        return
    if node.children:
        writer.called.append(node)
    if node.label and writer.has_marks:
        writer.lines.call(f"[{node.label}]")


def write_model(writer: TextWriter, node: Model) -> None:
    """Write an unknown model: the tag that the author typed, without values."""
    writer.lines.words(hide_values(node.source))


def write_raw(writer: TextWriter, node: Raw) -> None:
    """Write what an extension made for this format."""
    if node.format != "text" or writer.is_comment:
        return
    if node.is_block:
        writer.code(node.text)
    else:
        writer.lines.verbatim(node.text)


def write_element(writer: TextWriter, node: Element) -> None:
    """Write the author's element, or only its content if the element is not allowed."""
    name, lines = node.name, writer.lines
    if name not in writer.policy.tags:
        writer.flow(node.children)
    elif name in ("ol", "ul"):
        _write_list(writer, node)
    elif name == "li":
        writer.item("- ", node.children)
    elif name == "tr":
        writer.row([(child,) for child in node.children if not _is_blank(child)])
    elif name == "pre":
        _write_pre(writer, node)
    elif name in _APART:
        writer.block(node.children)
    elif name == "br":
        lines.end_line()
    elif name in BLOCK_ELEMENTS:
        lines.end()
        writer.flow(node.children)
        lines.end()
    elif name == "img":
        writer.alternative(_value(writer, node, "alt"))
    elif name == "a":
        position = lines.position
        writer.flow(node.children)
        writer.address(safe_address(_value(writer, node, "href")), position)
    elif name not in _UNSEEN:
        writer.flow(node.children)


def _write_list(writer: TextWriter, node: Element) -> None:
    """Write a list of the author's, numbered as HTML says."""
    attributes = dict(filter_attributes(writer.policy, node.name, node.attributes)[0])
    step = -1 if "reversed" in attributes else 1
    number = _read_number(attributes.get("start", ""))
    if number is None:
        number = 1 if step > 0 else sum(isinstance(child, Element) and child.name == "li" for child in node.children)
    writer.begin_list()
    for child in node.children:
        if not isinstance(child, Element) or child.name != "li":
            writer.flow((child,))
            continue
        value = _read_number(_value(writer, child, "value"))
        number = number if value is None else value
        writer.item(f"{number}. " if node.name == "ol" else "- ", child.children)
        number += step
    writer.end_list()


def _write_pre(writer: TextWriter, node: Element) -> None:
    writer.lines.block()
    outer, writer.keeps_spaces = writer.keeps_spaces, True
    writer.flow(node.children)
    writer.keeps_spaces = outer
    writer.lines.end(keeps_spaces=True)
    writer.lines.block()


def _value(writer: TextWriter, node: Element, name: str) -> str:
    """Return the value of an attribute of an element, as HTML shows it."""
    return dict(filter_attributes(writer.policy, node.name, node.attributes)[0]).get(name, "")


def _read_number(text: str) -> int | None:
    number = _NUMBER.match(text)
    return int(number[1]) if number else None


def _is_blank(node: Node) -> bool:
    return isinstance(node, Text) and not node.text.strip()
