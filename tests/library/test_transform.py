"""What a function makes of every node of a tree."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import fields, replace

import spipconv
from spipconv import Document, nodes, parse, render, to_html, transform, trees, walk
from spipconv.nodes import (
    Definition,
    Emphasis,
    Figure,
    Heading,
    Link,
    List,
    ListItem,
    Node,
    Note,
    Paragraph,
    Strong,
    Text,
)
from spipconv.trees import MAX_LEVELS
from tests.parsing.test_cases import read_cases

DOCUMENT = parse(
    "{{{titre}}}\n\nun {{gras {italique}}}[[note]]\n\n-* a\n-** b\n\n||légende|||\n|{{x}}|{{y}}|\n|1|2|"
).document


def deep(levels: int) -> Node:
    """Return a tree of so many levels."""
    node: Node = Text("x")
    for _ in range(levels - 1):
        node = Strong((node,))
    return node


def test_a_node_becomes_another_one_several_or_none() -> None:
    def change(node: Node) -> Node | tuple[Node, ...] | None:
        match node:
            case Strong():
                return node.children
            case Emphasis():
                return Strong(node.children)
            case Note():
                return ()
        return None

    assert render(transform(parse("a {{b {c}}} d[[e]]").document, change)) == "<p>a b <strong>c</strong> d</p>\n"


def test_children_come_before_their_parents_in_reading_order() -> None:
    met: list[str] = []
    transform(parse("{{a {b}}} c").document, lambda node: met.append(type(node).__name__))
    assert met == ["Text", "Text", "Emphasis", "Strong", "Text", "Paragraph"]


def test_what_is_returned_is_not_given_to_the_function_again() -> None:
    calls: list[Node] = []

    def grow(node: Node) -> Node | None:
        calls.append(node)
        return Strong((node,)) if isinstance(node, Text) else None

    assert transform((Text("a"),), grow) == (Strong((Text("a"),)),)
    assert calls == [Text("a")]


@pytest.mark.parametrize(("text", "options", "html"), read_cases())
def test_a_function_that_changes_nothing_gives_the_same_tree(text: str, options: dict[str, object], html: str) -> None:
    document = parse(text, **options).document  # type: ignore[arg-type]
    same = transform(document, lambda node: None)
    assert same == document
    assert all(old is new for old, new in zip(document.children, same.children, strict=True))
    copied = transform(document, lambda node: (replace(node),))
    assert copied == document
    assert len(list(walk(copied))) == len(list(walk(document)))


def test_every_field_that_holds_nodes_is_changed() -> None:
    words = (Text("x"),)
    samples: tuple[Node, ...] = (
        *(kind(words) for kind in (Emphasis, Paragraph, nodes.Quote, ListItem, nodes.Verse)),
        nodes.Caption(words, words),
        Figure(1, "/a", True, title=words, description=words, credits=words),
        List(False, (ListItem(words),)),
        nodes.Poem((nodes.Verse(words),)),
        nodes.Table((nodes.Row((nodes.Cell(words),)),), (nodes.Caption(words),)),
    )
    document = Document(samples, definitions=(Definition("d", ("d",), words),), introduction=words)
    changed = transform(document, lambda node: Text("y") if node == Text("x") else None)
    assert "'x'" not in repr(changed)
    assert repr(changed) == repr(document).replace("'x'", "'y'")


@pytest.mark.parametrize("kind", get_args(Node))
def test_the_fields_that_hold_nodes_are_known(kind: type) -> None:
    holding = [field.name for field in fields(kind) if "spipconv.nodes." in str(field.type)]
    assert sorted(trees._FIELDS.get(kind, ("children",) if holding else ())) == sorted(holding)


def test_what_was_given_stays_as_it_was() -> None:
    before = repr(DOCUMENT)
    transform(DOCUMENT, lambda node: ())
    assert repr(DOCUMENT) == before


def test_markdown_whose_nodes_change_loses_its_own_text() -> None:
    document = parse("<md>un *mot*</md>", plugins=["markdown"]).document
    [same] = transform(document.children, lambda node: None)
    [changed] = transform(document.children, lambda node: Text("autre") if isinstance(node, Emphasis) else None)
    assert isinstance(same, nodes.Markdown)
    assert isinstance(changed, nodes.Markdown)
    assert (same.text, changed.text) == ("un *mot*", "")


def test_positions_stay() -> None:
    changed = transform(parse("a\n\n{{b}} c").document, lambda node: () if isinstance(node, Text) else None)
    places = [(type(node).__name__, node.line) for node in walk(changed)]
    assert places == [("Paragraph", 1), ("Paragraph", 3), ("Strong", 3)]


@pytest.mark.parametrize(
    ("tree", "made", "message"),
    [
        ((List(False, (ListItem(()),)),), Text("b"), "transform: the items of a List must be ListItem, not Text"),
        ((nodes.Table((nodes.Row(()),)),), Text("b"), "transform: the rows of a Table must be Row, not Text"),
        ((Paragraph((Text("a"),)),), "b", "transform: expected a node, not str"),
        ((Paragraph((Text("a"),)),), (Text("a"), 3), "transform: expected a node, not int"),
    ],
)
def test_what_is_not_a_node_or_not_the_right_one_is_an_error(
    tree: tuple[Node, ...], made: object, message: str
) -> None:
    with pytest.raises(TypeError) as error:
        transform(tree, lambda node: made)  # type: ignore[arg-type, return-value]
    assert str(error.value) == message


def test_levels_have_a_limit_that_no_text_reaches() -> None:
    deepest = (deep(MAX_LEVELS),)
    assert transform(deepest, lambda node: None) is deepest
    assert "<strong>x</strong>" in render(Document(deepest))
    with pytest.raises(ValueError, match=f"^the tree has more than {MAX_LEVELS} levels$"):
        transform((deep(MAX_LEVELS + 1),), lambda node: None)
    for text in ("{{" * 500 + "a", "<quote>" * 500, "<div>" * 500, "\n-* <quote>" * 300, "[[<quote>" * 300,
                 f"{'<div>' * 58}[[{'<div>' * 58}a]]"):  # fmt: skip
        assert to_html(text) == render(transform(parse(text).document, lambda node: None))


@pytest.mark.parametrize("to", ["html", "markdown", "text", "json", "pandoc"])
def test_a_tree_made_by_hand_has_no_more_levels_than_can_be_written(to: spipconv.Format) -> None:
    tree = deep(100_000)
    for document in (
        Document((tree,)),
        Document((), introduction=(tree,)),
        Document((), definitions=(Definition("a", ("a",), (tree,)),)),
    ):
        with pytest.raises(ValueError, match=f"^the tree has more than {MAX_LEVELS} levels$"):
            render(document, to)


def test_a_document_is_walked_with_its_definitions() -> None:
    document = Document((Heading((Text("a"),)),), definitions=(Definition("d", ("d",), (Link("/", (Text("b"),)),)),))
    assert [type(node).__name__ for node in walk(document)] == ["Heading", "Text", "Link", "Text"]
    assert [*walk([*document.children])] == [*walk(document.children)]
