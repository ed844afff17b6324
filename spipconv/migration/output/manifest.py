"""The record of earlier runs, so that a run can continue after a kill and never overwrites the user's changes.

``.spipconv/manifest.jsonl`` has one line per entry, sorted. During a run, each process appends its entries to a journal
next to it, each entry before its files are written; a line that a kill cut off is ignored. The next run adds the
journals that it finds to the manifest.

The output folder may come from elsewhere, so the manifest and the journals are not trusted: if a path in them leads out
of the folder, or spipconv did not write a line, they cannot be used.
"""

from __future__ import annotations

import fnmatch
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from spipconv.migration.output.folder import BadOutput, Folder, create, is_inside
from spipconv.migration.report.issues import Issue
from spipconv.system.files import replace_file, temporary_name, write_temporary

MANIFEST_FOLDER = ".spipconv"
# Size limit of a line, in bytes: the issues of one page. We never write a longer one.
LONGEST_LINE = 1 << 26
# Greater numbers would not fit into a report.
_GREATEST = 1 << 48
_MANIFEST = f"{MANIFEST_FOLDER}/manifest.jsonl"
_TEMPORARY = f"{MANIFEST_FOLDER}/{temporary_name('manifest.jsonl')}"
_JOURNAL = "journal-*.jsonl"


class Entry(Struct, frozen=True):
    """Something that was written: a page, a file, a table. ``source`` is the digest of everything it was made from.

    ``files`` are its files with their fingerprints. The other fields are its part of the report: its address, its
    issues, the number of words in its source and on its page, its messages, and the terms that are marked on it.
    """

    key: str
    source: str = ""
    page: str = ""
    files: dict[str, str] = {}
    # The key of the format.
    issues: tuple[Issue, ...] = msgspec.field(default=(), name="remarks")
    words: tuple[int, int] = (0, 0)
    messages: int = 0
    terms: tuple[str, ...] = ()


_Decoder = msgspec.json.Decoder(Entry)


class OutputManifest:
    """The entries of earlier runs, in a SQLite file ``store`` that lasts one run."""

    def __init__(self, store: Path) -> None:
        self._db = sqlite3.connect(store)

    @classmethod
    def load(cls, folder: Path, store: Path) -> OutputManifest:
        """Return the entries that earlier runs left in an output folder, if there are any.

        Raises BadOutput if they cannot be trusted or read.
        """
        manifest = cls(store)
        manifest._db.executescript(
            """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
            CREATE TABLE entries (key TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID;
            CREATE TABLE files (path TEXT, fingerprint TEXT, PRIMARY KEY (path, fingerprint)) WITHOUT ROWID;"""
        )
        try:
            for path in [_MANIFEST, *_journals(Folder(folder))]:
                for line, entry in _read(Folder(folder), path):
                    manifest._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (entry.key, line))
                    manifest._db.executemany("INSERT OR IGNORE INTO files VALUES (?, ?)", entry.files.items())
        except BaseException:
            manifest.close()
            raise
        manifest._db.commit()
        return manifest

    def find(self, key: str) -> Entry | None:
        """Return the last entry of a key."""
        row = self._db.execute("SELECT line FROM entries WHERE key = ?", (key,)).fetchone()
        return _Decoder.decode(row[0]) if row else None

    def is_ours(self, path: str, fingerprint: str) -> bool:
        """Return whether a run wrote, or was about to write, the current content of a file."""
        found = self._db.execute("SELECT 1 FROM files WHERE path = ? AND fingerprint = ?", (path, fingerprint))
        return found.fetchone() is not None

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Yield the last entries of all keys with this beginning."""
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
    """The entries of one process of this run; they are on the disk before their files."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = Folder(folder).append(f"{MANIFEST_FOLDER}/journal-{name}.jsonl")

    def append(self, entry: Entry) -> None:
        """Record what is about to be written. If that fails, nothing of it is left."""
        line = memoryview(msgspec.json.encode(entry) + b"\n")
        length = len(line)
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._file.seek(0, os.SEEK_END) - length + len(line))
            raise

    def close(self) -> None:
        self._file.close()


