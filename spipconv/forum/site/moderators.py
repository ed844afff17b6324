"""The moderators' pages: their routes, and what those see who are not logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.site.account import AccountPages
from spipconv.forum.site.block_list import BlockPages
from spipconv.forum.site.context import Site, guess_language, wants_page
from spipconv.forum.site.gate import Gate, Visit, is_from_elsewhere, redirect
from spipconv.forum.site.queue import Queue
from spipconv.web.refusals import Refusal

_Page = Callable[[Request, Visit], Awaitable[Response]]


def routes(site: Site) -> list[BaseRoute]:
    """Return the routes of the moderators' pages, below ``/moderation/``."""
    gate = Gate(site)
    queue, account, blocks = Queue(site, gate), AccountPages(site, gate), BlockPages(site, gate)

    def show(path: str, page: _Page) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _show(request, page, site, gate)

        return Route(f"/moderation/{path}", endpoint, methods=["GET"], name=page.__qualname__)

    def act(path: str, action: Callable[[Request], Awaitable[Response]]) -> Route:
        return Route(f"/moderation/{path}", action, methods=["POST"])

    return [
        show("", queue.show),
        act("decide", queue.decide),
        act("undo", queue.undo),
        show("log", queue.show_log),
        Route("/moderation/login", account.show_login, methods=["GET"]),
        act("login", account.log_in),
        act("logout", account.log_out),
        show("account", account.show),
        act("account/password", account.change_password),
        act("account/mails", account.set_mails),
        act("account/passkeys", account.add_passkey),
        act("account/passkeys/remove", account.remove_passkey),
        act("account/sessions", account.end_others),
        show("blocks", blocks.show),
        act("blocks", blocks.add),
        act("blocks/remove", blocks.remove),
    ]


async def _show(request: Request, page: _Page, site: Site, gate: Gate) -> Response:
    """Return a page for moderators; whoever is not logged in is led to the login."""
    try:
        visit = await gate.enter(request)
    except Refusal as refusal:
        if refusal.code != "not-logged-in" or not wants_page(request):
            raise
        if not is_from_elsewhere(request):
            return redirect(request, "login")
        # The browser kept the cookie back, since another site led here: the page loads itself again, with the cookie.
        settings = await site.settings()
        return site.show(request, "again.html", settings, language=guess_language(request, settings.language))
    return await page(request, visit)
