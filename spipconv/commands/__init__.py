"""The command line, a thin adapter over the library: it alone prints and exits.

Exit codes: 0 done; 1 done, but something was lost or failed, and was reported; 2 wrong usage or input; 3 an internal
error stopped the work on a text or an object, and was reported; the others are done.
"""

from __future__ import annotations

import multiprocessing

import click

from spipconv import __version__
from spipconv.commands.batch import batch
from spipconv.commands.check import check
from spipconv.commands.convert import convert
from spipconv.commands.migrate import migrate
from spipconv.commands.serve import serve


class _Program(click.Group):
    """The whole command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; in a program that was frozen (PyInstaller …), a worker's process ends here."""
        multiprocessing.freeze_support()
        return super().parse_args(ctx, args)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="spipconv")
def main() -> None:
    """Convert SPIP markup to safe HTML or Markdown, and whole SPIP sites to other systems."""


main.add_command(convert)
main.add_command(check)
main.add_command(migrate)
main.add_command(serve)
main.add_command(batch)
