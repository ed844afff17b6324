"""Blocks in pandoc's JSON: paragraphs, headings, lists, quotes, poems, code, figures."""

from __future__ import annotations

from collections.abc import Iterable

from spipconv.converters.html.figures import describe_file, file_name
from spipconv.converters.pandoc.inline import code_attributes, formatting, link, term_id
from spipconv.converters.pandoc.shapes import (
    LINE_BREAK,
    NO_ATTRIBUTES,
    SPACE,
    Attributes,
    Item,
    attributes,
    flatten,
    group,
    has_words,
    lines_of,
    make,
    words,
)
from spipconv.converters.pandoc.writer import NodeWriter
from spipconv.nodes import (
    Box,
    CodeBlock,
    Definition,
    Figure,
    Frame,
    Heading,
    List,
    ListItem,
    Markdown,
    MathBlock,
    Node,
    Paragraph,
    Player,
    Poem,
    Quote,
    Rule,
    Text,
    Verse,
)


def write_paragraph(writer: NodeWriter, node: Paragraph) -> list[Item]:
    """Return a paragraph; blocks in it divide it."""
    return writer.blocks(node.children)


def write_heading(writer: NodeWriter, node: Heading) -> list[Item]:
    """Return a heading."""
    given = attributes(writer.identifier_of(node.children))
    return heading(writer.flow(node.children), node.level + 1, given)


def heading(items: list[Item], level: int, given: Attributes) -> list[Item]:
    """Return a heading: its first words outside a block, or the words of its blocks; nothing if it has none."""
    blocks = group(items, "Plain")
    for block in blocks:
        if block["t"] == "Plain":
            block.update(_heading(level, given, lines_of(block)[0]))
            return blocks
        if block["t"] == "Header":
            # A heading that holds nothing but another one.
            return blocks
    line = flatten(blocks)
    return [_heading(level, given, line)] if line else []


def _heading(level: int, given: Attributes, line: list[Item]) -> Item:
    if not has_words(line):
        # A table of contents would have nothing to show.
        given = [given[0], ["unnumbered", "unlisted"], []]
    return make("Header", [level, given, line])


def write_rule(writer: NodeWriter, node: Rule) -> list[Item]:
    """Return a horizontal rule."""
    return [{"t": "HorizontalRule"}]


def write_list(writer: NodeWriter, node: List) -> list[Item]:
    """Return a list."""
    return [list_of([writer.blocks(item.children, "Plain") for item in node.items], ordered=node.ordered)]


def list_of(items: list[list[Item]], *, ordered: bool, start: int = 1, style: str = "Decimal") -> Item:
    """Return a list of items that are blocks."""
    if not ordered:
        return make("BulletList", items)
    return make("OrderedList", [[start, {"t": style}, {"t": "Period"}], items])


def write_item(writer: NodeWriter, node: ListItem) -> list[Item]:
    """Return the blocks of an item outside a list."""
    return writer.blocks(node.children)


def write_quote(writer: NodeWriter, node: Quote) -> list[Item]:
    """Return a quote."""
    return [make("BlockQuote", writer.blocks(node.children))]


def write_box(writer: NodeWriter, node: Box) -> list[Item]:
    """Return blocks that are aligned or framed."""
    given = writer.attributes({"align": node.align}, *(["texteencadre-spip"] if node.is_framed else []))
    return [make("Div", [given, writer.blocks(node.children)])]


def write_markdown(writer: NodeWriter, node: Markdown) -> list[Item]:
    """Return what Markdown in a text holds."""
    return writer.blocks(node.children)


def write_poem(writer: NodeWriter, node: Poem) -> list[Item]:
    """Return a poem; blocks in its verses divide it."""
    items: list[Item] = []
    lines: list[list[Item]] = []
    for verse in node.verses:
        for item in group(writer.flow(verse.children), "Plain"):
            if item["t"] == "Plain":
                lines.append(flatten([item]))
                continue
            if lines:
                items.append(make("LineBlock", lines))
                lines = []
            items.append(item)
    return [*items, make("LineBlock", lines)] if lines else items


def write_verse(writer: NodeWriter, node: Verse) -> list[Item]:
    """Return a verse outside a poem."""
    return writer.blocks(node.children)


def write_code_block(writer: NodeWriter, node: CodeBlock) -> list[Item]:
    """Return a code block."""
    return [make("CodeBlock", [code_attributes(writer, node.language), node.text])]


def write_frame(writer: NodeWriter, node: Frame) -> list[Item]:
    """Return a frame."""
    return [make("CodeBlock", [NO_ATTRIBUTES, node.text])]


def write_math_block(writer: NodeWriter, node: MathBlock) -> list[Item]:
    """Return a formula on a line of its own; in a comment its TeX as code, because TeX can read files."""
    if writer.is_comment:
        return [make("CodeBlock", [NO_ATTRIBUTES, node.text])]
    return [make("Para", [make("Math", [{"t": "DisplayMath"}, node.text])])]


