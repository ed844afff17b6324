"""From the tree to JSON: a ``Document`` comes in, the tree as it is goes out, for programs in other languages."""

from __future__ import annotations

import msgspec

from spipconv.nodes import Document


def write(document: Document) -> str:
    """Return a document as JSON: ``{"type": "Document", "children": […], "language", "profile", …, "schema"}``.

    Every node is an object with its ``type`` (the name of the class in ``spipconv.nodes``), its fields and its place.
    ``schema`` is the version of the JSON Schema that it follows (``spipconv.schema``).
    """
    return msgspec.json.encode(document).decode()
