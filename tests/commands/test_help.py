"""Every command and every option says what it does."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from spipconv.commands import main


def commands(group: click.Group = main, name: str = "spipconv") -> list[tuple[str, click.Command]]:
    """Return a command and those below it, with their names."""
    context = click.Context(group)
    listed: list[tuple[str, click.Command]] = [(name, group)]
    for word in group.list_commands(context):
        command = group.resolve_command(context, [word])[1]
        assert command
        path = f"{name} {word}".removeprefix("spipconv ")
        listed += commands(command, path) if isinstance(command, click.Group) else [(path, command)]
    return listed


def options() -> list[tuple[str, click.Option]]:
    """Return every option of every command, with the command's name."""
    return [
        (name, option) for name, command in commands() for option in command.params if isinstance(option, click.Option)
    ]


@pytest.mark.parametrize(("command", "option"), options(), ids=lambda value: getattr(value, "name", value))
def test_every_option_has_help_that_is_a_sentence(command: str, option: click.Option) -> None:
    help_ = option.help or ""
    assert re.match(r"[A-Z]", help_), f"{command} {option.opts[0]}: no help"
    assert re.search(r"[.)\]]$", help_), f"{command} {option.opts[0]}: {help_!r} does not end"


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_has_help_that_fits_on_a_screen(name: str, command: click.Command) -> None:
    arguments = ["--help"] if command is main else [*name.split(), "--help"]
    shown = CliRunner().invoke(main, arguments).stdout
    assert command.help
    assert command is main or " " in name or "Example" in shown
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize(("name", "command"), commands()[1:], ids=[name for name, _ in commands()[1:]])
def test_the_list_of_commands_says_of_each_what_its_own_help_says_first(name: str, command: click.Command) -> None:
    *groups, word = name.split()
    group: click.Command | None = main
    for above in groups:
        assert isinstance(group, click.Group)
        group = group.resolve_command(click.Context(group), [above])[1]
    assert isinstance(group, click.Group)
    listed = group.get_command(click.Context(group), word)
    assert listed
    assert listed.get_short_help_str(limit=200) == command.get_short_help_str(limit=200)


def test_the_same_option_has_the_same_help_in_every_command() -> None:
    shared = {"profile", "objects", "embeds", "angle_shortcuts", "encoding", "to"}
    helps: dict[str | None, set[str | None]] = {}
    for command, option in options():
        if option.name in shared and command != "migrate" and not command.startswith("comments "):
            helps.setdefault(option.name, set()).add(option.help)
    assert set(helps) == shared
    assert {name: texts for name, texts in helps.items() if len(texts) > 1} == {}
