"""The author's HTML in pandoc's JSON: what pandoc has becomes its own, other elements keep their names as classes.

What the policy does not allow is not written: of an element its content stays, of an attribute nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from spipconv.converters.html.figures import file_name
from spipconv.converters.pandoc.blocks import figure, heading, list_of
from spipconv.converters.pandoc.inline import formatting, link, span
from spipconv.converters.pandoc.shapes import (
    LINE_BREAK,
    NO_ATTRIBUTES,
    Attributes,
    Item,
    attributes,
    flatten,
    group,
    is_block,
    make,
    trim,
    words,
)
from spipconv.converters.pandoc.tables import Section, TableCell, table
from spipconv.converters.pandoc.writer import NodeWriter
from spipconv.nodes import Element, Node, Text, plain_text
from spipconv.safety import filter_attributes

Values = dict[str, str]

_FORMATTING: Final = {
    "b": "Strong", "cite": "Emph", "del": "Strikeout", "em": "Emph", "i": "Emph", "ins": "Underline", "s": "Strikeout",
    "strike": "Strikeout", "strong": "Strong", "sub": "Subscript", "sup": "Superscript", "u": "Underline",
}  # fmt: skip
# Code, if it holds nothing but words; pandoc's own names of its kinds.
_CODE: Final = {"code": "", "samp": "sample", "tt": "", "var": "variable"}
_CONTAINERS: Final = frozenset(
    "address article aside center details div fieldset footer header hgroup main nav section summary".split()
)
# Those that pandoc has no word for, but whose tags change what a reader sees of their content.
_RAW: Final = frozenset("rp rt ruby".split())
_NOTHING: Final = frozenset("col colgroup source track".split())
_STYLES: Final = {"A": "UpperAlpha", "I": "UpperRoman", "a": "LowerAlpha", "i": "LowerRoman"}
_ALIGNMENTS: Final = {"center": "AlignCenter", "left": "AlignLeft", "right": "AlignRight"}
_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_SIZE: Final = re.compile(r"[0-9]{1,5}(?:px|%)?")


def write_element(writer: NodeWriter, node: Element) -> list[Item]:
    """Return the author's element, or only its content if the element is not allowed."""
    name = node.name
    if name not in writer.policy.tags:
        return writer.flow(node.children)
    allowed, _ = filter_attributes(writer.policy, name, node.attributes)
    values = dict(allowed)
    write = _WRITERS.get(name)
    if write:
        return write(writer, node, values)
    if name in _NOTHING:
        return []
    items = writer.flow(node.children)
    if name in _FORMATTING:
        items = writer.wrap(items, formatting(_FORMATTING[name]))
        return _spanned(writer, items, writer.attributes(values))
    return _spanned(writer, items, writer.attributes(values, *([] if name == "span" else [name])))


def _spanned(writer: NodeWriter, items: list[Item], given: Attributes) -> list[Item]:
    """Return items with attributes: of their words, or of the blocks among them."""
    if given == NO_ATTRIBUTES:
        return items
    if any(map(is_block, items)):
        return [make("Div", [given, group(items, "Plain")])]
    if not items:
        return [make("Span", [given, []])] if given[0] else []
    return writer.wrap(items, span(given))


def _boxed(blocks: list[Item], given: Attributes) -> list[Item]:
    """Return blocks with attributes, which pandoc has for few kinds of blocks."""
    if given == NO_ATTRIBUTES or not (blocks or given[0]):
        return blocks
    return [make("Div", [given, blocks])]


# ---- Words ----


