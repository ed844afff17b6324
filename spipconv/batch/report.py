"""The report of a run, made from outcomes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

import msgspec
from msgspec import Struct

from spipconv.batch.chunks import Kind, Outcome
from spipconv.batch.converter import SLOWEST
from spipconv.batch.names import show_key
from spipconv.version import VERSION


class FailedText(Struct, frozen=True):
    """A text, or a part of the input, that could not be converted."""

    place: str
    error: str


class SlowText(Struct, frozen=True):
    """One of the texts that took longest; ``bytes`` is its size."""

    place: str
    seconds: float
    bytes: int


class Report(Struct):
    """The results of a run.

    ``texts`` and ``failed`` count all texts, including those of earlier runs that were kept (``unchanged``); ``faults``
    are parts of the input that could not be read, which the next run tries again. ``cpu_seconds`` is the workers' CPU
    time in this run, ``seconds`` its duration. ``stopped`` says why the run ended before everything was done;
    ``notices`` are the messages about the machines.
    """

    input: str = ""
    output: str = ""
    to: str = ""
    spipconv: str = VERSION
    is_complete: bool = False
    stopped: str = ""
    notices: list[str] = []
    inputs: int = 0
    tasks: int = 0
    texts: int = 0
    failed: int = 0
    unchanged: int = 0
    bytes: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    diagnostics: dict[str, int] = {}
    slowest: list[SlowText] = []
    faults: list[str] = []
    failures: list[FailedText] = []


class Summary(TypedDict):
    """The fields of a report that come from the outcomes."""

    texts: int
    failed: int
    unchanged: int
    bytes: int
    cpu_seconds: float
    diagnostics: dict[str, int]
    slowest: list[SlowText]
    faults: list[str]
    failures: list[FailedText]


def encode_report(report: Report) -> bytes:
    """Return a report as JSON, with one line per failure."""
    fields = msgspec.to_builtins(report)
    failures = fields.pop("failures")
    text = msgspec.json.format(msgspec.json.encode(fields), indent=2).rstrip(b"\n}")
    lines = b",\n".join(b"    " + msgspec.json.encode(failure) for failure in failures)
    return text + b',\n  "failures": [' + (b"\n" + lines + b"\n  " if lines else b"") + b"]\n}\n"


def summarize(outcomes: Iterable[Outcome], kind: Kind, new: set[str]) -> Summary:
    """Return the fields of a report for outcomes in the order of the input; ``new`` are the keys of this run."""
    texts = failed = unchanged = size = 0
    diagnostics: Counter[str] = Counter()
    faults: list[str] = []
    failures: list[FailedText] = []
    slowest: list[tuple[float, str, int]] = []
    cpu, source, before = 0.0, "", 0
    for outcome in outcomes:
        texts += outcome.texts
        failed += outcome.failed
        size += outcome.bytes
        if outcome.key in new:
            cpu += outcome.seconds
        else:
            unchanged += outcome.texts
        diagnostics.update(outcome.remarks)
        name = outcome.key.rpartition("#")[0]
        if name != source:
            source, before = name, 0
        if outcome.fault:
            faults.append(outcome.fault)
        failures += [
            FailedText(_place(outcome.key, kind, before + failure.number), failure.error)
            for failure in outcome.failures
        ]
        for slow in outcome.slowest:
            item = (slow.seconds, _place(outcome.key, kind, before + slow.number), slow.size)
            (heapq.heappush if len(slowest) < SLOWEST else heapq.heappushpop)(slowest, item)
        before += outcome.lines
    return {
        "texts": texts,
        "failed": failed,
        "unchanged": unchanged,
        "bytes": size,
        "cpu_seconds": round(cpu, 3),
        "diagnostics": dict(sorted(diagnostics.items())),
        "slowest": [SlowText(place, seconds, size) for seconds, place, size in sorted(slowest)[::-1]],
        "faults": faults,
        "failures": failures,
    }


def _place(key: str, kind: Kind, number: int) -> str:
    """Return the place of a text: a file, a line (counted from 1) or a row (from 0), as their tools count them."""
    if kind == "files":
        return show_key(key)
    name = show_key(key.rpartition("#")[0])
    return f"{name}:{number + 1}" if kind == "lines" else f"{name}: row {number}"
