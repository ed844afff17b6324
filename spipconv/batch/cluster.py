"""The engine of many machines: Dask, on a cluster that exists or on a small one made here.

Only chunks and outcomes travel through the scheduler. A Dask worker has a child process of its own convert, because
timers need a main thread and a text may kill; the walk through a chunk on which a child died is done there as well.

Everything may die at any moment: a worker with a result that it has just announced, the scheduler, all of them. So
every wait is bounded, a task whose result does not come is submitted again, and a cluster on which nobody answers
for long ends the run. A task that is done twice writes the same bytes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from msgspec import Struct

from spipconv.batch.child import Child, Died, walk
from spipconv.batch.chunks import BadInput, CannotWrite, Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.version import VERSION

# One is converted, the others wait on the worker: the scheduler's answer takes milliseconds.
_TASKS_PER_THREAD = 3
_CONNECT_SECONDS = 20
_ANSWER_SECONDS = 10
_WAIT_SECONDS = 0.5
# How often the cluster is looked at: how many threads it has, which workers it has heard of.
_LOOK_SECONDS = 5
# How long nobody may answer before the user is told, and before the run ends.
_SILENCE_SECONDS = 20
_ABANDON_SECONDS = 180
# A worker here that says nothing for so long is taken for dead; Dask's own limit is five minutes.
_WORKER_SECONDS = 60
# How long a task whose result was lost is left to Dask, which begins it again itself, and how often it is submitted.
_LOST_SECONDS = 5
_MOST_TRIES = 4
_CLOSE_SECONDS = 20

_local = threading.local()


class _Task(Struct):
    """A chunk on its way. ``lost_at`` is when its result was first missed, 0 while it is not."""

    chunk: Chunk
    future: Any
    tries: int = 1
    lost_at: float = 0.0


@contextlib.contextmanager
def connect(scheduler: str, workers: int) -> Iterator[Any]:
    """Give a client of the cluster at a scheduler's address, or of a local one of so many workers.

    Raises BadInput where there is no such cluster, or its workers have another version of spipconv.
    """
    try:
        import dask
        import distributed as library
    except ImportError:
        raise BadInput('the engine dask needs distributed: pip install "spipconv[dask]"') from None
    distributed: Any = library
    cluster = client = None
    try:
        try:
            if scheduler:
                client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS)
            else:
                limits = {"distributed.scheduler.worker-ttl": f"{_WORKER_SECONDS}s"}
                with _deaf_to_interrupts(), dask.config.set(limits):
                    cluster = distributed.LocalCluster(
                        n_workers=max(1, workers), threads_per_worker=1, dashboard_address="127.0.0.1:0",
                        silence_logs=50,
                    )  # fmt: skip
                    client = distributed.Client(cluster, timeout=_CONNECT_SECONDS)
        except (OSError, ValueError) as fault:
            raise BadInput(f"--scheduler {scheduler}: no Dask scheduler answers: {fault}") from fault
        for worker, version in _read_versions(client, scheduler).items():
            if version != VERSION:
                raise BadInput(f"{worker}: spipconv {VERSION} is to be installed on the workers; there: {version}")
        yield client
    finally:
        _close(client, cluster)


def convert_on_cluster(
    client: Any,
    chunks: Iterator[Chunk],
    options: Options,
    stop: Callable[[], bool],
    task: Callable[[Chunk, Options], list[Outcome]] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Generator[list[Outcome]]:
    """Convert chunks on a cluster; yield what came of them, in any order.

    A chunk whose worker was lost is begun again on another; one that took several workers with it (KilledWorker), or
    whose result is lost again and again, is walked through on this machine. Once ``stop`` says so no chunk is begun,
    and those in hand are finished. ``task`` is what a worker does. ``notify`` gets a line when nobody answers.
    Raises CannotWrite where nobody does for long.
    """
    import distributed as library

    distributed: Any = library
    tasks: dict[str, _Task] = {}
    health = _Health(client, notify)

    def submit(chunk: Chunk, tries: int = 1) -> None:
        try:
            future = client.submit(task or convert_with_child, chunk, options, pure=False)
        except Exception as fault:
            raise CannotWrite(f"Dask: the scheduler takes no more tasks: {fault}") from fault
        tasks[future.key] = _Task(chunk, future, tries)

    while True:
        # Workers come and go: what is in flight follows them.
        window = _TASKS_PER_THREAD * max(1, health.threads)
        while len(tasks) < window and not stop() and (chunk := next(chunks, None)) is not None:
            submit(chunk)
        if not tasks:
            return
        try:
            futures = [one.future for one in tasks.values()]
            distributed.wait(futures, timeout=_WAIT_SECONDS, return_when="FIRST_COMPLETED")
        except Exception:
            # The time is up, or a task was cancelled, perhaps all of them with the connection.
            time.sleep(_WAIT_SECONDS / 10)
        health.look()
        for key, given in list(tasks.items()):
            if not _has_ended(given) or (given.future.status == "cancelled" and client.status == "connecting"):
                continue
            del tasks[key]
            try:
                # A moment before, the worker with the result may have died.
                outcomes = given.future.result(timeout=_ANSWER_SECONDS) if given.future.status == "finished" else None
            except Exception:
                outcomes = None
            if outcomes is not None:
                health.note_result()
                yield outcomes
            elif given.future.status == "error":
                health.note_result()
                yield _answer_error(given, options, distributed)
            elif given.tries < _MOST_TRIES:
                health.check_connection()
                submit(given.chunk, given.tries + 1)
            else:
                yield walk(given.chunk, options)


def _has_ended(given: _Task) -> bool:
    """Return whether nothing more is to be expected of a task: it is done, it failed, or its result stays lost."""
    status = given.future.status
    if status == "lost":
        given.lost_at = given.lost_at or time.monotonic()
        return time.monotonic() - given.lost_at > _LOST_SECONDS
    given.lost_at = 0.0
    return bool(status != "pending")


def _answer_error(given: _Task, options: Options, distributed: Any) -> list[Outcome]:
    try:
        fault = given.future.exception(timeout=_ANSWER_SECONDS)
    except Exception as unknown:
        fault = unknown
    if isinstance(fault, distributed.KilledWorker):
        return walk(given.chunk, options)
    if isinstance(fault, CannotWrite):
        raise fault
    raise CannotWrite(f"Dask: {type(fault).__name__}: {fault}")


class _Health:
    """Whether the cluster answers: its scheduler, and any of its workers."""

    def __init__(self, client: Any, notify: Callable[[str], None]) -> None:
        self.threads = 1
        self._client, self._notify = client, notify
        self._looked_at = -float(_LOOK_SECONDS)
        self._seen: dict[str, float] = {}
        self._silent = 0.0
        self._has_notified = False
        self.look()

    def note_result(self) -> None:
        """Note that a result came."""
        self._silent, self._has_notified = 0.0, False

    def check_connection(self) -> None:
        """Raise CannotWrite where the client has given up its scheduler."""
        if self._client.status in ("closing", "closed"):
            raise CannotWrite("Dask: the scheduler does not answer any more")

    def look(self) -> None:
        """Look at the cluster, if it is time. Raises CannotWrite where nobody has answered for long."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self.check_connection()
        # Where this process was stopped, the time says nothing of the cluster.
        passed = min(now - self._looked_at, 2.0 * _LOOK_SECONDS + _ANSWER_SECONDS)
        missing = self._find_missing()
        self._looked_at = time.monotonic()
        if not missing:
            self.note_result()
            return
        self._silent += passed
        if self._silent > _ABANDON_SECONDS:
            raise CannotWrite(f"Dask: {missing} for {_ABANDON_SECONDS} s")
        if self._silent > _SILENCE_SECONDS and not self._has_notified:
            self._has_notified = True
            self._notify(f"Dask: {missing}: waiting for {_ABANDON_SECONDS - _SILENCE_SECONDS} s more")

    def _find_missing(self) -> str:
        """Return who does not answer, or nothing: a worker that has sent a word since the last look will do."""
        try:
            answer = self._client.sync(self._client.scheduler.identity, callback_timeout=_ANSWER_SECONDS)
            workers = answer["workers"]
            threads = sum(int(one["nthreads"]) for one in workers.values())
            seen = {address: float(one["last_seen"]) for address, one in workers.items()}
        except Exception:
            # What a connection raises is not always an OSError.
            return "the scheduler has not answered"
        before, self._seen = self._seen, seen
        self.threads = max(1, threads)
        if any(before.get(address) != at for address, at in seen.items()):
            return ""
        return "no worker has answered"


