"""The user's language: what the environment says, in the order in which programs obey it."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from spipconv.system import languages

NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")


@pytest.mark.parametrize(
    ("values", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "fr_CA"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "fr_FR", "LC_ALL": "C"}, "en"),
        ({"LANG": "", "LC_ALL": "", "LC_MESSAGES": "fr"}, "fr"),
        ({"LANG": "nl_NL"}, "en"),
        ({}, "en"),
    ],
)
def test_the_environment_names_the_language(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], language: str
) -> None:
    monkeypatch.setattr(languages, "_setting", lambda: "")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert languages.system_language() == language


@pytest.mark.skipif(sys.platform == "win32", reason="the branch of macOS")
def test_macos_is_asked_where_the_environment_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="fr_FR\n"))
    assert languages.system_language() == "fr"

    def fail(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", fail)
    assert languages.system_language() == "en"
