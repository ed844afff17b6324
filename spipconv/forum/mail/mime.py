"""Letters as they travel: a letter comes in; the bytes of a mail go out, whose headers nobody else can add to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from msgspec import Struct

from spipconv.forum.lines import flatten
from spipconv.languages import language_tag
from spipconv.safety import printable

_LONGEST_SUBJECT = 240
# Python reads "=?utf-8?q?=0A?=" in a value as what it stands for, even a line end, and writes that (CPython #121650).
_ENCODED_WORD = "=?"
_BROKEN_WORD = "=\u2060?"


class Letter(Struct, frozen=True):
    """A letter in plain text to one address. The texts may be strangers' words.

    ``identity`` is the name in its Message-ID: a letter that is sent again has the same. ``thread`` is that of what it
    belongs to, by which mail programs sort it. ``ending`` is the address at which a POST ends the subscription (RFC
    8058), or empty.
    """

    recipient: str
    subject: str
    body: str
    identity: str
    language: str
    thread: str = ""
    ending: str = ""


class Sender(Struct, frozen=True):
    """Who sends letters: the name and address in From, where answers go (or empty), and the domain of Message-IDs."""

    name: str
    address: str
    reply_to: str
    domain: str


class _Policy(EmailPolicy):
    """Folds no header that holds addresses of the web or identities: Python would encode what is long."""

    _WHOLE = frozenset({"list-id", "list-unsubscribe", "message-id", "references", "in-reply-to"})

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in self._WHOLE:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n")


def write_mail(letter: Letter, sender: Sender, now: int) -> bytes:
    """Return a letter as a mail (RFC 5322) with CRLF, in ASCII: any mail server takes it."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(_phrase(sender.name), addr_spec=sender.address)
    mail["To"] = Address(addr_spec=letter.recipient)
    if sender.reply_to:
        mail["Reply-To"] = Address(addr_spec=sender.reply_to)
    mail["Subject"] = _phrase(letter.subject, _LONGEST_SUBJECT)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["Message-ID"] = f"<{letter.identity}@{sender.domain}>"
    if letter.thread:
        mail["References"] = f"<{letter.thread}@{sender.domain}>"
    # RFC 3834: nobody's holiday answer comes back. Exchange knows only the second.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if letter.ending:
        mail["List-Unsubscribe"] = f"<{letter.ending}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(re.sub("\r\n?", "\n", printable(letter.body)), cte="quoted-printable")
    mail["Content-Language"] = language_tag(letter.language)
    return mail.as_bytes()


def _phrase(text: str, most: int = 120) -> str:
    return flatten(text, most).replace(_ENCODED_WORD, _BROKEN_WORD)
