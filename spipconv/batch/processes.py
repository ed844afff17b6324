"""The engine of one machine: a pool of processes, or none.

concurrent.futures tells at once when a worker has died (multiprocessing.Pool waits for ever); the chunks that were
with the pool are then walked through, each in processes of its own, while a new pool goes on with the rest.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from spipconv.batch.child import walk
from spipconv.batch.chunks import Chunk, Outcome
from spipconv.batch.converter import Options
from spipconv.batch.work import convert_chunk, prepare


def convert_here(chunks: Iterator[Chunk], options: Options, stop: Callable[[], bool]) -> Iterator[list[Outcome]]:
    """Convert chunks in this process, one after the other: nothing here survives a text that kills."""
    while not stop() and (chunk := next(chunks, None)) is not None:
        yield convert_chunk(chunk, options)


def convert_in_processes(
    chunks: Iterator[Chunk], options: Options, workers: int, stop: Callable[[], bool]
) -> Iterator[list[Outcome]]:
    """Convert chunks in so many processes; yield what came of them, in any order.

    Once ``stop`` says so no chunk is begun, and those in hand are finished.
    """
    running: set[Future[list[Outcome]]] = set()
    waiting: dict[Future[list[Outcome]], Chunk] = {}
    pool = _start_pool(workers)
    walkers = ThreadPoolExecutor(workers)
    try:
        while True:
            while len(running) < 2 * workers and not stop() and (chunk := next(chunks, None)) is not None:
                try:
                    future = pool.submit(convert_in_worker, chunk, options)
                except BrokenProcessPool:
                    pool = _start_pool(workers)
                    future = pool.submit(convert_in_worker, chunk, options)
                waiting[future] = chunk
                running.add(future)
            if not running:
                break
            done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = waiting.pop(future)
                try:
                    outcomes = future.result()
                except BrokenProcessPool:
                    again = walkers.submit(walk, chunk, options)
                    waiting[again] = chunk
                    running.add(again)
                    continue
                yield outcomes
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        walkers.shutdown(wait=False, cancel_futures=True)


def convert_in_worker(chunk: Chunk, options: Options) -> list[Outcome]:
    """Convert a chunk in a process that ends when a text will not."""
    return convert_chunk(chunk, options, watched=True)


def _start_pool(workers: int) -> ProcessPoolExecutor:
    # A process that is forked while threads run may hold their locks for ever.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(workers, context, _begin_worker)


def _begin_worker() -> None:
    # Ctrl-C is for the run, which lets its workers finish what they have in hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prepare()
    threading.Thread(target=_end_with_the_run, daemon=True).start()


def _end_with_the_run() -> None:
    # A worker waits for tasks for ever, even when the run was killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
