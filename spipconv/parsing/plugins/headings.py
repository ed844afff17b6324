"""Headings with a level: ``{{{**titre}}}``, and ``{2{titre}2}`` as older versions write them.

Several plugins read the same shortcut. One asterisk, or none, is the level of SPIP's own headings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spipconv.parsing.layout.braces import close_heading, open_heading
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.plugins.shortcuts import Shortcut

# HTML has six levels, and SPIP begins with the second.
DEEPEST: Final = 5


def write_level(writer: TextWriter, start: int, end: int) -> None:
    """Write ``**`` after ``{{{``: the level of the heading that was opened there."""
    heading = writer.headings[-1] if writer.headings else None
    if heading is None or not heading.is_open or heading.offset != start - 3:
        writer.words(start, end)
        return
    heading.token.value["level"] = min(end - start, DEEPEST)


def write_opening(writer: TextWriter, start: int, end: int) -> None:
    """Write ``{2{``."""
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    open_heading(writer, start, int(writer.text[start + 1]))


def write_closing(writer: TextWriter, start: int, end: int) -> None:
    """Write ``}2}``."""
    if not writer.has_paragraphs:
        writer.words(start, end)
        return
    writer.end_run(trims=True)
    close_heading(writer, start)


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
