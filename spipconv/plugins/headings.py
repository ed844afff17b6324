"""Headings with a level: ``{{{**titre}}}``, and ``{2{titre}2}`` as older versions write them.

Several plugins read the same shortcut. One asterisk, or none, is the level of SPIP's own headings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spipconv.extensions import Shortcut, Writer
from spipconv.nodes import Heading

# HTML has six levels, and SPIP begins with the second.
DEEPEST: Final = 5
_HEADING: Final = Heading(())


def write_level(writer: Writer, start: int, end: int) -> None:
    """Write ``**`` after ``{{{``: the level of the heading that was opened there."""
    if not writer.set_level(min(end - start, DEEPEST), start):
        writer.words(start, end)


def write_opening(writer: Writer, start: int, end: int) -> None:
    """Write ``{2{``."""
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    writer.open(Heading((), int(writer.text[start + 1])), start, end)


def write_closing(writer: Writer, start: int, end: int) -> None:
    """Write ``}2}``."""
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    writer.close(_HEADING, start, end)


SHORTCUTS: Final[Mapping[str, Shortcut]] = {
    "level": Shortcut(r"(?<=(?<!\{)\{\{\{)[*#]+(?!\})", write_level, hints=("{{{*", "{{{#")),
    **{
        f"{side}{level}": shortcut
        for level in range(1, DEEPEST + 1)
        for side, shortcut in (
            (
                "opening",
                Shortcut(rf"(?<!\{{)\{{{level}\{{", write_opening, opens=f"level {level}", hints=(f"{{{level}{{",)),
            ),
            ("closing", Shortcut(rf"\}}{level}\}}(?!\}})", write_closing, closes=f"level {level}")),
        )
    },
}
