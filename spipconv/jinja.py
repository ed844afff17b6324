"""Jinja: ``{{ comment.text | spip }}`` shows a stored comment as the preview showed it.

``pip install jinja2`` goes with it. With ``Environment(extensions=["spipconv.jinja.SpipExtension"])``, or with
``environment.filters["spip"] = spip``.
"""

from __future__ import annotations

from jinja2 import Environment
from jinja2.ext import Extension
from markupsafe import Markup

from spipconv.comments import publish
from spipconv.nodes import Profile


def spip(text: object, lang: str = "fr", profile: Profile = "comment") -> Markup:
    """Return a text in SPIP markup as safe HTML, None as nothing.

    Raises ValueError for a language that SPIP does not know and for an unknown profile.
    """
    # Made of nothing but escaped words and elements of the allow-list.
    return Markup(publish("" if text is None else str(text), lang, profile).html)  # noqa: S704


class SpipExtension(Extension):
    """Gives an environment the filter ``spip``."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["spip"] = spip
