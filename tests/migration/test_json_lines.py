"""JSON lines: every field of a page, on what every reader takes for one line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv.migration.pages.page import Attachment, Comment, Event, Page, PageEvent, PageLink, Point, Term
from spipconv.migration.writers.json_lines import line
from spipconv.nodes import Document, Paragraph, Text
from tests.judges import dangers
from tests.safety.test_safety import CONTEXTS, VECTORS

DATE = datetime(2004, 3, 2, 10, 20, 30)
SECTION = Term("rubrique", 3, "Actualités", "actualites", "/actualites/")
KEYWORD = Term("mot", 5, "Espagne", "espagne", "/pays/espagne/", "pays")
EVENT = Event(DATE, DATE)
AUTHOR = Term("auteur", 9, "Jane Doe", "jane-doe", "/auteurs/jane-doe/")


def tree_of(text: str, *, is_comment: bool = False) -> Document:
    return spipconv.parse(text, profile="comment" if is_comment else "article").document


def page(**fields: Any) -> Page:
    values: dict[str, Any] = {
        "language": "fr",
        "address": "/a/b/",
        "slug": "b",
        "title": "B",
        "body": tree_of("Un texte."),
    }
    return Page("article", 12, **(values | fields))


def test_every_line_has_all_fields() -> None:
    one = page(
        body=tree_of("{{Un}} texte[[Note.]]"), status="prop", is_draft=True, is_future=True,
            weight=10, date=DATE, modified=DATE,
        written="1998-05-00", overtitle="Sur", subtitle="Sous", description="Résumé", sections=(SECTION,),
        authors=(AUTHOR,), keywords=(KEYWORD,), logo="/IMG/a.png", logo_hover="/IMG/b.png", elsewhere=("Là", "/la"),
        feed="https://example.org/feed", attachments=(Attachment(1, "Plan", "/IMG/a.pdf", "a.pdf", True),),
        comments=(Comment(4, 0, 0, "Zoé", "", DATE, "Oui", tree_of("http://example.org/", is_comment=True), True),),
        below=(PageLink("article", 13, "C", "/a/c/"),), translations=(PageLink("article", 12, "B", "/en/a/b/", "en"),),
        translation_key="article-12", aliases=("article12.html",), parts=(("texte", 1),), partial_date="2004-03-00",
        event=EVENT, events=(PageEvent(2, "Fête", "/a/b/fete/", EVENT),), unique="contact",
        belongs_to=PageLink("article", 11, "A", "/a/"), points=(Point(1, 48.85, 2.35),), composition="large",
        also_in=(SECTION,), broader=(KEYWORD,), extra=(("fonction", "Présidente"),), terms=("ess",), forms=("ESS",),
        is_glossary=True, has_open_forum=True,
    )  # fmt: skip
    found = json.loads(line(one))
    (comment,) = found.pop("comments")
    # Pages may gain fields: each must be listed here, with a value of its own.
    written = {name for name in Page.__struct_fields__ if name not in ("body", "comments")}
    assert set(found) == written | {"html", "notes", "markdown", "summary"}
    assert set(comment) == set(Comment.__struct_fields__) - {"body"} | {"html", "notes", "markdown"}
    assert all(found.values())
    assert found["kind"] == "article"
    assert found["summary"] == "Résumé"
    assert json.loads(line(page(body=tree_of("{{{Titre}}}\n\nUn texte.[[Note.]]"))))["summary"] == "Titre Un texte."
    assert found["date"] == "2004-03-02T10:20:30"
    assert found["written"] == "1998-05-00"
    assert found["html"].startswith("<p><strong>Un</strong> texte")
    assert 'id="nb1"' not in found["html"]
    assert "Note." in found["notes"]
    assert found["markdown"].startswith("**Un** texte[^")
    assert found["sections"] == [
        {
            "kind": "rubrique",
            "number": 3,
            "title": "Actualités",
            "slug": "actualites",
            "address": "/actualites/",
            "group": "",
        }
    ]
    assert found["elsewhere"] == {"title": "Là", "address": "/la"}
    assert found["attachments"][0]["file"] == "a.pdf"
    assert found["translations"][0]["language"] == "en"
    assert found["aliases"] == ["article12.html"]
    assert comment["is_pending"] is True
    assert comment["author"] == "Zoé"
    assert 'rel="nofollow ugc' in comment["html"]


def test_a_page_without_anything_has_the_same_fields() -> None:
    found = json.loads(line(page()))
    assert list(found) == list(json.loads(line(page(title="x", date=DATE, comments=()))))
    assert found["date"] is None
    assert found["notes"] == ""
    assert found["comments"] == []


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None) | st.sampled_from('\u2028\u2029\x85\r\n\0"\\u\ud83d\ude00\ud800/<>&é😀')))
def test_texts_are_read_back_unchanged(text: str) -> None:
    written = line(page(title=text, aliases=(text,), body=Document((Paragraph((Text(text),)),))))
    assert written.isascii()
    assert written.splitlines(keepends=True) == [written]
    found = json.loads(written)
    # Adjacent halves are one character in JSON.
    expected = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert found["title"] == expected
    assert found["aliases"] == [expected]


def test_a_lone_surrogate_is_replaced_and_its_escape_is_not() -> None:
    found = json.loads(line(page(title="a\ud800b \\ud800 \\\ud800 😀 \udfff")))
    assert found["title"] == "a\ufffdb \\ud800 \\\ufffd 😀 \ufffd"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert line(page(comments=())) == line(page(comments=()))


@pytest.mark.slow
def test_hostile_texts_are_harmless() -> None:
    for context in ("raw", "html", "attribute"):
        for vector in VECTORS:
            text = CONTEXTS[context].format(vector["vector"])
            message = Comment(1, 0, 0, "", "", None, "", tree_of(text, is_comment=True))
            found = json.loads(line(page(body=tree_of(text), comments=(message,))))
            for one in (found, found["comments"][0]):
                assert not dangers(one["html"] + one["notes"]), vector["id"]
