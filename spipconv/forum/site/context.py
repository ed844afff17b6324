"""What the parts of the application share: base, keys, names of clients, time, and how pages are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from spipconv.forum.clock import read_clock
from spipconv.forum.keys import Keys
from spipconv.forum.settings import ForumSettings, read_settings
from spipconv.forum.site.page_templates import PageTemplates
from spipconv.forum.store.base import Base
from spipconv.languages import direction, find_language, language_tag
from spipconv.web.clients import Clients
from spipconv.web.guard import write_page_policy
from spipconv.web.limits import Buckets
from spipconv.web.negotiation import LONGEST_LANGUAGE, choose_language, choose_type
from spipconv.web.refusals import refuse_for
from spipconv.web.requests import read_header, read_root

JSON = "application/json"
HTML = "text/html"
# Headers of pages that may not tell others their address: whoever has it has the right.
SECRET_PAGE: Final = {"Referrer-Policy": "no-referrer"}
# Settings changed by a command are in force after so many seconds.
_SECONDS_OF_SETTINGS = 5.0


class Site:
    """The forum of a site, as the routes see it. ``clock`` returns the time in whole seconds since 1970."""

    def __init__(self, base: Base, keys: Keys, clients: Clients, clock: Callable[[], int] = read_clock) -> None:
        self.base = base
        self.keys = keys
        self.clients = clients
        self.clock = clock
        self._templates = PageTemplates()
        self._settings: ForumSettings | None = None
        self._settings_end = 0.0

    async def settings(self) -> ForumSettings:
        """Return the forum's settings."""
        now = time.monotonic()
        if self._settings is None or now > self._settings_end:
            self._settings = await self.base.read(read_settings)
            self._settings_end = now + _SECONDS_OF_SETTINGS
        return self._settings

    def check_rate(self, request: Request, buckets: Buckets) -> None:
        """Count a request of its client. Raises Refusal if that one has to wait."""
        seconds = buckets.take(self.clients.name(request))
        if seconds:
            raise refuse_for(seconds)

    def show(
        self,
        request: Request,
        template: str,
        settings: ForumSettings,
        *,
        language: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> Response:
        """Return a page: a template of ``templates/``, given values, in a language, by default that of the forum.

        Templates have ``translate(sentence, **values)``, ``root`` (the path of the application), ``language``,
        ``direction`` and ``site`` (``title``, ``address``) beside the values. The page may load this server's files
        only, and its forms go to this server only; ``headers`` may say otherwise.
        """
        code = language or settings.language
        frame = {
            "root": quote(read_root(request), safe="/~@:!$&'()*+,;="),
            "language": language_tag(code),
            "direction": direction(code),
            "site": {"title": settings.title, "address": settings.site},
        }
        page = self._templates.render(template, code, {**frame, **values})
        # Without a referrer, browsers would send forms with the origin "null".
        policies = {"Content-Security-Policy": write_page_policy(), "Referrer-Policy": "same-origin"}
        return Response(page, status, {**policies, **(headers or {})}, media_type=HTML)


def answer_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type=JSON)


def wants_page(request: Request) -> bool:
    """Return whether the client prefers a page to JSON; one without any preference gets JSON."""
    return choose_type(read_header(request, "accept"), (JSON, HTML)) == HTML


def guess_language(request: Request, default: str) -> str:
    """Return the language of a page that has none of its own: the address's ``lang`` or the browser's."""
    given = find_language(request.query_params.get("lang", "")[:LONGEST_LANGUAGE])
    return given or choose_language(read_header(request, "accept-language"), default)
