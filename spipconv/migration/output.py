"""The output folder: files are written aside and put in place, and none that its user changed is touched."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from spipconv.migration.files import CannotWrite, Copy, copy_file
from spipconv.migration.manifest import Entry, Journal, Manifest

_ASIDE = ".spipconv~"


def fingerprint(content: bytes) -> str:
    """Return what tells a content from all others."""
    return hashlib.sha256(content).hexdigest()[:32]


class Output:
    """An output folder. ``force`` overwrites also what was changed since it was written.

    What writes returns False where it left a file as its user changed it, and raises CannotWrite.
    """

    def __init__(self, folder: Path, manifest: Manifest, journal: Journal, *, force: bool = False) -> None:
        self.folder = folder
        self._manifest, self._journal = manifest, journal
        self._force = force

    def close(self) -> None:
        """End the journal."""
        self._journal.close()

    def note(self, entry: Entry) -> None:
        """Note that something is as an entry says."""
        try:
            self._journal.append(entry)
        except OSError as fault:
            raise CannotWrite(f"{self.folder}: {fault.strerror or fault}") from fault

    def put(self, path: str, content: bytes, entry: Entry | None = None) -> bool:
        """Write a file, unless it is there already. ``entry`` is what to note of it."""
        self.note(entry or Entry(path, files={path: fingerprint(content)}))
        target = self.folder / path
        try:
            there = None if _make_folder(target.parent) else _read(target)
            if there == content:
                return True
            if there is not None and not (self._force or self._manifest.is_ours(path, fingerprint(there))):
                return False
            replace_file(target, content)
        except OSError as fault:
            raise CannotWrite(f"{target}: {fault.strerror or fault}") from fault
        return True

    def put_file(self, path: str, content: Path) -> bool:
        """Write a large file from another one, as ``put`` does."""
        target = self.folder / path
        mark = fingerprint_of(content)
        self.note(Entry(path, files={path: mark}))
        there = fingerprint_of(target) if target.exists() else ""
        if there == mark:
            return True
        if there and not (self._force or self._manifest.is_ours(path, there)):
            return False
        aside = _aside(target)
        try:
            _make_folder(target.parent)
            shutil.copyfile(content, aside)
            os.replace(aside, target)
        except OSError as fault:
            aside.unlink(missing_ok=True)
            raise CannotWrite(f"{target}: {fault.strerror or fault}") from fault
        return True

    def copy(self, source: Path, path: str) -> Copy | None:
        """Copy a file of the old site; None: its user's is left in its place."""
        target = self.folder / path
        mark, there = mark_of(source), mark_of(target)
        if there and there != mark and not (self._force or self._manifest.is_ours(path, there)):
            return None
        self.note(Entry(path, files={path: mark}))
        copied = copy_file(source, target)
        now = mark_of(target)
        if copied.is_there and now != mark:
            self.note(Entry(path, files={path: now}))
        return copied

    def remove(self, path: str, mark: str) -> bool:
        """Remove a file that no page is written to any more, if it is as it was written; return whether it is gone."""
        target = self.folder / path
        try:
            is_ours = fingerprint(target.read_bytes()) == mark if "-" not in mark else mark_of(target) == mark
            if not is_ours:
                return not target.exists()
            target.unlink()
            for above in target.relative_to(self.folder).parents[:-1]:
                (self.folder / above).rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            # A folder that still holds something.
            return not target.exists()
        return True


def mark_of(path: Path) -> str:
    """Return the fingerprint of a file that may be large: its size and time; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def replace_file(target: Path, content: bytes) -> None:
    """Write a file aside and put it in its place, so that there is never half of it."""
    aside = _aside(target)
    try:
        with open(aside, "wb") as file:
            file.write(content)
        os.replace(aside, target)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def fingerprint_of(path: Path) -> str:
    """Return the fingerprint of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name[-200:]}{_ASIDE}")


def _make_folder(path: Path) -> bool:
    """Make a folder where there is none; return whether it is new."""
    try:
        path.mkdir()
    except FileExistsError:
        return False
    except FileNotFoundError:
        path.mkdir(parents=True, exist_ok=True)
    return True


def _read(path: Path) -> bytes | None:
    """Return a file's content, None where there is none: an empty file may be what its user made of it."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
