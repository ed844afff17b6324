"""Models: ``<doc12|left>`` and the like, alone or as the text of a link."""

from __future__ import annotations

from spipconv.nodes import Model
from spipconv.objects import find_object
from spipconv.parsing import targets
from spipconv.parsing.html_tags import read_tag
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.lexer import Lexeme, Scan
from spipconv.parsing.models import make_figure, read_model
from spipconv.parsing.typography import typeset
from spipconv.plugins import plugin_of_model
from spipconv.safety import safe_address


def cut_missing_documents(scan: Scan) -> None:
    """Cut out the models of documents that do not exist: SPIP shows nothing, and reads the lines without them."""
    resolver, text, masked = scan.source.settings.resolver, scan.source.text, scan.masked
    if resolver is None:
        return
    pieces: list[tuple[str, str, int, int]] = []
    position = 0
    for match in scan.models():
        markup = text[match.start() : match.end()]
        model = read_model(markup)
        if model.is_document and model.number is not None and not find_object(resolver, "document", model.number):
            scan.source.report("document-not-found", match.start(), markup)
            pieces.append((text[position : match.start()], masked[position : match.start()], position, 0))
            position = match.end()
    if pieces:
        scan.replace([*pieces, (text[position:], masked[position:], position, 0)])


def write_model(writer: TextWriter, start: int, end: int) -> None:
    """Write ``<doc12>``."""
    _write_markup(writer, start, end, start, writer.text[start:end], "")


def write_linked_model(writer: TextWriter, start: int, end: int) -> None:
    """Write ``[<doc12>->target]``: the figure leads there."""
    mark = writer.text[start + 1 : end - 1].partition("->")[2]
    target = targets.read_target(mark, writer.language, "", writer.settings.resolver)
    if target.problem:
        writer.source.report(target.problem, start, mark.strip())
    address = safe_address(target.address)
    if address is None:
        writer.source.report("address-refused", start, target.address)
    _write_markup(writer, start, end, start, _model_at(writer, writer.text.index("<", start)), address or "")


def write_wrapped_model(writer: TextWriter, start: int, end: int) -> None:
    """Write ``<a href="address"><doc12></a>``: the figure leads there, as in ``[<doc12>->address]``."""
    text = writer.text
    opening = text.index(">", start) + 1
    address = dict(read_tag(text[start:opening]).attributes)["href"]
    if safe_address(address) is None:
        writer.source.report("address-refused", start, address)
    model = text.index("<", opening)
    _write_markup(writer, start, end, model, _model_at(writer, model), safe_address(address) or "")


def _model_at(writer: TextWriter, start: int) -> str:
    """Return the model that begins there."""
    match = writer.scan.lexer.patterns["MODEL_TAG"].match(writer.scan.masked, start)
    assert match is not None, "the lexer found it"
    return writer.text[start : match.end()]


def join_wrapped_models(writer: TextWriter, lexemes: list[Lexeme]) -> list[Lexeme]:
    """Return lexemes in which a model and the author's ``<a href>`` around it are one."""
    joined: list[Lexeme] = []
    position = 0
    for index, lexeme in enumerate(lexemes):
        if lexeme.kind != "MODEL_TAG":
            continue
        first, last = _step(writer, lexemes, index, -1), _step(writer, lexemes, index, 1)
        if first < position or last >= len(lexemes) or {lexemes[first].kind, lexemes[last].kind} != {"TAG"}:
            continue
        opening, closing = [read_tag(writer.text[lexemes[place].start : lexemes[place].end]) for place in (first, last)]
        if opening.name == closing.name == "a" and closing.is_end and any(n == "href" for n, _ in opening.attributes):
            joined += [*lexemes[position:first], Lexeme("WRAPPED_MODEL", lexemes[first].start, lexemes[last].end)]
            position = last + 1
    return joined + lexemes[position:] if position else lexemes


def _step(writer: TextWriter, lexemes: list[Lexeme], index: int, step: int) -> int:
    """Return the index of the lexeme before or after one, beyond white space."""
    index += step
    if 0 <= index < len(lexemes) and writer.text[lexemes[index].start : lexemes[index].end].isspace():
        index += step
    return index


def _write_markup(writer: TextWriter, start: int, end: int, offset: int, markup: str, link: str) -> None:
    """Write a model, which stands at an offset, with all that is between two others: it and a link around it."""
    tag = read_model(markup)
    settings = writer.settings
    if settings.plugins or settings.extensions:
        # Few texts need it.
        from spipconv.parsing.layout.extended_models import write_extended_model

        if write_extended_model(writer, tag, start, end, offset, markup, link):
            return
    place = writer.source.fields(start, end)
    if not tag.is_document or tag.number is None:
        plugin = plugin_of_model(tag.name)
        if plugin and plugin.name not in writer.settings.plugins:
            writer.source.report("plugin-shortcut", offset, f"<{tag.name}> ({plugin.title})")
        else:
            writer.source.report("unknown-model", offset, markup)
        writer.leaf(Model(tag.name, tag.number, tag.arguments, markup, **place), start, end)
        return
    resolver = writer.settings.resolver
    if resolver is None:
        writer.source.report("object-unresolved", offset, markup)
        target = targets.plain_target("document", tag.number, writer.language)
        writer.begin_inline(start)
        writer.pairing.open("a", "LINK", {"address": link or target.address, "kind": target.kind}, start, start)
        writer.pairing.text(typeset(target.text, writer.typography), start, end)
        writer.pairing.close_formatting("a", start, end)
        return
    document = find_object(resolver, "document", tag.number)
    if document is None:
        # Cutting out another model has made this one.
        writer.source.report("document-not-found", offset, markup)
        writer.end_run()
        return
    writer.block(make_figure(tag, document, link, writer.read_inline, place), start, end)
