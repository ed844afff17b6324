"""Choose the module that writes the pages of a target: ``markdown_tree`` for a tree, one of ``SINGLE_FILES`` for one
file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from spipconv.migration.kinds import HOME
from spipconv.migration.pages.page import Page, Site
from spipconv.migration.target import MarkdownTree, TargetName, TargetSystem
from spipconv.migration.writers import json_lines, markdown_tree, wxr
from spipconv.migration.writers.files import File


class SingleFile(Struct, frozen=True):
    """How to write all pages into one file: its beginning, each page, its end.

    ``heads`` returns the beginning, and that of further files if the pages are in several. ``head_kinds`` are the kinds
    of pages that it needs, in the order of its sequence. ``has_place``: whether the file shows more of a page than its
    documents and logo; those in the beginning have a place.
    """

    item: Callable[[Page, Site], str]
    heads: Callable[[Site, Sequence[Iterable[Page]]], tuple[str, str]] = lambda site, pages: ("", "")
    tail: Callable[[], str] = lambda: ""
    head_kinds: tuple[str, ...] = ()
    has_place: Callable[[Page], bool] = lambda page: True


SINGLE_FILES: Mapping[TargetName, SingleFile] = {
    "wxr": SingleFile(
        item=wxr.item,
        heads=lambda site, pages: wxr.heads(site, *pages),
        tail=wxr.tail,
        head_kinds=("rubrique", "mot", "auteur"),
        has_place=wxr.has_item,
    ),
    "json": SingleFile(item=lambda page, site: json_lines.line(page)),
    "pandoc": SingleFile(item=lambda page, site: json_lines.line(page, for_pandoc=True)),
}


def write(page: Page, site: Site, target: TargetSystem) -> tuple[File, ...] | str:
    """Return the files of a page, its own first, or its part of the target's single file."""
    if isinstance(target, MarkdownTree):
        return markdown_tree.write_page(page, site, target)
    return SINGLE_FILES[target.name].item(page, site)


def has_place(page: Page, target: TargetSystem) -> bool:
    """Return whether a target has a place for a page."""
    writer = SINGLE_FILES.get(target.name)
    return writer is None or page.kind in (HOME.name, *writer.head_kinds) or writer.has_place(page)
