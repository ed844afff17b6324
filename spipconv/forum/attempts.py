"""Attempts to log in: who tries which name from where comes in; how long they must wait goes out.

A network, and all networks together at one name, may be wrong only so often. So that no stranger can shut a moderator
out by being wrong on purpose, neither counts for a browser in which that moderator has logged in before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from spipconv.web.limits import Buckets

# Failures in a row, and failures an hour after that.
_OF_A_NETWORK: Final = (10, 12)
_OF_A_NAME: Final = (100, 60)
_OF_A_BROWSER: Final = (10, 60)
_ANSWERS_OF_A_NETWORK: Final = (30, 600)


class Attempts:
    """Counts attempts in memory. Every one is counted before it is looked at, and those that succeed are given back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._networks, self._names, self._browsers, self._answers = (
            Buckets(an_hour / 3600, burst, clock=clock)
            for burst, an_hour in (_OF_A_NETWORK, _OF_A_NAME, _OF_A_BROWSER, _ANSWERS_OF_A_NETWORK)
        )

    def take(self, name: str, network: str, browser: bytes = b"") -> int:
        """Count an attempt; return 0, or after how many seconds the next one will be looked at.

        ``browser`` is what identifies a browser in which the moderator of that name has logged in; empty: another.
        """
        if browser:
            return self._browsers.take(browser.hex())
        return self._networks.take(network) or self._names.take(_key(name))

    def take_answer(self, network: str) -> int:
        """Count an answer of a passkey, which cannot be guessed; return as ``take`` does."""
        return self._answers.take(network)

    def give_back(self, name: str, network: str, browser: bytes = b"") -> None:
        """Let an attempt not count: it succeeded."""
        if browser:
            self._browsers.settle(browser.hex(), -1)
        else:
            self._networks.settle(network, -1)
            self._names.settle(_key(name), -1)


def _key(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
