"""Texts come out of a database as they were meant, and correct texts come out unchanged."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spipconv.migration.read.encoding import DOUBTFUL, REPAIRED, Decoder

TEXTS = [
    "L’été à Paris, où l’on a déjà vu «\xa0Noël\xa0»…",
    "Île de France",
    "ŒUVRES",
    "Œuvres complètes",
    "cœur",
    "SŒUR",
    "20\xa0€ – 30\xa0€",
    "¿Qué tal, señor\xa0?",
    "Straße",
    "التضامن",
    "中文",
    "日本語のテキスト",
    "Привет, мир",
    "Ελληνικά",
    "שלום",
    "😀",
    "<a href='x'>é</a> &#8217;&eacute;&nbsp;[[une note]] {{gras}}",
]
# Texts that look like UTF-8 read as windows-1252, but are not.
CHANCES = """LIBERTÉ… CAFÉ» “ÉTÉ” OÙ… OÙ» OÙ’ DÛ… OUÏ… DÉJÀ… PAYÉ’ ÉGALITÉ— ÉGALITÉ– PAYÉ€ CRÛ” CANOË… CAFÉ® CAFÉ™
SOCIÉTÉ© CAFÉ·BAR NÃO… TÜ» Straß» groß“ Fuß” Fuß–Ball mangé…» là…» à…” ça”… où’… é«»""".split()
CHANCES += ["LIBERTÉ\xa0!", "Ô\xa0temps", "NOË\xa0»", "CHÂ\xadTEAU", "HÉ\xa0! HÉ\xa0!", "« Il a mangé…» et"]
CLEAN = [
    *TEXTS,
    *CHANCES,
    *[
        "",
        "ASCII",
        "ﬁ ﬀ",
        "ＡＢＣ",
        "“quotes” ‘x’",
        "a\r\nbc\u2028d\x1b[0m",
        "e\u0301",
        "&amp;eacute;",
        "\ufeffBOM",
    ],
]


def read_as(text: str, charset: str) -> str:
    """Return a text whose UTF-8 was read as windows-1252 by a browser, or as ISO-8859-1."""
    if charset == "latin-1":
        return text.encode().decode("latin-1")
    return "".join([byte.decode("cp1252", "ignore") or chr(byte[0]) for byte in _bytes(text)])


def _bytes(text: str) -> list[bytes]:
    return [bytes([byte]) for byte in text.encode()]


@pytest.mark.parametrize(
    ("text", "charset"),
    # In a database that declares latin1, ambiguous bytes may be either.
    [
        (text, charset)
        for text in CLEAN
        for charset in ["utf-8", "cp1251", *(["cp1252"] if text not in CHANCES else [])]
    ],
)
def test_good_utf8_stays(text: str, charset: str) -> None:
    decoder = Decoder(charset)
    assert decoder.decode(text.encode()) == (text, "")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("charset", ["cp1252", "latin-1"])
def test_texts_that_were_encoded_twice_are_repaired(text: str, times: int, charset: str) -> None:
    broken = text
    for _ in range(times):
        broken = read_as(broken, charset)
    decoder = Decoder()
    assert decoder.decode(broken.encode()) == (text, REPAIRED)


@pytest.mark.parametrize("text", TEXTS)
def test_a_part_that_was_encoded_twice_is_repaired(text: str) -> None:
    broken = f"中 déjà {read_as(text, 'cp1252')} là"
    assert Decoder().decode(broken.encode()) == (f"中 déjà {text} là", REPAIRED)


@settings(deadline=None)
@given(st.lists(st.sampled_from(TEXTS), min_size=1).map(" ".join), st.sampled_from(["cp1252", "latin-1"]))
def test_texts_encoded_twice_come_back(text: str, charset: str) -> None:
    assert Decoder().decode(read_as(text, charset).encode())[0] == text


@settings(deadline=None)
@given(st.lists(st.sampled_from(CLEAN)).map(" ".join))
def test_clean_texts_stay(text: str) -> None:
    assert Decoder().decode(text.encode()) == (text, "")


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40).map(lambda text: text + "中"))
def test_any_change_can_be_undone(text: str) -> None:
    changed, code = Decoder().decode(text.encode())
    assert (changed != text) == (code == REPAIRED)


@settings(deadline=None)
@given(st.binary(max_size=40), st.sampled_from(["utf-8", "cp1252", "cp1251", "iso8859-2", "koi8-r"]))
def test_any_bytes_become_a_text_that_can_be_written(value: bytes, charset: str) -> None:
    decoder = Decoder(charset)
    text, code = decoder.decode(value)
    assert "\0" not in text
    assert text.encode().decode() == text
    assert (text, code) == Decoder(charset).decode(value)


@pytest.mark.parametrize(
    "text", [text for text in [*TEXTS, *CHANCES] if text.encode("cp1252", "ignore").decode("cp1252") == text]
)
@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_bytes_that_are_not_utf8_are_read_as_windows_1252(text: str, charset: str) -> None:
    value = text.encode("cp1252") + b" \xe9t\xe9"
    assert Decoder(charset).decode(value) == (f"{text} été", REPAIRED)


@pytest.mark.parametrize("text", ["CAFÉ»", "LIBERTÉ\xa0!", "mangé…»", "OÙ…"])
def test_text_of_a_latin1_database_is_latin1_if_utf8_would_be_odd(text: str) -> None:
    assert Decoder("cp1252").decode(text.encode("cp1252")) == (text, REPAIRED)


def test_bytes_that_windows_1252_leaves_out_are_controls() -> None:
    assert Decoder().decode(b"\xe9 \x81\x8d\x8f\x90\x9d") == ("é \x81\x8d\x8f\x90\x9d", REPAIRED)


def test_a_declared_charset_is_believed() -> None:
    assert Decoder("cp1251").decode("Привет".encode("cp1251")) == ("Привет", REPAIRED)
    assert Decoder("iso8859-2").decode("Łódź".encode("iso8859-2")) == ("Łódź", REPAIRED)


def test_a_text_cut_in_a_character_keeps_the_rest() -> None:
    assert Decoder().decode("déjà été".encode()[:-1]) == ("déjà ét�", REPAIRED)


@pytest.mark.parametrize("text", ["voilÃ  le mot", "dÃ?finition", "l’Ã?me", "câ€? est", "ßŸÿ"])
def test_texts_that_cannot_be_repaired_stay_and_are_reported(text: str) -> None:
    decoder = Decoder()
    assert decoder.decode(text.encode()) == (text, DOUBTFUL)


@pytest.mark.parametrize("value", [b"a\0b", b"\xc3\xa9\0"])
def test_nul_becomes_a_replacement_character(value: bytes) -> None:
    decoder = Decoder()
    assert decoder.decode(value) == (value.decode().replace("\0", "�"), "")


def test_no_surrogates_are_returned() -> None:
    text, code = Decoder().decode(b"\xed\xa0\xbd")
    assert code == REPAIRED
    assert text.encode()


def test_null_is_an_empty_text() -> None:
    assert Decoder().decode(None) == ("", "")


def test_good_texts_do_without_ftfy() -> None:
    program = (
        "import sys; from spipconv.migration.read.encoding import Decoder\n"
        "assert Decoder().decode('L’été à la mer'.encode())[1] == ''\n"
        "sys.exit('ftfy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
