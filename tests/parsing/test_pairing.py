"""Openings and closings in any order are paired as in a browser: html5lib parses what SPIP would have written.

SPIP replaces every marker with a tag and leaves the pairing to the browser. So an HTML parser, given the same text with
the markers replaced, says which elements every word must be inside.
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
# In SPIP, the end tag of a block that closes nothing begins a paragraph.
_MUST_CLOSE = frozenset("div blockquote center".split())
# Elements with the same meaning.
_SAME = {"strong": "b", "em": "i"}
_NOT_COMPARED = frozenset({"p", "span", "tbody", "figure"})
PLACES = {
    "item": ("-* %s", "<ul><li>%s</li></ul>"),
    "cell": ("|%s|x|\n|a|b|", "<table><tr><td>%s</td><td>x</td></tr><tr><td>a</td><td>b</td></tr></table>"),
    "cell of an author": ("-* <table><tr><td>%s</td><td>x</td></tr></table>",
                          "<ul><li><table><tr><td>%s</td><td>x</td></tr></table></li></ul>"),
}  # fmt: skip


def pieces(chance: Random, kinds: list[str]) -> str:
    """Return markers in random order, with a word after each."""
    opened: Counter[str] = Counter()
    parts = ["w0"]
    for number in range(1, chance.randrange(3, 16)):
        mark = chance.choice(kinds)
        tag = re.fullmatch("<(/?)(.*)>", mark)
        if tag and tag[2] in _MUST_CLOSE:
            if tag[1] and not opened[tag[2]]:
                continue
            opened[tag[2]] += -1 if tag[1] else 1
        parts.append(f"{mark} w{number}")
    text = " ".join(parts)
    # SPIP does not close what the text never opens.
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
    """Return, for every word, the elements that it is inside, from the outermost to the innermost."""
    elements: dict[str, tuple[str, ...]] = {}

    def visit(element: Any, above: tuple[str, ...]) -> None:
        note(element.text, above)
        for child in element:
            name = _SAME.get(child.tag, child.tag)
            visit(child, above if name in _NOT_COMPARED else (*above, name))
            note(child.tail, above)

    def note(text: str | None, above: tuple[str, ...]) -> None:
        for word in re.findall(r"\bw\d+\b", text or ""):
            elements[word] = above

    visit(html5lib.parseFragment(f"<section>{html}</section>", namespaceHTMLElements=False), ())
    return elements


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kinds", [FORMATTING, [*FORMATTING, *INLINE]], ids=["formatting", "all in the line"])
@pytest.mark.slow
def test_every_word_is_inside_the_elements_that_a_browser_puts_around_it(kinds: list[str], place: str) -> None:
    chance = Random(f"{place} {len(kinds)}")  # noqa: S311
    form, shown = PLACES[place]
    for _ in range(250):
        text = pieces(chance, kinds)
        html = spipconv.to_html(form.replace("%s", text))
        assert words_in(html) == words_in(shown.replace("%s", as_spip_writes(text))), text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.slow
def test_formatting_continues_in_blocks_and_after_them(place: str) -> None:
    """Only the set of elements around a word is compared, not their order and number.

    SPIP begins a paragraph after a block, and formatting begins again in it; browsers omit repeated elements.
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
