"""Diagnostics: every code has cases, with the exact line and column in the text as it was typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from spipconv import Catalogue, SpipObject, parse, to_html
from spipconv.diagnostics import DIAGNOSTICS, Diagnostic, Severity
from spipconv.parsing.source import MAX_DIAGNOSTICS

_FILE = Path(__file__).parent.parent / "diagnostics" / "cases.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in _FILE.read_text("utf-8").splitlines()]


def diagnostics_of(text: str, **reading: Any) -> list[str]:
    """Return the diagnostics of a text as ``line:column code detail``."""
    return [
        f"{diagnostic.line}:{diagnostic.column} {diagnostic.code} {diagnostic.detail}".rstrip()
        for diagnostic in parse(text, **reading).diagnostics
    ]


def diagnostics_of_case(case: dict[str, Any]) -> list[str]:
    """Return the diagnostics of a case; its ``objects`` are the kinds and numbers of the objects that exist."""
    reading = {name: value for name, value in case.items() if name not in ("text", "expected")}
    if "objects" in reading:
        reading["objects"] = Catalogue([SpipObject(kind, number) for kind, number in reading["objects"]])
    return diagnostics_of(case["text"], **reading)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['text'][:30]!a}" for case in CASES])
def test_a_text_gets_exactly_the_expected_diagnostics(case: dict[str, Any]) -> None:
    assert diagnostics_of_case(case) == case["expected"]


# The code that needs a long text is tested below.
# Those of extensions and of glossaries are tested with these.
@pytest.mark.parametrize(
    "code",
    sorted(
        code
        for code in DIAGNOSTICS.keys()
        - {"extension-failed", "formatting-ended", "more-remarks", "raw-omitted", "raw-refused"}
        if not code.startswith("glossary-")
    ),
)
def test_every_code_has_a_case(code: str) -> None:
    assert any(line.split(" ")[1] == code for case in CASES for line in case["expected"])


def test_cases_name_codes_that_exist() -> None:
    assert {line.split(" ")[1] for case in CASES for line in case["expected"]} <= DIAGNOSTICS.keys()


@pytest.mark.parametrize("code", DIAGNOSTICS)
def test_a_code_is_in_kebab_case(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)


@pytest.mark.parametrize("code", DIAGNOSTICS)
def test_messages_are_short(code: str) -> None:
    severity, message = DIAGNOSTICS[code]
    french = Diagnostic(code, 1, 1).say("fr")
    assert severity in get_args(Severity)
    assert french != message
    for words in (message, french):
        assert len(words.split()) >= 3
        assert words == words.strip()
        assert "\n" not in words
    assert Diagnostic(code, 1, 1, "<x>").say("fr-CA") == f"<x>\u00a0: {french}"
    assert Diagnostic(code, 1, 1).message == message == Diagnostic(code, 1, 1).say("de")
    assert Diagnostic(code, 1, 1, "<x {}>").message == f"<x {{}}>: {message}"


def test_messages_differ() -> None:
    for language in ("en", "fr"):
        messages = {Diagnostic(code, 1, 1).say(language) for code in DIAGNOSTICS}
        assert len(messages) == len(DIAGNOSTICS)


def test_a_diagnostic_is_printed_with_its_place_code_and_message() -> None:
    printed = str(Diagnostic("unopened-tag", 3, 7, "</div>"))
    assert printed == "3:7: unopened-tag </div>: this HTML end tag has nothing to close: ignored"


@pytest.mark.parametrize("number", [MAX_DIAGNOSTICS - 1, MAX_DIAGNOSTICS])
def test_diagnostics_up_to_the_limit_are_all_kept(number: int) -> None:
    assert diagnostics_of("</div>\n" * number) == [f"{line} unopened-tag </div>" for line in _places(number)]


@pytest.mark.parametrize("number", [MAX_DIAGNOSTICS + 1, 3 * MAX_DIAGNOSTICS])
def test_beyond_the_limit_the_last_diagnostic_says_that_there_are_more(number: int) -> None:
    expected = [f"{line} unopened-tag </div>" for line in _places(MAX_DIAGNOSTICS)]
    assert diagnostics_of("</div>\n" * number) == [*expected, f"{MAX_DIAGNOSTICS + 1}:1 more-remarks"]


def test_control_characters_beyond_the_limit_are_replaced_but_not_reported() -> None:
    parsed = parse("\x01" * (2 * MAX_DIAGNOSTICS))
    assert len(parsed.diagnostics) == MAX_DIAGNOSTICS + 1
    assert {diagnostic.code for diagnostic in parsed.diagnostics[:-1]} == {"control-character"}
    assert parsed.diagnostics[-1].code == "more-remarks"


@pytest.mark.parametrize("number", [MAX_DIAGNOSTICS - 1, MAX_DIAGNOSTICS, MAX_DIAGNOSTICS + 10])
def test_more_remarks_comes_last_even_if_its_place_is_earlier(number: int) -> None:
    """Only at the end of the text is it known that something was never closed."""
    parsed = parse("<div><div>" + "</b>\n" * number)
    assert parsed.diagnostics[-1].code == "more-remarks"


def test_a_long_detail_is_cut() -> None:
    [diagnostic] = parse("<inconnu1|" + "x" * 500 + ">").diagnostics
    assert diagnostic.detail == "<inconnu1|" + "x" * 47 + "..."


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_the_line_ends(line_end: str) -> None:
    text = line_end.join(["été", "", "<multi>[fr]un", "deux[en]two</multi> </div>", "-* <inconnu1>"])
    assert diagnostics_of(text) == [
        "3:1 translations-hidden en fr",
        "4:21 unopened-tag </div>",
        "5:4 unknown-model <inconnu1>",
    ]


def test_diagnostics_are_in_the_order_of_their_places() -> None:
    places = [
        (diagnostic.line, diagnostic.column)
        for diagnostic in parse("<quote>a\n{{b}} }}\n\n[[n\n</div>]] \x01 <inconnu1>").diagnostics
    ]
    assert len(places) >= 4
    assert places == sorted(places)


def _places(number: int) -> list[str]:
    return [f"{line}:1" for line in range(1, number + 1)]


def test_formatting_with_long_attributes_is_not_repeated_in_many_blocks() -> None:
    text = f"<b title='{'x' * 6000}'>" + "mot\n\n" * 20
    lines = [str(diagnostic) for diagnostic in parse(text).diagnostics]
    assert any(line.startswith("1:1: formatting-ended") for line in lines)
    assert len(to_html(text)) < 6 * len(text)
