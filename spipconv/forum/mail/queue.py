"""The queue of letters: what happened in a transaction comes in; the letters that follow are stored in the same one.

So a letter is there exactly if what it is about is. ``worker`` writes and sends them.
"""

from __future__ import annotations

import secrets
from typing import Final, Literal

from spipconv.forum.records import Message, Subscription
from spipconv.forum.settings import read_settings
from spipconv.forum.store.store import Store

_HOUR: Final = 3_600
_DAY: Final = 86_400
# A moderator gets the first mail at once. What comes within so many seconds after it is in the next one.
_PAUSE: Final = 600
# A moderator may undo a decision for half a minute: readers are told after that.
_DELAY: Final = 60
# Questions to confirm a subscription: in a day to one address, and about the same subscription; in an hour to all.
_MOST_TO_PERSON: Final = 3
_MOST_IN_HOUR: Final = 200


def queue_held(store: Store, message: Message, now: int) -> None:
    """Have the moderators who want it told of a message that waits for a decision. Call it where that is stored.

    Who waits for a letter already will find this message in it too.
    """
    for moderator in store.moderators.list_all():
        if not moderator.is_active or moderator.email is None or moderator.notify == "never":
            continue
        if store.mails.open_to("held", moderator.id) is None:
            due = _due(store, moderator.id, moderator.notify, now)
            store.mails.add("held", moderator.id, message.id, _identity(), now, due)


def queue_replies(store: Store, message: Message, now: int) -> None:
    """Have readers told of a message that has just been published, each once, whatever happens to it later.

    Its own writer is not among them, but is asked now to confirm what was asked for with the message. If it is taken
    back or refused before the letters are sent, none is.
    """
    for subscription in store.subscriptions.concerned(message):
        if not store.mails.has_reply(subscription.email_digest, message.id):
            store.mails.add(
                "reply", subscription.id, message.id, _identity(), now, now + _DELAY, subscription.email_digest
            )
    for subscription in store.subscriptions.asked_with(message.id):
        if subscription.confirmed is None:
            queue_confirmation(store, subscription, now, now + _DELAY)


def queue_confirmation(store: Store, subscription: Subscription, now: int, due: int | None = None) -> bool:
    """Have a reader asked to confirm a subscription; return False if there were too many such letters lately.

    Whoever types the address of another causes one letter with no words of his own, and a few a day at most.
    """
    mails = store.mails
    if (
        mails.last_stored("confirmation", subscription.id) >= now - _DAY
        or mails.count_since("confirmation", now - _DAY, subscription.email_digest) >= _MOST_TO_PERSON
        or mails.count_since("confirmation", now - _HOUR) >= _MOST_IN_HOUR
    ):
        return False
    mails.add(
        "confirmation", subscription.id, subscription.message, _identity(), now, now if due is None else due,
        subscription.email_digest,
    )  # fmt: skip
    return True


def _due(store: Store, moderator: int, notify: Literal["each", "digest", "never"], now: int) -> int:
    if notify == "each":
        # A clock that was set back must not hold letters back for long.
        return min(max(now, store.mails.last_to("held", moderator) + _PAUSE), now + _PAUSE)
    today = now - now % _DAY + read_settings(store).digest_hour * _HOUR
    return today if today > now else today + _DAY


def _identity() -> str:
    return f"mail.{secrets.token_hex(12)}"
