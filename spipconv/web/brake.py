"""A brake: answers to clients that go on asking although they have to wait go out later, so that others are served."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spipconv.web.clients import Clients
from spipconv.web.limits import Buckets

_SECONDS = 0.5
# Refusals that nobody who waits gets: so many in a row, and one a second.
_REFUSALS = 10
_REFUSALS_PER_SECOND = 1.0
# Answers that are held back at the same time. Their connections are not closed for new ones.
_MOST = 50


class Brake:
    """ASGI middleware. A refusal with 429 costs as much as a preview, and a client could ask for thousands a second."""

    def __init__(self, app: ASGIApp, *, clients: Clients) -> None:
        self._app = app
        self._clients = clients
        self._refusals = Buckets(_REFUSALS_PER_SECOND, _REFUSALS)
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_later(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 429:
                await self._hold(Request(scope))
            await send(message)

        await self._app(scope, receive, send_later if scope["type"] == "http" else send)

    async def _hold(self, request: Request) -> None:
        if self._held < _MOST and self._refusals.take(self._clients.name(request)):
            self._held += 1
            try:
                await asyncio.sleep(_SECONDS)
            finally:
                self._held -= 1
