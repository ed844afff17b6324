"""The OpenAPI description of the application."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.diagnostics import DIAGNOSTICS
from spipconv.languages import LANGUAGE
from spipconv.preview.assets import Asset
from spipconv.preview.refusals import REASONS
from spipconv.version import VERSION

# A part of the description, as JSON has it.
Description = dict[str, object]

_HEADERS = ("Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")
_JSON = "application/json"
_HTML = "text/html"


def describe(root: str, max_body: int, most_form: int, assets: Mapping[str, Asset]) -> Description:
    """Return the OpenAPI 3.1 description of the application under a prefix, with its files by name.

    ``max_body`` and ``most_form`` are the most bytes of a request and of a form that comes back.
    """
    paths = {
        "/": {"get": _describe_page()},
        "/preview": {"post": _describe_preview(max_body, most_form)},
        "/health": {"get": _describe_json("showHealth", "Whether the application is running", "It is.", "Health")},
        "/openapi.json": {"get": _describe_json("showDescription", "This description", "OpenAPI 3.1.", "Description")},
    }
    if assets:
        paths["/static/{name}"] = {"get": _describe_assets(assets)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "spipconv preview",
            "version": VERSION,
            "summary": "Previews of SPIP comments as they will be published",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {"schemas": _SCHEMAS},
    }


def _describe_page() -> Description:
    return {
        "summary": "A page with a comment form and its preview",
        "operationId": "showPage",
        "parameters": [{"name": "lang", "in": "query", "schema": _LANG}],
        "responses": {"200": _content("The page.", {_HTML: _text()}), **_refusals(422)},
    }


def _describe_preview(max_body: int, most_form: int) -> Description:
    return {
        "summary": "The HTML that will be published of a comment",
        "description": f"The body is in UTF-8, not compressed, and has at most {max_body} bytes. Depending on Accept, "
        "the answer is JSON or an HTML fragment; a browser's navigation, or a form with the field “page”, gets the "
        f"whole page. The text of such a form has at most {max_body} bytes, all of it {most_form}.",
        "operationId": "preview",
        "requestBody": {
            "required": True,
            "content": {
                _JSON: _schema("Comment"),
                "application/x-www-form-urlencoded": _schema("Form"),
                "multipart/form-data": _schema("Form"),
            },
        },
        "responses": {
            "200": _content("The preview.", {_JSON: _schema("Preview"), _HTML: _text()}, "Content-Language"),
            **_refusals(400, 403, 406, 408, 413, 415, 422, 429, 503),
        },
    }


def _describe_json(operation: str, summary: str, answer: str, schema: str) -> Description:
    return {
        "summary": summary,
        "operationId": operation,
        "responses": {"200": _content(answer, {_JSON: _schema(schema)}), **_refusals()},
    }


def _describe_assets(assets: Mapping[str, Asset]) -> Description:
    return {
        "summary": "A file of the widget",
        "operationId": "showAsset",
        "parameters": [
            {
                "name": "name",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": sorted(assets)},
            },
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": {
            "200": _content("The file.", {asset.media_type: _text() for asset in assets.values()}, "ETag"),
            "304": _content("The client has it.", {}, "ETag"),
            **_refusals(404),
        },
    }


def _string(description: str, **more: object) -> Description:
    return {"type": "string", "description": description, **more}


def _object(required: Description, optional: Description | None = None, *, is_open: bool = False) -> Description:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": is_open,
    }


_LANG = {"$ref": "#/components/schemas/Lang"}
_TEXT = _string("The comment, in SPIP markup.")
_SCHEMAS: dict[str, Description] = {
    "Lang": _string(
        "The comment's language: a code that SPIP knows, with an optional region. Empty: the site's language.",
        pattern=f"^({LANGUAGE})?$",
    ),
    "Comment": _object({"text": _TEXT}, {"lang": _LANG}, is_open=True),
    "Form": _object(
        {"text": _TEXT},
        {
            "lang": _LANG,
            "name": _string("The author's name: only shown again in the page."),
            "page": _string(
                "Whatever its value: the answer in text/html is the whole page. If it is the address that the form is "
                "to be sent to, of this origin or a listed one, the page sends it on there."
            ),
        },
        is_open=True,
    ),
    "Preview": _object(
        {
            "html": _string("Safe HTML, with the notes at its end."),
            "diagnostics": {"type": "array", "items": {"$ref": "#/components/schemas/Diagnostic"}},
        }
    ),
    "Diagnostic": _object(
        {
            "code": _string(
                "What happened. Extensions of a site have codes of their own.", examples=sorted(DIAGNOSTICS)
            ),
            "severity": _string("loss: words are gone; change: they are shown differently.", enum=["change", "loss"]),
            "line": {"type": "integer", "minimum": 1},
            "column": {"type": "integer", "minimum": 1},
            "message": _string("A sentence for people: in French if “lang” is French, else in English."),
        }
    ),
    "Error": _object(
        {
            "error": _object(
                {
                    "code": _string("What went wrong.", enum=sorted(REASONS)),
                    "message": _string("A sentence for people, in French or English."),
                }
            )
        }
    ),
    "Health": _object({"status": {"const": "ok"}}),
    "Description": {"type": "object"},
}
_REASONS = {
    400: "The body cannot be read.",
    403: "Another site sent this without being allowed to.",
    404: "There is no such file.",
    405: "The address does not accept this method.",
    406: "The client accepts neither JSON nor HTML.",
    408: "The body arrives too slowly.",
    413: "The body or its preview is too large.",
    415: "The body has another type or charset, or is compressed.",
    422: "A field is missing or wrong.",
    429: "The client sends too many requests.",
    500: "An error of the application.",
    503: "Too many long texts at once.",
}


def _schema(name: str) -> Description:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _text() -> Description:
    return {"schema": {"type": "string"}}


def _content(description: str, content: Description, *headers: str) -> Description:
    described = {name: {"required": True, "schema": {"type": "string"}} for name in (*_HEADERS, *headers)}
    return {"description": description, "headers": described, **({"content": content} if content else {})}


def _refusals(*statuses: int) -> Description:
    answers: Description = {}
    for status in (*statuses, 405, 500):
        headers = ["Allow"] if status == 405 else ["Retry-After"] if status in (429, 503) else []
        answers[str(status)] = _content(_REASONS[status], {_JSON: _schema("Error"), _HTML: _text()}, *headers)
    return answers
