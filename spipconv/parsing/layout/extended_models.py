"""Models of extensions: the function of a model is called, and the nodes that it returns are written."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from spipconv.extensions import Extension, ModelCall, check_nodes, code_of
from spipconv.nodes import Block, Directive, Element, Link, Node, Paragraph, Raw
from spipconv.parsing.failures import report_failure
from spipconv.parsing.html_rules import SPECIAL
from spipconv.parsing.html_tags import Tag
from spipconv.parsing.layout.frames import read_dropped
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.models import ModelTag, arguments_of, options_of
from spipconv.players import find_player
from spipconv.plugins.registry import EXTENSIONS, extensions_of
from spipconv.trees import transform

_SIZES: Final = ("width", "height")


def write_extended_model(
    writer: TextWriter, tag: ModelTag, start: int, end: int, offset: int, markup: str, link: str
) -> bool:
    """Write what the first extension that knows a model makes of it; False where none makes anything of it.

    The model stands at an offset; what is made of it stands for all between two others. ``link`` is the address of the
    link that the model is the text of.
    """
    settings = writer.settings
    for extension in extensions_of(settings.plugins, settings.extensions):
        write = extension.models.get(tag.name)
        if write is None:
            continue
        try:
            nodes = check_nodes(write(_make_call(writer, extension, tag, offset, markup)))
        except Exception as error:
            if extension in EXTENSIONS.values():
                raise
            report_failure(writer.source, extension, error, *writer.source.place(offset))
            continue
        if nodes is not None:
            _write_nodes(writer, nodes, start, end, link)
            return True
    return False


def _make_call(writer: TextWriter, extension: Extension, tag: ModelTag, offset: int, markup: str) -> ModelCall:
    settings = writer.settings

    def report(code: str, detail: str = "", /) -> None:
        writer.source.report(code_of(extension, code), offset, detail)

    return ModelCall(
        tag.name, tag.number, arguments_of(tag), options_of(tag), markup, language=writer.language,
        profile=settings.profile, resolver=settings.resolver, read=writer.read_inline, report=report,
        embed=partial(_embed, writer, offset, markup),
    )  # fmt: skip


def _embed(
    writer: TextWriter, offset: int, markup: str, address: str, title: str, width: int | str, height: int | str
) -> Node | None:
    if find_player(address, writer.settings.peertube) is None:
        return None
    attributes = (("src", address), ("title", title), *zip(_SIZES, (str(width), str(height)), strict=True))
    return read_dropped(writer, Tag("iframe", attributes=attributes), offset, offset + len(markup), markup)


def _write_nodes(writer: TextWriter, nodes: tuple[Node, ...], start: int, end: int, link: str) -> None:
    """Write the nodes of a model: in the line, or as blocks if one of them is a block."""
    place = writer.source.fields(start, end)
    is_linked = bool(link) or writer.in_raw_link or writer.pairing.is_within("a")

    def settle(node: Node) -> tuple[Node, ...]:
        if is_linked and isinstance(node, Link):
            # HTML has no links in links.
            return node.children
        return (node,) if node.line else (replace(node, **place),)

    nodes = transform(nodes, settle)
    has_block = any(map(is_block, nodes))
    if has_block:
        writer.begin_block()
    elif nodes:
        writer.begin_inline(start)
    else:
        writer.end_run()
    pairing = writer.pairing
    opened = None
    if link and nodes:
        kind = "external" if "://" in link else "relative"
        opened = pairing.open("a", "LINK", {"address": link, "kind": kind}, start, start)
    for stands_apart, several in groupby(nodes, is_block):
        group = tuple(several)
        # What readers do not see makes no paragraph.
        if stands_apart or (has_block and all(isinstance(node, Directive) for node in group)):
            for node in group:
                pairing.block(node, start, end)
        elif has_block:
            pairing.block(Paragraph(group, **place), start, end)
        else:
            for node in group:
                pairing.leaf(node, start, end)
    if opened:
        pairing.close_formatting("a", start, end)
    if has_block:
        writer.flow.begin(drops_breaks=False)


def is_block(node: Node) -> bool:
    """Return whether a node stands between paragraphs."""
    if isinstance(node, Raw):
        return node.is_block
    return isinstance(node, Block) or (isinstance(node, Element) and node.name in SPECIAL)
