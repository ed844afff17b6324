"""SPIP text to a document tree, by the Lark grammar: ``str -> Parsed``. No text is an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from lark import Lark
from lark.lexer import Lexer

from spipconv.build import Builder
from spipconv.diagnostics import Diagnostic
from spipconv.grammars import grammar_directory
from spipconv.layout import Layout
from spipconv.lexer import SOURCE_TERMINALS, Scan, SourceLexer
from spipconv.nodes import Document, Node
from spipconv.objects import Resolver
from spipconv.source import Profile, Settings, Source, read_source
from spipconv.tokens import Token


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document with the remarks on its text, in the order of their places."""

    document: Document
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What Lark is asked to parse: a source, or (``is_field``) a field of an object found in one."""

    source: Source
    is_field: bool = False


class _Lexer(Lexer):
    """Lark's lexer: from a reading to its scan."""

    __future_interface__ = 2  # Lark hands over whatever was to be parsed, instead of text only.

    def __init__(self, configuration: Any) -> None:
        self._lexer = SourceLexer(configuration.terminals)

    def lex(self, lexer_state: Any, parser_state: Any) -> Any:
        reading: _Reading = lexer_state.text
        return reading, self._lexer.scan(reading.source)


class _PostLexer:
    """Lark's postlex: from a scan to the tokens of the tree grammar."""

    always_accept = SOURCE_TERMINALS

    def process(self, stream: tuple[_Reading, Scan]) -> Iterable[Token]:
        reading, scan = stream
        settings = reading.source.settings

        def read_inline(text: str) -> tuple[Node, ...]:
            # A field may name objects in its turn, but they are not looked up: titles could name each other.
            inner = Settings("article", settings.language)
            return _parse(_Reading(read_source(text, inner), is_field=True))

        return Layout(scan, read_inline, paragraphs=not reading.is_field).read()


@cache
def _parser() -> Lark:
    # Lark.open wants a real path: the grammar's imports are relative to it.
    with resources.as_file(grammar_directory()) as directory:
        return Lark.open(
            str(directory / "spip.lark"),
            start="document",
            parser="lalr",
            lexer=_Lexer,
            postlex=_PostLexer(),
            transformer=Builder(),
            maybe_placeholders=False,
        )


def _parse(reading: _Reading) -> tuple[Node, ...]:
    return _parser().parse(reading)  # type: ignore[arg-type, return-value]


def parse(
    text: str,
    *,
    profile: Profile = "article",
    lang: str = "fr",
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
) -> Parsed:
    """Read a SPIP text.

    ``profile`` says who wrote it: ``article`` (an author: HTML of the allow-list), ``comment`` (a stranger:
    all shortcuts, of HTML only q, del and ins; objects are never looked up) or ``title`` (typography, models
    and ``<multi>`` only). ``lang`` is a SPIP language code, for typography and ``<multi>``. ``objects`` finds
    what ``[->art12]`` and ``<doc1>`` name. ``embeds`` allows players of known video hosts.
    ``angle_shortcuts`` also reads ``<<gras>>`` and ``<italique>``.

    Never fails on markup: what is broken, unknown, changed or left out is in the diagnostics.
    """
    source = read_source(text, Settings(profile, lang, objects, embeds, angle_shortcuts))
    document = Document(_parse(_Reading(source)), lang)
    return Parsed(document, tuple(sorted(source.diagnostics, key=lambda one: (one.line, one.column))))
