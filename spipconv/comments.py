"""A stranger's words as they are published: the one function behind the preview and the template filters."""

from __future__ import annotations

from msgspec import Struct

from spipconv.api import render
from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Profile
from spipconv.parsing.parser import parse


class Published(Struct, frozen=True):
    """Safe HTML, its notes at the end, and the remarks on the text."""

    html: str
    diagnostics: tuple[Diagnostic, ...]


def publish(text: str, lang: str = "fr", profile: Profile = "comment") -> Published:
    """Return what of a text is published; nothing is looked up.

    The arguments are those of ``parse``, which also says which errors they raise.
    """
    parsed = parse(text, profile=profile, lang=lang)
    return Published(render(parsed.document), parsed.diagnostics)
