"""The application: the routes of all parts, the preview, the files that pages load, and the services beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.clock import read_clock
from spipconv.forum.keys import Keys
from spipconv.forum.refusals import REASONS
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site import about, feeds, links, moderators, subscriptions, visitors
from spipconv.forum.site.context import Site, answer_json, guess_language, wants_page
from spipconv.forum.site.description import describe
from spipconv.forum.site.origins import origin_of
from spipconv.forum.site.services import Service, running
from spipconv.forum.store.base import Base
from spipconv.forum.store.errors import StoreError
from spipconv.preview.application import PAGE_FACTOR
from spipconv.preview.application import create_app as create_preview
from spipconv.preview.assets import answer_asset, read_assets
from spipconv.web.brake import Brake
from spipconv.web.clients import Clients
from spipconv.web.guard import Guard, Prefix, check_origins, check_root_path
from spipconv.web.proxies import TrustedProxies
from spipconv.web.refusals import Refusal, as_refusal
from spipconv.web.requests import read_root

# Bytes of a request for a preview.
_MOST_PREVIEW = 64 * 1024


def create_app(
    base: Base,
    keys: Keys,
    settings: ForumSettings,
    *,
    rate: float = 0.05,
    burst: int = 5,
    preview_rate: float = 5.0,
    trusted_proxies: Collection[str] = (),
    root_path: str = "",
    services: Sequence[Service] = (),
    clock: Callable[[], int] = read_clock,
) -> Starlette:
    """Return the application of a forum; it closes the base when it ends.

    ``settings`` are those at the start: the site whose pages may read the answers, and its language. A client may send
    ``burst`` messages in a row and ``rate`` messages a second after that (0: no limit). ``preview_rate`` and the
    others are as in ``spipconv.preview.create_app``. ``services`` work beside the answers, until the end.

    Raises ValueError as ``spipconv.preview.create_app`` does.
    """
    check_root_path(root_path)
    origins = check_origins([origin] if (origin := origin_of(settings.site)) else [])
    site = Site(base, keys, Clients(TrustedProxies(trusted_proxies)), clock)
    preview = create_preview(
        lang=settings.language, origins=origins, max_body=_MOST_PREVIEW, rate=preview_rate,
        trusted_proxies=trusted_proxies,
    )  # fmt: skip
    own = _Application(site)

    app = Starlette(
        routes=[
            *visitors.routes(site, origins, rate=rate, burst=burst, preview_rate=preview_rate),
            *own.routes(is_limited=rate > 0),
            *subscriptions.routes(site, origins, is_limited=rate > 0),
            Route("/preview", preview),
            Route("/", preview),
        ],
        middleware=[
            Middleware(Prefix, root_path=check_root_path(root_path)),
            Middleware(Guard, origins=origins, answer=own.refuse),
            Middleware(Brake, clients=site.clients),
        ],
        exception_handlers={HTTPException: own.refuse, Refusal: own.refuse},
        lifespan=_Lifespan(base, services),
    )
    # The redirection would name the host that the request names, which anybody can invent.
    app.router.redirect_slashes = False
    return app


class _Lifespan:
    """What begins and ends with the application."""

    def __init__(self, base: Base, services: Sequence[Service]) -> None:
        self._base = base
        self._services = services

    @asynccontextmanager
    async def __call__(self, _: Starlette) -> AsyncIterator[None]:
        async with running(self._services):
            yield
        self._base.close()


class _Application:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._assets = {**read_assets("spipconv.preview"), **read_assets("spipconv.forum.site")}

    def routes(self, *, is_limited: bool) -> list[BaseRoute]:
        """Return the routes that need nothing but the forum of the site."""
        return [
            Route("/static/{name}", self.show_asset, methods=["GET"]),
            Route("/openapi.json", self.show_description, methods=["GET"]),
            *about.routes(self._site),
            *links.routes(self._site, is_limited=is_limited),
            *moderators.routes(self._site),
            *feeds.routes(self._site, is_limited=is_limited),
        ]

    async def show_asset(self, request: Request) -> Response:
        return answer_asset(request, self._assets)

    async def show_description(self, request: Request) -> Response:
        return answer_json(describe(read_root(request), _MOST_PREVIEW, _MOST_PREVIEW * PAGE_FACTOR, self._assets))

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer an error as a page or in JSON; its cause is only written to the log."""
        is_stored = not isinstance(error, StoreError)
        refusal = as_refusal(error) if is_stored else Refusal("not-stored", headers={"Retry-After": "60"})
        settings = await self._settings()
        language = guess_language(request, settings.language)
        sentence = REASONS.say(refusal, language)
        status = REASONS[refusal.code].status
        headers = {**refusal.headers, "Vary": "Accept, Accept-Language"}
        if wants_page(request):
            return self._site.show(
                request, "error.html", settings, language=language, status=status, headers=headers, sentence=sentence,
                text="",
            )  # fmt: skip
        return answer_json({"error": {"code": refusal.code, "message": sentence}}, status, headers)

    async def _settings(self) -> ForumSettings:
        try:
            return await self._site.settings()
        except StoreError:
            return ForumSettings()
