"""What a document holds is what its HTML has."""

from __future__ import annotations

import re
from typing import Any

import pytest

from spipconv import (
    Glossary,
    Profile,
    documents,
    headings,
    images,
    links,
    mark_terms,
    notes,
    parse,
    render,
    table_of_contents,
    to_text,
    words,
)
from spipconv.nodes import Document, Note
from spipconv.sections import Section
from tests import fidelity, judges

_PREFIX = "{http://www.w3.org/1999/xhtml}"
_FILES = ("spip44", "kinds", "generated")


def _documents(name: str) -> list[tuple[str, Document]]:
    return [
        (
            case["id"],
            parse(
                case["text"], profile=fidelity.PROFILES[case["mode"]], lang=case["lang"], objects=fidelity.objects()
            ).document,
        )
        for case in fidelity.read_cases(fidelity.FOLDER / f"{name}.jsonl")
    ]


def _elements(document: Document, *names: str) -> list[Any]:
    return [
        element
        for element in judges.read(render(document)).iter()
        if str(element.tag).removeprefix(_PREFIX) in names and element.get("class") != "spip_note"
    ]


@pytest.mark.parametrize("name", _FILES)
def test_links_and_pictures_are_those_of_the_html(name: str) -> None:
    for case, document in _documents(name):
        hrefs = sorted(a.get("href").replace("#comment-", "#") for a in _elements(document, "a") if a.get("href"))
        assert sorted(link.address for link in links(document)) == hrefs, case
        # The icons of files are no pictures of the text.
        sources = sorted(
            img.get("src") for img in _elements(document, "img") if "vignettes/" not in img.get("src", "v")
        )
        assert sorted(image.address for image in images(document)) == [source for source in sources if source], case


@pytest.mark.parametrize("name", _FILES)
def test_headings_are_those_of_the_html(name: str) -> None:
    for case, document in _documents(name):
        shown = [
            (int(element.tag[-1]), title)
            for element in _elements(document, "h1", "h2", "h3", "h4", "h5", "h6")
            if (title := " ".join(_words(element).split()))
        ]
        assert [(section.level, section.title) for section in headings(document)] == shown, case


def _words(element: Any) -> str:
    """Return the words of an element without the calls of notes."""
    if element.get("class") == "spip_note_ref":
        return ""
    return (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element)


def test_a_table_of_contents_has_sections_below_sections() -> None:
    text = (
        '<h3>Avant</h3>\n{{{[a<-]Un}}}\n<h3 id="b">Un {un}[[Note.]]</h3>\n<h5>Un un un</h5>\n<h4>x</h4>\n'
        "{{{Deux}}}\n{{{}}}"
    )
    assert _outline(table_of_contents(parse(text).document)) == [
        ("Avant", 3, "", []),
        ("Un", 2, "a", [("Un un", 3, "b", [("Un un un", 5, "", []), ("x", 4, "", [])])]),
        ("Deux", 2, "", []),
    ]


def _outline(sections: tuple[Section, ...]) -> list[tuple[str, int, str, list[Any]]]:
    return [(section.title, section.level, section.anchor, _outline(section.sections)) for section in sections]


def test_the_anchor_of_a_heading_is_its_id_in_the_page() -> None:
    text = "{{{[a<-]Titre}}}\n\n[vers->#a]"
    anchors: dict[Profile, str] = {"article": "a", "comment": "comment-a"}
    for profile, anchor in anchors.items():
        document = parse(text, profile=profile).document
        assert [section.anchor for section in headings(document)] == [anchor]
        assert f'<a id="{anchor}">' in render(document)
    assert not list(headings(parse("<h2>Titre</h2>", profile="comment").document))


def test_links_are_told_with_their_words_and_tooltips() -> None:
    text = 'a [{{mot}}|bulle->http://a.org/] <a href="/b" title="c">d<br>e</a> [f->javascript:g] <a id="h">i</a>[[https://j.org/]]'
    assert [link[:3] for link in links(parse(text).document)] == [
        ("http://a.org/", "mot", "bulle"),
        ("/b", "d e", "c"),
        ("https://j.org/", "https://j.org/", ""),
    ]


def test_terms_are_links_if_they_lead_to_another_page() -> None:
    glossary = Glossary.from_data(
        [{"forms": ["ESS"], "definition": "Voir [ici->/c/]."}, {"forms": ["mot"], "address": "/mot/"}]
    )
    document = mark_terms(parse("Un mot de l'ESS.").document, glossary)
    assert [link[:2] for link in links(document)] == [("/mot/", "mot"), ("/c/", "ici")]


def test_pictures_documents_and_notes_are_told() -> None:
    text = 'a[[b]][[<*>c]][[<*>]]\n<doc1>\n<doc3>\n<img src="d.png" alt="e" title="f"><img src="javascript:g">'
    document = parse(text, objects=fidelity.objects()).document
    assert [image[:3] for image in images(document)] == [
        ("IMG/jpg/mer.jpg", "La mer vue du phare", "Une photo"),
        ("d.png", "e", "f"),
    ]
    assert [figure.number for figure in documents(document)] == [1, 3]
    assert [note.label for note in notes(document)] == ["1", "*"]
    assert all(isinstance(note, Note) for note in notes(document))


def test_words_are_without_marks_and_punctuation() -> None:
    text = "L'été[[Une note.]] : « oui » (non) ...\n\n-# un\n-# aujourd'hui"
    assert list(words(parse(text).document)) == ["L’été", "oui", "non", "un", "aujourd’hui", "Une", "note"]


@pytest.mark.parametrize("name", _FILES)
def test_words_are_those_of_the_text(name: str) -> None:
    for case, document in _documents(name):
        shown = iter(re.findall(r"\w+", to_text(document)))
        assert all(word in shown for word in re.findall(r"\w+", " ".join(words(document)))), case
