"""Delivery: a mail comes in and is given to the mail server; what came of it goes out."""

from __future__ import annotations

import ipaddress
import os
import re
import smtplib
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from spipconv.forum.lines import flatten
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.mail.mime import Sender
from spipconv.forum.settings import ForumSettings, SettingError
from spipconv.printing import make_printable

PASSWORD_VARIABLE = "SPIPCONV_SMTP_PASSWORD"  # noqa: S105  # its name
# Seconds that the server may take to answer a command; RFC 5321 (4.5.3.2) allows it minutes, but a thread waits.
_PATIENCE = 60.0
_PORTS = {"smtp": 25, "smtps": 465, "smtp+plain": 25}
_PORT_WITH_LOGIN = 587
_LONGEST_ANSWER = 300
# Servers quote addresses, which the base must not hold in plain words.
_MAILBOX = re.compile(r"[^\s<>@]+@[^\s<>@]+")


class ServerError(Exception):
    """The mail server cannot be reached, or takes nothing from this sender: one line. It concerns no letter."""


class MailServer(Struct, frozen=True):
    """A mail server. ``encryption``: from the start (``tls``), before anything is sent (``starttls``), or none."""

    host: str
    port: int
    encryption: Literal["tls", "starttls", "none"]
    user: str = ""
    password: str = ""


class Outcome(Struct, frozen=True):
    """What came of a mail: taken, to be tried later, or refused for good; and what the server said.

    ``is_uncertain``: it may have been taken, but the server's answer never came.
    """

    result: Literal["taken", "later", "refused"]
    answer: str
    is_uncertain: bool = False


def read_server(settings: ForumSettings) -> MailServer:
    """Return the mail server of a forum. Raises SettingError if it is not set, or wrongly, or has no password."""
    parts = urlsplit(settings.smtp)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if parts.scheme not in _PORTS or not host or parts.path not in ("", "/") or parts.query:
        raise SettingError(f"smtp is {settings.smtp or 'not set'}: write it as smtp://user@mail.example.org:587")
    if parts.password is not None:
        raise SettingError(f"smtp holds a password: put it into {PASSWORD_VARIABLE}, or into smtp_password_file")
    user = unquote(parts.username or "")
    default = _PORT_WITH_LOGIN if user and parts.scheme == "smtp" else _PORTS[parts.scheme]
    if parts.scheme == "smtps":
        encryption: Literal["tls", "starttls", "none"] = "tls"
    elif parts.scheme == "smtp+plain" or _is_loopback(host):
        # Nobody listens between a computer and itself, and few mail servers there have a certificate to check.
        encryption = "none"
    else:
        encryption = "starttls"
    return MailServer(host, port or default, encryption, user, _read_password(settings) if user else "")


def read_sender(settings: ForumSettings) -> Sender:
    """Return who sends a forum's mails. Raises SettingError if that, or what their links lead to, is not set."""
    if not settings.address.startswith(("http://", "https://")):
        raise SettingError("address is not set: set the public address of the server, which the links in mails lead to")
    address = read_address(settings.sender)
    if address is None:
        raise SettingError(f"sender is {settings.sender or 'not set'}: set the address that mails come from")
    return Sender(settings.title, address, read_address(settings.contact) or "", address.rpartition("@")[2])


class Connection:
    """A connection to a mail server, in a ``with`` statement. Raises ServerError when it is entered."""

    def __init__(self, server: MailServer, sender: Sender, patience: float = _PATIENCE) -> None:
        self._server = server
        self._sender = sender
        self._patience = patience
        self._smtp: smtplib.SMTP

    def __enter__(self) -> Connection:
        try:
            self._open()
        except (OSError, smtplib.SMTPException) as error:
            raise ServerError(_describe(error)) from error
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()

    @property
    def is_open(self) -> bool:
        """Whether more mails can be sent: the server may have ended the connection."""
        return self._smtp.sock is not None

    def send(self, recipient: str, content: bytes) -> Outcome:
        """Send a mail, with CRLF, to one address. Raises ServerError if it is not this mail that cannot be sent."""
        smtp = self._smtp
        is_uncertain = False
        try:
            code, said = smtp.mail(self._sender.address)
            if code != 250:
                raise ServerError(f"it takes nothing from {self._sender.address}: {_describe_answer(code, said)}")
            code, said = smtp.rcpt(recipient)
            if code in (250, 251):
                is_uncertain = True
                code, said = smtp.data(content)
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, _bytes(error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            if not is_uncertain:
                raise ServerError(_describe(error)) from error
            return Outcome("later", _describe(error), is_uncertain=True)
        answer = _describe_answer(code, said)
        if code == 250:
            return Outcome("taken", answer)
        with suppress(OSError, smtplib.SMTPException):
            smtp.rset()
        # A server that ends the connection (421), or says what no server says, has not refused the mail for good.
        return Outcome("refused" if 500 <= code < 600 else "later", answer)

    def _open(self) -> None:
        server, context = self._server, ssl.create_default_context()
        name, patience = self._sender.domain, self._patience
        if server.encryption == "tls":
            self._smtp = smtplib.SMTP_SSL(server.host, server.port, name, timeout=patience, context=context)
        else:
            self._smtp = smtplib.SMTP(server.host, server.port, name, patience)
        try:
            self._smtp.ehlo_or_helo_if_needed()
            if server.encryption == "starttls":
                self._smtp.starttls(context=context)
            if server.user:
                self._smtp.login(server.user, server.password)
        except BaseException:
            self._smtp.close()
            raise


def _read_password(settings: ForumSettings) -> str:
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if password:
        return password
    if not settings.smtp_password_file:
        raise SettingError(f"smtp names a user: set {PASSWORD_VARIABLE}, or smtp_password_file to a file's name")
    try:
        return Path(settings.smtp_password_file).read_text("utf-8").strip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingError(f"smtp_password_file: {settings.smtp_password_file} cannot be read: {reason}") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _describe(error: OSError | smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _describe_answer(error.smtp_code, error.smtp_error)
    return _clean(str(error) or type(error).__name__)


def _describe_answer(code: int, said: bytes | str) -> str:
    return _clean(f"{code} {_bytes(said).decode('utf-8', 'replace')}")


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode("utf-8", "replace")


def _clean(answer: str) -> str:
    return make_printable(_MAILBOX.sub("…", flatten(answer, _LONGEST_ANSWER)))
