"""The key of a forum: the file beside its base comes in; what seals, names and signs values with it goes out.

Who steals the base, or a backup of it, does not have the key, and so no e-mail address. The file has a key a line: more
than one only while the key is changed. ``cryptography`` is imported when something is sealed or opened.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from spipconv.printing import make_printable
from spipconv.system.files import write_file

_LENGTH = 32
_NAME_LENGTH = 4
_NONCE_LENGTH = 12
_MAC_LENGTH = 20


class KeyFileError(Exception):
    """A key file that is missing, not ours, or that others may read, in one line."""


class InvalidToken(ValueError):
    """A token that we did not make, or not for this purpose."""


class EndedToken(InvalidToken):
    """A token whose time is over."""


def key_file(base: Path) -> Path:
    """Return the path of the key file of a base: ``FILE.key``."""
    return base.with_name(f"{base.name}.key")


class Keys:
    """A key, with one derived from it for each purpose. ``secret`` is 32 random bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def make(cls) -> Keys:
        """Return a new key."""
        return cls(os.urandom(_LENGTH))

    @property
    def name(self) -> str:
        """The name of the key, which tells nothing of it: a base remembers it, to tell a foreign key."""
        return _name(self._secret).hex()

    @property
    def line(self) -> bytes:
        """The key as a line of a key file."""
        return base64.b64encode(self._secret) + b"\n"

    def seal(self, content: bytes) -> bytes:
        """Return a content encrypted (AES-GCM): nobody reads or changes it without the key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, name = os.urandom(_NONCE_LENGTH), _name(self._secret)
        return name + nonce + AESGCM(_derive(self._secret, "seal")).encrypt(nonce, content, name)

    def open(self, sealed: bytes) -> bytes:
        """Return a content that was sealed. Raises InvalidToken for what this key did not seal."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        name, rest = sealed[:_NAME_LENGTH], sealed[_NAME_LENGTH:]
        if name != _name(self._secret) or len(rest) < _NONCE_LENGTH:
            raise InvalidToken("sealed with another key")
        try:
            return AESGCM(_derive(self._secret, "seal")).decrypt(rest[:_NONCE_LENGTH], rest[_NONCE_LENGTH:], name)
        except InvalidTag as error:
            raise InvalidToken("sealed with another key, or damaged") from error

    def digest(self, purpose: str, value: str) -> bytes:
        """Return 32 bytes that name a value for a purpose, and tell nothing of it to those without the key."""
        return _authenticate(_derive(self._secret, f"digest {purpose}"), value.encode("utf-8", "surrogatepass"))

    def digest_email(self, address: str) -> bytes:
        """Return the digest of an e-mail address, the same however its letters are cased."""
        return self.digest("email", normalise_email(address))

    def sign(self, purpose: str, values: Sequence[str | int], ends: int) -> str:
        """Return a token for addresses and forms that holds values, in plain words, until the time ``ends``."""
        content = json.dumps([ends, *values], separators=(",", ":")).encode()
        return _write(self._prove(purpose, content) + content)

    def verify(self, purpose: str, token: str, now: int) -> list[str | int]:
        """Return the values of a token. Raises InvalidToken, EndedToken if its time is over."""
        try:
            decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise InvalidToken("not a token") from error
        # Bits of the last character count for nothing: another one would be another token with the same right.
        if _write(decoded) != token:
            raise InvalidToken("not a token as we write it")
        proof, content = decoded[:_MAC_LENGTH], decoded[_MAC_LENGTH:]
        if not hmac.compare_digest(proof, self._prove(purpose, content)):
            raise InvalidToken("not a token of this forum, or for another purpose")
        values: list[str | int]
        ends, *values = json.loads(content)
        if now > ends:
            raise EndedToken("its time is over")
        return values

    def _prove(self, purpose: str, content: bytes) -> bytes:
        return _authenticate(_derive(self._secret, f"sign {purpose}"), content)[:_MAC_LENGTH]


def write_key_file(path: Path, *keys: Keys) -> None:
    """Write a key file, which only its owner may read. Raises KeyFileError."""
    try:
        write_file(path, b"".join([key.line for key in keys]), mode=0o600, create=_create_private)
    except OSError as error:
        raise KeyFileError(make_printable(str(error))) from error


def read_key_file(path: Path) -> list[Keys]:
    """Read a key file. Raises KeyFileError."""
    try:
        mode = path.stat().st_mode
        lines = path.read_bytes().split()
    except FileNotFoundError as error:
        raise KeyFileError(
            make_printable(
                f'{path}: the key of the base is missing: bring it back, or see "spipconv comments key --help"'
            )
        ) from error
    except OSError as error:
        raise KeyFileError(make_printable(f"{path}: it cannot be read: {error.strerror or error}")) from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(make_printable(f"{path}: others may read the key: chmod 600 {path}"))
    try:
        secrets = [base64.b64decode(line, validate=True) for line in lines]
    except ValueError:
        secrets = []
    if not secrets or any(len(secret) != _LENGTH for secret in secrets):
        raise KeyFileError(make_printable(f"{path}: it is not a key file of comments"))
    return [Keys(secret) for secret in secrets]


def normalise_email(address: str) -> str:
    """Return an e-mail address in the form that is compared: without spaces around it, in lower case."""
    return address.strip().casefold()


def _derive(secret: bytes, purpose: str) -> bytes:
    """Return the key for one purpose (the expansion of HKDF, one block)."""
    return _authenticate(secret, f"spipconv forum {purpose}\x01".encode())


def _authenticate(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


def _name(secret: bytes) -> bytes:
    return _derive(secret, "name")[:_NAME_LENGTH]


def _create_private(path: str | Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _write(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()
