"""What moderators are told of their decisions: an outcome comes in, a sentence goes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from spipconv.forum.lines import DIRECTIONS
from spipconv.forum.moderation import UNDO_SECONDS, Outcome
from spipconv.forum.records import Decision, Status
from spipconv.forum.site.page_templates import write_date
from spipconv.forum.site.reviews import STATUS_WORDS
from spipconv.forum.store.store import Store
from spipconv.translations import mark, translate

_DONE: Final[Mapping[Status, str]] = {
    "publie": mark("Accepted: the message of {author}."),
    "off": mark("Refused: the message of {author}."),
    "spam": mark("Marked as spam: the message of {author}."),
    "prop": mark("Held again: the message of {author}."),
}
_FAULTS: Final[Mapping[str, str]] = {
    "changed": mark("Nothing was done: the message of {author} was changed, or taken back by its visitor."),
    "too-late": mark("It is too late to undo this: give the message of {author} another status instead."),
    "not-yours": mark("Only {name} can undo this."),
    "undone": mark("The decision on the message of {author} has been undone already."),
}
_GONE: Final = mark("Nothing was done: the message is no longer there.")
_DECIDED: Final = mark("Nothing was done: {name} decided before you on the message of {author}: {status} ({time}).")
_DECIDED_BY_RULE: Final = mark("the forum’s rule")
_UNDONE: Final = mark("Undone: the message of {author} is as it was.")
NOBODY: Final = mark("somebody without a name")


class Notice(Struct, frozen=True):
    """What is said of a decision, and until when (seconds from now) it can be undone: 0 if it cannot.

    ``message`` is the number of its message, ``version`` and ``status`` what that has now; ``decision`` is the
    decision's own number, or 0.
    """

    message: int
    sentence: str
    is_done: bool
    version: int = 0
    status: Status | None = None
    decision: int = 0
    seconds: int = 0


def tell(outcome: Outcome, language: str, now: int, *, is_undone: bool = False) -> Notice:
    """Return what the moderator is told who decided, or wanted to undo a decision (``is_undone``: who did so)."""
    message, decision = outcome.message, outcome.decision
    if message is None:
        return Notice(outcome.number, translate(_GONE, language), is_done=False)
    author = name_person(message.author, language)
    state = (message.version, message.status)
    if decision is None:
        return Notice(message.id, _explain(outcome, author, language), False, *state)
    if is_undone:
        return Notice(message.id, translate(_UNDONE, language, author=author), True, *state)
    sentence = translate(_DONE[decision.after], language, author=author)
    seconds = max(0, min(UNDO_SECONDS, decision.at + UNDO_SECONDS - now))
    return Notice(message.id, sentence, True, *state, decision.id, seconds)


def recall(store: Store, decision: int, language: str, now: int) -> Notice | None:
    """Return what was told of a decision that was made just now, None: it is long ago, or undone."""
    made = store.decisions.get(decision)
    if made is None or made.is_undone or now - made.at > 2 * UNDO_SECONDS:
        return None
    return tell(Outcome(made.message, store.messages.get(made.message), made), language, now)


def name_person(name: str, language: str) -> str:
    """Return a name for a sentence, which it turns in no direction."""
    plain = DIRECTIONS.sub("", name).strip() or translate(NOBODY, language)
    return f"\u2068{plain}\u2069"


def write_moment(seconds: int, language: str) -> str:
    """Return a time in the words of a language."""
    return f"{write_date(language, datetime.fromtimestamp(seconds, UTC).isoformat())} UTC"


def _explain(outcome: Outcome, author: str, language: str) -> str:
    other = outcome.other
    if outcome.fault == "decided" and other is not None:
        return translate(
            _DECIDED, language, name=_decider(other, language), author=author,
            status=translate(STATUS_WORDS[other.after], language), time=write_moment(other.at, language),
        )  # fmt: skip
    name = _decider(other, language) if other else ""
    return translate(_FAULTS.get(outcome.fault, _FAULTS["changed"]), language, author=author, name=name)


def _decider(decision: Decision, language: str) -> str:
    return name_person(decision.name, language) if decision.name else translate(_DECIDED_BY_RULE, language)
