"""The one way in which a command refuses its input."""

from __future__ import annotations

import click


class Fault(click.ClickException):
    """Bad input: one line that names the thing and the remedy, and exit code 2."""

    exit_code = 2
