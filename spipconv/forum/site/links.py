"""The links in moderators' mails: one opens a page that shows the message, whose button does what the link is for.

The link is the right to do it: nobody has to log in. Opening it changes nothing, as programs that look for viruses open
the links of mails.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.keys import EndedToken, InvalidToken, Keys
from spipconv.forum.links import DAY, DECISION_DAYS, DecisionRight, read_decision
from spipconv.forum.moderation import decide
from spipconv.forum.records import Decision, Moderator, Status
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.context import SECRET_PAGE, Site
from spipconv.forum.site.outcomes import name_person, write_moment
from spipconv.forum.site.reviews import STATUS_WORDS, Review, review
from spipconv.forum.site.threads import show_alone
from spipconv.forum.store.store import Store
from spipconv.languages import language_tag
from spipconv.translations import mark, translate
from spipconv.web.limits import Buckets
from spipconv.web.refusals import Refusal
from spipconv.web.requests import read_root

_RATE: Final = 1.0
_BURST: Final = 60
_BUTTONS: Final[Mapping[Status, str]] = {
    "publie": mark("Publish this message"),
    "off": mark("Refuse this message"),
    "spam": mark("Mark this message as spam"),
}


class _Offer(Struct, frozen=True):
    """What a link is about: the right, who has it, the message as it is now, and what was decided on it last."""

    right: DecisionRight
    moderator: Moderator
    review: Review
    decision: Decision | None
    is_open: bool


def routes(site: Site, *, is_limited: bool = True) -> list[BaseRoute]:
    """Return the routes. ``is_limited``: a client may ask for so many pages only."""
    pages = LinkPages(site, Buckets(_RATE if is_limited else 0, _BURST))
    return [
        Route("/moderation/link/{token}", pages.show, methods=["GET"]),
        Route("/moderation/link/{token}", pages.decide, methods=["POST"]),
    ]


class LinkPages:
    """The pages that moderators' links open."""

    def __init__(self, site: Site, requests: Buckets) -> None:
        self._site = site
        self._requests = requests

    async def show(self, request: Request) -> Response:
        """Show the message, and the button; or what was decided on it."""
        settings = await self._site.settings()
        self._site.check_rate(request, self._requests)
        token, now = request.path_params["token"], self._site.clock()
        offer = await self._site.base.read(
            partial(_find, keys=self._site.keys, settings=settings, token=token, now=now)
        )
        language, message = settings.language, offer.review.message
        shown = await self._site.base.read(lambda _: show_alone(message))
        return self._site.show(
            request, "link.html", settings, language=language, headers=SECRET_PAGE, review=offer.review, message=shown,
            tag=language_tag(message.language), is_open=offer.is_open, reply=False,
            button=translate(_BUTTONS[offer.right.status], language), is_danger=offer.right.status != "publie",
            moderator=name_person(offer.moderator.name, language), sentence=_describe(offer, language),
        )  # fmt: skip

    async def decide(self, request: Request) -> Response:
        """Do what the link is for; the page that follows says what became of it."""
        settings = await self._site.settings()
        self._site.check_rate(request, self._requests)
        token, now = request.path_params["token"], self._site.clock()
        await self._site.base.write(partial(_use, keys=self._site.keys, settings=settings, token=token, now=now))
        return RedirectResponse(f"{read_root(request)}/moderation/link/{token}", 303, SECRET_PAGE)


def _find(store: Store, keys: Keys, settings: ForumSettings, token: str, now: int) -> _Offer:
    """Return what a link is about. Raises Refusal if it is none, or if it, its moderator or its message has ended."""
    try:
        right = read_decision(keys, token, now)
    except EndedToken as error:
        raise Refusal("link-ended") from error
    except InvalidToken as error:
        raise Refusal("no-link") from error
    moderator, message = store.moderators.get(right.moderator), store.messages.get(right.message)
    if moderator is None or not moderator.is_active or message is None:
        raise Refusal("link-ended")
    reviews = review(store, settings, [message], settings.language)
    is_open = message.version == right.version and not store.mails.is_used(_digest(keys, token))
    return _Offer(right, moderator, reviews[0], store.decisions.last(message.id), is_open)


def _use(store: Store, keys: Keys, settings: ForumSettings, token: str, now: int) -> None:
    """Do what a link is for, if it still may. Raises Refusal as ``_find``."""
    offer = _find(store, keys, settings, token, now)
    right, moderator = offer.right, offer.moderator
    if offer.is_open and store.mails.use_link(_digest(keys, token), now + DECISION_DAYS * DAY):
        decide(store, right.message, right.version, right.status, moderator.id, moderator.name, now)


def _digest(keys: Keys, token: str) -> bytes:
    return keys.digest("link", token)


def _describe(offer: _Offer, language: str) -> str:
    """Return what was decided on the message, or an empty string as long as the link can be used."""
    if offer.is_open:
        return ""
    message, decision = offer.review.message, offer.decision
    status = translate(STATUS_WORDS[message.status], language)
    if decision is None or decision.after != message.status or decision.is_undone:
        return translate(
            "The message has been changed since the mail was sent. It is now: {status}.", language, status=status
        )
    return translate(
        "{status}, by {name}, {time}.", language, status=status,
        name=name_person(decision.name, language), time=write_moment(decision.at, language),
    )  # fmt: skip