def settle(folder: Path, store: Path, earlier: OutputManifest | None = None) -> Iterator[tuple[str, str]]:
    """Merge the journals into one manifest, together with earlier entries if these are to stay.

    ``store`` is a SQLite file to work in. Yields the files (path, fingerprint) that no longer have an entry. Raises
    BadOutput like ``OutputManifest.load``.
    """
    place = Folder(folder)
    journals = _journals(place)
    if not journals:
        return
    db = sqlite3.connect(store)
    db.executescript(
        """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
        CREATE TABLE entries (key TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID;
        CREATE TABLE files (path TEXT PRIMARY KEY) WITHOUT ROWID;"""
    )
    known = OutputManifest.load(folder, store.with_suffix(".known")) if earlier is None else None
    if earlier is not None:
        db.executemany("INSERT INTO entries VALUES (?, ?)", earlier.lines())
    for path in journals:
        for line, entry in _read(place, path):
            db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (entry.key, line))
            db.executemany("INSERT OR IGNORE INTO files VALUES (?)", [(name,) for name in entry.files])
    if known is not None:
        for path_, fingerprint in known.files():
            if not db.execute("SELECT 1 FROM files WHERE path = ?", (path_,)).fetchone():
                yield path_, fingerprint
        known.close()
    temporary = place.place(_TEMPORARY)
    lines = (line + b"\n" for (line,) in db.execute("SELECT line FROM entries ORDER BY key"))
    write_temporary(temporary, lines, create)
    db.close()
    if _is_same(place, _MANIFEST, _TEMPORARY):
        os.unlink(temporary)
    else:
        replace_file(temporary, place.place(_MANIFEST))
    for path in journals:
        os.unlink(place.place(path))


def _journals(place: Folder) -> list[str]:
    try:
        return [
            f"{MANIFEST_FOLDER}/{name}" for name in place.names(MANIFEST_FOLDER) if fnmatch.fnmatchcase(name, _JOURNAL)
        ]
    except OSError as error:
        raise _bad(place, MANIFEST_FOLDER, error.strerror or str(error)) from error


def _is_same(place: Folder, path: str, other: str) -> bool:
    found, wanted = place.stat(path), place.stat(other)
    if found is None or wanted is None or found.st_size != wanted.st_size:
        return False
    with place.open(path) as one, place.open(other) as two:
        return all(chunk == two.read(len(chunk)) for chunk in iter(lambda: one.read(1 << 20), b""))


def _read(place: Folder, path: str) -> Iterator[tuple[bytes, Entry]]:
    """Yield the lines of a manifest or journal with their entries. Raises BadTarget."""
    try:
        with place.open(path) as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                if not line.endswith(b"\n"):
                    if path != _MANIFEST and len(line) < LONGEST_LINE:
                        # A kill cut the line off, before any of its files was written.
                        return
                    raise _bad(place, path, f"line {number} has no end")
                try:
                    entry = _Decoder.decode(line)
                except (msgspec.DecodeError, UnicodeError, RecursionError):
                    raise _bad(place, path, f"line {number} is not an entry") from None
                if error := _fault(entry):
                    raise _bad(place, path, f"line {number}: {error}")
                yield line[:-1], entry
    except FileNotFoundError:
        return
    except OSError as fault_:
        raise _bad(place, path, fault_.strerror or str(fault_)) from fault_


def _fault(entry: Entry) -> str:
    """Return what is wrong with an entry, or an empty text."""
    for path in entry.files:
        if not is_inside(path):
            return f"{path[:200]!r} leads out of the folder"
    numbers = [*entry.words, entry.messages]
    for issue in entry.issues:
        numbers += [issue.number, issue.line, issue.column]
    return "" if all(0 <= number < _GREATEST for number in numbers) else "it has a number that cannot be"


def _bad(place: Folder, path: str, error: str) -> BadOutput:
    return BadOutput(
        f"{place.root / path}: {error}; remove {place.root / MANIFEST_FOLDER} and run again with --force, or give"
        " another folder"
    )
