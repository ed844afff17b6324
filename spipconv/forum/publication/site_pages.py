"""Pages that have a forum: what a migration, a built site or a site map says of them comes in, it is registered."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from spipconv.forum.records import Page
from spipconv.forum.store.store import Store


class SitePage(Struct, frozen=True):
    """A page of the site. ``path`` is its address, from ``/``; an empty ``title`` or ``language`` is not known.

    ``is_open``: it accepts messages; None: that is not known. ``messages`` is how many a migration has shown on it.
    """

    key: str
    path: str
    title: str = ""
    language: str = ""
    is_open: bool | None = None
    messages: int = 0


class Registration(Struct, frozen=True):
    """What became of pages: how many are new, have changed, are as they were, and those left out, each with a reason.

    ``missing`` are the keys of pages of the base that were not among them. ``unknown`` is how many migrated messages
    are on pages of which the base has none.
    """

    added: int
    changed: int
    same: int
    refused: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: int = 0


def register(store: Store, pages: Iterable[SitePage], language: str) -> Registration:
    """Register pages, or bring them up to date; ``language`` is that of pages that do not say theirs.

    A page keeps its key when its address changes. A page that is known by its address only keeps the key it has.
    """
    known = {page.key: page for page in store.pages.all()}
    keys = {page.path: page.key for page in known.values()}
    wanted: dict[str, SitePage] = {}
    refused: list[str] = []
    for page in pages:
        if not page.title and page.path in keys:
            # A site map knows no more than the address.
            wanted[keys[page.path]] = SitePage(keys[page.path], page.path)
        else:
            wanted[page.key] = page
    places: dict[str, str] = {}
    for key, page in list(wanted.items()):
        other = places.setdefault(page.path, key)
        owner = keys.get(page.path, key)
        if other != key or (owner != key and owner not in wanted):
            refused.append(f"{page.path}: it is the page {other if other != key else owner}; {key} is left out")
            del wanted[key]
    # Pages may have changed places with each other.
    for key, page in wanted.items():
        if key in known and known[key].path != page.path:
            _put(store, known[key], SitePage(key, f"?{key}"), language)
    counts = {"added": 0, "changed": 0, "same": 0, "unknown": 0}
    for key, page in wanted.items():
        before = known.get(key)
        after = _put(store, before, page, language)
        if page.messages and not any(store.messages.counts(after.id).values()):
            counts["unknown"] += page.messages
        counts["added" if before is None else "same" if before == after else "changed"] += 1
    return Registration(**counts, refused=tuple(refused), missing=tuple(key for key in known if key not in wanted))


def rename(store: Store, old: str, new: str) -> Page | None:
    """Give the page at an address another one; None: there is none. Raises sqlite3.IntegrityError if one is there."""
    page = store.pages.by_path(old)
    return page and store.pages.put(page.key, new, page.title, page.language)


def _put(store: Store, before: Page | None, page: SitePage, language: str) -> Page:
    title = page.title or (before.title if before else page.path)
    code = page.language or (before.language if before else language)
    return store.pages.put(page.key, page.path, title, code, is_open=page.is_open)
