"""A process that converts chunks for another one, which outlives it.

Tasks come on standard input and answers go to standard output, each after its length in four bytes.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

from msgspec import Struct, msgpack

from spipconv.batch.chunks import CannotWrite, Chunk, Outcome
from spipconv.batch.converter import Converted, Options
from spipconv.batch.spool import Spool, reached
from spipconv.batch.work import convert_chunk, prepare

# How long past the time that a text may take a process is left to end itself.
_GRACE_SECONDS = 5.0


class _Task(Struct, frozen=True):
    chunk: Chunk
    options: Options
    spool: str = ""


class Died(Exception):
    """The process ended, or had to be ended, before it answered; its text says how."""


class Child:
    """A process of its own for one chunk after the other. Not for several threads at once."""

    def __init__(self) -> None:
        # In a session of its own: Ctrl-C is for the run, which lets its workers finish.
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from spipconv.batch.child import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def convert(self, chunk: Chunk, options: Options, spool: str = "") -> list[Outcome]:
        """Have a chunk converted. Raises Died; the child is of no more use then."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        task = msgpack.encode(_Task(chunk, options, spool))
        try:
            self._process.stdin.write(len(task).to_bytes(4, "big") + task)
            self._process.stdin.flush()
            if spool:
                self._watch(spool, options.hard_seconds + 1 + _GRACE_SECONDS)
            answer = self._process.stdout.read(4)
            answer = self._process.stdout.read(int.from_bytes(answer, "big")) if len(answer) == 4 else b""
            outcomes: list[Outcome] = msgpack.decode(answer, type=list[Outcome]) if answer else []
        except BrokenPipeError:
            outcomes = []
        if not outcomes:
            code = self._process.wait()
            self.close()
            if -code == signal.SIGKILL:
                raise Died("killed (out of memory?)")
            raise Died(f"ended by signal {-code}" if code < 0 else "held the process and would not stop")
        return outcomes

    def close(self) -> None:
        """End the process, at once."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
        self._process.wait()

    def _watch(self, spool: str, seconds: float) -> None:
        """Wait for the answer; kill a process that has been with one text for so many seconds."""
        assert self._process.stdout is not None
        size, since = -1, time.monotonic()
        while not select.select([self._process.stdout], [], [], 0.5)[0]:
            now = os.stat(spool).st_size
            if now != size or not now:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > seconds:
                self._process.kill()


def walk(chunk: Chunk, options: Options) -> list[Outcome]:
    """Convert a chunk on which a process died, in processes of its own; find the texts at fault.

    Every result is kept, so that each process goes on where the one before it died. The text that kills a second
    one, as the first that it touches, is answered by an error. Where a process dies outside of any text, the chunk
    is a fault.
    """
    handle, spool = tempfile.mkstemp(prefix="spipconv-", dir=chunk.aside or None)
    os.close(handle)
    died_at = None
    child: Child | None = None
    try:
        while True:
            child = child or Child()
            try:
                return child.convert(chunk, options, spool)
            except Died as death:
                child = None
                at = reached(spool)
                if at != died_at:
                    died_at = at
                elif at.is_read and not at.is_ended:
                    with contextlib.closing(Spool(spool, Converted)) as results:
                        results.append(Converted(error=f"its process died on it, twice: {death}"))
                else:
                    reason = f"processes die when they {'write' if at.is_ended else 'read'} this: {death}"
                    return [
                        Outcome(piece.key, piece.digest, weight=piece.weight, fault=f"{piece.address}: {reason}")
                        for piece in chunk.pieces
                    ]
    except OSError as fault:
        raise CannotWrite(f"{spool}: {fault.strerror or fault}") from fault
    finally:
        if child:
            child.close()
        os.unlink(spool)


def main() -> None:
    """Convert what comes on standard input until that ends."""
    tasks = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    prepare()
    while len(size := tasks.read(4)) == 4:
        task = msgpack.decode(tasks.read(int.from_bytes(size, "big")), type=_Task)
        answer = msgpack.encode(convert_chunk(task.chunk, task.options, task.spool, watched=True))
        answers.write(len(answer).to_bytes(4, "big") + answer)
        answers.flush()
