"""The further pages of a long list, for a system that cannot divide lists itself."""

from __future__ import annotations

from collections.abc import Iterator

from spipconv.languages import language_tag
from spipconv.migration.kinds import PAGE_KINDS, TEXTS
from spipconv.migration.pages.page import Page
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.migration.writers.yaml_text import write_yaml

# The texts on a page of a list; the themes for systems that divide lists themselves have the same number.
PAGE_SIZE = 20


def further_pages(page: Page, target: MarkdownTree) -> Iterator[File]:
    """Yield the files of the second and further pages of the list on a page.

    Their front matter says which list they continue: ``suite``, its address; ``numero``, from 2; ``total``, the number
    of pages. The theme fills them, so that the last page has whatever is added later.
    """
    if not target.more or not PAGE_KINDS[page.kind].divides or page.is_draft:
        return
    count = sum(below.kind in TEXTS or page.kind != "rubrique" for below in page.below)
    total = -(-count // PAGE_SIZE)
    for number in range(2, total + 1):
        header = write_yaml(
            {
                "layout": "list",
                "permalink": f"{page.address}page/{number}/",
                "lang": language_tag(page.language),
                "suite": page.address,
                "numero": number,
                "total": total,
            }
        )
        path = target.more.format(address=page.address, number=number).removeprefix("/")
        yield File(path, f"---\n{header}---\n".encode())
