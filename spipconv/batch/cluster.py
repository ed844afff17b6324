"""The engine of many machines: Dask, on a cluster that exists or on a small one made here.

Only chunks and outcomes travel through the scheduler. A Dask worker has a child process of its own convert, because
timers need a main thread and a text may kill; the walk through a chunk on which a child died is done there as well.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from spipconv.batch.child import Child, Died, walk
from spipconv.batch.chunks import BadInput, CannotWrite, Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.version import VERSION

# One is converted, the others wait on the worker: the scheduler's answer takes milliseconds.
_TASKS_PER_THREAD = 3
_CONNECT_SECONDS = 20

_local = threading.local()


@contextlib.contextmanager
def connect(scheduler: str, workers: int) -> Iterator[Any]:
    """Give a client of the cluster at a scheduler's address, or of a local one of so many workers.

    Raises BadInput where there is no such cluster, or its workers have another version of spipconv.
    """
    try:
        import distributed as library
    except ImportError:
        raise BadInput('the engine dask needs distributed: pip install "spipconv[dask]"') from None
    distributed: Any = library
    with contextlib.ExitStack() as stack:
        try:
            if scheduler:
                client = stack.enter_context(distributed.Client(scheduler, timeout=_CONNECT_SECONDS))
            else:
                with _deaf_to_interrupts():
                    cluster = stack.enter_context(
                        distributed.LocalCluster(
                            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
                        )
                    )
                    client = stack.enter_context(distributed.Client(cluster))
        except (OSError, ValueError) as fault:
            raise BadInput(f"--scheduler {scheduler}: no Dask scheduler answers: {fault}") from fault
        for worker, version in client.run(read_version, on_error="return").items():
            if version != VERSION:
                raise BadInput(f"{worker}: spipconv {VERSION} is to be installed on the workers; there: {version}")
        yield client


def convert_on_cluster(
    client: Any,
    chunks: Iterator[Chunk],
    options: Options,
    stop: Callable[[], bool],
    task: Callable[[Chunk, Options], list[Outcome]] | None = None,
) -> Iterator[list[Outcome]]:
    """Convert chunks on a cluster; yield what came of them, in any order.

    A chunk whose worker was lost is begun again on another; one that took several workers with it (KilledWorker) is
    walked through on this machine. Once ``stop`` says so no chunk is begun, and those in hand are finished.
    ``task`` is what a worker does.
    """
    import distributed as library

    distributed: Any = library
    pending = distributed.as_completed()
    known: dict[str, Chunk] = {}
    while True:
        # Workers come and go: what is in flight follows them.
        window = _TASKS_PER_THREAD * max(1, sum(client.nthreads().values()))
        while len(known) < window and not stop() and (chunk := next(chunks, None)) is not None:
            future = client.submit(task or convert_with_child, chunk, options, pure=False)
            known[future.key] = chunk
            pending.add(future)
        if not known:
            return
        future = next(pending)
        chunk = known.pop(future.key)
        fault = future.exception()
        if fault is None:
            yield future.result()
        elif isinstance(fault, distributed.KilledWorker):
            yield walk(chunk, options)
        else:
            raise CannotWrite(f"Dask: {type(fault).__name__}: {fault}")


def convert_with_child(chunk: Chunk, options: Options) -> list[Outcome]:
    """Convert a chunk in this thread's child process; where that dies, find the texts at fault."""
    child: Child = getattr(_local, "child", None) or Child()
    _local.child = child
    try:
        return child.convert(chunk, options)
    except Died:
        _local.child = None
        return walk(chunk, options)


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
