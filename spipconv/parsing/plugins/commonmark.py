"""Markdown as markdown-it-py reads it, with our policy on addresses: a text comes in, its tokens go out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from spipconv.safety import safe_address

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_RAW = frozenset({"html_block", "html_inline"})
_EDGE = ["paragraph_open", "inline", "paragraph_close"]


def read_markdown(text: str, *, is_line: bool, is_comment: bool) -> Sequence[Token]:
    """Return the tokens of a text, or of its words where it is in a line.

    In a comment, tags are words and pictures are links. Links to addresses that are not allowed stay words.
    """
    reader = _reader(is_comment)
    return reader.parseInline(text) if is_line else reader.parse(text)


def is_self_contained(text: str, tokens: Sequence[Token], *, is_comment: bool) -> bool:
    """Return whether a text may be part of other Markdown as it is.

    It must hold no tags, no definitions and nothing that looks like a note, close what it opens, and not continue what
    stands before it.
    """
    if "[^" in text:
        return False
    reader = _reader(False)
    references: dict[str, object] = {}
    # In a comment, what the text would be to readers of Markdown that allow tags and pictures.
    inner = reader.parse(text, references)
    if references.get("references") or any(_is_raw(token, is_comment) for token in inner):
        return False
    if is_comment and _shape(inner) != _shape(tokens):
        return False
    outer = reader.parse(f"x\n\n{text}\n\nx")
    return _shape(outer) == [*_EDGE, *_shape(inner), *_EDGE] and outer[1].content == outer[-2].content == "x"


def _is_raw(token: Token, is_comment: bool) -> bool:
    if token.type in _RAW or (is_comment and token.type == "image"):
        return True
    return any(_is_raw(child, is_comment) for child in token.children or ())


def _shape(tokens: Sequence[Token]) -> list[str]:
    return [token.type for token in tokens]


@cache
def _reader(is_comment: bool) -> MarkdownIt:
    # Few texts need it, and it takes a while to import.
    from markdown_it import MarkdownIt

    class Reader(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802
            return safe_address(url) is not None

    reader = Reader("commonmark", {"html": not is_comment}).enable(["table", "strikethrough"])
    return reader.disable("image") if is_comment else reader
