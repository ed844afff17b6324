"""The pages of a site, made by several processes if that saves time, and returned in order.

When a process dies, the objects it was working on are made again one at a time, so only the one that kills is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import cache
from itertools import islice
from typing import TypeVar

from spipconv.migration.output.output import Output
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.report import MigrationReport
from spipconv.migration.run.options import PageKey
from spipconv.migration.run.page_maker import MakerArguments, PageMaker, PageResult, fail_page
from spipconv.migration.run.workers import Workers, WorkersLost, spare_collector

# Pages that a worker makes at a time, and how many such portions wait for each worker.
_PORTION = 32
_AHEAD = 4
# With fewer pages than this, starting workers takes longer than they save.
_FEW = 400
# The same for pages of which only the issues are wanted, most of which are not parsed.
_FEW_DRY = 10_000
# The result for an object whose process died twice.
_KILLED = "the process that made it died"
_T = TypeVar("_T")


class PageQueue:
    """Has pages made. ``output`` keeps the raw texts of pages that fail; None: nothing is written."""

    def __init__(
        self, workers: Workers, arguments: MakerArguments, database: WorkingDatabase, output: Output | None
    ) -> None:
        self._workers, self._arguments, self._database, self._output = workers, arguments, database, output
        self._own_maker: PageMaker | None = None

    def close(self) -> None:
        """Close the files of this process."""
        if self._own_maker:
            self._own_maker.close()

    def results(self, keys: Iterator[PageKey], total: int, report: MigrationReport) -> Iterator[PageResult]:
        """Yield the results of pages in order; the issues of the redirect tables go into the report."""
        few = _FEW_DRY if self._arguments.options.dry_run else _FEW
        if total < few or not self._workers.are_there:
            maker = self._maker_here()
            report.add(*maker.write_redirects())
            while portion := list(islice(keys, _PORTION)):
                yield from maker.make_all(portion)
            return
        redirects_written = self._submitted(_write_redirects, self._arguments)
        yield from self._results_of_workers(keys)
        try:
            report.add(*self._awaited(redirects_written))
        except WorkersLost:
            if self._workers.renew():
                report.add(*self._awaited(self._submitted(_write_redirects, self._arguments)))
            else:
                report.add(*self._maker_here().write_redirects())

    def _results_of_workers(self, keys: Iterator[PageKey]) -> Iterator[PageResult]:
        most = self._workers.jobs * _AHEAD
        waiting: deque[tuple[list[PageKey], Future[list[PageResult]] | None]] = deque()
        while True:
            while len(waiting) < most and (portion := list(islice(keys, _PORTION))):
                waiting.append((portion, self._submitted(_make_portion, self._arguments, portion)))
            if not waiting:
                break
            portion, future = waiting.popleft()
            try:
                yield from self._awaited(future)
                continue
            except (WorkersLost, MemoryError):
                waiting.appendleft((portion, None))
            # Finished pages are kept. The rest is done again, one object at a time, because one of them is the cause.
            self._workers.renew()
            while waiting:
                portion, future = waiting.popleft()
                if future is not None and future.done() and not future.cancelled() and future.exception() is None:
                    yield from future.result()
                else:
                    yield from map(self._make_alone, portion)

    def _submitted(self, task: Callable[..., _T], *arguments: object) -> Future[_T] | None:
        try:
            return self._workers.submit(task, *arguments)
        except WorkersLost:
            return None

    def _awaited(self, future: Future[_T] | None) -> _T:
        if future is None:
            raise WorkersLost
        return self._workers.wait(future)

    def _make_alone(self, key: PageKey) -> PageResult:
        """Make a page while no other page is made, after a process has died."""
        if not self._workers.are_there:
            return self._maker_here().make(key)
        try:
            return self._awaited(self._submitted(_make_portion, self._arguments, [key]))[0]
        except (WorkersLost, MemoryError):
            self._workers.renew()
            return fail_page(self._database, self._output, key, _KILLED)

    def _maker_here(self) -> PageMaker:
        """Return the page maker of the main process."""
        if self._own_maker is None:
            self._own_maker = PageMaker(self._arguments)
        return self._own_maker


# ---- In a worker ----


@cache
def _maker(arguments: MakerArguments) -> PageMaker:
    """Return the page maker of this worker."""
    spare_collector()
    return PageMaker(arguments)


def _make_portion(arguments: MakerArguments, keys: Sequence[PageKey]) -> list[PageResult]:
    return list(_maker(arguments).make_all(keys))


def _write_redirects(arguments: MakerArguments) -> tuple[Issue, ...]:
    return _maker(arguments).write_redirects()
