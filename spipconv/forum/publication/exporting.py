"""Export: the pages of a base come in, the data files with their published messages are brought up to date in a site.

Only what has changed is written, each file aside and then in place of the old one. Files that no export and no
migration wrote, and those that were changed by hand since, stay as they are, and it is said.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import get_args

from msgspec import Struct

from spipconv.forum.publication.export_record import ExportRecord
from spipconv.forum.publication.feed_files import FeedFiles
from spipconv.forum.publication.migrated import BadSite, find_target, wrote_file
from spipconv.forum.records import Message, Page
from spipconv.forum.settings import Generator, read_settings
from spipconv.forum.store.store import Store
from spipconv.forum.threads import show_all
from spipconv.migration.output.folder import Folder
from spipconv.migration.output.manifest import MANIFEST_FOLDER
from spipconv.migration.target import TREES
from spipconv.migration.writers.comments import write_messages
from spipconv.printing import make_printable
from spipconv.safety import Templates
from spipconv.system.files import cannot_write, fingerprint
from spipconv.system.locks import Lock, acquire
from spipconv.version import VERSION

GENERATORS: tuple[Generator, ...] = get_args(Generator)


class Export(Struct):
    """What an export did: numbers of files, and the paths of those that were left, each with the reason.

    ``feeds`` is how many feeds were written or removed; the other numbers are those of data files.
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    feeds: int = 0
    left: list[str] = []

    @property
    def has_changes(self) -> bool:
        """Whether a file was written or removed."""
        return bool(self.written or self.removed or self.feeds)


class Exporter:
    """Exports to the folder of a site, as one generator reads it. Within a context, no other export writes there."""

    def __init__(self, site: Path, to: Generator | None = None, *, force: bool = False) -> None:
        """``to`` is the site's generator, None: that of its migration. ``force`` also replaces files changed by hand.

        Raises BadSite if the folder does not exist, or its generator is not known, CannotWrite if the record of earlier
        exports cannot be read.
        """
        if not site.is_dir():
            raise BadSite(make_printable(f"{site}: there is no such folder: name the folder of the site"))
        target = TREES.get(to or "") or (None if to else find_target(site))
        if to is None and (target is None or target.name not in GENERATORS):
            raise BadSite(make_printable(f"{site}: it is not known how the site is built: say it with --format"))
        self._folder = Folder(site)
        self._data = f"{target.data}/comments" if target else "comments"
        self._templates: Templates = target.templates if target else "escape"
        self._force = force
        self._lock: Lock | None = None
        try:
            self.record = ExportRecord(self._folder)
        except OSError as error:
            raise cannot_write(error.filename or self._folder.root, error) from error
        self._feeds = FeedFiles(self._folder, self.record, target, force=force)

    def __enter__(self) -> Exporter:
        """Raises BadSite if another export is writing there, CannotWrite if nothing can be."""
        path = f"{MANIFEST_FOLDER}/comments.lock"
        try:
            self._folder.make_parent(path)
            self._lock = acquire(Path(self._folder.place(path)))
        except OSError as error:
            raise cannot_write(self._folder.root, error) from error
        if self._lock is None:
            raise BadSite(make_printable(f"{self._folder.root}: another export is writing there: try again later"))
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.record.close()
        except OSError as error:
            raise cannot_write(self._folder.root, error) from error
        finally:
            if self._lock is not None:
                self._lock.release()

    def export(self, store: Store, pages: Iterable[Page] | None = None) -> Export:
        """Bring the files of pages up to date: of some, or of all, with those of pages that are no longer in the base.

        Raises CannotWrite; what is written then is whole, and the next export goes on.
        """
        export = Export()
        settings = read_settings(store)
        paths: set[str] = set()
        try:
            for page in store.pages.all() if pages is None else pages:
                paths |= {self._path(page.key), self._feeds.path(page)}
                messages = store.messages.of_page(page.id)
                source = self._digest(messages)
                self._put(page, messages, source, export)
                export.feeds += self._feeds.put(settings, page, messages, source, export.left)
            paths.add(self._feeds.path(None))
            export.feeds += self._feeds.put_site(settings, store, export.left)
            if pages is None:
                for path in self.record.paths():
                    if path not in paths:
                        self._remove(path, (), export)
        except OSError as error:
            raise cannot_write(self._folder.root, error) from error
        return export

    def _put(self, page: Page, messages: Sequence[Message], source: str, export: Export) -> None:
        path, numbers = self._path(page.key), [message.id for message in messages]
        present = self._folder.read(path)
        if not source:
            if present is not None:
                self._remove(path, numbers, export)
            return
        if (
            present is not None
            and source == self.record.source(path)
            and self.record.is_ours(path, fingerprint(present))
        ):
            export.unchanged += 1
            return
        content = write_messages(show_all(messages), self._templates)
        if present != content and present is not None and not self._is_replaced(path, present, numbers, export):
            return
        if self.record.write(path, source, content, present):
            export.written += 1
        else:
            export.unchanged += 1

    def _remove(self, path: str, numbers: Collection[int], export: Export) -> None:
        present = self._folder.read(path)
        if present is not None and not self._is_replaced(path, present, numbers, export):
            return
        export.removed += self.record.remove(path, present)

    def _is_replaced(self, path: str, present: bytes, numbers: Collection[int], export: Export) -> bool:
        """Return whether a file may be replaced: an export wrote it, or all of its messages are in the base."""
        if self._force or self.record.is_ours(path, fingerprint(present)):
            return True
        own = _numbers_in(present)
        is_changed = bool(self.record.source(path)) and not wrote_file(self._folder.root, path, fingerprint(present))
        if own is None or is_changed:
            reason = "it was changed by hand: move it away, or export with --force"
        elif missing := sorted(own - set(numbers)):
            reason = f"it has messages that the base lacks ({_list(missing)}): import them first"
        else:
            return True
        export.left.append(make_printable(f"{path}: {reason}"))
        return False

    def _path(self, key: str) -> str:
        return f"{self._data}/{key}.json"

    def _digest(self, messages: Sequence[Message]) -> str:
        """Return the digest of what a file is made from; empty if no message is published."""
        # Numbers and times that go back, as those of a base from a backup, mislead nobody who compares contents.
        content = repr([
            (message.id, message.parent, message.status, message.created, message.author, message.title, message.text,
             message.url, message.language)
            if message.status == "publie"
            else (message.id, message.parent, message.status)
            for message in messages
        ])  # fmt: skip
        if not any(message.status == "publie" for message in messages):
            return ""
        return fingerprint(f"{VERSION} {self._templates} {content}".encode("utf-8", "surrogatepass"))


def _numbers_in(content: bytes) -> set[int] | None:
    """Return the numbers of the messages in a data file, or None if it is no such file."""
    try:
        messages = json.loads(content)
        numbers = {message["id"] for message in messages}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return numbers if all(isinstance(number, int) for number in numbers) else None


def _list(numbers: Sequence[int]) -> str:
    names = [f"forum{number}" for number in numbers[:3]]
    return ", ".join(names) + (f" and {len(numbers) - 3} more" if len(numbers) > 3 else "")
