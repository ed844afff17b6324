"""``spipconv check``: what a text could not say as it was written."""

from __future__ import annotations

from typing import Any

import click

from spipconv.commands.faults import INTERNAL_ERROR, LOST, describe_error
from spipconv.commands.options import read_text, reading_options
from spipconv.commands.printing import make_printable
from spipconv.parsing.parser import parse


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

    The exit code is 1 where something is lost, 3 where an error in spipconv stopped it at a file.
    """
    code = 0
    for path, text in [(path, read_text(path, encoding)) for path in files or ("-",)]:
        try:
            remarks = parse(text, **reading).diagnostics
        except Exception as error:
            click.echo(f"{make_printable(path)}: {describe_error(error)}", err=True)
            code = INTERNAL_ERROR
            continue
        for remark in remarks:
            if remark.severity == "loss":
                code = max(code, LOST)
            click.echo(f"{make_printable(path)}:{remark}")
    context.exit(code)
