"""Intertitres enrichis: headings with a level, ``{{{**titre}}}`` or, numbered, ``{{{##titre}}}``."""

from __future__ import annotations

from typing import Final

from spipconv.parsing.plugins import headings
from spipconv.parsing.plugins.shortcuts import Reader

READER: Final = Reader("intertitres_enrichis", headings.SHORTCUTS)
