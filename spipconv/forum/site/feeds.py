"""The routes of the feeds: a page's key comes in, its Atom feed goes out."""

from __future__ import annotations

from collections import OrderedDict
from email.utils import formatdate
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.feeds import ATOM_TYPE, Entry, Feed, read_entries, write_feed
from spipconv.forum.links import SITE_FEED_PATH, key_of_feed, server_address
from spipconv.forum.records import Page
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.context import Site
from spipconv.forum.store.store import Store
from spipconv.web.limits import Buckets
from spipconv.web.refusals import Refusal
from spipconv.web.requests import read_header, read_root

# Readers ask for each feed every few minutes; many of them may be behind one address.
_RATE: Final = 5.0
_BURST: Final = 100
# Feeds that are remembered until something in them changes.
_MOST_FEEDS: Final = 50


def routes(site: Site, *, is_limited: bool = True) -> list[BaseRoute]:
    """Return the routes. ``is_limited``: a client may ask for so many pages only."""
    feeds = Feeds(site, Buckets(_RATE if is_limited else 0, _BURST))
    return [
        Route(SITE_FEED_PATH, feeds.show_site, methods=["GET"]),
        Route("/feeds/{key}.atom", feeds.show_page, methods=["GET"]),
    ]


class Feeds:
    """The feeds of a site."""

    def __init__(self, site: Site, requests: Buckets) -> None:
        self._site = site
        self._requests = requests
        self._feeds: OrderedDict[int, tuple[object, Feed]] = OrderedDict()

    async def show_site(self, request: Request) -> Response:
        """Answer the feed of all pages."""
        return await self._answer(request, None)

    async def show_page(self, request: Request) -> Response:
        """Answer the feed of a page."""
        key = key_of_feed(request.path_params["key"])
        page = await self._site.base.read(lambda store: store.pages.by_key(key))
        if page is None:
            raise Refusal("no-page")
        return await self._answer(request, page)

    async def _answer(self, request: Request, page: Page | None) -> Response:
        self._site.check_rate(request, self._requests)
        settings = await self._site.settings()
        root = server_address(settings, "") or read_root(request)
        feed = await self._site.base.read(partial(self._make, settings=settings, page=page, root=root))
        headers = {
            "ETag": feed.etag,
            "Last-Modified": formatdate(feed.changed, usegmt=True),
            "Cache-Control": "no-cache",
        }
        if _has(request, headers):
            return Response(status_code=304, headers=headers)
        return Response(feed.content, headers=headers, media_type=ATOM_TYPE)

    def _make(self, store: Store, settings: ForumSettings, page: Page | None, root: str) -> Feed:
        """Return a feed; what has not changed since it was last asked for is not rendered again."""
        entries = read_entries(store, page)
        number = page.id if page else 0
        state = _describe(entries), settings, root, page.title if page else ""
        known = self._feeds.pop(number, None)
        feed = known[1] if known and known[0] == state else write_feed(settings, page, entries, root)
        self._feeds[number] = state, feed
        while len(self._feeds) > _MOST_FEEDS:
            self._feeds.popitem(last=False)
        return feed


def _describe(entries: list[Entry]) -> object:
    return [
        (entry.message.id, entry.message.version, entry.is_answer, entry.page.path, entry.page.title)
        for entry in entries
    ]


def _has(request: Request, headers: dict[str, str]) -> bool:
    """Return whether the client has a feed as it is now.

    A time is compared as it is: when a message is withdrawn, the feed may be older than what the client has.
    """
    tags = read_header(request, "if-none-match")
    if tags is not None:
        return headers["ETag"] in tags or tags.strip() == "*"
    return request.headers.get("if-modified-since") == headers["Last-Modified"]
