"""Every attack against a text that is read with an extension, which puts what was typed wherever a node has room."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

import spipconv
from tests.extensions.sample import SAMPLE
from tests.judges import dangers, liberties, unclean
from tests.safety.test_attacks import APART, PROFILES, VECTORS, shots

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PLACES = ("<echo|v=%s>", "<echo|%s>", "[<echo|%s>->art1]", "<carte1|titre=%s>", "<encart|texte=%s|x>", "[=%s=]",
          "<abc>%s</abc>", "[?%s]", "[a->%s]", "<b class='%s'>a</b>")  # fmt: skip


@pytest.mark.parametrize("part", range(4))
@pytest.mark.slow
def test_attacks_on_an_extension_are_only_text(part: int) -> None:
    for number, vector in enumerate(VECTORS):
        for place, hole in enumerate(PLACES):
            # Each attack is tried in every eighth place, and so each place gets many.
            if (number * 3 + place) % 8 != 0 or number % 4 != part:
                continue
            profile = PROFILES[(number // 4 + place) % 3]
            text = hole.replace("%s", vector)
            document = spipconv.parse(text, profile=profile, extensions=[SAMPLE]).document
            html = spipconv.render(document)
            assert not dangers(html), text
            assert not unclean(html), text
            assert not dangers(READER.render(spipconv.render(document, "markdown"))), text


@pytest.mark.slow
def test_attacks_on_spip_s_markup_are_only_text_with_an_extension() -> None:
    for shot in shots(APART * 8):
        html = spipconv.to_html(shot.text, shot.profile, extensions=[SAMPLE])
        assert not dangers(html), shot
        assert not unclean(html), shot
        # The extension lowers headings.
        assert shot.profile != "comment" or liberties(html) <= {"<h3>"}, shot
