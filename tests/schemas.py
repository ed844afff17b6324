"""The JSON Schema of documents, made from the classes of the tree.

python -m tests.schemas    # write it into the package (make schema)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from spipconv.nodes import SCHEMA_VERSION, Document

SHIPPED = Path(__file__).parent.parent / "spipconv" / "document.schema.json"


def make() -> dict[str, Any]:
    """Return the schema, in which the union of all nodes is a definition of its own."""
    described = msgspec.json.schema(Document)
    definitions = described["$defs"]
    node = definitions["Document"]["properties"]["children"]["items"]
    definitions = {name: _with_reference(definition, node) for name, definition in sorted(definitions.items())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:spipconv:document:{SCHEMA_VERSION}",
        "title": "A SPIP text as spipconv reads it",
        "$ref": described["$ref"],
        "$defs": {"Node": node, **definitions},
    }


def _with_reference(value: Any, node: Any) -> Any:
    """Return a value in which the union of all nodes, wherever it occurs, is a reference to one definition."""
    if value == node:
        return {"$ref": "#/$defs/Node"}
    if isinstance(value, dict):
        return {name: _with_reference(part, node) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_reference(part, node) for part in value]
    return value


if __name__ == "__main__":
    SHIPPED.write_text(json.dumps(make(), indent=2) + "\n", "utf-8")
