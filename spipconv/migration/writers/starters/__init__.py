"""The files with which a target can build its pages immediately: its settings and basic layouts.

A site comes in; the settings of its system, if it is in ``SETTINGS``, and the files in the folder with the system's
name go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from spipconv.migration.pages.page import Site
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree, TargetName
from spipconv.migration.writers.files import File
from spipconv.migration.writers.starters import eleventy, hugo, jekyll, mkdocs, pelican

SETTINGS: Mapping[TargetName, Callable[[Site, WorkingDatabase, MarkdownTree], File]] = {
    "hugo": hugo.write_settings,
    "jekyll": jekyll.write_settings,
    "pelican": pelican.write_settings,
    "eleventy": eleventy.write_settings,
    "mkdocs": mkdocs.write_settings,
}


def site_files(site: Site, database: WorkingDatabase, target: MarkdownTree) -> Iterator[File]:
    """Yield the files with which a target builds the site."""
    if target.name in SETTINGS:
        yield SETTINGS[target.name](site, database, target)
    folder = files(__package__) / "layouts" / target.name
    if folder.is_dir():
        yield from _files(folder, "")


def _files(folder: Traversable, above: str) -> Iterator[File]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, f"{above}{entry.name}/")
        else:
            yield File(above + entry.name, entry.read_bytes())
