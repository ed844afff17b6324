"""Markdown shows the same page as the HTML."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from spipconv.converters import html, markdown
from spipconv.nodes import Document, Link, Paragraph, Profile, Text
from spipconv.objects import Resolver, read_objects
from spipconv.parsing.parser import parse
from tests.trees import Tree, tree

_PROFILES: dict[str, Profile] = {"propre": "article", "comment": "comment", "typo": "title"}

_HTML_CALL = re.compile(r'<span class="spip_note_ref">.*?</span>', re.S)
_CALL = re.compile(r'<sup class="footnote-ref">.*?</sup>', re.S)
_NOTES = re.compile(r'<hr class="footnotes-sep"\s*/?>\s*<section class="footnotes">(.*)</section>\s*\Z', re.S)
_NOTE_ITEM = re.compile(r'<li id="fn[^"]*" class="footnote-item">(.*?)(?=</li>\n<li id="fn|</li>\n</ol>\n\Z)', re.S)
_BACK = re.compile(r' ?<a href="#fnref[^>]*" class="footnote-backref">.*?</a>')

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_READER.use(footnote_plugin).use(deflist_plugin)


def _lines(name: str) -> list[dict[str, str]]:
    text = (Path(__file__).parent.parent / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.strip().split("\n")]


def _shown(source: str) -> tuple[Tree, list[Tree]]:
    """Return the trees of the body and of each note of some Markdown."""
    page = _READER.render(source)
    notes = _NOTES.search(page)
    body = tree(_CALL.sub("<sup>note</sup>", page[: notes.start()] if notes else page))
    if not notes:
        return body, []
    if 'id="fn1"' in notes[1]:
        return body, [tree(_CALL.sub("<sup>note</sup>", _BACK.sub("", item))) for item in _NOTE_ITEM.findall(notes[1])]
    return body, _html_notes(notes[1])


def _html_notes(notes: str) -> list[Tree]:
    texts = re.split(r'<div id="nb[^"]*">', notes)[1:]
    return [tree(_HTML_CALL.sub("", text.strip().removesuffix("</div>"))) for text in texts]


def _check(text: str, profile: Profile, lang: str = "fr", objects: Resolver | None = None) -> str:
    return _check_document(parse(text, profile=profile, lang=lang, objects=objects).document, profile)


def _check_document(document: Document, profile: Profile) -> str:
    """Check that the HTML and the Markdown of a document show the same, and return the Markdown."""
    # Without the sanitiser, which is not idempotent on HTML that no browser would build.
    writer = html.Writer(document, profile)
    body, notes = writer.flow(document.children), writer.notes()
    source = markdown.write(document, profile=profile)
    if profile == "title":
        assert "\n" not in source
        assert tree(_READER.renderInline(source)) == tree(body)
    else:
        wanted = tree(_HTML_CALL.sub("<sup>note</sup>", body))
        shown, shown_notes = _shown(source)
        assert shown == wanted, source
        # Footnotes are in the order of their calls, SPIP's notes in the order of their texts.
        assert sorted(shown_notes, key=str) == sorted(_html_notes(notes), key=str), source
    return source


def _markdown(text: str, profile: Profile = "article") -> str:
    return _check(text, profile).rstrip("\n")


@pytest.fixture(scope="module")
def objects() -> Resolver:
    return read_objects(Path(__file__).parent.parent / "conformance" / "objects.json")


_CASES = [case for name in ("spip44", "kinds", "generated") for case in _lines(f"conformance/{name}.jsonl")]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in _CASES])
def test_shows_the_same_as_the_html(case: dict[str, str], objects: Resolver) -> None:
    _check(case["text"], _PROFILES[case["mode"]], case["lang"], objects)


_ACTIVE = r"""{{ }} { } {{{ }}} [[ ]] [[n]] [[<a>n]] [[<>n]] [[<a>]] [a->http://x.org/] [a|t->b(c] [->#x] [x<-]
    [a|b] [?w] <quote> </quote> <quote> <del> </del> <b> </b> <i> </i> <sup> </sup> <br> <hr> <div> </div> <p> </p>
    <pre> </pre> <span	class="x"> </span> <img	src="a"> <poesie> </poesie> <cadre> </cadre> <code> </code> <math>
    </math> $ $$ <q> </q> <table> <tr> <td> <li> <doc1> * ** _ __ # ## > ` `` ``` ~ ~~ < & &amp; &#10; \ ! ^ : = ==
    + - -- --- -* -** -# -## | || 1. 1) a b é « € ’ . ( ) " ' / @ http://x.org/?a=1&b=2 www.x.org x@y.org""".split()
_FRAGMENTS = [
    *[fragment.replace("\t", " ") for fragment in _ACTIVE],
    *[
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "\u00a0",
        "\u2003",
        "\u200b",
        "\u2028",
        "\n    ",
        "\n- ",
        "\n-* a",
        "\n-** b",
        "\n-# c",
    ],
    *["\n|{{a}}|{{b}}|\n|c|d|\n", "\n|a|b|\n", "\n|:-|\n", "\n_ ", "\n----\n", "\n{{{t}}}\n", "\n: d", "\n1. e"],
]
_texts = st.lists(st.sampled_from(_FRAGMENTS), max_size=14).map("".join)


@given(_texts, st.sampled_from(["article", "comment", "title"]))
@settings(max_examples=200, deadline=None)
def test_shows_the_same_as_the_html_for_any_markup(text: str, profile: Profile) -> None:
    _check(text, profile)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("{{gras}} et {italique}", "**gras** et *italique*"),
        ("{{espaces }}, {{}}, {{un}}{{deux}}", "<strong>espaces </strong>, {{}}, **un**__deux__"),
        ("mot{{gras}}mot, mot{{(gras)}}mot", "mot**gras**mot, mot<strong>(gras)</strong>mot"),
        ("{a {{b}}}, {a{{b}}}", "*a __b__*, *a<strong>b</strong>*"),
        ("un <del>mot</del> <sup>haut</sup>", "un ~~mot~~ <sup>haut</sup>"),
        ("{{{Titre #}}}", "## Titre \\#"),
        ("a\nb\n_ c", "a\\\nb\\\nc"),
        ("----", "_" * 70),
        ("Oui : 1 < 2 & *_`[]\\~x", "Oui\u00a0: 1 < 2 & *_`[]~x"),
        ("un_nom_long", "un_nom_long"),
    ],
)
def test_words_are_escaped(text: str, source: str) -> None:
    assert _markdown(text) == source


