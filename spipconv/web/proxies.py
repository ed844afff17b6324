"""The client of a request: the address of its connection or, if a trusted proxy made that, what the proxy says."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# More than any real chain of proxies has.
_MOST_HOPS = 50
# The name of all clients whose address cannot be trusted.
UNKNOWN = "unknown"
UNIX = "unix"
# No address is longer, with its zone and port.
_LONGEST = 100


class TrustedProxies:
    """The proxies whose X-Forwarded-For is believed.

    They are given as addresses (``127.0.0.1``, ``::1``), networks (``10.0.0.0/8``), or ``unix`` for one that connects
    through a Unix socket. An address stands for one proxy of a chain, or for as many as it is repeated: clients on the
    same computer as a proxy are not proxies. A network stands for any number. Raises ValueError for anything else.
    """

    def __init__(self, proxies: Collection[str] = ()) -> None:
        if isinstance(proxies, str) or not isinstance(proxies, Collection):
            raise ValueError(
                f"trusted_proxies: {proxies!r} is not a list of addresses or networks, such as ['127.0.0.1', '::1']"
            )
        networks = [_read_network(proxy) for proxy in proxies if proxy != UNIX]
        self._networks = [network for network in networks if network.num_addresses > 1]
        self._addresses = Counter(network.network_address for network in networks if network.num_addresses == 1)
        self._has_unix = UNIX in proxies
        self._loopback = next((host for host in ("127.0.0.1", "::1") if host in self), "")

    def __contains__(self, host: str) -> bool:
        """Return whether a connection from a host, empty for a Unix socket, comes from a trusted proxy."""
        address = _read_address(host)
        if address is None:
            return not host and self._has_unix
        return address in self._addresses or self._is_in_network(address)

    def _is_in_network(self, address: _Address) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)

    def find_client(self, peer: str, forwarded_for: str) -> str:
        """Return the name of a client, given its connection's address and all its X-Forwarded-For headers as one.

        Each proxy appends the address that connected to it. From the right, the first address that is not a trusted
        proxy's is the client's; the client may have invented all those before it. Clients about whom nothing can be
        believed share one name, ``UNKNOWN``.
        """
        hops = split_hops(forwarded_for)
        if len(hops) > _MOST_HOPS:
            return UNKNOWN
        if not may_be_rewritten(peer, hops):
            return self._follow(peer, hops) if peer in self else name_client(peer)
        client = self._follow(self._loopback, hops) if self._loopback else UNKNOWN
        return client if peer in self or client == name_client(peer) else UNKNOWN

    def _follow(self, peer: str, hops: list[str]) -> str:
        """Return the name of the client of a connection that a trusted proxy made."""
        left = self._addresses.copy()
        client, address = peer, _read_address(peer)
        for hop in reversed(hops):
            if not hop:
                continue
            if address is not None and not self._is_in_network(address):
                if not left[address]:
                    break
                left[address] -= 1
            address = _read_address(hop)
            if address is None:
                break
            client = hop
        return name_client(client)


def split_hops(forwarded_for: str) -> list[str]:
    """Return the addresses in all X-Forwarded-For headers as one; of more than any chain has, the last is a rest."""
    return [hop.strip() for hop in forwarded_for.split(",", _MOST_HOPS)] if forwarded_for else []


def may_be_rewritten(peer: str, hops: list[str]) -> bool:
    """Return whether the server may have replaced the connection's address with one of X-Forwarded-For.

    uvicorn does so for any connection from this computer, unless it is set up not to.
    """
    return bool(peer) and any(name_client(peer) == name_client(hop) for hop in hops)


def name_client(host: str) -> str:
    """Return the name of a client by its address: an IPv4 address, or the /64 network of an IPv6 address."""
    address = _read_address(host)
    if address is None:
        return host[:64]
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _read_address(host: str) -> _Address | None:
    """Return an address, without its port or zone; None if it is not one."""
    return _parse_address(host) if len(host) <= _LONGEST else None


# A request's addresses are asked about several times, and clients come again.
@lru_cache(maxsize=4096)
def _parse_address(host: str) -> _Address | None:
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _read_network(proxy: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(proxy)
    except ValueError as error:
        raise ValueError(
            f"{proxy!r} is not the address or network of a proxy: write it as 127.0.0.1, 10.0.0.0/8 or unix"
        ) from error
    return network
