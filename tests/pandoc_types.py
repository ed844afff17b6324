"""The types of pandoc's JSON (pandoc-types 1.23, and 1.22 without ``Figure``): what is not of them is named."""

from __future__ import annotations

from typing import Any, Final

# What each item holds: one value, or several in a list.
INLINES: Final[dict[str, Any]] = {
    "Code": ["attributes", "text"], "Emph": "inlines", "Image": ["attributes", "inlines", ["text", "text"]],
    "LineBreak": None, "Link": ["attributes", "inlines", ["text", "text"]], "Math": ["math", "text"], "Note": "blocks",
    "Quoted": ["quotes", "inlines"], "RawInline": ["text", "text"], "Space": None, "Span": ["attributes", "inlines"],
    "Str": "text", "Strikeout": "inlines", "Strong": "inlines", "Subscript": "inlines", "Superscript": "inlines",
    "Underline": "inlines",
}  # fmt: skip
BLOCKS: Final[dict[str, Any]] = {
    "BlockQuote": "blocks", "BulletList": "items", "CodeBlock": ["attributes", "text"], "DefinitionList": "definitions",
    "Div": ["attributes", "blocks"], "Figure": ["attributes", "caption", "blocks"],
    "Header": ["number", "attributes", "inlines"], "HorizontalRule": None, "LineBlock": "lines",
    "OrderedList": ["numbering", "items"], "Para": "inlines", "Plain": "inlines", "RawBlock": ["text", "text"],
    "Table": ["attributes", "caption", "columns", "part", "bodies", "part"],
}  # fmt: skip
_LISTS: Final[dict[str, Any]] = {
    "bodies": ["attributes", "number", "rows", "rows"], "cells": ["attributes", "align", "number", "number", "blocks"],
    "columns": ["align", "width"], "definitions": ["inlines", "items"], "items": "blocks", "lines": "inlines",
    "rows": ["attributes", "cells"],
}  # fmt: skip
_PARTS: Final[dict[str, Any]] = {
    "caption": ["none", "blocks"], "numbering": ["number", "style", "delimiter"], "part": ["attributes", "rows"],
}  # fmt: skip
_NAMES: Final = {
    "align": ("AlignCenter", "AlignDefault", "AlignLeft", "AlignRight"), "delimiter": ("Period",),
    "math": ("DisplayMath", "InlineMath"), "quotes": ("DoubleQuote",), "width": ("ColWidthDefault",),
    "style": ("Decimal", "LowerAlpha", "LowerRoman", "UpperAlpha", "UpperRoman"),
}  # fmt: skip


def faults(document: Any) -> list[str]:
    """Return what pandoc could not read in a document."""
    found: list[str] = []
    _check(document["blocks"], "blocks", found)
    return found


def _check(value: Any, kind: Any, found: list[str]) -> None:
    if isinstance(kind, list):
        if not isinstance(value, list) or len(value) != len(kind):
            found.append(f"not {kind}: {value!r:.100}")
            return
        for part, wanted in zip(value, kind, strict=True):
            _check(part, wanted, found)
    elif kind in ("blocks", "inlines"):
        known = BLOCKS if kind == "blocks" else INLINES
        for item in value:
            name = item["t"]
            if name not in known:
                found.append(f"{name} among {kind}")
            elif known[name] is not None:
                _check(item["c"], known[name], found)
            elif set(item) != {"t"}:
                found.append(f"{name} with a content")
    elif kind in _LISTS:
        for item in value:
            _check(item, _LISTS[kind], found)
    elif kind in _PARTS:
        _check(value, _PARTS[kind], found)
    elif kind in _NAMES:
        if value not in [{"t": name} for name in _NAMES[kind]]:
            found.append(f"not {kind}: {value!r:.100}")
    elif kind == "attributes":
        identifier, classes, pairs = value
        texts = [identifier, *classes, *[text for pair in pairs for text in pair]]
        if not all(isinstance(text, str) for text in texts) or any(len(pair) != 2 for pair in pairs):
            found.append(f"not attributes: {value!r:.100}")
    elif not isinstance(value, {"text": str, "number": int, "none": type(None)}[kind]):
        found.append(f"not {kind}: {value!r:.100}")
