"""The list of active plugins: every form that SPIP has written, without running or trusting it."""

from __future__ import annotations

import pytest

from spipconv.migration.read.active_plugins import read_active_plugins
from spipconv.migration.report.plugin_facts import find_fact


class Settings:
    """A database of one setting."""

    def __init__(self, value: str) -> None:
        self.value = value

    def meta(self, name: str, default: str = "") -> str:
        return self.value if name == "plugin" else default


def read(value: str) -> list[tuple[str, str, str]]:
    plugins = read_active_plugins(Settings(value))
    return [(plugin.prefix, plugin.title, plugin.version) for plugin in plugins]


def test_serialised_mappings_are_read() -> None:
    value = (
        'a:3:{s:6:"AGENDA";a:5:{s:3:"nom";s:6:"Agenda";s:4:"etat";s:6:"stable";s:7:"version";s:5:"4.5.1";s:8:"dir_type";'
        's:12:"_DIR_PLUGINS";s:3:"dir";s:11:"auto/agenda";}s:7:"SAISIES";a:2:{s:7:"version";s:5:"3.1.0";s:3:"dir";s:1:"x";}'
        's:3:"GIS";a:1:{s:3:"nom";s:40:"<multi>[fr]Carte[en]Map</multi>";}}'
    )
    assert read(value) == [("agenda", "Agenda", "4.5.1"), ("gis", "Carte", ""), ("saisies", "Saisies", "3.1.0")]


def test_folders_of_old_versions_are_read() -> None:
    assert read("cfg,auto/agenda/,_stable_/crayons") == [
        ("agenda", "agenda", ""), ("cfg", "cfg", ""), ("crayons", "crayons", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a:0:{}",
        "x" * 100_000 + "<",
        'O:8:"stdClass":1:{s:1:"a";a:1:{}}',
        's:1:"<script>";a:1:{',
        "a:9999999:{" * 9999,
    ],
)
def test_anything_else_is_no_plugin(value: str) -> None:
    assert read(value)[:1] in ([], [("a", "A", "")])


def test_the_number_of_plugins_and_their_words_are_bounded() -> None:
    value = "".join(f's:5:"P{number}";a:1:{{s:3:"nom";s:9:"\x1b[31m{"x" * 150}";}}' for number in range(5000))
    plugins = read(value)
    assert len(plugins) == 1000
    assert all("\x1b" not in title and len(title) < 400 for _, title, _ in plugins)


def test_plugins_have_facts_by_their_own_names() -> None:
    assert find_fact("agenda").fate == "read"
    assert find_fact("nothing-of-the-kind").fate == "unknown"
