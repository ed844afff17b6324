"""Sending a message: a form comes in; it goes out as a stored message, or comes back with all that is in it.

Whoever sends a form without a token, as the plain form of a static page does, sees what the message will look like, as
in SPIP, and sends it from there. A refusal is the same page with a sentence: no text is lost.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from spipconv.forum.health import check_space
from spipconv.forum.links import page_address
from spipconv.forum.mail.queue import queue_held, queue_replies
from spipconv.forum.posting import (
    MOST_OTHER_BYTES,
    TRAP,
    Own,
    Posted,
    Sender,
    State,
    check_token,
    find_own,
    make_token,
    post,
    read_draft,
    take_back,
)
from spipconv.forum.records import Message, Page
from spipconv.forum.refusals import FIELDS, REASONS
from spipconv.forum.rules import make_person_token
from spipconv.forum.settings import ForumSettings
from spipconv.forum.site.context import SECRET_PAGE, Site, answer_json, guess_language, wants_page
from spipconv.forum.site.origins import origin_of
from spipconv.forum.site.threads import show_alone
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.store import Store
from spipconv.forum.subscriptions import subscribe_author
from spipconv.languages import language_tag
from spipconv.migration.writers.comments import MessageObject
from spipconv.preview.conversions import Conversions
from spipconv.safety import printable
from spipconv.translations import mark, translate
from spipconv.web.limits import Buckets
from spipconv.web.reading import FORMS, JSON, check_type, parse_form, parse_json, read_body
from spipconv.web.refusals import Refusal, as_refusal, refuse_for
from spipconv.web.requests import read_root

# The fields of the form that the page shows again.
FIELDS_OF_FORM: Final = ("author", "email", "url", "title", "text", "parent", "token", "person", "subscribe")
_FIELDS_READ: Final = frozenset((*FIELDS_OF_FORM, "page", "preview", "lang", TRAP))
# UTF-8 has at most four bytes for a character, and a form three characters for a byte.
_BYTES_OF_CHARACTER: Final = 12
# A form may hold a text that is too long, so that it comes back.
_TIMES_TOO_LONG: Final = 3

HELD: Final = mark(
    "This forum is moderated before publication: your contribution will only appear once an administrator of the site "
    "has accepted it."
)
_PUBLISHED: Final = mark("Your message is published.")
# By what became of a message: the heading and the sentence of its page.
_STATES: Final[Mapping[State, tuple[str, str]]] = {
    "held": (mark("Message sent"), HELD),
    "published": (mark("Message published"), _PUBLISHED),
    "decided": (mark("Message sent"), mark("An administrator has decided on this message.")),
    "taken-back": (
        mark("Message taken back"), mark("You have taken your message back: it is not on the site."),
    ),
}  # fmt: skip


class Sending:
    """The routes by which visitors send messages and take them back."""

    def __init__(
        self, site: Site, origins: Collection[str], messages: Buckets, looks: Buckets, conversions: Conversions
    ) -> None:
        self._site = site
        self._origins = origins
        self._messages = messages
        self._looks = looks
        self._conversions = conversions

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/messages", self.send, methods=["POST"]),
            Route("/messages/own/{token}", self.show_own, methods=["GET"]),
            Route("/messages/own/{token}", self.take_back, methods=["POST"]),
        ]

    async def send(self, request: Request) -> Response:
        """Store a message, or show what it will look like."""
        settings = await self._site.settings()
        check_sender(request, self._origins, settings)
        fields = await _read_fields(request, settings)
        page = await self._site.base.read(lambda store: store.pages.by_key(fields.get("page", "")))
        if page is None:
            return self._refuse_page(request, settings, fields)
        if wants_page(request) and (fields.get("preview") or not fields.get("token")):
            return await self._preview(request, settings, page, fields)
        try:
            posted = await self._store(request, settings, page, fields)
        except (Refusal, StoreError) as error:
            return await self._return(request, settings, page, fields, error)
        return await self._acknowledge(request, settings, posted)

    async def _store(self, request: Request, settings: ForumSettings, page: Page, fields: Mapping[str, str]) -> Posted:
        client = self._site.clients.name(request)
        draft = read_draft(fields, settings.longest_text)
        now = self._site.clock()
        check_token(self._site.keys, draft.token, page, now)
        check_space(self._site.base.path)
        seconds = self._messages.take(client)
        if seconds:
            raise refuse_for(seconds, "too-many-messages")
        work = partial(
            post, keys=self._site.keys, settings=settings, draft=draft, sender=Sender(client), now=now,
            followers=(partial(_queue_letters, subscribes=draft.subscribes, now=now),),
        )  # fmt: skip
        return await self._site.base.write(work)

    async def _acknowledge(self, request: Request, settings: ForumSettings, posted: Posted) -> Response:
        message, page = posted.message, posted.page
        path = f"{read_root(request)}/messages/own/{posted.own}"
        if wants_page(request):
            # The address that the browser shows, and reloads, is not one that sends something.
            return RedirectResponse(path, 303)
        now = self._site.clock()
        sentence = _PUBLISHED if message.status == "publie" else HELD
        answer: dict[str, object] = {
            "message": await self._show(message),
            "published": message.status == "publie",
            "sentence": translate(sentence, page.language),
            "own": path,
            "seconds": max(0, message.created + settings.take_back - now),
        }
        if settings.moderation == "first":
            answer["person"] = make_person_token(self._site.keys, message, now)
        return answer_json(answer)

    async def _show(self, message: Message) -> MessageObject:
        """Return a message as it will appear, but for what it answers."""
        return await self._site.base.read(lambda _: show_alone(message))

    async def _preview(
        self, request: Request, settings: ForumSettings, page: Page, fields: Mapping[str, str]
    ) -> Response:
        """Show what a message will look like, with the form by which it is sent."""
        now = self._site.clock()
        try:
            draft = read_draft(fields, settings.longest_text)
            published = await self._conversions.publish(
                request, self._site.clients.name(request), draft.text, page.language
            )
        except Refusal as error:
            return await self._return(request, settings, page, fields, error)
        message = Message(0, page.id, 0, 0, "prop", draft.author, draft.title, "", draft.url, page.language, now, now)
        token = fields.get("token", "")
        return self._show_form(
            request, settings, page,
            {**fields, "token": token if _is_alive(self._site, page, token, now) else self._make_token(page, now)},
            message={**show_alone(message), "html": published.html},
            remarks=[diagnostic.say(page.language) for diagnostic in published.differences],
        )  # fmt: skip

    async def _return(
        self, request: Request, settings: ForumSettings, page: Page, fields: Mapping[str, str], error: Exception
    ) -> Response:
        """Say why a message was not stored, and give the form back with all that is in it."""
        is_refused = isinstance(error, Refusal)
        refusal = as_refusal(error) if is_refused else Refusal("not-stored", headers={"Retry-After": "30"})
        reason, sentence = REASONS[refusal.code], REASONS.say(refusal, page.language)
        now = self._site.clock()
        is_alive = refusal.code != "form-used" and _is_alive(self._site, page, fields.get("token", ""), now)
        token = fields["token"] if is_alive else self._make_token(page, now)
        if not wants_page(request):
            error_object = {"code": refusal.code, "message": sentence, "field": FIELDS.get(refusal.code, "")}
            answer: dict[str, object] = {"error": error_object}
            if not is_alive:
                answer["token"] = token
            return answer_json(answer, reason.status, refusal.headers)
        parent = "" if refusal.code == "wrong-parent" else fields.get("parent", "")
        return self._show_form(
            request, settings, page, {**fields, "token": token, "parent": parent}, error=sentence,
            faulty=FIELDS.get(refusal.code, ""), status=reason.status, headers=refusal.headers,
        )  # fmt: skip

    def _make_token(self, page: Page, now: int) -> str:
        return make_token(self._site.keys, page, now)

    def _refuse_page(self, request: Request, settings: ForumSettings, fields: Mapping[str, str]) -> Response:
        """Say that there is no such page, and give the text back."""
        refusal = Refusal("no-page")
        language = guess_language(request, settings.language)
        status, sentence = REASONS[refusal.code].status, REASONS.say(refusal, language)
        if not wants_page(request):
            return answer_json({"error": {"code": refusal.code, "message": sentence, "field": ""}}, status)
        return self._site.show(
            request, "error.html", settings, language=language, status=status, sentence=sentence,
            text=fields.get("text", ""),
        )  # fmt: skip

    def _show_form(
        self,
        request: Request,
        settings: ForumSettings,
        page: Page,
        fields: Mapping[str, str],
        *,
        message: MessageObject | None = None,
        remarks: Collection[str] = (),
        error: str = "",
        faulty: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        return self._site.show(
            request, "check.html", settings, language=page.language, status=status, headers=headers, page=page,
            fields={name: fields.get(name, "") for name in FIELDS_OF_FORM}, message=message,
            remarks=remarks, error=error, faulty=faulty, sends=True, is_open=page.is_open, reply=False,
            can_subscribe=bool(settings.smtp), back=page_address(settings, page), tag=language_tag(page.language),
        )  # fmt: skip

    async def show_own(self, request: Request) -> Response:
        """Show a visitor's own message, and the button that takes it back."""
        self._site.check_rate(request, self._looks)
        settings, now = await self._site.settings(), self._site.clock()
        token = request.path_params["token"]
        own = await self._site.base.read(partial(find_own, keys=self._site.keys, token=token, now=now))
        return await self._show_own(request, settings, own, now)

    async def take_back(self, request: Request) -> Response:
        """Take a message back."""
        self._site.check_rate(request, self._looks)
        settings, now = await self._site.settings(), self._site.clock()
        token = request.path_params["token"]
        own = await self._site.base.write(
            partial(take_back, keys=self._site.keys, settings=settings, token=token, now=now)
        )
        if wants_page(request):
            return await self._show_own(request, settings, own, now)
        return answer_json({"state": own.state, "sentence": translate(_STATES[own.state][1], own.page.language)})

    async def _show_own(self, request: Request, settings: ForumSettings, own: Own, now: int) -> Response:
        message, page = own.message, own.page
        heading, sentence = _STATES[own.state]
        seconds = message.created + settings.take_back - now
        # It has no place yet that a link could lead to.
        shown = {**await self._show(message), "id": 0}
        return self._site.show(
            request, "own.html", settings, language=page.language, headers=SECRET_PAGE,
            heading=translate(heading, page.language), sentence=translate(sentence, page.language),
            state=own.state, message=shown, reply=False,
            can_take_back=own.state in ("held", "published") and seconds > 0, minutes=math.ceil(seconds / 60),
            source=message.text, back=page_address(settings, page), tag=language_tag(page.language),
        )  # fmt: skip


