"""A text that was encoded more than once is reported, and repaired on request, by the rule of migrations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spipconv import Catalogue, SpipObject, parse, to_html, to_markdown
from spipconv.encoding import repair_encoding
from spipconv.parsing.source import may_be_misread
from tests.migration.test_encoding import CLEAN, TEXTS, read_as

CASES = Path(__file__).parent.parent / "conformance" / "spip44.jsonl"
PAIRS = [(text, read_as(text, charset)) for text in TEXTS for charset in ("cp1252", "latin-1") if not text.isascii()]


def codes(text: str, *, repair: bool) -> list[str]:
    return [diagnostic.code for diagnostic in parse(text, repair_encoding=repair).diagnostics]


@pytest.mark.parametrize(("meant", "typed"), PAIRS)
def test_a_text_is_repaired_on_request_only(meant: str, typed: str) -> None:
    assert repair_encoding(typed) == meant
    assert to_html(typed, repair_encoding=True) == to_html(meant)
    assert to_markdown(typed, repair_encoding=True) == to_markdown(meant)
    assert "encoding-undone" in codes(typed, repair=True)
    assert to_html(typed) != to_html(meant)


@pytest.mark.parametrize("text", CLEAN)
@pytest.mark.parametrize("repair", [False, True])
def test_a_good_text_stays_and_is_not_reported(text: str, repair: bool) -> None:
    assert to_html(text, repair_encoding=repair) == to_html(text)
    assert not [code for code in codes(text, repair=repair) if code.startswith("encoding-")]


@pytest.mark.parametrize(
    "meant",
    [
        "été",
        "L’été",
        "«\xa0Noël\xa0»",
        "œuvre",
        "Łódź",
        "Ελληνικά",
        "Привет",
        "да",
        "שלום",
        "التضامن",
        "日本語。",
        "😀",
    ],
)
def test_texts_of_most_scripts_are_reported_without_being_asked(meant: str) -> None:
    typed = f"un mot et {read_as(meant, 'cp1252')} en plus"
    assert may_be_misread(typed)
    assert codes(typed, repair=False).count("encoding-repeated") == 1


def test_titles_of_objects_are_repaired_as_the_text() -> None:
    objects = Catalogue([SpipObject("article", 1, title="L'Ã©tÃ©")])
    assert "L’été" in to_html("[->art1]", objects=objects, repair_encoding=True)
    assert "L’Ã©tÃ©" in to_html("[->art1]", objects=objects)


def test_no_text_of_the_cases_is_repaired() -> None:
    texts = [json.loads(line)["text"] for line in CASES.read_text("utf-8").split("\n")[:-1]]
    assert [text for text in texts if repair_encoding(text) != text] == []


@pytest.mark.parametrize("meant", TEXTS)
def test_parts_and_repetitions_are_repaired_too(meant: str) -> None:
    typed = read_as(read_as(meant, "cp1252"), "cp1252")
    assert repair_encoding(typed) == meant
    assert repair_encoding(f"中 déjà {read_as(meant, 'cp1252')} là") == f"中 déjà {meant} là"
