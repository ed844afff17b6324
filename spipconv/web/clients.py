"""Who sends a request: the request comes in, the name of the client goes out, by which its rate is limited."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from starlette.requests import Request

from spipconv.web.logs import LOG
from spipconv.web.proxies import UNKNOWN, TrustedProxies, may_be_rewritten, split_hops

_SECONDS = 60.0
# So many requests in a row from one public address, all of them with the header, are hardly those of a visitor.
_MANY = 100

_UNTRUSTED = (
    "requests with X-Forwarded-For come from an address that is no trusted proxy: if it is your proxy, all its clients "
    "count as one until you name it (--trusted-proxies, trusted_proxies)"
)
_REWRITTEN = (
    "clients without a name of their own count as one: name your proxy (--trusted-proxies, trusted_proxies); if you "
    "run uvicorn, which believes X-Forwarded-For of this computer, use --no-proxy-headers"
)
_SILENT = "a trusted proxy sends no X-Forwarded-For, so all its clients count as one: let it add their addresses"


class Clients:
    """Names the clients of an application, given the proxies that it trusts.

    Where all clients seem to share one name, because a proxy is not named or says nothing, the log says so, at most
    once a minute and without any address.
    """

    def __init__(self, trusted: TrustedProxies, clock: Callable[[], float] = time.monotonic) -> None:
        self._trusted = trusted
        self._clock = clock
        self._warned = float("-inf")
        self._peer = ""
        self._in_a_row = 0

    def name(self, request: Request) -> str:
        """Return the name of a request's client: an IPv4 address, the /64 network of an IPv6 address.

        X-Forwarded-For is believed as far as trusted proxies wrote it. Clients about whom nothing can be believed
        share one name.
        """
        peer = request.client.host if request.client else ""
        forwarded_for = ",".join(request.headers.getlist("x-forwarded-for"))
        client = self._trusted.find_client(peer, forwarded_for)
        self._watch(peer, forwarded_for, client)
        return client

    def _watch(self, peer: str, forwarded_for: str, client: str) -> None:
        is_trusted = peer in self._trusted
        if client == UNKNOWN:
            self._warn(_REWRITTEN)
        elif is_trusted and not forwarded_for:
            self._warn(_SILENT)
        elif not forwarded_for:
            self._in_a_row = 0
        elif not (is_trusted or may_be_rewritten(peer, split_hops(forwarded_for))) and self._is_proxy(peer):
            self._warn(_UNTRUSTED)

    def _is_proxy(self, peer: str) -> bool:
        """Return whether an address that sends X-Forwarded-For is likely to be a proxy's, not a visitor's invention."""
        if _is_private(peer):
            return True
        self._in_a_row = self._in_a_row + 1 if peer == self._peer else 1
        self._peer = peer
        return self._in_a_row >= _MANY

    def _warn(self, sentence: str) -> None:
        now = self._clock()
        if now - self._warned >= _SECONDS:
            self._warned = now
            LOG.warning(sentence)


def _is_private(peer: str) -> bool:
    """Return whether no visitor of the internet has an address; a Unix socket has none."""
    try:
        return not peer or not ipaddress.ip_address(peer.partition("%")[0]).is_global
    except ValueError:
        return False
