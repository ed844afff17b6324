"""The public functions of the library, pure and thread-safe: a SPIP text or a document comes in, text in a format goes
out.
"""

from __future__ import annotations

from collections.abc import Iterable

from spipconv.converters.formats import Format, find_format
from spipconv.diagnostics import Diagnostic, Parsed
from spipconv.json_trees import BadTree, from_dict, read_json, schema, to_dict
from spipconv.nodes import Document, Profile, walk
from spipconv.objects import BadObjects, Catalogue, Resolver, SpipObject, read_objects
from spipconv.parsing.parser import parse
from spipconv.safety import Sanitizer
from spipconv.settings import Typography, check_profile, read_typography
from spipconv.trees import check_levels, transform

__all__ = [
    "BadObjects",
    "BadTree",
    "Catalogue",
    "Diagnostic",
    "Document",
    "Format",
    "Parsed",
    "Profile",
    "Resolver",
    "SpipObject",
    "from_dict",
    "parse",
    "read_json",
    "read_objects",
    "render",
    "schema",
    "to_dict",
    "to_html",
    "to_markdown",
    "transform",
    "walk",
]


def render(
    document: Document,
    to: Format = "html",
    *,
    profile: Profile | None = None,
    sanitizer: Sanitizer = "nh3",
    typography: Typography | bool = True,
) -> str:
    """Return a document as ``html`` (with the notes at the end), ``markdown`` or ``json`` (the tree).

    It is written for ``profile`` or, by default, for the profile that it was read with. ``typography`` says how its
    no-break spaces are written: as characters (``char``, by default in Markdown) or as entities (``entity``, by default
    in HTML). Raises ValueError if the format, the profile, the typography or the sanitiser is unknown or the tree, made
    by hand, has too many levels, and ImportError if the sanitiser is not installed.
    """
    check_levels(document)
    return _write(document, to, profile, sanitizer, typography)


def _write(
    document: Document,
    to: Format,
    profile: Profile | None = None,
    sanitizer: Sanitizer = "nh3",
    typography: Typography | bool = True,
) -> str:
    profile = check_profile(document.profile if profile is None else profile)
    return find_format(to).write(document, profile, sanitizer, read_typography(typography)[1]).text


def to_html(
    text: str,
    profile: Profile = "article",
    lang: str = "fr",
    *,
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
    repair_encoding: bool = False,
    plugins: Iterable[str] = (),
    peertube: Iterable[str] = (),
    typography: Typography | bool = True,
    sanitizer: Sanitizer = "nh3",
) -> str:
    """Return the safe HTML of a SPIP text, with the notes at the end.

    The arguments are those of ``parse`` and ``render``.
    """
    parsed = parse(
        text, profile=profile, lang=lang, objects=objects, embeds=embeds, angle_shortcuts=angle_shortcuts,
        repair_encoding=repair_encoding, plugins=plugins, peertube=peertube, typography=typography,
    )  # fmt: skip
    return _write(parsed.document, "html", sanitizer=sanitizer, typography=typography)


def to_markdown(
    text: str,
    profile: Profile = "article",
    lang: str = "fr",
    *,
    objects: Resolver | None = None,
    embeds: bool = False,
    angle_shortcuts: bool = False,
    repair_encoding: bool = False,
    plugins: Iterable[str] = (),
    peertube: Iterable[str] = (),
    typography: Typography | bool = True,
) -> str:
    """Return the CommonMark of a SPIP text, with tables, footnotes and strikethrough.

    The arguments are those of ``parse`` and ``render``.
    """
    parsed = parse(
        text, profile=profile, lang=lang, objects=objects, embeds=embeds, angle_shortcuts=angle_shortcuts,
        repair_encoding=repair_encoding, plugins=plugins, peertube=peertube, typography=typography,
    )  # fmt: skip
    return _write(parsed.document, "markdown", typography=typography)


Document._repr_html_ = render
Parsed._repr_html_ = lambda parsed: render(parsed.document)
