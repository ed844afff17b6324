"""Excerpts: documents come in, a few plain words about them go out, as SPIP's filters ``introduction`` and ``couper``
choose and cut them.
"""

from __future__ import annotations

from collections.abc import Sequence

from spipconv.converters import text
from spipconv.converters.text.lines import fold
from spipconv.nodes import Document


def choose_excerpt(documents: Sequence[Document], length: int, suffix: str, description: Document | None = None) -> str:
    """Return an excerpt of a description or, if it says nothing, of documents that are one text, such as head and body.

    What their authors put between ``<intro>`` and ``</intro>`` goes before everything else in them. There are no notes,
    documents and marks of lists in an excerpt.
    """
    words = _words(description) if description else ""
    if not words:
        introduction = tuple([node for document in documents for node in document.introduction])
        words = _words(Document(introduction)) if introduction else ""
    if not words:
        words = "\n\n".join([part for part in map(_words, documents) if part])
    return cut(words, length, suffix)


def cut(words: str, length: int, suffix: str) -> str:
    """Return plain words that are too long cut at a word, with the suffix, in at most ``length`` characters.

    If that leaves less than three quarters of the length, there is no suffix; if then it still does, because a word is
    very long, the word is cut.
    """
    if len(words) <= length:
        return words
    if length <= 0:
        return ""
    short = _whole_words(words[: max(length + 1 - len(suffix), 1)])
    if len(short) >= max(0.75 * length, 2):
        return short + suffix
    whole = _whole_words(words[: length + 1])
    return whole if len(whole) >= 0.75 * length else words[:length].rstrip()


def _words(document: Document) -> str:
    """Return a document as plain words: each block on one line, a blank line between blocks."""
    blocks: list[list[str]] = [[]]
    for line in text.write_words(document, notes=False, documents=False).split("\n"):
        if line:
            blocks[-1].append(fold(line))
        else:
            blocks.append([])
    return "\n\n".join([" ".join(block) for block in blocks if block])


def _whole_words(words: str) -> str:
    """Return words without the last one, unless a space shows that it is whole."""
    if words[-1:].isspace():
        return words.rstrip()
    before = words.rsplit(None, 1)
    return before[0] if len(before) == 2 else ""
