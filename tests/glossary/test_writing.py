"""Terms and definitions as HTML, Markdown and JSON lines; what hosts make of them, and what attacks cannot do."""

from __future__ import annotations

import json
import pickle
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from msgspec.structs import replace

import spipconv
from spipconv import Document, Glossary, GlossaryEntry, Profile, mark_page, mark_terms, parse, render, to_html
from spipconv.commands import main
from spipconv.converters import html, markdown
from spipconv.converters.flavours import COMMONMARK, GOLDMARK, KRAMDOWN, PYTHON_MARKDOWN, Flavour
from spipconv.glossary import find_glossary
from spipconv.nodes import Definition, Paragraph, Term, Text
from tests import engines
from tests.fuzz import make_case
from tests.glossary.test_marking import unmarked
from tests.judges import dangers, is_stable, unclean

VECTORS = [
    str(json.loads(line)["vector"])
    for name in ("attacks.jsonl", "spip_xss.jsonl")
    for line in (Path(__file__).parent.parent / "security" / name).read_text("utf-8").split("\n")
    if line
]
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ENTRIES: list[dict[str, Any]] = [
    {"forms": ["ESS"], "definition": "Économie sociale et solidaire", "address": "/glossaire/ess/"},
    {"forms": ["coopérative", "coopératives"], "definition": "Une {{entreprise}}.\n\n-* un\n-* deux"},
    {"forms": ["SCIC"], "definition": "Société coopérative d'intérêt collectif"},
    {"forms": ["mot"], "address": "/mot/"},
]
GLOSSARY = Glossary.from_data(ENTRIES)
TEXT = "L'ESS, une coopérative[[Une SCIC ?]], un mot."
FLAVOURS = {"commonmark": COMMONMARK, "hugo": GOLDMARK, "jekyll": KRAMDOWN, "pelican": PYTHON_MARKDOWN}


def elements_of(page: str) -> list[Any]:
    return [
        element for element in html5lib.parse(page, namespaceHTMLElements=False).iter() if isinstance(element.tag, str)
    ]


