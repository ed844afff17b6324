"""A run of a job: an engine converts what is still to be done, the manifest records it, and a report goes out."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from typing import Literal

from msgspec import Struct

from spipconv.batch.chunks import BadInput, Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.batch.job import Job
from spipconv.batch.manifest import BatchManifest, Header
from spipconv.batch.names import show
from spipconv.batch.places import find, is_folder, is_remote, read_blocks, remove
from spipconv.batch.plan import Plan
from spipconv.batch.report import Report, summarize
from spipconv.batch.work import convert_here, write_and_put
from spipconv.system.files import CannotWrite, cannot_write
from spipconv.system.processors import count_processors

Engine = Literal["process", "dask"]
CHUNK_BYTES = 4 << 20

_Outcomes = Generator[list[Outcome]]


class Progress(Struct, frozen=True):
    """The progress of a run: ``bytes`` of the input out of ``total``; ``texts`` and ``failed`` since it began."""

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
    """Convert ``input`` (a file, a folder, a pattern; text files, JSON lines or Parquet) into ``output``.

    ``workers`` is the number of processes, by default one per processor; 0 converts in this process. Output of an
    earlier run with the same input, options and version is kept; a run that did not finish is continued only with
    ``resume``; ``force`` converts everything again. ``stop`` is called between tasks; after it returns True or, with
    ``fail_fast``, after a text has failed, the tasks that have begun are finished and the run ends. ``notify`` gets
    messages about the machines: no processes, no Dask worker that answers.

    Raises BadInput, before anything is changed, if the input, the output or an option cannot be used.
    """
    try:
        run = Run(Job(input, output, options or Options(), chunk_bytes), resume=resume, force=force)
        if dry_run:
            return run.rehearse()
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else output
        raise BadInput(f"{place}: {error.strerror or error}") from error
    with contextlib.ExitStack() as stack:

        def start(chunks: Iterator[Chunk], stop: Callable[[], bool], notify: Callable[[str], None]) -> _Outcomes:
            options, count = run.job.options, _count_workers(run.job, workers)
            # Of the engines, only the one that runs is imported.
            if engine == "dask":
                from spipconv.batch.cluster import connect, convert_on_cluster

                client = stack.enter_context(connect(scheduler, count))
                return convert_on_cluster(client, chunks, options, stop, notify=notify)
            if count:
                from spipconv.batch.processes import convert_in_processes

                return convert_in_processes(chunks, options, count, stop, notify)
            return convert_here(chunks, options, stop)

        return run.convert(start, stop, progress, notify, fail_fast=fail_fast)


def _count_workers(job: Job, workers: int | None) -> int:
    if any(address.startswith("memory://") for address in (job.input, job.output)):
        # Another process would have another memory.
        return 0
    return count_processors() if workers is None else workers


class Run:
    """A run of a job. Raises BadInput if an earlier run did not finish, unless ``resume`` or ``force`` is set."""

    def __init__(self, job: Job, *, resume: bool, force: bool) -> None:
        self.job = job
        self._manifest = BatchManifest.load(job.folders.state)
        if self._manifest.is_unfinished and not (resume or force):
            raise BadInput(
                f"{job.output}: an earlier run did not finish; use --resume to continue it, or --force to start again"
            )
        self._earlier = set(self._manifest.outcomes)
        self._force = force
        if force:
            self._manifest.forget()
        self._plan = Plan(job, self._manifest)
        self._new: set[str] = set()
        self._texts = self._failed = self._converted_bytes = 0
        # Why the run ends before everything is done, and the lines about the machines.
        self._stopped = ""
        self._notices: list[str] = []

    def rehearse(self) -> Report:
        """Return a report of what is to be done; change nothing."""
        return self._report(0.0, self._plan.count_tasks())

    def convert(
        self,
        start: Callable[[Iterator[Chunk], Callable[[], bool], Callable[[str], None]], _Outcomes],
        stop: Callable[[], bool] | None,
        progress: Callable[[Progress], None] | None,
        notify: Callable[[str], None] | None,
        *,
        fail_fast: bool,
    ) -> Report:
        """Convert what is still to be done, then write the manifest and, if there is one, the single output file.

        ``start`` starts an engine; it is given the chunks, a function that says whether to stop, and a function that
        shows a line.
        """
        started = time.monotonic()
        if self._plan.is_settled():
            return self._keep()

        def is_to_stop() -> bool:
            return bool(self._stopped) or bool(stop and stop())

        def note(line: str) -> None:
            self._notices.append(show(line))
            if notify:
                notify(line)

        chunks = self._plan.chunks()
        # Before anything is changed, because the engine may not exist.
        done = start(chunks, is_to_stop, note)
        tasks = 0
        try:
            self._prepare()
            for outcomes in done:
                tasks += 1
                self._take(outcomes, fail_fast=fail_fast)
                if progress:
                    progress(self._progress(time.monotonic() - started))
        except CannotWrite as error:
            self._stop(str(error))
        except BaseException:
            self._manifest.close()
            raise
        finally:
            # The engine ends its processes: none of them writes once the manifest is settled.
            done.close()
        if not self._stopped and is_to_stop() and next(chunks, None) is not None:
            self._stop("interrupted")
        self._end()
        return self._report(time.monotonic() - started, tasks)

    def _keep(self) -> Report:
        """Return the report if nothing is to be done, so that no output is touched."""
        self._plan.note_settled()
        self._remove_leftovers()
        return self._report(0.0)

    def _stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason

    def _progress(self, seconds: float) -> Progress:
        done = self._plan.skipped_bytes + self._converted_bytes
        total = sum(source.info.size for source in self.job.sources)
        return Progress(self._texts, self._failed, done, total, seconds)

    def _prepare(self) -> None:
        """Begin the journal, which keeps other runs out, and make the working folders. Raises CannotWrite."""
        folders = self.job.folders
        try:
            if not is_remote(folders.state):
                os.makedirs(folders.state, exist_ok=True)
            self._manifest.open(folders.temporary, again=self._force)
            for folder in (folders.temporary, folders.unpacked):
                if folder:
                    remove(folder)
                    os.makedirs(folder)
            self._plan.unpacked_folder = folders.unpacked or tempfile.mkdtemp(prefix="spipconv-batch-")
        except OSError as error:
            raise cannot_write(folders.state, error) from error

    def _take(self, outcomes: list[Outcome], *, fail_fast: bool) -> None:
        """Record the outcomes of the pieces of a chunk."""
        for outcome in outcomes:
            self._texts += outcome.texts
            self._failed += outcome.failed
            if outcome.stop:
                self._stop(outcome.stop)
                continue
            self._manifest.add(outcome)
            self._new.add(outcome.key)
            self._converted_bytes += outcome.weight
        if fail_fast and any(outcome.failed or outcome.fault for outcome in outcomes):
            self._stop("a text failed")

    def _end(self) -> None:
        """Settle, whatever happens; the journal and the folder are left to the next run."""
        try:
            self._settle()
        except CannotWrite as error:
            self._stop(str(error))
        except OSError as error:
            self._stop(f"{error.filename or self.job.folders.state}: {error.strerror or error}")
        finally:
            self._manifest.close()

    def _settle(self) -> None:
        """Write the single output file, if that is wanted and possible, then the manifest, and clean up."""
        job, plan, temporary = self.job, self._plan, self.job.folders.temporary
        for folder in (temporary, plan.unpacked_folder):
            if folder:
                remove(folder)
        if temporary:
            os.makedirs(temporary, exist_ok=True)
        mark = self._manifest.header.output if plan.is_joined else ""
        has_faults = plan.faults or any(self._manifest.outcomes[key].fault for key in plan.keys if key in self._new)
        if job.is_single_file and not (self._stopped or has_faults or plan.is_joined):
            mark = self._join_parts()
        if not self._stopped:
            self._remove_stale()
        self._manifest.settle(Header(not self._stopped, mark, plan.counts), self._kept_keys())
        if job.is_single_file and mark:
            remove(job.folders.parts)
        if temporary:
            remove(temporary)

    def _remove_leftovers(self) -> None:
        """Remove the folders of a run that was killed after it wrote its manifest."""
        folders = self.job.folders
        if not self._manifest.is_unfinished:
            for folder in (folders.temporary, folders.unpacked, folders.parts if self.job.is_single_file else ""):
                if folder and is_folder(folder):
                    remove(folder)

    def _kept_keys(self) -> list[str]:
        keys = self._plan.keys
        if not self._stopped:
            return keys
        planned = set(keys)
        return keys + [key for key in self._manifest.outcomes if key not in planned]

    def _join_parts(self) -> str:
        """Join the parts into the single output file; return its mark. Raises CannotWrite."""
        parts = (self.job.target(key) for key in self._plan.keys)
        content = (block for part in parts for block in read_blocks(part))
        write_and_put(content, self.job.output, self.job.folders.temporary)
        file = find(self.job.output)
        return file.mark if file else ""

    def _remove_stale(self) -> None:
        """Remove parts that an earlier run made from an input that now has fewer."""
        if self.job.kind == "files":
            return
        for key in self._earlier - set(self._plan.keys):
            if key.rpartition("#")[0] in self._plan.counts:
                remove(self.job.target(key))

    def _report(self, seconds: float, tasks: int = 0) -> Report:
        job = self.job
        digests = frozenset(job.digest(source) for source in job.sources)
        outcomes = [self._manifest.outcomes[key] for key in self._plan.keys if key in self._manifest.outcomes]
        outcomes = [outcome for outcome in outcomes if outcome.key in self._new or outcome.digest in digests]
        report = Report(
            show(job.input), show(job.output), job.options.to, stopped=show(self._stopped), notices=self._notices,
            inputs=len(job.sources), tasks=tasks, seconds=round(seconds, 3),
            **summarize(outcomes, job.kind, self._new),
        )  # fmt: skip
        report.faults = [show(fault) for fault in self._plan.faults] + report.faults
        report.is_complete = not (self._stopped or report.faults)
        return report
