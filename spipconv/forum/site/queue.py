"""The queue: messages by their status, decisions on them, undoing, and the log of who decided what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, cast, get_args
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from spipconv.forum.moderation import Outcome, decide, rescore, undo
from spipconv.forum.parts import take_part
from spipconv.forum.publication.publisher import read_publication
from spipconv.forum.records import Decision, Message, Page, Status
from spipconv.forum.site.context import Site, answer_json, wants_page
from spipconv.forum.site.gate import Gate, Visit, redirect
from spipconv.forum.site.outcomes import Notice, recall, tell
from spipconv.forum.site.reviews import STATUS_WORDS, Review, review, write_time
from spipconv.forum.store.store import Store
from spipconv.translations import mark, translate
from spipconv.web.reading import Form
from spipconv.web.refusals import Refusal

# Messages in a part of the queue: so many, or fewer if they have more characters together than this.
_SHOWN: Final = 20
_MOST_CHARACTERS: Final = 40_000
_IN_LOG: Final = 100
_STATUSES: Final = get_args(Status)
_VOTE: Final = re.compile(r"([0-9]{1,18}):([0-9]{1,18})")


class Button(Struct, frozen=True):
    """What can be done with a message: the status that it gets, the word, and the key."""

    status: Status
    word: str
    key: str
    kind: str = "second"


_ACCEPT, _REFUSE = Button("publie", mark("Accept"), "a", ""), Button("off", mark("Refuse"), "r")
_SPAM, _HOLD = Button("spam", mark("Spam"), "s", "danger"), Button("prop", mark("Hold again"), "h")
_BUTTONS: Final[Mapping[Status, tuple[Button, ...]]] = {
    "prop": (_ACCEPT, _REFUSE, _SPAM),
    "publie": (Button("off", mark("Withdraw"), "r"), _SPAM, _HOLD),
    "off": (Button("publie", mark("Publish"), "a", ""), _SPAM, _HOLD),
    "spam": (Button("publie", mark("Not spam: publish"), "a", ""), _REFUSE, _HOLD),
}


class _View(Struct, frozen=True):
    """What part of the messages is asked for: those with a status, of one page, or one message alone."""

    status: Status
    page: Page | None
    message: Message | None
    after: str
    done: Sequence[int]
    missed: Sequence[int]

    def of(self, status: Status, **more: str) -> str:
        """Return the query of an address that shows the messages with a status."""
        page = {"page": self.page.key} if self.page else {}
        return urlencode({"list": status, **page, **more})


class _Contents(Struct, frozen=True):
    """What the queue shows."""

    view: _View
    reviews: list[Review]
    counts: Mapping[Status, int]
    next: str
    notices: list[Notice]


class _Entry(Struct, frozen=True):
    """A line of the log."""

    decision: Decision
    author: str
    time: str


class Queue:
    """The routes of the queue."""

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site = site
        self._gate = gate

    async def show(self, request: Request, visit: Visit) -> Response:
        """Show messages."""
        query = dict(request.query_params)
        contents = await self._site.base.read(lambda store: _read_contents(store, query, visit))
        return self._site.show(
            request,
            "queue.html",
            visit.settings,
            language=visit.language,
            visit=visit,
            place="",
            view=contents.view,
            reviews=contents.reviews,
            counts=contents.counts,
            next=contents.next,
            notices=contents.notices,
            buttons=_BUTTONS,
            words=STATUS_WORDS,
        )

    async def decide(self, request: Request) -> Response:
        """Give messages a status."""
        visit, form = await self._gate.read(request)
        status, votes = _read_votes(form)

        def work(store: Store) -> list[Outcome]:
            moderator = visit.moderator
            outcomes = [
                decide(store, number, version, status, moderator.id, moderator.name, visit.now)
                for number, version in votes
            ]
            rescore(store)
            return outcomes

        outcomes = await self._site.base.write(work)
        return await self._answer(
            request, form, visit, [tell(outcome, visit.language, visit.now) for outcome in outcomes]
        )

    async def undo(self, request: Request) -> Response:
        """Undo decisions."""
        visit, form = await self._gate.read(request)
        numbers = [_read_number(number) for number in form.get_all("decision")]

        def work(store: Store) -> list[Outcome]:
            outcomes = [undo(store, number, visit.moderator.id, visit.now) for number in numbers]
            rescore(store)
            return outcomes

        outcomes = await self._site.base.write(work)
        notices = [tell(outcome, visit.language, visit.now, is_undone=True) for outcome in outcomes]
        return await self._answer(request, form, visit, notices)

    async def _answer(self, request: Request, form: Form, visit: Visit, notices: Sequence[Notice]) -> Response:
        if not wants_page(request):
            counts = await self._site.base.read(lambda store: store.messages.counts())
            return answer_json({"notices": notices, "counts": counts})
        back = {"list": form.get("list", "prop"), "page": form.get("page")}
        done = [str(notice.decision) for notice in notices if notice.decision]
        missed = [str(notice.message) for notice in notices if not notice.is_done]
        query = {**back, "done": ".".join(done), "missed": ".".join(missed)}
        return redirect(request, f"?{urlencode({name: value for name, value in query.items() if value})}")

    async def show_log(self, request: Request, visit: Visit) -> Response:
        """Show who decided what."""
        before = _read_number(request.query_params.get("before", ""))

        def work(store: Store) -> list[_Entry]:
            return [
                _Entry(decision, message.author if message else "", write_time(decision.at))
                for decision in store.decisions.latest(before, _IN_LOG)
                for message in (store.messages.get(decision.message),)
            ]

        entries = await self._site.base.read(work)
        return self._site.show(
            request,
            "log.html",
            visit.settings,
            language=visit.language,
            visit=visit,
            place="log",
            entries=entries,
            words=STATUS_WORDS,
            next=entries[-1].decision.id if len(entries) == _IN_LOG else 0,
        )


def _read_contents(store: Store, query: Mapping[str, str], visit: Visit) -> _Contents:
    view = _read_view(store, query)
    messages = [view.message] if view.message else _read_messages(store, view)
    following = ""
    shown = take_part(messages, [len(message.text) for message in messages], _SHOWN, _MOST_CHARACTERS)
    if len(messages) > len(shown):
        last = shown[-1]
        following = view.of(view.status, after=f"{last.score!r}-{last.id}")
    reviews = review(store, visit.settings, shown, visit.language)
    counts = store.messages.counts(view.page.id if view.page else 0)
    return _Contents(view, reviews, counts, following, _read_notices(store, view, visit))


def _read_view(store: Store, query: Mapping[str, str]) -> _View:
    """Return what the address of the queue asks for. Raises Refusal for what is not there."""
    status: str = query.get("list", "prop")
    page = message = None
    if "message" in query:
        message = store.messages.get(_read_number(query["message"]))
        status = message.status if message else ""
    elif query.get("page"):
        page = store.pages.by_key(query["page"])
        status = status if page else ""
    if status not in _STATUSES:
        raise Refusal("not-found")
    done, missed = (_numbers(query, name) for name in ("done", "missed"))
    return _View(cast("Status", status), page, message, query.get("after", ""), done, missed)


def _read_messages(store: Store, view: _View) -> list[Message]:
    """Return the messages to show, and one more if there are more."""
    page = view.page.id if view.page else 0
    score, _, number = view.after.rpartition("-")
    if view.status == "prop":
        after = (_read_score(score), _read_number(number)) if view.after else (-1.0, 0)
        return store.messages.queue("prop", after, _SHOWN + 1, page)
    return store.messages.latest((view.status,), _read_number(number), _SHOWN + 1, page)


def _read_notices(store: Store, view: _View, visit: Visit) -> list[Notice]:
    """Return what became of the decisions that led here: the address names them, the base knows them."""
    made = [recall(store, number, visit.language, visit.now) for number in view.done]
    missed = [
        tell(Outcome(number, message, other=other, fault=fault), visit.language, visit.now)
        for number in view.missed
        for message, other in ((store.messages.get(number), store.decisions.last(number)),)
        for fault in (_find_fault(message, other),)
    ]
    return [*(notice for notice in made if notice), *missed, *_tell_publication(store, visit)]


def _tell_publication(store: Store, visit: Visit) -> list[Notice]:
    """Return that accepted messages are not in the pages of the site yet, and why, if that is so."""
    publication = read_publication(store)
    if publication is None or not publication.failure:
        return []
    sentence = translate(
        "The last changes are not in the pages of the site yet: {failure}", visit.language, failure=publication.failure
    )
    return [Notice(0, sentence, is_done=False)]


def _find_fault(message: Message | None, other: Decision | None) -> Literal["gone", "decided", "changed"]:
    if message is None:
        return "gone"
    return "decided" if other is not None and other.after == message.status else "changed"


def _read_votes(form: Form) -> tuple[Status, list[tuple[int, int]]]:
    status = form.get("status")
    if "status" in form and not status:
        # Enter on a checkbox sends the form without any of its buttons.
        return "prop", []
    votes = [_VOTE.fullmatch(value) for value in form.get_all("message")]
    if status not in _STATUSES or not all(votes):
        raise Refusal("bad-form")
    return cast("Status", status), [(int(vote[1]), int(vote[2])) for vote in votes if vote]


def _numbers(query: Mapping[str, str], name: str) -> list[int]:
    return [number for part in query.get(name, "").split(".")[:_SHOWN] if (number := _read_number(part))]


def _read_number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else 0


def _read_score(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9](?:\.[0-9]{1,20})?(?:e-[0-9]{1,3})?", text) else -1.0
