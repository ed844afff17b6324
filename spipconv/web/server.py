"""The server of ``spipconv serve``: uvicorn, with the time limits and the limits on connections that it lacks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from spipconv.web.connections import ConnectionLimits, Phase, Register
from spipconv.web.logs import LOG, RepetitionFilter, describe_error
from spipconv.web.proxies import TrustedProxies, name_client

# How many connections one round of the event loop accepts: asyncio counts them only in the next rounds.
_ACCEPTED_AT_ONCE = 16
# How many connections may wait to be accepted.
_QUEUE = 1024
_MOST_HEAD = 32 * 1024
_SECONDS_TO_STOP = 10
# How long a converting thread may keep the event loop from answering other requests; Python's default is 5 ms.
_SWITCH_SECONDS = 0.001


def _refusal(status: str, words: str, *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}", "Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(words)}",
        "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Connection: close", *headers, "", words,
    ]  # fmt: skip
    return "\r\n".join(lines).encode("ascii")


_TOO_SLOW = _refusal("408 Request Timeout", "The request took too long to arrive.\n")
_TOO_MANY = _refusal("503 Service Unavailable", "Too many connections: try again in a moment.\n", "Retry-After: 1")


class _Config(uvicorn.Config):
    register: Register
    trusted: TrustedProxies


class _Connection(H11Protocol):
    """A connection whose waiting the register can limit."""

    def __init__(
        self,
        config: _Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._register = config.register
        self._trusted = config.trusted
        self._received = 0
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        # All clients of a proxy have one address.
        client = "" if address in self._trusted else name_client(address)
        closed = self._register.admit(self, client, self.loop.time())
        if closed is None:
            self._is_refused = True
            self.transport = transport
            transport.write(_TOO_MANY)
            transport.close()
            LOG.warning("too many connections: a new one was refused")
            return
        if closed:
            LOG.warning("too many connections: the one that had been waiting longest was closed to accept a new one")
        if address:
            # A body goes out after its head: it would wait for the client's acknowledgement, 40 ms. asyncio does not
            # know that the sockets of a listener made without a protocol are TCP's.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._register.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            self._received += len(data)
            super().data_received(data)

    def on_response_complete(self) -> None:
        self._register.renew(self)
        super().on_response_complete()

    def phase(self) -> Phase:
        if self.transport.is_closing():
            return "closing"
        if self.transport.get_write_buffer_size():
            return "writing"
        if self.conn.their_state is h11.IDLE:
            return "request"
        if self.conn.their_state is h11.SEND_BODY:
            return "draining" if self.cycle.response_complete else "body"
        return "serving"

    def progress(self) -> int:
        return self._received - self.transport.get_write_buffer_size()

    def drop(self) -> None:
        self.transport.abort()

    def expire(self, phase: Phase) -> None:
        LOG.warning("a connection was closed: its client was too slow (%s)", phase, extra={"kind": f"slow {phase}"})
        if phase == "request" and self.conn.trailing_data[0]:
            self.transport.write(_TOO_SLOW)
            self.transport.close()
        else:
            self.transport.abort()


class _Server(uvicorn.Server):
    def __init__(self, config: _Config) -> None:
        super().__init__(config)
        self._register = config.register
        limits = self._register.limits
        self._interval = min(1.0, min(limits.head, limits.stall, limits.keep_alive) / 4)
        self._repetitions = RepetitionFilter()
        self._timer: asyncio.TimerHandle | None = None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        loggers = [logging.getLogger(name) for name in (LOG.name, "uvicorn.error", "asyncio")]
        for logger in loggers:
            logger.addFilter(self._repetitions)
        try:
            super().run(sockets)
        finally:
            for logger in loggers:
                logger.removeFilter(self._repetitions)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_report)
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_QUEUE)
        self._look_after()

    def _look_after(self) -> None:
        loop = asyncio.get_running_loop()
        self._register.expire(loop.time())
        self._repetitions.flush()
        self._timer = loop.call_later(self._interval, self._look_after)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._register.drop_waiting()
        await super().shutdown(sockets)
        if self._timer is not None:
            self._timer.cancel()


def _report(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Log an error of the event loop in one line: asyncio would log the connection's data and a stack trace."""
    message, error = str(context.get("message", "event loop")), context.get("exception")
    if isinstance(error, OSError) and "accept" in message:
        LOG.error("no more connections can be opened: %s", error.strerror)
    else:
        description = describe_error(error) if isinstance(error, BaseException) else ""
        LOG.error("%s: %s", message, description, extra={"kind": f"{message} {error!r}"})


def make_server(
    app: ASGIApp, trusted: TrustedProxies, limits: ConnectionLimits | None = None, *, has_lifespan: bool = False
) -> uvicorn.Server:
    """Return a server for an application; ``run(sockets=[listener])`` runs it.

    With ``has_lifespan`` the application is told of start and end: at the end it has until it is done.
    Connections from trusted proxies have no limit by client. The process's limit on descriptors is raised as far as
    necessary and allowed; if that is not enough, fewer connections are kept open.
    """
    wanted = limits or ConnectionLimits()
    wanted = wanted.fit(raise_descriptor_limit(wanted.descriptors))
    sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
    # Access logs would record who wrote when; only trusted proxies tell the addresses of clients.
    config = _Config(
        app,
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="on" if has_lifespan else "off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_ACCEPTED_AT_ONCE,
        h11_max_incomplete_event_size=_MOST_HEAD,
        timeout_keep_alive=max(1, round(wanted.keep_alive)),
        timeout_graceful_shutdown=_SECONDS_TO_STOP,
    )
    config.register = Register(wanted)
    config.trusted = trusted
    return _Server(config)


def raise_descriptor_limit(wanted: int) -> int | None:
    """Raise the process's limit on open descriptors as far as necessary and as the system allows.

    Returns the limit, None if there is none.
    """
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        # macOS refuses more than the kernel has, whatever the hard limit is.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
