"""The record of earlier exports to a site: by it, only what has changed is written, and no file of somebody else's.

``.spipconv/comments.jsonl`` has one line a page. During an export, each line is added before its file is written, so
that after a kill no file is unknown.
"""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO

import msgspec
from msgspec import Struct

from spipconv.migration.output.folder import Folder, create, make_parent
from spipconv.migration.output.manifest import MANIFEST_FOLDER
from spipconv.system.files import fingerprint, replace_file, temporary_name, write_file, write_temporary

_RECORD = f"{MANIFEST_FOLDER}/comments.jsonl"
_TEMPORARY = f"{MANIFEST_FOLDER}/{temporary_name('comments.jsonl')}"
_TEMPORARY_FILE = f"{MANIFEST_FOLDER}/{temporary_name('comments')}"
_HOOK = f"{MANIFEST_FOLDER}/comments-hook"
_LONGEST_LINE = 1 << 16


class ExportedFile(Struct, frozen=True):
    """A file that was written, or removed if ``content`` is empty.

    ``source`` is the digest of what it was made from, ``content`` its fingerprint.
    """

    path: str
    source: str
    content: str


_Decoder = msgspec.json.Decoder(ExportedFile)


class ExportRecord:
    """The files that exports have written to a site."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._last: dict[str, ExportedFile] = {}
        self._contents: set[tuple[str, str]] = set()
        self._journal: FileIO | None = None
        self._is_owed = False
        self._read()

    def source(self, path: str) -> str:
        """Return the digest of what a file was made from, or an empty string."""
        return self._last[path].source if path in self._last else ""

    def is_ours(self, path: str, content: str) -> bool:
        """Return whether an export wrote this content of a file, or was about to."""
        return (path, content) in self._contents

    def paths(self) -> list[str]:
        """Return the paths of all files."""
        return list(self._last)

    def write(self, path: str, source: str, content: bytes, present: bytes | None) -> bool:
        """Write a file made from what ``source`` is the digest of, unless its content is ``present``.

        Return whether it was written. Raises OSError.
        """
        if present != content:
            self._owe_hook()
        self._add(ExportedFile(path, source, fingerprint(content)))
        if present == content:
            return False
        place = self._folder.place(path)
        make_parent(place)
        # Beside the record: servers that watch the data never see a file that is not whole.
        write_file(place, content, temporary=self._folder.place(_TEMPORARY_FILE), create=create)
        return True

    def remove(self, path: str, present: bytes | None) -> bool:
        """Remove a file, if one is ``present``; return whether one was. Raises OSError."""
        if present is not None:
            self._owe_hook()
        self._add(ExportedFile(path, "", ""))
        if present is None:
            return False
        with suppress(FileNotFoundError):
            self._folder.remove(path)
        return True

    def _add(self, entry: ExportedFile) -> None:
        if self._last.get(entry.path) == entry:
            return
        if self._journal is None:
            self._journal = self._folder.append(_RECORD)
        line = memoryview(msgspec.json.encode(entry) + b"\n")
        while line:
            line = line[self._journal.write(line) :]
        self._note(entry)

    def close(self) -> None:
        """Write the record again, if anything was added. Raises OSError."""
        if self._journal is None:
            return
        self._journal.close()
        self._journal = None
        entries = sorted((entry for entry in self._last.values() if entry.content), key=lambda entry: entry.path)
        temporary = self._folder.place(_TEMPORARY)
        write_temporary(temporary, (msgspec.json.encode(entry) + b"\n" for entry in entries), create)
        replace_file(temporary, self._folder.place(_RECORD))

    def _owe_hook(self) -> None:
        """Remember, also after a kill, that the hook must run: files are about to be written. Raises OSError."""
        if not self._is_owed:
            write_file(self._folder.place(_HOOK), os.urandom(8).hex().encode())
            self._is_owed = True

    def hook_owed(self) -> str:
        """Return a mark of the last export for which the hook must still run; empty: for none. Raises OSError."""
        return (self._folder.read(_HOOK) or b"").decode("ascii", "replace")

    def settle_hook(self, mark: str) -> None:
        """Note that the hook has run since the export with a mark. Raises OSError."""
        if mark and self.hook_owed() == mark:
            os.unlink(self._folder.place(_HOOK))

    def _note(self, entry: ExportedFile) -> None:
        self._last[entry.path] = entry
        self._contents.add((entry.path, entry.content))

    def _read(self) -> None:
        try:
            with self._folder.open(_RECORD) as file:
                while line := file.readline(_LONGEST_LINE):
                    try:
                        self._note(_Decoder.decode(line))
                    except (msgspec.DecodeError, UnicodeError):
                        # A kill cut it off; any other line would only leave a file as it is.
                        continue
        except FileNotFoundError:
            return