# ---- Figures ----


def write_figure(writer: NodeWriter, node: Figure) -> list[Item]:
    """Return a picture with its caption, or a link to another file."""
    if not node.is_image:
        return _file(writer, node)
    source = writer.source(node.address)
    if not source:
        return group([*words(node.alternative), *_caption(writer, node)], "Para")
    sizes = {"width": str(node.width or ""), "height": str(node.height or "")}
    picture = make("Image", [attributes("", (), sizes), words(node.alternative), [source, ""]])
    address = _elsewhere(writer, node)
    items = [link(address, "")([picture])] if address else [picture]
    return figure(writer, items, _caption(writer, node), _attributes(node))


def figure(writer: NodeWriter, items: list[Item], caption: list[Item], given: Attributes) -> list[Item]:
    """Return a figure: some items with a caption of blocks and attributes.

    pandoc 2 has no block for it, but reads a lone picture in a paragraph as one: its words are the caption, its title,
    which ``fig:`` begins, has the alternative text.
    """
    blocks = group(items, "Plain")
    if not caption:
        return [make("Div", [given, blocks])] if given != NO_ATTRIBUTES else group(items, "Para")
    if writer.has_figures:
        return [make("Figure", [given, [None, caption], blocks])]
    match blocks:
        case [{"t": "Plain", "c": [{"t": "Image", "c": [own, alternative, [source, _]]}]}]:
            title = "fig:" + "".join([str(item.get("c", " ")) for item in alternative])
            picture = make("Image", [own, flatten(caption), [source, title]])
            blocks = [make("Para", [picture])]
        case _:
            blocks = [_in_style("Captioned Figure", blocks), _in_style("Image Caption", caption)]
    return blocks if given == NO_ATTRIBUTES else [make("Div", [given, blocks])]


def _in_style(name: str, blocks: list[Item]) -> Item:
    """Return blocks in a style of pandoc's for office documents."""
    return make("Div", [attributes("", (), {"custom-style": name}), blocks])


def _attributes(node: Figure, *classes: str) -> Attributes:
    style = "text-align: center" if node.align == "center" else f"float: {node.align}" if node.align else ""
    return attributes("", [*classes, *node.classes], {"style": style})


def _caption(writer: NodeWriter, node: Figure) -> list[Item]:
    title = writer.wrap(writer.flow(node.title), formatting("Strong"))
    return [*group(title, "Plain"), *_details(writer, node)]


def _details(writer: NodeWriter, node: Figure) -> list[Item]:
    return [*writer.blocks(node.description, "Plain"), *writer.blocks(node.credits, "Plain")]


def _elsewhere(writer: NodeWriter, node: Figure) -> str | None:
    """Return the target of a document's link, if it is not the document itself."""
    address = writer.address(node.link) if node.link else None
    return None if address == writer.address(node.address) else address


def _file(writer: NodeWriter, node: Figure) -> list[Item]:
    """Return a link to a file, its type and size, and what is said about it."""
    address, elsewhere = writer.address(node.address), _elsewhere(writer, node)
    title: tuple[Node, ...] = node.title or (Text(file_name(address or "")),)
    target = address if node.is_played else elsewhere or address
    line = writer.wrap_in_link(title, link(target, "")) if target else writer.flow(title)
    facts = describe_file(node, writer.document.language)
    if facts:
        line += [SPACE, *words(f"({facts})")]
    if elsewhere and node.is_played:
        line += [LINE_BREAK, link(elsewhere, "", attributes("", ["uri"]))(words(elsewhere))]
    return [make("Div", [_attributes(node, "document"), [*group(line, "Plain"), *_details(writer, node)]])]


def write_player(writer: NodeWriter, node: Player) -> list[Item]:
    """Return a link to the page of another site's player."""
    page = writer.address(node.page) or writer.address(node.address)
    shown = words(node.title or node.host)
    return group([link(page, "")(shown)] if page and shown else shown, "Para")


# ---- What stands at the end ----


def write_definitions(writer: NodeWriter, definitions: Iterable[Definition]) -> list[Item]:
    """Return the definitions of the terms of a text as a list, or nothing if there are none."""
    entries = [_definition(writer, definition) for definition in definitions]
    return [make("Div", [attributes("", ["glossary"]), [make("DefinitionList", entries)]])] if entries else []


def _definition(writer: NodeWriter, definition: Definition) -> list[object]:
    term = words(", ".join(definition.forms[:1]))
    address = writer.address(definition.address) if definition.address else None
    if address and term:
        term = [link(address, "")(term)]
    blocks = writer.note_blocks(definition.children)
    if definition.short and (definition.is_abbreviation or not blocks):
        blocks.insert(0, make("Para", words(definition.short)))
    return [[make("Span", [attributes(term_id(definition.identifier)), term])], [blocks]]
