"""The publisher: it watches a base, exports what has changed, and runs the hook after a quiet time, one at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from spipconv.forum.clock import read_clock
from spipconv.forum.publication.exporting import Export, Exporter
from spipconv.forum.publication.hook import HookError, run_hook
from spipconv.forum.publication.migrated import BadSite
from spipconv.forum.records import Page
from spipconv.forum.settings import ForumSettings, Generator, read_settings
from spipconv.forum.store.base import Base
from spipconv.forum.store.errors import StoreError
from spipconv.forum.store.store import Store
from spipconv.printing import make_printable
from spipconv.system.files import CannotWrite
from spipconv.web.logs import LOG

# Seconds between two looks at the base, and after which changes that do not end are exported all the same.
_INTERVAL = 1.0
_LONGEST_WAIT = 30.0
# The hook runs after so many times the quiet time even if there is no quiet.
_MOST_PAUSES = 20
# What failed is tried again after so many seconds, twice as many each time.
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 3600.0
_NAME = ".publication"
_LONGEST_FAILURE = 1000


class Publication(Struct, frozen=True):
    """The last publication: when it ended, in seconds since 1970, and why it failed (empty: it did not)."""

    at: int
    failure: str = ""


def read_publication(store: Store) -> Publication | None:
    """Return the last publication of a base that a publisher has made; None: there was none."""
    value = store.settings.get(_NAME)
    return msgspec.json.decode(value, type=Publication) if value else None


class Publisher:
    """Publishes the messages of a base. The site's folder, its generator and the hook are in the settings, unless
    ``site``, ``to`` and ``hook`` say otherwise; ``clock`` gives seconds since 1970.

    Nothing that changed is lost: what could not be written is written later, and the site remembers that a hook must
    still run.
    """

    def __init__(
        self, base: Base, clock: Callable[[], int] = read_clock, *, site: Path | None = None,
        to: Generator | None = None, hook: str | None = None,
    ) -> None:  # fmt: skip
        self._base, self._clock = base, clock
        self._site, self._to, self._hook = site, to, hook
        # The revisions of pages at the last look, and at the last export; None: there was none.
        self._seen: dict[int, int] | None = None
        self._exported: dict[int, int] | None = None
        # By time.monotonic: since when there are changes to export; the first and the last export before the hook runs.
        self._dirty = self._first = self._last = 0.0
        self._folder: Path | None = None
        self._owed = ""
        self._again = 0.0
        self._pause = _FIRST_PAUSE
        self._stops = threading.Event()

    async def run(self) -> None:
        """Publish until it is cancelled; a hook that runs is ended then, and runs again at the next start."""
        while True:
            look = asyncio.ensure_future(asyncio.to_thread(self.look, time.monotonic()))
            try:
                await asyncio.shield(look)
            except asyncio.CancelledError:
                self._stops.set()
                await look
                raise
            await asyncio.sleep(_INTERVAL)

    def look(self, now: float) -> None:
        """Look at the base, and do what is due; ``now`` is time.monotonic. Failures are logged and tried again."""
        try:
            settings = self._base.query(read_settings).result()
            folder = self._site or (Path(settings.site_folder) if settings.site_folder else None)
            if folder is None:
                return
            if folder != self._folder:
                self._folder, self._exported = folder, None
            pages = self._base.query(lambda store: list(store.pages.all())).result()
            if self._is_due(pages, now):
                self._export(folder, settings, pages, now)
            if self._owed and self._is_quiet(settings, now):
                self._run_hook(folder, settings)
        except (BadSite, CannotWrite, HookError, StoreError) as error:
            self._again = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            if not self._stops.is_set():
                self._report(str(error))

    def _is_due(self, pages: list[Page], now: float) -> bool:
        revisions = {page.id: page.revision for page in pages}
        is_still, self._seen = revisions == self._seen, revisions
        if revisions == self._exported:
            self._dirty = 0.0
            return False
        self._dirty = self._dirty or now
        is_first = self._exported is None
        return now >= self._again and (is_first or is_still or now - self._dirty >= _LONGEST_WAIT)

    def _export(self, folder: Path, settings: ForumSettings, pages: list[Page], now: float) -> None:
        known = self._exported or {}
        changed = [page for page in pages if known.get(page.id) != page.revision]
        with Exporter(folder, self._to or settings.generator or None) as exporter:
            is_whole = self._exported is None or not known.keys() <= {page.id for page in pages}
            export = self._base.query(lambda store: exporter.export(store, None if is_whole else changed)).result()
            owed = exporter.record.hook_owed()
        self._exported = {page.id: page.revision for page in pages}
        self._dirty = 0.0
        if owed and (owed != self._owed or export.has_changes):
            self._first, self._last = (now if not self._owed else self._first), now
            self._owed = owed
        if export.has_changes or export.left:
            self._report(_describe(export))

    def _is_quiet(self, settings: ForumSettings, now: float) -> bool:
        pause = settings.hook_pause
        return now >= self._again and (now - self._last >= pause or now - self._first >= _MOST_PAUSES * pause)

    def _run_hook(self, folder: Path, settings: ForumSettings) -> None:
        hook = settings.hook if self._hook is None else self._hook
        if hook:
            run_hook(hook, folder, self._stops)
            LOG.info("the site was built")
        with Exporter(folder, self._to or settings.generator or None) as exporter:
            exporter.record.settle_hook(self._owed)
        self._owed, self._pause = "", _FIRST_PAUSE
        self._report("")

    def _report(self, failure: str) -> None:
        """Note the end of a publication in the base, and its failure in the log."""
        if failure:
            LOG.error("comments are not published: %s", failure)
        value = msgspec.json.encode(Publication(self._clock(), failure[:_LONGEST_FAILURE])).decode()
        try:
            self._base.submit(lambda store: store.settings.set(_NAME, value)).result()
        except StoreError as error:
            LOG.error("%s", error)


def _describe(export: Export) -> str:
    """Return what is left of an export, in one line; empty: nothing."""
    if not export.left:
        return ""
    more = f" (and {len(export.left) - 1} more)" if len(export.left) > 1 else ""
    return make_printable(export.left[0] + more)
