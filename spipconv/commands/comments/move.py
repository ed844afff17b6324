"""``spipconv comments import``, and ``export`` of a whole forum: messages of other systems in, all messages out."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import click

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import INTERNAL_ERROR, LOST, CommandError
from spipconv.forum.clock import read_clock
from spipconv.forum.moving.exporting import export_whole
from spipconv.forum.moving.formats import WholeFormat
from spipconv.forum.moving.importing import Importer
from spipconv.forum.moving.incoming import BadImport
from spipconv.forum.moving.issues import ImportReport, sentence, severity
from spipconv.forum.moving.sources import SYSTEMS, System, find_system, read_source
from spipconv.forum.opening import load_keys
from spipconv.forum.records import Status
from spipconv.forum.store.backups import back_up
from spipconv.forum.store.base import open_base
from spipconv.forum.store.errors import StoreError
from spipconv.migration.read.sources import BadSource
from spipconv.migration.run.workplace import working_folder
from spipconv.printing import make_printable
from spipconv.system.files import CannotWrite, write_for_user
from spipconv.system.languages import system_language

_SHOWN_PLACES = 5
_ALL_STATUSES: tuple[Status, ...] = ("publie", "prop", "off", "spam")


@click.command(
    "import",
    epilog="""\b
Examples:
  spipconv comments import forum.db site.sqlite
  spipconv comments import forum.db wordpress.xml
  spipconv comments import forum.db isso/comments.db --report report.json
""",
)
@base_argument
@click.argument("source")
@click.option(
    "--from", "system", type=click.Choice(SYSTEMS), help="System that SOURCE is of  [default: found by looking]"
)
@click.option("--name", default="", metavar="NAME", help="Name of the site, if messages of several come into one base.")
@click.option("--prefix", default="", metavar="NAME", help="Table prefix, if SOURCE holds several SPIP installations.")
@click.option("--dry-run", is_flag=True, help="Count and report; store nothing.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.json",
    help="Write the account and all issues as JSON.",
)
@click.pass_context
def import_messages(
    context: click.Context, base: Path, source: str, system: System | None, name: str, prefix: str, dry_run: bool,
    report: Path | None,
) -> None:  # fmt: skip
    """Import the messages of SOURCE into the base FILE, in their threads, with their dates and statuses.

    SOURCE is whatever "spipconv migrate" reads of SPIP, an export of WordPress (WXR), the base of Isso, or JSON. The
    pages must be registered ("spipconv comments pages"). Again, it imports what is new or has changed, and keeps what
    moderators here have decided. Private messages are never imported. The exit code is 1 if a message was left out that
    should be there.
    """
    with open_base(base, reads_only=True) as store:
        has_pages = next(store.pages.all(), None) is not None
    try:
        system = system or find_system(source)
        if not has_pages and system != "json":
            raise CommandError(f'{base}: it has no pages yet: "spipconv comments pages {base} SITE" registers them')
        done = _import(base, source, system, f"{system}:{name}" if name else system, prefix, is_dry=dry_run)
    except (BadImport, BadSource) as error:
        raise CommandError(str(error)) from error
    except (sqlite3.OperationalError, OSError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise CommandError(
            f"{tempfile.gettempdir()}: {reason}: the working files of an import are there; make room, or name another"
            " folder as TMPDIR, and import again"
        ) from error
    _show(done)
    if report:
        try:
            write_for_user(report, _as_json(done))
        except CannotWrite as error:
            raise CommandError(f"--report: {error}") from error
    context.exit(INTERNAL_ERROR if done.left["failed"] else LOST if done.has_losses else 0)


def _import(base: Path, source: str, system: System, name: str, prefix: str, *, is_dry: bool) -> ImportReport:
    keys = load_keys(base)
    with working_folder() as work:
        path = base
        if is_dry:
            # A copy is what the import would find.
            path = work / "copy.db"
            back_up(base, path)
        with closing(Importer(path, keys, work, name, read_clock())) as importer:
            try:
                return importer.run(
                    read_source(
                        source, system, work, importer.staging.take_sender, importer.knows, prefix, _ask_password
                    )
                )
            except StoreError as error:
                raise CommandError(f"{error}; {importer.report.added} messages were stored before") from error


def export_forum(base: Path, out: Path, to: WholeFormat, *, unpublished: bool, emails: bool) -> None:
    """Write a whole forum into a file, and say what is in it and what is not."""
    statuses: Collection[Status] = _ALL_STATUSES if unpublished else ("publie",)
    try:
        done = export_whole(base, out, to, statuses, load_keys(base) if emails else None)
    except CannotWrite as error:
        raise CommandError(str(error)) from error
    held = f"; {done.left} that are not published are not in it (--unpublished)" if done.left else ""
    addresses = f"with {done.emails} e-mail addresses in plain words" if emails else "without e-mail addresses"
    click.echo(make_printable(f"{out}: {done.messages} messages, {addresses}{held}"))


def _show(report: ImportReport) -> None:
    language = system_language()
    click.echo(
        f"{report.read} messages read: {report.added} added, {report.changed} changed, {report.same} as they were, "
        f"{report.left.total()} left out"
    )
    for code in sorted(report.counts, key=lambda code: (["loss", "change", "info"].index(severity(code)), code)):
        issues = [issue for issue in report.issues if issue.code == code]
        places = [f"{issue.place} {issue.detail}".strip() for issue in issues[:_SHOWN_PLACES] if issue.place]
        more = f" … {report.counts[code] - len(places)} more" if places and report.counts[code] > len(places) else ""
        where = make_printable(f": {', '.join(places)}{more}") if places else ""
        click.echo(f"{severity(code)} {code} ({report.counts[code]}): {sentence(code, language)}{where}")


def _as_json(report: ImportReport) -> bytes:
    account = {name: getattr(report, name) for name in ("read", "added", "changed", "same")}
    content = {
        **account,
        "left": dict(sorted(report.left.items())),
        "counts": dict(sorted(report.counts.items())),
        "issues": [
            {"code": issue.code, "severity": severity(issue.code), "place": issue.place, "detail": issue.detail}
            for issue in report.issues
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, err=True))
