"""``spipconv check``: the diagnostics of texts, nothing else."""

from __future__ import annotations

from typing import Unpack

import click

from spipconv.commands.errors import INTERNAL_ERROR, LOST
from spipconv.commands.options import Reading, read_text, reading_options
from spipconv.nodes import Profile
from spipconv.parsing.parser import parse
from spipconv.printing import describe_internal_error, make_printable


@click.command(
    epilog="""\b
Example:
  spipconv check texts/*.spip
"""
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES | -]")
@reading_options()
@click.pass_context
def check(
    context: click.Context,
    /,
    files: tuple[str, ...],
    encoding: str,
    profile: Profile,
    lang: str,
    **reading: Unpack[Reading],
) -> None:
    """Print what is broken, unknown, changed or lost in FILES, as file:line:column: code message.

    FILES are texts; standard input is read if none are given. The exit code is 1 if something is lost, 3 if an
    internal error stopped the check of a file.
    """
    code = 0
    for path, text in [(path, read_text(path, encoding)) for path in files or ("-",)]:
        try:
            diagnostics = parse(text, profile=profile, lang=lang, **reading).diagnostics
        except Exception as error:
            click.echo(f"{make_printable(path)}: {describe_internal_error(error)}", err=True)
            code = INTERNAL_ERROR
            continue
        for diagnostic in diagnostics:
            if diagnostic.severity == "loss":
                code = max(code, LOST)
            click.echo(f"{make_printable(path)}:{diagnostic}")
    context.exit(code)
