"""Openings and closings in any order end where a browser ends them: html5lib reads what SPIP would have written.

SPIP turns every marker into a tag of its own and leaves the pairing to the browser, so the same text with its markers
replaced, read by a parser of HTML, says what every word must stand in.
"""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import Any

import html5lib
import pytest

import spipconv

FORMATTING = "{{ }} { } <b> </b> <i> </i> <em> </em> <u> </u> <font> </font> <big> </big> <s> </s> <a> </a>".split()
INLINE = "<sup> </sup> <q> </q> <del> </del> <span> </span> <abbr> </abbr>".split()
BLOCKS = "<div> </div> <blockquote> </blockquote> <center> </center>".split()
# An end of a block that closes nothing begins a paragraph in SPIP.
_MUST_CLOSE = frozenset("div blockquote center".split())
# Where a browser sees another thing of the same meaning.
_SAME = {"strong": "b", "em": "i"}
_NOT_COMPARED = frozenset({"p", "span", "tbody", "figure"})
PLACES = {
    "item": ("-* %s", "<ul><li>%s</li></ul>"),
    "cell": ("|%s|x|\n|a|b|", "<table><tr><td>%s</td><td>x</td></tr><tr><td>a</td><td>b</td></tr></table>"),
    "cell of an author": ("-* <table><tr><td>%s</td><td>x</td></tr></table>",
                          "<ul><li><table><tr><td>%s</td><td>x</td></tr></table></li></ul>"),
}  # fmt: skip


def pieces(chance: Random, kinds: list[str]) -> str:
    """Return marks in any order, with a word behind each."""
    opened: Counter[str] = Counter()
    parts = ["w0"]
    for number in range(1, chance.randrange(3, 16)):
        mark = chance.choice(kinds)
        found = re.fullmatch("<(/?)(.*)>", mark)
        if found and found[2] in _MUST_CLOSE:
            if found[1] and not opened[found[2]]:
                continue
            opened[found[2]] += -1 if found[1] else 1
        parts.append(f"{mark} w{number}")
    text = " ".join(parts)
    # What a text never opens, SPIP does not close either.
    for opening, closing in (("{{", "}}"), ("{", "}")):
        if f" {opening} " not in text:
            text = text.replace(f" {closing} ", " ")
    return text


def as_spip_writes(text: str) -> str:
    """Return the HTML that SPIP leaves to the browser, without its classes."""
    for marker, tag in (("{{", "<strong>"), ("}}", "</strong>"), ("{", "<i>"), ("}", "</i>")):
        text = text.replace(marker, tag)
    return text


def words_in(html: str) -> dict[str, tuple[str, ...]]:
    """Return what every word stands in, from the outside to the inside."""
    found: dict[str, tuple[str, ...]] = {}

    def visit(element: Any, above: tuple[str, ...]) -> None:
        note(element.text, above)
        for child in element:
            name = _SAME.get(child.tag, child.tag)
            visit(child, above if name in _NOT_COMPARED else (*above, name))
            note(child.tail, above)

    def note(text: str | None, above: tuple[str, ...]) -> None:
        for word in re.findall(r"\bw\d+\b", text or ""):
            found[word] = above

    visit(html5lib.parseFragment(f"<section>{html}</section>", namespaceHTMLElements=False), ())
    return found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kinds", [FORMATTING, [*FORMATTING, *INLINE]], ids=["formatting", "all in the line"])
@pytest.mark.slow
def test_every_word_stands_in_what_a_browser_puts_it(kinds: list[str], place: str) -> None:
    chance = Random(f"{place} {len(kinds)}")  # noqa: S311
    form, shown = PLACES[place]
    for _ in range(250):
        text = pieces(chance, kinds)
        html = spipconv.to_html(form.replace("%s", text))
        assert words_in(html) == words_in(shown.replace("%s", as_spip_writes(text))), text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.slow
def test_formatting_goes_on_into_blocks_and_behind_them(place: str) -> None:
    """Which is inside which may differ, and how often: SPIP begins a paragraph behind a block, and formatting begins
    again in it; browsers leave out what stands in itself several times.
    """
    chance = Random(place)  # noqa: S311
    form, shown = PLACES[place]
    for _ in range(400):
        text = pieces(chance, [*FORMATTING, *BLOCKS])
        ours = words_in(spipconv.to_html(form.replace("%s", text)))
        wanted = words_in(shown.replace("%s", as_spip_writes(text)))
        assert {word: set(above) for word, above in ours.items()} == {
            word: set(above) for word, above in wanted.items()
        }, text
