"""Shapes of pandoc's JSON: blocks and words are made here, and regrouped where pandoc has no block among words.

An item is an object of that JSON: ``{"t": kind, "c": content}``. The tree of a text may hold blocks anywhere, as a
browser's does. In pandoc, words hold words only, so formatting around a block moves to the words inside that block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

import msgspec

Item = dict[str, object]
Attributes = list[object]

BLOCKS: Final = frozenset(
    """BlockQuote BulletList CodeBlock DefinitionList Div Figure Header HorizontalRule LineBlock OrderedList Para Plain
    RawBlock Table""".split()
)
# Blocks that hold no other block.
_LEAVES: Final = frozenset("CodeBlock Header HorizontalRule LineBlock Para Plain RawBlock".split())
SPACE: Final[Item] = {"t": "Space"}
LINE_BREAK: Final[Item] = {"t": "LineBreak"}
_GAPS: Final = ("Space", "LineBreak")
_SPACES: Final = re.compile("[ \t\n\r\f]+")
_LANGUAGE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}))?(?![A-Za-z0-9])")


def make(kind: str, content: object) -> Item:
    """Return an item."""
    return {"t": kind, "c": content}


def attributes(
    identifier: str = "", classes: Iterable[str] = (), values: Mapping[str, str] | None = None
) -> Attributes:
    """Return the attributes of an item, as pandoc has them: an id, classes, and pairs of names and values."""
    pairs = [[name, value] for name, value in values.items() if value] if values else []
    return [identifier, list(classes), pairs]


NO_ATTRIBUTES: Final = attributes()


def words(text: str) -> list[Item]:
    """Return some words, with spaces between them."""
    items: list[Item] = []
    for number, word in enumerate(_SPACES.split(text)):
        if number:
            items.append(SPACE)
        if word:
            items.append({"t": "Str", "c": word})
    return items


def tag_of(language: str) -> str:
    """Return the language tag (BCP 47) of a code of SPIP's or of the author's; empty if it is none."""
    match = _LANGUAGE.match(language)
    if not match:
        return ""
    name, script, region = match[1], match[2], match[3]
    return "-".join([name.lower(), *([script.title()] if script else []), *([region.upper()] if region else [])])


def has_words(value: object) -> bool:
    """Return whether some items hold words that can be read."""
    waiting: list[object] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            if part["t"] in ("Code", "Math", "Str"):
                return True
            if part["t"] not in ("Image", "Note"):
                waiting.append(part.get("c"))
    return False


def is_block(item: Item) -> bool:
    """Return whether an item is a block."""
    return item["t"] in BLOCKS


def trim(items: Sequence[Item]) -> list[Item]:
    """Return words without the spaces and line breaks at their ends."""
    start, end = 0, len(items)
    while start < end and items[start]["t"] in _GAPS:
        start += 1
    while end > start and items[end - 1]["t"] in _GAPS:
        end -= 1
    return list(items[start:end])


def group(items: Iterable[Item], kind: str) -> list[Item]:
    """Return blocks: those among the items, and a block of this kind (``Para``, ``Plain``) for words between them."""
    blocks: list[Item] = []
    run: list[Item] = []
    for item in items:
        if is_block(item):
            _end(run, kind, blocks)
            blocks.append(item)
        else:
            run.append(item)
    _end(run, kind, blocks)
    return blocks


def _end(run: list[Item], kind: str, blocks: list[Item]) -> None:
    line = trim(run)
    run.clear()
    if line:
        blocks.append(make(kind, line))


def wrap(items: Iterable[Item], around: Callable[[list[Item]], Item], apart: Collection[str] = ()) -> list[Item]:
    """Return items with something around the words among them and the words in the blocks among them.

    Items of the kinds ``apart`` stay outside it: a link may not hold links.
    """
    wrapped: list[Item] = []
    run: list[Item] = []
    for item in items:
        is_apart = item["t"] in apart
        if not is_apart and not is_block(item):
            run.append(item)
            continue
        _wrap(run, around, wrapped)
        if not is_apart:
            for leaf in leaves(item):
                for line in lines_of(leaf):
                    line[:] = wrap(line, around, apart)
        wrapped.append(item)
    _wrap(run, around, wrapped)
    return wrapped


def _wrap(run: list[Item], around: Callable[[list[Item]], Item], wrapped: list[Item]) -> None:
    if any(item["t"] not in _GAPS for item in run):
        wrapped.append(around(list(run)))
    else:
        wrapped += run
    run.clear()


def leaves(block: Item) -> list[Item]:
    """Return the blocks in a block that hold no other, in reading order; the terms of definitions as ``Plain``."""
    found: list[Item] = []
    waiting: list[object] = [block]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            kind = value["t"]
            if kind in _LEAVES:
                found.append(value)
            elif kind == "DefinitionList":
                for term, definitions in reversed(value["c"]):
                    waiting += [definitions, make("Plain", term)]
            elif kind in BLOCKS:
                waiting.append(value["c"])
    return found


def lines_of(leaf: Item) -> list[list[Item]]:
    """Return the lines of a block from ``leaves``, which may be changed in place."""
    kind = leaf["t"]
    if kind in ("Para", "Plain"):
        return [cast("list[Item]", leaf["c"])]
    if kind == "Header":
        return [cast("list[list[Item]]", leaf["c"])[2]]
    return cast("list[list[Item]]", leaf["c"]) if kind == "LineBlock" else []


def flatten(items: Iterable[Item]) -> list[Item]:
    """Return items as words alone, where pandoc has no place for blocks: each block is a line."""
    line: list[Item] = []
    is_after_block = False
    for item in items:
        is_now_block = is_block(item)
        for part in _lines_in(item) if is_now_block else [[item]]:
            if line and part and (is_now_block or is_after_block):
                line.append(LINE_BREAK)
            line += part
            is_after_block = is_now_block
    return trim(line)


def _lines_in(block: Item) -> list[list[Item]]:
    return [line for leaf in leaves(block) for line in lines_of(leaf) or [_in_line(leaf)]]


def _in_line(leaf: Item) -> list[Item]:
    kind = {"CodeBlock": "Code", "RawBlock": "RawInline"}.get(cast("str", leaf["t"]))
    return [make(kind, leaf["c"])] if kind else []


def encode(value: object) -> str:
    """Return pandoc's JSON as text, however deep it is."""
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return "".join(_encode(value))


def _encode(value: object) -> Iterator[str]:
    # A tuple holds what is written as it is.
    waiting: list[object] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            yield part[0]
        elif isinstance(part, list):
            yield "["
            waiting.append(("]",))
            for number in range(len(part) - 1, -1, -1):
                waiting += [part[number], (",",)] if number else [part[number]]
        elif isinstance(part, dict):
            yield "{"
            waiting.append(("}",))
            names = list(part)
            for number in range(len(names) - 1, -1, -1):
                name = names[number]
                waiting += [part[name], (f'{"," if number else ""}"{name}":',)]
        else:
            yield msgspec.json.encode(part).decode()
