"""What batches cost: CPU seconds and memory of all their processes, on the same texts.

    python benchmarks/batch.py [--source FILE.jsonl] [--texts N] [--rounds 7] [ENGINE ...]

Lines with "text" are repeated, by default to about 30 MB; without ``--source``, articles are measured, then comments.
The engines (by default the first three): ``bare`` converts the texts in a loop and does nothing else; ``script`` is
such a loop that reads each line and writes one with the result, by Python's own ``json``; ``here``, ``one``, ``two``
are batches with 0, 1 and 2 workers, ``dask`` is Dask with two. Rounds alternate between the engines; figures are
medians, that of the ratio the median of the rounds' ratios.

CPU seconds of ``bare`` and ``script`` are those of their loops; those of batches are those of all processes from their
start to their end, of which ``start`` are the same command's on one text. ``more`` is what a text costs more than in
the bare loop, without the start; ``times bare`` includes it. ``--memory`` prints the memory (PSS, of all processes) as
the texts pass.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from msgspec import Struct

if sys.platform != "linux":
    sys.exit("this measures by what only Linux has")

DEFAULT_BYTES = 30_000_000
TEXTS = Path(__file__).parent / "texts"
COMMAND = [sys.executable, "-P", "-m", "spipconv", "batch"]
BARE = """
import json, sys, time
from spipconv import to_html
texts = [json.loads(line)["text"] for line in open(sys.argv[1], "rb")]
to_html("warm")
count, start = int(sys.argv[2]), time.process_time()
for _ in range(count // len(texts)):
    for text in texts:
        to_html(text)
print(time.process_time() - start)
"""
SCRIPT = """
import json, sys, time
from spipconv import to_html
to_html("warm")
start = time.process_time()
with open(sys.argv[1], "rb") as lines, open(sys.argv[2], "w", encoding="utf-8") as file:
    for line in lines:
        row = json.loads(line)
        row["html"] = to_html(row.pop("text"))
        file.write(json.dumps(row, ensure_ascii=False) + "\\n")
print(time.process_time() - start)
"""
ENGINES = {
    "bare": [],
    "script": [],
    "here": ["--workers", "0"],
    "one": ["--workers", "1"],
    "two": ["--workers", "2"],
    "dask": ["--workers", "2", "--engine", "dask"],
}
# prctl: a process whose parent has ended becomes a child of this one, so that its CPU time counts too.
PR_SET_CHILD_SUBREAPER = 36


class Cost(Struct):
    """What a run cost: seconds, and the most memory of all processes in MB."""

    wall: float
    cpu: float
    peak: float = 0.0


def repeat(source: Path, target: Path, count: int) -> None:
    """Write the lines of a file again and again, so many in all, each with a number of its own."""
    rows = [json.loads(line) for line in source.read_bytes().splitlines()]
    with open(target, "w", encoding="utf-8") as file:
        for number, row in zip(range(count), itertools.cycle(rows)):
            file.write(json.dumps({"id": number, "text": row["text"]}, ensure_ascii=False) + "\n")


def descendants(pid: int) -> set[int]:
    """Return a process and all under it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    family = {pid}
    while new := {child for child, parent in parents.items() if parent in family} - family:
        family |= new
    return family


def watch(command: list[str], *, period: float, show: bool) -> Cost:
    """Run a command to the end of its last process; look at their memory now and then."""
    start = time.monotonic()
    pid = subprocess.Popen(command, stderr=subprocess.DEVNULL if not show else None).pid
    cpu = peak = 0.0
    while True:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.wait4(-1, os.WNOHANG))[0]:
                if ended[0] == pid and ended[1]:
                    raise SystemExit(f"{command}: exit code {os.waitstatus_to_exitcode(ended[1])}")
                cpu += ended[2].ru_utime + ended[2].ru_stime
        family = descendants(os.getpid()) - {os.getpid()}
        if not family:
            return Cost(time.monotonic() - start, cpu, peak)
        memory = 0
        for member in family:
            with contextlib.suppress(OSError, IndexError):
                memory += int(Path(f"/proc/{member}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
        peak = max(peak, memory / 1e3)
        if show:
            print(f"{time.monotonic() - start:8.1f} s {memory / 1e3:8.1f} MB", flush=True)
        time.sleep(period)


def measure(engine: str, source: Path, texts: Path, count: int, *, show: bool = False) -> Cost:
    """Return what an engine costs."""
    with tempfile.TemporaryDirectory(dir=texts.parent) as folder:
        output = f"{folder}/out.jsonl"
        if engine in ("bare", "script"):
            program = [BARE, str(source), str(count)] if engine == "bare" else [SCRIPT, str(texts), output]
            seconds = float(
                subprocess.run([sys.executable, "-P", "-c", *program], stdout=subprocess.PIPE, check=True).stdout
            )
            return Cost(seconds, seconds)
        return watch([*COMMAND, str(texts), output, *ENGINES[engine]], period=5.0 if show else 0.2, show=show)


def compare(source: Path, engines: list[str], count: int, rounds: int, *, show: bool) -> None:
    """Measure the engines on the texts of a file, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        texts, single = Path(folder) / "texts.jsonl", Path(folder) / "single.jsonl"
        content = source.read_bytes()
        lines = content.count(b"\n")
        # The bare loop goes through the whole file, some number of times.
        count = max(1, (count or DEFAULT_BYTES * lines // len(content)) // lines) * lines
        repeat(source, texts, count)
        repeat(source, single, 1)
        print(f"{source.name}: {count} texts, {texts.stat().st_size / 1e6:.1f} MB; load {os.getloadavg()[0]:.1f}")
        costs: dict[str, list[Cost]] = {engine: [] for engine in engines}
        starts = {engine: [measure(engine, source, single, 1).cpu for _ in range(rounds)] for engine in engines}
        for _ in range(rounds):
            for engine in engines:
                costs[engine].append(measure(engine, source, texts, count, show=show))
    print(f"load at the end {os.getloadavg()[0]:.1f}; medians of {rounds} rounds, memory the most")
    print(f"{'':8}{'wall s':>9}{'CPU s':>9}{'of it start':>13}{'µs a text':>11}{'more':>11}{'times bare':>12}{'MB':>6}")
    for engine, runs in costs.items():
        cpu = median(run.cpu for run in runs)
        start = median(starts[engine]) if ENGINES[engine] else 0.0
        line = f"{engine:8}{median(run.wall for run in runs):9.2f}{cpu:9.2f}{start:13.2f}{cpu / count * 1e6:11.1f}"
        if "bare" in costs:
            bare = costs["bare"]
            over = median((run.cpu - start - loop.cpu) / count * 1e6 for run, loop in zip(runs, bare, strict=True))
            times = median(run.cpu / loop.cpu for run, loop in zip(runs, bare, strict=True))
            line += f"{over:11.1f}{times:12.2f}"
        print(f"{line}{max(run.peak for run in runs):{6 if 'bare' in costs else 29}.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=Path, action="append")
    parser.add_argument("engines", nargs="*", default=list(ENGINES)[:3])
    parser.add_argument("--texts", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for source in given.source or [TEXTS / "articles.jsonl", TEXTS / "comments.jsonl"]:
        compare(source, given.engines, given.texts, given.rounds, show=given.memory)


if __name__ == "__main__":
    main()
