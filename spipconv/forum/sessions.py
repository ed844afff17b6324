"""Sessions: the secret in a moderator's cookie comes in, the moderator goes out. Of the secret, only a digest is kept.

A session ends some time after its last request, and in any case some time after its login. What it leaves behind for a
while lets nobody in: it only says that the moderator has logged in in this browser (``spipconv.forum.attempts``).
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

from msgspec import Struct

from spipconv.forum.records import Moderator, Session
from spipconv.forum.store.store import Store

LONGEST: Final = 7 * 24 * 3600
LONGEST_IDLE: Final = 12 * 3600
# How long after its end a session still says in which browser it was.
REMEMBERED: Final = 30 * 24 * 3600
# The time of the last request is noted no more often than this.
_NOTED_EVERY: Final = 60
_BYTES: Final = 32


def begin_session(store: Store, moderator: Moderator, replaced: str, now: int) -> str:
    """Begin a session and return its secret: a new one at every login, whatever the browser sent before."""
    store.moderators.forget_sessions(now - REMEMBERED)
    store.moderators.forget_session(digest_of(replaced))
    secret = secrets.token_urlsafe(_BYTES)
    store.moderators.add_session(Session(digest_of(secret), moderator.id, now, now, now + LONGEST))
    return secret


class Login(Struct, frozen=True):
    """A session that is not over: its moderator, and whether ``note_request`` is due."""

    moderator: Moderator
    is_note_due: bool


def find_login(store: Store, secret: str, now: int) -> Login | None:
    """Return what a secret opens; None if there is no such session, it is over, or its moderator was shut out."""
    session = store.moderators.find_session(digest_of(secret)) if secret else None
    if session is None or now >= session.ends or now - session.seen >= LONGEST_IDLE:
        return None
    moderator = store.moderators.get(session.moderator)
    if moderator is None or not moderator.is_active:
        return None
    return Login(moderator, abs(now - session.seen) >= _NOTED_EVERY)


def note_request(store: Store, secret: str, now: int) -> None:
    """Note that a session was used, unless it has ended."""
    if find_login(store, secret, now):
        store.moderators.touch_session(digest_of(secret), now)


def end_session(store: Store, secret: str, now: int) -> None:
    """End a session: its secret lets nobody in any more."""
    store.moderators.end_session(digest_of(secret), now)


def end_others(store: Store, moderator: Moderator, secret: str, now: int) -> int:
    """End the sessions of a moderator but the one of a secret; return how many were ended."""
    return store.moderators.end_sessions(moderator.id, now, digest_of(secret))


def find_remembered(store: Store, secret: str, now: int) -> int:
    """Return the number of the moderator whose session a secret is of, over or not; 0: it is of none."""
    session = store.moderators.find_session(digest_of(secret))
    return session.moderator if session is not None and session.ends > now - REMEMBERED else 0


def digest_of(secret: str) -> bytes:
    """Return the digest by which a session is known. The secret is random: it needs no salt and no slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def make_form_token(secret: str) -> str:
    """Return what every form of a session must bring along: other sites cannot know it, nor make it."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"form", sha256).hexdigest()


def is_form_token(secret: str, token: str) -> bool:
    """Return whether a form brought the token of a session."""
    return hmac.compare_digest(make_form_token(secret).encode(), token.encode("utf-8", "surrogatepass"))
