"""The command line, a thin adapter over the library: it alone prints and exits.

Exit codes: 0 done; 1 done, but something was lost or failed, and was reported; 2 wrong usage or input; 3 an internal
error stopped the work on a text or an object, and was reported; the others are done.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from spipconv.commands.lazy_group import LazyGroup
from spipconv.version import BUILD, VERSION

_COMMANDS = {
    "convert": "Convert FILES (standard input if none are given) to standard output or to a file.",
    "check": "Print what is broken, unknown, changed or lost in FILES, as file:line:column: code message.",
    "migrate": "Migrate the SPIP site in SOURCE into the folder OUT.",
    "serve": "Serve a comment form with its live preview, and previews for other pages.",
    "comments": "Keep the comments of a static site: their base, moderators and pages.",
    "batch": "Convert all texts of INPUT into OUTPUT.",
}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep what is imported here from the garbage collector, which an eighth of a short run would go to: it stays."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


class _Program(LazyGroup):
    """The whole command line."""

    sentences = _COMMANDS

    def load(self, name: str, command: click.Command) -> click.Command:
        """Import a command and return it whole."""
        # Statements, so that tools which follow imports see them.
        with _uncollected():
            match name:
                case "convert":
                    from spipconv.commands.convert import convert as command
                case "check":
                    from spipconv.commands.check import check as command
                case "migrate":
                    from spipconv.commands.migrate import migrate as command
                case "serve":
                    from spipconv.commands.serve import serve as command
                case "comments":
                    from spipconv.commands.comments import comments as command
                case "batch":
                    from spipconv.commands.batch import batch as command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. In a frozen program (PyInstaller …), a worker process ends here."""
        if hasattr(sys, "frozen"):
            import multiprocessing

            multiprocessing.freeze_support()
        return super().parse_args(ctx, args)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(f"{VERSION} ({BUILD})", prog_name="spipconv", message="%(prog)s %(version)s")
def main() -> None:
    """Convert SPIP markup to safe HTML or Markdown, and whole SPIP sites to other systems."""
