"""Imports: what a reader finds in a source comes in, the messages are in the base, and the account goes out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from spipconv.forum.keys import Keys
from spipconv.forum.moving.incoming import Finding, Incoming, IncomingPage, Left
from spipconv.forum.moving.issues import ImportIssue, ImportReport
from spipconv.forum.moving.staging import Pages, Staged, Staging
from spipconv.forum.records import Message, Page
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store

# Others may write between the transactions of so many messages.
_AT_ONCE = 1_000
_DAY = 86_400


class Importer:
    """Imports the messages of one source into the base ``path``, again and again: only what is new or has changed.

    ``source`` is the name that tells messages of this source from others; ``now`` is the time in seconds.
    """

    def __init__(self, path: Path, keys: Keys, work: Path, source: str, now: int) -> None:
        self._path, self._source, self._now = path, source, now
        self.staging = Staging(work, keys)
        self.report = ImportReport()
        self._pages: list[IncomingPage] = []
        self._known = self._read_pages()

    def knows(self, key: str) -> bool:
        """Return whether a page is registered under a key, in any language."""
        return self._known.knows(key)

    def close(self) -> None:
        """Close the working files."""
        self.staging.close()

    def run(self, findings: Iterable[Finding]) -> ImportReport:
        """Import what is found; what was stored when it is stopped stays, and the next run goes on.

        Raises StoreError, and whatever reading raises: nothing is stored unless all was read.
        """
        for finding in findings:
            self._take(finding)
        self._add_pages()
        self._known = self._read_pages()
        pages = self._known.by_number
        for finding in self.staging.settle(self._known):
            self._note(finding)
        with open_base(self._path) as store:
            store.messages.reserve(self.staging.highest_number())
        messages = self.staging.messages()
        while batch := list(islice(messages, _AT_ONCE)):
            with open_base(self._path) as store:
                for message in batch:
                    self._store(store, message, pages[message.page])
        with open_base(self._path) as store:
            store.messages.settle_threads()
        return self.report

    def _read_pages(self) -> Pages:
        with open_base(self._path, reads_only=True) as store:
            return Pages(store.pages.all())

    def _take(self, finding: Finding) -> None:
        if isinstance(finding, Incoming):
            self.report.read += 1
            for remark in self.staging.add(finding):
                self._note(remark)
            if finding.created > self._now + _DAY:
                self._note(ImportIssue("date-future", finding.place))
        elif isinstance(finding, IncomingPage):
            self._pages.append(finding)
        else:
            if isinstance(finding, Left):
                self.report.read += finding.number
                self.staging.add_left(finding)
            self._note(finding)

    def _note(self, finding: Left | ImportIssue) -> None:
        if isinstance(finding, Left):
            self.report.leave(finding.reason, finding.place, finding.detail, finding.number)
        else:
            self.report.add(finding)

    def _add_pages(self) -> None:
        """Register the pages that an export brings and that are not there."""
        added = 0
        with open_base(self._path) as store:
            for page in self._pages:
                if store.pages.by_key(page.key) is None and store.pages.by_path(page.path) is None:
                    store.pages.put(page.key, page.path, page.title, page.language, is_open=page.is_open)
                    added += 1
        if added:
            self._note(ImportIssue("pages-added", "", str(added)))

    def _store(self, store: Store, staged: Staged, page: Page) -> None:
        source, key = staged.source or self._source, staged.source_key or staged.key
        present = store.messages.from_source(source, key)
        if present and present.created != staged.created and present.text != staged.text:
            self.staging.note_stored(staged.seq, 0)
            self.report.leave("contested", staged.place, f"forum{present.id}")
            return
        parent = store.messages.get(self.staging.stored(staged.parent)) if staged.parent else None
        if staged.parent and (parent is None or parent.page != page.id):
            self._note(ImportIssue("parent-missing", staged.place))
            parent = None
        is_taken = not present and staged.number > 0 and store.messages.get(staged.number) is not None
        # The feeds would show old messages as new ones; those that are deleted after a time are kept for as long.
        changed = staged.changed or (staged.created if staged.status == "publie" else self._now)
        stored, change = store.messages.put(
            Message(
                0 if is_taken else staged.number, page.id, parent.id if parent else 0, 0, staged.status, staged.author,
                staged.title, staged.text, staged.url, page.language, staged.created, changed, email=staged.email,
                email_digest=staged.email_digest, source=source, source_key=key,
            ),
            self._now,
        )  # fmt: skip
        self.staging.note_stored(staged.seq, 0 if change == "forgotten" else stored.id)
        self._count(staged, stored, change, is_taken)

    def _count(self, staged: Staged, stored: Message, change: str, is_taken: bool) -> None:
        report = self.report
        if change == "forgotten":
            report.leave("forgotten", staged.place)
            return
        if change == "added":
            report.added += 1
        elif change == "changed":
            report.changed += 1
            report.add(ImportIssue("message-changed", staged.place, f"forum{stored.id}"))
        else:
            report.same += 1
        if is_taken and change == "added":
            report.add(ImportIssue("number-taken", staged.place, f"forum{stored.id}"))
        if stored.status != staged.status:
            report.add(ImportIssue("status-kept", staged.place, f"{staged.status} – {stored.status}"))
