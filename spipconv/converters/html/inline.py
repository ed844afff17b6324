"""Inline HTML: words, formatting, links, calls of notes, the author's elements."""

from __future__ import annotations

from spipconv.converters.html.regular import ELEMENTS
from spipconv.converters.html.writer import COMMENT_PREFIX, NodeWriter
from spipconv.converters.raw import RawTexts
from spipconv.languages import language_tag
from spipconv.nodes import (
    Abbreviation,
    Anchor,
    Bullet,
    Code,
    Directive,
    Element,
    Emphasis,
    LineBreak,
    Link,
    Math,
    Model,
    Note,
    Raw,
    Strong,
    Text,
)
from spipconv.safety import VOID, escape_attribute, escape_text, filter_attributes, hide_values

_LINK_CLASSES = {
    "internal": "spip_in",
    "external": "spip_out",
    "site": "spip_out",
    "anchor": "spip_ancre",
    "mail": "spip_mail",
    "glossary": "spip_glossaire",
}
_EXTERNAL = frozenset({"external", "glossary"})


def write_text(writer: NodeWriter, node: Text) -> str:
    """Return the HTML of words."""
    return escape_text(node.text)


def write_strong(writer: NodeWriter, node: Strong) -> str:
    """Return the HTML of bold text."""
    classes = writer.classes(node.classes) if node.classes else ""
    attribute = f' class="{classes}"' if classes else ""
    return f"<strong{attribute}>{writer.flow(node.children)}</strong>"


def write_emphasis(writer: NodeWriter, node: Emphasis) -> str:
    """Return the HTML of text in italics."""
    return f"<i>{writer.flow(node.children)}</i>"


def write_line_break(writer: NodeWriter, node: LineBreak) -> str:
    """Return the HTML of a line break."""
    if node.kind == "auto":
        return '<br class="autobr" />\n'
    return '<br class="manualbr" />' if node.kind == "manual" else "<br />"


def write_bullet(writer: NodeWriter, node: Bullet) -> str:
    """Return the HTML of the dash that SPIP shows at the start of a line."""
    return '<span class="spip-puce ltr"><b>–</b></span>&nbsp;'


def write_code(writer: NodeWriter, node: Code) -> str:
    """Return the HTML of code inside a line."""
    language = writer.language_class(node.language)
    return f'<code class="{language}spip_code spip_code_inline" dir="ltr">{escape_text(node.text)}</code>'


def write_math(writer: NodeWriter, node: Math) -> str:
    """Return the HTML of a formula inside a line."""
    return f'<code class="spip_code spip_math" dir="ltr">{escape_text(node.text)}</code>'


def write_link(writer: NodeWriter, node: Link) -> str:
    """Return the HTML of a link, or only of its words if its address is not allowed."""
    words = writer.flow(node.children)
    address = writer.address_of(node)
    if address is None:
        return words
    name = _LINK_CLASSES.get(node.kind, "")
    if node.shows_address and node.kind in ("external", "relative"):
        name = f"spip_url {name}" if name else "spip_url"
    if node.automatic:
        name += " auto"
    rel = "external" if node.kind in _EXTERNAL else ""
    if writer.is_comment:
        rel = "nofollow ugc noopener" + (" " + rel if rel else "")
    elif node.automatic:
        rel = "nofollow " + rel if rel else "nofollow"
    attributes = {
        "class": name,
        "hreflang": language_tag(node.language),
        "title": node.title,
        "type": node.media_type,
        "rel": rel,
    }
    written = "".join([f' {key}="{escape_attribute(value)}"' for key, value in attributes.items() if value])
    return f'<a href="{escape_attribute(address)}"{written}>{words}</a>'


def write_anchor(writer: NodeWriter, node: Anchor) -> str:
    """Return the HTML of an anchor."""
    prefix = COMMENT_PREFIX if writer.is_comment else ""
    return f'<a id="{prefix}{escape_attribute(node.name)}"></a>'


def write_abbreviation(writer: NodeWriter, node: Abbreviation) -> str:
    """Return the HTML of an abbreviation."""
    language = f' lang="{escape_attribute(language_tag(node.language))}"' if node.language else ""
    return f'<abbr title="{escape_attribute(node.title)}"{language}>{writer.flow(node.children)}</abbr>'


def write_note(writer: NodeWriter, node: Note) -> str:
    """Return the HTML of the call of a note."""
    return writer.call(node)


def write_model(writer: NodeWriter, node: Model) -> str:
    """Return the HTML of an unknown model: the tag that the author typed, without values."""
    return f"<tt>{escape_text(hide_values(node.source))}</tt>"


def write_element(writer: NodeWriter, node: Element) -> str:
    """Return the HTML of the author's element, or only of its content if the element is not allowed."""
    words = writer.flow(node.children)
    writer.has_raw_html = True
    if node.name not in writer.policy.tags:
        return words
    attributes, _ = filter_attributes(writer.policy, node.name, node.attributes)
    if ("target", "_blank") in attributes:
        values = dict(attributes)
        values["rel"] = (values.get("rel", "") + " noopener").strip()
        attributes = tuple(values.items())
    if node.name in ("audio", "video") and ("preload", "none") not in attributes:
        # Nothing is loaded before the reader starts it.
        attributes += (("preload", "none"),)
    written = "".join([f' {name}="{escape_attribute(value)}"' for name, value in attributes])
    if node.name in VOID:
        tag, words, end = f"<{node.name}{written} />", "", ""
    else:
        tag, end = f"<{node.name}{written}>", f"</{node.name}>"
    if node.name not in ELEMENTS:
        writer.has_other_elements = True
    elif written:
        writer.raw_tags.append(tag + end)
    if node.name == "pre" and words.startswith("\n"):
        words = "\n" + words
    return f"{tag}{words}{end}"


def write_directive(writer: NodeWriter, node: Directive) -> str:
    """Return nothing: readers see nothing of it."""
    return ""


def write_raw(writer: NodeWriter, node: Raw) -> str:
    """Return what stands for the text of an extension until it is put back."""
    if writer.raw is None:
        writer.raw = RawTexts("html", writer.profile)
    stand_in = writer.raw.stand_in(node)
    return f"{stand_in}\n" if stand_in and node.is_block else stand_in
