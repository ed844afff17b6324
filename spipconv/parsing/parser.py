"""SPIP text to a document tree, by the Lark grammar: ``str -> Parsed``. No text is an error."""

from __future__ import annotations

from msgspec import Struct

from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Document, Node, Profile
from spipconv.objects import Resolver
from spipconv.parsing.grammar import load_grammar
from spipconv.parsing.layout.passes import Layout
from spipconv.parsing.lexer import MULTI_START
from spipconv.parsing.source import Source, read_source
from spipconv.settings import Settings, read_settings


class Parsed(Struct, frozen=True):
    """A document with the remarks on its text, in the order of their places."""

    document: Document
    diagnostics: tuple[Diagnostic, ...]


def parse(
    text: str,
    *,
    profile: Profile = "article",
    lang: str = "fr",
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
    first_note: int = 1,
) -> Parsed:
    """Read a SPIP text.

    ``profile`` says who wrote it: ``article`` (an author: HTML of the allow-list), ``comment`` (a stranger:
    all shortcuts, of HTML only q, del and ins; objects are never looked up) or ``title`` (typography, models
    and ``<multi>`` only). ``lang`` is a language of SPIP's list, for typography and ``<multi>``, as SPIP or as
    BCP 47 writes it (``pt_br``, ``pt-BR``, ``fr-CA``). ``objects`` finds
    what ``[->art12]`` and ``<doc1>`` name. ``embeds`` allows players of known video hosts.
    ``angle_shortcuts`` also reads ``<<gras>>`` and ``<italique>``. ``first_note`` is the number of its first note,
    where several texts share a page.

    Never fails on markup: what is broken, unknown, changed or left out is in the diagnostics. Raises TypeError for
    a text that is not a string, TypeError or ValueError for another argument that is not one of the choices.
    """
    settings = read_settings(profile, lang, objects, embeds, angle_shortcuts, first_note)
    source = read_source(text, settings)
    document = Document(_read(source), settings.language, settings.profile)
    return Parsed(document, tuple(sorted(source.diagnostics, key=_place)))


def languages_of(text: str) -> frozenset[str]:
    """Return the codes of the languages in which the ``<multi>`` blocks of a text say something."""
    if not MULTI_START.search(text):
        return frozenset()
    return load_grammar().lexer.languages(read_source(text, Settings()))


def _place(remark: Diagnostic) -> tuple[bool, int, int]:
    """Return what remarks are sorted by: that there are more comes last."""
    return remark.code == "more-remarks", remark.line, remark.column


def _read(source: Source, *, is_field: bool = False) -> tuple[Node, ...]:
    """Return the nodes of a source, or of a field of an object that is shown in one."""
    grammar = load_grammar()

    def read_inline(text: str) -> tuple[Node, ...]:
        # A field names no objects in its turn: titles could name each other for ever.
        return _read(read_source(text, Settings(language=source.settings.language)), is_field=True)

    layout = Layout(grammar.lexer.scan(source), read_inline, paragraphs=not is_field)
    nodes: tuple[Node, ...] = grammar.parse(layout.read())
    return nodes
