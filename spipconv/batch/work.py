"""One task, as the workers of every engine do it: a chunk comes in, files and outcomes go out."""

from __future__ import annotations

import contextlib
import gc
import gzip
import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator

from spipconv.batch.chunks import BadTarget, Chunk, Outcome, Piece
from spipconv.batch.converter import Converted, Converter, Options
from spipconv.batch.files import convert_file
from spipconv.batch.lines import convert_lines
from spipconv.batch.names import show, why_windows_refuses
from spipconv.batch.places import is_remote, put, remove
from spipconv.batch.rows import convert_row_group
from spipconv.batch.spool import Spool
from spipconv.parsing.grammar import load_grammar
from spipconv.system.files import CannotWrite, cannot_write, write_temporary


def prepare() -> None:
    """Prepare a new process: load everything that texts need, so that the garbage collector need not visit it."""
    load_grammar()
    gc.freeze()


def convert_chunk(chunk: Chunk, options: Options, spool: str = "", *, watched: bool = False) -> list[Outcome]:
    """Convert a chunk and write its files; return the outcomes of its pieces, up to one that cannot be written.

    ``spool`` is the path of the results of an earlier process; for ``watched`` see ``Converter``.
    """
    outcomes: list[Outcome] = []
    results = Spool(spool, Converted) if spool else None
    with (
        contextlib.closing(results) if results else contextlib.nullcontext(),
        Converter(options, watched=watched, spool=results) as converter,
    ):
        for piece in chunk.pieces:
            outcomes.append(_convert_piece(chunk, piece, converter, results if piece is chunk.pieces[-1] else None))
            if outcomes[-1].stop:
                break
    return outcomes


def convert_here(chunks: Iterator[Chunk], options: Options, stop: Callable[[], bool]) -> Generator[list[Outcome]]:
    """Convert chunks in this process, one after another; a text that kills ends the run."""
    while not stop() and (chunk := next(chunks, None)) is not None:
        yield convert_chunk(chunk, options)


def _convert_piece(chunk: Chunk, piece: Piece, converter: Converter, spool: Spool[Converted] | None) -> Outcome:
    converter.start()
    started = time.process_time()
    lines, size, fault, stop = 0, -1, "", ""
    try:
        content, lines = _CONVERTERS[chunk.kind](piece, converter)
        if spool:
            spool.note_end()
        if content is None:
            remove(piece.target)
        else:
            if piece.target.endswith(".gz"):
                content = gzip.compress(content, 6, mtime=0)
            size = len(content)
            write(content, piece.target, chunk.temporary)
    except BadTarget as error:
        fault, size = str(error), -1
    except CannotWrite as error:
        stop = str(error)
    except Exception as error:
        # What storage raises is not always an OSError.
        fault = _describe(error, piece)
    return Outcome(
        piece.key,
        piece.digest,
        texts=converter.texts,
        failed=converter.failed,
        bytes=converter.bytes,
        lines=lines,
        size=size,
        weight=piece.weight,
        seconds=round(time.process_time() - started, 6),
        remarks=dict(sorted(converter.diagnostics.items())),
        failures=tuple(converter.failures),
        slowest=converter.slowest,
        fault=show(fault),
        stop=show(stop),
    )


_CONVERTERS = {"files": convert_file, "lines": convert_lines, "rows": convert_row_group}


def write(content: bytes, target: str, temporary: str) -> None:
    """Write a file in the local folder ``temporary`` (empty: that of the system), then move it to its place.

    Raises CannotWrite, BadTarget.
    """
    if sys.platform == "win32" and not is_remote(target):
        reason = why_windows_refuses(os.path.splitdrive(target)[1])
        if reason:
            raise BadTarget(f"{target}: {reason}")
    write_and_put((content,), target, temporary)


def write_and_put(content: Iterable[bytes], target: str, temporary: str) -> None:
    """Like ``write``, for content that comes in pieces."""
    path = f"{temporary or tempfile.gettempdir()}/spipconv-{os.urandom(16).hex()}"
    try:
        write_temporary(path, content)
    except OSError as error:
        raise cannot_write(target, error) from error
    try:
        put(path, target)
    except CannotWrite:
        if os.path.exists(path):
            remove(path)
        raise


def _describe(error: Exception, piece: Piece) -> str:
    text = (error.strerror or str(error)) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    text = " ".join(text.split())
    return text if piece.address in text else f"{piece.address}: {text}"
