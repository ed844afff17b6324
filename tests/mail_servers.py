"""A mail server for tests: aiosmtpd on a free port of this machine, which keeps what it takes and errs when told to."""

from __future__ import annotations

import asyncio
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, NamedTuple

import pytest

pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Delivery(NamedTuple):
    """A mail as the server took it: the envelope, and the bytes with CRLF."""

    sender: str
    recipient: str
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail as Python's parser reads it."""
        mail = BytesParser(policy=email.policy.default).parsebytes(self.content)
        assert isinstance(mail, EmailMessage)
        return mail

    @property
    def text(self) -> str:
        """What the mail says, with plain line ends."""
        return str(self.mail.get_content()).replace("\r\n", "\n")


# Given what was sent so far, it answers a command: a line as "451 later", or an empty string to go on as usual.
Behaviour = Callable[[str, Envelope], str]
CUT = "cut"


class MailServer:
    """What the server took, and how it behaves. ``behave`` is asked at ``MAIL``, ``RCPT`` and ``DATA``.

    It may answer ``CUT`` to end the connection without an answer; ``commands`` are those that it got.
    """

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.commands: list[str] = []
        self.connections = 0
        self.behave: Behaviour = lambda _command, _envelope: ""
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def identities(self) -> list[str]:
        return [str(delivery.mail["Message-ID"]) for delivery in self.taken]

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._answer(server, "MAIL", envelope) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        answer = await self._answer(server, "RCPT", envelope)
        if answer:
            envelope.rcpt_tos.remove(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self._answer(server, "DATA", envelope)
        if not answer:
            assert isinstance(envelope.content, bytes)
            assert envelope.mail_from is not None
            (recipient,) = envelope.rcpt_tos
            self.taken.append(Delivery(envelope.mail_from, recipient, envelope.content))
            answer = await self._answer(server, "TAKEN", envelope)
        return answer or "250 taken"

    async def _answer(self, server: SMTP, command: str, envelope: Envelope) -> str:
        self.commands.append(command)
        # In a thread: it may wait for, or kill, the process that sends.
        answer = await asyncio.to_thread(self.behave, command, envelope)
        if answer == CUT:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer


@contextmanager
def running_mail_server(
    port: int = 0, *, tls: ssl.SSLContext | None = None, password: str = ""
) -> Iterator[MailServer]:
    """Run a mail server. With ``tls`` it offers STARTTLS, with a password it wants that of any user."""
    handler = MailServer()

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=is_right, handled=False)

    options: dict[str, Any] = {"tls_context": tls, "require_starttls": tls is not None}
    if password:
        options |= {"authenticator": check, "auth_required": True, "auth_require_tls": tls is not None}
    controller = Controller(handler, "127.0.0.1", port or _free_port(), **options)
    controller.start()
    handler.port = controller.port
    try:
        yield handler
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
