"""JSON lines to JSON lines: a line is an object with a text; its other fields are carried over as they are."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from typing import IO, Any, NoReturn

import msgspec
from msgspec import Struct

from spipconv.batch.chunks import BadInput, CannotWrite, Piece
from spipconv.batch.converter import PROFILES, Converter
from spipconv.batch.places import Found, find, open_file
from spipconv.settings import check_language

_PART_BYTES = 1 << 20
SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_string_decoder = msgspec.json.Decoder(str)
_encoder = msgspec.json.Encoder()
# Places of values are wanted, not numbers: those of thousands of digits are refused or take long.
_SPACE = re.compile(r"[ \t\r\n]*")


class Range(Struct, frozen=True):
    """A range of bytes that begins and ends with lines; ``weight``: how many bytes of the input hold it."""

    address: str
    first: int
    last: int
    weight: int


class _BadLine(ValueError):
    """A line that holds no text; its text says why."""


def cut_lines(source: Found, chunk_bytes: int) -> Iterator[Range]:
    """Yield the ranges of some ``chunk_bytes`` that a file is converted in. Raises OSError."""
    start = 0
    with open_file(source.address) as file:
        while start < source.size:
            end = min(start + chunk_bytes, source.size)
            if end < source.size:
                file.seek(end)
                end += _skip_line(file)
            yield Range(source.address, start, end, end - start)
            start = end


def unpack_lines(source: Found, chunk_bytes: int, folder: str, skip: frozenset[int]) -> Iterator[Range]:
    """Yield the same of a gzip file: its lines are unpacked into files in a local folder, but for ranges to skip.

    Those have no address. Raises OSError, EOFError, zlib.error where the input cannot be read, CannotWrite.
    """
    number = at = 0
    with open_file(source.address) as packed, gzip.open(packed) as file:
        while line := file.readline(_PART_BYTES):
            address = "" if number in skip else f"{folder}/{source.mark.rpartition('-')[2]}-{number:06d}"
            size = 0
            with _Unpacked(address) as unpacked:
                # A line may be larger than memory: it is never there as a whole.
                while line:
                    unpacked.write(line)
                    size += len(line)
                    if size >= chunk_bytes and line.endswith(b"\n"):
                        break
                    line = file.readline(_PART_BYTES)
            reached = min(packed.tell(), source.size)
            yield Range(address, 0, size, reached - at)
            number, at = number + 1, reached


class _Unpacked:
    """A file to write lines to, or nothing where there is no address. Raises CannotWrite."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _Unpacked:
        if self._address:
            try:
                self._file = open(self._address, "wb")
            except OSError as fault:
                self._fail(fault)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            try:
                self._file.close()
            except OSError as fault:
                self._fail(fault)

    def write(self, lines: bytes) -> None:
        if self._file:
            try:
                self._file.write(lines)
            except OSError as fault:
                self._fail(fault)

    def _fail(self, fault: OSError) -> NoReturn:
        raise CannotWrite(f"{self._address}: {fault.strerror or fault}") from fault


GZIP_FAULTS = (OSError, EOFError, zlib.error)


def convert_lines(piece: Piece, converter: Converter) -> tuple[bytes, int]:
    """Return the answers to a range of lines, and how many lines it has. Raises OSError."""
    options = converter.options
    # A text of escapes is six times as long as it will be; the other fields are the caller's affair.
    longest = 8 * options.max_bytes + (1 << 20)
    answers: list[bytes] = []
    number = 0
    _check(piece)
    with open_file(piece.address) as file:
        file.seek(piece.first)
        left = piece.last - piece.first
        while left > 0:
            line = file.readline(longest)
            size = len(line)
            if size == longest and not line.endswith(b"\n"):
                size += _skip_line(file)
                converted = converter.refuse(number, f"a line of {size} bytes: more than the {longest} allowed")
                answers.append(_encoder.encode({"id": None, "error": converted.error, "diagnostics": []}))
            elif not line:
                raise OSError(f"{piece.address}: it ends earlier than when the run began")
            elif not line.removeprefix(codecs.BOM_UTF8).isspace() and line != codecs.BOM_UTF8:
                answers.append(_answer(number, line, converter))
            left -= size
            number += 1
    _check(piece)
    answers.append(b"")
    return b"\n".join(answers), number


def _check(piece: Piece) -> None:
    if piece.mark:
        found = find(piece.address)
        if found is None:
            raise FileNotFoundError(f"{piece.address}: it has vanished since the run began")
        if found.mark != piece.mark:
            raise OSError(f"{piece.address}: it has changed since the run began")


