"""What holds for any text that is read with an extension, and for any raw text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv.nodes import Document, Paragraph, Raw, Text
from spipconv.plugins import PLUGINS
from tests.extensions.sample import SAMPLE
from tests.extensions.test_raw import SUB
from tests.judges import dangers, unclean
from tests.parsing.test_plugins import PROFILES, TEXTS


@settings(max_examples=150, deadline=None)
@given(TEXTS, PROFILES)
@pytest.mark.slow
def test_every_text_becomes_harmless_with_an_extension(text: str, profile: Any) -> None:
    text = text.replace("(c)", "<echo|v=").replace("...", ">").replace("-->", "[=").replace("++++", "=]")
    parsed = spipconv.parse(text, profile=profile, plugins=PLUGINS, extensions=[SAMPLE])
    written = spipconv.render(parsed.document)
    assert not dangers(written)
    assert not unclean(written)


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_comes_back_in_its_place(texts: list[str]) -> None:
    nodes = [Paragraph((Text("raw0x"), Raw("html", text))) for text in texts]
    assert (
        spipconv.render(Document((*nodes, SUB)))
        == "".join(f"<p>raw0x{text}</p>\n" for text in texts) + '<sub class="a">s</sub>'
    )
