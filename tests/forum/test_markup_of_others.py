"""Texts of other systems: what a message shows of them is what they showed, whatever is in them."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv.api import render
from spipconv.comments import publish
from spipconv.forum.moving.markup import from_html, from_markdown
from spipconv.forum.moving.words import from_plain
from spipconv.parsing.parser import parse
from tests.judges import dangers

CASES: list[tuple[str, str]] = json.loads((Path(__file__).parent / "moving_files" / "markup.json").read_text("utf-8"))
_SIGNS = [
    *"ab-_*#{}[]|<>&;\\`~$\n =:!?.\"'/—0", "->", "--", "<-", "http://", "[[", "]]", "{{", "&amp;", "<b>", "www.a.fr",
    "<code>", "</code>",
]  # fmt: skip
_WORDS = st.lists(st.sampled_from(_SIGNS), max_size=25).map("".join)
_TAGS = "p b em strong i div blockquote ul ol li del q h2 span pre code table tr td th a sub".split()
_ELEMENTS = st.recursive(
    _WORDS.map(escape),
    lambda inner: st.builds(
        lambda tag, children: f"<{tag}>{''.join(children)}</{tag}>",
        st.sampled_from(_TAGS),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


def shown(markup: str) -> str:
    """Return the words that a message with this markup shows, without spaces."""
    html = render(parse(markup, profile="comment", typography=False).document)
    return re.sub(r"\s", "", "".join(html5lib.parseFragment(html, namespaceHTMLElements=False).itertext()))


@pytest.mark.parametrize(("html", "markup"), CASES)
def test_html_becomes_the_markup_that_shows_it(html: str, markup: str) -> None:
    assert from_html(html).text == markup
    assert not dangers(publish(markup).html)


@settings(deadline=None)
@given(_WORDS)
def test_no_sign_in_words_is_markup(words: str) -> None:
    expected = re.sub(r"\s", "", words)
    assert shown(from_html(escape(words)).text) == expected
    assert shown(from_html(escape(words), has_lines=True).text) == expected
    assert shown(from_plain(words)) == expected


@settings(deadline=None)
@given(st.lists(_ELEMENTS, max_size=4).map("".join))
def test_no_word_between_tags_is_lost_or_added(html: str) -> None:
    words = unescape(re.sub("<[^>]*>", "", html))
    assert sorted(shown(from_html(html).text)) == sorted(re.sub(r"\s", "", words))


@settings(deadline=None)
@given(st.text(st.sampled_from("<>&;/ab=\"' -!\n#x1"), max_size=80))
def test_no_text_is_an_error(html: str) -> None:
    from_html(html)
    from_html(html, has_lines=True)
    from_markdown(html)


def test_what_cannot_be_shown_is_said() -> None:
    assert from_html("<img src=x>H<sub>2</sub><sub>3</sub><iframe src='https://example.org/v'></iframe>").changed == (
        "img", "sub", "iframe",
    )  # fmt: skip
    assert from_html("<p>a <b>b</b></p><ul><li>c</li></ul><table><tr><td>d</td></tr></table>").changed == ()


def test_markdown_is_read_as_isso_reads_it() -> None:
    text = "Un **mot**\nligne\n\n* a\n* b\n\n> cité\n\n```\ncode\n```\n[l](https://example.org) ~~d~~ <b>h</b>"
    assert from_markdown(text).text == (
        "Un {{mot}}\nligne\n\n-* a\n-* b\n\n<quote>\ncité\n</quote>\n\n<code>\ncode\n</code>\n\n"
        "[l->https://example.org] <del>d</del> {{h}}"
    )


@pytest.mark.parametrize(
    "piece",
    ["<b>", "<div>", "<blockquote>", "<b><i><a href=x>", "<table>", "<td>", "<!--", "<", "<a ", "<b>x<p>", "\n",
     "a\n \n", "&", "-", "http:", "<li>", "<pre>", "<script>"],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    # Quadratic time would not end within the limit of a test.
    for has_lines in (False, True):
        from_html(piece * (100_000 // len(piece)), has_lines=has_lines)
