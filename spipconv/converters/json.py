"""A document to JSON: the tree as it is, for programs in other languages."""

from __future__ import annotations

import msgspec

from spipconv.nodes import Document


def write(document: Document) -> str:
    """Return a document as JSON: ``{"type": "Document", "children": […], "language", "profile"}``.

    Every node is an object with its ``type`` (the class in ``spipconv.nodes``), its fields and its place.
    """
    return msgspec.json.encode(document).decode()
