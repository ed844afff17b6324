"""The remarks on a text: every code has cases with their exact line and column in the text as it was typed."""

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


def remarks(text: str, **reading: Any) -> list[str]:
    """Return the remarks on a text as ``line:column code detail``."""
    return [f"{one.line}:{one.column} {one.code} {one.detail}".rstrip() for one in parse(text, **reading).diagnostics]


def remarks_of(case: dict[str, Any]) -> list[str]:
    """Return the remarks on the text of a case; ``objects`` lists the kind and the number of those that exist."""
    reading = {name: value for name, value in case.items() if name not in ("text", "expected")}
    if "objects" in reading:
        reading["objects"] = Catalogue([SpipObject(kind, number) for kind, number in reading["objects"]])
    return remarks(case["text"], **reading)


@pytest.mark.parametrize("case", CASES, ids=[f"{one['text'][:30]!a}" for one in CASES])
def test_a_text_gets_exactly_the_expected_remarks(case: dict[str, Any]) -> None:
    assert remarks_of(case) == case["expected"]


# The one that no short text can show is tested below.
@pytest.mark.parametrize("code", sorted(DIAGNOSTICS.keys() - {"formatting-ended", "more-remarks"}))
def test_every_code_has_a_case(code: str) -> None:
    assert any(remark.split(" ")[1] == code for case in CASES for remark in case["expected"])


def test_cases_name_codes_that_exist() -> None:
    assert {remark.split(" ")[1] for case in CASES for remark in case["expected"]} <= DIAGNOSTICS.keys()


@pytest.mark.parametrize("code", DIAGNOSTICS)
def test_a_code_is_in_kebab_case(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)


@pytest.mark.parametrize("code", DIAGNOSTICS)
def test_a_message_says_something_in_a_few_words(code: str) -> None:
    severity, message = DIAGNOSTICS[code]
    french = Diagnostic(code, 1, 1).say("fr")
    assert severity in get_args(Severity)
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


def test_a_remark_is_printed_with_its_place_code_and_message() -> None:
    printed = str(Diagnostic("unopened-tag", 3, 7, "</div>"))
    assert printed == "3:7: unopened-tag </div>: this HTML end tag has nothing to close: ignored"


@pytest.mark.parametrize("number", [MAX_DIAGNOSTICS - 1, MAX_DIAGNOSTICS])
def test_as_many_remarks_as_are_kept_are_all_kept(number: int) -> None:
    assert remarks("</div>\n" * number) == [f"{line} unopened-tag </div>" for line in _places(number)]


@pytest.mark.parametrize("number", [MAX_DIAGNOSTICS + 1, 3 * MAX_DIAGNOSTICS])
def test_beyond_the_most_remarks_the_last_one_says_that_there_are_more(number: int) -> None:
    expected = [f"{line} unopened-tag </div>" for line in _places(MAX_DIAGNOSTICS)]
    assert remarks("</div>\n" * number) == [*expected, f"{MAX_DIAGNOSTICS + 1}:1 more-remarks"]


def test_more_control_characters_than_remarks_are_all_replaced_and_counted_once() -> None:
    parsed = parse("\x01" * (2 * MAX_DIAGNOSTICS))
    assert len(parsed.diagnostics) == MAX_DIAGNOSTICS + 1
    assert {one.code for one in parsed.diagnostics[:-1]} == {"control-character"}
    assert parsed.diagnostics[-1].code == "more-remarks"


@pytest.mark.parametrize("number", [MAX_DIAGNOSTICS - 1, MAX_DIAGNOSTICS, MAX_DIAGNOSTICS + 10])
def test_that_there_are_more_remarks_is_said_last_though_earlier_places_follow(number: int) -> None:
    """What is never closed is only known at the end of the text."""
    parsed = parse("<div><div>" + "</b>\n" * number)
    assert parsed.diagnostics[-1].code == "more-remarks"


def test_a_long_detail_is_cut() -> None:
    [remark] = parse("<inconnu1|" + "x" * 500 + ">").diagnostics
    assert remark.detail == "<inconnu1|" + "x" * 47 + "..."


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_the_line_ends(line_end: str) -> None:
    text = line_end.join(["été", "", "<multi>[fr]un", "deux[en]two</multi> </div>", "-* <inconnu1>"])
    assert remarks(text) == [
        "3:1 translations-hidden en fr",
        "4:21 unopened-tag </div>",
        "5:4 unknown-model <inconnu1>",
    ]


def test_remarks_are_in_the_order_of_their_places() -> None:
    places = [
        (one.line, one.column) for one in parse("<quote>a\n{{b}} }}\n\n[[n\n</div>]] \x01 <inconnu1>").diagnostics
    ]
    assert len(places) >= 4
    assert places == sorted(places)


def _places(number: int) -> list[str]:
    return [f"{line}:1" for line in range(1, number + 1)]


def test_formatting_with_long_attributes_ends_where_it_would_swamp_the_text() -> None:
    text = f"<b title='{'x' * 6000}'>" + "mot\n\n" * 20
    remarks = [str(remark) for remark in parse(text).diagnostics]
    assert any(remark.startswith("1:1: formatting-ended") for remark in remarks)
    assert len(to_html(text)) < 6 * len(text)
