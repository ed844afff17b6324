"""Moderation: a decision on a message comes in; what became of it goes out, which may be that another was faster.

A decision names the version of the message that it is about: of two on the same version, one is done and the other is
told of it. The last decision on a message can be undone for half a minute.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from spipconv.forum import classifier
from spipconv.forum.mail.queue import queue_replies
from spipconv.forum.records import Decision, Message, Status
from spipconv.forum.store.store import Store

UNDO_SECONDS: Final = 30
# An answer and the next request take time too.
_GRACE: Final = 5
_MOST_RESCORED: Final = 40


class Outcome(Struct, frozen=True):
    """What became of a decision on the message with a number, which is ``message`` now (None: it was deleted).

    ``decision`` is the new one, None if nothing was done; then ``fault`` says why: ``decided`` (``other`` is the
    decision that was made instead), ``changed`` (by its visitor, or an import), ``gone``, and for what is to be undone
    ``too-late``, ``not-yours`` and ``undone`` (already).
    """

    number: int
    message: Message | None
    decision: Decision | None = None
    other: Decision | None = None
    fault: Literal["", "decided", "changed", "gone", "too-late", "not-yours", "undone"] = ""


def decide(store: Store, number: int, version: int, status: Status, moderator: int, name: str, now: int) -> Outcome:
    """Give a message a status, if it still has the version and another status.

    ``moderator`` and ``name`` are who decides; 0 for somebody without an account, at the command line.
    """
    message = store.messages.get(number)
    if message is None:
        return Outcome(number, None, fault="gone")
    changed = store.messages.set_status(number, version, status, now) if message.status != status else None
    last = store.decisions.last(number)
    if changed is None:
        is_decided = last is not None and last.after == message.status
        return Outcome(
            number, message, other=last if is_decided else None, fault="decided" if is_decided else "changed"
        )
    decision = store.decisions.add(message, status, moderator, name, now)
    _learn_again(store, message, last, decision)
    _tell_readers(store, changed, now)
    return Outcome(number, changed, decision)


def undo(store: Store, number: int, moderator: int, now: int) -> Outcome:
    """Undo the decision with a number, if the same moderator made it less than half a minute ago, and nothing since."""
    decision = store.decisions.get(number)
    if decision is None:
        return Outcome(0, None, fault="gone")
    message = store.messages.get(decision.message)
    if fault := _find_fault(decision, message, moderator, now):
        last = store.decisions.last(decision.message) if fault == "decided" else None
        if last == decision:
            return Outcome(decision.message, message, fault="changed")
        return Outcome(decision.message, message, other=last, fault=fault)
    assert message is not None
    changed = store.messages.set_status(message.id, message.version, decision.before, now)
    store.decisions.mark_undone(decision.id)
    _learn_again(store, message, decision, store.decisions.last(message.id))
    if changed is not None:
        _tell_readers(store, changed, now)
    return Outcome(message.id, changed, decision)


def _find_fault(
    decision: Decision, message: Message | None, moderator: int, now: int
) -> Literal["", "decided", "gone", "too-late", "not-yours", "undone"]:
    if message is None:
        return "gone"
    if decision.moderator != moderator:
        return "not-yours"
    if decision.is_undone:
        return "undone"
    if message.version != decision.version + 1:
        return "decided"
    # A clock that was set back makes nothing undoable for longer than it was set back.
    return "too-late" if now - decision.at > UNDO_SECONDS + _GRACE else ""


def rescore(store: Store) -> None:
    """Score the messages at the top of the queue by what was learned since: those that are seen next."""
    for message in store.messages.queue(limit=_MOST_RESCORED):
        score = classifier.score(store.words, message)
        if score != message.score:
            store.messages.set_score(message.id, score)


def _tell_readers(store: Store, message: Message, now: int) -> None:
    """Have the readers told who have not been, if a message is published now."""
    if message.status == "publie":
        queue_replies(store, message, now)


def _learn_again(store: Store, message: Message, former: Decision | None, latter: Decision | None) -> None:
    """Have the classifier know a message by the one decision, and no longer by the other; rules teach it nothing."""
    if former and former.name:
        classifier.unlearn(store.words, message, former.after)
    if latter and latter.name:
        classifier.learn(store.words, message, latter.after)
