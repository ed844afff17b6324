"""Intertitres enrichis: headings with a level, ``{{{**titre}}}`` or, numbered, ``{{{##titre}}}``."""

from __future__ import annotations

from typing import Final

from spipconv.extensions import Extension
from spipconv.plugins import headings

EXTENSION: Final = Extension(name="intertitres_enrichis", shortcuts=headings.SHORTCUTS)
