"""The library's functions: pure, safe from several threads, the same for every use."""

from __future__ import annotations

from typing import Literal, get_args

from spipconv.converters import html, json, markdown
from spipconv.nodes import Document, Profile
from spipconv.objects import Resolver
from spipconv.parsing.parser import parse
from spipconv.safety import Sanitizer
from spipconv.settings import check_profile

Format = Literal["html", "markdown", "json"]


def render(
    document: Document, to: Format = "html", *, profile: Profile | None = None, sanitizer: Sanitizer = "nh3"
) -> str:
    """Write a document as ``html`` (its notes at the end), ``markdown`` or ``json`` (the tree).

    It is written for the profile that it was read with, unless ``profile`` names another one.
    Raises ImportError where the sanitiser is not installed, ValueError for another format, profile or sanitiser.
    """
    profile = check_profile(document.profile if profile is None else profile)
    if to == "html":
        written = html.write(document, profile=profile, sanitizer=sanitizer)
        return f'{written.body}<div class="notes">\n{written.notes}\n</div>\n' if written.notes else written.body
    if to == "markdown":
        return markdown.write(document, profile=profile)
    if to == "json":
        return json.write(document)
    raise ValueError(f"format {to!r} is unknown: choose {', '.join(get_args(Format))}")


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
    return render(parsed.document, "html", sanitizer=sanitizer)


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
    return render(parsed.document, "markdown")
