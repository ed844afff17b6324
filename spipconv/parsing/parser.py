"""The parser: a SPIP text comes in, a document tree and its diagnostics come out. No text is an error."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from msgspec.structs import replace

from spipconv.diagnostics import Diagnostic, Parsed
from spipconv.extensions import Extension
from spipconv.nodes import Document, Node, Profile
from spipconv.objects import Resolver
from spipconv.parsing.extensions.hints import has_block, has_hint
from spipconv.parsing.grammar import load_grammar
from spipconv.parsing.layout.frames import mark_frames
from spipconv.parsing.layout.models import cut_missing_documents
from spipconv.parsing.layout.passes import Layout
from spipconv.parsing.lexer import MULTI_START
from spipconv.parsing.source import Source, read_source
from spipconv.settings import Settings, Typography, read_settings

# Many texts of a site show the same titles and captions: the length of those that are kept, and how many.
_SHORT_FIELD = 300
_MOST_FIELDS = 512


def parse(
    text: str,
    *,
    profile: Profile = "article",
    lang: str = "fr",
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
    first_note: int = 1,
    repair_encoding: bool = False,
    plugins: Iterable[str] = (),
    peertube: Iterable[str] = (),
    typography: Typography | bool = True,
    extensions: Iterable[Extension] = (),
) -> Parsed:
    """Read a SPIP text.

    The places of nodes and diagnostics are those in the text as it is given, in which CRLF is two characters.
    ``profile`` says who wrote it: ``article`` for an author (HTML of the allow-list), ``comment`` for a stranger (all
    shortcuts, but only the HTML tags q, del, ins, code, pre and hr; objects are never looked up) or ``title`` for a
    title (typography, models and ``<multi>`` only).
    ``lang`` is the language for typography and ``<multi>``, as SPIP's code or as a BCP 47 tag (``pt_br``, ``pt-BR``,
    ``fr-CA``).
    ``objects`` finds the objects that ``[->art12]`` and ``<doc1>`` refer to.
    ``embeds`` allows players of known hosts (``spipconv.players``); without it, and for other hosts, a frame is a link
    to what it shows. ``peertube`` names further instances of PeerTube, such as ``video.example.org``.
    ``angle_shortcuts`` also reads ``<<gras>>`` and ``<italique>``.
    ``first_note`` is the number of the text's first note, for several texts on one page.
    ``repair_encoding`` undoes repeated encoding (``Ã©`` becomes ``é``); places are then those in the repaired text,
    whose lines end with LF.
    ``typography``: with False or ``none``, spaces, quotes and dashes stay as the author typed them.
    ``plugins`` are the plugins whose shortcuts are read as well: names in ``spipconv.plugins.PLUGINS``, or SPIP's own,
    or names of extensions that installed packages offer.
    ``extensions`` are further extensions (``spipconv.extensions``).

    Markup never makes it fail: the diagnostics report whatever is broken, unknown, changed or left out. Raises
    TypeError if the text is not a string, and TypeError or ValueError if another argument is not one of the choices.
    """
    settings = read_settings(
        profile, lang, objects, embeds, angle_shortcuts, first_note, repair_encoding, plugins, peertube, typography,
        extensions,
    )  # fmt: skip
    return read_document(text, settings)


def read_document(text: str, settings: Settings) -> Parsed:
    """Read a SPIP text like ``parse``, with settings that are checked once for many texts."""
    if not isinstance(text, str):
        hint = ": decode it first" if isinstance(text, bytes | bytearray) else ""
        raise TypeError(f"text: expected a string, not {type(text).__name__}{hint}")
    source = read_source(text, settings)
    nodes = _read(source)
    if source.directives:
        nodes = (*source.directives.values(), *nodes)
    document = Document(nodes, settings.language, settings.profile, settings.peertube)
    if source.intro_tags:
        document = replace(document, introduction=_read_introduction(source))
    if settings.plugins or settings.extensions:
        from spipconv.parsing.extensions.passes import finish

        document = finish(document, source)
    diagnostics = source.diagnostics
    return Parsed(document, tuple(sorted(diagnostics, key=_place)) if diagnostics else ())


def languages_of(text: str) -> frozenset[str]:
    """Return the codes of the languages that the ``<multi>`` blocks of a text contain."""
    if not MULTI_START.search(text):
        return frozenset()
    return load_grammar().lexer.languages(read_source(text, Settings()))


def _place(diagnostic: Diagnostic) -> tuple[bool, int, int]:
    """Return the key by which diagnostics are sorted: ``more-remarks`` comes last."""
    return diagnostic.code == "more-remarks", diagnostic.line, diagnostic.column


def _read(source: Source, *, is_field: bool = False) -> tuple[Node, ...]:
    """Return the nodes of a source, or of an object's field that is shown in a source."""
    grammar = load_grammar()

    def read_inline(text: str, language: str = "", /) -> tuple[Node, ...]:
        outer = source.settings
        read = _kept_field if len(text) <= _SHORT_FIELD else _read_field
        return read(
            text, language or outer.language, outer.repair_encoding, outer.plugins, outer.typography, outer.extensions
        )

    scan = grammar.lexer.scan(source)
    if "<" in scan.masked:
        cut_missing_documents(scan)
        mark_frames(scan)
    settings = source.settings
    if settings.plugins or settings.extensions or has_hint(scan.masked) or has_block(scan.masked):
        # Few texts need it.
        from spipconv.parsing.extensions.scan import mark_shortcuts

        mark_shortcuts(scan)
    layout = Layout(scan, read_inline, paragraphs=not is_field)
    nodes: tuple[Node, ...] = grammar.parse(layout.read())
    return nodes


def _read_introduction(source: Source) -> tuple[Node, ...]:
    """Return the nodes of a text's introduction, which SPIP reads as a text of its own."""
    from spipconv.parsing.introduction import keep_introduction

    text = keep_introduction(source.text, source.intro_tags)
    return _read(source.with_blanks(text)) if text.strip() else ()


def _read_field(
    text: str,
    language: str,
    repair_encoding: bool,
    plugins: tuple[str, ...],
    typography: bool,
    extensions: tuple[Extension, ...],
) -> tuple[Node, ...]:
    # Objects that a field refers to are not looked up: titles could refer to each other without end.
    settings = Settings(
        language=language, repair_encoding=repair_encoding, plugins=plugins, typography=typography,
        extensions=extensions,
    )  # fmt: skip
    return _read(read_source(text, settings, has_places=False), is_field=True)


_kept_field = lru_cache(_MOST_FIELDS)(_read_field)
