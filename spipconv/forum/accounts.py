"""Accounts of moderators: a name and a password, or a passkey, come in; the secret of a new session goes out.

Whoever is not let in does not learn why: an unknown name, a wrong password and an account that was shut have the same
answer after the same work.
"""

from __future__ import annotations

import asyncio
from typing import Final

from spipconv.forum.attempts import Attempts
from spipconv.forum.passkeys import InvalidPasskey, Passkeys
from spipconv.forum.passwords import NOBODY, hash_password, is_outdated, verify_password
from spipconv.forum.records import Moderator, Passkey
from spipconv.forum.sessions import begin_session, digest_of, find_remembered
from spipconv.forum.store.base import Base
from spipconv.forum.store.store import Store

# Every check of a password takes 64 MiB. Browsers in which a moderator has logged in do not wait behind strangers.
_AT_ONCE: Final = 2
_AT_ONCE_KNOWN: Final = 1
_MOST_WAITING: Final = 16
LONGEST_NAME: Final = 100


class LoginError(Exception):
    """Nobody is let in. ``wait`` is after how many seconds the next attempt is looked at, 0 if this one was."""

    def __init__(self, wait: int = 0) -> None:
        super().__init__("not let in")
        self.wait = wait


class BusyError(Exception):
    """Too many passwords are being checked."""


class _Checks:
    """Checks of passwords, so many at the same time."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def check(self, hash: str, password: str) -> bool:
        """Return whether a password has a hash. Raises BusyError."""
        if self._waiting >= _MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(verify_password, hash, password)
        finally:
            self._waiting -= 1


class Accounts:
    """The accounts of a server's moderators. ``network`` is the name of a client, as ``Clients`` gives it."""

    def __init__(self, base: Base, attempts: Attempts | None = None) -> None:
        self._base = base
        self._attempts = attempts or Attempts()
        self._strangers, self._known = _Checks(_AT_ONCE), _Checks(_AT_ONCE_KNOWN)

    async def log_in(self, name: str, password: str, network: str, replaced: str, now: int) -> str:
        """Return the secret of a new session. ``replaced`` is the one that the browser had, or empty.

        Raises LoginError and BusyError.
        """
        name = name.strip()[:LONGEST_NAME]
        moderator, is_known = await self._base.read(lambda store: _find(store, name, replaced, now))
        browser = digest_of(replaced) if is_known else b""
        wait = self._attempts.take(name, network, browser)
        if wait:
            raise LoginError(wait)
        may_enter = moderator is not None and moderator.is_active
        hash = moderator.password if moderator is not None and may_enter else NOBODY
        is_right = await (self._known if is_known else self._strangers).check(hash, password)
        if moderator is None or not may_enter or not is_right:
            raise LoginError
        renewed = await asyncio.to_thread(hash_password, password) if is_outdated(hash) else ""
        secret = await self._base.write(lambda store: _enter(store, moderator, renewed, replaced, now))
        self._attempts.give_back(name, network, browser)
        return secret

    async def log_in_by_passkey(
        self, passkeys: Passkeys, answer: str, token: str, network: str, replaced: str, now: int
    ) -> str:
        """Return the secret of a new session for the moderator whose passkey answered a question.

        Raises LoginError. Passkeys cannot be guessed: what is limited is only the work for answers of a network.
        """
        wait = self._attempts.take_answer(network)
        if wait:
            raise LoginError(wait)

        def enter(store: Store) -> str:
            passkey = passkeys.read(store, answer, token, now)
            passkeys.spend(store, token, now)
            moderator = store.moderators.get(passkey.moderator)
            if moderator is None or not moderator.is_active:
                raise InvalidPasskey("shut out")
            store.moderators.count_use(passkey.id, passkey.uses)
            return begin_session(store, moderator, replaced, now)

        try:
            return await self._base.write(enter)
        except InvalidPasskey:
            raise LoginError from None

    async def confirm(self, moderator: Moderator, password: str, secret: str) -> bool:
        """Return whether a password is that of a moderator who is logged in.

        Raises LoginError after too many, and BusyError.
        """
        browser = digest_of(secret)
        wait = self._attempts.take("", "", browser)
        if wait:
            raise LoginError(wait)
        is_right = await self._known.check(moderator.password, password)
        if is_right:
            self._attempts.give_back("", "", browser)
        return is_right

    async def change_password(self, moderator: Moderator, password: str, secret: str, now: int) -> str:
        """Give a moderator another password, and return the secret of a new session: all others end."""
        hash = await asyncio.to_thread(hash_password, password)

        def change(store: Store) -> str:
            store.moderators.set_password(moderator.id, hash)
            store.moderators.end_sessions(moderator.id, now)
            return begin_session(store, moderator, secret, now)

        return await self._base.write(change)


def add_passkey(store: Store, passkeys: Passkeys, passkey: Passkey, token: str, now: int) -> None:
    """Store a new passkey. Raises InvalidPasskey if the question had been answered, or the passkey is known."""
    passkeys.spend(store, token, now)
    if not store.moderators.add_passkey(passkey):
        raise InvalidPasskey("known already")


def _find(store: Store, name: str, secret: str, now: int) -> tuple[Moderator | None, bool]:
    """Return the moderator of a name, and whether they have logged in in this browser."""
    moderator = store.moderators.find(name)
    remembered = find_remembered(store, secret, now)
    return moderator, moderator is not None and moderator.id == remembered


def _enter(store: Store, moderator: Moderator, renewed: str, replaced: str, now: int) -> str:
    present = store.moderators.get(moderator.id)
    # In the meantime, the account may have been shut or given another password.
    if present is None or not present.is_active or present.password != moderator.password:
        raise LoginError
    if renewed:
        store.moderators.set_password(moderator.id, renewed)
    return begin_session(store, moderator, replaced, now)
