"""Sommaire: ``[sommaire]`` or ``<sommaire>`` is a list of links to the headings, ``[!sommaire]`` forbids one."""

from __future__ import annotations

from spipconv.parsing.plugins.glossaire import write_nothing
from spipconv.parsing.plugins.shortcuts import Reader, Shortcut

READER = Reader(
    "sommaire",
    {
        "without": Shortcut(r"\[!sommaire\]", write_nothing, hints=("[!sommaire]",)),
    },
)
