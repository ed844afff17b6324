"""Every kind of node has a writer, and its children are found."""

from __future__ import annotations

from typing import get_args

from spipconv import nodes
from spipconv.converters import html, pandoc
from spipconv.nodes import Node

KINDS = set(get_args(Node))


def test_the_union_of_nodes_has_every_class_of_the_module() -> None:
    classes = {value for value in vars(nodes).values() if isinstance(value, type) and issubclass(value, nodes.Position)}
    assert classes - {nodes.Position} == KINDS


def test_every_kind_of_node_has_a_writer_of_html() -> None:
    assert set(html.Writer.writers) == KINDS


def test_the_children_of_every_kind_of_node_are_found() -> None:
    assert set(nodes._CHILDREN) == KINDS


def test_every_kind_of_node_has_a_writer_for_pandoc() -> None:
    assert set(pandoc.Writer.writers) == KINDS
