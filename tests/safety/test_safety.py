"""Texts by strangers and authors are harmless to readers, judged by an HTML5 parser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import spipconv
from spipconv import safety
from spipconv.nodes import Document, Element, Link, Node, Paragraph, Text
from tests.judges import dangers, is_stable, unclean
from tests.trees import tree

VECTORS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "security" / "spip_xss.jsonl").read_text("utf-8").split("\n")[:-1]
]
CONTEXTS = {
    "raw": "{}",
    "bold": "{{{{{}}}}}",
    "heading": "{{{{{{{}}}}}}}",
    "link text": "[{}->http://example.org/]",
    "link address": "[texte->{}]",
    "link title": "[texte|{}->http://example.org/]",
    "note": "mot[[{}]]",
    "note name": "mot[[<{}> note]]",
    "note without a call": "mot[[<>{}]]",
    "abbreviation": "[mot|{}]",
    "abbreviated": "[{}|mot]",
    "caption": "||{}|résumé||\n|a|b|",
    "summary": "||légende|{}||\n|a|b|",
    "cell": "|{}|b|\n|c|d|",
    "item": "-* {}\n-* fin",
    "quote": "<quote>{}</quote>",
    "code": "<code>{}</code>",
    "attribute": '<a href="http://example.org/" title="{}">x</a>',
    "link around a table": '<a href="http://example.org/">x<table><tr><td>{}</td></tr></table></a>',
    "html": "<html>{}</html>",
    "multi": "<multi>[fr]{}[en]x</multi>",
    "model": "<img1|alt={}|left>",
    "anchor": "[{}<-]",
}


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("profile", ["article", "comment", "title"])
@pytest.mark.slow
def test_hostile_vectors_are_harmless(context: str, profile: Any) -> None:
    assert VECTORS
    for vector in VECTORS:
        html = spipconv.to_html(CONTEXTS[context].format(vector["vector"]), profile=profile)
        assert not dangers(html), vector["id"]
        assert not unclean(html), vector["id"]


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        '<img src="x" onerror="x">',
        '<a href=" java\nscript:x">x</a>',
        "</div><p>x",
        "<svg></svg>",
        '<p style="x">',
        "<!-- x -->",
    ],
)
def test_the_judge_detects_danger(html: str) -> None:
    assert dangers(html)


@pytest.mark.parametrize("profile", ["article", "comment", "title"])
@pytest.mark.parametrize(
    "text",
    [
        "{{{%s}}}", "<b title='%s'>x</b>", '<a href="http://a.org/%s">x</a>', "[x|%s->http://a.org/]", "[x|%s]",
        "<q cite='http://a.org/%s'>x</q>", "<code class='%s'>x</code>", "x[[<%s> y]]", "<img src='%s' alt='%s'>",
        "<cadre>%s</cadre>", "[%s<-]",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "character", ["\x0c", "\x1b", "\x00", "\x0b", "\ufffe", "\uffff", "\ufdd0", "\ud800", "&#12;", "&#27;"]
)
def test_no_html_contains_characters_that_feeds_forbid(text: str, character: str, profile: Any) -> None:
    html = spipconv.to_html(text.replace("%s", f"a{character}b"), profile)
    assert not unclean(html)
    assert is_stable(html)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.slow
def test_both_sanitizers_leave_the_same_tree(context: str) -> None:
    for vector in VECTORS:
        text = CONTEXTS[context].format(vector["vector"])
        ours, theirs = (spipconv.to_html(text, sanitizer=name) for name in ("nh3", "bleach"))
        assert theirs == ours or tree(theirs) == tree(ours), vector["id"]


@pytest.mark.slow
def test_both_sanitizers_leave_the_conformance_cases_as_they_are() -> None:
    cases = (Path(__file__).parent.parent / "conformance" / "spip44.jsonl").read_text("utf-8").split("\n")[:-1]
    for case in map(json.loads, cases):
        parsed = spipconv.parse(case["text"])
        ours = spipconv.render(parsed.document)
        assert tree(safety.clean(ours, "nh3")) == tree(ours), case["id"]
        assert tree(safety.clean(ours, "bleach")) == tree(ours), case["id"]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " \x01javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "javascript%3Aalert(1)",
        "javascript&colon;alert(1)",
        "%6aavascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>x</script>",
        "file:///etc/passwd",
        "blob:x",
        "ws://example.org/",
    ],
)
def test_addresses_of_other_kinds_are_refused(address: str) -> None:
    assert safety.safe_address(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "HTTPS://example.org/a:b?c=javascript:x",
        "mailto:a@example.org",
        "tel:+33123",
        "ftp://example.org/",
        "/a",
        "../a?b#c",
        "#c",
        "//example.org/",
        "a b",
        "art12,13",
        "",
        "page.php?url=http%3A%2F%2Fexample.org",
    ],
)
def test_addresses_of_allowed_kinds_stay_as_they_are(address: str) -> None:
    assert safety.safe_address(address) == address


@pytest.mark.parametrize(
    "node",
    [
        Element("script", (), (Text("alert(1)"),)),
        Element("img", (("src", "x"), ("onerror", "alert(1)")), ()),
        Element("iframe", (("src", "https://evil.example/"),), ()),
        Element("a", (("href", "javascript:alert(1)"),), (Text("x"),)),
        Element('p onclick="x"', (), (Text("x"),)),
        Element("p", (('x" onclick="alert(1)', "y"),), (Text("x"),)),
        Link("javascript:alert(1)", (Text("x"),)),
        Link('http://example.org/"><script>x</script>', (Text("<script>x</script>"),), title='"><b>'),
    ],
)
@pytest.mark.parametrize("profile", ["article", "comment"])
def test_hand_made_trees_are_written_safely(node: Node, profile: Any) -> None:
    document = Document((Paragraph((node,)),))
    assert not dangers(spipconv.render(document, profile=profile))


@pytest.mark.parametrize(
    "text", ["[a->http://a.org/]", "http://b.org/", "[?C]", "[d->art1]", "[e->#f]", "g[[h]]", "[i->mailto:i@j.org]"]
)
def test_every_link_in_a_comment_has_the_rel_of_user_content(text: str) -> None:
    html = spipconv.to_html(text, profile="comment")
    links = re.findall(r"<a [^>]*href[^>]*>", html)
    assert links
    assert all(' rel="nofollow ugc noopener' in link for link in links)


def test_a_new_window_cannot_reach_back_into_the_page() -> None:
    html = spipconv.to_html('<a href="http://x.org/" target="_blank" rel="help">x</a>')
    assert 'rel="help noopener"' in html


def test_a_comment_looks_nothing_up() -> None:
    class Forbidden:
        site_address = ""

        def find(self, kind: str, number: int) -> None:
            raise AssertionError(f"{kind} {number} was looked up")

        translate = find

    html = spipconv.to_html("[->art1] <doc1> <img2|left> [x{en}->rub3]", profile="comment", objects=Forbidden())  # type: ignore[arg-type]
    assert "article 1" in html


def test_a_missing_sanitizer_is_named() -> None:
    # In a process of its own: compiled code keeps the modules that it has imported.
    code = """
import sys
import spipconv
class Missing:
    def find_spec(name, path, target=None):
        if name == "bleach":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing)
spipconv.to_html("<sup>x</sup>", sanitizer="bleach")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("ImportError: ")
    assert ended.stderr.rstrip().endswith('pip install "spipconv[bleach]"')
