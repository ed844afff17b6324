"""Which words of a text are marked, and what the marks of a page lead to."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv import BadGlossary, Document, Glossary, GlossaryEntry, mark_page, mark_terms, parse
from spipconv.glossary.folding import fold
from spipconv.nodes import Definition, Directive, Node, Term, Text, plain_text, walk

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = [json.loads(line) for line in (HERE / "cases.jsonl").read_text("utf-8").splitlines()]


def glossary_of(*forms: str, **options: Any) -> Glossary:
    return Glossary([GlossaryEntry(forms=(form,), definition=f"Définition de {number}.") for number, form in
                     enumerate(forms)], **options)  # fmt: skip


def marks_in(tree: Document | tuple[Node, ...]) -> list[str]:
    """Return the words and the identifier of each mark, those of notes last."""
    marks = [node for node in walk(tree) if isinstance(node, Term)]
    return [f"{plain_text(mark.children)}>{mark.identifier}" for mark in marks]


def unmarked(nodes: tuple[Node, ...]) -> str:
    """Return what nodes are without marks and places: their kinds and words."""

    def pieces(nodes: tuple[Node, ...]) -> Iterator[str]:
        for node in nodes:
            match node:
                case Text():
                    yield node.text
                case Term():
                    yield from pieces(node.children)
                case Directive():
                    pass
                case _:
                    name = type(node).__name__
                    yield f"<{name}>{''.join(pieces(spipconv.nodes.children_of(node)))}</{name}>"

    return "".join(pieces(nodes))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_terms_are_marked(case: dict[str, Any]) -> None:
    options = {name: case[name] for name in ("first_only", "headings", "comments") if name in case}
    glossary = Glossary.from_data(case["entries"], **options)
    extension = glossary.extension(case.get("address", ""))
    profile = case.get("profile", "article")
    parsed = parse(case["text"], profile=profile, extensions=[extension])
    assert marks_in(parsed.document) == case["marks"]
    assert [diagnostic.code for diagnostic in parsed.diagnostics] == []
    plain = parse(case["text"], profile=profile, plugins=["glossaire"]).document
    assert unmarked(parsed.document.children) == unmarked(plain.children)
    # The pass and the extension do the same.
    assert mark_terms(plain, glossary, address=case.get("address", "")) == parsed.document


def test_the_definitions_of_a_page_are_those_of_its_terms_in_their_order() -> None:
    glossary = glossary_of("un", "deux", "trois", "quatre")
    document = mark_terms(parse("trois, un[[deux]], trois").document, glossary)
    assert [(item.identifier, item.uses) for item in document.definitions] == [("trois", 1), ("un", 1), ("deux", 1)]
    every = glossary_of("un", "trois", first_only=False)
    assert [item.uses for item in mark_terms(parse("trois, un, trois").document, every).definitions] == [2, 1]
    assert [mark.number for mark in walk(mark_terms(parse("un un").document, every)) if isinstance(mark, Term)] == [
        1,
        2,
    ]


def test_terms_in_definitions_are_marked_once() -> None:
    entries = [
        ("un", "Voir un et deux."),
        ("deux", "Voir trois et un."),
        ("trois", "Voir un et quatre."),
        ("quatre", "x"),
    ]
    glossary = Glossary([GlossaryEntry(forms=(form,), definition=definition) for form, definition in entries])
    document = mark_terms(parse("un").document, glossary)
    marks = {item.identifier: marks_in(item.children) for item in document.definitions}
    assert marks == {"un": ["deux>deux"], "deux": []}


def test_the_documents_of_a_page_share_marks_and_definitions() -> None:
    head, text, comment = parse("L'ESS.").document, parse("ESS et mot[[ESS]]").document, parse("mot", profile="comment")
    marked = mark_page([head, text, comment.document], glossary_of("ESS", "mot"))
    assert [marks_in(document) for document in marked] == [["ESS>ess"], ["mot>mot"], []]
    assert [len(document.definitions) for document in marked] == [0, 0, 2]
    assert mark_page([], glossary_of("ESS")) == ()


def test_a_text_with_the_shortcut_leaves_the_first_mark_to_the_next() -> None:
    texts = [parse(text, plugins=["glossaire"]).document for text in ("ESS [!glossaire]", "ESS")]
    marked = mark_page(texts, glossary_of("ESS"))
    assert [marks_in(document) for document in marked] == [[], ["ESS>ess"]]
    assert not any(isinstance(node, Directive) for document in marked for node in walk(document))


def test_a_marked_document_is_not_marked_again() -> None:
    document = mark_terms(parse("ESS, ESS").document, glossary_of("ESS"))
    assert mark_terms(document, glossary_of("ESS", "mot")) == document


def test_a_document_without_terms_stays_the_same() -> None:
    document = parse("{{un}}[[deux]]\n\n|a|b|\n").document
    assert mark_terms(document, glossary_of("ESS")).children is document.children


@pytest.mark.parametrize(
    "text", ["ESS [term-ess<-]", "ESS <span id='term-ess-short'>x</span>", "ESS [term-ref-ess-1<-]"]
)
def test_ids_of_terms_are_not_those_of_the_text(text: str) -> None:
    html = spipconv.to_html(text, extensions=[glossary_of("ESS").extension()])
    ids = spipconv_ids(html)
    assert len(ids) == len(set(ids)) == 5
    document = parse(text, extensions=[glossary_of("ESS").extension()]).document
    assert glossary_of("ESS").unused([document]) == ()


def spipconv_ids(html: str) -> list[str]:
    return [part.partition('"')[0] for part in html.split(' id="')[1:]]


def test_a_term_with_a_page_alone_leads_there() -> None:
    glossary = Glossary([GlossaryEntry(forms=("mot",), address="/mot/")])
    document = mark_terms(parse("un mot").document, glossary)
    assert document.definitions == ()
    assert [(mark.address, mark.number) for mark in walk(document) if isinstance(mark, Term)] == [("/mot/", 0)]


# ---- What a glossary says of itself ----


def test_diagnostics() -> None:
    entries = [
        GlossaryEntry(forms=("ESS",), definition="x"),
        GlossaryEntry(forms=("ess", "mot"), definition="x", patterns_left=(",a+,",)),
        GlossaryEntry(forms=("absent",), definition="x"),
    ]
    glossary = Glossary(entries)
    assert [(item.code, item.detail) for item in glossary.diagnostics] == [
        ("glossary-pattern-left", ",a+,"),
        ("glossary-shadowed", "ess"),
    ]
    used = [mark_terms(parse(text).document, glossary) for text in ("ESS", "mot")]
    assert [(item.code, item.detail) for item in glossary.unused(used)] == [("glossary-unused", "absent")]
    assert all(item.severity == "info" for item in glossary.diagnostics)


def test_identifiers_all_differ() -> None:
    forms = ["a", "A", "à", "a 2", "日本", "中国", "ref-a-1", "a-short", "term-ref-a"]
    entries = [GlossaryEntry(forms=(form,), definition="x") for form in forms]
    glossary = Glossary([*entries, GlossaryEntry(forms=("z",), definition="x", identifier="a")])
    names = [f"{start}{name}{end}" for name in glossary.identifiers for start, end in
             (("term-", ""), ("term-", "-short"), ("term-ref-", "-1"), ("term-ref-", "-2"))]  # fmt: skip
    assert len(set(names)) == len(names) == 40


@pytest.mark.parametrize(
    ("forms", "definition", "expected"),
    [
        (("ESS",), "Économie sociale et solidaire.", "Économie sociale et solidaire"),
        (("SCIC",), "Société coopérative d'intérêt collectif", "Société coopérative d’intérêt collectif"),
        (("S.C.I.C.",), "Société coopérative d'intérêt collectif", "Société coopérative d’intérêt collectif"),
        (("ESS",), "Un mot.", None),
        (("Mot",), "Ma orange tarte.", None),
        (("AB",), "Autre bien long texte " + "mot " * 20, None),
    ],
)
def test_what_writes_an_abbreviation_out_is_recognised(forms: tuple[str, ...], definition: str, expected: str) -> None:
    glossary = Glossary([GlossaryEntry(forms=forms, definition=definition)])
    (found,) = mark_terms(parse(forms[0]).document, glossary).definitions
    assert (found.short if found.is_abbreviation else None) == expected


def test_the_notes_of_a_definition_are_left_out() -> None:
    glossary = Glossary([GlossaryEntry(forms=("mot",), definition="Une[[note]] définition [!glossaire] " + "x " * 150)])
    (definition,) = mark_terms(parse("mot").document, glossary).definitions
    assert isinstance(definition, Definition)
    assert plain_text(definition.children).startswith("Une définition x x")
    assert len(definition.short) <= 201
    assert definition.short.endswith(" x…")


# ---- Files ----

BAD = [
    ("{", "not JSON"),
    ("\xff", "not JSON"),
    ("{}", "expected a list"),
    ("[1]", "entry 1: expected an object"),
    ('[{"definition": "x"}]', 'entry 1: "forms"'),
    ('[{"forms": [], "definition": "x"}]', 'entry 1: "forms"'),
    ('[{"forms": "ESS", "definition": "x"}]', 'entry 1: "forms"'),
    ('[{"forms": [" "], "definition": "x"}]', "a form is empty"),
    ('[{"forms": ["a\\u0000"], "definition": "x"}]', "a control character"),
    ('[{"forms": ["%s"], "definition": "x"}]' % ("a" * 201), "201 characters"),
    ('[{"forms": ["a"], "definition": "x"}, {"forms": ["b"]}]', "entry 2 ('b'): \"definition\""),
    ('[{"forms": ["a"], "definition": 1}]', 'entry 1: "definition": expected a string'),
    ('[{"forms": ["a"], "definition": "x", "abbreviation": "yes"}]', 'entry 1: "abbreviation": expected true or false'),
    ('[{"forms": ["a"], "definition": "x", "adress": ""}]', "'adress' is not a field"),
    ('[{"forms": ["a"], "address": "javascript:alert(1)"}]', "\"address\": 'javascript:alert(1)'"),
    ('[{"forms": ["a"], "definition": "x", "identifier": "a b"}]', '"identifier"'),
    ('[{"forms": ["a"], "definition": "x", "identifier": "ref-a"}]', '"identifier"'),
    ('[{"forms": ["a"], "definition": "x", "language": "xx"}]', "\"language\": 'xx' is unknown"),
    ('[{"forms": ["a"], "definition": "x", "identifier": "i"}, {"forms": ["b"], "definition": "x", "identifier": "i"}]',
     "entry 2: \"identifier\": 'i' is that of another entry"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BAD)
def test_a_bad_file_is_one_line(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "glossary.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(BadGlossary) as raised:
        Glossary.read(file)
    assert message in str(raised.value)
    assert str(raised.value).startswith(f"{file}: ")
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadGlossary, match="No such file"):
        Glossary.read(tmp_path / "none.json")


# ---- Properties ----

LETTERS = st.sampled_from(
    ["a", "é", "e\u0301", "ß", "SS", "İ", "ﬁ", " ", "\u00a0", "’", "'", "-", "x\u0302", "각", "\u1100\u1161", "Σ"]
)
WORDS = st.lists(LETTERS, min_size=1, max_size=8).map("".join)


@settings(deadline=None, database=None)
@given(WORDS)
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    whole = unicodedata.normalize("NFC", text.replace("’", "'")).casefold()
    assert folded.text == whole
    assert folded.starts is None or (
        len(folded.starts) == len(folded.text) + 1
        and sorted(folded.starts) == list(folded.starts)
        and folded.starts[-1] == len(text)
    )


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(WORDS.filter(lambda word: word.strip() != ""), min_size=1, max_size=6, unique=True), WORDS, WORDS)
def test_marks_change_no_word(forms: list[str], before: str, after: str) -> None:
    glossary = glossary_of(*forms, first_only=False)
    text = f"{before} {forms[0]} {after}"
    document = Document((spipconv.nodes.Paragraph((Text(text),)),))
    marked = mark_terms(document, glossary)
    assert plain_text(marked.children) == text
    known = {fold(" ".join(form.split())).text for form in forms}
    for mark in marks_in(marked):
        assert fold(" ".join(mark.rpartition(">")[0].split())).text in known
