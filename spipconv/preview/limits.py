"""How much one client may ask for: a token bucket for each, in memory, for a bounded number of clients."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000


class Buckets:
    """Token buckets by client. ``rate`` tokens come back each second, up to ``burst``; a rate of 0 has no limit."""

    def __init__(
        self, rate: float, burst: int, most_clients: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._most_clients = most_clients
        self._clock = clock
        # By client, the one seen last at the end: how many tokens it had, and when.
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    def take(self, client: str, tokens: int = 1) -> int:
        """Take tokens from a client's bucket; return 0, or after how many seconds there will be enough."""
        if not self._rate:
            return 0
        now = self._clock()
        held, since = self._clients.pop(client, (float(self._burst), now))
        held = min(float(self._burst), held + (now - since) * self._rate)
        # A request that costs more than a bucket holds is let through once it is full.
        missing = min(tokens, self._burst) - held
        self._clients[client] = (held if missing > 0 else held - tokens, now)
        if len(self._clients) > self._most_clients:
            self._clients.popitem(last=False)
        return math.ceil(missing / self._rate) if missing > 0 else 0


def find_client(connection: str, forwarded_for: str, trusted_proxies: int) -> str:
    """Return what a client is known by: its IPv4 address, or the /64 network of its IPv6 address.

    ``forwarded_for`` is X-Forwarded-For, to which each proxy appends whom it speaks to: with n trusted proxies the
    n-th address from the right is the client's, and what stands before it is anybody's word.
    """
    address = connection
    if trusted_proxies:
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        if hops:
            address = hops[-min(trusted_proxies, len(hops))]
    return _network(address)


def _network(address: str) -> str:
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
