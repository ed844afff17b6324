"""Intertitres enrichis: headings with a level, ``{{{**titre}}}`` or, numbered, ``{{{##titre}}}``."""

from __future__ import annotations

from spipconv.parsing.plugins import headings
from spipconv.parsing.plugins.shortcuts import Reader

READER = Reader("intertitres_enrichis", headings.SHORTCUTS)
