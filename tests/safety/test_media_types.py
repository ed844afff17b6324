"""Media types: SPIP's own table first, and the same on every machine."""

from __future__ import annotations

import mimetypes

import pytest

import spipconv
from spipconv import Catalogue, SpipObject
from spipconv.media_types import media_type


@pytest.mark.parametrize(
    ("extension", "wanted"),
    [
        ("odt", "application/vnd.oasis.opendocument.text"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("pdf", "application/pdf"), ("PDF", "application/pdf"), ("mp4", "application/mp4"), ("wav", "audio/x-wav"),
        ("webp", "image/webp"), ("avif", "image/avif"), ("7z", "application/x-7z-compressed"),
        ("m\u212av", ""), ("", ""), ("unheard", ""), ("pdf\x00", ""),
    ],
)  # fmt: skip
def test_an_extension_gives_this_type(extension: str, wanted: str) -> None:
    assert media_type(extension) == wanted


def test_types_do_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes.MimeTypes, "guess_type", lambda *_: ("x/y", None))
    objects = Catalogue([SpipObject("document", 1, title="t", file="odt/a.odt", extension="odt", media="file")])
    assert 'type="application/vnd.oasis.opendocument.text"' in spipconv.to_html("[->doc1]<doc1>", objects=objects)
