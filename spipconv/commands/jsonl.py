"""JSON lines in, JSON lines out: one text a line, answered at once, for other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from spipconv.api import Format, render
from spipconv.commands.faults import INTERNAL_ERROR, LOST, Fault, describe_error
from spipconv.converters import html
from spipconv.parsing.parser import parse
from spipconv.settings import check_language, check_profile


class _BadLine(ValueError):
    """A line that is no task; its text says why."""


def convert_lines(path: str, to: Format, *, profile: Any, lang: str, sanitizer: Any, **reading: Any) -> int:
    """Convert every line of a file or of standard input (``-``); return the exit code.

    A line that cannot be read or converted is answered by ``{"id", "error"}``, and the next one follows.
    """
    if path == "-":
        return _convert(sys.stdin.buffer, to, profile, lang, sanitizer, reading)
    try:
        lines = open(path, "rb")  # noqa: SIM115 (a fault of this, not of what is written later)
    except OSError as fault:
        raise Fault(f"{path}: {fault.strerror or fault}") from fault
    with lines:
        return _convert(lines, to, profile, lang, sanitizer, reading)


def _convert(
    lines: Iterable[bytes], to: Format, profile: Any, lang: str, sanitizer: Any, reading: dict[str, Any]
) -> int:
    code = 0
    for line in lines:
        if not line.strip():
            continue
        answer: dict[str, Any] = {"id": None}
        try:
            task = _read_task(line, answer)
            used = task.get("profile", profile)
            parsed = parse(task["text"], profile=used, lang=task.get("lang", lang), **reading)
            if to == "markdown":
                answer["markdown"] = render(parsed.document, to)
            else:
                written = html.write(parsed.document, sanitizer=sanitizer)
                answer["html"], answer["notes"] = written.body, written.notes
            answer["diagnostics"] = [remark.describe() for remark in parsed.diagnostics]
            if any(remark.severity == "loss" for remark in parsed.diagnostics):
                code = max(code, LOST)
        except _BadLine as fault:
            answer["error"] = str(fault)
            code = max(code, LOST)
        except ImportError:
            # The sanitiser is missing: no line can be answered.
            raise
        except Exception as error:
            answer = {"id": answer["id"], "error": describe_error(error)}
            code = INTERNAL_ERROR
        # ASCII only, so that no reader stumbles over an encoding or a lone surrogate; bytes, so that no system
        # writes other line ends.
        sys.stdout.buffer.write(json.dumps(answer).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()
    return code


def _read_task(line: bytes, answer: dict[str, Any]) -> dict[str, Any]:
    try:
        task = json.loads(line, parse_constant=_refuse)
    except UnicodeDecodeError as fault:
        raise _BadLine(f"byte 0x{line[fault.start]:02X} at offset {fault.start} is not UTF-8") from fault
    except _BadLine:
        raise
    except ValueError as fault:
        raise _BadLine(f"not JSON: {fault}") from fault
    except RecursionError:
        raise _BadLine("not JSON that can be read: too many levels") from None
    if not isinstance(task, dict):
        raise _BadLine('wanted an object {"id", "text", "profile", "lang"}')
    answer["id"] = task.get("id")
    if not isinstance(task.get("text"), str):
        raise _BadLine('"text" is missing or no string')
    try:
        check_profile(task.get("profile", "article"))
        check_language(task.get("lang", "fr"))
    except (TypeError, ValueError) as fault:
        raise _BadLine(str(fault)) from fault
    return task


def _refuse(constant: str) -> Any:
    raise _BadLine(f"not JSON: {constant}")
