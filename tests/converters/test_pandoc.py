"""pandoc's JSON: what pandoc makes of it holds all that the tree holds, and nothing that is not safe."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from spipconv import Document, Format, from_dict, parse, render
from spipconv.converters.pandoc import VERSIONS, write
from spipconv.nodes import (
    Definition,
    Element,
    Figure,
    Heading,
    Inline,
    Link,
    List,
    Note,
    Paragraph,
    Player,
    Quote,
    Raw,
    Strong,
    Term,
    Text,
    walk,
)
from spipconv.trees import MAX_LEVELS
from tests import fidelity, judges
from tests.library.trees import documents as trees
from tests.pandoc_types import faults
from tests.pandocs import PICTURE, Contents, find_pandoc, items, join, of_docx, of_epub, of_tree, run
from tests.safety.test_attacks import shots

FORMATS: tuple[Format, ...] = ("pandoc", "pandoc2")
CASES = Path(__file__).parent / "pandoc_cases.jsonl"
LINKS = judges.SCHEMES | {"geo", "news", "sftp", "sms", "xmpp"}
# Raw text that the converter may write by itself: what a browser shows above words.
_RAW = re.compile(r"</?(?:ruby|rt|rp)(?: [^<>]*)?>")
# The styles that the converter writes.
_STYLE = re.compile(r"text-align: (?:center|justify|left|right)|float: (?:left|right)")


@cache
def all_cases() -> tuple[list[dict[str, str]], list[Document]]:
    """Return all cases of conformance, and their documents."""
    cases = [
        case
        for name in ("spip44.jsonl", "kinds.jsonl", "generated.jsonl")
        for case in fidelity.read_cases(fidelity.FOLDER / name)
    ]
    return cases, [
        parse(
            case["text"], profile=fidelity.PROFILES[case["mode"]], lang=case["lang"], objects=fidelity.objects()
        ).document
        for case in cases
    ]


def blocks_of(text: str, to: Format = "pandoc", **options: Any) -> Any:
    return json.loads(render(parse(text, objects=fidelity.objects(), **options).document, to))["blocks"]


def has_block_in_link(document: Document) -> bool:
    """Return whether a link is around blocks: in pandoc, it is a link in each of them."""
    links = [node for node in walk(document.children) if isinstance(node, Link)]
    return any(not isinstance(node, Inline) for link in links for node in walk(link.children))


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "read"), [("docx", of_docx), ("epub", of_epub)])
@pytest.mark.parametrize("to", FORMATS)
def test_what_pandoc_makes_holds_what_the_tree_holds(
    to: Format, suffix: str, read: Callable[[Path], list[Contents]], tmp_path: Path
) -> None:
    cases, documents = all_cases()
    (tmp_path / "a.png").write_bytes(PICTURE)
    run(find_pandoc(to), join(documents, to), "--output", f"a.{suffix}", folder=tmp_path)
    made = read(tmp_path / f"a.{suffix}")
    assert len(made) == len(documents) > 1000
    different = {}
    for case, document, contents in zip(cases, documents, made, strict=True):
        expected = of_tree(document, document.profile)
        if has_block_in_link(document):
            assert contents.links >= expected.links, case["text"]
            expected = expected._replace(links=contents.links)
        if contents != expected:
            different[case["id"]] = (case["text"], expected, contents)
    assert different == {}
    totals = [sum(values) for values in zip(*[contents[:-1] for contents in made], strict=True)]
    assert min(totals) > 10, totals
    if suffix == "docx":
        opened = docx.Document(str(tmp_path / "a.docx"))
        assert len(opened.tables) > 50
        assert len(opened.inline_shapes) > 20


@pytest.mark.slow
@pytest.mark.parametrize("target", ["latex", "odt", "typst", "dokuwiki", "mediawiki", "rst"])
def test_the_words_are_in_every_format(target: str, tmp_path: Path) -> None:
    _, documents = all_cases()
    (tmp_path / "a.png").write_bytes(PICTURE)
    run(find_pandoc("pandoc"), join(documents, "pandoc"), "--wrap=none", "--to", target, "-o", "out", folder=tmp_path)
    content = (tmp_path / "out").read_bytes()
    if target == "odt":
        with zipfile.ZipFile(tmp_path / "out") as archive:
            content = archive.read("content.xml")
    shown = set(re.findall(r"[^\W\d_]{4,}", content.decode()))
    words = {
        word
        for document in documents
        for node in walk(document.children)
        if isinstance(node, Text)
        for word in re.findall(r"(?<![\w\\&])[^\W\d_]{4,}(?![\w;])", node.text)
    }
    assert len(words) > 500
    assert sorted(words - shown) == []


@pytest.mark.parametrize("to", FORMATS)
def test_every_case_has_pandocs_types(to: Format) -> None:
    cases, documents = all_cases()
    for case, document in zip(cases, documents, strict=True):
        written = json.loads(render(document, to))
        assert faults(written) == [], case["text"]
        assert to == "pandoc" or all(item["t"] != "Figure" for item in items(written))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(2))
def test_any_tree_has_pandocs_types_and_is_safe(value: dict[str, Any]) -> None:
    document = from_dict(value, embeds=True)
    assert isinstance(document, Document)
    for to in FORMATS:
        written = json.loads(render(document, to))
        assert faults(written) == []
        assert dangers(written) == set()


def dangers_of_address(address: str, schemes: frozenset[str]) -> set[str]:
    scheme = re.match(r"[\0- ]*([A-Za-z][A-Za-z0-9+.-]*)[\t\n\r]*:", address)
    return {f"address {address}"} if scheme and scheme[1].lower() not in schemes else set()


def dangers(document: Any) -> set[str]:
    """Return what is dangerous in pandoc's JSON: addresses, raw text, styles."""
    found: set[str] = set()
    for item in items(document["blocks"]):
        content: Any = item.get("c")
        match item["t"]:
            case "Link" | "Image" as kind:
                found |= dangers_of_address(content[2][0], judges.SCHEMES if kind == "Image" else LINKS)
            case "RawInline" | "RawBlock":
                if content[0] != "html" or not _RAW.fullmatch(content[1]):
                    found.add(f"raw {content}")
        for attributes in content if isinstance(content, list) else ():
            if isinstance(attributes, list) and len(attributes) == 3 and isinstance(attributes[0], str):
                for pair in attributes[2] if isinstance(attributes[2], list) else ():
                    if isinstance(pair, list) and (
                        pair[0].startswith("on") or (pair[0] == "style" and not _STYLE.fullmatch(pair[1]))
                    ):
                        found.add(f"attribute {pair}")
    return found


