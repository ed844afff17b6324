"""The plugins whose shortcuts are read: the extension of each, from the module of its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from spipconv.extensions import Extension
from spipconv.plugins import decoupe, enluminures, glossaire, intertitres_enrichis, markdown, sommaire, videos

# In this order, where two plugins read the same.
EXTENSIONS: Final[Mapping[str, Extension]] = {
    module.EXTENSION.name: module.EXTENSION
    for module in (markdown, sommaire, glossaire, decoupe, videos, enluminures, intertitres_enrichis)
}


@lru_cache(64)
def extensions_of(plugins: tuple[str, ...], extensions: tuple[Extension, ...]) -> tuple[Extension, ...]:
    """Return the extensions that a text is read with: the caller's, which know the site, then those of its plugins."""
    return (*extensions, *[extension for name, extension in EXTENSIONS.items() if name in plugins])
