"""The moderators' gate: a request comes in, its moderator goes out; forms that other sites send do not come through.

There is one cookie, which scripts cannot read and other sites' pages do not send. A form has to come from a page of
this server (``Origin`` and ``Sec-Fetch-Site``, which no page can forge) and to bring the token of its session.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spipconv.forum.records import Moderator
from spipconv.forum.sessions import (
    LONGEST,
    REMEMBERED,
    find_login,
    is_form_token,
    make_form_token,
    note_request,
)
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.context import Site, guess_language
from spipconv.web.reading import Form, read_form
from spipconv.web.refusals import Refusal
from spipconv.web.requests import read_root

_COOKIE: Final = "moderator"
# Browsers take it from this host only, over TLS, and for all of its paths.
_SECURE_COOKIE: Final = "__Host-moderator"
_MOST_FORM: Final = 64 * 1024


class Visit(Struct, frozen=True):
    """A request of a moderator who is logged in; ``secret`` is that of the session."""

    moderator: Moderator
    secret: str
    settings: ForumSettings
    language: str
    now: int

    @property
    def token(self) -> str:
        """What the forms of the page must bring along."""
        return make_form_token(self.secret)


class Gate:
    """Lets moderators in."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def enter(self, request: Request) -> Visit:
        """Return the visit of a moderator. Raises Refusal("not-logged-in")."""
        now = self._site.clock()
        settings = await self._site.settings()
        secret = find_secret(request, settings)
        login = await self._site.base.read(lambda store: find_login(store, secret, now)) if secret else None
        if login is None:
            raise Refusal("not-logged-in")
        if login.is_note_due:
            await self._site.base.write(lambda store: note_request(store, secret, now))
        return Visit(login.moderator, secret, settings, guess_language(request, settings.language), now)

    async def read(self, request: Request) -> tuple[Visit, Form]:
        """Return the visit and the form of a moderator who sends one. Raises Refusal if it is not theirs."""
        check_origin(request, await self._site.settings())
        visit = await self.enter(request)
        form = await read_form(request, _MOST_FORM)
        if not is_form_token(visit.secret, form.get("token")):
            raise Refusal("form-ended")
        return visit, form

    async def read_login(self, request: Request) -> Form:
        """Return the form of somebody who is not logged in. Raises Refusal if another site sends it."""
        check_origin(request, await self._site.settings())
        return await read_form(request, _MOST_FORM)


def find_secret(request: Request, settings: ForumSettings) -> str:
    """Return what the cookie holds, or an empty string."""
    return request.cookies.get(_SECURE_COOKIE if _is_secure(request, settings) else _COOKIE, "")


def set_secret(response: Response, request: Request, settings: ForumSettings, secret: str) -> None:
    """Have the browser send a secret from now on, also after the session: it says who has logged in here before."""
    is_secure = _is_secure(request, settings)
    response.set_cookie(
        _SECURE_COOKIE if is_secure else _COOKIE,
        secret,
        max_age=LONGEST + REMEMBERED,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def _is_secure(request: Request, settings: ForumSettings) -> bool:
    return request.url.scheme == "https" or urlsplit(settings.address).scheme == "https"


def check_origin(request: Request, settings: ForumSettings) -> None:
    """Refuse a form that does not come from a page of this server, or does not say where it comes from."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin", "none") or (site is None and origin is None):
        raise Refusal("cross-site")
    if origin is not None and not _is_own(origin, request.headers.get("host", ""), settings.address):
        raise Refusal("cross-site")


def _is_own(origin: str, host: str, address: str) -> bool:
    # Proxies hide the scheme, and some of them the host.
    try:
        parts, own = urlsplit(origin), urlsplit(address)
    except ValueError:
        return False
    return bool(parts.netloc) and (
        parts.netloc == host or (parts.scheme, parts.netloc) == (own.scheme, own.netloc.rpartition("@")[2])
    )


def is_from_elsewhere(request: Request) -> bool:
    """Return whether a link on another site, as in a mail, led here: the browser then keeps the cookie back."""
    headers = request.headers
    return headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") == "navigate"


def redirect(request: Request, path: str) -> Response:
    """Return a redirection to a path of the moderators' pages, by GET; without a host, which nobody can forge."""
    return RedirectResponse(f"{read_root(request)}/moderation/{path}", 303)
