"""Titles: a page and the links to it have the same words, without the number that sets the position of the title."""

from __future__ import annotations

import pytest

from spipconv import to_html
from spipconv.migration.plan.titles import title_of
from spipconv.objects import Catalogue, SpipObject, sort_number


@pytest.mark.parametrize(
    ("title", "number", "words"),
    [
        ("2. La ferme", 2, "La ferme"),
        ("2) La ferme", 2, "La ferme"),
        ("2° La ferme", 2, "La ferme"),
        (" 010.  La ferme", 10, "La ferme"),
        ("2 La ferme", 0, "2 La ferme"),
        ("2.La ferme", 0, "2.La ferme"),
        ("La 2. ferme", 0, "La 2. ferme"),
        ("1. 2. La ferme", 1, "2. La ferme"),
    ],
)
def test_a_page_and_the_links_to_it_leave_out_the_same_number(title: str, number: int, words: str) -> None:
    assert sort_number(title) == (number, words)
    assert title_of(title, "fr") == words
    catalogue = Catalogue([SpipObject("article", 1, title=title, address="/a/")])
    assert f">{words}</a>" in to_html("[->art1]", objects=catalogue)
