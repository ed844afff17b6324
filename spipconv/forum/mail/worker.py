"""The worker: letters that are due come out of the base, and are given to the mail server one after the other.

A letter is marked before it is handed over, and again after the server took it. If the process is killed between the
two, nobody knows whether it arrived: it is sent again (at least once), with the same Message-ID, by which mailboxes
know it for the same. What was not handed over, or was refused for now, is sent once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from typing import Final

from spipconv.forum.clock import read_clock
from spipconv.forum.keys import InvalidToken, Keys
from spipconv.forum.mail.delivery import Connection, Outcome, ServerError, read_sender, read_server
from spipconv.forum.mail.letters import Desk, UnusableAddress, write_letter
from spipconv.forum.mail.mime import Letter, write_mail
from spipconv.forum.records import Mail
from spipconv.forum.settings import ForumSettings, SettingError, read_settings
from spipconv.forum.store.base import Base
from spipconv.forum.store.store import Store
from spipconv.system.locks import Lock, acquire
from spipconv.web.logs import describe_error

LOG = logging.getLogger("spipconv.forum.mail")

_DAY: Final = 86_400
# Seconds until a letter is tried again, after each attempt; RFC 5321 (4.5.4.1) asks for half an hour and four days.
_DELAYS: Final = (300, 900, 1_800, 3_600, 7_200, 14_400, 28_800)
_PATIENCE: Final = 4 * _DAY
# Seconds between two looks for letters, and until a server that was away is tried again: twice as many each time.
_PAUSE: Final = 5
_LONGEST_PAUSE: Final = 600
# Messages in one letter to a moderator.
_MOST_MESSAGES: Final = 20


class MailWorker:
    """Sends the letters of a base; of all processes with that base, one does.

    ``clock`` gives the time in seconds since 1970.
    """

    def __init__(self, base: Base, keys: Keys, clock: Callable[[], int] = read_clock) -> None:
        self._base = base
        self._keys = keys
        self._clock = clock
        self._lock: Lock | None = None
        self._failures = 0
        self._resume = 0
        self._reason = ""
        self._stops = threading.Event()

    async def run(self) -> None:
        """Send letters when they are due, until it is cancelled; it ends after the letter that is being sent."""
        try:
            while True:
                sending = asyncio.ensure_future(asyncio.to_thread(self.send_due))
                try:
                    await asyncio.shield(sending)
                except asyncio.CancelledError:
                    self._stops.set()
                    await sending
                    raise
                await asyncio.sleep(_PAUSE)
        finally:
            self.release()

    def release(self) -> None:
        """Let another process send."""
        if self._lock:
            self._lock.release()
            self._lock = None

    def send_due(self) -> int:
        """Send the letters that are due, and return how many the server took.

        Nothing is sent while another process sends, or as long as a server that was away is not to be tried again.
        """
        now = self._clock()
        # A clock that was set back must not make it wait for longer.
        if self._resume - _LONGEST_PAUSE <= now < self._resume or not self._holds_lock(now):
            return 0
        first, settings = self._base.query(lambda store: (store.mails.due(now), read_settings(store))).result()
        if first is None:
            return 0
        taken = 0
        try:
            sender = read_sender(settings)
            with Connection(read_server(settings), sender) as connection:
                mail: Mail | None = first
                while mail is not None and connection.is_open and not self._stops.is_set():
                    taken += self._send(
                        mail,
                        settings,
                        lambda letter: connection.send(letter.recipient, write_mail(letter, sender, self._clock())),
                    )
                    mail = self._next(mail.id)
            self._failures, self._resume, self._reason = 0, 0, ""
        except (ServerError, SettingError) as error:
            self._wait(str(error))
        return taken

    def _holds_lock(self, now: int) -> bool:
        if self._lock is None:
            path = self._base.path
            self._lock = acquire(path.with_name(f"{path.name}.mails"), is_private=True)
            if self._lock is not None:
                self._base.submit(lambda store: store.mails.recover(now)).result()
        return self._lock is not None

    def _next(self, after: int) -> Mail | None:
        now = self._clock()
        return self._base.query(lambda store: store.mails.due(now, after)).result()

    def _send(self, mail: Mail, settings: ForumSettings, hand_over: Callable[[Letter], Outcome]) -> int:
        """Send one letter; return 1 if the server took it. Raises ServerError if it can be sent, but not now."""
        now = self._clock()
        numbers = self._base.submit(lambda store: _begin(store, mail, now)).result()
        if numbers is None:
            return 0
        try:
            letter = self._base.query(
                lambda store: write_letter(Desk(store, self._keys, settings, now), mail, numbers)
            ).result()
            if letter is None:
                self._base.submit(lambda store: store.mails.delete(mail.id)).result()
                return 0
            outcome = hand_over(letter)
        except ServerError as error:
            outcome = Outcome("later", str(error))
            self._base.submit(lambda store: _settle(store, mail, outcome, now)).result()
            raise
        except UnusableAddress:
            outcome = Outcome("refused", "its address is not one that mails can be sent to")
        except InvalidToken:
            outcome = Outcome("refused", "its address is sealed with another key")
        except Exception as error:
            # It would stop all letters behind it.
            LOG.error("a letter could not be written: %s", describe_error(error))
            outcome = Outcome("later", f"internal error: {type(error).__name__}")
        self._base.submit(lambda store: _settle(store, mail, outcome, self._clock())).result()
        return int(outcome.result == "taken")

    def _wait(self, reason: str) -> None:
        if reason != self._reason:
            LOG.warning("mails wait: %s", reason)
            self._reason = reason
        self._resume = self._clock() + min(_PAUSE * 2**self._failures, _LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 20)


def _begin(store: Store, mail: Mail, now: int) -> list[tuple[int, int]] | None:
    """Mark a letter as being sent, and return what is in it; None if another one was faster, or it is gone."""
    mail_now = store.mails.get(mail.id)
    if mail_now is None or mail_now.state != "waiting":
        return None
    if mail_now.contents:
        numbers = [(number, version) for number, version in json.loads(mail_now.contents)]
    elif mail.kind == "held":
        newest = store.messages.latest(("prop",), limit=_MOST_MESSAGES)
        numbers = [(message.id, message.version) for message in reversed(newest) if message.id >= mail.message]
    else:
        numbers = []
    store.mails.begin(mail.id, json.dumps(numbers), now)
    return numbers


def _settle(store: Store, mail: Mail, outcome: Outcome, now: int) -> None:
    if outcome.result == "taken":
        store.mails.end(mail.id, outcome.answer, now)
    elif outcome.result == "refused":
        store.mails.refuse(mail.id, outcome.answer, now)
    elif now - mail.created > _PATIENCE and mail.attempts >= len(_DELAYS):
        store.mails.refuse(mail.id, f"given up after {_PATIENCE // _DAY} days: {outcome.answer}", now)
    else:
        delay = _DELAYS[min(mail.attempts, len(_DELAYS) - 1)]
        is_uncertain = outcome.is_uncertain or bool(mail.contents)
        store.mails.delay(mail.id, outcome.answer, now + delay, now, is_uncertain=is_uncertain)
