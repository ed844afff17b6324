"""Glossaire: ``[!glossaire]`` has a text do without links to the definitions of its words."""

from __future__ import annotations

from typing import Final

from spipconv.extensions import Extension, Shortcut, Writer


def write_nothing(writer: Writer, start: int, end: int) -> None:
    """Write nothing, for a shortcut that only tells the plugin what to do."""
    writer.end_words(trims=True)


EXTENSION: Final = Extension(
    name="glossaire", shortcuts={"without": Shortcut(r"\[!glossaire\]", write_nothing, hints=("[!glossaire]",))}
)
