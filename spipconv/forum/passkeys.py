"""Passkeys: what a browser's authenticator answers comes in, the passkey to keep or the one that was used goes out.

This needs ``webauthn`` (the extra ``passkeys``), the public address of the server, and a browser that trusts it: https,
or a server on this computer. A passkey stands for the password, so authenticators must verify their user.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from importlib.util import find_spec
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from spipconv.forum.keys import InvalidToken, Keys
from spipconv.forum.records import Moderator, Passkey
from spipconv.forum.store.store import Store

_SECONDS: Final = 300
_LONGEST_ANSWER: Final = 16_000
_LONGEST_NAME: Final = 60


class InvalidPasskey(ValueError):
    """An answer that is not a passkey's, or not to our question, or that was used before."""


class Question(NamedTuple):
    """What a page asks an authenticator: ``options`` for the browser's interface, and the token that comes back."""

    options: str
    token: str


class Passkeys:
    """The passkeys of a forum, whose server has the public address ``address``."""

    def __init__(self, keys: Keys, address: str, title: str) -> None:
        parts = urlsplit(address)
        self._keys = keys
        self._host = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._title = title or self._host
        self.are_possible = (
            (parts.scheme == "https" or self._host == "localhost")
            and bool(self._host)
            and find_spec("webauthn") is not None
        )

    def ask_for_new(self, moderator: Moderator, known: Collection[Passkey], now: int) -> Question:
        """Return the question for a new passkey of a moderator who has those known."""
        import webauthn
        from webauthn.helpers import structs

        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=self._title,
            user_id=self._keys.digest("passkey", str(moderator.id)),
            user_name=moderator.name,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=passkey.id) for passkey in known],
        )
        return Question(webauthn.options_to_json(options), self._sign(options.challenge, moderator.id, now))

    def read_new(self, moderator: Moderator, answer: str, token: str, name: str, now: int) -> Passkey:
        """Return the new passkey, to be stored after ``spend``. Raises InvalidPasskey."""
        import webauthn

        challenge = self._read(token, moderator.id, now)
        try:
            verified = webauthn.verify_registration_response(
                credential=answer[:_LONGEST_ANSWER],
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception as error:  # whatever its parsers raise
            raise InvalidPasskey("not an answer to our question") from error
        return Passkey(
            verified.credential_id,
            moderator.id,
            verified.credential_public_key,
            verified.sign_count,
            " ".join(name.split())[:_LONGEST_NAME],
            now,
        )

    def ask(self, now: int) -> Question:
        """Return the question for any passkey: the authenticator, not the page, knows whose there are."""
        import webauthn
        from webauthn.helpers.structs import UserVerificationRequirement

        options = webauthn.generate_authentication_options(
            rp_id=self._host, user_verification=UserVerificationRequirement.REQUIRED
        )
        return Question(webauthn.options_to_json(options), self._sign(options.challenge, 0, now))

    def read(self, store: Store, answer: str, token: str, now: int) -> Passkey:
        """Return the passkey that answered, with its new count, to be stored after ``spend``. Raises InvalidPasskey."""
        import webauthn
        from webauthn.helpers import parse_authentication_credential_json

        challenge = self._read(token, 0, now)
        try:
            credential = parse_authentication_credential_json(answer[:_LONGEST_ANSWER])
            passkey = store.moderators.find_passkey(credential.raw_id)
            if passkey is None:
                raise InvalidPasskey("unknown")
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.uses,
                require_user_verification=True,
            )
        except InvalidPasskey:
            raise
        except Exception as error:  # whatever its parsers raise
            raise InvalidPasskey("not an answer to our question") from error
        return replace(passkey, uses=verified.new_sign_count)

    def spend(self, store: Store, token: str, now: int) -> None:
        """Note that a question was answered. Raises InvalidPasskey if it had been already."""
        if not store.mails.use_link(self._keys.digest("passkey question", token), now + _SECONDS):
            raise InvalidPasskey("used before")

    def _sign(self, challenge: bytes, moderator: int, now: int) -> str:
        written = urlsafe_b64encode(challenge).decode()
        return self._keys.sign("passkey", [moderator, written], now + _SECONDS)

    def _read(self, token: str, moderator: int, now: int) -> bytes:
        try:
            number, challenge = self._keys.verify("passkey", token, now)
        except InvalidToken as error:
            raise InvalidPasskey("not our question") from error
        if number != moderator:
            raise InvalidPasskey("another moderator's question")
        return urlsafe_b64decode(str(challenge))
