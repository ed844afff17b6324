"""Blocks of HTML: paragraphs, headings, lists, quotes, poems, code."""

from __future__ import annotations

from spipconv.converters.html.writer import SPACES, NodeWriter
from spipconv.nodes import (
    Box,
    CodeBlock,
    Frame,
    Heading,
    List,
    ListItem,
    Markdown,
    MathBlock,
    Paragraph,
    Poem,
    Quote,
    Rule,
    Verse,
)
from spipconv.safety import escape_attribute, escape_text


def write_paragraph(writer: NodeWriter, node: Paragraph) -> str:
    """Return the HTML of a paragraph."""
    return f"<p>{writer.flow(node.children).rstrip(SPACES)}</p>\n"


def write_heading(writer: NodeWriter, node: Heading) -> str:
    """Return the HTML of a heading."""
    name = f"h{node.level + 1}"
    return f'<{name} class="spip">{writer.flow(node.children).strip(SPACES)}</{name}>\n'


def write_rule(writer: NodeWriter, node: Rule) -> str:
    """Return the HTML of a horizontal rule."""
    return '<hr class="spip decoupe" />\n' if node.page_break else '<hr class="spip" />\n'


def write_list(writer: NodeWriter, node: List) -> str:
    """Return the HTML of a list."""
    name = "ol" if node.ordered else "ul"
    return f'<{name} class="spip" role="list">{writer.flow(node.items)}</{name}>\n'


def write_item(writer: NodeWriter, node: ListItem) -> str:
    """Return the HTML of a list item."""
    return f"<li>{writer.flow(node.children).rstrip(SPACES)}</li>"


def write_quote(writer: NodeWriter, node: Quote) -> str:
    """Return the HTML of a quote."""
    return f'<blockquote class="spip">\n{writer.flow(node.children)}</blockquote>\n'


def write_box(writer: NodeWriter, node: Box) -> str:
    """Return the HTML of blocks that are aligned or framed."""
    attributes = "".join([f' {name}="{escape_attribute(value)}"' for name, value in attributes_of_box(node)])
    return f"<div{attributes}>\n{writer.flow(node.children)}</div>\n"


def attributes_of_box(node: Box) -> tuple[tuple[str, str], ...]:
    """Return the attributes of the element that a box is."""
    classes = ("class", "texteencadre-spip spip" if node.is_framed else "spip")
    return (classes, ("align", node.align)) if node.align else (classes,)


def write_markdown(writer: NodeWriter, node: Markdown) -> str:
    """Return the HTML of Markdown in a text."""
    return writer.flow(node.children)


def write_poem(writer: NodeWriter, node: Poem) -> str:
    """Return the HTML of a poem."""
    return f'<blockquote class="spip_poesie">{writer.flow(node.verses)}</blockquote>\n'


def write_verse(writer: NodeWriter, node: Verse) -> str:
    """Return the HTML of a verse."""
    return f"<div>{writer.flow(node.children)}</div>\n"


def write_code_block(writer: NodeWriter, node: CodeBlock) -> str:
    """Return the HTML of a code block."""
    name = f"{writer.language_class(node.language)}spip_code spip_code_block"
    return f'<div class="precode"><pre class="{name}" dir="ltr"><code>{escape_text(node.text)}</code></pre></div>\n'


def write_frame(writer: NodeWriter, node: Frame) -> str:
    """Return the HTML of a frame."""
    return f'<pre class="spip_cadre spip_cadre_block" dir="ltr">{_escape_lines(node.text)}</pre>\n'


def write_math_block(writer: NodeWriter, node: MathBlock) -> str:
    """Return the HTML of a formula on a line of its own."""
    return f'<p class="spip spip_math"><code class="spip_code" dir="ltr">{escape_text(node.text)}</code></p>\n'


def _escape_lines(text: str) -> str:
    """Escape the text of a ``pre``, in which browsers and sanitisers drop a newline immediately after the tag."""
    escaped = escape_text(text)
    return "\n" + escaped if escaped.startswith("\n") else escaped