def check_sender(request: Request, origins: Collection[str], settings: ForumSettings) -> None:
    """Refuse a form that comes from a page of another site than the forum's: its words are not the visitor's.

    Programs and old browsers do not say where a form comes from. Raises Refusal.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site in ("same-origin", "none") or (site is None and origin is None):
        return
    own = {origin_of(settings.address), f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if origin not in origins and (site is not None or origin not in own):
        raise Refusal("cross-site")


async def _read_fields(request: Request, settings: ForumSettings) -> dict[str, str]:
    """Return the fields of a form, or of the object of a program. Raises Refusal."""
    is_json = check_type(request.headers, (JSON, *FORMS)) == JSON
    most = MOST_OTHER_BYTES + _TIMES_TOO_LONG * _BYTES_OF_CHARACTER * settings.longest_text
    body = await read_body(request, most)
    if not is_json:
        form = await parse_form(request.headers, body)
        return {name: form.get(name) for name, _ in form.fields}
    return {name: _read_value(value) for name, value in parse_json(body).items() if name in _FIELDS_READ}


def _read_value(value: object) -> str:
    match value:
        case str():
            # JSON can hold half a surrogate pair, which is no text.
            return printable(value)
        case bool() | None:
            return "1" if value else ""
        case int():
            # More digits than any number of ours has would take Python long to write.
            return str(value) if abs(value) < 2**63 else "0"
    raise Refusal("bad-json")


def _is_alive(site: Site, page: Page, token: str, now: int) -> bool:
    """Return whether a form can be sent with a token, now or in a moment."""
    try:
        check_token(site.keys, token, page, now)
    except Refusal as refusal:
        return refusal.code == "too-fast"
    return True


def _queue_letters(store: Store, message: Message, *, subscribes: bool, now: int) -> None:
    if subscribes:
        subscribe_author(store, message)
    if message.status == "prop":
        queue_held(store, message, now)
    elif message.status == "publie":
        queue_replies(store, message, now)
