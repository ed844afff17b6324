"""How a command ends that cannot do all it was asked to do: its exit codes and messages."""

from __future__ import annotations

import click

from spipconv.commands.printing import make_printable

# Something was lost or failed, and was reported.
LOST = 1
# An error in spipconv itself stopped it at one text, or at some; all others are done.
INTERNAL_ERROR = 3


def describe_error(error: Exception) -> str:
    """Return one line about an error that is not the user's."""
    kind = type(error).__name__
    return make_printable(f"internal error, please report it with the text: {kind}: {error}"[:300])


class Fault(click.ClickException):
    """Bad input: one line that names the thing and the remedy, and exit code 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        # Names of files are whatever their system allows.
        super().__init__(make_printable(message))
