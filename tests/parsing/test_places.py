"""The places of nodes: what stands between ``offset`` and ``end_offset`` in the text is the source of the node.

``places.jsonl`` has a text for every kind of node, and what the sources of its nodes of that kind are, in their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv import find_place
from spipconv.nodes import _CHILDREN as KINDS
from spipconv.nodes import Directive, Element, Markdown, Node, Raw, Term, Text, children_of, walk
from spipconv.plugins import PLUGINS
from tests.fuzz import make_case
from tests.parsing.test_cases import read_cases
from tests.parsing.test_properties import MARKUP, PROFILES

HERE = Path(__file__).parent
CONFORMANCE = HERE.parent / "conformance"
OBJECTS = spipconv.read_objects(HERE.parent / "cases" / "objects.json")
PLACES = [json.loads(line) for line in (HERE / "places.jsonl").read_text("utf-8").splitlines()]


def find_faults(text: str, nodes: Sequence[Node], start: int = 0, end: int | None = None) -> Iterator[str]:
    """Yield what is wrong with the places of nodes, which stand between two offsets, and of all nodes in them."""
    end = len(text) if end is None else end
    last = start, start
    for node in nodes:
        place = node.offset, node.end_offset
        if isinstance(node, Directive):
            # They stand before the text that holds them.
            continue
        if not node.line:
            if any(
                (inner.line, inner.column, inner.offset, inner.end_offset) != (0, 0, 0, 0) for inner in walk((node,))
            ):
                yield f"{node!r} has no place, but something of it or in it has one"
            continue
        if (node.line, node.column) != find_place(text, node.offset):
            yield f"{node!r}: line and column are not those of the offset"
        if not start <= node.offset <= node.end_offset <= end:
            yield f"{node!r} at {place} is not within {start, end}"
        if node.offset < last[1] and place != last:
            # What one shortcut becomes has the place of the shortcut.
            yield f"{node!r} at {place} begins before {last} ends"
        last = place
        if isinstance(node, Markdown):
            # What is in a line of Markdown has the place of its block.
            assert all(node.offset <= inner.offset <= inner.end_offset <= node.end_offset for inner in walk((node,)))
        else:
            yield from find_faults(text, children_of(node), *place)


def check(text: str, **options: Any) -> None:
    parsed = spipconv.parse(text, **options)
    if any(isinstance(node, Element) and node.name == "table" for node in walk(parsed.document)):
        # Words between its cells are shown before it, as in browsers.
        assert all(0 <= node.offset <= node.end_offset <= len(text) for node in walk(parsed.document))
    else:
        for nodes in (parsed.document.children, parsed.document.introduction):
            assert list(find_faults(text, nodes)) == [], (text, options)


@pytest.mark.parametrize("case", PLACES, ids=lambda case: f"{case['kind']}: {case['text']}")
def test_source_of_a_node_is_its_markup(case: dict[str, Any]) -> None:
    text, options = case["text"], dict(case.get("options", {}))
    if options.get("objects"):
        options["objects"] = OBJECTS
    document = spipconv.parse(text, **options).document
    nodes = [node for node in walk(document) if type(node).__name__ == case["kind"]]
    assert [text[node.offset : node.end_offset] for node in nodes] == case["sources"]
    check(text, **options)


def test_every_kind_of_node_has_a_case() -> None:
    assert {case["kind"] for case in PLACES} == {kind.__name__ for kind in KINDS.keys() - {Raw, Term}}


@pytest.mark.parametrize("name", ["spip44", "kinds", "generated"])
def test_places_of_kept_texts(name: str) -> None:
    lines = (CONFORMANCE / f"{name}.jsonl").read_text("utf-8").split("\n")
    for line in filter(str.strip, lines):
        case = json.loads(line)
        for text in (case["text"], case["text"].replace("\r", "").replace("\n", "\r\n")):
            check(text, objects=OBJECTS)


@pytest.mark.parametrize(("text", "options", "html"), read_cases())
def test_places_of_cases(text: str, options: dict[str, Any], html: str) -> None:
    check(text, **options)


@settings(max_examples=400, deadline=None)
@given(MARKUP, PROFILES, st.booleans(), st.booleans())
def test_places_of_any_markup(text: str, profile: Any, angle: bool, with_plugins: bool) -> None:
    plugins = tuple(PLUGINS) if with_plugins else ()
    check(text, profile=profile, angle_shortcuts=angle, plugins=plugins, objects=OBJECTS)


def test_places_of_random_texts() -> None:
    for number in range(300):
        check(make_case(13, number).text, objects=OBJECTS)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["mot", "a b", "été", "\n", "\n\n", "\n-* mot", "{{x}}", "{y}", "[z->#a]", "12"])))
def test_source_of_words_that_typography_leaves_alone_is_their_text(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for node in walk(spipconv.parse(text).document):
        if isinstance(node, Text):
            assert text[node.offset : node.end_offset] == node.text


def test_what_was_read_elsewhere_has_no_place() -> None:
    document = spipconv.parse("<doc1|left> [->art1]", objects=OBJECTS).document
    nodes = [node for node in walk(document) if not node.line]
    assert nodes, "a title is shown"
    assert all((node.column, node.offset, node.end_offset) == (0, 0, 0) for node in nodes)


def test_places_in_an_introduction_are_those_in_the_whole_text() -> None:
    text = "{a}\r\n<multi>[en]b[fr]{c}</multi>\r\n<intro>{d}\r\n\r\n{e}</intro> {f}"
    nodes = spipconv.parse(text).document.introduction
    assert [text[node.offset : node.end_offset] for node in nodes] == ["{d}", "{e}"]
    check(text)


def test_place_of_an_offset() -> None:
    text = "a\r\nbc\rd\ne"
    places = [find_place(text, offset) for offset in range(len(text) + 1)]
    assert places == [(1, 1), (1, 2), (1, 2), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1), (4, 2)]
    for offset in (-1, len(text) + 1):
        with pytest.raises(ValueError, match="characters"):
            find_place(text, offset)
