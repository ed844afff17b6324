"""The library's functions: pure, safe from several threads, the same for every use."""

from __future__ import annotations

from typing import Literal

from spipconv.converters import html, json, markdown
from spipconv.nodes import Document
from spipconv.objects import Resolver
from spipconv.parser import parse
from spipconv.safety import Sanitizer
from spipconv.source import Profile

Format = Literal["html", "markdown", "json"]


def render(
    document: Document, to: Format = "html", *, profile: Profile = "article", sanitizer: Sanitizer = "nh3"
) -> str:
    """Write a document as ``html`` (its notes at the end), ``markdown`` or ``json`` (the tree).

    Raises ImportError where the sanitiser is not installed, ValueError for another format.
    """
    if to == "html":
        written = html.write(document, profile=profile, sanitizer=sanitizer)
        return f'{written.body}<div class="notes">\n{written.notes}\n</div>\n' if written.notes else written.body
    if to == "markdown":
        return markdown.write(document, profile=profile)
    if to == "json":
        return json.write(document)
    raise ValueError(f"no such format: {to!r} (html, markdown or json)")


def to_html(
    text: str,
    profile: Profile = "article",
    lang: str = "fr",
    *,
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
    sanitizer: Sanitizer = "nh3",
) -> str:
    """Return the safe HTML of a SPIP text, its notes at the end. The arguments are those of ``parse``."""
    parsed = parse(text, profile=profile, lang=lang, objects=objects, embeds=embeds, angle_shortcuts=angle_shortcuts)
    return render(parsed.document, "html", profile=profile, sanitizer=sanitizer)


def to_markdown(
    text: str,
    profile: Profile = "article",
    lang: str = "fr",
    *,
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
) -> str:
    """Return a SPIP text as CommonMark with tables, footnotes and strikethrough. The arguments are ``parse``'s."""
    parsed = parse(text, profile=profile, lang=lang, objects=objects, embeds=embeds, angle_shortcuts=angle_shortcuts)
    return render(parsed.document, "markdown", profile=profile)
