"""Every base at hand: old addresses on real servers, and no secret in any output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from filelock import FileLock

from spipconv.migration.kinds import KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.plan.old_addresses import site_root
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.prefixes import choose_prefix
from spipconv.migration.read.sources import open_source
from spipconv.migration.read.spip_tables import SpipReader
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TARGET_NAMES, TargetName
from tests.hard_sites import HARD, hard_site
from tests.migrations import NOW, SOURCES, folder_of_the_run, migrated
from tests.webservers import Server, running_apache, running_nginx

HARD_BASES = sorted(path.name.removesuffix(".gz") for path in HARD.glob("*.gz"))
DEMO = Path(__file__).parents[2] / "examples" / "demo" / "site.sql"
BASES = [*SOURCES, *HARD_BASES, "demo"]


@cache
def source_of(base: str) -> Path:
    if base in SOURCES:
        return SOURCES[base]
    if base == "demo":
        return DEMO
    folder = folder_of_the_run() / "hard"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / f"{base}.lock"):
        return folder / base if (folder / base).exists() else hard_site(base, folder)


def output_of(base: str, to: TargetName) -> Path:
    """Return the folder of a base that was migrated once in this run of the tests."""
    if base in SOURCES:
        return migrated(base, to).folder
    folder = folder_of_the_run() / f"migrated-{base}-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "report.json").exists():
            migrate(str(source_of(base)), folder, MigrationOptions(to, now=NOW)).close()
    return folder


ONCE: tuple[TargetName, ...] = ("hugo", "wxr", "json")
# Columns whose values belong to persons or open doors.
PERSONAL = frozenset(
    "email email_auteur ip login pass htpass alea_actuel alea_futur backup_cles cookie_oubli pgp".split()
)
Pages = Mapping[tuple[str, int], set[str]]


class Site(NamedTuple):
    """The old site: its root, and its rows of addresses (path, kind, number)."""

    root: str
    rows: list[tuple[str, str, int]]


def read_old_site(base: str, folder: Path) -> Site:
    """Read what the old site answered to, from its tables alone."""
    source = open_source(str(source_of(base)))
    prefix, tables = choose_prefix(source, "")
    with closing(WorkingDatabase(folder / "old.sqlite", is_new=True)) as database:
        for _ in SpipReader(source, database, prefix, tables).run(lambda rows: None):
            pass
        rows = database.db.execute("SELECT url, type, id_objet FROM urls WHERE segments = 1").fetchall()
        return Site(site_root(database), [tuple(row) for row in rows])


def numbered_addresses(pages: Pages) -> Iterator[tuple[str, str, int]]:
    """Yield addresses that only need an object's number, with its kind and number."""
    for kind, number in pages:
        if kind in OBJECT_KINDS and (record := OBJECT_KINDS[kind]).has_path:
            for form in ("spip.php?{0}{2}", "spip.php?page={0}&{1}={2}", "{0}{2}.html"):
                yield form.format(kind, record.key, number), kind, number


def shown_pages(base: str) -> Pages:
    """Return the addresses of the pages of each object that visitors of the new site see."""
    pages: dict[tuple[str, int], set[str]] = {}
    for line in (output_of(base, "json") / "objects.jsonl").read_text("utf-8").splitlines():
        page = json.loads(line)
        if not page["is_draft"] and not page["is_future"]:
            pages.setdefault((page["kind"], page["number"]), set()).add(page["address"])
    return pages


def follow(server: Server, address: str) -> tuple[int, str]:
    """Return how often an address redirects on this site, and the place where that ends: a page, or another site."""
    steps = 0
    while (answer := server.get(address)).status == 301:
        steps += 1
        address = answer.location
        if urlsplit(address).netloc or steps > 3:
            return steps, address
    assert answer.status in (200, 404), address
    return steps, answer.body if answer.status == 200 else ""


def check_old_addresses(site: Site, server: Server, pages: Pages) -> int:
    """Check that every old address of an object with a page redirects once, to a page; return their number."""
    checked = 0
    contested = {path.lower() for path, *_ in site.rows}
    for address, kind, number in numbered_addresses(pages):
        if address not in contested:
            steps, place = follow(server, f"{site.root}/{address}")
            assert steps == 1, (address, place)
            assert urlsplit(place).netloc or place in pages[kind, number], (address, place)
            checked += 1
    for path, kind, number in site.rows:
        name = KINDS_BY_TABLE[kind].name if kind in KINDS_BY_TABLE else kind
        if (name, number) in pages:
            steps, place = follow(server, f"{site.root}/{quote(path)}")
            # Where the new page, or another one, has the address itself, there is nothing to redirect but its end.
            assert steps <= 1, (path, place)
            assert place, path
            checked += 1
    return checked


@pytest.mark.server
@pytest.mark.parametrize("base", BASES)
def test_every_old_address_answers_with_one_redirect_to_a_page(base: str, tmp_path: Path) -> None:
    site = read_old_site(base, tmp_path)
    folder = output_of(base, "hugo")
    pages = shown_pages(base)
    files = {f"{address.strip('/')}/index.html".lstrip("/"): address for places in pages.values() for address in places}
    redirects = folder / "redirects"
    maps, lines = ((redirects / name).read_text("utf-8") for name in ("nginx-maps.conf", "nginx-server.conf"))
    with running_nginx(files, maps, lines) as server:
        checked = check_old_addresses(site, server, pages)
    assert checked >= len(pages)
    with running_apache(files, (redirects / "htaccess").read_text("utf-8")) as server:
        assert check_old_addresses(site, server, pages) == checked


def secrets_of(base: str) -> set[str]:
    """Return every value of the personal columns of a base."""
    values: set[str] = set()

    def choose(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(column for column in columns if column in PERSONAL)

    for _, row in open_source(str(source_of(base))).read(choose):
        values |= {value.decode("utf-8", "replace") for value in row if value and len(value) > 5}
    # A login may be a word of its author's public name.
    return {value for value in values if not value.isalpha()}


@pytest.mark.slow
@pytest.mark.parametrize("base", [*SOURCES, *HARD_BASES])
def test_no_secret_is_in_any_output(base: str) -> None:
    secrets = [value.encode() for value in secrets_of(base)]
    assert secrets or base in HARD_BASES
    # One tree and the single files are written from the same pages as the other trees.
    for to in TARGET_NAMES if base == "4.1" else ONCE:
        for path in output_of(base, to).rglob("*"):
            if path.is_file() and "IMG" not in path.parts:
                content = path.read_bytes()
                assert not [value for value in secrets if value in content], (base, to, path)
