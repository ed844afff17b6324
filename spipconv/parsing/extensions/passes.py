"""The passes of extensions over a finished tree: a document comes in, and goes out as they want it."""

from __future__ import annotations

from spipconv.nodes import Document
from spipconv.parsing.source import Source
from spipconv.plugins.registry import extensions_of


def finish(document: Document, source: Source) -> Document:
    """Return a document after the passes of its extensions."""
    settings = source.settings
    for extension in extensions_of(settings.plugins, settings.extensions):
        if extension.transform:
            document = extension.transform(document)
    return document
