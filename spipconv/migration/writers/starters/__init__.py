"""The files with which a target can build its pages immediately: its settings and its layouts.

A site comes in; the settings of its system, if it is in ``SETTINGS``, and the files in the folder with the system's
name go out, with the style sheet and the words of the theme, which are the same for all systems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from spipconv.glossary.assets import read_assets
from spipconv.languages import language_tag
from spipconv.migration.pages.page import Site
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree, TargetName
from spipconv.migration.writers.files import File
from spipconv.migration.writers.starters import eleventy, hugo, jekyll, mkdocs, pelican
from spipconv.migration.writers.starters.words import words_as_json, words_file

SETTINGS: Mapping[TargetName, Callable[[Site, WorkingDatabase, MarkdownTree], File]] = {
    "hugo": hugo.write_settings,
    "jekyll": jekyll.write_settings,
    "pelican": pelican.write_settings,
    "eleventy": eleventy.write_settings,
    "mkdocs": mkdocs.write_settings,
}
# The lists that no object of SPIP has a page for.
LISTS: Mapping[TargetName, Callable[[Site, MarkdownTree], Iterator[File]]] = {"jekyll": jekyll.write_lists}
# Where the style and the script of definitions are if a target has another theme than ours.
_OTHER_ASSETS: Mapping[TargetName, str] = {"mkdocs": "docs"}


def site_files(site: Site, database: WorkingDatabase, target: MarkdownTree) -> Iterator[File]:
    """Yield the files with which a target builds the site."""
    if target.name in SETTINGS:
        yield SETTINGS[target.name](site, database, target)
    if target.assets:
        yield from _files(files(__package__) / "theme", f"{target.assets}/")
    if place := target.assets or _OTHER_ASSETS.get(target.name):
        for name, content in read_assets().items():
            yield File(f"{place}/{name}", content)
    if target.words:
        for language in site.languages:
            path = target.words.format(language=language_tag(language))
            yield File(path, words_as_json(language) if path.endswith(".json") else words_file(language))
    if target.name in LISTS:
        yield from LISTS[target.name](site, target)
    folder = files(__package__) / "layouts" / target.name
    if folder.is_dir():
        yield from _files(folder, "")


def _files(folder: Traversable, above: str) -> Iterator[File]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        # pip compiles the modules that a layout has.
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files(entry, f"{above}{entry.name}/")
        else:
            yield File(above + entry.name, entry.read_bytes())
