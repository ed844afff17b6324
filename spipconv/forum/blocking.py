"""Blocks: who or what may not post for a time, as moderators write it, comes in; what the block list keeps goes out."""

from __future__ import annotations

import ipaddress
from typing import Final

from spipconv.forum.keys import Keys
from spipconv.forum.mail.addresses import read_address
from spipconv.forum.records import BlockKind
from spipconv.translations import mark

MOST_DAYS: Final = 365
LONGEST_REASON: Final = 200
_SHORTEST_WORD: Final = 3
_LONGEST_WORD: Final = 100
# Larger networks are whole providers, or everybody.
_SHORTEST_PREFIX: Final = {4: 16, 6: 32}

_WRONG_NETWORK: Final = mark("Write an address or a network, such as 203.0.113.7 or 203.0.113.0/24.")
_LARGE_NETWORK: Final = mark("This network is too large: it would shut out too many people.")
_WRONG_EMAIL: Final = mark("Write an e-mail address.")
_WRONG_WORD: Final = mark("Write a word or a few words, from 3 to 100 characters.")


class BlockError(ValueError):
    """Something that cannot be blocked; its message is a sentence for people, to be translated."""


def read_block(keys: Keys, kind: BlockKind, value: str) -> str:
    """Return what the block list keeps of something: of an e-mail address, only a digest. Raises BlockError."""
    value = value.strip()
    match kind:
        case "network":
            return _read_network(value)
        case "email":
            address = read_address(value)
            if address is None:
                raise BlockError(_WRONG_EMAIL)
            return keys.digest_email(address).hex()
        case "word":
            word = " ".join(value.casefold().split())
            if not _SHORTEST_WORD <= len(word) <= _LONGEST_WORD:
                raise BlockError(_WRONG_WORD)
            return word


def _read_network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise BlockError(_WRONG_NETWORK) from error
    if network.prefixlen < _SHORTEST_PREFIX[network.version]:
        raise BlockError(_LARGE_NETWORK)
    return str(network)
