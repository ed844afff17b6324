"""Trees in JSON: what goes out comes in again, and nothing else does; whatever comes in is safe in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from markdown_it import MarkdownIt

from spipconv import (
    BadTree,
    Catalogue,
    Document,
    SpipObject,
    from_dict,
    nodes,
    parse,
    read_json,
    render,
    schema,
    to_dict,
)
from spipconv.converters.formats import FORMATS
from spipconv.nodes import Paragraph, Position, Text
from spipconv.records import Record
from spipconv.trees import MAX_LEVELS
from tests.converters.test_json import CASES
from tests.judges import dangers, liberties
from tests.library.trees import SAMPLES, Stranger
from tests.parsing.test_cases import read_cases

VALIDATOR = jsonschema_rs.Draft202012Validator(schema())
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What the shortcuts of plugins and definitions on terms give a stranger, beyond the shortcuts of SPIP.
_BESIDES = {
    "<h1>", "<h3>", "<h4>", "<h5>", "<h6>", "<div align>", ".texteencadre-spip", ".decoupe",
    "<section>", "<section aria-labelledby>", ".glossary", "<dfn>", ".glossary-term", ".glossary-back",
    ".cs_glossaire", "<a aria-describedby>", "<a aria-label>",
}  # fmt: skip


def document_of(*children: object, **fields: object) -> dict[str, object]:
    return {"type": "Document", "children": [*children], **fields}


def text_of(text: object = "a", **fields: object) -> dict[str, object]:
    return {"type": "Text", "text": text, **fields}


# ---- Out and in again ----


def test_the_tree_of_every_kept_case_comes_back_from_its_json() -> None:
    for case in CASES:
        document = parse(case["text"]).document
        assert read_json(render(document, "json")) == document, case["text"]


@pytest.mark.parametrize(("text", "options", "html"), read_cases())
def test_the_tree_of_every_case_comes_back_from_its_json(text: str, options: dict[str, Any], html: str) -> None:
    document = parse(text, **options).document
    written = render(document, "json")
    assert VALIDATOR.is_valid(json.loads(written))
    allowed = {"raw": True, "embeds": True, "peertube": options.get("peertube", ())}
    assert read_json(written, **allowed) == read_json(written.encode(), **allowed) == document
    assert from_dict(json.loads(written), **allowed) == from_dict(to_dict(document), **allowed) == document


@pytest.mark.parametrize("node", SAMPLES, ids=lambda node: type(node).__name__)
def test_a_node_of_every_kind_comes_back(node: Any) -> None:
    assert from_dict(to_dict(node), type(node), raw=True, embeds=True) == node
    assert to_dict(node) == json.loads(msgspec.json.encode(node))
    assert node == from_dict(to_dict(node), Record, raw=True, embeds=True)


@pytest.mark.parametrize(
    "text",
    ["|a" + "|<" * 1_500 + "|\n|b|c|", "|a|b|\n" + "|^|c|\n" * 1_500, "|" + "a|" * 15_000, "<doc1>", "<doc2>"],
    ids=["colspan", "rowspan", "columns", "sizes", "media"],
)
def test_trees_of_no_reasonable_size_come_back(text: str) -> None:
    objects = Catalogue(
        [
            SpipObject("document", 1, file="a.png", media="image", width=-5, height=10**30, weight=-1),
            SpipObject("document", 2, file="a.x", media="Image X"),
        ]
    )
    document = parse(f"mot\n\n{text}", objects=objects).document
    assert read_json(render(document, "json")) == document
    for to in FORMATS:
        assert "mot" in render(document, to)


def test_fields_with_defaults_may_be_missing() -> None:
    made = from_dict(document_of({"type": "Paragraph", "children": [text_of()]}))
    assert made == Document((Paragraph((Text("a"),)),))
    assert VALIDATOR.is_valid(document_of({"type": "Paragraph", "children": [text_of()]}))


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_json("\ufeff" + json.dumps(document_of())) == read_json(
        b"\xef\xbb\xbf" + json.dumps(document_of()).encode()
    )


def test_a_language_may_be_a_tag() -> None:
    assert from_dict(document_of(language="pt-BR")).language == "pt_br"


# ---- Versions ----


def test_a_document_says_which_version_of_the_schema_it_follows() -> None:
    assert to_dict(parse("a").document)["schema"] == nodes.SCHEMA_VERSION
    assert schema()["$id"] == f"urn:spipconv:document:{nodes.SCHEMA_VERSION}"


def test_newer_trees_are_read_as_long_as_nothing_in_them_is_unknown() -> None:
    major, minor = map(int, nodes.SCHEMA_VERSION.split("."))
    newer = f"{major}.{minor + 1}"
    assert from_dict(document_of(text_of(), schema=newer)) == Document((Text("a"),))
    with pytest.raises(BadTree) as error:
        from_dict(document_of(text_of(colour="red"), schema=newer))
    assert str(error.value) == (
        f'$.children[0]: Text has no field "colour" (the tree follows version {newer} of the schema, this spipconv '
        f"{nodes.SCHEMA_VERSION})"
    )


# ---- What is not a tree ----

BAD_TREES = [json.loads(line) for line in (Path(__file__).parent / "bad_trees.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", BAD_TREES, ids=lambda case: case["message"])
def test_what_is_not_a_tree_is_refused_in_one_line_that_names_the_place(case: dict[str, Any]) -> None:
    with pytest.raises(BadTree) as error:
        from_dict(case["tree"])
    assert str(error.value) == case["message"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "nul", "[1,]", '{"type": "Document", "children": NaN}', b"\xff", "\ud800", '"\\ud800"', "1" * 5000],
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadTree, match=r"^not JSON: [^\n]+$"):
        read_json(text)


def test_a_tree_has_no_more_levels_than_can_be_written() -> None:
    def nested(levels: int) -> dict[str, object]:
        node = text_of()
        for _ in range(levels - 1):
            node = {"type": "Strong", "children": [node]}
        return document_of(node)

    document = from_dict(nested(MAX_LEVELS))
    for to in FORMATS:
        assert render(document, to)
    deep = '{"type":"Document","children":[' + '{"type":"Strong","children":[' * 100_000 + "]}" * 100_001
    for text in (json.dumps(nested(MAX_LEVELS + 1)), deep):
        with pytest.raises(BadTree, match=rf"^\$: more than {MAX_LEVELS} levels$"):
            read_json(text)
    with pytest.raises(ValueError, match=f"more than {MAX_LEVELS} levels"):
        to_dict(nodes.Strong(document.children))


def test_a_kind_may_be_asked_for() -> None:
    assert from_dict(text_of(), Text) == from_dict(text_of(), Position) == Text("a")
    with pytest.raises(BadTree, match="expected Paragraph, got Text"):
        from_dict(text_of(), Paragraph)


def test_what_a_caller_allows_for_texts_it_allows_for_trees() -> None:
    raw = nodes.Raw("html", "<b>")
    player = parse("<youtube|id=abcdefghijk>", plugins=["videos"], embeds=True).document
    instance = parse("a", peertube=["video.example.org"]).document
    assert from_dict(to_dict(raw), nodes.Raw, raw=True) == raw
    assert "<iframe" in render(from_dict(to_dict(player), embeds=True))
    assert from_dict(to_dict(instance), peertube=["video.example.org"]) == instance
    with pytest.raises(ValueError, match="peertube"):
        from_dict(to_dict(instance), peertube=["not a host"])


def test_every_number_of_a_node_has_bounds() -> None:
    described = schema()["$defs"]
    assert isinstance(described, dict)
    for definition in described.values():
        for field in definition.get("properties", {}).values():
            for kind in field.get("anyOf", [field]):
                assert kind.get("type") != "integer" or {"minimum", "maximum"} <= set(kind)


# ---- Safety ----


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(start, start + 25) for start in range(0, 100, 25)], ids=str)
def test_a_stranger_s_tree_is_safe_in_every_format(seeds: range) -> None:
    for seed in seeds:
        check(Stranger(seed).document())


def check(tree: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(tree)
    document = from_dict(tree, embeds=True)
    assert read_json(json.dumps(tree), embeds=True) == document
    for profile in ("article", "comment", "title"):
        html = render(document, profile=profile)
        assert dangers(html) - {"element iframe"} == set()
        if profile == "comment":
            assert liberties(html) - _BESIDES == set()
        for to in FORMATS:
            written = render(document, to, profile=profile)
            if to == "markdown":
                assert dangers(_MARKDOWN.render(written)) - {"element iframe"} == set()
            if to == "pandoc":
                json.loads(written)


@pytest.mark.parametrize("seed", range(20))
def test_the_schema_and_the_door_agree_on_what_is_no_tree(seed: int) -> None:
    tree = Stranger(seed).document(1)
    for name, value in [*tree.items()]:
        broken = {**tree, name: [value]}
        with pytest.raises(BadTree):
            from_dict(broken, embeds=True)
        assert not VALIDATOR.is_valid(broken)
