"""Découpe: ``++++`` begins another page of the article."""

from __future__ import annotations

from typing import Final

from spipconv.extensions import Extension, Shortcut, Writer
from spipconv.nodes import Rule


def _write_page_break(writer: Writer, start: int, end: int) -> None:
    if not writer.has_paragraphs or writer.is_in_cell:
        writer.words(start, end)
        return
    writer.end_lists()
    writer.add(Rule(page_break=True), start, end)
    writer.begin_paragraph()


EXTENSION: Final = Extension(
    name="decoupe",
    shortcuts={
        "page_break": Shortcut(
            r"(?<!\+)\+{4}(?!\+)", _write_page_break, hints=("++++",), alone=r"(?m:^[ \t]*+\+{4}[ \t]*+$)"
        )
    },
)
