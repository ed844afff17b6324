"""The request for a preview: a form or a JSON object comes in, a text and its language go out."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from spipconv.web.reading import FORMS, JSON, Form
from spipconv.web.refusals import Refusal

TYPES = (JSON, *FORMS)


class PreviewRequest(Struct, frozen=True):
    """A request for a preview: a text in SPIP markup, and the name of its language, empty for the site's."""

    text: str
    lang: str


def read_form(form: Form) -> PreviewRequest:
    """Return the preview request in a form. Raises Refusal if it has no text."""
    if "text" not in form:
        raise Refusal("no-text")
    return PreviewRequest(form.get("text"), form.get("lang"))


def read_object(value: Mapping[str, object]) -> PreviewRequest:
    """Return the preview request in a JSON object. Raises Refusal if there is none."""
    text, lang = value.get("text"), value.get("lang", "")
    if "text" not in value:
        raise Refusal("no-text")
    if not isinstance(text, str):
        raise Refusal("wrong-text")
    if not isinstance(lang, str):
        raise Refusal("wrong-lang", json.dumps(lang)[:20])
    return PreviewRequest(text, lang)