def _answer(number: int, line: bytes, converter: Converter) -> bytes:
    options = converter.options
    row: dict[str, Any] = {"id": None}
    try:
        row = _read(line)
        raw = row.pop(options.column, None)
        for name in (options.to, "error", "diagnostics"):
            row.pop(name, None)
        text = None if raw is None else _string(raw)
        if text is None:
            raise _BadLine(f'"{options.column}" is missing or no string')
        profile = _choice(row, "profile", PROFILES)
        lang = _language(row)
    except _BadLine as fault:
        row["error"] = converter.refuse(number, str(fault)).error
        row["diagnostics"] = []
        return _encode(row)
    converted = converter.convert(number, text, profile, lang)
    if converted.error is None:
        row[options.to] = converted.content
    else:
        row["error"] = converted.error
    row["diagnostics"] = [remark.describe() for remark in converted.diagnostics]
    return _encode(row)


def _encode(row: dict[str, Any]) -> bytes:
    try:
        return _encoder.encode(row)
    except UnicodeEncodeError:
        # Names of fields with half surrogates stay what they were, as escapes.
        fields = (
            f"{json.dumps(name)}:".encode()
            + (bytes(value) if isinstance(value, msgspec.Raw) else json.dumps(value).encode())
            for name, value in row.items()
        )
        return b"{" + b",".join(fields) + b"}"


def _read(line: bytes) -> dict[str, Any]:
    """Return the fields of a line, not decoded, so that they are written as they were."""
    # Files that were put together have a mark of their encoding in their middle.
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        text = line.decode()
        return _decoder.decode(line)
    except UnicodeDecodeError as fault:
        raise _BadLine(f"byte 0x{line[fault.start]:02X} at offset {fault.start} is not UTF-8") from fault
    except (msgspec.DecodeError, RecursionError):
        pass
    # msgspec refuses half surrogates, which JSON allows.
    try:
        if not isinstance(json.loads(text, parse_int=len, parse_float=len, parse_constant=_refuse), dict):
            raise _BadLine("not a JSON object")
        return _cut_fields(text)
    except _BadLine:
        raise
    except ValueError as fault:
        raise _BadLine(f"not JSON: {fault}") from fault
    except RecursionError:
        raise _BadLine("not JSON that can be read: too many levels") from None


def _cut_fields(text: str) -> dict[str, Any]:
    """Return the fields of an object that is known to be JSON, as they are written."""
    decode = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode

    def skip(at: int) -> int:
        space = _SPACE.match(text, at)
        return space.end() if space else at

    fields: dict[str, Any] = {}
    at = skip(text.index("{") + 1)
    while text[at] != "}":
        name, at = decode(text, at)
        start = skip(text.index(":", at) + 1)
        _, at = decode(text, start)
        fields[name] = msgspec.Raw(text[start:at].encode())
        at = skip(at)
        if text[at] == ",":
            at = skip(at + 1)
    return fields


def _string(raw: Any) -> str | None:
    """Return the string that a field holds, None where it is none."""
    try:
        return _string_decoder.decode(raw)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError:
        value = json.loads(bytes(raw))
        return value if isinstance(value, str) else None


def _choice(row: dict[str, Any], name: str, choices: tuple[str, ...] | None) -> Any:
    if name not in row:
        return None
    value = _string(row[name])
    if value is None or (choices and value not in choices):
        raise _BadLine(f'"{name}" is none of {", ".join(choices)}' if choices else f'"{name}" is no string')
    return value


def _language(row: dict[str, Any]) -> str | None:
    lang: str | None = _choice(row, "lang", None)
    try:
        return None if lang is None else check_language(lang)
    except ValueError as fault:
        raise _BadLine(str(fault)) from fault


def _refuse(constant: str) -> NoReturn:
    raise _BadLine(f"not JSON: {constant}")


def _skip_line(file: IO[bytes]) -> int:
    """Read to the end of a line, however long; return how many bytes that were."""
    size = 0
    while part := file.readline(1 << 20):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size


def stem(name: str) -> str:
    """Return the name of a file of lines without its suffix."""
    suffix = next((one for one in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)]


def check_lines(source: Found) -> None:
    """Raise BadInput, with one line that says why, where a file cannot be read."""
    try:
        with open_file(source.address) as file:
            if source.address.lower().endswith(".gz"):
                with gzip.open(file) as unpacked:
                    unpacked.read(1)
    except GZIP_FAULTS as fault:
        raise BadInput(f"{source.address}: {getattr(fault, 'strerror', None) or fault}") from fault
