"""Plain text is what a reader reads: cases, and all texts of the conformance tests as a browser shows their HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

import spipconv
from spipconv import Glossary, Profile, mark_terms, nodes
from spipconv.nodes import Document, Paragraph, Raw, Term, Text
from spipconv.trees import MAX_LEVELS
from tests import fidelity
from tests.judges import unclean
from tests.parsing.test_properties import MARKUP

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_CASES = Path(__file__).with_name("texts.md").read_text("utf-8")
_ATTACKS = Path(__file__).parent.parent / "security"
_FENCE = re.compile(r"^```spip(?P<options>[^\n]*)\n(?P<text>.*?)\n\.\n(?P<plain>.*?)\n?^```$", re.MULTILINE | re.DOTALL)

# What a browser shows of the HTML of some documents. ``innerText`` does not hold the marks of items, which a browser
# shows too: they are written where it shows them, as numbers or dashes.
SHOW = """(pages) => {
    const mark = (item) => {
        const list = item.parentElement;
        if (list.localName !== "ol") return "- ";
        const items = [...list.children].filter((child) => child.localName === "li");
        const step = list.reversed ? -1 : 1;
        let number = list.hasAttribute("start") ? list.start : list.reversed ? items.length : 1;
        for (const other of items) {
            if (other.hasAttribute("value")) number = other.value;
            if (other === item) return `${number}. `;
            number += step;
        }
    };
    return pages.map((page) => {
        document.body.innerHTML = page;
        for (const item of [...document.body.querySelectorAll("li")]) item.prepend(mark(item));
        return document.body.innerText;
    });
}"""


@pytest.mark.parametrize("case", [pytest.param(case, id=case["text"][:20]) for case in _FENCE.finditer(_CASES)])
def test_a_text_is_read_like_this(case: re.Match[str]) -> None:
    options: dict[str, Any] = {}
    for word in case["options"].split():
        name, _, value = word.partition("=")
        options[name] = value or True
    if options.pop("objects", False):
        options["objects"] = fidelity.objects()
    if options.pop("without-notes", False):
        options["notes"] = False
    shown = spipconv.to_text(case["text"], **options).replace("\u00a0", "~").replace("\t", "→")
    assert shown == case["plain"].removesuffix("\n")


def test_the_words_are_those_that_a_browser_shows(browser: Browser) -> None:
    cases = [case for name in ("spip44", "kinds", "generated") for case in _read(name)]
    documents = [
        spipconv.parse(
            case["text"], profile=fidelity.PROFILES[case["mode"]], lang=case["lang"], objects=fidelity.objects()
        ).document
        for case in cases
    ]
    page = browser.new_page()
    shown = page.evaluate(SHOW, [spipconv.render(document) for document in documents])
    page.close()
    differ = {
        case["id"]: (spipconv.to_text(document).split(), words.split())
        for case, document, words in zip(cases, documents, shown, strict=True)
        if spipconv.to_text(document).split() != words.split()
    }
    assert len(cases) > 1_300
    assert len(differ) <= 0.005 * len(cases), differ


def _with_terms() -> Document:
    glossary = Glossary.from_data(
        [
            {"forms": ["ESS"], "definition": "Économie sociale et solidaire", "address": "/glossaire/ess/"},
            {"forms": ["coopérative"], "definition": "Une {{entreprise}}.\n\n-* un\n-* deux"},
            {"forms": ["mot"], "address": "/mot/"},
        ]
    )
    return mark_terms(spipconv.parse("L'ESS[[Note.]], une coopérative, un mot.").document, glossary)


def test_definitions_are_at_the_end() -> None:
    assert spipconv.to_text(_with_terms(), links=True).replace("\u00a0", " ") == (
        "L’ESS [1], une coopérative, un mot (/mot/).\n\n[1] Note.\n\nGlossaire\n\nESS (/glossaire/ess/)\n"
        "  Économie sociale et solidaire\ncoopérative\n  Une entreprise.\n  - un\n  - deux"
    )
    assert spipconv.excerpt(_with_terms()) == "L’ESS, une coopérative, un mot."


def test_definitions_have_the_words_that_a_browser_shows(browser: Browser) -> None:
    document = _with_terms()
    page = browser.new_page()
    (shown,) = page.evaluate(SHOW, [spipconv.render(document)])
    page.close()
    # The links back from the definitions lead nowhere in plain text.
    assert [word for word in shown.split() if "↩" not in word] == spipconv.to_text(document).split()


def _read(name: str) -> list[dict[str, str]]:
    return fidelity.read_cases(fidelity.FOLDER / f"{name}.jsonl")


def test_a_document_is_written_like_its_text() -> None:
    text = "{{mot}}[[note]]\n\n-* un"
    document = spipconv.parse(text).document
    assert spipconv.to_text(document) == spipconv.to_text(text) == spipconv.render(document, "text")
    assert spipconv.to_text('<img src="a" alt="b">', "article", alternatives=True) == "[b]"
    assert spipconv.to_text('<img src="a" alt="b">', "comment", alternatives=True) == ""
    assert spipconv.to_text("Mr Smith", lang="en") == "Mr\u00a0Smith"
    with pytest.raises(ValueError, match="profile '' is unknown"):
        spipconv.to_text("mot", "")  # type: ignore[arg-type]


def test_terms_are_words_and_other_formats_are_not_shown() -> None:
    children = (Text("a "), Term("t", (Text("b"),)), Raw("html", "<hr>"), nodes.Directive("x"), Raw("text", " c"))
    document = Document((Paragraph(children), Raw("text", "d\n  e", is_block=True)))
    assert spipconv.to_text(document) == "a b c\n\nd\n  e"
    assert spipconv.to_text(document, "comment") == "a b"


def test_a_column_that_no_table_has_is_not_padded() -> None:
    row = nodes.Row((nodes.Cell((Text("a"),), index=10**12),))
    assert spipconv.to_text(Document((nodes.Table((row,)),))).strip("\t") == "a"


@pytest.mark.parametrize(
    "kind", [nodes.Quote, nodes.Strong, *(partial(nodes.Element, name, ()) for name in ("tr", "td", "ul", "li", "a"))]
)
def test_a_tree_that_is_too_deep_is_refused(kind: Callable[[tuple[nodes.Node, ...]], nodes.Node]) -> None:
    deep: tuple[nodes.Node, ...] = (Text("a"),)
    for _ in range(MAX_LEVELS - 1):
        deep = (kind(deep),)
    assert spipconv.to_text(Document(deep)).endswith("a")
    deep = (kind(deep),)
    with pytest.raises(ValueError, match="levels"):
        spipconv.to_text(Document(deep))
    with pytest.raises(ValueError, match="levels"):
        spipconv.excerpt(Document((), introduction=deep))


@pytest.mark.parametrize("profile", ["article", "comment"])
@pytest.mark.parametrize("name", ["attacks", "spip_xss"])
def test_no_attack_leaves_a_control_character_or_an_address_that_is_refused(name: str, profile: Profile) -> None:
    cases = fidelity.read_cases(_ATTACKS / f"{name}.jsonl")
    assert len(cases) > 100
    for case in cases:
        shown = spipconv.to_text(case["vector"], profile, links=True, alternatives=True)
        assert not unclean(shown)
        assert not re.search(r"\((?:javascript|vbscript|data):", shown, re.IGNORECASE)
    assert (
        spipconv.to_text('<a href="http://x/&#27;">a</a><img src="b" alt="&#27;[31m">', links=True) == "a (http://x/)"
    )


@settings(max_examples=300, deadline=None, database=None)
@given(MARKUP)
def test_lines_have_no_space_at_their_end_and_blocks_one_blank_line(text: str) -> None:
    shown = spipconv.to_text(text, links=True, alternatives=True)
    if "<" not in text and "`" not in text:
        assert not re.search("[ ]$|\n\n\n", shown, re.MULTILINE)
    assert shown == shown.strip("\n")
