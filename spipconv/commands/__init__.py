"""The command line, a thin adapter over the library: it alone prints and exits.

Exit codes: 0 done; 1 done, but something was lost or failed, and was reported; 2 wrong usage or input; 3 an internal
error stopped the work on a text or an object, and was reported; the others are done.
"""

from __future__ import annotations

import multiprocessing

import click

from spipconv import __version__

_NAMES = ("convert", "check", "migrate", "serve", "batch")


class _Program(click.Group):
    """The whole command line; a command is imported when it is called, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None for another name."""
        command: click.Command
        # Statements, so that tools which follow imports see them.
        match cmd_name:
            case "convert":
                from spipconv.commands.convert import convert as command
            case "check":
                from spipconv.commands.check import check as command
            case "migrate":
                from spipconv.commands.migrate import migrate as command
            case "serve":
                from spipconv.commands.serve import serve as command
            case "batch":
                from spipconv.commands.batch import batch as command
            case _:
                return None
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. In a frozen program (PyInstaller …), a worker process ends here."""
        multiprocessing.freeze_support()
        return super().parse_args(ctx, args)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="spipconv")
def main() -> None:
    """Convert SPIP markup to safe HTML or Markdown, and whole SPIP sites to other systems."""
