"""E-mail addresses: what a visitor typed comes in; the address that a mail can be sent to goes out."""

from __future__ import annotations

import re

# RFC 5321, 4.5.3.1.
LONGEST_ADDRESS = 254
_LONGEST_NAME = 64
# The names that mail servers give out (RFC 5322, atext); quoted ones and those in other letters are not accepted.
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def read_address(text: str) -> str | None:
    """Return an e-mail address in ASCII, its domain in lower case and as DNS has it; None if it is not one.

    Nothing of what is returned can end a header or a command of SMTP.
    """
    name, _, domain = text.strip().rpartition("@")
    domain = domain.rstrip(".")
    if len(text) > LONGEST_ADDRESS or not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        return None
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = domain.split(".")
    is_domain = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    # A domain of digits would be an IPv4 address.
    if not is_domain or labels[-1].isdigit() or len(name) + 1 + len(domain) > LONGEST_ADDRESS:
        return None
    return f"{name}@{domain}"
