"""The engine for many machines, Dask, on an existing cluster or a local one: chunks come in, outcomes go out.

Only chunks and outcomes travel through the scheduler. Every Dask worker converts in a child process, because timers
need a main thread and a text may kill; a chunk on which a child died is also walked through there.

Anything may die at any moment: a worker with a result that it has just announced, the scheduler, all of them. So every
wait is bounded, a task whose result does not arrive is submitted again, and the run ends if no one on the cluster
answers for a long time. A task that runs twice writes the same bytes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from types import ModuleType
from typing import Protocol, cast

import msgspec
from msgspec import Struct

from spipconv.batch.child import Child, ProcessDeath, walk
from spipconv.batch.chunks import BadInput, Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.system.files import CannotWrite
from spipconv.version import VERSION

# One is being converted, the others wait on the worker, because an answer of the scheduler takes milliseconds.
_TASKS_PER_THREAD = 3
_CONNECT_SECONDS = 20
_ANSWER_SECONDS = 10
_WAIT_SECONDS = 0.5
# How often to ask the cluster how many threads it has, and when it last heard from its workers.
_LOOK_SECONDS = 5
# How long no answer may come before this is reported, and before the run ends.
_SILENCE_SECONDS = 20
_ABANDON_SECONDS = 180
# A worker of the local cluster that is silent for so long counts as dead; Dask's own limit is five minutes.
_WORKER_SECONDS = 60
# How long a task whose result was lost is left to Dask, which runs it again itself, and how often it is submitted.
_LOST_SECONDS = 5
_MOST_TRIES = 4
_CLOSE_SECONDS = 20

_local = threading.local()


class _Future(Protocol):
    """The part of ``distributed.Future`` that is used."""

    key: str
    status: str

    def result(self, timeout: float) -> list[Outcome]: ...
    def exception(self, timeout: float) -> BaseException: ...


class _Scheduler(Protocol):
    """The part of a client's scheduler that is used."""

    identity: Callable[[], object]


class Client(Protocol):
    """The part of ``distributed.Client`` that is used."""

    status: str
    scheduler: _Scheduler

    def submit(
        self, task: Callable[[Chunk, Options], list[Outcome]], chunk: Chunk, options: Options, *, pure: bool
    ) -> _Future: ...
    def run(self, function: Callable[[], object], *, on_error: str) -> Awaitable[object]: ...
    def sync(self, function: Callable[[], object], *, callback_timeout: float) -> object: ...
    def close(self) -> None: ...


class _Cluster(Protocol):
    """The part of ``distributed.LocalCluster`` that is used."""

    def close(self) -> None: ...


class _Task(Struct):
    """A chunk on its way. ``lost_at`` is the time at which its result was first missed; 0: it was not."""

    chunk: Chunk
    future: _Future
    tries: int = 1
    lost_at: float = 0.0


