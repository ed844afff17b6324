"""``spipconv comments pages`` and ``export``: the pages of the site, and its published messages as data of the site."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import IntegrityError

import click

from spipconv.commands.comments.base import base_argument
from spipconv.commands.errors import CommandError
from spipconv.forum.moving.formats import WHOLE_FORMATS, WholeFormat
from spipconv.forum.publication.exporting import GENERATORS, Exporter
from spipconv.forum.publication.hook import HookError, run_hook
from spipconv.forum.publication.migrated import BadSite, read_migrated, read_name
from spipconv.forum.publication.site_pages import Registration, SitePage, register, rename
from spipconv.forum.settings import Generator, SettingError, read_settings, write_setting
from spipconv.forum.store.base import Base, open_base
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable
from spipconv.system.files import CannotWrite


@click.command()
@base_argument
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.option(
    "--rename", "renamed", nargs=2, multiple=True, metavar="OLD NEW", help="Page at the path OLD is now at NEW."
)
@click.option("--open", "opened", multiple=True, metavar="KEY", help="Let a page accept messages (repeatable).")
@click.option("--close", "closed", multiple=True, metavar="KEY", help="Let a page accept no more (repeatable).")
def pages(
    base: Path, sites: tuple[str, ...], renamed: tuple[tuple[str, str], ...], opened: tuple[str, ...],
    closed: tuple[str, ...],
) -> None:  # fmt: skip
    """Register the pages of SITE in the base FILE, or list those that it has.

    SITE is the folder of a migrated site, or a site map: a file of the built site, or an address. Run it again whenever
    pages were added or moved: no page is registered twice, and none loses its messages.
    """
    try:
        contents = [(site, _read(site)) for site in sites]
    except BadSite as error:
        raise CommandError(str(error)) from error
    with open_base(base) as store:
        for old, new in renamed:
            _rename(store, old, new)
        for key, is_open in [*((key, True) for key in opened), *((key, False) for key in closed)]:
            page = store.pages.by_key(key)
            if page is None:
                raise CommandError(
                    f'{make_printable(key)}: no page is called so: "spipconv comments pages {base}" lists them'
                )
            store.pages.open(page.id, is_open)
        for site, site_pages in contents:
            if Path(site).is_dir():
                _name_site(store, Path(site))
            done = register(store, site_pages, read_settings(store).language)
            _tell(site, done)
            if done.unknown:
                click.echo(
                    f"{done.unknown} messages of the old site are not in {base} yet: import them before visitors write"
                    f' ("spipconv comments import {base} SOURCE"), so that they keep their numbers'
                )
            if Path(site).is_dir() and not read_settings(store).site_folder:
                write_setting(store, "site_folder", str(Path(site).absolute()))
                click.echo(f"Published messages go into {make_printable(site)} (setting site_folder)")
        if not (sites or renamed or opened or closed):
            _list(store, base)


def _read(site: str) -> list[SitePage]:
    from spipconv.forum.publication.sitemaps import read_sitemap

    pages = list(read_migrated(Path(site)) if Path(site).is_dir() else read_sitemap(site))
    if not pages:
        raise BadSite(f"{make_printable(site)}: none of its pages has a forum")
    return pages


def _list(store: Store, base: Path) -> None:
    pages = list(store.pages.all())
    if not pages:
        click.echo(f'there is no page yet: "spipconv comments pages {base} SITE" registers them', err=True)
    for page in pages:
        count = store.messages.counts(page.id)["publie"]
        state = "open" if page.is_open else "closed"
        click.echo(make_printable(f"{page.key}  {page.path}  {state}  {count} published"))


def _name_site(store: Store, site: Path) -> None:
    """Give the base the title and the language of a migrated site, unless somebody has set them."""
    title, language = read_name(site)
    for name, value in (("title", title), ("language", language)):
        if value and store.settings.get(name) is None:
            with suppress(SettingError):
                write_setting(store, name, value)


def _rename(store: Store, old: str, new: str) -> None:
    try:
        page = rename(store, old, new)
    except IntegrityError as error:
        raise CommandError(f"{make_printable(new)}: another page is there") from error
    if page is None:
        raise CommandError(f"{make_printable(old)}: no page of the base is there")
    click.echo(make_printable(f"{page.key} is at {new}"))


def _tell(site: str, done: Registration) -> None:
    for line in done.refused:
        click.echo(make_printable(line), err=True)
    left = f", {len(done.missing)} of the base not there any more" if done.missing else ""
    click.echo(
        f"{make_printable(site)}: {done.added} pages added, {done.changed} changed, {done.same} as they were{left}"
    )


@click.command()
@base_argument
@click.argument("site", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "to",
    type=click.Choice((*GENERATORS, *WHOLE_FORMATS)),
    help="What builds the site, or json for the files alone; jsonl and wxr: one file, SITE  [default: as migrated]",
)
@click.option("--hook", metavar="COMMAND", help="Command to run in SITE if files have changed: make site.")
@click.option("--watch", is_flag=True, help="Go on: write what changes, run the hook after a quiet time.")
@click.option("--force", is_flag=True, help="Also replace files that were edited by hand.")
@click.option("--unpublished", is_flag=True, help="With jsonl and wxr: also held and refused messages, and spam.")
@click.option("--emails", is_flag=True, help="With jsonl and wxr: also e-mail addresses, in plain words.")
def export(
    base: Path, site: Path | None, to: Generator | WholeFormat | None, hook: str | None, watch: bool, force: bool,
    unpublished: bool, emails: bool,
) -> None:  # fmt: skip
    """Write the published messages of the base FILE into the folder SITE, one file a page.

    Only what has changed is written; files of pages without messages are removed. SITE, its format and the hook are
    those of the settings, unless they are given. "spipconv serve --comments" does the same by itself, if the setting
    site_folder is set. The formats jsonl and wxr (WordPress) put the whole forum into one file, for another system.
    """
    match to:
        case "jsonl" | "wxr":
            if site is None:
                raise CommandError(f"name the file to write: spipconv comments export {base} FILE --format {to}")
            from spipconv.commands.comments.move import export_forum

            export_forum(base, site, to, unpublished=unpublished, emails=emails)
            return
    if unpublished or emails:
        raise CommandError("--unpublished and --emails are of the formats jsonl and wxr: a site shows neither")
    try:
        if watch:
            _watch(base, site, to, hook)
            return
        with open_base(base, reads_only=True) as store:
            settings = read_settings(store)
            folder = site or (Path(settings.site_folder) if settings.site_folder else None)
            if folder is None:
                raise CommandError("name the folder of the site, or set site_folder")
            with Exporter(folder, to or settings.generator or None, force=force) as exporter:
                done = exporter.export(store)
                mark = exporter.record.hook_owed()
        for line in done.left:
            click.echo(line, err=True)
        click.echo(f"{done.written} files written, {done.unchanged} unchanged, {done.removed} removed")
        command = settings.hook if hook is None else hook
        if mark and command:
            run_hook(command, folder)
        with Exporter(folder, to or settings.generator or None) as exporter:
            exporter.record.settle_hook(mark)
    except (BadSite, CannotWrite, HookError) as error:
        raise CommandError(str(error)) from error
    click.get_current_context().exit(1 if done.left else 0)


def _watch(base: Path, site: Path | None, to: Generator | None, hook: str | None) -> None:
    import asyncio

    from spipconv.forum.publication.publisher import Publisher

    with closing(Base(base)) as opened:
        if site is None and not opened.query(read_settings).result().site_folder:
            raise CommandError("name the folder of the site, or set site_folder")
        click.echo("Watching. Press Ctrl-C to stop")
        try:
            asyncio.run(Publisher(opened, site=site, to=to, hook=hook).run())
        except KeyboardInterrupt:
            click.echo("Stopped")
