"""JSON lines for other programs: one text per line comes in, one answer per line goes out immediately."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO, Unpack

from spipconv.commands.errors import INTERNAL_ERROR, LOST, CommandError
from spipconv.commands.options import Reading
from spipconv.converters.formats import Format, OutputFormat, find_format
from spipconv.converters.raw import omitted_raw
from spipconv.diagnostics import Parsed
from spipconv.json_lines import (
    Answer,
    BadLine,
    Task,
    encode_answers,
    escape,
    is_blank,
    make_answer,
    make_error,
    read_task,
)
from spipconv.json_trees import BadTree
from spipconv.nodes import Profile
from spipconv.parsing.parser import parse
from spipconv.plugins import has_extensions
from spipconv.printing import describe_internal_error
from spipconv.safety import Sanitizer
from spipconv.settings import read_typography


def convert_lines(
    path: str,
    to: Format,
    read: Callable[[str], Parsed] | None = None,
    *,
    profile: Profile,
    lang: str,
    sanitizer: Sanitizer,
    **reading: Unpack[Reading],
) -> int:
    """Convert every line of a file or of standard input (``-``); return the exit code.

    ``read`` is what reads the trees that stand in ``json``, in place of texts in ``text``.

    A line that cannot be read or converted produces an error object, and processing continues. Raises CommandError if
    the file cannot be opened, ImportError if the sanitiser is not installed.
    """
    converter = _LineConverter(find_format(to), read, profile, lang, sanitizer, reading)
    with _open(path) as lines:
        for line in lines:
            if not is_blank(line):
                # ASCII only, so that no reader stumbles over an encoding or half a surrogate; bytes, so that no
                # system writes other line ends.
                sys.stdout.buffer.write(escape(encode_answers([converter.answer(line)])))
                sys.stdout.buffer.flush()
    return converter.code


def _open(path: str) -> AbstractContextManager[Iterable[bytes]]:
    if path == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        lines: BinaryIO = open(path, "rb")  # noqa: SIM115 (closed by the caller)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    return lines


class _LineConverter:
    """Converts lines; ``code`` is the exit code so far."""

    def __init__(
        self,
        to: OutputFormat,
        read: Callable[[str], Parsed] | None,
        profile: Profile,
        lang: str,
        sanitizer: Sanitizer,
        reading: Reading,
    ) -> None:
        self.code = 0
        self._read = read
        self._to, self._profile, self._lang = to, profile, lang
        self._sanitizer, self._reading = sanitizer, reading
        self._spaces = read_typography(reading["typography"])[1]

    def answer(self, line: bytes) -> Answer:
        """Return the answer to a line. Raises ImportError: without the sanitiser, no line can be answered."""
        try:
            task = read_task(line, self._to, "json" if self._read else "text")
        except BadLine as error:
            self.code = max(self.code, LOST)
            return make_error(error.fields, str(error))
        try:
            return self._convert(task)
        except ImportError:
            raise
        except BadTree as error:
            self.code = max(self.code, LOST)
            return make_error(task.fields, str(error))
        except Exception as error:
            self.code = INTERNAL_ERROR
            return make_error(task.fields, describe_internal_error(error))

    def _convert(self, task: Task) -> Answer:
        profile = task.profile or self._profile
        reading = self._reading
        if task.plugins is not None:
            reading = {**reading, "plugins": task.plugins}
        if self._read:
            parsed = self._read(task.text)
            profile = task.profile or parsed.document.profile
        else:
            parsed = parse(task.text, profile=profile, lang=task.lang or self._lang, **reading)
        written = self._to.write(parsed.document, profile, self._sanitizer, self._spaces)
        diagnostics = parsed.diagnostics
        if has_extensions(reading["plugins"]):
            diagnostics += omitted_raw(parsed.document, self._to.name)
        if any(diagnostic.severity == "loss" for diagnostic in diagnostics):
            self.code = max(self.code, LOST)
        if reading["extensions"]:
            task.fields.pop("glossary", None)
        return make_answer(task.fields, self._to, written, diagnostics)