@pytest.mark.slow
def test_attacks_reach_no_page_of_pandocs(tmp_path: Path) -> None:
    """Every attack in some place, in the JSON and in the HTML and the EPUB that pandoc makes of it."""
    texts = [*shots(32)]
    written = [parse(shot.text, profile=shot.profile).document for shot in texts]
    for shot, document in zip(texts, written, strict=True):
        assert dangers(json.loads(render(document, "pandoc"))) == set(), shot
    pandoc = find_pandoc("pandoc")
    joined = join(written, "pandoc")
    (tmp_path / "a.png").write_bytes(PICTURE)
    parts = re.split("<p>¶[0-9]+¶</p>", run(pandoc, joined, "--to", "html", "--mathml", folder=tmp_path))
    notes = parts[-1].partition('<section id="footnotes"')
    pages = [*parts[1:-1], notes[0], *re.findall(r"(?s)<li id=\"fn.*?(?=<li id=\"fn|</ol>\s*</section>)", notes[2])]
    assert len(pages) > len(texts) > 500
    for page in pages:
        found = judges.dangers(_STYLED.sub("", page))
        assert not {danger for danger in found if danger != "foreign element math"}, page[:2000]
    run(pandoc, joined, "--output", "a.epub", folder=tmp_path)
    with zipfile.ZipFile(tmp_path / "a.epub") as archive:
        for name in archive.namelist():
            if name.endswith(".xhtml"):
                assert dangers_of_page(archive.read(name)) == set()


def dangers_of_page(page: bytes) -> set[str]:
    """Return what is dangerous in a page of an EPUB; pandoc's own style sheet is in its head."""
    found: set[str] = set()
    for element in etree.fromstring(page).iterfind(".//{http://www.w3.org/1999/xhtml}body//*"):
        name = str(element.tag).rpartition("}")[2]
        if name in judges.FORBIDDEN - {"math"}:
            found.add(f"element {name}")
        for attribute, value in element.attrib.items():
            if attribute.startswith("on") or attribute in ("srcdoc", "ping", "autoplay"):
                found.add(f"attribute {attribute}")
            if attribute in judges.ADDRESSES:
                found |= dangers_of_address(value, LINKS)
    return found


_STYLED = re.compile(rf' style="(?:{_STYLE.pattern});?"')


@pytest.mark.parametrize(
    "case",
    [json.loads(line) for line in CASES.read_text("utf-8").splitlines()],
    ids=lambda case: str(case["text"])[:40],
)
def test_a_text_is_these_blocks(case: dict[str, Any]) -> None:
    assert blocks_of(case["text"], case.get("to", "pandoc"), **case.get("options", {})) == case["blocks"]


# ---- Trees that no text makes ----


def written(*children: Any, **fields: Any) -> Any:
    return json.loads(render(Document(children, **fields), "pandoc"))


def test_raw_text_is_of_its_format_and_not_in_comments() -> None:
    raw = Raw("latex", r"\newpage", is_block=True)
    assert written(raw)["blocks"] == [{"t": "RawBlock", "c": ["latex", r"\newpage"]}]
    assert written(raw, profile="comment")["blocks"] == []


