"""Excerpts are what SPIP's rules make of a text (``excerpts.jsonl``), and never more than was asked for.

The results of the first cases are those of SPIP 4.4's rules for ``couper`` on SPIP's own HTML of the text, those of the
others follow from its rules for ``introduction``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv import Document, excerpt, parse, to_text
from spipconv.excerpts import cut
from tests.fidelity import read_cases
from tests.parsing.test_properties import MARKUP

_CASES = read_cases(Path(__file__).with_name("excerpts.jsonl"))
_WORDS = st.text(st.sampled_from("abé ,.\u00a0\n"), max_size=120).map(
    lambda text: re.sub(r"\s*\n\s*", "\n\n", text).strip()
)


@pytest.mark.parametrize("case", _CASES, ids=range(len(_CASES)))
def test_an_excerpt_is_what_spip_chooses_and_cuts(case: dict[str, Any]) -> None:
    options = dict(case)
    assert (
        excerpt(options.pop("text"), **{name: value for name, value in options.items() if name != "excerpt"})
        == (case["excerpt"])
    )


def test_there_are_enough_cases() -> None:
    assert len(_CASES) >= 60


@settings(max_examples=500, deadline=None, database=None)
@given(_WORDS, st.integers(-1, 130), st.sampled_from(["", " …", " (…)", "\u00a0(...)"]))
def test_plain_words_are_cut_between_words_and_once(words: str, length: int, suffix: str) -> None:
    short = cut(words, length, suffix)
    assert len(short) <= max(length, 0)
    assert cut(short, length, suffix) == short
    if short == words:
        return
    kept = short.removesuffix(suffix) if words[: len(short)] != short else short
    assert words.startswith(kept)
    after = words[len(kept) :]
    # A word is cut only if the words before it are less than three quarters of the length.
    if after and kept and not after[0].isspace() and not kept[-1].isspace():
        assert len(re.sub(r"\s*\S+\Z", "", kept)) < 0.75 * length


@settings(max_examples=300, deadline=None, database=None)
@given(MARKUP, st.integers(1, 200))
def test_an_excerpt_is_the_start_of_the_text(text: str, length: int) -> None:
    document = parse(text).document
    document = Document(document.children)
    short = excerpt(document, length, "")
    assert len(short) <= length
    # The marks of lists are not in an excerpt, nor are notes: their words are compared without both.
    whole = excerpt(document, 10**9)
    assert whole.startswith(short)
    words = iter(re.findall(r"\w+", to_text(document, notes=False)))
    assert all(word in words for word in re.findall(r"\w+", whole))


def test_an_excerpt_of_documents_is_that_of_their_texts() -> None:
    head, body = "Un {{chapo}}.", "Un texte[[Note.]]."
    of_documents = excerpt(parse(body).document, head=parse(head).document, description=Document(()))
    assert of_documents == excerpt(body, head=head) == "Un chapo.\n\nUn texte."
    assert excerpt("Mr Smith", lang="en") == "Mr\u00a0Smith"


def test_what_is_put_into_intro_is_shown_in_the_text_too() -> None:
    document = parse("Avant <intro>le {choix}</intro> après.").document
    assert to_text(document) == "Avant le choix après."
    assert to_text(Document(document.introduction)) == "le choix"
    # A line and a column are those of the text.
    paragraph = document.introduction[0]
    assert (paragraph.line, paragraph.column) == (1, 14)
    assert parse("Avant `<intro>` et <intro> après.").document.introduction == ()


@pytest.mark.parametrize("function", [to_text, excerpt])
def test_a_document_takes_no_options_of_reading(function: Callable[..., str]) -> None:
    with pytest.raises(TypeError, match="lang, plugins: options of reading"):
        function(Document(()), lang="en", plugins=())
    with pytest.raises(TypeError, match="text: expected a string, not bytes: decode it first"):
        function(b"mot")
    assert function("", lang="en") == ""
    assert excerpt(Document(()), head="Mr Smith", lang="en") == "Mr\u00a0Smith"
