"""The pages of subscriptions: asking for one, confirming it and ending it.

Opening a link changes nothing, its button does. Ending takes one POST without a page (RFC 8058): mail programs have a
button for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.keys import EndedToken, InvalidToken, Keys
from spipconv.forum.links import SubscriptionRight, ending_link, page_address, read_confirmation, read_ending
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.posting import TRAP
from spipconv.forum.records import Page, Subscription
from spipconv.forum.refusals import REASONS
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.context import SECRET_PAGE, Site, guess_language, wants_page
from spipconv.forum.site.sending import check_sender
from spipconv.forum.subscriptions import confirm, end, find_subscription, subscribe
from spipconv.translations import mark, translate
from spipconv.web.limits import Buckets
from spipconv.web.reading import read_form
from spipconv.web.refusals import Refusal

_MOST_FORM: Final = 4_096
# Somebody asks for a few at most; each may send a letter to a stranger.
_RATE: Final = 1 / 600
_BURST: Final = 5
_PAGES_PER_SECOND: Final = 2.0
_PAGES_IN_A_ROW: Final = 60

_ASKED: Final = mark(
    "If mails can be sent to this address, one is on its way: new messages are sent there once you have pressed the "
    "button that it leads to."
)

_Read = Callable[[Keys, str, int], SubscriptionRight]


def routes(site: Site, origins: Collection[str], *, is_limited: bool = True) -> list[BaseRoute]:
    """Return the routes.

    ``origins`` are the other sites whose pages may send the form. ``is_limited``: a client may ask for so much only.
    """
    wishes = Buckets(_RATE if is_limited else 0, _BURST)
    pages = SubscriptionPages(site, origins, wishes, Buckets(_PAGES_PER_SECOND if is_limited else 0, _PAGES_IN_A_ROW))
    return [
        Route("/subscriptions", pages.show_form, methods=["GET"]),
        Route("/subscriptions", pages.ask, methods=["POST"]),
        Route("/subscriptions/confirm/{token}", pages.show_confirmation, methods=["GET"]),
        Route("/subscriptions/confirm/{token}", pages.confirm, methods=["POST"]),
        Route("/subscriptions/end/{token}", pages.show_end, methods=["GET"]),
        Route("/subscriptions/end/{token}", pages.end, methods=["POST"]),
    ]


class SubscriptionPages:
    """The pages of subscriptions."""

    def __init__(self, site: Site, origins: Collection[str], wishes: Buckets, requests: Buckets) -> None:
        self._site = site
        self._origins = origins
        self._wishes = wishes
        self._requests = requests

    async def show_form(self, request: Request) -> Response:
        """Show the form in which a reader gives an address; ``page`` is the key of a page, without it for the site."""
        self._site.check_rate(request, self._requests)
        settings = await self._settings()
        page = await self._find_page(request.query_params.get("page", ""))
        return self._show_form(request, settings, page)

    async def ask(self, request: Request) -> Response:
        """Have a reader asked by mail; the answer is the same whether or not there is such a subscription."""
        settings = await self._settings()
        check_sender(request, self._origins, settings)
        form = await read_form(request, _MOST_FORM)
        page = await self._find_page(form.get("page"))
        email = form.get("email").strip()
        if form.get(TRAP):
            raise Refusal("trap", TRAP)
        if read_address(email) is None:
            return self._show_form(request, settings, page, email=email, refusal=Refusal("wrong-email"))
        self._site.check_rate(request, self._wishes)
        language = page.language if page else guess_language(request, settings.language)
        await self._site.base.write(
            partial(subscribe, keys=self._site.keys, page=page, email=email, language=language, now=self._site.clock())
        )
        return self._say(request, settings, language, page, mark("Look into your mailbox"), _ASKED)

    async def show_confirmation(self, request: Request) -> Response:
        """Show what is to be confirmed, and the button."""
        settings, _, subscription, page = await self._open(request, read_confirmation)
        language = subscription.language
        if subscription.confirmed is not None:
            return self._say_confirmed(request, settings, subscription, page)
        return self._show(
            request, settings, language, page, heading=translate("Mails about new messages", language),
            question=_describe(subscription, page), button=translate("Yes, send me these mails", language),
        )  # fmt: skip

    async def confirm(self, request: Request) -> Response:
        """Confirm a subscription."""
        settings, right, subscription, page = await self._open(request, read_confirmation)
        await self._site.base.write(partial(confirm, right=right, now=self._site.clock()))
        return self._say_confirmed(request, settings, subscription, page)

    async def show_end(self, request: Request) -> Response:
        """Show what is to be ended, and the button."""
        try:
            settings, _, subscription, page = await self._open(request, read_ending)
        except Refusal as refusal:
            if refusal.code != "link-ended":
                raise
            return await self._say_ended(request)
        language = subscription.language
        return self._show(
            request, settings, language, page, heading=translate("No more mails?", language),
            question=_describe(subscription, page), button=translate("Send me no more of these mails", language),
        )  # fmt: skip

    async def end(self, request: Request) -> Response:
        """End a subscription, with nothing but the address: mail programs send a form of their own."""
        self._site.check_rate(request, self._requests)
        right = _read(self._site.keys, request.path_params["token"], self._site.clock(), read_ending)
        await self._site.base.write(partial(end, right=right))
        return await self._say_ended(request)

    async def _open(
        self, request: Request, read: _Read
    ) -> tuple[ForumSettings, SubscriptionRight, Subscription, Page | None]:
        """Return what a link is about. Raises Refusal."""
        self._site.check_rate(request, self._requests)
        settings = await self._site.settings()
        right = _read(self._site.keys, request.path_params["token"], self._site.clock(), read)
        subscription = await self._site.base.read(lambda store: find_subscription(store, right))
        if subscription is None:
            raise Refusal("link-ended")
        page = await self._site.base.read(lambda store: store.pages.get(subscription.page))
        return settings, right, subscription, page

    async def _settings(self) -> ForumSettings:
        settings = await self._site.settings()
        if not settings.smtp:
            raise Refusal("no-subscriptions")
        return settings

    async def _find_page(self, key: str) -> Page | None:
        if not key:
            return None
        page = await self._site.base.read(lambda store: store.pages.by_key(key))
        if page is None:
            raise Refusal("no-page")
        return page

    def _show_form(
        self,
        request: Request,
        settings: ForumSettings,
        page: Page | None,
        *,
        email: str = "",
        refusal: Refusal | None = None,
    ) -> Response:
        language = page.language if page else guess_language(request, settings.language)
        return self._site.show(
            request, "subscribe.html", settings, language=language, page=page, email=email, trap=TRAP,
            error=REASONS.say(refusal, language) if refusal else "",
            status=REASONS[refusal.code].status if refusal else 200, back=_back(settings, page),
        )  # fmt: skip

    def _say_confirmed(
        self, request: Request, settings: ForumSettings, subscription: Subscription, page: Page | None
    ) -> Response:
        return self._say(
            request, settings, subscription.language, page, mark("You will get these mails"),
            mark("Each of them has a link by which you can end them."),
            ending=ending_link(self._site.keys, settings, subscription),
        )  # fmt: skip

    async def _say_ended(self, request: Request) -> Response:
        settings = await self._site.settings()
        language = guess_language(request, settings.language)
        sentence = mark("You get no more of these mails, and your address has been deleted with this wish.")
        if not wants_page(request):
            return PlainTextResponse(translate(sentence, language) + "\n")
        return self._say(request, settings, language, None, mark("It is done"), sentence)

    def _say(
        self, request: Request, settings: ForumSettings, language: str, page: Page | None, heading: str, sentence: str,
        ending: str = "",
    ) -> Response:  # fmt: skip
        return self._show(
            request, settings, language, page, heading=translate(heading, language),
            sentence=translate(sentence, language), ending=ending,
        )  # fmt: skip

    def _show(
        self, request: Request, settings: ForumSettings, language: str, page: Page | None, **values: str
    ) -> Response:
        shown: dict[str, object] = {"heading": "", "question": "", "button": "", "sentence": "", "ending": "", **values}
        return self._site.show(
            request, "subscription.html", settings, language=language, status=200, headers=SECRET_PAGE, page=page,
            back=_back(settings, page), **shown,
        )  # fmt: skip


def _read(keys: Keys, token: str, now: int, read: _Read) -> SubscriptionRight:
    try:
        return read(keys, token, now)
    except EndedToken as error:
        raise Refusal("link-ended") from error
    except InvalidToken as error:
        raise Refusal("no-link") from error


def _describe(subscription: Subscription, page: Page | None) -> str:
    """Return what a subscription is for, in words that no visitor chose."""
    language = subscription.language
    if page is None:
        return translate("Mails about all new messages on this site.", language)
    if subscription.message:
        return translate("Mails about the answers to your message on the page “{page}”.", language, page=page.title)
    return translate("Mails about new messages on the page “{page}”.", language, page=page.title)


def _back(settings: ForumSettings, page: Page | None) -> str:
    return page_address(settings, page) if page else settings.site
