"""Keys: what they seal, name and sign can be read, found and verified with them, and with no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv.forum.keys import (
    EndedToken,
    InvalidToken,
    KeyFileError,
    Keys,
    normalise_email,
    read_key_file,
    write_key_file,
)

OWN, OTHER = Keys(b"o" * 32), Keys(b"x" * 32)
NOW = 1_700_000_000


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_what_is_sealed_is_opened_by_the_same_key_only(content: bytes) -> None:
    sealed = OWN.seal(content)
    assert OWN.open(sealed) == content
    assert OWN.seal(content) != sealed
    assert len(content) < 4 or content not in sealed
    with pytest.raises(InvalidToken):
        OTHER.open(sealed)


@settings(deadline=None)
@given(st.data(), st.binary(max_size=20))
def test_no_byte_of_what_is_sealed_can_be_changed(data: st.DataObject, content: bytes) -> None:
    sealed = bytearray(OWN.seal(content))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidToken):
        OWN.open(bytes(sealed))
    with pytest.raises(InvalidToken):
        OWN.open(bytes(sealed[:place]))


def test_digests_name_a_value_for_one_purpose_with_one_key() -> None:
    digest = OWN.digest("form", "a")
    assert digest == OWN.digest("form", "a")
    assert len({digest, OWN.digest("form", "b"), OWN.digest("other", "a"), OTHER.digest("form", "a")}) == 4
    # A purpose and a value cannot be divided otherwise.
    assert OWN.digest("form ", "a") != OWN.digest("form", " a")
    assert OWN.digest("form", "\ud800")


def test_an_address_is_one_however_it_is_cased() -> None:
    assert normalise_email(" Anne@Example.ORG ") == "anne@example.org"
    assert OWN.digest_email("Anne@example.org") == OWN.digest_email(" anne@EXAMPLE.org")
    assert OWN.digest_email("anne@example.org") != OWN.digest_email("anne@example.com")


values = st.lists(st.text(max_size=20) | st.integers(-(2**60), 2**60), max_size=4)


@settings(deadline=None)
@given(values, st.integers(0, 2**40))
def test_tokens_hold_their_values_until_their_end(given_values: list[str | int], ends: int) -> None:
    token = OWN.sign("link", given_values, ends)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    # The clock may have been set back since.
    assert OWN.verify("link", token, 0) == OWN.verify("link", token, ends) == given_values
    with pytest.raises(EndedToken):
        OWN.verify("link", token, ends + 1)


@pytest.mark.parametrize(("keys", "purpose"), [(OWN, "other"), (OTHER, "link")])
def test_tokens_are_for_one_purpose_and_one_forum(keys: Keys, purpose: str) -> None:
    token = OWN.sign("link", ["a"], NOW)
    with pytest.raises(InvalidToken) as raised:
        keys.verify(purpose, token, NOW)
    assert not isinstance(raised.value, EndedToken)


@settings(deadline=None)
@given(st.data())
def test_no_character_of_a_token_can_be_changed(data: st.DataObject) -> None:
    token = OWN.sign("link", [12, "publie"], NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("ABCxyz019-_=é ").filter(lambda value: value != token[place]))
    with pytest.raises(InvalidToken):
        OWN.verify("link", token[:place] + character + token[place + 1 :], NOW)


def test_a_token_is_written_in_one_way_only() -> None:
    token = OWN.sign("link", [12], NOW)
    assert len(token) % 4, "all bits of the last character count"
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".replace(token[-1], ""):
        with pytest.raises(InvalidToken):
            OWN.verify("link", token[:-1] + last, NOW)


@settings(deadline=None)
@given(st.text(max_size=100) | st.text("ABCxyz019-_=", max_size=100))
def test_any_text_is_a_token_or_invalid(text: str) -> None:
    with pytest.raises(InvalidToken):
        OWN.verify("link", text, NOW)


def test_a_key_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key_file(path, OWN, OTHER)
    own, other = read_key_file(path)
    assert (own.open(OWN.seal(b"x")), other.open(OTHER.seal(b"y"))) == (b"x", b"y")
    assert own.name == OWN.name != other.name


@pytest.mark.parametrize("content", [b"", b"AAAA", b"not base64!", b"QUFB" * 20, b"\xff" * 44])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="it is not a key file of comments"):
        read_key_file(path)


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key_file(path, OWN)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="others may read the key: chmod 600"):
        read_key_file(path)