@pytest.mark.parametrize("start", ["# a", "1. a", "1) a", "> a", "=== ", "+ a", ": a", "|---|", "-- -", "- a"])
@pytest.mark.parametrize("before", ["", "x\n"])
def test_words_at_the_start_of_a_line_do_not_begin_a_block(before: str, start: str) -> None:
    _markdown(before + start)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("[texte->http://example.org/a_b?c=1&d=2]", "[texte](http://example.org/a_b?c=1&d=2)"),
        ('[texte|titre "cité"->http://example.org/]', '[texte](http://example.org/ "titre \\"cité\\"")'),
        ("[x->http://example.org/a(b)]", "[x](<http://example.org/a(b)>)"),
        ("http://example.org/", "<http://example.org/>"),
        ("[ancre<-]a [là->#ancre]", '<a id="ancre"></a>a [là](#ancre)'),
        ("a![x->#a]", "a\u00a0\\![x](#a)"),
    ],
)
def test_links_are_markdown_links_or_html(text: str, source: str) -> None:
    assert _markdown(text) == source


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("http://example.org/été.html", "http://example.org/%C3%A9t%C3%A9.html"),
        ("http://é.fr/é", "http://xn--9ca.fr/%C3%A9"),
        ("http://example.org/(a", "<http://example.org/(a>"),
        ("http://example.org/a b{c}|d", "http://example.org/a%20b%7Bc%7D%7Cd"),
        ("http://example.org/100%25?a[]=1&copy=2&lt;=3", "http://example.org/100%25?a%5B%5D=1&copy=2&amp;lt;=3"),
        ("#ancre avec espaces", "#ancre%20avec%20espaces"),
        ("//cdn.example.org/x", "//cdn.example.org/x"),
        ("tel:+33123456789", "tel:+33123456789"),
    ],
)
def test_addresses_are_encoded_as_readers_do(address: str, target: str) -> None:
    link = Link(address, (Text("mot"),))
    assert _check_document(Document((Paragraph((link,)),)), "article") == f"[mot]({target})\n"


