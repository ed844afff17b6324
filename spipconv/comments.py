"""A visitor's comment as it is published: the function that the preview and the template filters share."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from spipconv.api import render
from spipconv.diagnostics import Diagnostic
from spipconv.extensions import Extension
from spipconv.nodes import Profile
from spipconv.parsing.parser import parse


class PublishedComment(Struct, frozen=True):
    """Safe HTML, the notes at its end, and the diagnostics of the text."""

    html: str
    diagnostics: tuple[Diagnostic, ...]


def publish(
    text: str,
    lang: str = "fr",
    profile: Profile = "comment",
    plugins: Iterable[str] = (),
    extensions: Iterable[Extension] = (),
) -> PublishedComment:
    """Return the HTML that is published of a text in SPIP markup; no object is looked up.

    The arguments are those of ``parse``, and so are the errors that wrong ones raise.
    """
    parsed = parse(text, profile=profile, lang=lang, plugins=plugins, extensions=extensions)
    return PublishedComment(render(parsed.document), parsed.diagnostics)
