"""Passwords of moderators: a password comes in, its argon2 hash goes out; which ones are accepted."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from spipconv.translations import mark

SHORTEST: Final = 12
# Of what is sent: hashing takes the same time for any length, reading it does not.
LONGEST: Final = 256
_FEWEST_DIFFERENT: Final = 5
# RFC 9106, section 4: the parameters for where memory is short. A guess costs 64 MiB and a tenth of a second.
_PASSES, _KIBIBYTES, _LANES = 3, 64 * 1024, 4
# The hash of a password that nobody knows: guesses at unknown names are as much work as others, and fail.
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$oxjoxrjCyaUTzEXgvcPdjg$6nNXDestQfQmKhmH8guTGIlQv1lndkMkUNx5N8JHhQI"

# Why a password is refused.
TOO_SHORT: Final = mark("Choose a password of at least {least} characters.")
TOO_LONG: Final = mark("Choose a password of at most {most} characters.")
TOO_SIMPLE: Final = mark("Choose a password that is harder to guess: it repeats few characters, or the name.")


def find_fault(password: str, name: str) -> str:
    """Return why a moderator's new password is refused, as a sentence with ``least`` or ``most``; empty: it is good."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    folded, own = password.casefold(), name.casefold()
    rest = folded.replace(own, "") if own else folded
    return TOO_SIMPLE if len(set(rest)) < _FEWEST_DIFFERENT else ""


def hash_password(password: str) -> str:
    """Return the hash of a password, with a salt and the parameters in it."""
    return _hasher().hash(_normalize(password))


def verify_password(hash: str, password: str) -> bool:
    """Return whether a password has a hash. It takes the same time whether or not it has."""
    try:
        return _hasher().verify(hash, _normalize(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hash: str) -> bool:
    """Return whether a hash has other parameters than new ones."""
    return _hasher().check_needs_rehash(hash)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(_PASSES, _KIBIBYTES, _LANES)


def _normalize(password: str) -> bytes:
    # Keyboards and systems write the same accents in two ways.
    return unicodedata.normalize("NFKC", password[: LONGEST + 1]).encode("utf-8", "surrogatepass")
