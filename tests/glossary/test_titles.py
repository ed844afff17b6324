"""The titles of SPIP's plugins, and that no expression of theirs is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spipconv import Glossary, parse
from spipconv.glossary import entry_of_definition, entry_of_keyword, mark_terms, read_keyword_title
from spipconv.glossary.titles import MOST_FORMS, expand_expression

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "titles.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_a_title_says_its_forms(case: dict[str, Any]) -> None:
    title = read_keyword_title(case["title"])
    forms = sorted(title.forms) if case.get("any_order") else list(title.forms)
    assert forms == (sorted(case["forms"]) if case.get("any_order") else case["forms"])
    assert list(title.patterns_left) == case.get("left", [])
    assert title.target == case.get("target", "")
    assert title.case_sensitive == case.get("case_sensitive", False)
    assert title.words == case.get("words", title.forms[0] if title.forms else "")


@pytest.mark.parametrize("expression", ["a" * 100_000, "a?" * 100_000, "[ab]" * 100_000, "(" * 100_000, "\\" * 99_999])
def test_long_expressions_are_left(expression: str) -> None:
    assert expand_expression(expression) is None


def test_an_expression_stands_for_a_bounded_number_of_forms() -> None:
    assert len(expand_expression("[ab]" * 6) or ()) == MOST_FORMS
    assert expand_expression("[ab]" * 6 + "c?") is None


def test_a_hostile_expression_takes_no_time_and_marks_nothing() -> None:
    title = read_keyword_title(",(a|aa)+$,i/mot")
    glossary = Glossary([entry_of_keyword(title, "Une définition.")])
    document = mark_terms(parse("a" * 50_000 + "! mot").document, glossary)
    assert [item.forms for item in document.definitions] == [("mot",)]
    assert [item.detail for item in glossary.diagnostics] == [",(a|aa)+$,i"]


def test_an_entry_with_nothing_but_expressions_marks_nothing() -> None:
    glossary = Glossary([entry_of_keyword(read_keyword_title(",a+,i"), "Une définition.")])
    assert mark_terms(parse("a aa").document, glossary).definitions == ()
    assert glossary.unused([]) == ()


def test_a_definition_of_dictionnaires() -> None:
    entry = entry_of_definition(
        "ESS", "Économie…", terms="économie sociale, , ESSAI", kind="abbr", case=True, language="fr"
    )
    assert entry.forms == ("ESS", "économie sociale", "ESSAI", "E.S.S.", "E.S.S", "E.S.S.A.I.", "E.S.S.A.I")
    assert (entry.abbreviation, entry.case_sensitive, entry.language) == (True, True, "fr")
    document = mark_terms(parse("L'E.S.S. et l'E.S.S, l'e.s.s.").document, Glossary([entry], first_only=False))
    assert [item.uses for item in document.definitions] == [2]
