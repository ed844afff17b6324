"""Every answer gets the headers that keep it harmless, is readable for the allowed origins, and has no stack trace."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spipconv.web.logs import LOG, describe_error
from spipconv.web.refusals import Refusal

_FRAGMENT_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]+)?")
# The answer if writing the error's own answer fails.
_FAILURE = b'{"error":{"code":"failure","message":"Something went wrong on the server."}}'


def write_page_policy(*, actions: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy of a page: files of this server only, nothing inline, in no frame.

    ``actions`` are the other origins that its forms may be sent to; browsers ask it of redirections as well.
    """
    targets = " ".join(("'self'", *actions))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


Answer = Callable[[Request, Exception], Awaitable[Response]]


def check_origins(origins: Collection[str]) -> frozenset[str]:
    """Return origins as browsers send them. Raises ValueError for a value that is not one, such as one with a path."""
    if isinstance(origins, str):
        raise ValueError(f"origins: expected a list, not {origins!r}")
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is not an origin: write it as https://www.example.org, or * for all")
    return frozenset(origins)


def check_root_path(root_path: str) -> str:
    """Return the path under which a proxy shows the application. Raises ValueError for what is no path."""
    if root_path and not re.fullmatch("(/[^/?#]+)+", root_path):
        raise ValueError(f"root_path: {root_path!r} is not a path: write it as /apercu")
    return root_path


class Prefix:
    """ASGI middleware: sets the path under which a proxy shows the application, whether or not it removes that path."""

    def __init__(self, app: ASGIApp, *, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._root_path and scope["type"] == "http":
            path = scope["path"]
            if not path.startswith(f"{self._root_path}/"):
                path = self._root_path + path
            scope = {**scope, "path": path, "root_path": self._root_path}
        await self._app(scope, receive, send)


class Guard:
    """ASGI middleware around an application, for the headers that every answer has and for every exception.

    ``origins`` are the other sites that may read the answers, checked by ``check_origins``. ``answer`` makes the answer
    to an exception, a ``Refusal`` or any other, in the form that the client accepts. An answer may have a
    Cache-Control, a Content-Security-Policy (``write_page_policy``) and a Referrer-Policy of its own; without one it
    is not stored, not shown as a page, and tells no other site where the reader comes from.
    """

    def __init__(self, app: ASGIApp, *, origins: frozenset[str], answer: Answer) -> None:
        self._app = app
        self._origins = origins
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False
        granted = self._grant(Headers(scope=scope))

        async def send_guarded(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Content-Security-Policy", _FRAGMENT_POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.update(granted)
                if self._origins:
                    headers.add_vary_header("Origin")
            await send(message)

        request = Request(scope, receive)
        try:
            if scope["method"] == "OPTIONS" and "access-control-request-method" in request.headers:
                response = await self._answer_preflight(request, bool(granted))
                await response(scope, receive, send_guarded)
            else:
                await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            LOG.debug("the client disconnected")
        except Exception as error:
            # It is not raised again: the server would log its message, which may quote the comment.
            LOG.error("%s failed: %s", _name(scope), describe_error(error))
            if is_started:
                raise RuntimeError("an answer was cut short: see the log of spipconv.web") from None
            response = await self._answer_failure(request, error)
            await response(scope, receive, send_guarded)

    async def _answer_failure(self, request: Request, error: Exception) -> Response:
        try:
            return await self._answer(request, error)
        except Exception as another:
            LOG.error("the answer to a failure failed: %s", describe_error(another))
            return Response(_FAILURE, 500, media_type="application/json")

    def _grant(self, headers: Headers) -> dict[str, str]:
        """Return the headers that let the origin of a request read the answer."""
        origin = headers.get("origin", "")
        allowed = "*" if "*" in self._origins else origin if origin in self._origins else ""
        if not allowed:
            return {}
        return {"Access-Control-Allow-Origin": allowed, "Access-Control-Expose-Headers": "Retry-After"}

    async def _answer_preflight(self, request: Request, is_granted: bool) -> Response:
        if not is_granted:
            return await self._answer(request, Refusal("origin-refused"))
        headers = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type",
            "Access-Control-Max-Age": "600",
        }
        return Response(status_code=204, headers=headers)


def _name(scope: Scope) -> str:
    """Return the name of the endpoint: a path may contain anything."""
    return str(getattr(scope.get("endpoint"), "__name__", "a request"))
