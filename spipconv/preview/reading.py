"""A request's body to what is asked: never more bytes than allowed, never a guess at the encoding."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message as Event

from spipconv.preview.refusals import Refusal

_JSON = "application/json"
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
TYPES = (_JSON, _URLENCODED, _MULTIPART)
_MOST_FIELDS = 100
# Python's parser of such headers takes time in the square of their length; a boundary has 70 characters at most.
_LONGEST_TYPE = 300
# For how long a body may come in all, and for how long nothing of it. Also where the server waits for ever.
BODY_SECONDS = 30.0
STALL_SECONDS = 8.0


class Asked(Struct, frozen=True):
    """What a request says.

    ``fields`` holds those of its fields that are shown again, ``is_page`` whether it wants the whole page back.
    """

    text: str
    lang: str
    fields: Mapping[str, str]
    is_page: bool


async def read_body(request: Request, most: int) -> bytes:
    """Return the body.

    Raises Refusal as soon as it has, or says that it has, more bytes than allowed, and when it comes too slowly.
    """
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise Refusal("too-large", str(most))
    body = bytearray()
    loop = asyncio.get_running_loop()
    end = loop.time() + BODY_SECONDS
    try:
        async with asyncio.timeout(STALL_SECONDS) as deadline:
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise Refusal("too-large", str(most))
                deadline.reschedule(min(loop.time() + STALL_SECONDS, end))
    except TimeoutError:
        raise Refusal("too-slow") from None
    return bytes(body)


async def read_asked(headers: Headers, body: bytes) -> Asked:
    """Return what a body asks for. Raises Refusal where it cannot be read."""
    content_type = headers.get("content-type", "")
    media_type, charset = _read_type(content_type if len(content_type) <= _LONGEST_TYPE else "")
    if media_type not in TYPES:
        raise Refusal("unsupported-type", headers={"Accept-Post": ", ".join(TYPES)})
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal("unsupported-charset", charset[:20])
    if media_type == _JSON:
        fields = _read_json(body)
    elif media_type == _URLENCODED:
        fields = _read_urlencoded(body)
    else:
        fields = await _read_multipart(content_type, body)
    words = {
        name: value for name, value in fields.items() if name in ("name", "text", "lang") and isinstance(value, str)
    }
    text, lang = fields.get("text"), fields.get("lang", "")
    if text is None and "text" not in fields:
        raise Refusal("no-text", fields=words)
    if not isinstance(text, str):
        raise Refusal("wrong-text", fields=words)
    if not isinstance(lang, str):
        raise Refusal("wrong-lang", json.dumps(lang)[:20], fields=words)
    return Asked(text, lang, words, media_type != _JSON and "page" in fields)


def _read_type(header: str) -> tuple[str, str]:
    """Return a Content-Type's media type and charset."""
    message = Message()
    message["content-type"] = header
    charset = message.get_param("charset", "utf-8")
    return header.partition(";")[0].strip().lower(), charset.lower() if isinstance(charset, str) else "?"


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(_decode(body))
    except (ValueError, RecursionError):
        raise Refusal("bad-json") from None
    if not isinstance(value, dict):
        raise Refusal("no-object")
    return value


def _read_urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(_decode(body), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise Refusal("bad-encoding") from None
    except ValueError:
        raise Refusal("bad-form") from None
    return dict(reversed(pairs))


async def _read_multipart(content_type: str, body: bytes) -> dict[str, str]:
    # The parser would read wrong bytes as Latin-1.
    _decode(body)

    async def replay() -> Event:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode("latin-1"))]}
    try:
        form = await Request(scope, replay).form(
            max_files=_MOST_FIELDS, max_fields=_MOST_FIELDS, max_part_size=len(body)
        )
    except (MultiPartException, HTTPException, ValueError):
        # Some versions of the parser raise errors of their own, which are ValueErrors.
        raise Refusal("bad-form") from None
    fields = {name: value for name, value in reversed(form.multi_items()) if isinstance(value, str)}
    await form.close()
    return fields


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("bad-encoding") from None
