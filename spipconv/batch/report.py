"""The account of a run."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from spipconv.batch.chunks import Kind, Outcome
from spipconv.batch.converter import SLOWEST
from spipconv.batch.names import show_key
from spipconv.version import VERSION


class Failed(Struct, frozen=True):
    """A text, or a part of the input, that could not be converted."""

    place: str
    error: str


class SlowText(Struct, frozen=True):
    """One of the texts that took longest; ``bytes`` is its size."""

    place: str
    seconds: float
    bytes: int


class Report(Struct):
    """What became of everything.

    ``texts`` and ``failed`` count all, those of earlier runs that were left as they are (``unchanged``) too;
    ``faults`` are parts of the input that could not be read, which the next run tries again. ``cpu_seconds`` is what
    the workers spent on what this run converted, ``seconds`` the time it took. ``stopped`` says why the run ended
    before all was done; ``notices`` are what was to be said of the machines meanwhile.
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
    failures: list[Failed] = []


def encode_report(report: Report) -> bytes:
    """Return a report as JSON, a failure a line."""
    fields = msgspec.to_builtins(report)
    failures = fields.pop("failures")
    text = msgspec.json.format(msgspec.json.encode(fields), indent=2).rstrip(b"\n}")
    lines = b",\n".join(b"    " + msgspec.json.encode(one) for one in failures)
    return text + b',\n  "failures": [' + (b"\n" + lines + b"\n  " if lines else b"") + b"]\n}\n"


def tell(outcomes: Iterable[Outcome], kind: Kind, new: set[str]) -> dict[str, Any]:
    """Return the fields of a report on outcomes, which are in the order of the input; ``new``: keys of this run."""
    fields: dict[str, Any] = dict.fromkeys(("texts", "failed", "unchanged", "bytes"), 0)
    remarks: Counter[str] = Counter()
    faults: list[str] = []
    failures: list[Failed] = []
    slowest: list[tuple[float, str, int]] = []
    cpu, source, before = 0.0, "", 0
    for outcome in outcomes:
        fields["texts"] += outcome.texts
        fields["failed"] += outcome.failed
        fields["bytes"] += outcome.bytes
        if outcome.key in new:
            cpu += outcome.seconds
        else:
            fields["unchanged"] += outcome.texts
        remarks.update(outcome.remarks)
        name = outcome.key.rpartition("#")[0]
        if name != source:
            source, before = name, 0
        if outcome.fault:
            faults.append(outcome.fault)
        failures += [Failed(_place(outcome.key, kind, before + one.number), one.error) for one in outcome.failures]
        for slow in outcome.slowest:
            item = (slow.seconds, _place(outcome.key, kind, before + slow.number), slow.size)
            (heapq.heappush if len(slowest) < SLOWEST else heapq.heappushpop)(slowest, item)
        before += outcome.lines
    return {
        **fields,
        "cpu_seconds": round(cpu, 3),
        "diagnostics": dict(sorted(remarks.items())),
        "slowest": [SlowText(place, seconds, size) for seconds, place, size in sorted(slowest)[::-1]],
        "faults": faults,
        "failures": failures,
    }


def _place(key: str, kind: Kind, number: int) -> str:
    """Return where a text is: a file, a line or a row, the last two counted from 1 and 0 as their tools do."""
    if kind == "files":
        return show_key(key)
    name = show_key(key.rpartition("#")[0])
    return f"{name}:{number + 1}" if kind == "lines" else f"{name}: row {number}"
