"""From the tree to JSON: a ``Document`` comes in, the tree as it is goes out, for programs in other languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from spipconv.nodes import Document

SCHEMA_ADDRESS = "https://json-schema.org/draft/2020-12/schema"
Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def write(document: Document) -> str:
    """Return a document as JSON: ``{"type": "Document", "children": […], "language", "profile"}``.

    Every node is an object with its ``type`` (the name of the class in ``spipconv.nodes``), its fields and its place.
    """
    return msgspec.json.encode(document).decode()


def schema() -> dict[str, Value]:
    """Return the JSON Schema (2020-12) of what ``write`` returns, made from the classes of ``spipconv.nodes``.

    It is published as ``docs/document.schema.json`` (``make schema``).
    """
    described = msgspec.json.schema(Document)
    definitions = described["$defs"]
    node = definitions["Document"]["properties"]["children"]["items"]
    definitions = {name: _with_reference(definition, node) for name, definition in sorted(definitions.items())}
    return {
        "$schema": SCHEMA_ADDRESS,
        "title": "A SPIP text as spipconv reads it",
        "$ref": described["$ref"],
        "$defs": {"Node": node, **definitions},
    }


def _with_reference(value: Value, node: Value) -> Value:
    """Return a value in which the union of all nodes, wherever it occurs, is a reference to one definition."""
    if value == node:
        return {"$ref": "#/$defs/Node"}
    if isinstance(value, Mapping):
        return {name: _with_reference(part, node) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_reference(part, node) for part in value]
    return value
