"""Rate limits: a token bucket per client, in memory, for a bounded number of clients."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000


class Buckets:
    """Token buckets by client. ``rate`` tokens are added each second, up to ``burst``; a rate of 0 means no limit."""

    def __init__(
        self, rate: float, burst: int, most_clients: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._most_clients = most_clients
        self._clock = clock
        # By client, the most recent one last: how many tokens it had, and when.
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    def take(self, client: str, tokens: float = 1) -> int:
        """Take tokens from a client's bucket and return 0, or return after how many seconds there will be enough."""
        if not self._rate:
            return 0
        now = self._clock()
        held = self._hold(client, now)
        # A request that costs more than a bucket can hold passes once the bucket is full.
        missing = min(tokens, self._burst) - held
        self._clients[client] = (held if missing > 0 else held - tokens, now)
        if len(self._clients) > self._most_clients:
            self._clients.popitem(last=False)
        return math.ceil(missing / self._rate) if missing > 0 else 0

    def settle(self, client: str, tokens: float) -> None:
        """Take more tokens than there are for what a request has cost, or give some back (negative).

        A client with a debt waits until it is paid.
        """
        if self._rate and client in self._clients:
            now = self._clock()
            self._clients[client] = (min(float(self._burst), self._hold(client, now) - tokens), now)

    def _hold(self, client: str, now: float) -> float:
        held, since = self._clients.pop(client, (float(self._burst), now))
        return min(float(self._burst), held + (now - since) * self._rate)
