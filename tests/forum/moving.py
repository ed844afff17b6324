"""Forums that messages are moved to, for tests: a base with pages, and one import after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="cryptography is not installed")

from spipconv.forum.keys import Keys
from spipconv.forum.moving.exporting import WholeExport, export_whole
from spipconv.forum.moving.formats import WholeFormat
from spipconv.forum.moving.importing import Importer
from spipconv.forum.moving.issues import ImportReport
from spipconv.forum.moving.sources import System, find_system, read_source
from spipconv.forum.opening import create_forum
from spipconv.forum.records import Message, Status
from spipconv.forum.store.base import open_base
from tests.hard_sites import Row, make_site

NOW = 1_800_000_000
ALL: tuple[Status, ...] = ("publie", "prop", "off", "spam")


class Moved:
    """A base in a folder, with pages of these keys, to which messages are moved."""

    def __init__(self, folder: Path, *keys: str, name: str = "forum.db") -> None:
        self.path, self._folder = folder / name, folder
        self.keys: Keys = create_forum(self.path)
        self.runs = 0
        self.add_pages(*keys)

    def add_pages(self, *keys: str) -> None:
        with open_base(self.path) as store:
            for key in keys:
                _, _, language = key.partition(".")
                store.pages.put(key, f"/{key}/", key.capitalize(), language or "fr")

    def take(self, source: Path | str, system: System | None = None, name: str = "", now: int = NOW) -> ImportReport:
        """Import a source; its account adds up."""
        system = system or find_system(str(source))
        self.runs += 1
        work = self._folder / f"{self.path.name}-work-{self.runs}"
        work.mkdir()
        with closing(Importer(self.path, self.keys, work, name or system, now)) as importer:
            report = importer.run(read_source(str(source), system, work, importer.staging.take_sender, importer.knows))
        assert report.is_balanced, report
        return report

    def take_rows(self, messages: Iterable[Row], **tables: Iterable[Row]) -> ImportReport:
        """Import the messages of a SPIP base with these rows."""
        return self.take(make_site(self._folder / "spip.sqlite", {"forum": messages, **tables}))

    def messages(self) -> dict[int, Message]:
        """Return all messages by their numbers."""
        with open_base(self.path, reads_only=True) as store:
            return {message.id: message for page in store.pages.all() for message in store.messages.of_page(page.id)}

    def page_keys(self) -> Mapping[int, str]:
        with open_base(self.path, reads_only=True) as store:
            return {page.id: page.key for page in store.pages.all()}

    def email(self, message: Message) -> str:
        return self.keys.open(message.email).decode() if message.email else ""

    def export(self, to: WholeFormat, statuses: tuple[Status, ...] = ("publie",), *, emails: bool = False) -> bytes:
        out = self._folder / f"export.{to}"
        done: WholeExport = export_whole(self.path, out, to, statuses, self.keys if emails else None)
        assert done.messages + done.left == len(self.messages())
        return out.read_bytes()

    def files(self) -> bytes:
        """Return all that is on the disk of the base."""
        return b"".join(path.read_bytes() for path in self._folder.glob(f"{self.path.name}*") if path.is_file())


def places(report: ImportReport, code: str) -> list[str]:
    """Return the places of the issues with a code."""
    return [issue.place for issue in report.issues if issue.code == code]
