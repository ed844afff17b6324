"""Terms of a glossary in HTML: their marks, which are links, and the list of definitions to which these lead."""

from __future__ import annotations

from spipconv.converters.html.writer import COMMENT_PREFIX, SPACES, NodeWriter
from spipconv.languages import back_label, glossary_title, language_tag
from spipconv.nodes import Definition, Paragraph, Term
from spipconv.safety import escape_attribute, escape_text, safe_address


def write_term(writer: NodeWriter, node: Term) -> str:
    """Return the HTML of a term: a link to its definition on the page, or else to the page about it."""
    words = writer.flow(node.children)
    rel = ' rel="nofollow ugc noopener"' if writer.is_comment else ""
    if not node.number:
        address = safe_address(node.address)
        return (
            f'<a class="glossary-term cs_glossaire" href="{escape_attribute(address)}"{rel}>{words}</a>'
            if address
            else words
        )
    name = _name_of(writer, node.identifier)
    own = _mark_name(writer, node.identifier, node.number)
    # Two marks of one number, in a tree that was built by hand, cannot have one id.
    identifier = "" if own in writer.marks else f' id="{own}"'
    writer.marks.add(own)
    return (
        f'<a class="glossary-term cs_glossaire"{identifier} href="#{name}" role="doc-glossref"'
        f' aria-describedby="{name}-short"{rel}>{words}</a>'
    )


def write_definitions(writer: NodeWriter, body: str) -> str:
    """Return the HTML of the definitions that a document has, empty if it has none; ``body`` is the HTML above them."""
    definitions = [definition for definition in writer.document.definitions if definition.children]
    if not definitions:
        return ""
    name = _prefix_of(writer) + "glossary-title"
    while f'id="{name}"' in body:
        name += "-2"
    entries = "".join([_write_definition(writer, definition) for definition in definitions])
    return (
        f'<section class="glossary" role="doc-glossary" aria-labelledby="{name}">\n'
        f'<h2 id="{name}">{escape_text(glossary_title(writer.language))}</h2>\n<dl>\n{entries}</dl>\n</section>\n'
    )


def _write_definition(writer: NodeWriter, definition: Definition) -> str:
    name = _name_of(writer, definition.identifier)
    term = escape_text(definition.forms[0]) if definition.forms else escape_text(definition.identifier)
    if definition.is_abbreviation and definition.short:
        term = f'<abbr title="{escape_attribute(definition.short)}">{term}</abbr>'
    address = safe_address(definition.address) if definition.address else None
    if address:
        rel = ' rel="nofollow ugc noopener"' if writer.is_comment else ""
        term = f'<a href="{escape_attribute(address)}"{rel}>{term}</a>'
    language = language_tag(definition.language)
    lang = f' lang="{escape_attribute(language)}"' if language and definition.language != writer.language else ""
    children = definition.children
    first = children[0]
    if isinstance(first, Paragraph):
        words = writer.flow(first.children).rstrip(SPACES)
        text = f'<p id="{name}-short">{words}</p>\n{writer.flow(children[1:])}'
    else:
        text = f'<div id="{name}-short">{writer.flow(children).rstrip(SPACES)}</div>\n'
    return f'<dt id="{name}"{lang}><dfn>{term}</dfn></dt>\n<dd{lang}>{text}{_write_back(writer, definition)}</dd>\n'


def _write_back(writer: NodeWriter, definition: Definition) -> str:
    """Return the links from a definition back to the marks of its term."""
    rel = ' rel="nofollow ugc noopener"' if writer.is_comment else ""
    label = escape_attribute(back_label(writer.language))
    links: list[str] = []
    for number in range(1, definition.uses + 1):
        name = _mark_name(writer, definition.identifier, number)
        which, shown = (f" {number}", f"<sup>{number}</sup>") if definition.uses > 1 else ("", "")
        links.append(
            f'<a class="glossary-back" href="#{name}" role="doc-backlink" aria-label="{label}{which}"{rel}>'
            f"↩\ufe0e{shown}</a>"
        )
    return " ".join(links)


def _prefix_of(writer: NodeWriter) -> str:
    return COMMENT_PREFIX if writer.is_comment else ""


def _name_of(writer: NodeWriter, identifier: str) -> str:
    """Return the id of a definition."""
    return f"{_prefix_of(writer)}term-{escape_attribute(identifier)}"


def _mark_name(writer: NodeWriter, identifier: str, number: int) -> str:
    """Return the id of a mark."""
    return f"{_prefix_of(writer)}term-ref-{escape_attribute(identifier)}-{number}"