@contextlib.contextmanager
def connect(scheduler: str, workers: int) -> Iterator[Client]:
    """Yield a client of the cluster at a scheduler's address, or of a local cluster with this many workers.

    Raises BadInput if there is no such cluster, or if its workers have another version of spipconv.
    """
    distributed = _distributed()
    cluster: _Cluster | None = None
    client: Client | None = None
    try:
        try:
            if scheduler:
                client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS)
            else:
                with _ignored_interrupts():
                    cluster = _make_cluster(distributed, workers)
                    client = distributed.Client(cluster, timeout=_CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise BadInput(f"--scheduler {scheduler}: no Dask scheduler answers: {error}") from error
        for worker, version in _read_versions(client, scheduler).items():
            if version != VERSION:
                raise BadInput(f"{worker}: the workers run spipconv {version}; install {VERSION} there")
        yield client
    finally:
        _close(client, cluster)


def _distributed() -> ModuleType:
    try:
        import dask  # noqa: F401 (both are needed)
        import distributed
    except ImportError:
        raise BadInput('the engine dask needs distributed: pip install "spipconv[dask]"') from None
    module: ModuleType = distributed
    return module


def _make_cluster(distributed: ModuleType, workers: int) -> _Cluster:
    import dask

    with dask.config.set({"distributed.scheduler.worker-ttl": f"{_WORKER_SECONDS}s"}):
        return cast(
            _Cluster,
            distributed.LocalCluster(
                n_workers=max(1, workers), threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
            ),
        )


def convert_on_cluster(
    client: Client,
    chunks: Iterator[Chunk],
    options: Options,
    stop: Callable[[], bool],
    task: Callable[[Chunk, Options], list[Outcome]] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Generator[list[Outcome]]:
    """Convert chunks on a cluster; yield their outcomes in any order.

    A chunk whose worker was lost is given to another one. A chunk that killed several workers (KilledWorker), or whose
    result is lost repeatedly, is walked through on this machine. After ``stop`` returns True, no new chunk begins, and
    those that have begun are finished. ``task`` is the function that a worker runs. ``notify`` gets a line when no one
    answers. Raises CannotWrite if that lasts long.
    """
    yield from _Dispatcher(client, options, task or convert_with_child, notify).convert(chunks, stop)


class _Dispatcher:
    """Keeps the cluster busy with chunks, and gives a chunk to another worker when its result is lost."""

    def __init__(
        self,
        client: Client,
        options: Options,
        task: Callable[[Chunk, Options], list[Outcome]],
        notify: Callable[[str], None],
    ) -> None:
        self._client, self._options, self._task = client, options, task
        self._distributed = _distributed()
        self._tasks: dict[str, _Task] = {}
        self._health = _Health(client, notify)

    def convert(self, chunks: Iterator[Chunk], stop: Callable[[], bool]) -> Generator[list[Outcome]]:
        """Convert chunks; see ``convert_on_cluster``."""
        while True:
            # Workers come and go, and the number of submitted tasks follows them.
            window = _TASKS_PER_THREAD * max(1, self._health.threads)
            while len(self._tasks) < window and not stop() and (chunk := next(chunks, None)) is not None:
                self._submit(chunk)
            if not self._tasks:
                return
            self._wait()
            self._health.look()
            for key, task in list(self._tasks.items()):
                is_reconnecting = task.future.status == "cancelled" and self._client.status == "connecting"
                if _has_ended(task) and not is_reconnecting:
                    del self._tasks[key]
                    if (outcomes := self._take(task)) is not None:
                        yield outcomes

    def _submit(self, chunk: Chunk, tries: int = 1) -> None:
        try:
            future = self._client.submit(self._task, chunk, self._options, pure=False)
        except Exception as error:
            raise CannotWrite(f"Dask: the scheduler takes no more tasks: {error}") from error
        self._tasks[future.key] = _Task(chunk, future, tries)

    def _wait(self) -> None:
        """Wait for a short time until a task has ended."""
        try:
            futures = [task.future for task in self._tasks.values()]
            self._distributed.wait(futures, timeout=_WAIT_SECONDS, return_when="FIRST_COMPLETED")
        except Exception:
            # The time is up, or a task was cancelled, perhaps all of them with the connection.
            time.sleep(_WAIT_SECONDS / 10)

    def _take(self, task: _Task) -> list[Outcome] | None:
        """Return the outcomes of a task that has ended, or None if it was submitted again."""
        if task.future.status == "error":
            self._health.note_result()
            return self._answer_error(task)
        try:
            # The worker with the result may have died a moment ago.
            outcomes = task.future.result(timeout=_ANSWER_SECONDS) if task.future.status == "finished" else None
        except Exception:
            outcomes = None
        if outcomes is not None:
            self._health.note_result()
            return outcomes
        if task.tries >= _MOST_TRIES:
            return walk(task.chunk, self._options)
        self._health.check_connection()
        self._submit(task.chunk, task.tries + 1)
        return None

    def _answer_error(self, task: _Task) -> list[Outcome]:
        try:
            error = task.future.exception(timeout=_ANSWER_SECONDS)
        except Exception as unknown:
            error = unknown
        if isinstance(error, self._distributed.KilledWorker):
            return walk(task.chunk, self._options)
        if isinstance(error, CannotWrite):
            raise error
        raise CannotWrite(f"Dask: {type(error).__name__}: {error}")


def _has_ended(task: _Task) -> bool:
    """Return whether nothing more can be expected of a task: it is done, it failed, or its result stays lost."""
    if task.future.status == "lost":
        task.lost_at = task.lost_at or time.monotonic()
        return time.monotonic() - task.lost_at > _LOST_SECONDS
    task.lost_at = 0.0
    return task.future.status != "pending"


class _WorkerInfo(Struct):
    """The scheduler's information about a worker."""

    nthreads: int
    last_seen: float


class _Identity(Struct):
    """The scheduler's information about itself."""

    workers: dict[str, _WorkerInfo]


class _Health:
    """Watches whether the scheduler and any of the workers of the cluster answer."""

    def __init__(self, client: Client, notify: Callable[[str], None]) -> None:
        self.threads = 1
        self._client, self._notify = client, notify
        self._looked_at = -float(_LOOK_SECONDS)
        self._seen: dict[str, float] = {}
        self._silent = 0.0
        self._has_notified = False
        self.look()

    def note_result(self) -> None:
        """Record that a result has arrived."""
        self._silent, self._has_notified = 0.0, False

    def check_connection(self) -> None:
        """Raise CannotWrite if the client has given up its scheduler."""
        if self._client.status in ("closing", "closed"):
            raise CannotWrite("Dask: the scheduler does not answer any more")

    def look(self) -> None:
        """Ask the cluster for its workers, if it is time. Raises CannotWrite if no one has answered for a long time."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self.check_connection()
        # If this process was stopped, the time says nothing about the cluster.
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
        """Return who does not answer, or nothing; one worker that was heard from since the last check is enough."""
        try:
            answer = self._client.sync(self._client.scheduler.identity, callback_timeout=_ANSWER_SECONDS)
            workers = msgspec.convert(answer, _Identity).workers
        except Exception:
            # What a connection raises is not always an OSError.
            return "the scheduler has not answered"
        threads = sum(worker.nthreads for worker in workers.values())
        seen = {address: worker.last_seen for address, worker in workers.items()}
        before, self._seen = self._seen, seen
        self.threads = max(1, threads)
        if any(before.get(address) != at for address, at in seen.items()):
            return ""
        return "no worker has answered"


def convert_with_child(chunk: Chunk, options: Options) -> list[Outcome]:
    """Convert a chunk in this thread's child process; if that dies, find the texts that kill."""
    child: Child = getattr(_local, "child", None) or Child()
    _local.child = child
    try:
        return child.convert(chunk, options)
    except ProcessDeath:
        _local.child = None
        return walk(chunk, options)


def _read_versions(client: Client, scheduler: str) -> dict[str, str]:
    async def ask() -> object:
        return await client.run(read_version, on_error="return")

    try:
        return cast("dict[str, str]", client.sync(ask, callback_timeout=_CONNECT_SECONDS))
    except Exception as error:
        where = f"--scheduler {scheduler}: " if scheduler else ""
        raise BadInput(f"{where}a Dask worker does not answer: {type(error).__name__} {error}".rstrip()) from error


def _close(client: Client | None, cluster: _Cluster | None) -> None:
    """Leave the cluster, or end it if it is local; processes that do not end in time are killed."""

    def close() -> None:
        for connection in (client, cluster):
            with contextlib.suppress(Exception):
                if connection is not None:
                    connection.close()

    # A worker that was stopped, or a scheduler that is gone, may block this for ever.
    thread = threading.Thread(target=close, daemon=True)
    thread.start()
    thread.join(_CLOSE_SECONDS)
    if thread.is_alive() and cluster is not None:
        for process in multiprocessing.active_children():
            process.kill()
        thread.join(_CLOSE_SECONDS)


@contextlib.contextmanager
def _ignored_interrupts() -> Iterator[None]:
    """Make processes that are started in this block ignore Ctrl-C: the run handles it and lets workers finish."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def read_version() -> str:
    """Return the version of spipconv in this process."""
    return VERSION
