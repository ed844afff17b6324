"""The search for plugins' shortcuts: those of plugins that are read are marked, those of others reported.

A mark hides its characters from the lexer, as protected text is hidden, and holds what writes it. So a plugin adds
nothing to the grammar, and its shortcuts are recognised wherever SPIP's own may stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from spipconv.parsing.lexer import Protected, Scan, SourceLexer, mask
from spipconv.parsing.plugins.hints import BLOCK_TAG, has_block, has_hint
from spipconv.parsing.plugins.registry import READERS
from spipconv.parsing.plugins.shortcuts import Shortcut
from spipconv.plugins import PLUGINS

# SPIP's own shortcuts, in which plugins' are not looked for, but for links with brackets in their words.
_BRACKETED = ("ANCHOR_MARK", "GLOSSARY_MARK")
_LINK = r"\[[^\[\]]*->[^\]]*\]"
_TAGS = ("MODEL_TAG", "TAG")


class _Expected(NamedTuple):
    """A shortcut to look for, and the plugins that read it; ``is_read``: the caller wants one of them."""

    expression: str
    shortcut: Shortcut
    plugins: tuple[str, ...]
    is_read: bool


class _Match(NamedTuple):
    expected: _Expected
    start: int
    end: int


_BLOCKS = {block.name: (reader.name, block) for reader in READERS.values() for block in reader.blocks}


def mark_shortcuts(scan: Scan) -> None:
    """Mark the shortcuts of the plugins that are read in a scan; report those of other plugins."""
    masked, plugins = scan.masked, scan.source.settings.plugins
    if has_block(masked):
        _mark_blocks(scan)
        masked = scan.masked
    if not (plugins or has_hint(masked)):
        return
    marks: list[tuple[int, int, Protected]] = []
    for (_, shortcut, names, is_read), start, end in _pair(_find(masked, scan.lexer, plugins)):
        if is_read:
            marks.append((start, end, Protected("plugin", "", start, end, shortcut.write)))
        elif shortcut.hints:
            titles = ", ".join([PLUGINS[name].title for name in names])
            scan.source.report("plugin-shortcut", start, f"{scan.source.text[start:end].strip()} ({titles})")
    _mask(scan, marks)


def _mark_blocks(scan: Scan) -> None:
    """Mark the blocks of plugins, each up to the first end tag; report those of plugins that are not read."""
    marks: list[tuple[int, int, Protected]] = []
    openings: dict[str, re.Match[str]] = {}
    for match in BLOCK_TAG.finditer(scan.masked):
        name = match["name"].lower()
        if not match["end"]:
            openings.setdefault(name, match)
        elif opening := openings.get(name):
            plugin, block = _BLOCKS[name]
            start, end = opening.start(), match.end()
            if plugin in scan.source.settings.plugins:
                marks.append((start, end, Protected("plugin", "", start, end, block.write)))
            else:
                scan.source.report("plugin-shortcut", start, f"{opening.group()} ({PLUGINS[plugin].title})")
            openings.clear()
    _mask(scan, marks)


def _mask(scan: Scan, marks: list[tuple[int, int, Protected]]) -> None:
    if marks:
        scan.masked = mask(scan.masked, marks)
        scan.protected = {**scan.protected, **{start: protected for start, _, protected in marks}}


def _pair(matches: Iterator[_Match]) -> list[_Match]:
    """Return the matches without halves of pairs that have no other half."""
    kept: list[_Match] = []
    openings: dict[str, list[int]] = {}
    lone: set[int] = set()
    for match in matches:
        shortcut = match.expected.shortcut
        if shortcut.closes:
            if not openings.get(shortcut.closes):
                continue
            lone.discard(openings[shortcut.closes].pop())
        elif shortcut.opens:
            openings.setdefault(shortcut.opens, []).append(len(kept))
            lone.add(len(kept))
        kept.append(match)
    return [match for index, match in enumerate(kept) if index not in lone]


def _find(text: str, lexer: SourceLexer, plugins: tuple[str, ...]) -> Iterator[_Match]:
    expected = _expected(plugins)
    last = text.rfind("]") + 1
    # After the last "]" every "[" is text; searching for the missing end of each would take quadratic time.
    own = (_LINK, *[lexer.expressions[name] for name in _BRACKETED])
    for bracketed, start, end in ((own, 0, last), ((), last, len(text))):
        if start == end:
            continue
        before = (*bracketed, lexer.expressions["ESCAPE"])
        pattern = _pattern(before, tuple([lexer.expressions[name] for name in _TAGS]), plugins)
        for match in pattern.finditer(text, start, end):
            if match.lastgroup:
                yield _Match(expected[int(match.lastgroup[1:])], *match.span())


@lru_cache(64)
def _expected(plugins: tuple[str, ...]) -> tuple[_Expected, ...]:
    """Return the shortcuts of all plugins, those of ``plugins`` first; what several plugins read is there once."""
    expected: dict[str, _Expected] = {}
    for reader in sorted(READERS.values(), key=lambda reader: reader.name not in plugins):
        is_read = reader.name in plugins
        for shortcut in reader.shortcuts.values():
            if not (is_read or shortcut.hints or shortcut.closes):
                continue
            expression = shortcut.expression if is_read or not shortcut.alone else shortcut.alone
            known = expected.get(expression)
            if known is None:
                expected[expression] = _Expected(expression, shortcut, (reader.name,), is_read)
            elif not known.is_read:
                expected[expression] = known._replace(plugins=(*known.plugins, reader.name))
    return tuple(expected.values())


@lru_cache(64)
def _pattern(before: tuple[str, ...], after: tuple[str, ...], plugins: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern that finds the shortcuts, each in a group with its number, or passes over SPIP's own."""
    named = [f"(?P<s{number}>{expected.expression})" for number, expected in enumerate(_expected(plugins))]
    return re.compile("|".join([*before, *named, *after]))
