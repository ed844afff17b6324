"""JSON lines: cut files into ranges of lines, and convert a range to its answers (see ``spipconv.json_lines``)."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO

from msgspec import Struct

from spipconv.batch.chunks import BadInput, Piece
from spipconv.batch.converter import Converted, Converter
from spipconv.batch.places import FileInfo, find, open_file
from spipconv.converters.formats import OutputFormat
from spipconv.json_lines import (
    Answer,
    BadLine,
    Task,
    encode_answers,
    is_blank,
    make_answer,
    make_error,
    read_task,
)
from spipconv.system.files import cannot_write

_PART_BYTES = 1 << 20
_GROUP_BYTES = 1 << 16
SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
GZIP_ERRORS = (OSError, EOFError, zlib.error)


class Range(Struct, frozen=True):
    """A range of bytes that begins and ends with whole lines; ``weight``: the number of bytes of the input that hold
    it.
    """

    address: str
    first: int
    last: int
    weight: int


def cut_lines(source: FileInfo, chunk_bytes: int) -> Iterator[Range]:
    """Yield the ranges of about ``chunk_bytes`` in which a file is converted. Raises OSError."""
    start = 0
    with open_file(source.address) as file:
        while start < source.size:
            end = min(start + chunk_bytes, source.size)
            if end < source.size:
                file.seek(end)
                end += _skip_line(file)
            yield Range(source.address, start, end, end - start)
            start = end


def unpack_lines(source: FileInfo, chunk_bytes: int, folder: str, skip: frozenset[int]) -> Iterator[Range]:
    """Yield the ranges of a gzip file: its lines are unpacked into files in a local folder, except for ranges to skip.

    Ranges to skip have no address. Raises OSError, EOFError or zlib.error if the input cannot be read, and CannotWrite.
    """
    number = at = 0
    with open_file(source.address) as packed, gzip.open(packed) as file:
        while line := file.readline(_PART_BYTES):
            address = "" if number in skip else f"{folder}/{source.mark.rpartition('-')[2]}-{number:06d}"
            size = 0
            with _UnpackedFile(address) as unpacked:
                # A line may be larger than memory: it is never there as a whole.
                while line:
                    unpacked.write(line)
                    size += len(line)
                    if size >= chunk_bytes and line.endswith(b"\n"):
                        break
                    line = file.readline(_PART_BYTES)
            end = min(packed.tell(), source.size)
            yield Range(address, 0, size, end - at)
            number, at = number + 1, end


class _UnpackedFile:
    """A file to write lines to, or nothing if there is no address. Raises CannotWrite."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _UnpackedFile:
        if self._address:
            try:
                self._file = open(self._address, "wb")
            except OSError as error:
                raise cannot_write(self._address, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            try:
                self._file.close()
            except OSError as error:
                raise cannot_write(self._address, error) from error

    def write(self, lines: bytes) -> None:
        if self._file:
            try:
                self._file.write(lines)
            except OSError as error:
                raise cannot_write(self._address, error) from error


def convert_lines(piece: Piece, converter: Converter) -> tuple[bytes, int]:
    """Return the answers to a range of lines, and its number of lines. Raises OSError."""
    answers = io.BytesIO()
    number = 0
    _check(piece)
    with open_file(piece.address) as file:
        # Reading, converting and writing one text after another costs twice as much: each finds the processor's caches
        # full of the others.
        for tasks in _read_tasks(file, piece, converter):
            results = [(task, _convert(at, task, converter)) for at, task in enumerate(tasks, number) if task]
            answers.write(encode_answers([_answer(task, converted, converter) for task, converted in results]))
            number += len(tasks)
    _check(piece)
    return answers.getvalue(), number


def _read_tasks(file: IO[bytes], piece: Piece, converter: Converter) -> Iterator[list[Task | BadLine | None]]:
    """Yield the tasks of a range of lines in groups, None for blank lines. Raises OSError after what could be read."""
    options, to = converter.options, converter.format
    # A text of escapes is six times as long as it will be; the size of the other fields is the caller's affair.
    longest = 8 * options.max_bytes + (1 << 20)
    file.seek(piece.first)
    left = piece.last - piece.first
    while left > 0:
        tasks: list[Task | BadLine | None] = []
        rest = max(0, left - _GROUP_BYTES)
        try:
            while left > rest:
                line = file.readline(longest)
                size = len(line)
                if size == longest and not line.endswith(b"\n"):
                    size += _skip_line(file)
                    tasks.append(BadLine(f"a line of {size} bytes: more than the {longest} allowed"))
                elif not line:
                    raise OSError(f"{piece.address}: it ends earlier than when the run began")
                else:
                    tasks.append(None if is_blank(line) else _read_task(line, to, options.column))
                left -= size
        except Exception:
            yield tasks
            raise
        yield tasks


def _check(piece: Piece) -> None:
    if piece.mark:
        info = find(piece.address)
        if info is None:
            raise FileNotFoundError(f"{piece.address}: it has vanished since the run began")
        if info.mark != piece.mark:
            raise OSError(f"{piece.address}: it has changed since the run began")


def _read_task(line: bytes, to: OutputFormat, column: str) -> Task | BadLine:
    try:
        return read_task(line, to, column)
    except BadLine as error:
        return error


def _convert(number: int, task: Task | BadLine, converter: Converter) -> Converted:
    if isinstance(task, BadLine):
        return converter.refuse(number, str(task))
    return converter.convert(number, task.text, task.profile, task.lang, task.plugins)


def _answer(task: Task | BadLine, converted: Converted, converter: Converter) -> Answer:
    if converted.written is None:
        return make_error(task.fields, converted.error or "")
    if converter.has_glossary:
        task.fields.pop("glossary", None)
    return make_answer(task.fields, converter.format, converted.written, converted.diagnostics)


def _skip_line(file: IO[bytes]) -> int:
    """Read to the end of a line, however long, and return the number of bytes."""
    size = 0
    while part := file.readline(1 << 20):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size


def stem(name: str) -> str:
    """Return the name of a file of lines without its suffix."""
    suffix = next((end for end in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(end)), "")
    return name[: len(name) - len(suffix)]


def check_lines(source: FileInfo) -> None:
    """Raise BadInput, with one line that says why, if a file cannot be read."""
    try:
        with open_file(source.address) as file:
            if source.address.lower().endswith(".gz"):
                with gzip.open(file) as unpacked:
                    unpacked.read(1)
    except GZIP_ERRORS as error:
        raise BadInput(f"{source.address}: {getattr(error, 'strerror', None) or error}") from error
