"""Lines of JSON in ASCII alone, as ``convert --jsonl`` writes them: they mean what they meant."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv.json_lines import escape

CHARACTERS = [*'axU0\\"\n\x7fÿĀ’\ud7ff\ue000\uffff', "\U00010000", "\U0001f600", "\U0010ffff"]


@settings(deadline=None)
@given(st.text(st.sampled_from(CHARACTERS)))
def test_an_escaped_line_is_ascii_and_means_the_same(text: str) -> None:
    escaped = escape(json.dumps({text: text}, ensure_ascii=False).encode())
    assert escaped.isascii()
    assert json.loads(escaped) == {text: text}


@pytest.mark.parametrize(
    ("line", "escaped"),
    [
        ("é", "\\u00e9"), ("ő’", "\\u0151\\u2019"), ("😀", "\\ud83d\\ude00"), ("\\\\xé", "\\\\x\\u00e9"),
        ("\\\\U0001f600😀", "\\\\U0001f600\\ud83d\\ude00"), ("\\\\é", "\\\\\\u00e9"),
        ("\\u00e9é\x7f", "\\u00e9\\u00e9\x7f"),
    ],
)  # fmt: skip
def test_only_what_is_not_ascii_is_escaped(line: str, escaped: str) -> None:
    assert escape(line.encode()).decode() == escaped
