"""``spipconv check``: what a text could not say as it was written."""

from __future__ import annotations

from typing import Any

import click

from spipconv.commands.options import read_text, reading_options
from spipconv.commands.printing import make_printable
from spipconv.parser import parse


@click.command(
    epilog="""\b
Example:
  spipconv check texts/*.spip
"""
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES | -]")
@reading_options
@click.pass_context
def check(context: click.Context, /, files: tuple[str, ...], encoding: str, **reading: Any) -> None:
    """Print what is broken, unknown, changed or lost in FILES, as file:line:column: code message.

    The exit code is 1 where something is lost.
    """
    lost = False
    for path, text in [(path, read_text(path, encoding)) for path in files or ("-",)]:
        for remark in parse(text, **reading).diagnostics:
            lost |= remark.severity == "loss"
            click.echo(f"{make_printable(path)}:{remark}")
    context.exit(1 if lost else 0)
