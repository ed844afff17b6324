"""Glossaire: ``[!glossaire]`` has a text do without links to the definitions of its words; nothing is shown."""

from __future__ import annotations

from typing import Final

from spipconv.parsing.layout.writer import TextWriter
from spipconv.parsing.plugins.shortcuts import Reader, Shortcut


def write_nothing(writer: TextWriter, start: int, end: int) -> None:
    """Write nothing, for a shortcut that only tells the plugin what to do."""
    writer.end_run(trims=True)


READER: Final = Reader("glossaire", {"without": Shortcut(r"\[!glossaire\]", write_nothing, hints=("[!glossaire]",))})