def _write_link(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    name = values.pop("name", "")
    values.setdefault("id", name)
    address = writer.address(values.pop("href")) if "href" in values else None
    title = values.pop("title", "")
    values.pop("target", None)
    given = writer.attributes(values, own=("hreflang", "rel", "type"))
    if address is None:
        return _spanned(writer, writer.flow(node.children), given)
    items = writer.wrap_in_link(node.children, link(address, title, [attributes("")[0], *given[1:]]))
    return [make("Span", [attributes(str(given[0])), []]), *items] if given[0] else items


def _write_picture(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    source, alternative = writer.source(values.pop("src", "")), values.pop("alt", "")
    if not source:
        return words(alternative)
    title = values.pop("title", "")
    values = {key: value for key, value in values.items() if key not in ("height", "width") or _SIZE.fullmatch(value)}
    given = writer.attributes(values, own=("height", "width"))
    return [make("Image", [given, words(alternative), [source, title]])]


def _write_break(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    return [LINE_BREAK]


def _write_possible_break(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    return [make("Str", "\u200b")]


def _write_quoted(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    items = writer.wrap(writer.flow(node.children), lambda line: make("Quoted", [{"t": "DoubleQuote"}, line]))
    return _spanned(writer, items, writer.attributes(values))


def _write_code(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    kind = _CODE[node.name]
    if all(isinstance(child, Text) for child in node.children):
        text = plain_text(node.children)
        return [make("Code", [writer.attributes(values, *([kind] if kind else [])), text])] if text else []
    return _spanned(writer, writer.flow(node.children), writer.attributes(values, node.name))


def _write_raw(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    items = writer.flow(node.children)
    if any(map(is_block, items)):
        return items
    opening, _, closing = writer.html.flow([replace(node, children=())]).rpartition("</")
    return [make("RawInline", ["html", opening]), *items, make("RawInline", ["html", f"</{closing}"])]


def _write_media(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    """Return a link to each source of a film or a sound, and what the author says where it cannot be played."""
    sources = [values.get("src", "")]
    sources += [dict(child.attributes).get("src", "") for child in node.children if isinstance(child, Element)]
    items: list[Item] = []
    for source in sources:
        address = writer.source(source)
        if address:
            items += [
                *([LINE_BREAK] if items else []),
                link(address, values.get("title", ""))(words(file_name(address))),
            ]
    fallback = trim(writer.flow(node.children))
    return [*items, LINE_BREAK, *fallback] if items and fallback else items or fallback


# ---- Blocks ----


def _write_container(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    if node.name == "center":
        values.setdefault("align", "center")
    classes = [] if node.name in ("center", "div") else [node.name]
    return _boxed(writer.blocks(node.children), writer.attributes(values, *classes))


def _write_paragraph(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    return _boxed(writer.blocks(node.children), writer.attributes(values))


def _write_heading(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    given = writer.attributes(values)
    if not given[0]:
        given = [writer.identifier_of(node.children), *given[1:]]
    return heading(writer.flow(node.children), int(node.name[1]), given)


def _write_list(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    items: list[list[Item]] = []
    for child in node.children:
        if isinstance(child, Element) and child.name == "li":
            allowed = dict(filter_attributes(writer.policy, "li", child.attributes)[0])
            blocks = writer.blocks(child.children, "Plain")
            items.append(_boxed(blocks, writer.attributes({**allowed, "value": ""})))
        else:
            blocks = writer.blocks([child], "Plain")
            if blocks:
                items.append(blocks)
    start, style = values.pop("start", ""), values.pop("type", "")
    number = int(start) if _NUMBER.fullmatch(start) else 1
    values.pop("reversed", None)
    given = writer.attributes(values)
    if not items:
        return _boxed([], given)
    ordered = node.name == "ol"
    return _boxed([list_of(items, ordered=ordered, start=number, style=_STYLES.get(style, "Decimal"))], given)


def _write_definitions(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    terms: list[list[Item]] = []
    definitions: list[list[list[Item]]] = []
    for is_term, blocks in _entries(writer, node.children):
        if not terms or (is_term and definitions[-1]):
            terms.append([])
            definitions.append([])
        if is_term:
            terms[-1] += [*([LINE_BREAK] if terms[-1] else []), *flatten(blocks)]
        else:
            definitions[-1].append(blocks)
    entries = [[term, given] for term, given in zip(terms, definitions, strict=True)]
    return _boxed([make("DefinitionList", entries)] if entries else [], writer.attributes(values))


def _entries(writer: NodeWriter, nodes: Iterable[Node]) -> Iterable[tuple[bool, list[Item]]]:
    """Return the entries of a list of definitions, and whether each is a term; what else is in it, as definitions."""
    for node in nodes:
        if _is(node, "div"):
            yield from _entries(writer, _children(node))
            continue
        is_term = _is(node, "dt")
        # Not by ``blocks``: Python's stack has four calls for each level of a tree.
        blocks = group(writer.flow(_children(node) if is_term or _is(node, "dd") else (node,)), "Plain")
        if blocks:
            yield is_term, blocks


def _write_quote(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    return _boxed([make("BlockQuote", writer.blocks(node.children))], writer.attributes(values))


def _write_preformatted(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    """Return a code block, or lines of words if there is more than words."""
    only = node.children[0] if len(node.children) == 1 else node
    children = _children(only) if _is(only, "code") else node.children
    if all(isinstance(child, Text) for child in children):
        text = plain_text(children).strip("\n")
        return [make("CodeBlock", [writer.attributes(values), text])] if text else []
    lines: list[list[Item]] = [[]]
    blocks: list[Item] = []
    for item in writer.flow(_with_breaks(node.children)):
        if is_block(item):
            blocks += [make("LineBlock", lines), item]
            lines = [[]]
        elif item is LINE_BREAK:
            lines.append([])
        else:
            lines[-1].append(item)
    return _boxed([*blocks, make("LineBlock", lines)], writer.attributes(values))


def _with_breaks(nodes: tuple[Node, ...]) -> list[Node]:
    """Return the nodes of a ``pre`` with its line breaks, and spaces that do not collapse."""
    changed: list[Node] = []
    for node in nodes:
        if not isinstance(node, Text):
            changed.append(node)
            continue
        for number, line in enumerate(node.text.split("\n")):
            if number:
                changed.append(Element("br", (), ()))
            changed.append(Text(line.replace("  ", "\u00a0 ")))
    return changed


def _write_rule(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    return [{"t": "HorizontalRule"}]


def _write_figure(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    others = [child for child in node.children if not _is(child, "figcaption")]
    captions = [child for child in node.children if _is(child, "figcaption")]
    caption = [block for child in captions for block in writer.blocks(_children(child), "Plain")]
    return figure(writer, writer.flow(others), caption, writer.attributes(values))


def _is(node: Node, name: str) -> bool:
    return isinstance(node, Element) and node.name == name


def _children(node: Node) -> tuple[Node, ...]:
    return node.children if isinstance(node, Element) else ()


# ---- Tables ----


def _write_table(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    head: Section = []
    foot: Section = []
    bodies: list[Section] = []
    loose: Section = []
    caption: list[Item] = []
    outside: list[Item] = []
    for child in node.children:
        name = child.name if isinstance(child, Element) else ""
        if name == "caption":
            caption += writer.blocks(_children(child), "Plain")
        elif name == "thead":
            head += _rows_of(writer, child)
        elif name == "tfoot":
            foot += _rows_of(writer, child)
        elif name == "tbody":
            bodies.append(_rows_of(writer, child))
        elif name == "tr":
            loose += _rows_of(writer, Element("tbody", (), (child,)))
        else:
            outside += writer.flow([child])
    if loose:
        bodies.insert(0, loose)
    if not head and bodies and bodies[0] and bodies[0][0] and all(cell.is_header for cell in bodies[0][0]):
        head = [bodies[0].pop(0)]
    return [*group(outside, "Para"), *table(head, bodies or [[]], foot, caption, writer.attributes(values))]


def _rows_of(writer: NodeWriter, node: Node) -> Section:
    """Return the rows of a part of a table; what is in no row or in no cell is a cell of its own."""
    rows: Section = []
    for row in _children(node):
        if isinstance(row, Element) and row.name == "tr":
            cells = [_cell(writer, cell) for cell in row.children if not _is_blank(cell)]
            if cells:
                rows.append(cells)
        else:
            blocks = writer.blocks([row], "Plain")
            if blocks:
                rows.append([TableCell(blocks)])
    return rows


def _is_blank(node: Node) -> bool:
    return isinstance(node, Text) and not node.text.strip()


def _cell(writer: NodeWriter, node: Node) -> TableCell:
    if not isinstance(node, Element) or node.name not in ("td", "th"):
        return TableCell(writer.blocks([node], "Plain"))
    values = dict(filter_attributes(writer.policy, node.name, node.attributes)[0])
    spans = [values.get(name, "") for name in ("colspan", "rowspan")]
    colspan, rowspan = [int(span) if _NUMBER.fullmatch(span) else 1 for span in spans]
    return TableCell(
        writer.blocks(node.children, "Plain"),
        _ALIGNMENTS.get(values.get("align", "").lower(), "AlignDefault"),
        node.name == "th",
        colspan,
        rowspan,
    )


def _write_loose(writer: NodeWriter, node: Element, values: Values) -> list[Item]:
    """Return the blocks of a part of a list or a table that is outside one."""
    return writer.blocks(node.children)


_WRITERS: Final[Mapping[str, Callable[[NodeWriter, Element, Values], list[Item]]]] = {
    "a": _write_link,
    "audio": _write_media,
    "blockquote": _write_quote,
    "br": _write_break,
    "dl": _write_definitions,
    "figure": _write_figure,
    "hr": _write_rule,
    "img": _write_picture,
    "p": _write_paragraph,
    "pre": _write_preformatted,
    "q": _write_quoted,
    "quote": _write_quote,
    "table": _write_table,
    "video": _write_media,
    "wbr": _write_possible_break,
    **dict.fromkeys(_CODE, _write_code),
    **dict.fromkeys(_CONTAINERS, _write_container),
    **dict.fromkeys(_RAW, _write_raw),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _write_heading),
    **dict.fromkeys(("ol", "ul"), _write_list),
    **dict.fromkeys(
        ("caption", "dd", "dt", "figcaption", "legend", "li", "tbody", "td", "tfoot", "th", "thead", "tr"), _write_loose
    ),
}
