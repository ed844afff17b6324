"""Jinja: ``{{ comment.text | spip }}`` shows a stored comment as the preview showed it.

It needs ``pip install jinja2``. Use ``Environment(extensions=["spipconv.jinja.SpipExtension"])``, or set
``environment.filters["spip"] = spip``.
"""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import Environment, ext
from markupsafe import Markup

from spipconv.comments import publish
from spipconv.extensions import Extension
from spipconv.nodes import Profile


def spip(
    text: object,
    lang: str = "fr",
    profile: Profile = "comment",
    plugins: Iterable[str] = (),
    extensions: Iterable[Extension] = (),
) -> Markup:
    """Return a text in SPIP markup as safe HTML, None as an empty text.

    Raises ValueError for a language that SPIP does not know, for an unknown profile and for an unknown plugin.
    """
    # The HTML consists of escaped text and of elements of the allow-list.
    return Markup(publish("" if text is None else str(text), lang, profile, plugins, extensions).html)  # noqa: S704


class SpipExtension(ext.Extension):
    """Adds the filter ``spip`` to an environment."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["spip"] = spip
