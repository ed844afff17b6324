"""The body of a request to a preview request: no more bytes than allowed, and no guess at the encoding."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from email.message import Message
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message as Event

from spipconv.web.refusals import Refusal

_JSON = "application/json"
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
TYPES = (_JSON, _URLENCODED, _MULTIPART)
_MOST_FIELDS = 100
# Python's parser of such headers takes quadratic time; a boundary has 70 characters at most.
_LONGEST_TYPE = 300
# Time limits for the whole body, and between two parts of it; also under servers that have no limits of their own.
BODY_SECONDS = 30.0
STALL_SECONDS = 8.0


class PreviewRequest(Struct, frozen=True):
    """A request for a preview.

    ``fields`` are the form's fields that are shown again, ``is_page`` is whether the answer is the whole page.
    """

    text: str
    lang: str
    fields: Mapping[str, str]
    is_page: bool


async def read_body(request: Request, most: int) -> bytes:
    """Return the body.

    Raises Refusal as soon as it has, or announces, more bytes than allowed, and when it arrives too slowly.
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


async def read_request(headers: Headers, body: bytes) -> PreviewRequest:
    """Return the preview request in a body. Raises Refusal if the body cannot be read."""
    content_type = headers.get("content-type", "")
    media_type, charset = _read_type(content_type if len(content_type) <= _LONGEST_TYPE else "")
    if media_type not in TYPES:
        raise Refusal("unsupported-type", headers={"Accept-Post": ", ".join(TYPES)})
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal("unsupported-charset", charset[:20])
    if media_type == _JSON:
        fields: Mapping[str, object] = _read_json(body)
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
    return PreviewRequest(text, lang, words, media_type != _JSON and "page" in fields)


def _read_type(header: str) -> tuple[str, str]:
    """Return the media type and the charset of a Content-Type."""
    message = Message()
    message["content-type"] = header
    charset = message.get_param("charset", "utf-8")
    return header.partition(";")[0].strip().lower(), charset.lower() if isinstance(charset, str) else "?"


def _read_json(body: bytes) -> dict[str, object]:
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
        # Some versions of the parser raise their own errors, which are ValueErrors.
        raise Refusal("bad-form") from None
    fields = {name: value for name, value in reversed(form.multi_items()) if isinstance(value, str)}
    await form.close()
    return fields


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("bad-encoding") from None
