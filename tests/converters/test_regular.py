"""Where the second lock judges the author's tags alone, the result is that of cleaning the whole page."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv.converters import html
from spipconv.converters.html.regular import ELEMENTS, is_regular
from spipconv.nodes import (
    Code,
    Document,
    Element,
    Emphasis,
    Heading,
    LineBreak,
    Link,
    List,
    ListItem,
    Node,
    Paragraph,
    Quote,
    Strong,
    Table,
    Text,
)
from spipconv.safety import ARTICLE, clean
from tests.parsing.test_properties import MARKUP

CONFORMANCE = Path(__file__).parent.parent / "conformance"
# Hosts that nh3 accepts, hosts that it refuses, and what has none.
ADDRESSES = (
    "http://a.org/", "https://www.a-b.org:80/x?a=1&b=2", "ftp://f.org", "HTTP://A.org/", "http://[x", "http://a b.org/",
    "http://a.org:99999/", "http://1.2.3.4.5/", "http://xn--a.org/", "http://a&b.org/", "http://a_b.org/", "http://a.1/",
    "http://a.org\\x", "http:a b", "mailto:a@b.org", "mailto://[x", "tel:1", "sms:1", "//x.y/z", "#x", "art12", "",
)  # fmt: skip


def clean_whole(document: Document) -> tuple[str, str]:
    writer = html.Writer(document)
    body, notes = writer.flow(document.children), writer.notes()
    return (clean(body), clean(notes)) if writer.has_raw_html else (body, notes)


def assert_same(document: Document) -> None:
    written = html.write(document)
    assert (written.body, written.notes) == clean_whole(document)


WORDS = st.sampled_from(
    ["a", "b c", " ", "\n", "", "é « » …", "a&b", "<x>", '"q"', "\xa0", "1 < 2 > 1", "&amp;lt;", " />"]
)
ATTRIBUTES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["alt", "class", "id", "onclick", "style", "title"]), WORDS),
        st.tuples(st.sampled_from(["cite", "href", "src"]), st.sampled_from(ADDRESSES)),
        st.tuples(st.sampled_from(["rel", "target"]), st.just("_blank")),
    ),
    max_size=3,
    unique_by=lambda attribute: attribute[0],
).map(tuple)
NAMES = st.sampled_from([*sorted(ELEMENTS), "dd", "dl", "ruby", "rt", "table", "td", "tr", "video"])


def _containers(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    children = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Element, NAMES, st.just(()), children),
        st.builds(Element, NAMES, ATTRIBUTES, children),
        *(st.builds(kind, children) for kind in (Emphasis, Heading, ListItem, Paragraph, Quote, Strong)),
        st.builds(Link, st.sampled_from(ADDRESSES), children, title=WORDS),
        st.builds(List, st.booleans(), st.lists(children.map(ListItem), max_size=2).map(tuple)),
    )


LEAVES = st.one_of(WORDS.map(Text), WORDS.map(Code), st.just(LineBreak()), st.just(Table(())))
TREES = st.lists(st.recursive(LEAVES, _containers, max_leaves=8), min_size=1, max_size=3).map(tuple)


@settings(max_examples=600, deadline=None, database=None)
@given(TREES)
def test_any_tree_is_written_as_if_all_of_it_were_cleaned(children: tuple[Node, ...]) -> None:
    assert_same(Document(children))


@pytest.mark.parametrize("attributes", [(), (("title", "x"),)])
def test_any_element_in_any_other_is_written_as_if_all_of_it_were_cleaned(attributes: Any) -> None:
    for outer, middle, inner in product(ELEMENTS, ("i", "ul", "li"), ELEMENTS):
        leaf = Element(inner, attributes, (Text("c"),))
        assert_same(Document((Element(outer, (), (Text("a"), leaf)),)))
        assert_same(Document((Element(outer, attributes, (Element(middle, (), (leaf, Text("b"))),)),)))


@settings(max_examples=300, deadline=None, database=None)
@given(MARKUP, st.sampled_from(["article", "comment", "title"]))
def test_any_text_is_written_as_if_all_of_it_were_cleaned(text: str, profile: Any) -> None:
    assert_same(spipconv.parse(text, profile=profile).document)


@pytest.mark.parametrize("name", ["generated", "kinds", "spip44"])
def test_the_texts_of_conformance_are_written_as_if_all_of_them_were_cleaned(name: str) -> None:
    lines = (CONFORMANCE / f"{name}.jsonl").read_text("utf-8").split("\n")[:-1]
    assert lines
    for line in lines:
        assert_same(spipconv.parse(json.loads(line)["text"]).document)


def test_notes_are_written_as_if_all_of_them_were_cleaned() -> None:
    assert_same(spipconv.parse("a[[<b>b</b> [c->http://a.org:99999/] <br />d]]").document)
    assert_same(spipconv.parse("<b>a</b>[[b [c->http://a.org/] <br />d]]").document)


@pytest.mark.parametrize(
    "markup",
    [
        "<p>a<p>b</p></p>\n",
        '<p class="x">a<b><div>b</div></b></p>\n',
        "<p><hr></p>",
        "<p><table><tbody></tbody></table></p>",
        "<h2>a<h3>b</h3></h2>\n",
        "<p><pre>a</pre></p>",
        '<a href="#x">a<a id="y"></a></a>',
        "<a><b>a<a>b</a></b></a>",
        "<ul><li>a<li>b</li></li></ul>",
        "<ul><li><b><li>a</li></b></li></ul>",
        "<pre>\na</pre>",
        '<pre class="x">\na</pre>',
        "\ufeffa",
        "a\rb",
        "a\0b",
        *(f'<a href="http://{host}/">a</a>' for host in ("a b", "[x", "a.org:99999", "1.2.3.4.5", "xn--a.org")),
        '<img src="http://[x" alt="">',
        '<a class="x" href="mailto://[x">a</a>',
    ],
)  # fmt: skip
def test_what_parsers_repair_is_not_regular(markup: str) -> None:
    assert not is_regular(markup)
    # If nh3 no longer changes it, the rule can go.
    assert clean(markup) != markup


@pytest.mark.parametrize(
    "markup",
    [
        "a <b>b</b><br>c &amp; &nbsp;d",
        '<p>a <b>b</b><br class="autobr">\nc</p>\n<p class="x"><i>d</i></p>\n',
        '<ul class="spip" role="list"><li>a<ul><li>b</li></ul></li><li>c</li></ul>\n',
        "<ol>\n<li>a</li>\n<li><p>b</p></li>\n</ol>",
        "<b><p>a</p><ul><li>b</li></ul></b>",
        "<b><b><b><b><b>a</b></b></b></b></b>",
        '<a href="#x">a <b>b</b></a><a id="y"></a>',
        "<a>a</a><a>b</a>",
        '<h2 class="spip">a <code>b</code></h2>\n<hr class="spip">\n<blockquote>\n<p>c</p>\n</blockquote>\n',
        "<pre><code>\na</code></pre>",
        *(f'<a href="{address}">a</a>' for address in ("http://a.org", "https://A-b.c1.org:80/?a:b", "mailto:a@b.c")),
        '<a href="../a?b#c" title="d: e">a</a><img src="//a b/c" alt="">',
        '<div><table class="spip"><tbody><tr><td>a<p>b</p></td></tr></tbody></table></div>',
    ],
)  # fmt: skip
def test_what_parsers_leave_alone_is_regular(markup: str) -> None:
    assert is_regular(markup)
    assert clean(markup) == markup


def test_the_policy_allows_what_may_be_regular() -> None:
    assert ARTICLE.tags >= ELEMENTS


@pytest.mark.parametrize(
    "attribute",
    [("onclick", "x"), ("href", "javascript:x"), ("style", "x"), ('title="" onclick', "x"), ("x><script", "")],
)
def test_the_second_lock_judges_every_tag_that_the_first_lets_through(attribute: tuple[str, str]) -> None:
    element = Element("a", (("id", "b"), attribute), (Text("c"),))
    writer = html.Writer(Document((Paragraph((Element("i", (), (element,)),)),)))
    # A fault in the policy of the converter, not in that of the lock.
    writer.policy = ARTICLE._replace(attributes={"*": frozenset({"id", attribute[0]}), "a": frozenset()})
    body = writer.flow(writer.document.children)
    assert attribute[0] in body
    assert not html._is_clean(writer, body, "")