def check_links(page: str) -> list[str]:
    """Return the fragments that links lead to, after checking that each is the only id of its name."""
    elements = elements_of(page)
    ids = [element.get("id") for element in elements if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in elements:
        assert set(element.get("aria-describedby", "").split()) <= set(ids)
        assert set(element.get("aria-labelledby", "").split()) <= set(ids)
    targets = [element.get("href")[1:] for element in elements if element.get("href", "").startswith("#")]
    assert set(targets) <= set(ids)
    return targets


# ---- HTML ----


def test_the_html_of_a_term_and_of_its_definition() -> None:
    entry = GlossaryEntry(forms=("ESS",), definition="Économie sociale et solidaire", address="/ess/")
    assert to_html("L'ESS.", extensions=[Glossary([entry]).extension()]) == (
        '<p>L’<a class="glossary-term cs_glossaire" id="term-ref-ess-1" href="#term-ess" role="doc-glossref"'
        ' aria-describedby="term-ess-short">ESS</a>.</p>\n'
        '<section class="glossary" role="doc-glossary" aria-labelledby="glossary-title">\n'
        '<h2 id="glossary-title">Glossaire</h2>\n<dl>\n'
        '<dt id="term-ess"><dfn><a href="/ess/"><abbr title="Économie sociale et solidaire">ESS</abbr></a></dfn></dt>\n'
        '<dd><p id="term-ess-short">Économie sociale et solidaire</p>\n'
        '<a class="glossary-back" href="#term-ref-ess-1" role="doc-backlink" aria-label="Retour au texte">↩\ufe0e</a>'
        "</dd>\n</dl>\n</section>\n"
    )


@pytest.mark.parametrize("profile", ["article", "comment"])
@pytest.mark.parametrize("first_only", [True, False])
def test_links_and_ids_meet(profile: Profile, first_only: bool) -> None:
    glossary = Glossary.from_data(ENTRIES, first_only=first_only, comments=True)
    page = to_html(f"{TEXT}\n\nESS et SCIC", profile, extensions=[glossary.extension()])
    targets = check_links(page)
    assert len([target for target in targets if "term-ref" in target]) == (3 if first_only else 6)
    if profile == "comment":
        ids = [element.get("id", "") for element in elements_of(page)]
        assert all(name.startswith(("comment-", "n")) for name in ids if name)
        links = [element for element in elements_of(page) if element.get("href")]
        assert all("nofollow ugc noopener" in link.get("rel") for link in links)


def test_the_glossary_comes_after_the_notes_and_apart() -> None:
    document = parse(TEXT, extensions=[GLOSSARY.extension()]).document
    written = html.write(document)
    assert written.glossary.startswith("<section")
    assert "<section" not in written.body + written.notes
    assert render(document) == f'{written.body}<div class="notes">\n{written.notes}\n</div>\n{written.glossary}'
    assert html.write(parse(TEXT).document).glossary == ""


@pytest.mark.parametrize("sanitizer", ["nh3", "bleach"])
def test_raw_html_of_the_author_changes_nothing(sanitizer: spipconv.safety.Sanitizer) -> None:
    plain = Glossary([GlossaryEntry(forms=("ESS",), definition="Une définition.")])
    raw = Glossary([GlossaryEntry(forms=("ESS",), definition="Une <b onclick=x>définition</b>.")])
    clean = to_html("ESS <ins>a</ins>", extensions=[plain.extension()], sanitizer=sanitizer)
    assert clean == to_html("ESS a", extensions=[plain.extension()]).replace(" a<", " <ins>a</ins><")
    assert "<b>définition</b>" in to_html("ESS <table><p>", extensions=[raw.extension()], sanitizer=sanitizer)


def test_the_title_is_in_the_language_of_the_text() -> None:
    assert ">Glossary</h2>" in to_html("ESS", lang="en", extensions=[GLOSSARY.extension()])
    assert 'aria-label="Volver al texto"' in to_html("ESS", lang="es", extensions=[GLOSSARY.extension()])


def test_a_definition_without_a_first_paragraph_is_described_too() -> None:
    glossary = Glossary([GlossaryEntry(forms=("liste",), definition="-* un\n-* deux")])
    page = to_html("liste [glossary-title<-]", extensions=[glossary.extension()])
    assert '<dd><div id="term-liste-short"><ul' in page
    assert check_links(page)


def test_the_parts_of_a_page_meet() -> None:
    glossary = Glossary.from_data(ENTRIES, first_only=False)
    parts = mark_page([parse(text).document for text in ("ESS et SCIC", "SCIC", "une ESS")], glossary)
    page = "".join(map(render, parts))
    assert page.count("<section") == 1
    assert len(check_links(page)) == 10


def test_a_tree_made_by_hand_has_no_id_twice() -> None:
    mark = Term("ess", (Text("ESS"),), "/ess/", 1)
    document = Document((Paragraph((mark, mark)),), definitions=(Definition("ess", ("ESS",), (Text("x"),), uses=1),))
    check_links(render(document))


# ---- Markdown ----


def test_the_markdown_of_terms_and_definitions() -> None:
    document = parse("Une SCIC de l'ESS, un mot.", extensions=[GLOSSARY.extension()]).document
    assert render(document, "markdown") == (
        "Une [SCIC](#term-scic) de l’[ESS](/glossaire/ess/), un [mot](/mot/).\n\n## Glossaire\n\n"
        '- <a id="term-scic"></a>**<abbr title="Société coopérative d’intérêt collectif">SCIC</abbr>**\u00a0: '
        "Société [coopérative](#term-cooperative) d’intérêt collectif\n"
    ).replace("- <a", "<a").replace("collectif\n", "collectif\n\n") + (
        '<a id="term-cooperative"></a>**coopérative**\u00a0: Une **entreprise**.\n\n- un\n- deux\n'
    )


def test_definitions_of_one_paragraph_are_a_list() -> None:
    glossary = Glossary([GlossaryEntry(forms=(word,), definition="Un mot.") for word in ("un", "deux")])
    written = spipconv.to_markdown("un, deux", lang="en", extensions=[glossary.extension()])
    assert written.endswith(
        '## Glossary\n\n- <a id="term-un"></a>**un**: Un mot.\n- <a id="term-deux"></a>**deux**: Un mot.\n'
    )


def test_abbreviations_are_for_the_reader_if_wanted() -> None:
    document = parse("L'ESS, une coopérative.", extensions=[GLOSSARY.extension()]).document
    flavour = replace(PYTHON_MARKDOWN, has_abbreviations=True)
    written = markdown.write(document, flavour=flavour)
    assert written.startswith("L’ESS, une [coopérative](#term-cooperative).\n")
    assert written.endswith("\n\n*[ESS]: Économie sociale et solidaire\n")
    (page,) = engines.pelican([written])
    assert '<abbr title="Économie sociale et solidaire">ESS</abbr>' in page


SOURCES = [
    TEXT,
    "ESS\n\n|{{a}}|{{b}}|\n|SCIC|coopérative|\n",
    "<table><tr><td>une SCIC</td></tr></table>",
    "{{SCIC}}, {coopérative} (SCIC)[[coopérative]]",
    "-* SCIC\n-* <quote>coopérative</quote>",
]


@pytest.mark.parametrize("name", FLAVOURS)
@pytest.mark.parametrize("first_only", [True, False])
def test_links_and_definitions_meet_in_every_host(name: str, first_only: bool) -> None:
    if name != "commonmark" and (missing := engines.what_is_missing(name)):
        pytest.skip(missing)
    glossary = Glossary.from_data([{**entry, "address": ""} for entry in ENTRIES[:3]], first_only=first_only)
    documents = [parse(text, extensions=[glossary.extension()]).document for text in SOURCES]
    written = [markdown.write(document, flavour=FLAVOURS[name]) for document in documents]
    pages = [READER.render(source) for source in written] if name == "commonmark" else getattr(engines, name)(written)
    for page, document in zip(pages, documents, strict=True):
        links = [element for element in elements_of(page) if element.get("href", "").startswith("#term-")]
        names = {element.get("id") for element in elements_of(page)}
        assert {link.get("href")[1:] for link in links} == {f"term-{item.identifier}" for item in document.definitions}
        assert {link.get("href")[1:] for link in links} <= names
        assert all("Définition" not in (link.text or "") for link in links)


@pytest.mark.parametrize("name", FLAVOURS)
def test_every_host_shows_the_definitions_of_html(name: str) -> None:
    if name != "commonmark" and (missing := engines.what_is_missing(name)):
        pytest.skip(missing)
    glossary = Glossary.from_data(ENTRIES[:3])
    documents = [parse(text, extensions=[glossary.extension()]).document for text in SOURCES]
    flavour = replace(FLAVOURS[name], has_definitions=True)
    written = [markdown.write(document, flavour=flavour) for document in documents]
    pages = [READER.render(source) for source in written] if name == "commonmark" else getattr(engines, name)(written)
    for page, document in zip(pages, documents, strict=True):
        elements = elements_of(page)
        ids = [element.get("id") for element in elements if element.get("id")]
        assert len(ids) == len(set(ids))
        marks = [element for element in elements if element.get("class") == "glossary-term cs_glossaire"]
        assert len(marks) == sum(item.uses for item in document.definitions)
        for element in elements:
            if element.get("href", "").startswith("#term-"):
                assert element.get("href")[1:] in ids
            if element.get("aria-describedby"):
                assert element.get("aria-describedby") in ids
        (section,) = [element for element in elements if element.get("role") == "doc-glossary"]
        assert "entreprise" in "".join(section.itertext()) or "coopérative" not in "".join(section.itertext())


# ---- Attacks ----


def hostile(vector: str) -> Glossary | None:
    try:
        return Glossary(
            [
                GlossaryEntry(
                    forms=("mot", vector[:200]), definition=f"{vector} {vector}", short=vector, abbreviation=True
                )
            ]
        )
    except spipconv.BadGlossary:
        return None


@pytest.mark.slow
def test_attacks_in_terms_and_definitions_are_only_text() -> None:
    tried = 0
    for vector in VECTORS:
        glossary = hostile(vector)
        if glossary is None:
            continue
        tried += 1
        document = mark_terms(parse(f"mot {vector}").document, glossary)
        assert document.definitions
        for profile in ("article", "comment"):
            page = render(document, profile=profile)
            assert not dangers(page), vector
            assert not unclean(page), vector
            if tried % 4 == 0:
                assert is_stable(page), vector
        source: Flavour
        for source in (COMMONMARK, replace(KRAMDOWN, has_abbreviations=True)):
            assert not dangers(READER.render(markdown.write(document, flavour=source))), vector
    assert tried > 300


@pytest.mark.slow
def test_attacks_in_the_lines_of_abbreviations_are_only_text() -> None:
    flavour = replace(PYTHON_MARKDOWN, has_abbreviations=True)
    for vector in VECTORS:
        words = {"forms": (vector, "mot"), "short": "un mot"}, {"forms": ("mot",), "short": vector}
        for fields in words:
            definition = Definition("mot", children=(Text("x"),), address="/mot/", is_abbreviation=True, **fields)  # type: ignore[arg-type]
            document = Document((Paragraph((Term("mot", (Text("mot"),), "/mot/", 1),)),), definitions=(definition,))
            written = markdown.write(document, flavour=flavour)
            (page,) = engines.pelican([written])
            assert not dangers(page), vector
            assert not dangers(READER.render(written)), vector
            assert "<abbr" in page or "[mot](/mot/)" in written, vector


@pytest.mark.slow
def test_attacks_in_trees_made_by_hand_are_only_text() -> None:
    for vector in VECTORS:
        if unclean(vector):
            continue
        marks = (Term(vector, (Text("a"),), vector, 1), Term("b", (Text(vector),), vector))
        definition = Definition(
            vector, (vector,), (Text(vector),), vector, vector, vector, is_abbreviation=True, uses=2
        )
        document = Document((Paragraph(marks),), definitions=(definition, replace(definition, address="")))
        page = render(document)
        assert not dangers(page), vector
        assert not dangers(READER.render(render(document, "markdown"))), vector


@pytest.mark.parametrize("address", ["javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_addresses_that_are_not_allowed_are_refused(address: str) -> None:
    with pytest.raises(spipconv.BadGlossary, match="not allowed"):
        Glossary([GlossaryEntry(forms=("mot",), address=address)])
    document = Document((Paragraph((Term("mot", (Text("mot"),), address),)),))
    assert render(document) == "<p>mot</p>\n"
    assert unescape(READER.render(render(document, "markdown"))) == "<p>mot</p>\n"


# ---- Commands and processes ----


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "glossary.json"
    path.write_text(json.dumps(ENTRIES), "utf-8")
    return path


def run(*arguments: object, text: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=text)
    return result.exit_code, result.output


def test_convert_marks_terms(file: Path) -> None:
    expected = to_html(TEXT, extensions=[GLOSSARY.extension()])
    assert run("convert", "--glossary", file, text=TEXT) == (0, expected)
    assert run("convert", "--to", "markdown", "--glossary", file, text=TEXT)[1].startswith("L’[ESS](/glossaire/ess/)")


def test_json_lines_have_the_glossary_where_there_is_one(file: Path, tmp_path: Path) -> None:
    lines = "".join([json.dumps({"id": text, "text": text, "glossary": "old"}) + "\n" for text in ("ESS", "rien")])
    code, output = run("convert", "--jsonl", "--glossary", file, text=lines)
    answers = [json.loads(line) for line in output.splitlines()]
    assert code == 0
    assert answers[0]["glossary"].startswith("<section")
    assert list(answers[1]) == ["id", "html", "notes", "diagnostics"]
    (tmp_path / "in.jsonl").write_text(lines, "utf-8")
    assert run("batch", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--glossary", file, "--workers", 2)[0] == 0
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()] == answers
    # Without a glossary, a field of that name is the caller's.
    assert json.loads(run("convert", "--jsonl", text=lines)[1].splitlines()[1])["glossary"] == "old"


def test_tables_have_a_column_for_the_glossary(file: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from spipconv.batch.converter import Options
    from spipconv.batch.rows import convert_table

    table = arrow.table({"text": ["ESS", "rien", None]})
    options = Options(extensions=(Glossary.read(file).extension(),))
    column = convert_table(table, options).column("glossary").to_pylist()
    assert [value and value[:8] for value in column] == ["<section", "", None]
    assert "glossary" not in convert_table(table).column_names


def test_check_lists_what_the_glossary_has_to_say(file: Path) -> None:
    code, output = run("check", "--glossary", file, text="ESS mot")
    assert (code, [line.split(": ")[1] for line in output.splitlines()]) == (
        0,
        ["glossary-unused coopérative", "glossary-unused SCIC"],
    )


@pytest.mark.parametrize("command", ["convert", "check"])
def test_a_bad_file_is_refused(command: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('[{"forms": ["a"], "definition": 1}]')
    code, output = run(command, "--glossary", bad, text="a")
    assert (code, output) == (2, f'Error: --glossary: {bad}: entry 1: "definition": expected a string\n')


def test_a_glossary_is_one_object_however_often_it_arrives() -> None:
    extension = GLOSSARY.extension()
    assert extension is GLOSSARY.extension()
    arrived = [pickle.loads(pickle.dumps(extension)) for _ in range(2)]  # noqa: S301
    assert arrived[0] is arrived[1]
    assert to_html(TEXT, extensions=arrived[:1]) == to_html(TEXT, extensions=[extension])
    assert find_glossary(arrived) is not None
    assert Glossary.from_data(ENTRIES).digest == GLOSSARY.digest
    assert Glossary.from_data(ENTRIES, headings=True).digest != GLOSSARY.digest


@pytest.mark.slow
def test_random_texts_keep_their_words_and_are_safe() -> None:
    # Words that random texts contain.
    forms = ("mot", "été", "a", "x", "b", "un", "oui")
    entries = [GlossaryEntry(forms=(form,), definition=f"Un <b>{form}</b>.", address=f"/{form}/") for form in forms]
    glossaries = [Glossary(entries, first_only=first, headings=first, comments=True) for first in (True, False)]
    marked = 0
    for number in range(700):
        case = make_case(13, number)
        document = parse(case.text, profile=case.profile, lang=case.lang, plugins=("glossaire", *case.plugins)).document
        with_terms = mark_terms(document, glossaries[number % 2])
        assert unmarked(with_terms.children) == unmarked(document.children), case
        page = render(with_terms)
        assert not dangers(page), case
        for flavour in FLAVOURS.values():
            markdown.write(with_terms, flavour=flavour)
        marked += bool(with_terms.definitions)
    assert marked > 150
