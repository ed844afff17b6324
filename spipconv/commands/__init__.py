"""The command line, a thin adapter over the library: it alone prints and exits.

Exit codes: 0 done; 1 done, but something was lost or failed, which was reported; 2 wrong usage or input;
3 an error in spipconv stopped some text or object, which was reported; the others are done.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

import click

from spipconv import __version__
from spipconv.commands.batch import batch
from spipconv.commands.check import check
from spipconv.commands.convert import convert
from spipconv.commands.migrate import migrate
from spipconv.commands.serve import serve


class _Program(click.Group):
    """The whole command line."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command; in a program that was frozen (PyInstaller …), a worker's process ends here."""
        multiprocessing.freeze_support()
        return super().main(*args, **kwargs)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="spipconv")
def main() -> None:
    """Convert SPIP markup to safe HTML or Markdown, and whole SPIP sites to other systems."""


main.add_command(convert)
main.add_command(check)
main.add_command(migrate)
main.add_command(serve)
main.add_command(batch)
