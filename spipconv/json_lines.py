"""JSON lines, one object a line: a task comes in, a text and how to read it; an answer goes out.

An answer has the task's other fields as they were written, then what the text became: the fields of its format
(``OutputFormat.fields``, and ``glossary`` where there is one) or ``error``, and ``diagnostics``.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

import msgspec
from msgspec import Raw, Struct

from spipconv.converters.formats import FORMATS, OutputFormat, Written
from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Profile
from spipconv.plugins import check_plugins
from spipconv.settings import check_language, check_profile

Fields = dict[str, Raw]
Answer = dict[str, object]

_decoder = msgspec.json.Decoder(Fields)
_string_decoder = msgspec.json.Decoder(str)
_strings_decoder = msgspec.json.Decoder(list[str])
_encoder = msgspec.json.Encoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ASTRAL = re.compile(rb"\\U([0-9a-f]{8})")
_NO_ID: Fields = {"id": Raw(b"null")}
# The fields of an answer, beside those of its format, and those of a task that are options.
_ANSWER_FIELDS = ("error", "diagnostics")
_SPECIAL_FIELDS = {
    to.name: frozenset((*to.fields, *_ANSWER_FIELDS, "profile", "lang", "plugins")) for to in FORMATS.values()
}


class BadLine(ValueError):
    """A line without a text that can be read; the text of the error says why.

    ``fields`` are those that its answer keeps, ``id`` alone where the line is not an object.
    """

    def __init__(self, reason: str, fields: Fields | None = None) -> None:
        super().__init__(reason)
        self.fields = _NO_ID if fields is None else fields


class Task(Struct, frozen=True):
    """A text to convert. ``profile``, ``lang`` and ``plugins`` are None where the line has none of them; ``fields`` are
    those that its answer keeps.
    """

    text: str
    profile: Profile | None
    lang: str | None
    fields: Fields
    plugins: tuple[str, ...] | None = None


def is_blank(line: bytes) -> bool:
    """Return whether a line holds nothing, or only the mark of an encoding, and is passed over."""
    return not line.removeprefix(codecs.BOM_UTF8).strip()


def read_task(line: bytes, to: OutputFormat, column: str = "text") -> Task:
    """Return the task of a line, whose text is in the field ``column``. Raises BadLine.

    Fields with the names of those that an answer in the format ``to`` adds are dropped.
    """
    fields = _read_fields(line)
    raw = fields.pop(column, None)
    text = None if raw is None else _read_string(raw)
    if text is not None and _SPECIAL_FIELDS[to.name].isdisjoint(fields):
        return Task(text, None, None, fields)
    for name in (*to.fields, *_ANSWER_FIELDS):
        fields.pop(name, None)
    if text is None:
        raise BadLine(f'"{column}" is missing or not a string', fields)
    profile = _read_option(fields, "profile") if "profile" in fields else None
    lang = _read_option(fields, "lang") if "lang" in fields else None
    try:
        return Task(
            text,
            None if profile is None else check_profile(profile),
            None if lang is None else check_language(lang),
            fields,
            check_plugins(_read_strings(fields, "plugins")) if "plugins" in fields else None,
        )
    except ValueError as error:
        raise BadLine(str(error), fields) from error


def make_answer(
    fields: Mapping[str, Raw], to: OutputFormat, written: Written, diagnostics: Iterable[Diagnostic]
) -> Answer:
    """Return the answer to a task."""
    answer: Answer = {**fields}
    answer[to.fields[0]] = written.body
    if len(to.fields) == 2:
        answer[to.fields[1]] = written.notes
    if written.glossary:
        answer["glossary"] = written.glossary
    answer["diagnostics"] = [diagnostic.describe() for diagnostic in diagnostics]
    return answer


def make_error(fields: Mapping[str, Raw], error: str) -> Answer:
    """Return the answer to a task which failed."""
    return {**fields, "error": error, "diagnostics": []}


def encode_answers(answers: Sequence[Answer]) -> bytes:
    """Return the lines of some answers."""
    try:
        return _encoder.encode_lines(answers)
    except UnicodeEncodeError:
        return b"".join(_encode(answer) + b"\n" for answer in answers)


def escape(line: bytes) -> bytes:
    """Return a line of JSON in ASCII alone."""
    if line.isascii():
        return line
    # In JSON, what is not ASCII is always within a string.
    text = line.decode()
    if b"\\x" in line or b"\\U" in line:
        return _NOT_ASCII.sub(_escape, text).encode()
    # Python's own escapes, made in C, are JSON's but for these two.
    escaped = text.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00")
    return _ASTRAL.sub(_split, escaped) if b"\\U" in escaped else escaped


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _split(match: re.Match[bytes]) -> bytes:
    """Return the two halves of a surrogate in place of the escape of one character."""
    return json.dumps(chr(int(match[1], 16)))[1:-1].encode()


def _encode(answer: Answer) -> bytes:
    try:
        return _encoder.encode(answer)
    except UnicodeEncodeError:
        # Names of fields with half surrogates stay what they were, as escapes.
        fields = (
            f"{json.dumps(name)}:".encode() + (bytes(value) if isinstance(value, Raw) else json.dumps(value).encode())
            for name, value in answer.items()
        )
        return b"{" + b",".join(fields) + b"}"


def _read_fields(line: bytes) -> Fields:
    """Return the fields of a line, not decoded, so that they are written as they were."""
    # Files that were put together have a mark of their encoding in their middle.
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        text = line.decode()
        return _decoder.decode(line)
    except UnicodeDecodeError as error:
        raise BadLine(f"byte 0x{line[error.start]:02X} at offset {error.start} is not UTF-8") from error
    except (msgspec.DecodeError, RecursionError):
        pass
    # msgspec refuses half surrogates, which JSON allows. Numbers are not wanted as such: those of thousands of digits
    # are refused or take long.
    try:
        if not isinstance(json.loads(text, parse_int=len, parse_float=len, parse_constant=_refuse), dict):
            raise BadLine("not a JSON object")
        return _cut_fields(text)
    except BadLine:
        raise
    except ValueError as error:
        raise BadLine(f"not JSON: {error}") from error
    except RecursionError:
        raise BadLine("not JSON that can be read: too many levels") from None


def _cut_fields(text: str) -> Fields:
    """Return the fields of an object that is known to be JSON, as they are written."""
    decode = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode

    def skip(at: int) -> int:
        space = _SPACE.match(text, at)
        return space.end() if space else at

    fields: Fields = {}
    at = skip(text.index("{") + 1)
    while text[at] != "}":
        name, at = decode(text, at)
        start = skip(text.index(":", at) + 1)
        _, at = decode(text, start)
        fields[name] = Raw(text[start:at].encode())
        at = skip(at)
        if text[at] == ",":
            at = skip(at + 1)
    return fields


def _read_string(raw: Raw) -> str | None:
    """Return the string that a field holds, None if it holds something else."""
    try:
        return _string_decoder.decode(raw)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError:
        value = json.loads(bytes(raw))
        return value if isinstance(value, str) else None


def _read_option(fields: Fields, name: str) -> str:
    """Return the string of a field. Raises BadLine for what is not a string."""
    text = _read_string(fields[name])
    if text is None:
        raise BadLine(f'"{name}" is not a string', fields)
    return text


def _read_strings(fields: Fields, name: str) -> list[str]:
    """Return the strings of a field. Raises BadLine for what is not a list of strings."""
    try:
        return _strings_decoder.decode(fields[name])
    except msgspec.DecodeError:
        raise BadLine(f'"{name}" is not a list of strings', fields) from None


def _refuse(constant: str) -> NoReturn:
    raise BadLine(f"not JSON: {constant}")
