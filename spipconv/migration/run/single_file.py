"""All pages in a single file, or in several of a bounded size, for targets that need that."""

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
    yield _heads(writer, database, img, keys)[0]
    yield from texts
    yield writer.tail()


class FilePart:
    """One of several files: its lines, and the size in bytes of those that were taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.size += _size(line)
            yield line


def split_file_parts(
    writer: SingleFile, database: WorkingDatabase, img: ImgFolder, keys: Callable[[], Iterator[PageKey]],
    texts: Iterable[str], most: int,
) -> Iterator[FilePart]:  # fmt: skip
    """Yield the files, each complete and of at most ``most`` bytes. All lines of a file must be taken before the next.

    A file with a single page may be larger, since the text of a page is never divided.
    """
    first, later = _heads(writer, database, img, keys)
    tail = writer.tail()
    # Pages that have no text of their own are in none.
    left = filter(None, texts)
    waiting = next(left, None)

    def lines(head: str) -> Iterator[str]:
        nonlocal waiting
        yield head
        size, count = _size(head) + _size(tail), 0
        while waiting is not None and (not count or size + _size(waiting) <= most):
            yield waiting
            size, count = size + _size(waiting), count + 1
            waiting = next(left, None)
        yield tail

    yield FilePart(lines(first))
    while waiting is not None:
        yield FilePart(lines(later))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _heads(
    writer: SingleFile, database: WorkingDatabase, img: ImgFolder, keys: Callable[[], Iterator[PageKey]]
) -> tuple[str, str]:
    content = Content(database, img, has_lists=False)

    def pages(kind: str, *, is_careful: bool) -> Iterator[Page]:
        for key in keys():
            if key[0] == kind:
                try:
                    page = content.make(*key).page
                    if is_careful:
                        writer.heads(content.site, [[page] if name == kind else [] for name in writer.head_kinds])
                except Exception as error:
                    if stops_the_run(error):
                        raise
                    # It is reported when its page is made.
                    continue
                yield page

    try:
        return writer.heads(content.site, [pages(kind, is_careful=False) for kind in writer.head_kinds])
    except Exception as error:
        if stops_the_run(error):
            raise
    # One of the pages cannot be written, so each is tried separately.
    return writer.heads(content.site, [pages(kind, is_careful=True) for kind in writer.head_kinds])
