"""The OpenAPI description of the public operations: those of visitors and readers, and those of the preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spipconv.forum.health import Health
from spipconv.forum.posting import LONGEST
from spipconv.forum.refusals import FIELDS, REASONS
from spipconv.preview.assets import Asset
from spipconv.preview.description import Description
from spipconv.preview.description import describe as describe_preview

_JSON: Final = "application/json"
_HTML: Final = "text/html"
_FORMS: Final = (_JSON, "application/x-www-form-urlencoded", "multipart/form-data")
_HEALTH: Final = tuple(name for name in Health.__struct_fields__ if name != "status")
_REASONS: Final = {
    400: "The request cannot be read.",
    403: "Another site sent this, the forum is closed, or the sender is blocked.",
    404: "There is no such page or message.",
    405: "The address does not accept this method.",
    408: "The body arrives too slowly.",
    409: "This form has sent another message before.",
    410: "The time to take the message back is over.",
    413: "The body is too large.",
    415: "The body has another type or charset.",
    422: "A field is missing or wrong, or the form was open for too long.",
    429: "The client sends too much, or too fast.",
    500: "An error of the application.",
    503: "Nothing can be stored, or too much is going on.",
}


def describe(root: str, max_body: int, most_form: int, assets: Mapping[str, Asset]) -> Description:
    """Return the OpenAPI 3.1 description of the application under a prefix, with its files by name.

    ``max_body`` and ``most_form`` are those of the preview.
    """
    description = describe_preview(root, max_body, most_form, assets)
    paths, components, info = description["paths"], description["components"], description["info"]
    assert isinstance(paths, dict)
    assert isinstance(components, dict)
    assert isinstance(info, dict)
    return {
        **description,
        "info": {
            **info,
            "title": "spipconv comments",
            "summary": "Comments of a static site, moderated before they appear, and their previews",
        },
        "paths": {**paths, **_PATHS},
        "components": {"schemas": {**components["schemas"], **_SCHEMAS}},
    }


def _object(required: Description, optional: Description | None = None, *, is_open: bool = False) -> Description:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": is_open,
    }


def _string(description: str, **more: object) -> Description:
    return {"type": "string", "description": description, **more}


def _number(description: str) -> Description:
    return {"type": "integer", "minimum": 0, "description": description}


def _schema(name: str) -> Description:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _answer(description: str, content: Description, *headers: str) -> Description:
    described = {name: {"required": True, "schema": {"type": "string"}} for name in ("Cache-Control", *headers)}
    return {"description": description, "headers": described, **({"content": content} if content else {})}


def _refusals(*statuses: int) -> Description:
    answers: Description = {}
    for status in (*statuses, 405, 500, 503):
        headers = ["Allow"] if status == 405 else ["Retry-After"] if status == 429 else []
        content = {_JSON: _schema("Refusal"), _HTML: {"schema": {"type": "string"}}}
        answers[str(status)] = _answer(_REASONS[status], content, *headers)
    return answers


def _responses(answers: Description, *statuses: int) -> Description:
    return {**answers, **_refusals(*statuses)}


def _query(name: str, description: str, *, is_required: bool = False, **schema: object) -> Description:
    return {
        "name": name,
        "in": "query",
        "required": is_required,
        "schema": {"type": "string", **schema},
        "description": description,
    }


def _path(name: str, description: str) -> Description:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": description}


_PAGE: Final = _query("page", "The key of the page: article12.", is_required=True)
_PAGE_ANSWER: Final[Description] = {_HTML: {"schema": {"type": "string"}}}
_TOKEN: Final = _path("token", "What the visitor was given with the message.")

_PATHS: Final[dict[str, Description]] = {
    "/thread": {
        "get": {
            "summary": "The messages of a page that were published after the newest of a static page",
            "description": "At most 100, those that were published first; `next` is what `after` has to be for more.",
            "operationId": "showThread",
            "parameters": [
                _PAGE,
                _query("after", "The number of the newest message that the static page has."),
                {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
            ],
            "responses": _responses(
                {
                    "200": _answer("The messages.", {_JSON: _schema("Thread")}, "ETag"),
                    "304": _answer("The client has them.", {}, "ETag"),
                },
                404,
                429,
            ),
        }
    },
    "/token": {
        "get": {
            "summary": "The token that a form must bring; it can be used some seconds later",
            "operationId": "giveToken",
            "parameters": [_PAGE],
            "responses": _responses({"200": _answer("The token.", {_JSON: _schema("Token")})}, 404, 429),
        }
    },
    "/messages": {
        "post": {
            "summary": "Send a message",
            "description": "Whoever sends the same form again gets the message that it has brought. Browsers that ask "
            "for a page are shown the message first, unless the form has a token, and are redirected then.",
            "operationId": "sendMessage",
            "requestBody": {"required": True, "content": {kind: _schema("MessageForm") for kind in _FORMS}},
            "responses": _responses(
                {
                    "200": _answer(
                        "The message is stored; or a page shows it before it is sent.",
                        {_JSON: _schema("Sent"), **_PAGE_ANSWER},
                    ),
                    "303": _answer("The message is stored: the address shows it.", {}, "Location"),
                },
                400,
                403,
                404,
                408,
                409,
                413,
                415,
                422,
                429,
            ),
        }
    },
    "/messages/own/{token}": {
        "get": {
            "summary": "The page of a visitor's own message",
            "operationId": "showOwnMessage",
            "parameters": [_TOKEN],
            "responses": _responses({"200": _answer("The page.", _PAGE_ANSWER)}, 404, 410),
        },
        "post": {
            "summary": "Take a message back",
            "operationId": "takeMessageBack",
            "parameters": [_TOKEN],
            "responses": _responses(
                {"200": _answer("What became of it.", {_JSON: _schema("State"), **_PAGE_ANSWER})}, 404, 410
            ),
        },
    },
    "/pages/{key}": {
        "get": {
            "summary": "The thread of a page, 100 messages at a time, and the form",
            "operationId": "showPageThread",
            "parameters": [
                _path("key", "The key of the page: article12."),
                _query("from", "How many messages come before the first one to show."),
                _query("parent", "The number of the message that the form answers."),
            ],
            "responses": _responses({"200": _answer("The page.", _PAGE_ANSWER)}, 404, 429),
        }
    },
    "/health": {
        "get": {
            "summary": "Whether the forum can read, write and go on writing",
            "operationId": "showHealth",
            "responses": _responses({"200": _answer("It can.", {_JSON: _schema("ForumHealth")})})
            | {"503": _answer("It cannot.", {_JSON: _schema("ForumHealth")})},
        }
    },
}

_SCHEMAS: Final[dict[str, Description]] = {
    "Message": _object(
        {
            "id": _number("Its number: `forum123` is its place in the page."),
            "parent": _number("The number of the message that it is shown under, or 0."),
            "depth": _number("0 for the top of a thread."),
            "author": _string("Plain words."),
            "answered": _string("The author of the parent."),
            "url": _string("The writer's own page, or empty."),
            "date": _string("ISO 8601, without a time zone."),
            "title": _string("Plain words, or empty."),
            "html": _string("Safe HTML."),
        }
    ),
    "Thread": _object(
        {
            "page": _object(
                {
                    "key": _string("Its key."),
                    "title": _string("Its title."),
                    "language": _string("SPIP's code of its language."),
                    "open": {"type": "boolean", "description": "Whether it takes new messages."},
                    "mails": {"type": "boolean", "description": "Whether visitors can be told of replies by mail."},
                }
            ),
            "count": _number("How many published messages the page has."),
            "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
            "next": _number("What `after` has to be for more messages, or 0."),
        }
    ),
    "Token": _object(
        {
            "token": _string("It is for one message."),
            "open": {"type": "boolean", "description": "Whether the page takes new messages."},
        }
    ),
    "MessageForm": _object(
        {
            "page": _string("The key of the page."),
            "author": _string("The visitor's name.", maxLength=LONGEST["author"]),
            "text": _string("The message, in SPIP markup."),
            "token": _string("From `/token`."),
        },
        {
            "parent": _string("The number of a published message of the page that this one answers; 0: none."),
            "title": _string("A title.", maxLength=LONGEST["title"]),
            "email": _string("Never in an answer."),
            "url": _string("The visitor's own page.", maxLength=LONGEST["url"]),
            "subscribe": _string("Not empty: the visitor wants to be told of replies."),
            "person": _string("What an earlier answer gave."),
            "nobot": _string("Must be empty."),
        },
        is_open=True,
    ),
    "Sent": _object(
        {
            "message": {"$ref": "#/components/schemas/Message"},
            "published": {"type": "boolean"},
            "sentence": _string("What to tell the visitor, in the language of the page."),
            "own": _string("The path at which the message can be taken back, by POST."),
            "seconds": _number("For how long it can be."),
        },
        {"person": _string("To be sent with the next message of the same browser.")},
    ),
    "State": _object(
        {
            "state": _string("What became of it.", enum=["held", "published", "decided", "taken-back"]),
            "sentence": _string("What to tell the visitor."),
        }
    ),
    "Refusal": _object(
        {
            "error": _object(
                {
                    "code": _string("What went wrong.", enum=sorted(REASONS)),
                    "message": _string("A sentence for people."),
                },
                {"field": _string("The field to correct, or empty.", enum=["", *sorted(set(FIELDS.values()))])},
            )
        },
        {"token": _string("A new token, where the form's own cannot be used any more.")},
    ),
    "ForumHealth": _object(
        {"status": {"enum": ["ok", "failing"]}, **{name: {"type": "boolean"} for name in _HEALTH}},
    ),
}
