"""A visitor's comment as it is published: the function that the preview and the template filters share."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from spipconv.api import render
from spipconv.diagnostics import Diagnostic
from spipconv.extensions import Extension
from spipconv.nodes import Profile
from spipconv.parsing.parser import parse
from spipconv.trees import rename_notes


class PublishedComment(Struct, frozen=True):
    """Safe HTML, the notes at its end, and the diagnostics of the text."""

    html: str
    diagnostics: tuple[Diagnostic, ...]

    @property
    def differences(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that are a visitor's concern: of what is shown differently, or lost."""
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity != "info")


def publish(
    text: str,
    lang: str = "fr",
    profile: Profile = "comment",
    plugins: Iterable[str] = (),
    extensions: Iterable[Extension] = (),
    notes_suffix: str = "",
) -> PublishedComment:
    """Return the HTML that is published of a text in SPIP markup; no object is looked up.

    The arguments are those of ``parse``, and so are the errors that wrong ones raise. ``notes_suffix`` ends the ids of
    notes, so that those of several texts on one page differ.
    """
    parsed = parse(text, profile=profile, lang=lang, plugins=plugins, extensions=extensions)
    document = rename_notes(parsed.document, notes_suffix) if notes_suffix else parsed.document
    return PublishedComment(render(document), parsed.diagnostics)
