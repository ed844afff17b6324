"""The search for shortcuts of extensions: those that are read are marked, those of other plugins reported.

A mark hides its characters from the lexer, as protected text is hidden, and holds what writes it. So an extension adds
nothing to the grammar, and its shortcuts are recognised wherever SPIP's own may stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from spipconv.extensions import Block, Extension, Shortcut
from spipconv.parsing.extensions.hints import has_block, has_hint
from spipconv.parsing.extensions.writer import writing
from spipconv.parsing.lexer import Protected, Scan, SourceLexer, mask
from spipconv.plugins import PLUGINS
from spipconv.plugins.registry import EXTENSIONS, extensions_of

# SPIP's own shortcuts, in which others are not looked for, but for links with brackets in their words.
_BRACKETED = ("ANCHOR_MARK", "GLOSSARY_MARK")
_LINK = r"\[[^\[\]]*->[^\]]*\]"
_TAGS = ("MODEL_TAG", "TAG")


class _Expected(NamedTuple):
    """A shortcut to look for, the extension that it is of, and the names of others that read it.

    ``is_read``: the caller wants the extension.
    """

    expression: str
    shortcut: Shortcut
    extension: Extension
    others: tuple[str, ...]
    is_read: bool


class _Match(NamedTuple):
    expected: _Expected
    start: int
    end: int


def mark_shortcuts(scan: Scan) -> None:
    """Mark the shortcuts of the extensions that are read in a scan; report those of other plugins."""
    settings = scan.source.settings
    extensions = extensions_of(settings.plugins, settings.extensions)
    if has_block(scan.masked) or any(extension.blocks for extension in settings.extensions):
        _mark_blocks(scan, extensions)
    masked = scan.masked
    if not (settings.plugins or has_hint(masked) or _may_have_shortcut(masked, settings.extensions)):
        return
    marks: list[tuple[int, int, Protected]] = []
    for (_, shortcut, extension, others, is_read), start, end in _pair(_find(masked, scan.lexer, extensions)):
        if is_read:
            is_guarded = extension in settings.extensions
            write = writing(extension, shortcut.write, is_guarded=is_guarded)
            marks.append((start, end, Protected("plugin", "", start, end, write)))
        elif shortcut.hints:
            titles = ", ".join([PLUGINS[name].title for name in (extension.name, *others)])
            scan.source.report("plugin-shortcut", start, f"{scan.source.text[start:end].strip()} ({titles})")
    _mask(scan, marks)


def _may_have_shortcut(text: str, extensions: Iterable[Extension]) -> bool:
    """Return whether a text may have a shortcut of some extensions: one of its hints, if it has any."""
    return any(
        not shortcut.hints or any(hint in text for hint in shortcut.hints)
        for extension in extensions
        for shortcut in extension.shortcuts.values()
    )


def _mark_blocks(scan: Scan, extensions: tuple[Extension, ...]) -> None:
    """Mark the blocks of extensions, each up to the first end tag; report those of plugins that are not read."""
    marks: list[tuple[int, int, Protected]] = []
    openings: dict[str, re.Match[str]] = {}
    tag, blocks = _blocks(extensions)
    for match in tag.finditer(scan.masked):
        name = match["name"].lower()
        if not match["end"]:
            openings.setdefault(name, match)
        elif opening := openings.get(name):
            extension, block = blocks[name]
            start, end = opening.start(), match.end()
            if extension in extensions:
                write = writing(extension, block.write, is_guarded=extension in scan.source.settings.extensions)
                marks.append((start, end, Protected("plugin", "", start, end, write)))
            else:
                title = PLUGINS[extension.name].title
                scan.source.report("plugin-shortcut", start, f"{opening.group()} ({title})")
            openings.clear()
    _mask(scan, marks)


@lru_cache(64)
def _blocks(extensions: tuple[Extension, ...]) -> tuple[re.Pattern[str], dict[str, tuple[Extension, Block]]]:
    """Return the pattern of the tags of blocks, and the blocks by the names of their tags."""
    blocks = {
        block.name: (extension, block)
        for extension in (*EXTENSIONS.values(), *reversed(extensions))
        for block in extension.blocks
    }
    names = "|".join([re.escape(name) for name in blocks])
    return re.compile(rf"<(?P<end>/?)(?P<name>{names})>", re.IGNORECASE | re.ASCII), blocks


def _mask(scan: Scan, marks: list[tuple[int, int, Protected]]) -> None:
    if marks:
        scan.masked = mask(scan.masked, marks)
        scan.protected = {**scan.protected, **{start: protected for start, _, protected in marks}}


def _pair(matches: Iterator[_Match]) -> list[_Match]:
    """Return the matches without halves of pairs that have no other half."""
    kept: list[_Match] = []
    openings: dict[tuple[str, str], list[int]] = {}
    lone: set[int] = set()
    for match in matches:
        shortcut = match.expected.shortcut
        pair = match.expected.extension.name, shortcut.opens or shortcut.closes
        if shortcut.closes:
            if not openings.get(pair):
                continue
            lone.discard(openings[pair].pop())
        elif shortcut.opens:
            openings.setdefault(pair, []).append(len(kept))
            lone.add(len(kept))
        kept.append(match)
    return [match for index, match in enumerate(kept) if index not in lone]


def _find(text: str, lexer: SourceLexer, extensions: tuple[Extension, ...]) -> Iterator[_Match]:
    expected = _expected(extensions)
    last = text.rfind("]") + 1
    # After the last "]" every "[" is text; searching for the missing end of each would take quadratic time.
    own = (_LINK, *[lexer.expressions[name] for name in _BRACKETED])
    for bracketed, start, end in ((own, 0, last), ((), last, len(text))):
        if start == end:
            continue
        before = (*bracketed, lexer.expressions["ESCAPE"])
        pattern = _pattern(before, tuple([lexer.expressions[name] for name in _TAGS]), extensions)
        for match in pattern.finditer(text, start, end):
            if match.lastgroup:
                yield _Match(expected[int(match.lastgroup[1:])], *match.span())


@lru_cache(64)
def _expected(extensions: tuple[Extension, ...]) -> tuple[_Expected, ...]:
    """Return the shortcuts of all extensions and plugins, those of ``extensions`` first; what several of them read is
    there once.
    """
    expected: dict[str, _Expected] = {}
    for extension in dict.fromkeys((*extensions, *EXTENSIONS.values())):
        is_read = extension in extensions
        for shortcut in extension.shortcuts.values():
            if not (is_read or shortcut.hints or shortcut.closes):
                continue
            expression = shortcut.expression if is_read or not shortcut.alone else shortcut.alone
            known = expected.get(expression)
            if known is None:
                expected[expression] = _Expected(expression, shortcut, extension, (), is_read)
            elif not known.is_read:
                expected[expression] = known._replace(others=(*known.others, extension.name))
    return tuple(expected.values())


@lru_cache(64)
def _pattern(before: tuple[str, ...], after: tuple[str, ...], extensions: tuple[Extension, ...]) -> re.Pattern[str]:
    """Return the pattern that finds the shortcuts, each in a group with its number, or passes over SPIP's own."""
    named = [f"(?P<s{number}>{expected.expression})" for number, expected in enumerate(_expected(extensions))]
    return re.compile("|".join([*before, *named, *after]))
