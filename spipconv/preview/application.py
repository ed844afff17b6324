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
from spipconv.preview.reading import read_request
from spipconv.preview.refusals import REASONS
from spipconv.settings import check_language
from spipconv.web.clients import Clients
from spipconv.web.guard import Guard, Prefix, check_origins, write_page_policy
from spipconv.web.limits import Buckets
from spipconv.web.negotiation import LONGEST_LANGUAGE, choose_language, choose_type, read_language
from spipconv.web.proxies import TrustedProxies
from spipconv.web.reading import read_body
from spipconv.web.refusals import Refusal, as_refusal
from spipconv.web.requests import check_site, is_navigation, read_header, read_root

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
    clients = Clients(TrustedProxies(trusted_proxies))
    how = check_plugins(plugins), check_extensions(extensions)
    return _Application(code, check_origins(origins), max_body, Buckets(rate, burst), clients, *how).build(root_path)


class _RequestContext(Struct):
    """What is known about a request so far, for the case that it is refused."""

    is_page: bool
    lang: str = ""
    fields: tuple[tuple[str, str], ...] = ()


class _Application:
    def __init__(
        self,
        lang: str,
        origins: frozenset[str],
        max_body: int,
        buckets: Buckets,
        clients: Clients,
        plugins: tuple[str, ...],
        extensions: tuple[Extension, ...],
    ) -> None:
        self._lang = lang
        self._origins = origins
        self._max_body = max_body
        self._buckets = buckets
        self._clients = clients
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
        form = choose_type(read_header(request, "accept"), _FORMS)
        if form is None:
            raise Refusal("not-acceptable", f"{_JSON}, {_HTML}")
        check_site(request, self._origins)
        body = await read_body(request, self._max_body)
        wanted = await read_request(request.headers, body)
        context = _context(request)
        context.fields = wanted.form.fields if wanted.form else ()
        context.is_page |= wanted.form is not None and "page" in wanted.form
        self._check_rate(request, 1 + len(body) // _BYTES_PER_TOKEN)
        lang = context.lang = read_language(wanted.lang, self._lang)
        published = await self._publish(request, wanted.text, lang)
        if len(published.html.encode()) > MOST_HTML:
            raise Refusal("preview-too-large", str(MOST_HTML))
        headers = {"Content-Language": lang.replace("_", "-"), "Vary": "Accept"}
        if form == _HTML and context.is_page:
            return _answer_page(
                write_page(read_root(request), lang, dict(reversed(context.fields)), published), headers=headers
            )
        if form == _HTML:
            return Response(published.html, media_type=_HTML, headers=headers)
        answer = Preview(published.html, tuple(_translate(diagnostic, lang) for diagnostic in published.diagnostics))
        return Response(msgspec.json.encode(answer), media_type=_JSON, headers=headers)

    def _check_rate(self, request: Request, tokens: int) -> None:
        seconds = self._buckets.take(self._clients.name(request), tokens)
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
        return _answer_page(write_page(read_root(request), lang, {}))

    async def show_asset(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise Refusal("not-found")
        headers = {"ETag": asset.etag, "Cache-Control": "no-cache"}
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    async def show_description(self, request: Request) -> Response:
        return _answer_json(describe(read_root(request), self._max_body, self._assets))

    async def show_health(self, request: Request) -> Response:
        return _answer_json({"status": "ok"})

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer an error in the form that the client accepts; its cause is only written to the log."""
        refusal = as_refusal(error)
        context = _context(request)
        fields = dict(reversed(context.fields or refusal.fields))
        lang = context.lang or self._guess_language(request, fields.get("lang", ""))
        message = REASONS.say(refusal, lang)
        status = REASONS[refusal.code].status
        headers = {**refusal.headers, "Vary": "Accept, Accept-Language"}
        if refusal.code == "too-slow" and request.scope["http_version"].startswith("1"):
            headers["Connection"] = "close"
        form = choose_type(read_header(request, "accept"), _FORMS) or _JSON
        if form == _JSON:
            answer = _answer_json({"error": {"code": refusal.code, "message": message}}, status)
        elif context.is_page:
            answer = _answer_page(write_page(read_root(request), lang, fields, error=message), status)
        else:
            answer = Response(write_error(message, lang), status, media_type=_HTML)
        answer.headers.update(headers)
        return answer

    def _guess_language(self, request: Request, given: str) -> str:
        """Return the language of an error's sentence: the comment's, the address's or the browser's."""
        names = (given, request.query_params.get("lang", ""))
        named = next((code for name in names if (code := find_language(name[:LONGEST_LANGUAGE]))), None)
        return named or choose_language(read_header(request, "accept-language"), self._lang)


def _translate(diagnostic: Diagnostic, lang: str) -> DiagnosticAnswer:
    return DiagnosticAnswer(
        diagnostic.code, diagnostic.severity, diagnostic.line, diagnostic.column, diagnostic.say(lang)
    )


def _context(request: Request) -> _RequestContext:
    context = request.scope.setdefault("spipconv.preview", _RequestContext(is_navigation(request)))
    assert isinstance(context, _RequestContext)
    return context


def _answer_json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type=_JSON)


def _answer_page(page: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(page, status, {**(headers or {}), "Content-Security-Policy": write_page_policy()}, media_type=_HTML)
