"""What earlier runs wrote, so that a run goes on where one was killed, and never overwrites what its user changed.

``.spipconv/manifest.jsonl`` has a line an entry, sorted. While a run lasts, each of its processes appends its
entries to a journal beside it, each entry before its files are written; a line that a kill cut off counts for
nothing. The next run takes what journals it finds into the manifest.
"""

from __future__ import annotations

import filecmp
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from spipconv.migration.report import Remark

FOLDER = ".spipconv"


class Entry(Struct, frozen=True):
    """One thing that was written: a page, a file, a table. ``source`` is the digest of all that it was made of.

    ``files`` are its files with their fingerprints. The others are its part of the report: its address, the remarks,
    how many words its sources had and it has, and its messages.
    """

    key: str
    source: str = ""
    page: str = ""
    files: dict[str, str] = {}
    remarks: tuple[Remark, ...] = ()
    words: tuple[int, int] = (0, 0)
    messages: int = 0


_Decoder = msgspec.json.Decoder(Entry)


class Manifest:
    """The entries of earlier runs in a SQLite file, ``store``, which lasts one run."""

    def __init__(self, store: Path) -> None:
        self._db = sqlite3.connect(store)

    @classmethod
    def load(cls, folder: Path, store: Path) -> Manifest:
        """Return what runs before this one left in an output folder, where there may be nothing."""
        manifest = cls(store)
        manifest._db.executescript(
            """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
            CREATE TABLE entries (key TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID;
            CREATE TABLE files (path TEXT, fingerprint TEXT, PRIMARY KEY (path, fingerprint)) WITHOUT ROWID;"""
        )
        for path in [folder / FOLDER / "manifest.jsonl", *_journals(folder)]:
            for line, entry in _read(path):
                manifest._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (entry.key, line))
                manifest._db.executemany("INSERT OR IGNORE INTO files VALUES (?, ?)", entry.files.items())
        manifest._db.commit()
        return manifest

    def find(self, key: str) -> Entry | None:
        """Return the last entry of a key."""
        row = self._db.execute("SELECT line FROM entries WHERE key = ?", (key,)).fetchone()
        return _Decoder.decode(row[0]) if row else None

    def is_ours(self, path: str, fingerprint: str) -> bool:
        """Tell whether a run wrote, or was about to write, a file as it is now."""
        found = self._db.execute("SELECT 1 FROM files WHERE path = ? AND fingerprint = ?", (path, fingerprint))
        return found.fetchone() is not None

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Yield the last entries of all keys that begin so."""
        for (line,) in self._db.execute(
            "SELECT line FROM entries WHERE substr(key, 1, ?) = ? ORDER BY key", (len(prefix), prefix)
        ):
            yield _Decoder.decode(line)

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield all files that were written, with their fingerprints."""
        yield from self._db.execute("SELECT path, fingerprint FROM files ORDER BY path, fingerprint")

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Yield the keys of all entries with their lines."""
        yield from self._db.execute("SELECT key, line FROM entries")

    def close(self) -> None:
        self._db.close()


class Journal:
    """The entries of one process of this run, on the disk before their files are."""

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / FOLDER / f"journal-{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115

    def append(self, entry: Entry) -> None:
        """Note what is about to be written."""
        self._file.write(msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        self._file.close()


def settle(folder: Path, store: Path, earlier: Manifest | None = None) -> Iterator[tuple[str, str]]:
    """Make one manifest of the journals, and of earlier entries if these are to stay.

    ``store`` is a SQLite file to work in. Yields the files (path, fingerprint) that no entry has any more.
    """
    journals = _journals(folder)
    if not journals:
        return
    db = sqlite3.connect(store)
    db.executescript(
        """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
        CREATE TABLE entries (key TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID;
        CREATE TABLE files (path TEXT PRIMARY KEY) WITHOUT ROWID;"""
    )
    known = Manifest.load(folder, store.with_suffix(".known")) if earlier is None else None
    if earlier is not None:
        db.executemany("INSERT INTO entries VALUES (?, ?)", earlier.lines())
    for path in journals:
        for line, entry in _read(path):
            db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (entry.key, line))
            db.executemany("INSERT OR IGNORE INTO files VALUES (?)", [(name,) for name in entry.files])
    if known is not None:
        for path_, fingerprint in known.files():
            if not db.execute("SELECT 1 FROM files WHERE path = ?", (path_,)).fetchone():
                yield path_, fingerprint
        known.close()
    final = folder / FOLDER / "manifest.jsonl"
    aside = final.with_suffix(".jsonl~")
    with open(aside, "wb") as file:
        for (line,) in db.execute("SELECT line FROM entries ORDER BY key"):
            file.write(line + b"\n")
    db.close()
    if final.exists() and filecmp.cmp(final, aside, shallow=False):
        aside.unlink()
    else:
        os.replace(aside, final)
    for path in journals:
        path.unlink()


def _journals(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("journal-*.jsonl"))


def _read(path: Path) -> Iterator[tuple[bytes, Entry]]:
    try:
        file = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        return
    with file:
        for line in file:
            try:
                yield line.rstrip(b"\n"), _Decoder.decode(line)
            except msgspec.DecodeError:
                continue