def test_links_with_addresses_that_readers_would_change_are_html() -> None:
    for address in ("http://example.org/100%", "http://example.org/a\\b", "http://STRASSE.Straße.de/"):
        assert markdown.write(Document((Paragraph((Link(address, (Text("mot"),)),)),))).startswith("<a href=")
    assert _markdown("[x->javascript:alert(1)]") == "x"


def test_lists_are_markdown_lists_or_html() -> None:
    assert _markdown("-* a\n-** b\n-## c\n-* d\n\n-* e") == "- a\n  - b\n  1. c\n- d\n\n* e"


def test_simple_tables_are_markdown_and_others_are_html() -> None:
    assert _markdown("|{{Nom}}|{{Prix}}|\n|a|12|\n|`b|c`|3,5|") == (
        "| Nom    | Prix |\n| ------ | ---: |\n| a      |   12 |\n| `b\\|c` |  3,5 |"
    )
    assert _markdown("|a|b|\n|c|d|").startswith('<table class="table spip">\n<tbody>')


def test_code_is_between_backticks_or_html() -> None:
    assert _markdown("<code>a `b`</code>") == "``` a `b` ```".replace("```", "``")
    assert _markdown("<code class='php'>\n$a = 1;\n\n$b = `ls`;\n</code>") == ("```php\n$a = 1;\n\n$b = `ls`;\n```")


def test_quotes_are_markdown_quotes() -> None:
    assert _markdown("<quote>un\n\n-* deux</quote>") == "> un\n>\n> - deux"


def test_notes_are_footnotes() -> None:
    assert _markdown("Mot[[une note]] et mot[[<b> une {autre}\n\nen deux]].") == (
        "Mot[^1] et mot[^b].\n\n[^1]: une note\n\n[^b]: une *autre*\n\n    en deux"
    )


def test_all_notes_are_html_if_one_of_them_cannot_be_a_footnote() -> None:
    source = _markdown("a[[un]] b[[<>deux]]")
    assert source.startswith('a<sup class="footnote-ref"><a href="#nb1" id="nh1">[1]</a></sup> b\n\n<hr ')
    assert "deux" in source


def test_html_blocks_have_no_blank_lines() -> None:
    assert _markdown("<poesie>a\n\nb</poesie>") == (
        '<blockquote class="spip_poesie"><div>a</div>\n<div>&nbsp;</div>\n<div>b</div>\n</blockquote>'
    )
    assert _markdown("<table><tr><td><cadre>a\n\nb</cadre></td></tr></table>").count("\n\n") == 0


def test_titles_are_one_line() -> None:
    assert _markdown("1. L'{été} : <b>fin</b>\n?", "title") == "1\\. L’{été}\u00a0: **fin** \u00a0?"


@pytest.mark.parametrize("profile", ["article", "comment"])
def test_attacks_do_no_more_than_in_the_html(profile: Profile) -> None:
    for vector in _lines("security/spip_xss.jsonl"):
        _check(vector["vector"], profile)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x->javascript:a]"])
@pytest.mark.parametrize("around", ["%s", "`%s`", "{{%s}}", "|{{a}}|\n|%s|", "<div>%s</div>", "[[%s]]", "[%s->#a]"])
def test_markdown_contains_nothing_active(around: str, text: str) -> None:
    page = _READER.render(_markdown(around % text)).lower()
    assert not re.search(r"<script|<[^>]* onerror|<[^>]*javascript:", page)
