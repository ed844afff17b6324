"""Letters that strangers' words are in: no header comes from them, and no line of the letter's own."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import compat32
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies
from msgspec.structs import replace

from spipconv.forum.mail.addresses import read_address
from spipconv.forum.mail.mime import Letter, Sender, write_mail
from spipconv.forum.mail.quoting import quote_message
from spipconv.forum.records import Message
from tests.forum.forums import NOON
from tests.judges import UNCLEAN

SENDER = Sender("La carrière", "forum@example.org", "", "example.org")
LETTER = Letter(
    "rose@example.org",
    "Un message",
    "Bonjour\n",
    "mail.1",
    "fr",
    "thread.5",
    "https://www.example.org/end/" + "A" * 200,
)
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "X-Auto-Response-Suppress",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    "Content-Language",
]  # fmt: skip
SECURITY = Path(__file__).parent.parent / "security"
VECTORS: list[str] = [
    json.loads(line)["vector"]
    for name in ("spip_xss.jsonl", "attacks.jsonl")
    for line in (SECURITY / name).read_text("utf-8").splitlines()
]
# Words that add headers, end the head, or turn what is around them.
INJECTIONS = [
    "x\r\nBcc: eve@example.org", "x\nBcc: eve@example.org", "x\rBcc: eve@example.org", "x\r\n\r\n<script>",
    "=?utf-8?q?=0ABcc=3A_eve=40example.org?=", "=?utf-8?q?=0A?=Bcc: eve@example.org", "=?utf-8?b?DQpCY2M6IGV2ZUBi?=",
    "x\u2028Bcc: eve@example.org", "x\x0bBcc: eve@example.org", "x\x85Bcc: eve@example.org", "x\0y",
    "\u202egnp.exe", "\u2067x", '"', "\\", "<eve@example.org>", "a, b@c.d", "(", "=?x?q?", "\ud800", "é" * 5_000,
    "x" * 5_000, "", " ", ".", "From x",
]  # fmt: skip


def head_of(mail: bytes) -> list[tuple[str, str]]:
    """Return the headers of a mail, as their lines are: no parser guesses."""
    head, _, _ = mail.partition(b"\r\n\r\n")
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head)
    assert b"\r" not in unfolded.replace(b"\r\n", b"")
    assert b"\n" not in unfolded.replace(b"\r\n", b"")
    lines = [line.decode("ascii").partition(":") for line in unfolded.split(b"\r\n")]
    return [(name, value.strip()) for name, _, value in lines]


def check(mail: bytes) -> None:
    """Check that a mail has exactly the headers that we write, in ASCII, in lines that servers take."""
    assert mail.isascii()
    assert b"\0" not in mail
    lines = mail.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    headers = head_of(mail)
    assert [name for name, _ in headers] == HEADERS
    values = dict(headers)
    assert values["To"] == "rose@example.org"
    assert values["From"].endswith("<forum@example.org>") or values["From"] == "forum@example.org"
    assert values["Message-ID"] == "<mail.1@example.org>"
    assert values["List-Unsubscribe"] == f"<{LETTER.ending}>"
    read = message_from_bytes(mail, policy=compat32)
    assert not read.defects
    assert not read.is_multipart()


@pytest.mark.parametrize("words", INJECTIONS)
def test_no_words_add_a_header(words: str) -> None:
    letter = replace(LETTER, subject=f"[{words}] {words}", body=f"{words}\n")
    check(write_mail(letter, replace(SENDER, name=words), NOON))


@settings(deadline=None, max_examples=100)
@given(name=strategies.text(), subject=strategies.text(), body=strategies.text())
def test_any_words_make_a_mail(name: str, subject: str, body: str) -> None:
    check(write_mail(replace(LETTER, subject=subject, body=body), replace(SENDER, name=name), NOON))


def test_attacks_as_names_and_titles_stay_words() -> None:
    for vector in VECTORS:
        check(write_mail(replace(LETTER, subject=vector, body=vector), replace(SENDER, name=vector), NOON))


def test_a_body_arrives_as_it_is() -> None:
    body = "Été — œuvre\n.\n..\nFrom ici\n" + "x" * 3_000 + "\n"
    read = message_from_bytes(write_mail(replace(LETTER, body=body), SENDER, NOON), policy=compat32)
    content = read.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == body


def message(text: str) -> Message:
    return Message(5, 1, 0, 5, "prop", "Anne", "", text, "", "fr", NOON, NOON)


@settings(deadline=None, max_examples=200)
@given(text=strategies.text(max_size=2_000))
def test_no_line_of_a_message_passes_for_one_of_the_letter(text: str) -> None:
    quoted = quote_message(message(text))
    assert all(line == ">" or line.startswith("> ") for line in quoted.split("\n"))
    assert not UNCLEAN.search(quoted.replace("\n", ""))
    assert not re.search("[\u2028\u2029\u202a-\u202e\u2066-\u2069]", quoted)


@pytest.mark.parametrize("vector", ["x\u2028\u2028y", "<code>a\u2028b\x85c\x0bd\x1ce</code>", "<code>\r\nx\ry</code>"])
def test_all_that_ends_a_line_is_quoted(vector: str) -> None:
    assert all(line.startswith(">") for line in quote_message(message(vector)).splitlines())


def test_no_text_turns_the_direction_of_a_letter() -> None:
    assert quote_message(message("Photo \u202egnp.exe et \u2067autre\u2069.")) == "> Photo gnp.exe et autre."


def test_attacks_in_texts_are_quoted_words() -> None:
    for vector in VECTORS:
        quoted = quote_message(message(vector))
        assert all(line.startswith(">") for line in quoted.splitlines())


def test_a_message_is_readable_in_a_letter() -> None:
    text = (
        "{{{Une visite}}}\n\nHier, {{nous}} avons vu [la carrière->https://example.org/carriere] et tout ce qui s'y "
        "trouve encore, [->https://example.org/très/long/" + "x" * 100 + "]\n\n-* un\n-* deux\n\n<quote>Cité</quote>"
    )
    quoted = quote_message(message(text))
    assert "> Une visite\n>\n> Hier, nous avons vu la carrière" in quoted
    assert "\n> → https://example.org/carriere\n" in quoted
    assert max(len(line) for line in quoted.split("\n") if "https" not in line) <= 72


def test_a_long_message_is_cut() -> None:
    quoted = quote_message(message("Un mot. " * 10_000 + "[x->https://example.org/]" * 100))
    assert len(quoted) < 6_000
    assert "\n> …" in quoted


@pytest.mark.parametrize(
    ("given_address", "expected"),
    [
        ("anne@example.org", "anne@example.org"),
        (" Anne.Martin+x@Example.ORG ", "Anne.Martin+x@example.org"),
        ("anne@société.example", "anne@xn--socit-esab.example"),
        ("anne@example.org.", "anne@example.org"),
    ],
)
def test_addresses_are_read(given_address: str, expected: str) -> None:
    assert read_address(given_address) == expected


@pytest.mark.parametrize(
    "address",
    ["", "anne", "anne@", "@example.org", "anne@localhost", "anne@192.0.2.1", "anne@[192.0.2.1]", "a b@example.org",
     "anne@exa mple.org", "anne@example..org", "a..b@example.org", '"a b"@example.org', "anne@-x.org", "é@example.org",
     "a@b.org\r\nRCPT TO:<eve@example.org>", "a@b.org\nBcc: x", "<a@b.org>", "a@b.org,c@d.org", "a\0@b.org",
     "x" * 65 + "@example.org", "a@" + "x" * 64 + ".org", "a@" + "x." * 130 + "org", "a@b@c.org", "a@b.org>"],
)  # fmt: skip
def test_what_is_no_address_is_not_read(address: str) -> None:
    assert read_address(address) is None


@settings(deadline=None, max_examples=300)
@given(strategies.text() | strategies.emails())
def test_what_is_read_as_an_address_ends_no_command(text: str) -> None:
    address = read_address(text)
    assert address is None or re.fullmatch(r"[!-;=?-~]+@[a-z0-9.-]+", address)
