"""Who sends a request: the request comes in, the name of the client goes out, by which its rate is limited."""

from __future__ import annotations

from starlette.requests import Request

from spipconv.web.proxies import TrustedProxies


class Clients:
    """Names the clients of an application, given the proxies that it trusts."""

    def __init__(self, trusted: TrustedProxies) -> None:
        self._trusted = trusted

    def name(self, request: Request) -> str:
        """Return the name of a request's client: an IPv4 address, the /64 network of an IPv6 address.

        X-Forwarded-For is believed as far as trusted proxies wrote it. Clients about whom nothing can be believed
        share one name.
        """
        peer = request.client.host if request.client else ""
        return self._trusted.find_client(peer, ",".join(request.headers.getlist("x-forwarded-for")))