def test_terms_are_links_to_their_definitions_at_the_end() -> None:
    definition = Definition("ess", ("ESS",), (Paragraph((Text("Une économie."),)),), short="Économie sociale")
    text = Paragraph((Term("ess", (Text("ESS"),)),))
    term, glossary = written(text, definitions=(definition,))["blocks"]
    assert term["c"][0]["c"][2] == ["#term-ess", ""]
    assert glossary["c"][1][0]["c"][0][0][0]["c"][0][0] == "term-ess"
    assert written(text)["blocks"] == [{"t": "Para", "c": [{"t": "Str", "c": "ESS"}]}]


def test_notes_in_notes_come_after_them() -> None:
    inner = Note("2", "2", (Paragraph((Text("dedans"),)),))
    outer = Note("1", "1", (Paragraph((Text("autour"), inner)),))
    line = written(Paragraph((Text("mot"), outer)))["blocks"][0]["c"]
    assert [item["t"] for item in line] == ["Str", "Note", "Str", "Note"]
    call = line[1]["c"][0]["c"][1]
    assert call["c"][1:] == [[{"t": "Superscript", "c": [{"t": "Str", "c": "2"}]}], ["#nb2", ""]]
    assert line[3]["c"][0]["c"][0] == {"t": "Span", "c": [["nb2", [], []], []]}


def test_the_time_for_formatting_around_blocks_is_linear() -> None:
    def steps(depth: int) -> int:
        nodes: tuple[Any, ...] = (Text("a"), Paragraph((Text("b"),)))
        for _ in range(depth):
            nodes = (Strong(nodes),)
        return len(write(Document(nodes)))

    assert steps(100) < 2.2 * steps(50)


def test_many_headings_with_the_same_words_have_different_ids() -> None:
    # Each id is found at once: looking from 1 on takes minutes.
    headings = blocks_of("{{{a}}}\n\n" * 30_000 + "{{{a-1}}}")
    assert [heading["c"][1][0] for heading in headings[:3]] == ["a", "a-1", "a-2"]
    assert len({heading["c"][1][0] for heading in headings}) == 30_001


def test_spans_cost_no_more_than_what_is_typed() -> None:
    wide = '<table><tr><td colspan="999" rowspan="999">a</td></tr></table>'
    assert len(json.dumps(blocks_of(wide))) < 400
    rows = f"<tr>{'<td rowspan=99999>a<td>b' * 90}</tr>" + "<tr><td>e</tr>" * 2_000
    assert len(json.dumps(blocks_of(f"<table>{rows}</table>"))) < 150 * len(rows)


def test_what_the_policy_refuses_is_not_written() -> None:
    bad = "javascript:alert(1)"
    nodes = (
        Link(bad, (Text("a"),)),
        Element("a", (("href", bad), ("onclick", "x")), (Text("b"),)),
        Element("b", (("onclick", "x"), ("style", "x"), ("class", "c")), (Text("c"),)),
        Element("img", (("src", bad), ("alt", "d")), ()),
        Element("form", (), (Text("e"),)),
        Figure(1, bad, True, alternative="f", title=(Text("g"),)),
        Figure(1, bad, False, link=bad),
        Player("h", bad, bad),
    )
    document = written(*nodes)
    assert "".join(item["c"] for item in items(document["blocks"]) if item["t"] == "Str").startswith("abcdefg")
    assert not any(word in json.dumps(document["blocks"]) for word in ("onclick", "style", "form", '["javascript'))
    assert {item["t"] for item in items(document["blocks"])}.isdisjoint({"Link", "Image", "RawInline"})


def test_an_empty_block_is_not_among_the_words_of_a_heading() -> None:
    assert written(Heading((List(True, ()), Quote(()))))["blocks"] == []


@pytest.mark.parametrize("name", ["b", "blockquote", "dl", "div", "q", "section"])
def test_the_deepest_trees_are_written(name: str) -> None:
    nodes: tuple[Any, ...] = (Text("a"),)
    for _ in range(MAX_LEVELS - 1):
        nodes = (Element(name, (("class", "x"),), nodes),)
    inline = (Paragraph((Text("a"),)), *nodes) if name == "b" else nodes
    document = render(Document(inline), "pandoc")
    assert document.count('"Str"') == 1 + (name == "b")
    assert document == encode_by_json(document)


def encode_by_json(document: str) -> str:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        return json.dumps(json.loads(document), separators=(",", ":"))
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_is_that_of_the_pandoc(version: int) -> None:
    document = json.loads(write(Document((), language="pt_br"), version=version))
    assert document["pandoc-api-version"] == VERSIONS[version]
    assert document["meta"] == {"lang": {"t": "MetaString", "c": "pt-BR"}}
