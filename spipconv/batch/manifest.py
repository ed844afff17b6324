"""The record of all outcomes, on the disk before the next one, so that the next run can continue after a kill.

The folder of the state contains ``manifest.jsonl``, the record of the last run that ended: a header, then one Outcome
per line. During a run it also contains journals, to which the run adds a line for every piece when its file is in
place. A line that a kill cut off is ignored.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from spipconv.batch.chunks import BadInput, Outcome
from spipconv.batch.places import find, is_remote, join, list_folder, open_file, remove
from spipconv.batch.work import write
from spipconv.system.files import CannotWrite, cannot_write
from spipconv.system.locks import Lock, acquire

# How often the journal is put where nothing can be added to a file.
_REMOTE_SECONDS = 10.0


class Header(Struct, frozen=True, omit_defaults=True):
    """What the manifest describes. ``output`` is the mark of the one file written; ``counts`` are the digests of the
    inputs whose pieces are all known, and how many these are.
    """

    is_complete: bool = False
    output: str = ""
    counts: dict[str, tuple[str, int]] = {}


class BatchManifest:
    """The outcomes of earlier runs and of this one, by key, in memory."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._lock_path = Path(folder, "lock")
        self.header = Header()
        self.outcomes: dict[str, Outcome] = {}
        self.is_unfinished = False
        self._journal: IO[bytes] | None = None
        self._lock: Lock | None = None
        self._temporary = ""
        self._lines: list[bytes] = []
        self._written_at = time.monotonic()

    @classmethod
    def load(cls, folder: str) -> BatchManifest:
        """Return the outcomes that earlier runs left in a folder, if there are any. Raises BadInput."""
        manifest = cls(folder)
        first, *rest = _read(join(folder, "manifest.jsonl")) or [b""]
        try:
            manifest.header = msgspec.json.decode(first, type=Header) if first else Header()
        except (msgspec.DecodeError, UnicodeDecodeError):
            rest = []
        manifest._add(rest)
        journals = manifest._journals()
        for path in journals:
            manifest._add(_read(path))
        manifest.is_unfinished = bool(journals) or bool(first and not manifest.header.is_complete)
        return manifest

    def forget(self) -> None:
        """Forget the earlier runs."""
        self.header, self.outcomes, self.is_unfinished = Header(), {}, False

    def open(self, temporary: str, *, again: bool = False) -> None:
        """Continue the journal, or begin it ``again``; ``temporary`` is a local folder for temporary files.

        Raises BadInput if another run is writing, CannotWrite.
        """
        self._temporary = temporary
        if is_remote(self.folder):
            if again:
                for path in self._journals():
                    remove(path)
            return
        try:
            self._lock = acquire(self._lock_path)
            if self._lock is None:
                raise BadInput(f"{self.folder}: another run is writing there")
            self._journal = open(join(self.folder, "journal.jsonl"), "ab", buffering=0)  # noqa: SIM115
            if again:
                self._journal.truncate(0)
            # A line that a kill cut off ends here.
            self._journal.write(b"\n")
        except NotImplementedError as error:
            raise CannotWrite(f"{self.folder}: {error}") from error
        except OSError as error:
            raise cannot_write(self.folder, error) from error

    def add(self, outcome: Outcome) -> None:
        """Record the outcome of a piece. Raises CannotWrite."""
        self.outcomes[outcome.key] = outcome
        line = msgspec.json.encode(outcome) + b"\n"
        if self._journal:
            try:
                if self._journal.write(line) != len(line):
                    # A disk that fills up takes a part without an error.
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                raise cannot_write(self.folder, error) from error
        else:
            self._lines.append(line)
            if time.monotonic() - self._written_at > _REMOTE_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Write the outcomes that are not yet in the journal. Raises CannotWrite."""
        if self._lines:
            write(b"".join(self._lines), join(self.folder, f"journal-{time.time_ns()}.jsonl"), self._temporary)
            self._lines = []
        self._written_at = time.monotonic()

    def settle(self, header: Header, keys: Iterable[str]) -> None:
        """End the run: write the outcomes with these keys, in order, and remove the journal. Raises CannotWrite."""
        lines = [msgspec.json.encode(header)]
        lines += [msgspec.json.encode(self.outcomes[key]) for key in keys if key in self.outcomes]
        write(b"\n".join([*lines, b""]), join(self.folder, "manifest.jsonl"), self._temporary)
        self._close_journal()
        for path in self._journals():
            remove(path)
        self._lines = []
        self.close()

    def close(self) -> None:
        """Leave the journal and the folder to the next run."""
        self._close_journal()
        if self._lock:
            if sys.platform == "win32":
                # Where a file that is open cannot be removed.
                self._lock.release()
            with contextlib.suppress(OSError):
                self._lock_path.unlink()
            self._lock.release()
            self._lock = None

    def _close_journal(self) -> None:
        if self._journal:
            self._journal.close()
            self._journal = None

    def _add(self, lines: list[bytes]) -> None:
        for line in lines:
            try:
                outcome = msgspec.json.decode(line, type=Outcome)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            self.outcomes[outcome.key] = outcome

    def _journals(self) -> list[str]:
        if not is_remote(self.folder):
            path = join(self.folder, "journal.jsonl")
            return [path] if find(path) else []
        if not find(self.folder):
            return []
        return [file.address for file in list_folder(self.folder) if "/journal-" in file.address]


def _read(path: str) -> list[bytes]:
    try:
        if not find(path):
            return []
        with open_file(path) as file:
            return file.read().splitlines()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}; remove it to forget the earlier runs") from error
