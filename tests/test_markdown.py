"""Markdown shows the page that the HTML shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from spipconv.converters import html, markdown
from spipconv.nodes import Document
from spipconv.objects import Resolver, read_objects
from spipconv.parser import parse
from spipconv.source import Profile
from trees import Tree, tree

_CONFORMANCE = Path(__file__).parent / "conformance"
_PROFILES: dict[str, Profile] = {"propre": "article", "comment": "comment", "typo": "title"}

_HTML_CALL = re.compile(r'<span class="spip_note_ref">.*?</span>', re.S)
_CALL = re.compile(r'<sup class="footnote-ref">.*?</sup>', re.S)
_NOTES = re.compile(r'<hr class="footnotes-sep"\s*/?>\s*<section class="footnotes">(.*)</section>\s*\Z', re.S)
_NOTE_ITEM = re.compile(r'<li id="fn[^"]*" class="footnote-item">(.*?)(?=</li>\n<li id="fn|</li>\n</ol>\n\Z)', re.S)
_BACK = re.compile(r' ?<a href="#fnref[^>]*" class="footnote-backref">.*?</a>')

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_READER.use(footnote_plugin).use(deflist_plugin)


def _cases() -> list[Any]:
    lines = (_CONFORMANCE / "spip44.jsonl").read_text(encoding="utf-8").strip().split("\n")
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


def _shown(source: str) -> tuple[Tree, list[Tree]]:
    """Return the trees of the body and of each note that some Markdown makes."""
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
    """Compare what a document's HTML and its Markdown show, and return the latter."""
    # Not what the sanitiser makes of it: on HTML that no browser would build it is not idempotent.
    writer = html.Writer(profile, document.language)
    body, notes = writer.flow(document.children), writer.notes()
    source = markdown.write(document, profile=profile)
    if profile == "title":
        assert "\n" not in source
        assert tree(_READER.renderInline(source)) == tree(body)
    else:
        wanted = tree(_HTML_CALL.sub("<sup>note</sup>", body))
        shown, shown_notes = _shown(source)
        assert shown == wanted, source
        # Footnotes come in the order of their calls, SPIP's notes in that of their texts.
        assert sorted(shown_notes, key=str) == sorted(_html_notes(notes), key=str), source
    return source


@pytest.fixture(scope="module")
def objects() -> Resolver:
    return read_objects(_CONFORMANCE / "objects.json")


@pytest.mark.parametrize("case", _cases())
def test_shows_what_the_html_shows(case: dict[str, str], objects: Resolver) -> None:
    _check(case["text"], _PROFILES[case["mode"]], case["lang"], objects)


_ACTIVE = r"""{{ }} { } {{{ }}} [[ ]] [[n]] [[<a>n]] [[<>n]] [[<a>]] [a->http://x.org/] [a|t->b(c] [->#x] [x<-]
    [a|b] [?w] <quote> </quote> <quote> <del> </del> <b> </b> <i> </i> <sup> </sup> <br> <hr> <div> </div> <p> </p>
    <pre> </pre> <span	class="x"> </span> <img	src="a"> <poesie> </poesie> <cadre> </cadre> <code> </code> <math>
    </math> $ $$ <q> </q> <table> <tr> <td> <li> <doc1> * ** _ __ # ## > ` `` ``` ~ ~~ < & &amp; &#10; \ ! ^ : = ==
    + - -- --- -* -** -# -## | || 1. 1) a b é « € ’ . ( ) " ' / @ http://x.org/?a=1&b=2 www.x.org x@y.org""".split()
_FRAGMENTS = [
    *[fragment.replace("\t", " ") for fragment in _ACTIVE],
    *[" ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u2003", "\u200b", "\u2028", "\n    ", "\n- ", "\n-* a", "\n-** b", "\n-# c"],
    *["\n|{{a}}|{{b}}|\n|c|d|\n", "\n|a|b|\n", "\n|:-|\n", "\n_ ", "\n----\n", "\n{{{t}}}\n", "\n: d", "\n1. e"],
]
_texts = st.lists(st.sampled_from(_FRAGMENTS), max_size=14).map("".join)


@given(_texts, st.sampled_from(["article", "comment", "title"]))
@settings(max_examples=int(__import__('os').environ.get('N','200')), deadline=None)
def test_shows_what_the_html_shows_of_anything(text: str, profile: Profile) -> None:
    _check(text, profile)
