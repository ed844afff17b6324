"""The bodies of requests: no more bytes than allowed, no longer than allowed, and no guess at the encoding."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Collection
from email.message import Message
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from spipconv.web.refusals import Refusal

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORMS = (URLENCODED, MULTIPART)
# Fields and files of a form, each.
MOST_FIELDS = 100
# Python's parser of such headers takes quadratic time; a boundary has 70 characters at most.
_LONGEST_TYPE = 300
# RFC 2046, 5.1.1.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
# Time limits for the whole body, and between two parts of it; also under servers that have no limits of their own.
BODY_SECONDS = 30.0
STALL_SECONDS = 8.0


class Form(Struct, frozen=True):
    """What a form sent: names and values in its order, a name once for every value; files are left out.

    ``files`` are the names of the fields in which a file was chosen.
    """

    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return any(name == other for other, _ in self.fields)

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a field."""
        return next((value for other, value in self.fields if other == name), default)

    def get_all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for other, value in self.fields if other == name]


async def read_form(request: Request, most: int) -> Form:
    """Return the form in a request of at most so many bytes. Raises Refusal as ``read_body`` and ``parse_form`` do."""
    check_type(request.headers, FORMS)
    return await parse_form(request.headers, await read_body(request, most))


async def read_body(request: Request, most: int) -> bytes:
    """Return the body.

    Raises Refusal as soon as it has, or announces, more bytes than allowed, when it arrives too slowly, and where it is
    compressed: it could be a thousand times as long as what is sent.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refusal("unsupported-coding", headers={"Accept-Encoding": "identity"})
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


def check_type(headers: Headers, accepted: Collection[str]) -> str:
    """Return the media type of a body. Raises Refusal for one that is not accepted, and for a charset but UTF-8."""
    content_type = headers.get("content-type", "")
    media_type, charset = _read_type(content_type if len(content_type) <= _LONGEST_TYPE else "")
    if media_type not in accepted:
        types = ", ".join(accepted)
        raise Refusal("unsupported-type", types, headers={"Accept-Post": types})
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refusal("unsupported-charset", charset[:20])
    return media_type


def parse_json(body: bytes) -> dict[str, object]:
    """Return the JSON object in a body. Raises Refusal if it is not one."""
    try:
        value = json.loads(_decode(body))
    except (ValueError, RecursionError):
        raise Refusal("bad-json") from None
    if not isinstance(value, dict):
        raise Refusal("no-object")
    return value


async def parse_form(headers: Headers, body: bytes) -> Form:
    """Return the form in a body of one of the types ``FORMS``. Raises Refusal if it cannot be read as one."""
    if check_type(headers, FORMS) == URLENCODED:
        return Form(_parse_urlencoded(body))
    return await _parse_multipart(headers["content-type"], body)


def _read_type(header: str) -> tuple[str, str]:
    """Return the media type and the charset of a Content-Type."""
    message = Message()
    message["content-type"] = header
    charset = message.get_param("charset", "utf-8")
    return header.partition(";")[0].strip().lower(), charset.lower() if isinstance(charset, str) else "?"


def _parse_urlencoded(body: bytes) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_qsl(_decode(body), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
    except UnicodeDecodeError:
        raise Refusal("bad-encoding") from None
    except ValueError:
        raise Refusal("bad-form") from None


async def _parse_multipart(content_type: str, body: bytes) -> Form:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary("")
    if not _BOUNDARY.fullmatch(boundary):
        raise Refusal("bad-form")

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    # It reads what is not in the charset as Latin-1, so it is made to read everything so, which loses nothing.
    headers = Headers({"content-type": f'{MULTIPART}; boundary="{boundary}"; charset=latin-1'})
    parser = MultiPartParser(
        headers, stream(), max_files=MOST_FIELDS, max_fields=MOST_FIELDS, max_part_size=max(len(body), 1)
    )
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError):
        # Some versions of the parser raise their own errors, which are ValueErrors.
        raise Refusal("bad-form") from None
    items = form.multi_items()
    await form.close()
    fields = tuple((_decode_part(name), _decode_part(value)) for name, value in items if isinstance(value, str))
    files = tuple(_decode_part(name) for name, value in items if not isinstance(value, str) and value.filename)
    return Form(fields, files)


def _decode_part(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        raise Refusal("bad-encoding") from None


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("bad-encoding") from None
