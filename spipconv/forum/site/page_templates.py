"""Pages from the templates in ``templates/``: a template's name, a language and values come in, HTML goes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from spipconv.migration.pages.calendar_words import write_day, write_hour
from spipconv.translations import translate, translate_plural


class PageTemplates:
    """The templates. All values are escaped, except those of type ``markupsafe.Markup``."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("spipconv.forum.site"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )

    def render(self, name: str, language: str, values: Mapping[str, object]) -> str:
        """Return a page.

        ``language`` is SPIP's code of the language of the functions that templates call: ``translate(sentence,
        **values)``, ``translate_plural(singular, plural, number)`` and ``write_date(text)``, given an ISO date.
        """
        functions = {
            "translate": partial(_say, language),
            "translate_plural": partial(_say_plural, language),
            "write_date": partial(write_date, language),
        }
        page = self._environment.get_template(name).render({**functions, **values})
        # Strangers may write half of a pair of surrogates.
        return page.encode("utf-8", "replace").decode()


def write_date(language: str, date: str) -> str:
    """Return an ISO date and time in the words of a language."""
    time = datetime.fromisoformat(date)
    return f"{write_day(time.date(), language)}, {write_hour(time, language)}"


def _say(language: str, sentence: str, **values: object) -> str:
    return translate(sentence, language, **values)


def _say_plural(language: str, singular: str, plural: str, number: int) -> str:
    return translate_plural(singular, plural, number, language)
