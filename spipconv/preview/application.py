"""The application: ``POST /preview``, a page with a comment form, the widget's files, and an OpenAPI description."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from spipconv.comments import PublishedComment
from spipconv.diagnostics import Diagnostic, Severity
from spipconv.extensions import Extension, check_extensions
from spipconv.languages import find_language, language_tag
from spipconv.plugins import check_plugins
from spipconv.preview.assets import answer_asset, read_assets
from spipconv.preview.conversions import Conversions
from spipconv.preview.description import describe
from spipconv.preview.forms import PAGE, PageForm, read_page_form
from spipconv.preview.page import write_error, write_page
from spipconv.preview.reading import TYPES, PreviewRequest, read_form, read_object
from spipconv.preview.refusals import REASONS
from spipconv.settings import check_language
from spipconv.web.brake import Brake
from spipconv.web.clients import Clients
from spipconv.web.guard import Guard, Prefix, check_origins, check_root_path, write_page_policy
from spipconv.web.limits import Buckets
from spipconv.web.negotiation import LONGEST_LANGUAGE, choose_language, choose_type, read_language
from spipconv.web.proxies import TrustedProxies
from spipconv.web.reading import JSON, check_type, parse_form, parse_json, read_body
from spipconv.web.refusals import Refusal, as_refusal
from spipconv.web.requests import check_site, is_navigation, read_header, read_root

_JSON = "application/json"
_HTML = "text/html"
_FORMS = (_JSON, _HTML)
# How many times as many bytes as a text may have a form that comes back: with the host's other fields, or with a text
# that is too long, which is not lost.
PAGE_FACTOR = 16
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
    check_root_path(root_path)
    clients = Clients(TrustedProxies(trusted_proxies))
    conversions = Conversions(Buckets(rate, burst), check_plugins(plugins), check_extensions(extensions))
    return _Application(code, check_origins(origins), max_body, clients, conversions).build(root_path)


class _RequestContext(Struct):
    """What is known about a request so far, for the case that it is refused."""

    is_page: bool
    lang: str = ""
    given: str = ""
    form: PageForm | None = None


class _Application:
    def __init__(
        self,
        lang: str,
        origins: frozenset[str],
        max_body: int,
        clients: Clients,
        conversions: Conversions,
    ) -> None:
        self._lang = lang
        self._origins = origins
        self._max_body = max_body
        self._clients = clients
        self._conversions = conversions
        self._assets = read_assets()

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
                Middleware(Brake, clients=self._clients),
            ],
            exception_handlers={HTTPException: self.refuse, Refusal: self.refuse},
        )
        # The redirection would name the host that the request names, which anybody can invent.
        app.router.redirect_slashes = False
        return app

    async def preview(self, request: Request) -> Response:
        accepted = choose_type(read_header(request, "accept"), _FORMS)
        if accepted is None:
            raise Refusal("not-acceptable", f"{_JSON}, {_HTML}")
        check_site(request, self._origins)
        context = _context(request)
        client = self._clients.name(request)
        wanted = await self._read(request, context)
        lang = context.lang = read_language(wanted.lang, self._lang)
        published = await self._conversions.publish(request, client, wanted.text, lang)
        if len(published.html.encode()) > MOST_HTML:
            raise Refusal("preview-too-large", str(MOST_HTML))
        headers = {"Content-Language": language_tag(lang), "Vary": "Accept"}
        if accepted == _HTML and context.is_page:
            return _answer_page(request, lang, context.form, published, headers=headers)
        if accepted == _HTML:
            return Response(published.html, media_type=_HTML, headers=headers)
        answer = Preview(published.html, tuple(_translate(diagnostic, lang) for diagnostic in published.differences))
        return Response(msgspec.json.encode(answer), media_type=_JSON, headers=headers)

    async def _read(self, request: Request, context: _RequestContext) -> PreviewRequest:
        """Return the request for a preview; a form is kept for the answer, also where its text is too long."""
        is_json = check_type(request.headers, TYPES) == JSON
        body = await read_body(request, self._max_body * (1 if is_json else PAGE_FACTOR))
        if is_json:
            value = parse_json(body)
            context.given = str(value.get("lang", ""))
            wanted = read_object(value)
            context.form = PageForm(wanted.text)
        else:
            form = await parse_form(request.headers, body)
            context.form = read_page_form(request, form, self._origins - {"*"})
            context.is_page |= PAGE in form
            context.given = form.get("lang")
            wanted = read_form(form)
        # A page brings all fields back, so only the text counts.
        size = len(wanted.text.encode("utf-8", "replace")) if context.is_page else len(body)
        if size > self._max_body:
            raise Refusal("too-large", str(self._max_body))
        return wanted

    async def show_page(self, request: Request) -> Response:
        lang = _context(request).lang = read_language(request.query_params.get("lang", ""), self._lang)
        return _answer_page(request, lang, PageForm())

    async def show_asset(self, request: Request) -> Response:
        return answer_asset(request, self._assets)

    async def show_description(self, request: Request) -> Response:
        return _answer_json(describe(read_root(request), self._max_body, self._max_body * PAGE_FACTOR, self._assets))

    async def show_health(self, request: Request) -> Response:
        return _answer_json({"status": "ok"})

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer an error in the form that the client accepts; its cause is only written to the log."""
        refusal = as_refusal(error)
        context = _context(request)
        lang = context.lang or self._guess_language(request, context.given)
        message = REASONS.say(refusal, lang)
        status = REASONS[refusal.code].status
        headers = {**refusal.headers, "Vary": "Accept, Accept-Language"}
        if refusal.code == "too-slow" and request.scope["http_version"].startswith("1"):
            headers["Connection"] = "close"
        accepted = choose_type(read_header(request, "accept"), _FORMS) or _JSON
        if accepted == _JSON:
            answer = _answer_json({"error": {"code": refusal.code, "message": message}}, status)
        elif context.is_page:
            form = context.form or (None if request.method == "POST" else PageForm())
            answer = _answer_page(request, lang, form, error=message, status=status)
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


def _answer_page(
    request: Request,
    lang: str,
    form: PageForm | None,
    published: PublishedComment | None = None,
    *,
    error: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    page = write_page(read_root(request), lang, form, published, error=error)
    origin = form.origin if form else ""
    policies = {"Content-Security-Policy": write_page_policy(actions=[origin] if origin else [])}
    if form and form.action:
        # With no-referrer, browsers send "Origin: null", which hosts refuse as coming from another site.
        policies["Referrer-Policy"] = "strict-origin" if origin else "same-origin"
    return Response(page, status, {**(headers or {}), **policies}, media_type=_HTML)
