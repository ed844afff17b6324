"""Exit codes of commands, and the error for bad input."""

from __future__ import annotations

import click

from spipconv.printing import make_printable

# Something was lost or failed, and was reported.
LOST = 1
# An error in spipconv itself stopped it at one text, or at some; all others are done.
INTERNAL_ERROR = 3


class CommandError(click.ClickException):
    """Raised when a command rejects its input: one line that names the thing and the remedy, and exit code 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        # Names of files are whatever their system allows.
        super().__init__(make_printable(message))
