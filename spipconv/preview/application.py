"""The application: ``POST /preview``, a page with a comment form, the widget's files, and an OpenAPI description."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from spipconv.comments import PublishedComment, publish
from spipconv.diagnostics import Diagnostic, Severity
from spipconv.extensions import Extension, check_extensions
from spipconv.languages import find_language
from spipconv.plugins import check_plugins
from spipconv.preview.assets import read_assets
from spipconv.preview.description import describe
from spipconv.preview.page import write_error, write_page
from spipconv.settings import check_language
from spipconv.web.guard import PAGE_POLICY, Guard, Prefix, check_origins
from spipconv.web.limits import Buckets
from spipconv.web.negotiation import LONGEST_LANGUAGE, choose_language, choose_type, read_language
from spipconv.web.proxies import TrustedProxies
from spipconv.web.reading import read_body, read_request
from spipconv.web.refusals import Refusal

_JSON = "application/json"
_HTML = "text/html"
_FORMS = (_JSON, _HTML)
# Shorter texts take about a millisecond: less than handing them to a thread takes, and than others would notice.
_LONGEST_INLINE = 2_000
# Python converts one text at a time, whatever the number of threads; more of them would slow the short texts down.
_THREADS = 1
_MOST_WAITING = 16
# A request costs one token, and another one for every so many bytes.
_BYTES_PER_TOKEN = 8_192
# Bytes of HTML. A note of five bytes becomes three hundred, and nobody reads thousands of notes.
MOST_HTML = 1024 * 1024


class DiagnosticAnswer(Struct, frozen=True):
    """A diagnostic in the answer, its sentence in the language of the comment."""

    code: str
    severity: Severity
    line: int
    column: int
    message: str


class Preview(Struct, frozen=True):
    """The answer: the HTML that will be published, the notes at its end, and the diagnostics of the text."""

    html: str
    diagnostics: tuple[DiagnosticAnswer, ...]


def create_app(
    *,
    lang: str = "fr",
    origins: Collection[str] = (),
    max_body: int = 64 * 1024,
    rate: float = 5.0,
    burst: int = 30,
    trusted_proxies: Collection[str] = (),
    root_path: str = "",
    plugins: Collection[str] = (),
    extensions: Collection[Extension] = (),
) -> Starlette:
    """Return the application, to run alone or to mount under any prefix.

    ``lang`` is the language of the site, as SPIP or HTML names it. ``origins`` are the other sites whose pages may
    request previews (``https://www.example.org``; by default none). ``max_body`` is the size limit of a request, in
    bytes. A client may send ``burst`` requests in a row and ``rate`` requests a second after that (0: no limit); long
    texts count as several. ``trusted_proxies`` are the addresses and networks (``127.0.0.1``, ``10.0.0.0/8``) of the
    proxies that requests come through: X-Forwarded-For is believed only as far as they wrote it.
    ``root_path`` is the path under which such a proxy shows the application (``/apercu``), whether or not it removes
    that path from the requests; an application that mounts this one sets it itself. ``plugins`` are SPIP plugins whose
    shortcuts are read, and ``extensions`` further extensions, as in ``spipconv.parse``.

    Raises ValueError for a language that SPIP does not know, for an unknown plugin, for a value that is not an origin,
    an address or a path, and for limits that are too low.
    """
    code = check_language(lang)
    if max_body < 1 or rate < 0 or burst < 1:
        raise ValueError("max_body and burst must be at least 1, rate at least 0")
    if root_path and not re.fullmatch("(/[^/?#]+)+", root_path):
        raise ValueError(f"root_path: {root_path!r} is not a path: write it as /apercu")
    proxies = TrustedProxies(trusted_proxies)
    how = check_plugins(plugins), check_extensions(extensions)
    return _Application(code, check_origins(origins), max_body, Buckets(rate, burst), proxies, *how).build(root_path)


class _RequestContext(Struct):
    """What is known about a request so far, for the case that it is refused."""

    is_page: bool
    lang: str = ""
    fields: Mapping[str, str] = {}


class _Application:
    def __init__(
        self,
        lang: str,
        origins: frozenset[str],
        max_body: int,
        buckets: Buckets,
        trusted_proxies: TrustedProxies,
        plugins: tuple[str, ...],
        extensions: tuple[Extension, ...],
    ) -> None:
        self._lang = lang
        self._origins = origins
        self._max_body = max_body
        self._buckets = buckets
        self._trusted_proxies = trusted_proxies
        self._plugins, self._extensions = plugins, extensions
        self._assets = read_assets()
        self._threads = asyncio.Semaphore(_THREADS)
        self._waiting = 0

    def build(self, root_path: str) -> Starlette:
        app = Starlette(
            routes=[
                Route("/", self.show_page, methods=["GET"]),
                Route("/preview", self.preview, methods=["POST"]),
                Route("/static/{name}", self.show_asset, methods=["GET"]),
                Route("/openapi.json", self.show_description, methods=["GET"]),
                Route("/health", self.show_health, methods=["GET"]),
            ],
            middleware=[
                Middleware(Prefix, root_path=root_path),
                Middleware(Guard, origins=self._origins, answer=self.refuse),
            ],
            exception_handlers={HTTPException: self.refuse, Refusal: self.refuse},
        )
        # The redirection would name the host that the request names, which anybody can invent.
        app.router.redirect_slashes = False
        return app

    async def preview(self, request: Request) -> Response:
        form = choose_type(_header(request, "accept"), _FORMS)
        if form is None:
            raise Refusal("not-acceptable")
        self._check_site(request)
        body = await read_body(request, self._max_body)
        wanted = await read_request(request.headers, body)
        context = _context(request)
        context.fields = wanted.fields
        context.is_page |= wanted.is_page
        self._check_rate(request, 1 + len(body) // _BYTES_PER_TOKEN)
        lang = context.lang = read_language(wanted.lang, self._lang)
        published = await self._publish(request, wanted.text, lang)
        if len(published.html.encode()) > MOST_HTML:
            raise Refusal("preview-too-large", str(MOST_HTML))
        headers = {"Content-Language": lang.replace("_", "-"), "Vary": "Accept"}
        if form == _HTML and context.is_page:
            return _answer_page(write_page(_root(request), lang, wanted.fields, published), headers=headers)
        if form == _HTML:
            return Response(published.html, media_type=_HTML, headers=headers)
        answer = Preview(published.html, tuple(_translate(diagnostic, lang) for diagnostic in published.diagnostics))
        return Response(msgspec.json.encode(answer), media_type=_JSON, headers=headers)

    def _check_site(self, request: Request) -> None:
        """Refuse a form that another site fills in and sends: its words would be shown under this site's name."""
        headers = request.headers
        is_stranger = headers.get("sec-fetch-site") == "cross-site" and headers.get("origin") not in self._origins
        if is_stranger and "*" not in self._origins and _is_navigation(request):
            raise Refusal("cross-site")

    def _check_rate(self, request: Request, tokens: int) -> None:
        peer = request.client.host if request.client else ""
        forwarded_for = ",".join(request.headers.getlist("x-forwarded-for"))
        seconds = self._buckets.take(self._trusted_proxies.find_client(peer, forwarded_for), tokens)
        if seconds:
            raise Refusal("too-many-requests", str(seconds), headers={"Retry-After": str(seconds)})

    async def _publish(self, request: Request, text: str, lang: str) -> PublishedComment:
        if len(text) <= _LONGEST_INLINE:
            return publish(text, lang, plugins=self._plugins, extensions=self._extensions)
        if self._waiting >= _MOST_WAITING:
            raise Refusal("busy", headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            async with self._threads:
                if await request.is_disconnected():
                    raise ClientDisconnect
                return await asyncio.to_thread(publish, text, lang, plugins=self._plugins, extensions=self._extensions)
        finally:
            self._waiting -= 1

    async def show_page(self, request: Request) -> Response:
        lang = _context(request).lang = read_language(request.query_params.get("lang", ""), self._lang)
        return _answer_page(write_page(_root(request), lang, {}))

    async def show_asset(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise Refusal("not-found")
        headers = {"ETag": asset.etag, "Cache-Control": "no-cache"}
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    async def show_description(self, request: Request) -> Response:
        return _answer_json(describe(_root(request), self._max_body, self._assets))

    async def show_health(self, request: Request) -> Response:
        return _answer_json({"status": "ok"})

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer an error in the form that the client accepts; its cause is only written to the log."""
        refusal = _as_refusal(error)
        context = _context(request)
        fields = context.fields or refusal.fields or {}
        lang = context.lang or self._guess_language(request, fields.get("lang", ""))
        message = refusal.say(lang)
        headers = {**refusal.headers, "Vary": "Accept, Accept-Language"}
        if refusal.code == "too-slow" and request.scope["http_version"].startswith("1"):
            headers["Connection"] = "close"
        form = choose_type(_header(request, "accept"), _FORMS) or _JSON
        if form == _JSON:
            answer = _answer_json({"error": {"code": refusal.code, "message": message}}, refusal.status)
        elif context.is_page:
            answer = _answer_page(write_page(_root(request), lang, fields, error=message), refusal.status)
        else:
            answer = Response(write_error(message, lang), refusal.status, media_type=_HTML)
        answer.headers.update(headers)
        return answer

    def _guess_language(self, request: Request, given: str) -> str:
        """Return the language of an error's sentence: the comment's, the address's or the browser's."""
        names = (given, request.query_params.get("lang", ""))
        named = next((code for name in names if (code := find_language(name[:LONGEST_LANGUAGE]))), None)
        return named or choose_language(_header(request, "accept-language"), self._lang)


def _translate(diagnostic: Diagnostic, lang: str) -> DiagnosticAnswer:
    return DiagnosticAnswer(
        diagnostic.code, diagnostic.severity, diagnostic.line, diagnostic.column, diagnostic.say(lang)
    )


def _as_refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        if error.status_code == 404:
            return Refusal("not-found", headers=headers)
        if error.status_code == 405:
            return Refusal("method-not-allowed", headers.get("Allow", ""), headers=headers)
        return Refusal("bad-request", headers=headers)
    return Refusal("failure")


def _context(request: Request) -> _RequestContext:
    context = request.scope.setdefault("spipconv.preview", _RequestContext(_is_navigation(request)))
    assert isinstance(context, _RequestContext)
    return context


def _is_navigation(request: Request) -> bool:
    """Return whether a browser asks for a page to show, rather than a script for a part of one."""
    return request.headers.get("sec-fetch-mode") == "navigate" or request.headers.get("sec-fetch-dest") == "document"


def _header(request: Request, name: str) -> str | None:
    """Return all values of a header as one, None if it has none."""
    values = request.headers.getlist(name)
    return ",".join(values) if values else None


def _root(request: Request) -> str:
    # With two slashes at its beginning it would name a host.
    root = str(request.scope.get("root_path", "")).strip("/")
    return f"/{root}" if root else ""


def _answer_json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type=_JSON)


def _answer_page(page: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(page, status, {**(headers or {}), "Content-Security-Policy": PAGE_POLICY}, media_type=_HTML)
