"""Découpe: ``++++`` begins another page of the article."""

from __future__ import annotations

from typing import Final

from spipconv.nodes import Rule
from spipconv.parsing.layout.lists import end_lists
from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.plugins.shortcuts import Reader, Shortcut


def _write_page_break(writer: TextWriter, start: int, end: int) -> None:
    if not writer.has_paragraphs or writer.in_cell or writer.in_verse:
        writer.words(start, end)
        return
    writer.end_run(trims=True)
    end_lists(writer)
    line, column = writer.source.place(start)
    writer.block(Rule(page_break=True, line=line, column=column))
    writer.flow.begin()


READER: Final = Reader(
    "decoupe",
    {
        "page_break": Shortcut(
            r"(?<!\+)\+{4}(?!\+)", _write_page_break, hints=("++++",), alone=r"(?m:^[ \t]*+\+{4}[ \t]*+$)"
        )
    },
)
