"""The plugins whose shortcuts are read: one record for each, from the module of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from spipconv.nodes import Node
from spipconv.parsing.plugins import decoupe, enluminures, glossaire, intertitres_enrichis, markdown, sommaire, videos
from spipconv.parsing.plugins.shortcuts import Reader

# In this order, where two plugins read the same.
READERS: Final[Mapping[str, Reader]] = {
    module.READER.name: module.READER
    for module in (markdown, sommaire, glossaire, decoupe, videos, enluminures, intertitres_enrichis)
}


def finish(nodes: tuple[Node, ...], plugins: Iterable[str]) -> tuple[Node, ...]:
    """Return a finished tree with what the plugins that are read add to it."""
    for name in plugins:
        reader = READERS.get(name)
        if reader and reader.finish:
            nodes = reader.finish(nodes)
    return nodes