def convert_with_child(chunk: Chunk, options: Options) -> list[Outcome]:
    """Convert a chunk in this thread's child process; where that dies, find the texts at fault."""
    child: Child = getattr(_local, "child", None) or Child()
    _local.child = child
    try:
        return child.convert(chunk, options)
    except Died:
        _local.child = None
        return walk(chunk, options)


def _read_versions(client: Any, scheduler: str) -> dict[str, str]:
    async def ask() -> Any:
        return await client.run(read_version, on_error="return")

    try:
        versions: dict[str, str] = client.sync(ask, callback_timeout=_CONNECT_SECONDS)
    except Exception as fault:
        where = f"--scheduler {scheduler}: " if scheduler else ""
        raise BadInput(f"{where}a Dask worker does not answer: {type(fault).__name__} {fault}".rstrip()) from fault
    return versions


def _close(client: Any, cluster: Any) -> None:
    """Leave the cluster, or end it where it is ours; what does not end in time is killed."""

    def close() -> None:
        for one in (client, cluster):
            with contextlib.suppress(Exception):
                if one is not None:
                    one.close()

    # A worker that was stopped, or a scheduler that is gone, may keep this for ever.
    thread = threading.Thread(target=close, daemon=True)
    thread.start()
    thread.join(_CLOSE_SECONDS)
    if thread.is_alive() and cluster is not None:
        for process in multiprocessing.active_children():
            process.kill()
        thread.join(_CLOSE_SECONDS)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Have what is started meanwhile ignore Ctrl-C, which is for the run: it lets its workers finish."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def read_version() -> str:
    """Return the version of spipconv where this runs."""
    return VERSION
