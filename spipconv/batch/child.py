"""A process that converts chunks for another one, which survives when a text kills it: chunks come in, outcomes go out.

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

# How long a process may do nothing after it should have ended itself.
_GRACE_SECONDS = 5.0
# How many processes may die outside of any text, or be stopped, at one place in a chunk before it is abandoned.
_MOST_DEATHS = 4
# The exit code of a process that its CPU timer ended, because the text ignored the first timer.
_OVERDUE = -getattr(signal, "SIGPROF", 27)
_KILLED = -getattr(signal, "SIGKILL", 9)
# The exit code from faulthandler, which watches where there are no CPU timers (Windows).
_OVERDUE_EXIT = 1
_HELD = "held the process and would not stop"


class ProcessDeath(Exception):
    """Raised when a process ended, or had to be ended, before it answered; the message says how.

    ``is_stopped``: the process had been stopped (SIGSTOP), so no text is at fault.
    """

    def __init__(self, reason: str, *, is_stopped: bool = False) -> None:
        super().__init__(reason)
        self.is_stopped = is_stopped


def idle_seconds(options: Options) -> float:
    """Return after how many seconds without CPU time a process is ended."""
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
    """A process that converts one chunk after another. Use it from one thread at a time. Raises OSError."""

    def __init__(self) -> None:
        # In its own session, because the run handles Ctrl-C and lets its workers finish.
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from spipconv.batch.child import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip

    def convert(self, chunk: Chunk, options: Options, spool: str = "") -> list[Outcome]:
        """Convert a chunk. Raises ProcessDeath; the child cannot be used after that."""
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
        """End the process immediately; the thread that waits for it must call ``close``."""
        self._process.kill()

    def close(self) -> None:
        """End the process immediately and release everything."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        self._process.wait()


def walk(chunk: Chunk, options: Options, start: Callable[[], Child] = Child) -> list[Outcome]:
    """Convert a chunk on which a process died, in separate processes, to find the texts that kill.

    Every result is kept, so each process continues where the one before it died. A text on which two processes died,
    the second of which began with it, gets an error. If processes repeatedly die outside of any text, or are stopped,
    the chunk counts as unreadable. ``start`` starts a process. Raises CannotWrite.
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
    """Convert the chunks on standard input until it ends."""
    tasks = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    prepare()
    while len(size := tasks.read(4)) == 4:
        chunk, options, spool = pickle.loads(tasks.read(int.from_bytes(size, "big")))  # noqa: S301 (of the run)
        answer = pickle.dumps(convert_chunk(chunk, options, spool, watched=True))
        answers.write(len(answer).to_bytes(4, "big") + answer)
        answers.flush()
