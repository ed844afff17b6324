"""A whole run: what is to be done, an engine that does it, and the account."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from hashlib import sha256
from typing import Literal

from msgspec import Struct

from spipconv.batch.chunks import BadInput, CannotWrite, Chunk, Kind, Outcome, Piece
from spipconv.batch.cluster import connect, convert_on_cluster
from spipconv.batch.converter import Options
from spipconv.batch.lines import GZIP_FAULTS, Range, check_lines, cut_lines, unpack_lines
from spipconv.batch.manifest import Header, Manifest
from spipconv.batch.names import show
from spipconv.batch.places import complete, fetch, find, is_folder, is_remote, join, put, remove
from spipconv.batch.processes import convert_here, convert_in_processes
from spipconv.batch.report import Report, tell
from spipconv.batch.rows import cut_rows
from spipconv.batch.sources import Source, find_sources, name_targets
from spipconv.objects import BadObjects, read_objects
from spipconv.settings import check_language, check_profile
from spipconv.system.processors import count_processors

Engine = Literal["process", "dask"]

STATE = ".spipconv-batch"
CHUNK_BYTES = 4 << 20
# Small files share a task: a task costs a millisecond.
_GROUP_FILES = 64
_GROUP_BYTES = 256 << 10
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
# Of a name, with what is put after it: no more than 255 on most systems.
_MOST_NAME_BYTES = 200


class Progress(Struct, frozen=True):
    """How far a run is. ``bytes`` of the input out of ``total``; ``texts`` and ``failed`` since it began."""

    texts: int
    failed: int
    bytes: int
    total: int
    seconds: float


def run_batch(
    input: str,
    output: str,
    options: Options | None = None,
    *,
    engine: Engine = "process",
    workers: int | None = None,
    scheduler: str = "",
    resume: bool = False,
    force: bool = False,
    fail_fast: bool = False,
    dry_run: bool = False,
    chunk_bytes: int = CHUNK_BYTES,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    notify: Callable[[str], None] | None = None,
) -> Report:
    """Convert what ``input`` names (a file, a folder, a pattern; text files, JSON lines or Parquet) into ``output``.

    ``workers`` is the number of processes, by default one a processor; 0: none but this one. What an earlier run
    converted from the same input, with the same options and version, is left as it is; one that did not finish is
    only gone on with if ``resume``; ``force`` converts all again. ``stop`` is asked between tasks; once it says so,
    or, with ``fail_fast``, once a text has failed, what is in hand is finished and the run ends. ``notify`` gets a
    line where there is something to say of the machines: no processes, no Dask worker that answers.

    Raises BadInput, before anything is changed, where the input, the output or an option is of no use.
    """
    try:
        run = _Run(input, output, options or Options(), chunk_bytes)
        run.load(resume=resume, force=force)
        if dry_run:
            return run.rehearse()
    except OSError as fault:
        place = fault.filename if isinstance(fault.filename, str) else output
        raise BadInput(f"{place}: {fault.strerror or fault}") from fault
    workers = count_processors() if workers is None else workers
    if any(address.startswith("memory://") for address in (run.input, run.output)):
        # Another process would look into another memory.
        workers = 0

    def is_to_stop() -> bool:
        return bool(run.stopped) or bool(stop and stop())

    def note(line: str) -> None:
        run.notices.append(show(line))
        if notify:
            notify(line)

    with contextlib.ExitStack() as stack:

        def begin(chunks: Iterator[Chunk]) -> Generator[list[Outcome]]:
            if engine == "dask":
                client = stack.enter_context(connect(scheduler, workers))
                return convert_on_cluster(client, chunks, run.options, is_to_stop, notify=note)
            if workers:
                return convert_in_processes(chunks, run.options, workers, is_to_stop, note)
            return convert_here(chunks, run.options, is_to_stop)

        return run.convert(begin, progress, is_to_stop, fail_fast=fail_fast)


class _Run:
    """What one run knows."""

    def __init__(self, input: str, output: str, options: Options, chunk_bytes: int) -> None:
        self.input, self.output, self.options = complete(input), complete(output), options
        self.stopped = ""
        self.notices: list[str] = []
        for what, value in (("INPUT", input), ("OUTPUT", output)):
            if "\0" in value:
                raise BadInput(f"{what}: {value!r} cannot be the name of a file")
        self._check_options()
        self._chunk_bytes = chunk_bytes
        self._kind: Kind
        self._kind, self._sources = find_sources(self.input, self.output)
        names = [source.key for source in self._sources]
        self._targets = dict(zip(names, name_targets(self._kind, self._sources, options.to, self.output), strict=True))
        is_file = self._kind == "lines" and not (self.output.endswith("/") or is_folder(self.output))
        if not is_file and find(self.output) is not None and not is_folder(self.output):
            raise BadInput(f"{self.output}: a file; a folder is wanted")
        self._is_file = is_file
        self._state = self.output + STATE if is_file else join(self.output, STATE)
        self._parts = join(self._state, "parts") if is_file else self.output
        self._suffix = (".jsonl.gz" if self.output.endswith(".gz") else ".jsonl") if is_file else ".jsonl"
        self._aside = "" if is_remote(self.output) else join(self._state, "aside")
        self._unpacked = "" if is_remote(self.output) else join(self._state, "unpacked")
        self._options_digest = options.digest()
        self._manifest = Manifest(self._state)
        self._is_joined = False
        self._keys: list[str] = []
        self._counts: dict[str, tuple[str, int]] = {}
        self._faults: list[str] = []
        self._new: set[str] = set()
        self._total = sum(source.found.size for source in self._sources)
        self._done_bytes = 0
        if len(self._sources) == 1:
            self._check_source(self._sources[0])

    def load(self, *, resume: bool, force: bool) -> None:
        """Read what earlier runs did. Raises BadInput where one did not finish and nobody says what to do."""
        self._manifest = Manifest.load(self._state)
        if self._manifest.is_unfinished and not (resume or force):
            raise BadInput(f"{self.output}: an earlier run did not finish: --resume goes on, --force begins anew")
        self._earlier = set(self._manifest.outcomes)
        self._force = force
        if force:
            self._manifest.forget()
        self._is_joined = self._find_joined()

    def rehearse(self) -> Report:
        """Return what there is to do; change nothing."""
        tasks = 0
        for source in self._sources:
            if self._kind == "lines" and source.found.address.endswith(".gz") and not self._is_known(source):
                tasks += 1
                self._sources = [one for one in self._sources if one is not source]
        tasks += sum(1 for _ in self._chunks())
        return self._report(0.0, tasks=tasks)

    def convert(
        self,
        begin: Callable[[Iterator[Chunk]], Generator[list[Outcome]]],
        progress: Callable[[Progress], None] | None,
        is_to_stop: Callable[[], bool],
        *,
        fail_fast: bool,
    ) -> Report:
        """Convert what is not yet, and write the manifest and, where there is one, the output's one file."""
        started = time.monotonic()
        texts = failed = tasks = 0
        chunks = self._chunks()
        if self._is_settled():
            # Nothing is to be done, so nothing is changed.
            for _ in chunks:
                raise AssertionError("there is something to do after all")
            return self._report(0.0)
        # Before anything is changed: there may be no such engine.
        done = begin(chunks)
        try:
            self._prepare()
            for outcomes in done:
                tasks += 1
                for outcome in outcomes:
                    self._take(outcome)
                    texts, failed = texts + outcome.texts, failed + outcome.failed
                if fail_fast and not self.stopped and any(one.failed or one.fault for one in outcomes):
                    self.stopped = "a text failed"
                if progress:
                    progress(Progress(texts, failed, self._done_bytes, self._total, time.monotonic() - started))
        except CannotWrite as fault:
            self.stopped = self.stopped or str(fault)
        except BaseException:
            self._manifest.close()
            raise
        finally:
            # The engine ends its processes: none of them writes once the account is made.
            done.close()
        if not self.stopped and is_to_stop() and next(chunks, None) is not None:
            self.stopped = "interrupted"
        try:
            self._settle()
        except CannotWrite as fault:
            self.stopped = self.stopped or str(fault)
        except OSError as fault:
            self.stopped = self.stopped or f"{fault.filename or self._state}: {fault.strerror or fault}"
        finally:
            self._manifest.close()
        return self._report(time.monotonic() - started, tasks)

    def _check_options(self) -> None:
        try:
            codecs.lookup(self.options.encoding)
            "a".encode(self.options.encoding)
        except (LookupError, ValueError):
            raise BadInput(
                f"--encoding: {self.options.encoding} is no encoding of texts (utf-8, latin-1, cp1252, …)"
            ) from None
        for name, value, check in (
            ("profile", self.options.profile, check_profile),
            ("lang", self.options.lang, check_language),
        ):
            try:
                check(value)
            except (TypeError, ValueError) as fault:
                raise BadInput(f"--{name}: {fault}") from fault
        if show(self.options.column) != self.options.column:
            raise BadInput(f"--column: {self.options.column} is not UTF-8")
        if self.options.objects:
            try:
                read_objects(self.options.objects)
            except BadObjects as fault:
                raise BadInput(f"--objects: {fault}") from fault

    def _check_source(self, source: Source) -> None:
        if self._kind == "rows":
            next(cut_rows(source.found, self.options.column), None)
        elif self._kind == "lines":
            check_lines(source.found)

    def _prepare(self) -> None:
        """Begin the journal, which keeps other runs out, and make the folders to work in."""
        try:
            if not is_remote(self._state):
                os.makedirs(self._state, exist_ok=True)
            self._manifest.open(self._aside, anew=self._force)
            for folder in (self._aside, self._unpacked):
                if folder:
                    remove(folder)
                    os.makedirs(folder)
            if not self._unpacked:
                self._unpacked = tempfile.mkdtemp(prefix="spipconv-batch-")
        except OSError as fault:
            raise CannotWrite(f"{self._state}: {fault.strerror or fault}") from fault

    # ---- what is to be done ----

    def _digest(self, source: Source) -> str:
        parts = [self._options_digest, source.found.mark]
        if self._kind == "lines":
            parts.append(str(self._chunk_bytes))
        return sha256("\n".join(parts).encode()).hexdigest()[:32]

    def _target(self, key: str, target: str) -> str:
        """Return where the file of a piece is written; ``target`` is its source's."""
        if self._kind == "files":
            return join(self.output, target)
        number = key.rpartition("#")[2]
        if self._is_file:
            target = _shorten(target)
        return join(self._parts, f"{target}-{number}{self._suffix if self._kind == 'lines' else '.parquet'}")

    def _is_done(self, key: str, digest: str, target: str) -> bool:
        outcome = self._manifest.outcomes.get(key)
        if outcome is None or outcome.digest != digest or outcome.fault or outcome.stop:
            return False
        if self._is_joined or outcome.size < 0:
            return True
        found = find(target)
        return found is not None and found.size == outcome.size

    def _find_joined(self) -> bool:
        """Return whether the one file of the output is what this run would write."""
        header = self._manifest.header
        if not (self._is_file and header.is_complete and header.output):
            return False
        found = find(self.output)
        if found is None or found.mark != header.output or list(header.counts) != [one.key for one in self._sources]:
            return False
        self._is_joined = True
        return all(self._is_known(source) for source in self._sources)

    def _is_known(self, source: Source) -> bool:
        """Return whether all pieces of a source of lines or rows are known to be done."""
        known, count = self._manifest.header.counts.get(source.key, ("", 0))
        digest, target = self._digest(source), self._targets[source.key]
        return known == digest and all(
            self._is_done(key, digest, self._target(key, target)) for key in _keys(source, count)
        )

    def _chunks(self) -> Iterator[Chunk]:
        """Yield what is to be done, and note what there is."""
        if self._kind == "files":
            yield from self._file_chunks()
            return
        for source in self._sources:
            digest, target = self._digest(source), self._targets[source.key]
            count = 0
            if self._is_known(source):
                count = self._manifest.header.counts[source.key][1]
                self._keys += _keys(source, count)
                self._counts[source.key] = digest, count
                self._done_bytes += source.found.size
                continue
            try:
                for range_ in self._cut(source, digest, target):
                    key = f"{source.key}#{count:06d}"
                    count += 1
                    self._keys.append(key)
                    place = self._target(key, target)
                    if self._is_done(key, digest, place):
                        self._done_bytes += range_.weight
                        continue
                    mark = source.found.mark if range_.address == source.found.address else ""
                    piece = Piece(key, range_.address, place, digest, mark, range_.first, range_.last, range_.weight)
                    yield Chunk(self._kind, (piece,), self._aside)
            except (BadInput, *GZIP_FAULTS) as fault:
                if isinstance(fault, OSError) and fault.errno in _OF_THE_DISK:
                    raise CannotWrite(f"{fault.filename or self._unpacked}: {fault.strerror}") from fault
                text = str(fault)
                self._faults.append(
                    text if source.found.address in text else f"{source.found.address}: after {count} parts: {text}"
                )
                continue
            self._counts[source.key] = digest, count

    def _cut(self, source: Source, digest: str, target: str) -> Iterator[Range]:
        if self._kind == "rows":
            for number, weight in cut_rows(source.found, self.options.column):
                yield Range(source.found.address, number, 0, weight)
        elif source.found.address.lower().endswith(".gz"):
            done = frozenset(
                number
                for number, key in enumerate(self._known_keys(source))
                if self._is_done(key, digest, self._target(key, target))
            )
            folder = tempfile.mkdtemp(dir=self._unpacked)
            yield from unpack_lines(source.found, self._chunk_bytes, folder, done)
        else:
            yield from cut_lines(source.found, self._chunk_bytes)

    def _known_keys(self, source: Source) -> Iterator[str]:
        """Yield the keys of a source up to the last one that an earlier run knew."""
        prefix = f"{source.key}#"
        numbers = [key[len(prefix) :] for key in self._manifest.outcomes if key.startswith(prefix)]
        yield from _keys(source, max((int(one) for one in numbers if one.isdecimal()), default=-1) + 1)

    def _file_chunks(self) -> Iterator[Chunk]:
        group: list[Piece] = []
        size = 0
        for source in self._sources:
            found = source.found
            digest, place = self._digest(source), self._target(source.key, self._targets[source.key])
            self._keys.append(source.key)
            if self._is_done(source.key, digest, place):
                self._done_bytes += found.size
                continue
            if group and (len(group) == _GROUP_FILES or size + found.size > _GROUP_BYTES):
                yield Chunk("files", tuple(group), self._aside)
                group, size = [], 0
            group.append(Piece(source.key, found.address, place, digest, weight=found.size))
            size += found.size
        if group:
            yield Chunk("files", tuple(group), self._aside)

    # ---- what was done ----

    def _take(self, outcome: Outcome) -> None:
        """Note what came of a piece."""
        if outcome.stop:
            self.stopped = self.stopped or outcome.stop
            return
        self._manifest.add(outcome)
        self._new.add(outcome.key)
        self._done_bytes += outcome.weight

    def _is_settled(self) -> bool:
        """Return whether an earlier run ended with the same account."""
        header = self._manifest.header
        names = [source.key for source in self._sources]
        if not header.is_complete or (self._is_file and not self._is_joined):
            return False
        if self._kind != "files":
            return list(header.counts) == names and all(self._is_known(source) for source in self._sources)
        return self._earlier == set(names) and all(
            self._is_done(source.key, self._digest(source), self._target(source.key, self._targets[source.key]))
            for source in self._sources
        )

    def _settle(self) -> None:
        """Write the one file of the output, if that is to be and can be, then the manifest, and clear up."""
        for folder in (self._aside, self._unpacked):
            if folder:
                remove(folder)
        if self._aside:
            os.makedirs(self._aside, exist_ok=True)
        mark = self._manifest.header.output if self._is_joined else ""
        has_faults = self._faults or any(self._manifest.outcomes[key].fault for key in self._keys if key in self._new)
        if self._is_file and not (self.stopped or has_faults or self._is_joined):
            mark = self._join_parts()
        if not self.stopped:
            self._remove_stale()
        self._manifest.settle(Header(not self.stopped, mark, self._counts), self._kept_keys())
        if self._is_file and mark:
            remove(self._parts)
        if self._aside:
            remove(self._aside)

    def _kept_keys(self) -> list[str]:
        if not self.stopped:
            return self._keys
        planned = set(self._keys)
        return self._keys + [key for key in self._manifest.outcomes if key not in planned]

    def _join_parts(self) -> str:
        path = f"{self._aside or tempfile.gettempdir()}/spipconv-{uuid.uuid4().hex}"
        try:
            with open(path, "wb") as file:
                for key in self._keys:
                    fetch(self._target(key, self._targets[key.rpartition("#")[0]]), file)
        except OSError as fault:
            remove(path)
            raise CannotWrite(f"{self.output}: {fault.strerror or fault}") from fault
        try:
            put(path, self.output)
        except CannotWrite:
            remove(path)
            raise
        found = find(self.output)
        return found.mark if found else ""

    def _remove_stale(self) -> None:
        """Remove parts that an earlier run made of an input that has fewer now."""
        if self._kind == "files":
            return
        for key in self._earlier - set(self._keys):
            name = key.rpartition("#")[0]
            if name in self._counts:
                remove(self._target(key, self._targets[name]))

    def _report(self, seconds: float, tasks: int = 0) -> Report:
        outcomes = [self._manifest.outcomes[key] for key in self._keys if key in self._manifest.outcomes]
        outcomes = [one for one in outcomes if one.key in self._new or one.digest in self._digests()]
        report = Report(
            show(self.input), show(self.output), self.options.to, stopped=show(self.stopped), notices=self.notices,
            inputs=len(self._sources), tasks=tasks, seconds=round(seconds, 3), **tell(outcomes, self._kind, self._new),
        )  # fmt: skip
        report.faults = [show(fault) for fault in self._faults] + report.faults
        report.is_complete = not (self.stopped or report.faults)
        return report

    def _digests(self) -> frozenset[str]:
        if not hasattr(self, "_known_digests"):
            self._known_digests = frozenset(self._digest(source) for source in self._sources)
        return self._known_digests


def _keys(source: Source, count: int) -> list[str]:
    return [f"{source.key}#{number:06d}" for number in range(count)]


def _shorten(name: str) -> str:
    """Return a path for parts that are joined later: its last name is not too long for what is put after it."""
    folder, slash, last = name.rpartition("/")
    content = os.fsencode(last)
    if len(content) <= _MOST_NAME_BYTES:
        return name
    return folder + slash + sha256(content).hexdigest()
