"""Addresses in Markdown: as readers leave them, and between the marks that keep them whole."""

from __future__ import annotations

import re
from typing import Final

from spipconv.characters import percent_encode
from spipconv.converters.flavours import Flavour
from spipconv.converters.html.writer import SPACES
from spipconv.converters.markdown.escapes import as_entity, entity, escaper, fold_spaces, write_spaces

# Readers normalise addresses. They leave these unchanged.
_HOST: Final = r"//[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?(?=[/?#]|\Z)"
_SCHEMES: Final = (
    rf"(?:(?:https?|ftp):{_HOST}|mailto:[A-Za-z0-9._%-]+@[A-Za-z0-9.-]+(?=[?]|\Z)|tel:(?=[+0-9])|{_HOST}"
    r"|(?!//)(?![^/?#]*:))"
)
_PLAIN_ADDRESS: Final = re.compile(
    rf"{_SCHEMES}(?:[A-Za-z0-9/?:@&=+$,;_.!~*'()#-]|%[0-9A-Fa-f]{{2}})*\Z", re.IGNORECASE | re.ASCII
)
_SELF_SHOWN_ADDRESS: Final = re.compile(r"(?!.*xn--)(?:https?|ftp)://[^%&<>]*\Z", re.IGNORECASE | re.ASCII)
# In an address with such a backslash or percent sign, browsers and servers see something else than readers.
_NOT_ENCODED: Final = re.compile(r"\\|%(?![0-9A-Fa-f]{2})")
_INTERNATIONAL_HOST: Final = re.compile(r"((?:https?:)?//)([^/?#:@\\]*[^\x00-\x7f][^/?#:@\\]*)")
_REFERENCE: Final = re.compile(r"&(?=#|[A-Za-z][A-Za-z0-9]*;)")
# Readers other than CommonMark's may see the end of a link in its title or address.
_PLAIN_TARGET: Final = re.compile("[^'()]+")
_PLAIN_TITLE: Final = re.compile("[^\\w ,;.?/-]|_")
_TITLE: Final = re.compile(r'"|\\(?=[!-/:-@\[-`{-~]|\Z)|<(?=[A-Za-z/!?])|&(?=#|[A-Za-z][A-Za-z0-9]*;)')


def link_target(address: str, title: str, flavour: Flavour) -> str | None:
    """Return the text between the parentheses of a link, or None if readers would change where it leads.

    Characters that browsers encode when they open an address are encoded, as readers would do it.
    """
    target = _encode(address)
    if target is None or not _PLAIN_ADDRESS.match(target):
        return None
    if not (flavour.is_commonmark or _PLAIN_TARGET.fullmatch(target)):
        return None
    target = _REFERENCE.sub("&amp;", target)
    if not target or "(" in target or ")" in target:
        target = f"<{target}>"
    if not title:
        return target
    words = fold_spaces(title)
    words = _PLAIN_TITLE.sub(as_entity, words) if flavour.active else _TITLE.sub(_escape_in_title, words)
    return f'{target} "{write_spaces(words, flavour)}"'


def picture(address: str, alternative: str, title: str, flavour: Flavour) -> str | None:
    """Return a picture, or None if readers would change its address or the text in its place."""
    target = link_target(address, title, flavour)
    words = fold_spaces(alternative.strip(SPACES))
    if target is None or (flavour.active and _PLAIN_TITLE.search(words)):
        return None
    return f"![{write_spaces(escaper(flavour)(words), flavour)}]({target})"


def is_self_shown(address: str) -> bool:
    """Return whether an address may be written as ``<address>``."""
    return bool(_PLAIN_ADDRESS.match(address) and _SELF_SHOWN_ADDRESS.match(address))


def _encode(address: str) -> str | None:
    if address.isascii() and _PLAIN_ADDRESS.match(address):
        return address
    if _NOT_ENCODED.search(address):
        return None
    host = _INTERNATIONAL_HOST.match(address)
    if host:
        try:
            name = host[2].encode("idna").decode()
        except UnicodeError:
            return None
        if name.encode().decode("idna") != host[2]:
            return None
        address = host[1] + name + address[host.end() :]
    return percent_encode(address, "/?:@&=+$,;_.!~*'()#%-")


def _escape_in_title(match: re.Match[str]) -> str:
    return entity(match[0]) if match[0] in "<&" else "\\" + match[0]
