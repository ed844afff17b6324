"""All pages in a single file, for targets that need that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from spipconv.migration.pages.content import Content
from spipconv.migration.pages.page import Page
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.report.errors import stops_the_run
from spipconv.migration.run.options import PageKey
from spipconv.migration.writers.pages import SingleFile


def single_file_lines(
    writer: SingleFile, database: WorkingDatabase, img: ImgFolder, keys: Callable[[], Iterator[PageKey]],
    texts: Iterable[str],
) -> Iterator[str]:  # fmt: skip
    """Yield the parts of the file. ``keys`` are the keys of all pages, ``texts`` are the pages' parts of the file."""
    yield _head(writer, database, img, keys)
    yield from texts
    yield writer.tail()


def _head(writer: SingleFile, database: WorkingDatabase, img: ImgFolder, keys: Callable[[], Iterator[PageKey]]) -> str:
    content = Content(database, img, has_lists=False)

    def pages(kind: str, *, is_careful: bool) -> Iterator[Page]:
        for key in keys():
            if key[0] == kind:
                try:
                    page = content.make(*key).page
                    if is_careful:
                        writer.head(content.site, [[page] if name == kind else [] for name in writer.head_kinds])
                except Exception as error:
                    if stops_the_run(error):
                        raise
                    # It is reported when its page is made.
                    continue
                yield page

    try:
        return writer.head(content.site, [pages(kind, is_careful=False) for kind in writer.head_kinds])
    except Exception as error:
        if stops_the_run(error):
            raise
    # One of the pages cannot be written, so each is tried separately.
    return writer.head(content.site, [pages(kind, is_careful=True) for kind in writer.head_kinds])
