"""Chunks in, outcomes out: a process that converts for another one, which outlives it when a text kills it.

Tasks come on standard input and answers go to standard output, each preceded by its length in four bytes.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable

from spipconv.batch.chunks import Chunk, Outcome
from spipconv.batch.converter import Converted, Options
from spipconv.batch.names import show
from spipconv.batch.spool import Spool, SpoolPosition, read_position
from spipconv.batch.watch import WatchedProcess, watching
from spipconv.batch.work import convert_chunk, prepare
from spipconv.system.files import cannot_write

# How long a process may do nothing after the moment at which it should have ended itself.
_GRACE_SECONDS = 5.0
# How many processes may die outside of any text, or be stopped, at one place of a chunk before it is abandoned.
_MOST_DEATHS = 4
# The end of a process that its CPU timer ended: the text did not answer the other one.
_OVERDUE = -getattr(signal, "SIGPROF", 27)
_KILLED = -getattr(signal, "SIGKILL", 9)
# Of the watch where there are no CPU timers (Windows), by faulthandler.
_OVERDUE_EXIT = 1
_HELD = "held the process and would not stop"


class ProcessDeath(Exception):
    """Raised when a process ended, or had to be ended, before it answered; the text says how.

    ``is_stopped``: somebody had stopped it (SIGSTOP), so that no text can be blamed.
    """

    def __init__(self, reason: str, *, is_stopped: bool = False) -> None:
        super().__init__(reason)
        self.is_stopped = is_stopped


def idle_seconds(options: Options) -> float:
    """Return after how many seconds in which it does nothing a process is ended."""
    return options.hard_seconds + _GRACE_SECONDS


def describe_death(code: int | None, watched: WatchedProcess) -> ProcessDeath:
    """Return the error to raise for a process that ended with this exit code."""
    if watched.verdict == "stopped":
        return ProcessDeath("was stopped and did not continue", is_stopped=True)
    if watched.verdict == "idle" or code in (_OVERDUE, _OVERDUE_EXIT):
        return ProcessDeath(_HELD)
    if code is None or code == _KILLED:
        return ProcessDeath("killed (out of memory?)")
    return ProcessDeath(f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}")


class Child:
    """A process that converts one chunk after the other. Not for several threads at a time. Raises OSError."""

    def __init__(self) -> None:
        # In a session of its own: Ctrl-C is for the run, which lets its workers finish.
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from spipconv.batch.child import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip

    def convert(self, chunk: Chunk, options: Options, spool: str = "") -> list[Outcome]:
        """Have a chunk converted. Raises ProcessDeath; the child cannot be used after that."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Names that are not UTF-8 travel too, which msgpack cannot carry.
        task = pickle.dumps((chunk, options, spool))
        outcomes: list[Outcome] = []
        with watching(self._process.pid, idle_seconds(options)) as watched:
            # A pipe whose other end is gone is OSError (EINVAL) on Windows.
            with contextlib.suppress(OSError):
                self._process.stdin.write(len(task).to_bytes(4, "big") + task)
                self._process.stdin.flush()
                size = int.from_bytes(self._process.stdout.read(4), "big")
                answer = self._process.stdout.read(size)
                if size and len(answer) == size:
                    outcomes = pickle.loads(answer)  # noqa: S301 (of a process of ours)
            if outcomes:
                return outcomes
            code = self._process.wait()
        self.close()
        raise describe_death(code, watched)

    def end(self) -> None:
        """End the process immediately; the thread that waits for it has to close this."""
        self._process.kill()

    def close(self) -> None:
        """End the process immediately, and leave nothing of it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        self._process.wait()


def walk(chunk: Chunk, options: Options, start: Callable[[], Child] = Child) -> list[Outcome]:
    """Convert a chunk on which a process died, in processes of its own; find the texts that kill.

    Every result is kept, so that each process continues where the one before it died. The text on which one process
    died, and then another one that began with it, gets an error. Where processes die outside of any text, or are
    stopped, again and again, the chunk counts as unreadable. ``start`` makes the processes. Raises CannotWrite.
    """
    handle, spool = tempfile.mkstemp(prefix="spipconv-", dir=chunk.temporary or None)
    os.close(handle)
    at = SpoolPosition(False, -1, False)
    deaths = 0
    child: Child | None = None
    try:
        while True:
            child = child or start()
            try:
                return child.convert(chunk, options, spool)
            except ProcessDeath as death:
                child.close()
                child = None
                before, at = at, read_position(spool)
                has_moved = (before.is_read, before.count, before.is_ended) != (at.is_read, at.count, at.is_ended)
                deaths = 1 if has_moved else deaths + 1
                if not (has_moved or death.is_stopped) and at.tries > before.tries:
                    with contextlib.closing(Spool(spool, Converted)) as results:
                        results.append(Converted(error=f"its process died on it, twice: {death}"))
                elif deaths >= _MOST_DEATHS:
                    return _give_up(chunk, at, death)
    except OSError as error:
        raise cannot_write(spool, error) from error
    finally:
        if child:
            child.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(spool)


def _give_up(chunk: Chunk, at: SpoolPosition, death: ProcessDeath) -> list[Outcome]:
    moment = "write" if at.is_ended else "convert" if at.is_read else "read"
    reason = f"processes die when they {moment} this: {death}"
    return [
        Outcome(piece.key, piece.digest, weight=piece.weight, fault=show(f"{piece.address}: {reason}"))
        for piece in chunk.pieces
    ]


def main() -> None:
    """Convert what comes on standard input until that ends."""
    tasks = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    prepare()
    while len(size := tasks.read(4)) == 4:
        chunk, options, spool = pickle.loads(tasks.read(int.from_bytes(size, "big")))  # noqa: S301 (of the run)
        answer = pickle.dumps(convert_chunk(chunk, options, spool, watched=True))
        answers.write(len(answer).to_bytes(4, "big") + answer)
        answers.flush()
