"""Our own cases, for everything that the conformance cases do not show: ``tests/cases/**/*.md``, a file per construct.

A case is a fence ``spip`` (with options: ``lang=de``, ``profile=comment``, ``embeds``, ``angle-shortcuts``;
``objects``: those of ``tests/cases/objects.json``; ``plugins=sommaire,decoupe``). It contains the text, a line with a
dot, and the HTML, which is compared as a tree. The id of a case is its file and line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import spipconv
from tests.trees import tree

_FENCE = re.compile(r"^```spip(?P<options>[^\n]*)\n(?P<text>.*?)\n\.\n(?P<html>.*?)\n?^```$", re.MULTILINE | re.DOTALL)

_CASES = Path(__file__).parent.parent / "cases"
# Compared besides what Markdown can say.
_BEYOND_MARKDOWN = frozenset(
    "autoplay controls height hreflang lang loading poster preload referrerpolicy sandbox type width".split()
)
_OBJECTS = spipconv.read_objects(_CASES / "objects.json")


def read_cases() -> list[Any]:
    cases = []
    for path in sorted(_CASES.rglob("*.md")):
        content = path.read_text("utf-8")
        for match in _FENCE.finditer(content):
            options: dict[str, Any] = {}
            for word in match["options"].split():
                name, _, value = word.partition("=")
                options[name.replace("-", "_")] = value or True
            if "plugins" in options:
                options["plugins"] = options["plugins"].split(",")
            if options.get("objects"):
                options["objects"] = _OBJECTS
            line = content.count("\n", 0, match.start()) + 1
            cases.append(pytest.param(match["text"], options, match["html"], id=f"{path.name}:{line}"))
    return cases


@pytest.mark.parametrize(("text", "options", "html"), read_cases())
def test_text_gives_this_tree(text: str, options: dict[str, Any], html: str) -> None:
    assert tree(spipconv.to_html(text, **options), _BEYOND_MARKDOWN) == tree(html, _BEYOND_MARKDOWN)
