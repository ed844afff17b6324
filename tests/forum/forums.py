"""A small forum for tests: a base with a page, settings, and what visitors, moderators and readers do in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

pytest.importorskip("cryptography", reason="cryptography is not installed")

from spipconv.forum.keys import Keys
from spipconv.forum.mail.queue import queue_held, queue_replies
from spipconv.forum.opening import create_forum
from spipconv.forum.records import Message, Moderator, Page, Status, Subscription
from spipconv.forum.settings import write_setting
from spipconv.forum.store.base import Base
from spipconv.forum.store.store import Store

NOON = 1_800_000_000
T = TypeVar("T")

SETTINGS = {
    "site": "https://www.example.org",
    "address": "https://www.example.org/comments",
    "title": "La carrière",
    "sender": "forum@example.org",
    "contact": "contact@example.org",
}


class Forum:
    """A base with the page ``article1``. ``now`` is its clock."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.path = folder / "forum.sqlite"
        self.keys: Keys = create_forum(self.path)
        self.base = Base(self.path)
        self.now = NOON
        self.set(**{**SETTINGS, **settings})
        self.page = self.add_page("article1", "Le granit")

    def do(self, work: Callable[[Store], T]) -> T:
        return self.base.submit(work).result()

    def set(self, **settings: str) -> None:
        def write(store: Store) -> None:
            for name, value in settings.items():
                write_setting(store, name, value)

        self.do(write)

    def add_page(self, key: str, title: str = "Une page") -> Page:
        return self.do(lambda store: store.pages.put(key, f"/{key}", title, "fr"))

    def add(self, status: Status = "prop", *, email: str = "", queues: bool = True, **fields: Any) -> Message:
        """Store a message as a visitor posts it, with the letters that follow."""
        message = Message(
            0, self.page.id, 0, 0, status, "Anne", "Une question", "Quel {{granit}} ?", "", "fr", self.now, self.now,
            email=self.keys.seal(email.encode()) if email else None,
            email_digest=self.keys.digest_email(email) if email else None,
        )  # fmt: skip

        def store_message(store: Store) -> Message:
            stored = store.messages.add(replace(message, **fields))
            if queues and status == "prop":
                queue_held(store, stored, self.now)
            if queues and status == "publie":
                queue_replies(store, stored, self.now)
            return stored

        return self.do(store_message)

    def decide(self, message: Message, status: Status) -> Message:
        """Give a message another status, with the letters that follow."""

        def decide(store: Store) -> Message:
            decided = store.messages.set_status(message.id, message.version, status, self.now)
            assert decided is not None
            if status == "publie":
                queue_replies(store, decided, self.now)
            return decided

        return self.do(decide)

    def moderator(self, name: str = "Rose", notify: Any = "each", email: str = "rose@example.org") -> Moderator:
        def add(store: Store) -> Moderator:
            moderator = store.moderators.add(name, "hash", self.now)
            assert moderator is not None
            store.moderators.set_mails(moderator.id, self.keys.seal(email.encode()), notify)
            return replace(moderator, notify=notify)

        return self.do(add)

    def subscribe(self, email: str, page: int = -1, message: int = 0, *, confirms: bool = True) -> Subscription:
        number = self.page.id if page < 0 else page

        def add(store: Store) -> Subscription:
            subscription = store.subscriptions.add(
                number, message, self.keys.seal(email.encode()), self.keys.digest_email(email), "fr", self.now
            )
            if confirms:
                store.subscriptions.confirm(subscription.id, self.now)
            return subscription

        return self.do(add)
