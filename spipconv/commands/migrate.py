"""``spipconv migrate``: a whole SPIP site to the files of another system."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spipconv.commands.config import FRONT_MATTER, read_config
from spipconv.commands.errors import CommandError
from spipconv.commands.options import FileSize, LanguageCode, Since, peertube_option, plugin_option, typography_option
from spipconv.migration.selection import STATUSES, BadSelection, Selection
from spipconv.migration.target import TARGET_NAMES, TARGETS, TargetName
from spipconv.settings import Typography
from spipconv.system.languages import system_language
from spipconv.system.processors import count_processors
from spipconv.translations import available_languages

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from spipconv.extensions import Extension


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
@click.option(
    "--config",
    "front_matter",
    type=click.Path(path_type=Path),
    is_eager=True,
    callback=read_config,
    metavar="FILE",
    help="Options of this command, and names for the keys of front matter (TOML).",
)
@click.option("--to", type=click.Choice(TARGET_NAMES), required=True, help="System to migrate to.")
@click.option(
    "--img",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="IMG folder of the SPIP site, or an archive of it (.zip, .tar.gz …).",
)
@click.option(
    "--prefix", default="", metavar="NAME", help="Table prefix, if the database holds several SPIP installations."
)
@plugin_option
@typography_option
@peertube_option
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What becomes of the site's own models: shortcodes or other text, by model and system (TOML).",
)
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="SECTION",
    help="Migrate only this section and everything below it: its number, path or title (repeatable).",
)
@click.option("--since", type=Since(), metavar="DATE", help="Migrate only texts from this day, month or year on.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(list(STATUSES)),
    help="Migrate only texts with this status (repeatable)  [default: published, proposed, draft]",
)
@click.option(
    "--lang",
    "languages",
    multiple=True,
    type=LanguageCode(),
    metavar="CODE",
    help="Migrate only pages in this language (repeatable).",
)
@click.option(
    "--report-lang",
    type=click.Choice(sorted(available_languages())),
    help="Language of the report  [default: that of the system, else en]",
)
@click.option(
    "--glossary-group",
    "glossary_groups",
    multiple=True,
    metavar="NAME",
    help="Group of keywords that is the glossary (repeatable)  [default: the site's own, or Glossaire, Lexique …]",
)
@click.option("--no-glossary", is_flag=True, help="Mark no terms; leave the titles of keywords as they are.")
@click.option(
    "--max-size",
    type=FileSize(),
    metavar="SIZE",
    help="Divide the one file of wxr, json or pandoc into files of at most this size (8M, 500K).",
)
@click.option(
    "--comments-server",
    default="",
    metavar="URL",
    help="Address of the server that takes new comments (spipconv serve --comments): pages get a form.",
)
@click.option("--dry-run", is_flag=True, help="Count and report; write nothing.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Migrate only about N objects of each kind.")
@click.option("--resume", is_flag=True, help="Skip pages that an earlier run wrote and whose source has not changed.")
@click.option("--force", is_flag=True, help="Also overwrite files that were edited by hand.")
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Number of worker processes  [default: one per CPU]"
)
@click.pass_context
def migrate(
    context: click.Context,
    /,
    source: str,
    out: Path,
    front_matter: Mapping[str, object],
    to: TargetName,
    img: Path | None,
    prefix: str,
    plugins: tuple[str, ...],
    typography: Typography | bool,
    peertube: tuple[str, ...],
    models: Path | None,
    sections: tuple[str, ...],
    since: datetime | None,
    statuses: tuple[str, ...],
    languages: tuple[str, ...],
    report_lang: str | None,
    glossary_groups: tuple[str, ...],
    no_glossary: bool,
    max_size: int | None,
    comments_server: str,
    dry_run: bool,
    sample: int | None,
    resume: bool,
    force: bool,
    jobs: int | None,
) -> None:
    """Migrate the SPIP site in SOURCE into the folder OUT.

    SOURCE is a SQLite file, a dump (of MySQL, SQLite or PostgreSQL), an XML backup of SPIP 2.0 or older, the folder of
    a site, or mysql://user@host/database; the password is read from MYSQL_PWD or asked for. Files may be packed
    (.gz, .bz2, .xz, .zst, .zip, .tar). OUT gets the pages, the files, redirections from all old addresses, and a
    report. Files that were edited by hand are not overwritten. The exit code is 1 if something was lost, and 3 if an
    internal error stopped the migration of an object; report.html has the details.
    """
    from spipconv.migration.output.folder import BadOutput
    from spipconv.migration.read.sources import BadSource
    from spipconv.migration.report.summary import summary
    from spipconv.migration.run.migrate import migrate as run
    from spipconv.migration.run.options import MigrationOptions
    from spipconv.migration.run.workers import spare_collector
    from spipconv.migration.site_keys import BadKeys, check_site_keys
    from spipconv.migration.writers.starters import SETTINGS
    from spipconv.migration.writers.starters.settings import server_address
    from spipconv.system.files import CannotWrite

    spare_collector()
    try:
        keys = check_site_keys(front_matter, to)
    except BadKeys as error:
        raise CommandError(f"--config: {FRONT_MATTER}: {error}") from error
    if max_size and not TARGETS[to].single_file:
        raise CommandError(f"--max-size: {to} has many files anyway: leave it out, or choose wxr, json or pandoc")
    if comments_server and to not in SETTINGS:
        raise CommandError(f"--comments-server: {to} has no form for comments: choose from {', '.join(SETTINGS)}")
    if comments_server and not (comments_server := server_address(comments_server)):
        raise CommandError("--comments-server: write an address of the web, such as https://comments.example.org")
    language = report_lang or system_language()
    options = MigrationOptions(
        to, prefix=prefix, img=img, dry_run=dry_run, sample=sample or 0, resume=resume, force=force,
        jobs=jobs or count_processors(), language=language, now=datetime.now(), peertube=peertube,
        plugins=plugins, typography=typography, extensions=_read_models(models, to) if models else (),
        front_matter=keys,
        selection=Selection(sections, since, tuple(STATUSES[status] for status in statuses), languages),
        glossary_groups=None if no_glossary else glossary_groups, max_size=max_size or 0,
        comments_server=comments_server,
    )  # fmt: skip
    with _Progress() as progress:
        try:
            report = run(source, out, options, ask_password=_ask_password, progress=progress.show)
        except (BadSource, BadSelection, BadOutput, CannotWrite) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            click.echo("Interrupted. Run the same command with --resume to continue.", err=True)
            context.exit(130)
    with closing(report):
        for issue in report.issues("source-found"):
            click.echo(f"Found {issue.detail}", err=True)
        click.echo(summary(report, language))
        if not options.dry_run:
            click.echo(f"{out / 'report.html'}")
        context.exit(3 if report.has_failures else 1 if report.has_losses else 0)


def _read_models(path: Path, to: TargetName) -> tuple[Extension]:
    from spipconv.migration.models import BadModels, read_models

    try:
        return (read_models(path, to),)
    except BadModels as error:
        raise CommandError(str(error)) from error


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, err=True))


class _Progress:
    """A progress bar on standard error, if that is a terminal."""

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None
        self._step = ""
        self._done = 0

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def show(self, step: str, done: int, total: int) -> None:
        """Show the progress of a step."""
        if not sys.stderr.isatty() or not total:
            return
        if step != self._step:
            self._end()
            self._step, self._done = step, 0
            self._bar = click.progressbar(
                length=total, label=step, file=sys.stderr, update_min_steps=max(1, total // 200)
            )
            self._bar.__enter__()
        if self._bar is not None:
            self._bar.update(done - self._done)
        self._done = done

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
