"""What visitors ask for: the thread of a page, its messages with the form, and the token of a form; see ``sending``."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.links import page_address
from spipconv.forum.posting import make_token, read_number
from spipconv.forum.records import Page
from spipconv.forum.site.context import Site, answer_json
from spipconv.forum.site.sending import FIELDS_OF_FORM, HELD, Sending
from spipconv.forum.site.threads import MOST_MESSAGES, Thread, Threads, show_messages
from spipconv.forum.store.store import Store
from spipconv.languages import language_tag
from spipconv.migration.writers.comments import MessageObject
from spipconv.preview.conversions import Conversions
from spipconv.translations import translate
from spipconv.web.limits import Buckets
from spipconv.web.refusals import Refusal

# Readers: a request for each page that is opened, and some for a long thread.
_READS_PER_SECOND: Final = 10.0
_READS_IN_A_ROW: Final = 200
# Looks of a client at its own messages, each of which is rendered again.
_LOOKS_PER_SECOND: Final = 1.0
_LOOKS_IN_A_ROW: Final = 30


def routes(
    site: Site, origins: Collection[str], *, rate: float, burst: int, preview_rate: float, preview_burst: int = 30
) -> list[BaseRoute]:
    """Return the routes. A client may send ``burst`` messages in a row and ``rate`` a second after that."""
    conversions = Conversions(Buckets(preview_rate, preview_burst), (), ())
    looks = Buckets(_LOOKS_PER_SECOND if rate else 0, _LOOKS_IN_A_ROW)
    sending = Sending(site, origins, Buckets(rate, burst), looks, conversions)
    reading = Reading(site, Buckets(_READS_PER_SECOND if rate else 0, _READS_IN_A_ROW))
    return [*sending.routes(), *reading.routes()]


class Reading:
    """The routes by which visitors read."""

    def __init__(self, site: Site, requests: Buckets) -> None:
        self._site = site
        self._requests = requests
        self._threads = Threads()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/thread", self.show_new, methods=["GET"]),
            Route("/token", self.give_token, methods=["GET"]),
            Route("/pages/{key}", self.show_page, methods=["GET"]),
        ]

    async def show_new(self, request: Request) -> Response:
        """Answer the messages of a page that were published after the newest that a static page has."""
        self._site.check_rate(request, self._requests)
        page = await self._find_page(request.query_params.get("page", ""))
        after = read_number(request.query_params.get("after", ""))
        has_mails = bool((await self._site.settings()).smtp)
        etag = _make_etag(page, after, has_mails)
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        thread, messages, following = await self._site.base.read(partial(self._read_new, page=page, after=after))
        answer = {
            "page": {
                "key": page.key,
                "title": page.title,
                "language": page.language,
                "open": page.is_open,
                "mails": has_mails,
            },
            "count": len(thread.places),
            "messages": messages,
            "next": following,
        }
        return answer_json(answer, headers=headers)

    def _read_new(self, store: Store, page: Page, after: int) -> tuple[Thread, list[MessageObject], int]:
        """Return the thread, its new messages, and after which one it goes on, or 0."""
        thread = self._threads.of(store, page)
        numbers = thread.since(after)
        shown = thread.take_part(numbers)
        return thread, show_messages(store, thread, shown), shown[-1] if len(shown) < len(numbers) else 0

    async def give_token(self, request: Request) -> Response:
        """Answer the token that a form must bring."""
        self._site.check_rate(request, self._requests)
        page = await self._find_page(request.query_params.get("page", ""))
        return answer_json({"token": make_token(self._site.keys, page, self._site.clock()), "open": page.is_open})

    async def show_page(self, request: Request) -> Response:
        """Show the thread of a page, and the form: the way to answer a message without JavaScript."""
        self._site.check_rate(request, self._requests)
        settings = await self._site.settings()
        page = await self._find_page(request.path_params["key"])
        start = read_number(request.query_params.get("from", ""))
        thread, messages, later = await self._site.base.read(partial(self._read_part, page=page, start=start))
        parent = read_number(request.query_params.get("parent", ""))
        answered = await self._site.base.read(partial(self._read_answered, page=page, parent=parent))
        return self._site.show(
            request, "thread.html", settings, language=page.language, page=page, count=len(thread.places),
            messages=messages, reply=page.is_open,
            earlier=max(start - MOST_MESSAGES, 0) if start else None,
            later=later if later < len(thread.places) else None,
            answered=answered,
            fields={**dict.fromkeys(FIELDS_OF_FORM, ""), "parent": parent if answered else ""}, faulty="", sends=False,
            can_subscribe=bool(settings.smtp), moderated=translate(HELD, page.language),
            back=page_address(settings, page), tag=language_tag(page.language),
        )  # fmt: skip

    def _read_part(self, store: Store, page: Page, start: int) -> tuple[Thread, list[MessageObject], int]:
        """Return the thread, its messages from a place on, and the place at which it goes on."""
        thread = self._threads.of(store, page)
        shown = thread.take_part([place.number for place in thread.places[start : start + MOST_MESSAGES]])
        return thread, show_messages(store, thread, shown), start + len(shown)

    def _read_answered(self, store: Store, page: Page, parent: int) -> MessageObject | None:
        thread = self._threads.of(store, page)
        return next(iter(show_messages(store, thread, [parent])), None) if parent in thread.numbers else None

    async def _find_page(self, key: str) -> Page:
        page = await self._site.base.read(lambda store: store.pages.by_key(key))
        if page is None:
            raise Refusal("no-page")
        return page


def _make_etag(page: Page, after: int, has_mails: bool) -> str:
    """Return a tag that changes with what visitors see of a page."""
    content = f"{page.id} {page.revision} {page.is_open} {page.title} {after} {has_mails}".encode()
    return f'"{hashlib.sha256(content).hexdigest()[:24]}"'
