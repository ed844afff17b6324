"""JSON lines in, JSON lines out: one text a line, answered at once, for other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from spipconv.api import Format, render
from spipconv.commands.faults import Fault
from spipconv.converters import html
from spipconv.parser import parse

_PROFILES = ("article", "comment", "title")


class _BadLine(ValueError):
    """A line that is no task; its text says why."""


def convert_lines(path: str, to: Format, *, profile: Any, lang: str, sanitizer: Any, **reading: Any) -> bool:
    """Convert every line of a file or of standard input (``-``); return whether something was lost or failed.

    A line that cannot be read is answered by ``{"id", "error"}``, and the next one goes on.
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
) -> bool:
    failed = False
    for line in lines:
        if not line.strip():
            continue
        answer: dict[str, Any] = {"id": None}
        try:
            task = _read_task(line, answer)
            used = task.get("profile", profile)
            parsed = parse(task["text"], profile=used, lang=task.get("lang", lang), **reading)
            if to == "markdown":
                answer["markdown"] = render(parsed.document, to, profile=used)
            else:
                written = html.write(parsed.document, profile=used, sanitizer=sanitizer)
                answer["html"], answer["notes"] = written.body, written.notes
            answer["diagnostics"] = [remark.describe() for remark in parsed.diagnostics]
            failed |= any(remark.severity == "loss" for remark in parsed.diagnostics)
        except _BadLine as fault:
            answer["error"] = str(fault)
            failed = True
        # ASCII only, so that no reader stumbles over an encoding or a lone surrogate.
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return failed


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
    if task.get("profile", "article") not in _PROFILES:
        raise _BadLine(f'"profile" is none of {", ".join(_PROFILES)}')
    if not isinstance(task.get("lang", ""), str):
        raise _BadLine('"lang" is no string')
    return task


def _refuse(constant: str) -> Any:
    raise _BadLine(f"not JSON: {constant}")
