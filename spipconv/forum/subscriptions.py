"""Subscriptions: what a reader asks for comes in; it is stored, confirmed or ended, by links that only the reader gets.

Nobody is told whether an address has subscriptions: asking for one has the same answer always.
"""

from __future__ import annotations

from spipconv.forum.keys import Keys
from spipconv.forum.links import SubscriptionRight
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.mail.queue import queue_confirmation
from spipconv.forum.records import Message, Page, Subscription
from spipconv.forum.store.store import Store


def subscribe_author(store: Store, message: Message) -> None:
    """Store that the writer of a message wants to be told of answers to it.

    The question to confirm that follows when the message is published: so no program can send letters to strangers by
    posting messages.
    """
    if message.email is not None and message.email_digest is not None:
        store.subscriptions.add(
            message.page, message.id, message.email, message.email_digest, message.language, message.created
        )


def subscribe(store: Store, keys: Keys, page: Page | None, email: str, language: str, now: int) -> None:
    """Store that somebody wants to be told of new messages, on a page or on the site, and have it confirmed by mail.

    Nothing happens for what is no address, for a subscription that there is already, or if there were too many such
    letters lately.
    """
    address = read_address(email)
    if address is None:
        return
    subscription = store.subscriptions.add(
        page.id if page else 0, 0, keys.seal(address.encode()), keys.digest_email(address), language, now
    )
    if subscription.confirmed is None:
        queue_confirmation(store, subscription, now)


def find_subscription(store: Store, right: SubscriptionRight) -> Subscription | None:
    """Return the subscription that a link is about; None: it has ended."""
    subscription = store.subscriptions.get(right.subscription)
    return subscription if subscription and subscription.created == right.created else None


def confirm(store: Store, right: SubscriptionRight, now: int) -> Subscription | None:
    """Confirm a subscription; doing so twice is harmless. None: it has ended, and an old link does not revive it."""
    subscription = find_subscription(store, right)
    if subscription is not None:
        store.subscriptions.confirm(subscription.id, now)
    return subscription


def end(store: Store, right: SubscriptionRight) -> None:
    """End a subscription, and forget the reader's address with it; doing so twice is harmless."""
    subscription = find_subscription(store, right)
    if subscription is not None:
        store.subscriptions.delete(subscription.id)
