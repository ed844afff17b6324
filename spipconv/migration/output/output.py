"""Write the output folder: files are written whole, and no file that its user changed is touched."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from spipconv.migration.output.copying import RUN_BY_TARGET, Copy, copy_file, place_for
from spipconv.migration.output.folder import Folder, create, is_link, make_parent, read_file
from spipconv.migration.output.manifest import Entry, Journal, OutputManifest
from spipconv.migration.target import StaticFiles
from spipconv.system.files import (
    CannotWrite,
    cannot_write,
    fingerprint,
    fingerprint_file,
    size_and_time,
    temporary_name,
    write_file,
)

# The fingerprint of a link or a folder, which no run writes.
_NOT_A_FILE = "?"


class Output:
    """An output folder. ``force`` also overwrites files that were changed since they were written.

    Methods that write return False if they left a file as its user changed it, and raise CannotWrite. A link counts as
    a change by the user and is never followed.
    """

    def __init__(self, folder: Path, manifest: OutputManifest, journal: Journal, *, force: bool = False) -> None:
        self._folder = Folder(folder)
        self._manifest, self._journal = manifest, journal
        self._force = force

    def close(self) -> None:
        """End the journal."""
        self._journal.close()

    def note(self, entry: Entry) -> None:
        """Record an entry."""
        try:
            self._journal.append(entry)
        except OSError as error:
            self._refuse("", error)

    def has(self, path: str, mark: str) -> bool:
        """Return whether a file exists with that fingerprint."""
        try:
            content = None if self._folder.is_link(path) else self._folder.read(path)
        except OSError:
            return False
        return content is not None and fingerprint(content) == mark

    def put(self, path: str, content: bytes, entry: Entry | None = None) -> bool:
        """Write a file, unless it is already there. ``entry`` is the entry to record."""
        self.note(entry or Entry(path, files={path: fingerprint(content)}))
        try:
            place = self._folder.place(path)
            if not make_parent(place):
                there = None if is_link(place) else read_file(place)
                if there == content:
                    return True
                mark = fingerprint(there) if there is not None else _NOT_A_FILE if is_link(place) else ""
                if mark and not self._is_replaced(path, mark):
                    return False
            _replace(place, content)
        except OSError as error:
            self._refuse(path, error)
        return True

    def put_file(self, path: str, content: Path) -> bool:
        """Write a large file from another file, like ``put``."""
        mark = fingerprint_of(content)
        self.note(Entry(path, files={path: mark}))
        try:
            there = self._fingerprint_there(path)
            if there == mark:
                return True
            if there and not self._is_replaced(path, there):
                return False
            place = self._folder.place(path)
            make_parent(place)
            _replace(place, _chunks(content))
        except OSError as error:
            self._refuse(path, error)
        return True

    def copy(self, source: Path, folder: str, name: str, static: StaticFiles) -> Copy | None:
        """Copy a file of the old site to its name in a folder, as a system needs it; None: the user's file is left."""
        place = place_for(name, static)
        if place is None:
            return RUN_BY_TARGET
        path, mark = f"{folder}/{place}", mark_of(source)
        try:
            there = self._mark_there(path)
            if there and there != mark and not self._is_replaced(path, there):
                return None
            self.note(Entry(path, files={path: mark}))
            self._folder.make_parent(path)
            copied = copy_file(source, Path(self._folder.place(path)), static)
            now = self._mark_there(path)
        except OSError as error:
            self._refuse(path, error)
        if copied.is_there and now != mark:
            self.note(Entry(path, files={path: now}))
        return copied

    def remove(self, path: str, mark: str) -> bool:
        """Remove a file that no page is written to any longer, unless it was changed; return whether it is gone."""
        try:
            there = self._fingerprint_there(path) if "-" not in mark else self._mark_there(path)
            if not there:
                return True
            if there != mark:
                return False
            self._folder.remove(path)
        except FileNotFoundError:
            return True
        except OSError:
            # A link on the way, or a missing permission: the file there is not ours to remove.
            return False
        return True

    def _is_replaced(self, path: str, mark: str) -> bool:
        return self._force or self._manifest.is_ours(path, mark)

    def _fingerprint_there(self, path: str) -> str:
        """Return the fingerprint of the file at a path, or an empty string if there is nothing."""
        found = self._folder.stat(path)
        if found is None or not stat.S_ISREG(found.st_mode):
            return _NOT_A_FILE if found else ""
        with self._folder.open(path) as file:
            return fingerprint_file(file)

    def _mark_there(self, path: str) -> str:
        found = self._folder.stat(path)
        if found is None:
            return ""
        return size_and_time(found) if stat.S_ISREG(found.st_mode) else _NOT_A_FILE

    def _refuse(self, path: str, error: OSError) -> NoReturn:
        """Raise CannotWrite for an error with a path."""
        if isinstance(error, CannotWrite):
            raise error
        raise cannot_write(error.filename if isinstance(error.filename, str) else self._folder.root / path, error)


def _replace(place: str, content: bytes | Iterable[bytes]) -> None:
    """Replace a file as a whole, so that there is never half a file."""
    folder, name = os.path.split(place)
    write_file(place, content, temporary=os.path.join(folder, temporary_name(name)), create=create)


def mark_of(path: Path) -> str:
    """Return the fingerprint of a file that may be large: its size and time; empty if it does not exist."""
    try:
        return size_and_time(path.stat())
    except OSError:
        return ""


def fingerprint_of(path: Path) -> str:
    """Return the fingerprint of the content of a file."""
    with open(path, "rb") as file:
        return fingerprint_file(file)


def _chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
