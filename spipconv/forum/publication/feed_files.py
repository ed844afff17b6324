"""Feeds as files of a site: pages come in, their Atom files are brought up to date, so that the server may be off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from spipconv.forum.feeds import MOST_ENTRIES, Entry, choose_entries, read_entries, write_feed
from spipconv.forum.links import SITE_FEED_PATH, page_feed_path
from spipconv.forum.publication.export_record import ExportRecord
from spipconv.forum.records import Message, Page
from spipconv.forum.settings import ForumSettings
from spipconv.forum.store.store import Store
from spipconv.migration.output.folder import Folder
from spipconv.migration.target import TargetSystem
from spipconv.printing import make_printable
from spipconv.system.files import fingerprint
from spipconv.version import VERSION


class FeedFiles:
    """The feeds of a site's folder. Without the site's address (setting ``site``) there are none.

    ``target`` says which folder the site's generator copies as it is; ``force`` also replaces what others wrote.
    """

    def __init__(self, folder: Folder, record: ExportRecord, target: TargetSystem | None, *, force: bool) -> None:
        self._folder = folder
        self._record = record
        # Pictures are in the folder IMG of what is copied.
        self._static = target.images.removesuffix("IMG") if target else ""
        self._force = force

    def put(
        self, settings: ForumSettings, page: Page, messages: Sequence[Message], source: str, left: list[str]
    ) -> int:
        """Bring the feed of a page up to date; return 1 if its file was written or removed.

        ``messages`` are all of the page, ``source`` a digest of what is shown of them, or empty. A feed without
        messages is no file. One that somebody else wrote stays, and is added to ``left``. Raises OSError.
        """
        times = [message.changed for message in messages if message.status == "publie"][-MOST_ENTRIES:]
        state = [page.title, page.path, page.language, source, times] if source else []
        return self._put(settings, page, state, lambda: choose_entries(page, messages), left)

    def put_site(self, settings: ForumSettings, store: Store, left: list[str]) -> int:
        """Bring the feed of the site up to date; see ``put``."""
        entries = read_entries(store, None)
        state = [(entry.page.title, entry.page.path, entry.is_answer, entry.message) for entry in entries]
        return self._put(settings, None, state, lambda: entries, left)

    def _put(
        self, settings: ForumSettings, page: Page | None, state: Sequence[object], choose: Callable[[], list[Entry]],
        left: list[str],
    ) -> int:  # fmt: skip
        path = self.path(page)
        source = _digest(settings, state) if settings.site and state else ""
        present = self._folder.read(path)
        if present is None and not source:
            return 0
        is_ours = present is None or self._record.is_ours(path, fingerprint(present))
        if present is not None and is_ours and source and source == self._record.source(path):
            return 0
        if not is_ours and not self._force:
            left.append(make_printable(f"{path}: it was changed by hand: move it away, or export with --force"))
            return 0
        if not source:
            return int(self._record.remove(path, present))
        content = write_feed(settings, page, choose(), settings.site).content
        return int(self._record.write(path, source, content, present))

    def path(self, page: Page | None) -> str:
        """Return the path of a feed in the folder."""
        return self._static + (page_feed_path(page) if page else SITE_FEED_PATH).removeprefix("/")


def _digest(settings: ForumSettings, state: Sequence[object]) -> str:
    """Return the digest of what a feed is made from."""
    content = repr([VERSION, settings.site, settings.title, settings.language, settings.feed_host, state])
    return fingerprint(content.encode("utf-8", "surrogatepass"))
