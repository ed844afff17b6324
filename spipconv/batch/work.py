"""One task, as every engine's workers do it: a chunk is read, converted and written."""

from __future__ import annotations

import contextlib
import gc
import gzip
import os
import sys
import tempfile
import time
import uuid

from spipconv.batch.chunks import BadTarget, CannotWrite, Chunk, Outcome, Piece
from spipconv.batch.converter import Converted, Converter, Options
from spipconv.batch.files import convert_file
from spipconv.batch.lines import convert_lines
from spipconv.batch.names import find_fault_on_windows, show
from spipconv.batch.places import is_remote, put, remove
from spipconv.batch.rows import convert_row_group
from spipconv.batch.spool import Spool
from spipconv.parsing.grammar import load_grammar


def prepare() -> None:
    """Make a new process ready: what every text needs stays, so the collector need not look at it ever again."""
    load_grammar()
    gc.freeze()


def convert_chunk(chunk: Chunk, options: Options, spool: str = "", *, watched: bool = False) -> list[Outcome]:
    """Convert a chunk and write its files; return what came of its pieces, up to one that cannot be written.

    ``spool`` is the path of the results of an earlier process; ``watched`` see ``Converter``.
    """
    outcomes: list[Outcome] = []
    kept = Spool(spool, Converted) if spool else None
    with (
        contextlib.closing(kept) if kept else contextlib.nullcontext(),
        Converter(options, watched=watched, spool=kept) as converter,
    ):
        for piece in chunk.pieces:
            outcomes.append(_convert_piece(chunk, piece, converter, kept if piece is chunk.pieces[-1] else None))
            if outcomes[-1].stop:
                break
    return outcomes


def _convert_piece(chunk: Chunk, piece: Piece, converter: Converter, spool: Spool | None) -> Outcome:
    converter.start()
    started = time.process_time()
    lines, size, fault, stop = 0, -1, "", ""
    try:
        content, lines = _READERS[chunk.kind](piece, converter)
        if spool:
            spool.note_end()
        if content is None:
            remove(piece.target)
        else:
            if piece.target.endswith(".gz"):
                content = gzip.compress(content, 6, mtime=0)
            size = len(content)
            write(content, piece.target, chunk.aside)
    except BadTarget as refused:
        fault, size = str(refused), -1
    except CannotWrite as refused:
        stop = str(refused)
    except Exception as unread:
        # What storage raises is not always an OSError.
        fault = _describe(unread, piece)
    return Outcome(
        piece.key, piece.digest, converter.texts, converter.failed, converter.bytes, lines, size, piece.weight,
        round(time.process_time() - started, 6), dict(sorted(converter.remarks.items())), tuple(converter.failures),
        converter.slowest, show(fault), show(stop),
    )  # fmt: skip


_READERS = {"files": convert_file, "lines": convert_lines, "rows": convert_row_group}


def write(content: bytes, target: str, aside: str) -> None:
    """Write a file in the local folder ``aside`` (empty: that of temporary files), then put it in its place.

    Raises CannotWrite, BadTarget.
    """
    if sys.platform == "win32" and not is_remote(target):
        fault = find_fault_on_windows(os.path.splitdrive(target)[1])
        if fault:
            raise BadTarget(f"{target}: {fault}")
    path = f"{aside or tempfile.gettempdir()}/spipconv-{uuid.uuid4().hex}"
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError as fault:
        remove(path)
        raise CannotWrite(f"{target}: {fault.strerror or fault}") from fault
    try:
        put(path, target)
    except CannotWrite:
        if os.path.exists(path):
            remove(path)
        raise


def _describe(fault: Exception, piece: Piece) -> str:
    text = (fault.strerror or str(fault)) if isinstance(fault, OSError) else f"{type(fault).__name__}: {fault}"
    text = " ".join(text.split())
    return text if piece.address in text else f"{piece.address}: {text}"
