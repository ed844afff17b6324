"""Glossaire: ``[!glossaire]`` has a text do without links to the definitions of its words."""

from __future__ import annotations

from typing import Final

from spipconv.extensions import Extension, Shortcut, Writer
from spipconv.nodes import Directive

# The directive that ``spipconv.glossary`` obeys.
NO_TERMS: Final = "no-terms"


def _write_directive(writer: Writer, start: int, end: int) -> None:
    writer.add(Directive(NO_TERMS), start, end)


EXTENSION: Final = Extension(
    name="glossaire", shortcuts={"without": Shortcut(r"\[!glossaire\]", _write_directive, hints=("[!glossaire]",))}
)
