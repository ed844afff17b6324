"""The whole migration: a source comes in, the files of a target and a report go out."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from msgspec.structs import replace

from spipconv.extensions import check_transport
from spipconv.migration.output.folder import check_places
from spipconv.migration.plan.guessed_addresses import guess_addresses
from spipconv.migration.plan.old_paths import find_old_paths
from spipconv.migration.plan.plan import SitePlan
from spipconv.migration.plan.selection import select
from spipconv.migration.read.active_plugins import read_active_plugins
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_archive import find_images, images_in, unpack_images
from spipconv.migration.read.missing_tables import lacks_addresses
from spipconv.migration.read.prefixes import choose_prefix
from spipconv.migration.read.privacy import hide_emails
from spipconv.migration.read.sources import find_base, is_server, open_source, site_of
from spipconv.migration.read.spip_tables import SpipReader
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.report import MigrationReport
from spipconv.migration.run.counts import count_rows
from spipconv.migration.run.options import MigrationOptions, ShowProgress
from spipconv.migration.run.site_writer import SiteWriter
from spipconv.migration.run.workers import Workers
from spipconv.migration.run.workplace import working_folder
from spipconv.migration.site_keys import taken_names
from spipconv.plugins import check_plugins
from spipconv.system.files import CannotWrite

# Below this size of a database (in bytes), starting workers is expected to take longer than they save.
_SMALL = 4_000_000


def migrate(
    source: str,
    out: Path,
    options: MigrationOptions,
    *,
    ask_password: Callable[[], str] | None = None,
    progress: ShowProgress = lambda step, done, total: None,
) -> MigrationReport:
    """Migrate a SPIP site (a SQLite file, a dump, ``mysql://…``) into a folder and return the report.

    Raises BadSource, BadSelection, BadOutput or CannotWrite, each with a message of one line; only the last may leave
    anything behind. Raises ValueError for a plugin that is unknown, and for extensions that cannot be sent to worker
    processes.
    ``progress`` is called with the name of a step, the amount done, and the total (0: unknown).
    """
    # Loaded here too, they explain what they report.
    check_plugins(options.plugins)
    if options.jobs > 1:
        check_transport(options.extensions)
    source, images, found = _in_folder(source, options.img)
    options = replace(options, img=images)
    check_places(out, options.img, source)
    try:
        return _migrate(source, out, options, found, ask_password, progress)
    except CannotWrite:
        raise
    except (sqlite3.OperationalError, OSError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise CannotWrite(
            f"{tempfile.gettempdir()}: {reason}: the working files of a migration are there; make room, or name another"
            " folder as TMPDIR, and run again with --resume"
        ) from error


def _in_folder(source: str, img: Path | None) -> tuple[str, Path | None, list[Issue]]:
    """Return the base and IMG in the folder of a site, with an issue for each that names it; other sources as they
    are.
    """
    if img is not None and img.is_dir():
        img = images_in(img)
    if is_server(source) or not os.path.isdir(source):
        return source, img, []
    site = Path(source)
    base = find_base(site)
    found = [Issue("source-found", detail=str(base))]
    if img is None and (img := find_images(site_of(base, site))):
        found.append(Issue("source-found", detail=str(img)))
    return str(base), img, found


def _migrate(
    source: str, out: Path, options: MigrationOptions, found: list[Issue], ask_password: Callable[[], str] | None,
    progress: ShowProgress,
) -> MigrationReport:  # fmt: skip
    with ExitStack() as stack:
        work = stack.enter_context(working_folder())
        workers = stack.enter_context(closing(Workers(options.jobs)))
        report = MigrationReport()
        whole = stack.enter_context(ExitStack())
        # Closed with everything else, unless it is handed over.
        whole.callback(report.close)
        opened = open_source(source, ask_password, work)
        if _is_large(source) and not options.dry_run:
            workers.start()
        prefix, tables = choose_prefix(opened, options.prefix)
        report.add(*found)
        if options.img is not None and options.img.is_file():
            img, refused = unpack_images(options.img, work)
            options = replace(options, img=img)
            report.add(*refused)
        database = WorkingDatabase(work / "base.sqlite", is_new=True)
        with closing(database):
            reader = SpipReader(opened, database, prefix, tables)
            report.add(*reader.run(lambda rows: progress("read", rows, 0)))
            hide_emails(database)
            report.plugins = read_active_plugins(database)
            plan = SitePlan(
                database, options.now, options.selection.drafts, options.glossary_groups,
                taken_names(options.front_matter),
            )  # fmt: skip
            # Without a table of sections, all would be missing.
            issues = [issue for issue in plan.make() if "rubriques" in tables or issue.code != "section-missing"]
            report.add(*select(database, options.selection, issues))
            if lacks_addresses(tables):
                guess_addresses(database)
            report.add(*find_old_paths(database))
            count_rows(report, reader.rows, reader.left)
            with closing(SiteWriter(database, work, out, options, report, progress, workers)) as writer:
                writer.write()
        whole.pop_all()
        return report


def _is_large(source: str) -> bool:
    try:
        return os.path.getsize(source) > _SMALL
    except OSError:
        # For a server, the size is not known.
        return True
