"""Properties of every text: it parses, its HTML is safe, its tree is bounded, its output is always the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv.nodes import Node, children_of, plain_text
from spipconv.safety import MAX_DEPTH
from tests.judges import dangers, unclean

# Everything that SPIP or HTML reads as markup, with words in between.
WORDS = r"""{ } {{ }} {{{ }}} [ ] [[ ]] -> <- [? | || ~ \ ` `` ``` < > & ; : ! ? « » ' " $ $$ # * _ - -- ---- ____
    <quote> </quote> <code> </code> <cadre> </cadre> <poesie> </poesie> <intro> </intro> <html> </html> <math> </math>
    <multi> </multi> [fr] [en] <b> </b> <i> </i> <p> </p> <div> </div> <span> </span> <a> </a> <table> <tr> <td> </td>
    </tr> </table> <ul> <li> </li> </ul> <pre> </pre> <script> </script> <style> </style> <!-- --> <br> <hr> <img1>
    <doc2|left> <inconnu3|x> [->art1] [a->http://a.org/] http://a.org/ www.a.org &amp; &#60; mot été 12"""
LINES = ["\n", "\n\n", "\r\n", "\n-* ", "\n-## ", "\n- ", "\n-- ", "\n_ ", "\n|", "|\n"]
SPACES = [" ", "\t", "\xa0", "\0", "\ud800"]
FRAGMENTS = st.sampled_from([*WORDS.split(), *LINES, *SPACES])
MARKUP = st.lists(FRAGMENTS, max_size=40).map("".join)
PROFILES = st.sampled_from(["article", "comment", "title"])
LANGUAGES = st.sampled_from(["fr", "en", "eo", "pt_br", "FR-ca"])


@settings(max_examples=400, deadline=None)
@given(st.one_of(MARKUP, st.text()), PROFILES, LANGUAGES, st.booleans())
@pytest.mark.slow
def test_every_text_becomes_harmless_html(text: str, profile: Any, lang: str, angle: bool) -> None:
    parsed = spipconv.parse(text, profile=profile, lang=lang, angle_shortcuts=angle)
    html = spipconv.render(parsed.document)
    assert not dangers(html)
    assert not unclean(html)
    assert all(
        diagnostic.message and diagnostic.line >= 1 and diagnostic.column >= 1 for diagnostic in parsed.diagnostics
    )


@settings(max_examples=200, deadline=None)
@given(MARKUP, PROFILES)
def test_nesting_is_bounded(text: str, profile: Any) -> None:
    def depth(nodes: tuple[Node, ...]) -> int:
        return max((1 + depth(children_of(node)) for node in nodes), default=0)

    assert depth(spipconv.parse(text * 30, profile=profile).document.children) <= MAX_DEPTH + 8


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(whitelist_categories=("Lu", "Ll", "Nd")), min_size=1))
def test_plain_words_stay_as_they_are(text: str) -> None:
    parsed = spipconv.parse(text)
    assert plain_text(parsed.document.children) == text
    # Letters may by chance be what a misread text has: "ÂŠ".
    assert {diagnostic.code for diagnostic in parsed.diagnostics} <= {"encoding-repeated"}


def test_plain_text_has_blocks_on_lines_of_their_own() -> None:
    text = "{{{Résumé}}}\n\nPremier {point}[[Note.]].\n\n-* un\n-* deux\n\n|a|b|\n<div>c</div><b>d</b>e"
    assert plain_text(spipconv.parse(text).document.children) == "Résumé\nPremier point.\nun\ndeux\na\nb\nc\nde"


@settings(max_examples=100, deadline=None)
@given(MARKUP)
def test_all_kinds_of_line_ends_give_the_same_html(text: str) -> None:
    text = text.replace("\r", "")
    assert spipconv.to_html(text.replace("\n", "\r\n")) == spipconv.to_html(text)


@settings(max_examples=20, deadline=None)
@given(st.lists(MARKUP, min_size=4, max_size=8))
def test_threads_give_the_same_html_as_a_single_thread(texts: list[str]) -> None:
    alone = [spipconv.to_html(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(spipconv.to_html, texts)) == alone
