"""The one way in which a command refuses its input."""

from __future__ import annotations

import click

from spipconv.commands.printing import make_printable


class Fault(click.ClickException):
    """Bad input: one line that names the thing and the remedy, and exit code 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        # Names of files are whatever their system allows.
        super().__init__(make_printable(message))
