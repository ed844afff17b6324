"""The public functions of the library, pure and thread-safe: a SPIP text or a document comes in, text in a format goes
out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypedDict, Unpack

from spipconv.converters.formats import Format, find_format
from spipconv.diagnostics import Diagnostic, Parsed
from spipconv.extensions import Extension, ModelCall
from spipconv.json_trees import BadTree, from_dict, read_json, schema, to_dict
from spipconv.nodes import Document, Profile, walk
from spipconv.objects import BadObjects, Catalogue, Resolver, SpipObject, read_objects
from spipconv.parsing.parser import parse
from spipconv.places import find_place
from spipconv.safety import Sanitizer
from spipconv.settings import Typography, check_profile, read_typography
from spipconv.trees import check_levels, transform

if TYPE_CHECKING:
    from spipconv.contents import documents, headings, images, links, notes, table_of_contents, words
    from spipconv.glossary import BadGlossary, Glossary, GlossaryEntry, mark_page, mark_terms
else:

    def __getattr__(name: str) -> object:
        """Import what concerns contents and glossaries when a name of it is used: it takes 12 ms."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from spipconv import contents, glossary

        return getattr(contents if name in vars(contents) else glossary, name)


__all__ = [
    "BadGlossary",
    "BadObjects",
    "BadTree",
    "Catalogue",
    "Diagnostic",
    "Document",
    "Extension",
    "Format",
    "Glossary",
    "GlossaryEntry",
    "ModelCall",
    "Parsed",
    "Profile",
    "Resolver",
    "SpipObject",
    "documents",
    "excerpt",
    "find_place",
    "from_dict",
    "headings",
    "images",
    "links",
    "mark_page",
    "mark_terms",
    "notes",
    "parse",
    "read_json",
    "read_objects",
    "render",
    "schema",
    "table_of_contents",
    "to_dict",
    "to_html",
    "to_markdown",
    "to_text",
    "transform",
    "walk",
    "words",
]


def render(
    document: Document,
    to: Format = "html",
    *,
    profile: Profile | None = None,
    sanitizer: Sanitizer = "nh3",
    typography: Typography | bool = True,
) -> str:
    """Return a document as ``html`` (with the notes at the end), ``markdown``, ``json`` (the tree) or ``text``.

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
    extensions: Iterable[Extension] = (),
    glossary: Glossary | None = None,
    sanitizer: Sanitizer = "nh3",
) -> str:
    """Return the safe HTML of a SPIP text, with the notes at the end, and the definitions of its terms in ``glossary``.

    The other arguments are those of ``parse`` and ``render``.
    """
    parsed = parse(
        text, profile=profile, lang=lang, objects=objects, embeds=embeds, angle_shortcuts=angle_shortcuts,
        repair_encoding=repair_encoding, plugins=plugins, peertube=peertube, typography=typography,
        extensions=extensions if glossary is None else (*extensions, glossary.extension()),
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
    extensions: Iterable[Extension] = (),
    glossary: Glossary | None = None,
) -> str:
    """Return the CommonMark of a SPIP text, with tables, footnotes and strikethrough, and the definitions of its terms
    in ``glossary``.

    The other arguments are those of ``parse`` and ``render``.
    """
    parsed = parse(
        text, profile=profile, lang=lang, objects=objects, embeds=embeds, angle_shortcuts=angle_shortcuts,
        repair_encoding=repair_encoding, plugins=plugins, peertube=peertube, typography=typography,
        extensions=extensions if glossary is None else (*extensions, glossary.extension()),
    )  # fmt: skip
    return _write(parsed.document, "markdown", typography=typography)


class ParseOptions(TypedDict, total=False):
    """Further arguments of ``parse``."""

    lang: str
    objects: Resolver | None
    embeds: bool
    angle_shortcuts: bool
    repair_encoding: bool
    plugins: Iterable[str]
    peertube: Iterable[str]
    typography: Typography | bool
    extensions: Iterable[Extension]


def to_text(
    text: str | Document,
    profile: Profile | None = None,
    *,
    notes: bool = True,
    links: bool = False,
    alternatives: bool = False,
    **options: Unpack[ParseOptions],
) -> str:
    """Return what readers read of a SPIP text or a document, as plain text.

    Blocks are apart by a blank line, items have their marks, quotes are away from the margin, and the cells of a row
    are apart by tabs. ``notes``: with the notes at the end. ``links``: with the addresses of links that lead out of the
    text, in parentheses. ``alternatives``: with the alternative texts of pictures, in brackets.

    ``profile`` and ``options`` are arguments of ``parse``. Raises TypeError if there are ``options`` for a document,
    which has been read already.
    """
    from spipconv.converters import text as plain

    _check_options(options, text)
    document = _read(text, profile, options)
    return plain.write(document, profile=profile, notes=notes, links=links, alternatives=alternatives)


def excerpt(
    text: str | Document,
    length: int = 500,
    suffix: str = " (…)",
    *,
    head: str | Document = "",
    description: str | Document = "",
    profile: Profile | None = None,
    **options: Unpack[ParseOptions],
) -> str:
    """Return a few plain words about a text, as SPIP's ``#INTRODUCTION`` chooses them and its ``couper`` cuts them.

    They are those of ``description``, if it says something, else those that the author put between ``<intro>`` and
    ``</intro>`` in ``head`` and ``text``, else the first ones of both; without notes, documents and marks of lists. A
    blank line is between blocks. They have at most ``length`` characters, with ``suffix`` at their end where they are
    cut between two words; SPIP adds none to what is shorter than three quarters of the length.

    Each text is SPIP markup or a document. ``profile`` and ``options`` are arguments of ``parse``. Raises TypeError if
    there are ``options`` for documents alone, which have been read already.
    """
    from spipconv.excerpts import choose_excerpt

    _check_options(options, text, head, description)
    parts = [_read(part, profile, options) for part in (description, head, text)]
    return choose_excerpt(parts[1:], length, suffix, parts[0])


def _check_options(options: ParseOptions, text: str | Document, *others: str | Document) -> None:
    if options and isinstance(text, Document) and all(isinstance(other, Document) or not other for other in others):
        raise TypeError(f"{', '.join(options)}: options of reading, but a document has been read already")


def _read(text: str | Document, profile: Profile | None, options: ParseOptions) -> Document:
    """Return the document of a text, or a document that others made, after checking it."""
    if not isinstance(text, Document):
        return parse(text, profile="article" if profile is None else profile, **options).document
    check_levels(text)
    return text


Document._repr_html_ = render
Parsed._repr_html_ = lambda parsed: render(parsed.document)
