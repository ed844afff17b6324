"""The OpenAPI description of the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from spipconv.diagnostics import DIAGNOSTICS, Severity
from spipconv.languages import LANGUAGE
from spipconv.preview.assets import Asset
from spipconv.preview.refusals import CODES as REFUSALS
from spipconv.version import VERSION

_HEADERS = ("Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")
_JSON = "application/json"
_HTML = "text/html"


def describe(root: str, max_body: int, assets: Mapping[str, Asset]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the application under a prefix, with its files by name."""
    paths: dict[str, Any] = {
        "/": {
            "get": {
                "summary": "A page with a comment form and its preview",
                "operationId": "showPage",
                "parameters": [{"name": "lang", "in": "query", "schema": {"$ref": "#/components/schemas/Lang"}}],
                "responses": {"200": _content("The page.", {_HTML: _text()}), **_refusals(422)},
            }
        },
        "/preview": {
            "post": {
                "summary": "What of a comment will be published",
                "description": f"The body has {max_body} bytes at most, in UTF-8. By Accept the answer is JSON or an "
                "HTML fragment; a browser's navigation, or a form with the field “page”, gets the whole page.",
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
        },
        "/health": {
            "get": {
                "summary": "Whether the application answers",
                "operationId": "showHealth",
                "responses": {"200": _content("It does.", {_JSON: _schema("Health")}), **_refusals()},
            }
        },
        "/openapi.json": {
            "get": {
                "summary": "This description",
                "operationId": "showDescription",
                "responses": {"200": _content("OpenAPI 3.1.", {_JSON: {"schema": {"type": "object"}}}), **_refusals()},
            }
        },
    }
    if assets:
        paths["/static/{name}"] = {
            "get": {
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
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "spipconv preview",
            "version": VERSION,
            "summary": "SPIP comments, seen as they will be published",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {"schemas": _SCHEMAS},
    }


def _string(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, *, is_open: bool = False) -> Any:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": is_open,
    }


_LANG = {"$ref": "#/components/schemas/Lang"}
_TEXT = _string("The comment, in SPIP markup.")
_SCHEMAS: dict[str, Any] = {
    "Lang": _string(
        "The comment's language: a code of SPIP's, with any region after it. Empty: the site's language.",
        pattern=f"^({LANGUAGE})?$",
    ),
    "Comment": _object({"text": _TEXT}, {"lang": _LANG}, is_open=True),
    "Form": _object(
        {"text": _TEXT},
        {
            "lang": _LANG,
            "name": _string("Who writes: only given back in the page."),
            "page": _string("Whatever its value: the answer in text/html is to be the whole page."),
        },
        is_open=True,
    ),
    "Preview": _object(
        {
            "html": _string("Safe HTML, the notes at its end."),
            "diagnostics": {"type": "array", "items": {"$ref": "#/components/schemas/Diagnostic"}},
        }
    ),
    "Diagnostic": _object(
        {
            "code": _string("What happened.", enum=sorted(DIAGNOSTICS)),
            "severity": _string("loss: words are gone; change: shown otherwise.", enum=list(get_args(Severity))),
            "line": {"type": "integer", "minimum": 1},
            "column": {"type": "integer", "minimum": 1},
            "message": _string("A sentence for people: French where “lang” is, else English."),
        }
    ),
    "Error": _object(
        {
            "error": _object(
                {
                    "code": _string("What went wrong.", enum=sorted(REFUSALS)),
                    "message": _string("A sentence for people, in French or English."),
                }
            )
        }
    ),
    "Health": _object({"status": {"const": "ok"}}),
}
_REASONS = {
    400: "The body cannot be read.",
    403: "Another site sends this, and may not.",
    404: "There is no such file.",
    405: "The address does not take this method.",
    406: "Neither JSON nor HTML is accepted.",
    408: "The body comes too slowly.",
    413: "The body or its preview is too long.",
    415: "The body is of another type or charset.",
    422: "A field is missing or wrong.",
    429: "The client asks too often.",
    500: "A fault of the application.",
    503: "Too many long texts at once.",
}


def _schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _text() -> dict[str, Any]:
    return {"schema": {"type": "string"}}


def _content(description: str, content: dict[str, Any], *headers: str) -> dict[str, Any]:
    described = {name: {"required": True, "schema": {"type": "string"}} for name in (*_HEADERS, *headers)}
    return {"description": description, "headers": described, **({"content": content} if content else {})}


def _refusals(*statuses: int) -> dict[str, Any]:
    found = {}
    for status in (*statuses, 405, 500):
        headers = ["Allow"] if status == 405 else ["Retry-After"] if status in (429, 503) else []
        found[str(status)] = _content(_REASONS[status], {_JSON: _schema("Error"), _HTML: _text()}, *headers)
    return found
