"""Markdown as markdown-it-py reads it, with our policy on addresses: a text comes in, its tokens go out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from spipconv.safety import NO_TEXT, safe_address

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token as Token  # noqa: PLC0414 (it is imported from here)

_RAW = frozenset({"html_block", "html_inline"})
_FREE_CELLS = 1_000
_EDGE = [("paragraph_open", ""), ("inline", "x"), ("paragraph_close", "")]


def read_markdown(text: str, *, is_line: bool, is_comment: bool) -> Sequence[Token]:
    """Return the tokens of a text, or of its words where it is in a line.

    In a comment, tags are words and pictures are links. Links to addresses that are not allowed stay words.
    """
    reader = _reader(is_comment=is_comment, has_tables=not _has_too_many_cells(text))
    return reader.parseInline(text) if is_line else reader.parse(text)


def render_markdown(text: str) -> str:
    """Return the HTML of a text whose lines end where they are broken, with its own tags: it is not safe as it is."""
    return str(_line_reader().render(text))


def is_self_contained(text: str, *, is_comment: bool) -> bool:
    """Return whether a text may be part of other Markdown as it is, and is as safe there as in HTML.

    It must hold no tags, no definitions, nothing that looks like a note and no address that is not allowed, close what
    it opens, and not continue what stands before it; in a comment, it may hold neither pictures nor lists that begin
    with another number than 1.
    """
    if "[^" in text or NO_TEXT.search(text) or _has_too_many_cells(text):
        return False
    # Other readers take any address.
    reader = _reader(is_comment=False, takes_all=True)
    references: dict[str, object] = {}
    inner = reader.parse(text, references)
    if references.get("references") or any(_is_refused(token, is_comment) for token in inner):
        return False
    outer = _shape(reader.parse(f"x\n\n{text}\n\nx"))
    return outer == [*_EDGE, *_shape(inner), *_EDGE]


@cache
def _line_reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True, "breaks": True}).enable("strikethrough")


def _has_too_many_cells(text: str) -> bool:
    """Return whether tables may have many more cells than the text has characters: short rows are filled up."""
    cells, rows = 0, 0
    for line in reversed(text.split("\n")):
        rows = rows + 1 if line.strip(" \t>") else 0
        if "-" in line and not line.strip("|-: \t>*+0123456789.)"):
            cells += rows * (line.count("|") + 1)
    return cells > _FREE_CELLS + len(text)


def _is_refused(token: Token, is_comment: bool) -> bool:
    if token.type in _RAW or (is_comment and (token.type == "image" or "start" in token.attrs)):
        return True
    if any(name in ("href", "src") and safe_address(str(value)) is None for name, value in token.attrs.items()):
        return True
    return any(_is_refused(child, is_comment) for child in token.children or ())


def _shape(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    return [(token.type, token.content) for token in tokens]


@cache
def _reader(*, is_comment: bool, takes_all: bool = False, has_tables: bool = True) -> MarkdownIt:
    # Few texts need it, and it takes a while to import.
    from markdown_it import MarkdownIt

    class Reader(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802
            return takes_all or safe_address(url) is not None

    reader = Reader("commonmark", {"html": not is_comment}).enable(
        ["table", "strikethrough"] if has_tables else ["strikethrough"]
    )
    return reader.disable("image") if is_comment else reader
