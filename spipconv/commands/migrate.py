"""``spipconv migrate``: a whole SPIP site to the files of another system."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from spipconv.commands.faults import Fault
from spipconv.migration.target import TARGET_NAMES
from spipconv.system.processors import count_processors


@click.command(
    epilog="""\b
Examples:
  spipconv migrate site.sqlite new-site --to hugo --img IMG
  spipconv migrate dump.sql.gz new-site --to jekyll --img IMG --dry-run
  spipconv migrate mysql://reader@localhost/spip new-site --to wxr
"""
)
@click.argument("source")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--to", type=click.Choice(TARGET_NAMES), required=True, help="What the site is to become.")
@click.option("--img", type=click.Path(path_type=Path), metavar="DIR", help="The old site's IMG folder.")
@click.option("--prefix", default="", help="The prefix of its tables, where a base holds several SPIPs.")
@click.option("--dry-run", is_flag=True, help="Count and report; write nothing.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Only some N objects of each kind.")
@click.option("--resume", is_flag=True, help="Leave alone what an earlier run made and what is unchanged since.")
@click.option("--force", is_flag=True, help="Overwrite also files that were changed by hand.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes  [default: as many as there are CPUs]")
@click.pass_context
def migrate(context: click.Context, /, source: str, out: Path, **given: Any) -> None:
    """Migrate the SPIP site in SOURCE into the folder OUT.

    SOURCE is a SQLite file, a dump (.sql, .sql.gz) or mysql://user@host/base; its password is taken from MYSQL_PWD
    or asked for. OUT gets the pages, the files, redirections from all old addresses, and a report. Nothing that was
    changed by hand is overwritten. The exit code is 1 when something was left behind, and 3 when an error in spipconv
    itself stopped some object; report.html says what.
    """
    from spipconv.migration.output.folder import BadOutput
    from spipconv.migration.read.sources import BadSource
    from spipconv.migration.report.summary import summary
    from spipconv.migration.run.migrate import migrate as run
    from spipconv.migration.run.options import MigrationOptions
    from spipconv.migration.run.workers import spare_collector
    from spipconv.system.files import CannotWrite

    spare_collector()
    language = _language()
    options = MigrationOptions(
        given["to"], prefix=given["prefix"], img=given["img"], dry_run=given["dry_run"], sample=given["sample"] or 0,
        resume=given["resume"], force=given["force"], jobs=given["jobs"] or count_processors(),
        language=language, now=datetime.now(),
    )  # fmt: skip
    with _Progress() as progress:
        try:
            report = run(source, out, options, ask_password=_ask_password, progress=progress.show)
        except (BadSource, BadOutput, CannotWrite) as fault:
            raise Fault(str(fault)) from fault
        except KeyboardInterrupt:
            click.echo(f"Interrupted: spipconv migrate --resume goes on in {out}", err=True)
            context.exit(130)
    with closing(report):
        click.echo(summary(report, language))
        if not options.dry_run:
            click.echo(f"{out / 'report.html'}")
        context.exit(3 if report.has_failures else 1 if report.has_losses else 0)


def _language() -> str:
    """Return the language in which the person at the keyboard reads, as the environment says."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if named.startswith("fr") else "en"


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, err=True))


class _Progress:
    """A bar on standard error, where that is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""
        self._done = 0

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def show(self, step: str, done: int, total: int) -> None:
        """Show how much of a step is done."""
        if not sys.stderr.isatty() or not total:
            return
        if step != self._step:
            self._end()
            self._step, self._done = step, 0
            self._bar = click.progressbar(
                length=total, label=step, file=sys.stderr, update_min_steps=max(1, total // 200)
            )
            self._bar.__enter__()
        self._bar.update(done - self._done)
        self._done = done

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
