"""A client for ASGI applications in this process; it can send requests that real clients cannot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

BOUNDARY = "frontier"


class Answer(Struct):
    """The answer of an application; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)


async def ask(
    app: Any,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
    *,
    client: tuple[str, int] | None = ("192.0.2.1", 4000),
    stays: bool = True,
) -> Answer:
    """Send a request, with the body in one or several parts; without ``stays``, the client disconnects after it."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"preview.test")]
        + [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": client,
        "server": ("preview.test", 80),
    }
    chunks = iter([body] if isinstance(body, bytes) else chain(body, [b""]))
    waiting = next(chunks)
    is_sent = False
    answer = Answer(0, {}, b"")

    async def receive() -> dict[str, Any]:
        nonlocal waiting, is_sent
        if is_sent:
            if stays:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        chunk, following = waiting, next(chunks, None)
        is_sent, waiting = following is None, following or b""
        return {"type": "http.request", "body": chunk, "more_body": not is_sent}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert not answer.status
            answer.status = message["status"]
            for name, value in message.get("headers", []):
                key = name.decode("latin-1").lower()
                assert key not in answer.headers or key == "set-cookie", f"{key} twice"
                answer.headers[key] = value.decode("latin-1")
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


def request(app: Any, method: str, target: str, *arguments: Any, **more: Any) -> Answer:
    """Send a request in an event loop of its own; see ``ask``."""
    return asyncio.run(ask(app, method, target, *arguments, **more))


def as_json(value: Any) -> tuple[dict[str, str], bytes]:
    """Return headers and body."""
    return {"Content-Type": "application/json"}, json.dumps(value).encode()


def as_urlencoded(fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Return headers and body."""
    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields, errors="replace").encode()


def as_multipart(fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Return headers and body, with the line ends that browsers send."""
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, f"{parts}--{BOUNDARY}--\r\n".encode(
        "utf-8", "replace"
    )
