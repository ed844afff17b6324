"""A site as JSON lines: one object per page, for programs that no other target serves.

The lines are ASCII, so no reader can mistake a character for the end of a line, or the encoding for another one.
"""

from __future__ import annotations

import json
import re

import msgspec

from spipconv.converters import html, markdown
from spipconv.migration.pages.page import Comment, Page
from spipconv.nodes import Document, Profile

# An escaped backslash, a pair that is one character, or half of such a pair, which JSON allows but readers refuse.
_SURROGATE = re.compile(r"\\\\|\\ud[89ab]..\\ud[c-f]..|(\\ud[89a-f]..)")


def line(page: Page, *, for_pandoc: bool = False) -> str:
    r"""Return a page as one line of JSON, with its ``\n``.

    Its fields are those of ``Page`` under the same names, with dates as ISO 8601 without a time zone (null: none).
    There are four differences: ``summary`` is what SPIP shows in lists (``Page.summary``); ``body`` is written as
    ``html``, ``notes`` (HTML too, empty: none) and ``markdown`` (with its notes), here and in every comment;
    ``elsewhere`` is an object with ``title`` and ``address``; lone surrogates are U+FFFD. Every field is always
    present, in the same order.
    """
    record = _fields(page, "article", for_pandoc=for_pandoc) | {
        "summary": page.summary,
        "elsewhere": dict(zip(("title", "address"), page.elsewhere, strict=True)),
        "comments": [_fields(comment, "comment", for_pandoc=for_pandoc) for comment in page.comments],
    }
    text = json.dumps(record, separators=(",", ":"))
    if "\\ud" in text:
        text = _SURROGATE.sub(lambda found: "\\ufffd" if found[1] else found[0], text)
    return text + "\n"


def _fields(record: Page | Comment, profile: Profile, *, for_pandoc: bool) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name in record.__struct_fields__:
        if name == "body":
            fields |= _for_pandoc(record.body, profile) if for_pandoc else _texts(record.body, profile)
        elif name != "comments":
            fields[name] = msgspec.to_builtins(getattr(record, name))
    return fields


def _texts(body: Document, profile: Profile) -> dict[str, str]:
    written = html.write(body, profile=profile)
    texts = {"html": written.body, "notes": written.notes, "markdown": markdown.write(body, profile=profile)}
    return {**texts, "glossary": written.glossary} if written.glossary else texts


def _for_pandoc(body: Document, profile: Profile) -> dict[str, object]:
    # It takes time to import, and few migrations need it.
    from spipconv.converters import pandoc

    return {"pandoc": json.loads(pandoc.write(body, profile=profile))}
