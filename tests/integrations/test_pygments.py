"""The lexer of Pygments: every character of a text comes out, with a type that says what SPIP reads it as."""

from __future__ import annotations

import doctest
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Generic, Keyword, Name, Punctuation, String, Text, _TokenType

from spipconv.pygments import SpipTextLexer
from tests.parsing.test_cases import read_cases
from tests.parsing.test_hostile import SHAPES
from tests.parsing.test_properties import MARKUP

ROOT = Path(__file__).parent.parent.parent
LEXER = SpipTextLexer()


def check(text: str) -> None:
    """Check that the tokens are the text, each where it stands, and that none is empty or an error."""
    position = 0
    for offset, type, value in LEXER.get_tokens_unprocessed(text):
        assert offset == position
        assert value == text[offset : offset + len(value)] != ""
        assert type not in Error
        position += len(value)
    assert position == len(text)


@settings(max_examples=400, deadline=None)
@given(st.one_of(MARKUP, st.text()))
def test_every_character_comes_out(text: str) -> None:
    check(text)


def test_every_case_comes_out() -> None:
    for case in read_cases():
        check(str(case.values[0]))


@pytest.mark.parametrize("shape", SHAPES)
def test_piles_of_markup_come_out(shape: str) -> None:
    check(SHAPES[shape](1000))


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("{{{Titre}}}", [(Generic.Heading, "{{{Titre}}}")]),
        ("{{gras}} {italique}", [(Generic.Strong, "{{gras}}"), (Text, " "), (Generic.Emph, "{italique}")]),
        (
            "{{a {b} c}} d",
            [(Generic.Strong, "{{a "), (Generic.Emph, "{b}"), (Generic.Strong, " c}}"), (Text, " d")],
        ),
        ("{{{{{a}} b}}} c", [(Generic.Strong, "{{{{{a}}"), (Generic.Heading, " b}}}"), (Text, " c")]),
        ("{{a\n\nb", [(Generic.Strong, "{{a"), (Text, "\n\nb")]),
        ("-* a\n-## b", [(Keyword, "-*"), (Text, " a\n"), (Keyword, "-##"), (Text, " b")]),
        ("a\n----", [(Text, "a\n"), (Keyword, "----")]),
        (
            "[le {plan}->art12]",
            [
                (Punctuation, "["),
                (Name.Tag, "le "),
                (Generic.Emph, "{plan}"),
                (Punctuation, "->"),
                (Name.Attribute, "art12"),
                (Punctuation, "]"),
            ],
        ),
        ("[->]", [(Punctuation, "[->]")]),
        ("a[[b]]", [(Text, "a"), (Keyword, "[["), (Text, "b"), (Keyword, "]]")]),
        ("https://a.org/", [(Name.Attribute, "https://a.org/")]),
        ("[?SPIP][ici<-]", [(Name.Entity, "[?SPIP]"), (Name.Label, "[ici<-]")]),
        ("[HTML|HyperText]", [(Name.Entity, "[HTML|HyperText]")]),
        ("|a|\nb | c", [(Punctuation, "|"), (Text, "a"), (Punctuation, "|"), (Text, "\nb | c")]),
        ("<doc12|left><b>", [(Name.Function, "<doc12|left>"), (Name.Tag, "<b>")]),
        ("<quote>a</quote>", [(Name.Tag, "<quote>"), (Text, "a"), (Name.Tag, "</quote>")]),
        ("`{{a}}`", [(String.Backtick, "`{{a}}`")]),
        ("<code>{{a}}</code>", [(Name.Tag, "<code>"), (String.Backtick, "{{a}}"), (Name.Tag, "</code>")]),
        ("<math>$x$</math>", [(String.Other, "<math>$x$</math>")]),
        ("<!-- {a} --><?php x ?>", [(Comment.Multiline, "<!-- {a} -->"), (Comment.Preproc, "<?php x ?>")]),
        ("\\{a<:b:>", [(String.Escape, "\\{"), (Text, "a"), (Name.Constant, "<:b:>")]),
        ("<multi>[fr]a[en]b</multi>", [(Name.Tag, "<multi>"), (Text, "[fr]a[en]b"), (Name.Tag, "</multi>")]),
    ],
)  # fmt: skip
def test_a_shortcut_has_its_types(text: str, types: list[tuple[_TokenType, str]]) -> None:
    tokens = [(type, value) for _, type, value in LEXER.get_tokens_unprocessed(text)]
    runs = [(type, "".join(value for _, value in run)) for type, run in groupby(tokens, itemgetter(0))]
    assert runs == types


def test_pygments_finds_the_lexer_by_name_and_by_file() -> None:
    assert type(get_lexer_by_name("spip-text")) is SpipTextLexer
    assert type(get_lexer_for_filename("texte.spip")) is SpipTextLexer


@pytest.mark.parametrize("name", ["integrations.md", "integrations.fr.md"])
def test_the_example_of_the_document_runs(name: str) -> None:
    result = doctest.testfile(str(ROOT / "docs" / name), module_relative=False, encoding="utf-8")
    assert result.attempted == 4
    assert result.failed == 0


def test_a_page_shows_the_text() -> None:
    html = highlight("Un {{mot}} & <b>", get_lexer_by_name("spip-text"), HtmlFormatter(nowrap=True))
    assert html == 'Un <span class="gs">{{mot}}</span> &amp; <span class="nt">&lt;b&gt;</span>\n'


def test_a_fence_in_markdown_is_coloured() -> None:
    html = markdown.markdown("```spip-text\n{{mot}}\n```", extensions=["fenced_code", "codehilite"])
    assert '<span class="gs">{{mot}}</span>' in html
