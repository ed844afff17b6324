"""The request for a preview: a request's type and body come in; the text, its language and the form go out."""

from __future__ import annotations

import json

from msgspec import Struct
from starlette.datastructures import Headers

from spipconv.web.reading import FORMS, JSON, Form, check_type, parse_form, parse_json
from spipconv.web.refusals import Refusal

TYPES = (JSON, *FORMS)


class PreviewRequest(Struct, frozen=True):
    """A request for a preview. ``form`` is the form that was sent, None for JSON."""

    text: str
    lang: str
    form: Form | None = None


async def read_request(headers: Headers, body: bytes) -> PreviewRequest:
    """Return the preview request in a body. Raises Refusal if the body cannot be read, with the fields it has."""
    if check_type(headers, TYPES) == JSON:
        return _read_json(parse_json(body))
    form = await parse_form(headers, body)
    if "text" not in form:
        raise Refusal("no-text", fields=form.fields)
    return PreviewRequest(form.get("text"), form.get("lang"), form)


def _read_json(value: dict[str, object]) -> PreviewRequest:
    text, lang = value.get("text"), value.get("lang", "")
    words = [(name, word) for name, word in value.items() if name in ("text", "lang") and isinstance(word, str)]
    if "text" not in value:
        raise Refusal("no-text", fields=words)
    if not isinstance(text, str):
        raise Refusal("wrong-text", fields=words)
    if not isinstance(lang, str):
        raise Refusal("wrong-lang", json.dumps(lang)[:20], fields=words)
    return PreviewRequest(text, lang)
