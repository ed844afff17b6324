"""Groups of commands of which only the one that is called is imported: a start costs what that one needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import click


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; in lists they are their names and a sentence.

    ``sentences`` has the first sentence of each command's help, by its name, which a test compares.
    """

    sentences: ClassVar[Mapping[str, str]]

    def load(self, name: str, command: click.Command) -> click.Command:
        """Import a command and return it whole; ``command`` is what lists show of it."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.sentences)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command as lists show it, or None for another name."""
        return click.Command(cmd_name, help=self.sentences[cmd_name]) if cmd_name in self.sentences else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that arguments name, whole, with its name and the rest of them."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.load(name, command) if name and command else command, rest
