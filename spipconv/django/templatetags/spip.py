"""The filter and the tag ``spip``: a stored comment as the preview showed it."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString, mark_safe

from spipconv.comments import publish
from spipconv.extensions import Extension
from spipconv.nodes import Profile

register = template.Library()


def show(text: object, lang: str = "fr") -> SafeString:
    """Return a comment in SPIP markup as safe HTML: ``{{ comment.text|spip:"en" }}``; None as an empty text.

    Raises ValueError for a language that SPIP does not know.
    """
    return show_as(text, lang)


def show_as(
    text: object,
    lang: str = "fr",
    profile: Profile = "comment",
    plugins: str = "",
    extensions: Iterable[Extension] = (),
) -> SafeString:
    """Return a text of any profile as safe HTML: ``{% spip article.text profile="article" lang="fr" %}``.

    ``plugins`` are names of plugins with spaces between them, ``extensions`` extensions of the context. Raises
    ValueError for a language that SPIP does not know, for an unknown profile and for an unknown plugin.
    """
    # The HTML consists of escaped text and of elements of the allow-list.
    return mark_safe(  # noqa: S308
        publish("" if text is None else str(text), lang, profile, plugins.split(), extensions).html
    )


register.filter("spip", show)
register.simple_tag(show_as, name="spip")
