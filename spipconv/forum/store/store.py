"""The store: one connection comes in, the tables of a forum go out. All SQL is behind these classes."""

from __future__ import annotations

import sqlite3

from spipconv.forum.store.addresses import Addresses
from spipconv.forum.store.blocks import Blocks
from spipconv.forum.store.decisions import Decisions
from spipconv.forum.store.mails import Mails
from spipconv.forum.store.messages import Messages
from spipconv.forum.store.moderators import Moderators
from spipconv.forum.store.pages import Pages
from spipconv.forum.store.settings import Settings
from spipconv.forum.store.soundness import Soundness
from spipconv.forum.store.subscriptions import Subscriptions
from spipconv.forum.store.words import Words


class Store:
    """What a forum keeps, within one transaction. Get it from ``base.Base`` or ``base.open_base``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.settings = Settings(connection)
        self.pages = Pages(connection)
        self.messages = Messages(connection)
        self.blocks = Blocks(connection)
        self.moderators = Moderators(connection)
        self.decisions = Decisions(connection)
        self.words = Words(connection)
        self.mails = Mails(connection)
        self.subscriptions = Subscriptions(connection)
        self.addresses = Addresses(connection)
        self.soundness = Soundness(connection)
