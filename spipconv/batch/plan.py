"""The plan of a run: the pieces of a job, and the chunks that are still to be converted after earlier runs."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator

from spipconv.batch.chunks import BadInput, Chunk, Outcome, Piece
from spipconv.batch.job import Job, piece_keys
from spipconv.batch.lines import GZIP_ERRORS, Range, cut_lines, unpack_lines
from spipconv.batch.manifest import BatchManifest
from spipconv.batch.places import find
from spipconv.batch.rows import cut_rows
from spipconv.batch.sources import InputFile
from spipconv.system.files import CannotWrite

# Small files share a task: a task costs a millisecond.
_GROUP_FILES = 64
_GROUP_BYTES = 256 << 10
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


class Plan:
    """The pieces of a job, which become known as ``chunks`` is read.

    ``keys`` are the keys of all pieces so far, in the order of the input; ``counts`` are the sources whose pieces are
    all known, with their digests and numbers of pieces; ``faults`` are inputs that cannot be read; ``skipped_bytes`` is
    how much of the input earlier runs have converted.
    """

    def __init__(self, job: Job, manifest: BatchManifest) -> None:
        self.keys: list[str] = []
        self.counts: dict[str, tuple[str, int]] = {}
        self.faults: list[str] = []
        self.skipped_bytes = 0
        self._job, self._manifest = job, manifest
        # The folder for unpacked lines, once the run has made it.
        self.unpacked_folder = ""
        # Whether the single output file is what this run would write; its parts are then not needed.
        self.is_joined = self._is_output_untouched()
        self.is_joined = self.is_joined and all(self.is_known(source) for source in job.sources)

    def is_known(self, source: InputFile) -> bool:
        """Return whether all pieces of a source of lines or rows are known to be done."""
        known, count = self._manifest.header.counts.get(source.key, ("", 0))
        digest = self._job.digest(source)
        return known == digest and all(self._is_done(key, digest) for key in piece_keys(source, count))

    def is_settled(self) -> bool:
        """Return whether an earlier run finished the same job, so that there is nothing to do."""
        job, header = self._job, self._manifest.header
        if not header.is_complete or (job.is_single_file and not self.is_joined):
            return False
        if job.kind != "files":
            return list(header.counts) == job.keys and all(self.is_known(source) for source in job.sources)
        return set(self._manifest.outcomes) == set(job.keys) and all(
            self._is_done(source.key, job.digest(source)) for source in job.sources
        )

    def note_settled(self) -> None:
        """Record the pieces of a job that is settled, without reading its input."""
        for _ in self.chunks():
            raise AssertionError("there is something to do after all")

    def count_tasks(self) -> int:
        """Return the number of tasks to do; a compressed file, which is not unpacked for this, counts as one."""
        if self._job.kind == "files":
            return sum(1 for _ in self._file_chunks())
        return sum(
            1 if self._is_to_unpack(source) else sum(1 for _ in self._source_chunks(source))
            for source in self._job.sources
        )

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks to convert. Raises CannotWrite if lines cannot be unpacked."""
        if self._job.kind == "files":
            yield from self._file_chunks()
        else:
            for source in self._job.sources:
                yield from self._source_chunks(source)

    def _source_chunks(self, source: InputFile) -> Iterator[Chunk]:
        digest = self._job.digest(source)
        if self.is_known(source):
            count = self._manifest.header.counts[source.key][1]
            self.keys += piece_keys(source, count)
            self.counts[source.key] = digest, count
            self.skipped_bytes += source.info.size
            return
        count = 0
        try:
            for range_ in self._cut(source, digest):
                key = f"{source.key}#{count:06d}"
                count += 1
                self.keys.append(key)
                if self._is_done(key, digest):
                    self.skipped_bytes += range_.weight
                    continue
                mark = source.info.mark if range_.address == source.info.address else ""
                piece = Piece(
                    key, range_.address, self._job.target(key), digest, mark, range_.first, range_.last, range_.weight
                )
                yield Chunk(self._job.kind, (piece,), self._job.folders.temporary)
        except CannotWrite:
            raise
        except (BadInput, *GZIP_ERRORS) as error:
            if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
                raise CannotWrite(f"{error.filename or self.unpacked_folder}: {error.strerror}") from error
            text, address = str(error), source.info.address
            self.faults.append(text if address in text else f"{address}: after {count} parts: {text}")
            return
        self.counts[source.key] = digest, count

    def _cut(self, source: InputFile, digest: str) -> Iterator[Range]:
        if self._job.kind == "rows":
            for number, weight in cut_rows(source.info, self._job.options.column):
                yield Range(source.info.address, number, 0, weight)
        elif _is_packed(source):
            done = frozenset(
                number for number, key in enumerate(self._earlier_keys(source)) if self._is_done(key, digest)
            )
            folder = tempfile.mkdtemp(dir=self.unpacked_folder)
            yield from unpack_lines(source.info, self._job.chunk_bytes, folder, done)
        else:
            yield from cut_lines(source.info, self._job.chunk_bytes)

    def _is_to_unpack(self, source: InputFile) -> bool:
        return self._job.kind == "lines" and _is_packed(source) and not self.is_known(source)

    def _earlier_keys(self, source: InputFile) -> list[str]:
        """Return the keys of a source up to the last one that an earlier run knew."""
        prefix = f"{source.key}#"
        numbers = [key[len(prefix) :] for key in self._manifest.outcomes if key.startswith(prefix)]
        return piece_keys(source, max((int(number) for number in numbers if number.isdecimal()), default=-1) + 1)

    def _file_chunks(self) -> Iterator[Chunk]:
        group: list[Piece] = []
        size = 0
        temporary = self._job.folders.temporary
        for source in self._job.sources:
            info, digest = source.info, self._job.digest(source)
            self.keys.append(source.key)
            if self._is_done(source.key, digest):
                self.skipped_bytes += info.size
                continue
            if group and (len(group) == _GROUP_FILES or size + info.size > _GROUP_BYTES):
                yield Chunk("files", tuple(group), temporary)
                group, size = [], 0
            group.append(Piece(source.key, info.address, self._job.target(source.key), digest, weight=info.size))
            size += info.size
        if group:
            yield Chunk("files", tuple(group), temporary)

    def _is_done(self, key: str, digest: str) -> bool:
        outcome = self._manifest.outcomes.get(key)
        if outcome is None or outcome.digest != digest or outcome.fault or outcome.stop:
            return False
        return self.is_joined or outcome.size < 0 or self._is_in_place(outcome)

    def _is_in_place(self, outcome: Outcome) -> bool:
        file = find(self._job.target(outcome.key))
        return file is not None and file.size == outcome.size

    def _is_output_untouched(self) -> bool:
        header = self._manifest.header
        if not (self._job.is_single_file and header.is_complete and header.output):
            return False
        file = find(self._job.output)
        return file is not None and file.mark == header.output and list(header.counts) == self._job.keys


def _is_packed(source: InputFile) -> bool:
    return source.info.address.lower().endswith(".gz")
