"""Raw text of extensions: untouched in its own format, nowhere else, and never in a comment or a title."""

from __future__ import annotations

from typing import Any

import pytest

import spipconv
from spipconv.converters.raw import omitted_raw
from spipconv.nodes import Cell, Document, Element, List, ListItem, Node, Note, Paragraph, Quote, Raw, Row, Table, Text
from tests.extensions.sample import SAMPLE

EVIL = "<script>alert(1)</script>&amp;\u00a0\x01\n\n  * x"
SUB = Element("sub", (("class", "a"),), (Text("s"),))


def render(*nodes: Node, to: Any = "html", **options: Any) -> str:
    return spipconv.render(Document(nodes), to, **options)


@pytest.mark.parametrize("sanitizer", ["nh3", "bleach"])
@pytest.mark.parametrize("others", [(), (SUB,), (Element("font", (("color", "red"),), (Text("f"),)),)])
@pytest.mark.parametrize("is_block", [True, False])
def test_html_is_written_past_the_sanitiser(sanitizer: Any, others: tuple[Node, ...], is_block: bool) -> None:
    written = render(
        Paragraph((Text("a"), *others)), Raw("html", EVIL, is_block), Paragraph((Text("b"),)), sanitizer=sanitizer
    )
    assert EVIL in written
    assert render(Paragraph((Text("a"), *others)), Paragraph((Text("b"),)), sanitizer=sanitizer) == written.replace(
        EVIL + "\n" * is_block, ""
    )


def test_raw_html_stands_where_it_is_in_the_tree() -> None:
    raw = Raw("html", "<x-a>")
    note = Note("1", "1", (Paragraph((raw,)),))
    row = Row((Cell((raw, SUB)),))
    written = render(Paragraph((Text("a"), raw, note)), Table((row,)))
    assert "<p>a<x-a><span" in written
    assert "<td><x-a><sub" in written
    assert "]&nbsp;</span><x-a></p>" in written


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ((Paragraph((Text("a "), Raw("markdown", "{{< b >}}"), Text(" *c*"))),), "a {{< b >}} \\*c\\*\n"),
        ((Raw("markdown", "{{< a >}}\n  b", True), Paragraph((Text("c"),))), "{{< a >}}\n  b\n\nc\n"),
        ((Quote((Raw("markdown", "a\nb", True), Paragraph((Text("c"),)))),), "> a\n> b\n>\n> c\n"),
        ((List(False, (ListItem((Raw("markdown", "{{< a >}}"), Text(" b"))),)),), "- {{< a >}} b\n"),
        ((Table((Row((Cell((Raw("markdown", "{{< a >}}"),), colspan=2),)),)),), None),
    ],
)
def test_markdown_is_written_as_it_is(nodes: tuple[Node, ...], expected: str | None) -> None:
    written = render(*nodes, to="markdown")
    assert written == expected if expected else '<td colspan="2">{{< a >}}</td>' in written


def test_several_lines_make_html_of_a_table() -> None:
    head = Row((Cell((Text("a"),), header=True),), head=True)
    row = Row((Cell((Raw("markdown", "b\nc", True),)),))
    assert '<td headers="t1_c0">b\nc</td>' in render(Table((head, row)), to="markdown")


@pytest.mark.parametrize("is_block", [True, False])
@pytest.mark.parametrize("to", ["html", "markdown", "text", "pandoc"])
@pytest.mark.parametrize("profile", ["comment", "title"])
@pytest.mark.parametrize("given", ["html", "markdown", "pandoc"])
def test_comments_and_titles_have_none_whatever_way_it_came(is_block: bool, to: Any, profile: Any, given: str) -> None:
    nodes = (
        Paragraph((Text("a"), Raw(given, "EVIL"), SUB)),
        Quote((Raw(given, "EVIL", is_block),)),
        Raw(given, "EVIL", is_block),
    )
    assert "EVIL" not in spipconv.render(Document(nodes), to, profile=profile)
    assert "EVIL" not in spipconv.render(Document(nodes, profile=profile), to)


@pytest.mark.parametrize("to", ["html", "markdown"])
def test_other_formats_have_none(to: Any) -> None:
    assert "EVIL" not in render(Paragraph((Text("a"), Raw("latex", "EVIL"))), Raw("latex", "EVIL", True), to=to)


@pytest.mark.parametrize("profile", ["comment", "title"])
def test_a_text_of_a_stranger_has_none(profile: Any) -> None:
    parsed = spipconv.parse("a <galerie3> b", profile=profile, extensions=[SAMPLE])
    assert not [node for node in spipconv.walk(parsed.document) if isinstance(node, Raw)]
    assert [(d.code, d.severity, d.line, d.column) for d in parsed.diagnostics] == [("raw-refused", "loss", 1, 3)] * 2


@pytest.mark.parametrize(
    ("nodes", "missing"),
    [
        ((Raw("html", "a"),), {"markdown": ["html"]}),
        ((Raw("html", "a"), Raw("markdown", "a")), {}),
        ((Raw("html", "a"), Text("b"), Raw("markdown", "a")), {"html": ["markdown"], "markdown": ["html"]}),
        (
            (Quote((Paragraph((Raw("latex", "a"), Raw("typst", "b"))),)),),
            {"html": ["latex, typst"], "markdown": ["latex, typst"]},
        ),
    ],
)
def test_what_a_format_does_not_show_is_known(nodes: tuple[Node, ...], missing: dict[str, list[str]]) -> None:
    for to in ("html", "markdown"):
        diagnostics = omitted_raw(Document(nodes), to)
        assert [diagnostic.detail for diagnostic in diagnostics] == missing.get(to, [])
        assert {diagnostic.code for diagnostic in diagnostics} <= {"raw-omitted"}
