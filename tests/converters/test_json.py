"""JSON of the tree: it follows the published schema, and it can be read back."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

from spipconv import Document, nodes, parse, render, schema
from tests.schemas import make

ROOT = Path(__file__).parent.parent.parent
CASES = [
    json.loads(line)
    for line in (ROOT / "tests" / "conformance" / "spip44.jsonl").read_text("utf-8").split("\n")
    if line.strip()
]


def test_the_shipped_schema_is_that_of_the_tree() -> None:
    assert schema() == json.loads(json.dumps(make())), "the tree has changed: run make schema"


def test_the_schema_defines_every_kind_of_node() -> None:
    kinds = {kind.__name__ for kind in nodes._CHILDREN}
    assert set(make()["$defs"]) == kinds | {"Node", "Document", "Definition"}


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema())


def test_every_kept_case_holds_to_the_schema_and_can_be_read_back(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    assert len(CASES) > 700
    for case in CASES:
        document = parse(case["text"]).document
        written = render(document, "json")
        assert [str(error) for error in validator.iter_errors(json.loads(written))] == [], case["text"]
        assert msgspec.json.decode(written, type=Document) == document, case["text"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Text"},
        {"type": "Text", "text": 1},
        {"type": "Letter", "text": "a"},
        {"type": "Link", "address": "/", "children": [], "kind": "sideways"},
        {"type": "List", "ordered": True, "items": [{"type": "Text", "text": "no item"}]},
    ],
)
def test_the_schema_refuses_what_is_not_a_tree(
    wrong: dict[str, object], validator: jsonschema_rs.Draft202012Validator
) -> None:
    assert not validator.is_valid({"type": "Document", "children": [wrong]})
