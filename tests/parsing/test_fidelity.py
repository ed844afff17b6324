"""Texts of many kinds, and generated ones, show what SPIP 4.4 shows, except those that are left for a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.fidelity import FOLDER, MEASURES, compare, read_cases, read_reasons, strictly, visibly
from tests.trees import Tree

CASES = {case["id"]: (case, name) for name in MEASURES for case in read_cases(FOLDER / name)}
REASONS = read_reasons()


@pytest.mark.parametrize("name", [name for name in CASES if name not in REASONS])
def test_shows_what_spip_shows(name: str) -> None:
    case, file = CASES[name]
    shown_by_spip, shown = compare(case, MEASURES[file])
    assert shown == shown_by_spip


# After a change that mends one: python -m tests.fidelity --update.
@pytest.mark.parametrize("name", sorted(REASONS))
def test_every_case_that_is_left_still_differs(name: str) -> None:
    case, file = CASES[name]
    shown_by_spip, shown = compare(case, MEASURES[file])
    assert shown != shown_by_spip


def test_every_case_that_is_left_has_a_reason() -> None:
    assert [name for name, reason in REASONS.items() if len(reason.split()) < 3] == []


def test_there_are_texts_of_all_groups() -> None:
    groups = Counter(case["feature"] for case, name in CASES.values() if name == "generated.jsonl")
    assert groups == dict.fromkeys(("grammar", "mutate", "short", "adjacent", "nested", "typography"), 60)


@pytest.mark.parametrize(
    ("spip", "ours"),
    [
        ("<p>a<iframe src='x'>b</iframe></p>", "<p>a</p>"),
        ("<p>a<inconnu>b</inconnu></p>", "<p>ab</p>"),
        ("<a href='javascript:x'>b</a>", "b"),
        ("<b><p>a</p>b</b>", "<p><b>a</b></p><b>b</b>"),
        ("<i><b>a</b></i><b>c</b>", "<b><i>a</i></b><b>c</b>"),
        ("<i>a</i><i>b</i>", "<i>ab</i>"),
    ],
)
def test_the_visible_measure_forgives_what_no_reader_sees(spip: str, ours: str) -> None:
    assert visibly(spip) == visibly(ours)
    assert strictly(spip) != strictly(ours)


@pytest.mark.parametrize(
    ("spip", "ours"),
    [
        ("<p>a&nbsp;b</p>", "<p>a b</p>"),
        ("<p>a<br>b</p>", "<p>a b</p>"),
        ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>"),
        ("<a href='x'>b</a>", "<a href='y'>b</a>"),
        ("<h2>a</h2>", "<h3>a</h3>"),
        ("<p>a</p><p>b</p>", "<p>a b</p>"),
        ("<b>a</b>", "a"),
    ],
)
@pytest.mark.parametrize("measure", [strictly, visibly])
def test_both_measures_see_what_readers_see(measure: Callable[[str], Tree], spip: str, ours: str) -> None:
    assert measure(spip) != measure(ours)
