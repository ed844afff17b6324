"""What the batch engines cost: wall and CPU seconds and memory of all their processes, on the same texts.

    python benchmarks/batch.py [--source FILE.jsonl] [--texts 200000] [--rounds 3] [ENGINE ...]

Lines with "text" are repeated to the number of texts. The engines (all by default): ``bare`` converts the texts in
a loop and does nothing else; ``here``, ``one``, ``two`` are 0, 1 and 2 workers, ``dask`` is Dask with two. CPU
seconds are those of all processes, from their start to their end; of ``bare`` only those of the loop. ``--memory``
prints the memory (PSS, of all processes) as the texts pass.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec import Struct

if sys.platform == "win32":
    sys.exit("this measures by what only Linux and macOS have")

TICKS = os.sysconf("SC_CLK_TCK")
COMMAND = [sys.executable, "-c", "from spipconv.commands.batch import batch; batch()"]
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
ENGINES = {
    "bare": [],
    "here": ["--workers", "0"],
    "one": ["--workers", "1"],
    "two": ["--workers", "2"],
    "dask": ["--workers", "2", "--engine", "dask"],
}


class Cost(Struct):
    """What a run cost: seconds, and the most memory of all processes in MB."""

    wall: float
    cpu: float
    peak: float


def repeat(source: Path, target: Path, count: int) -> None:
    """Write the lines of a file again and again, so many in all, each with a number of its own."""
    rows = [json.loads(line) for line in source.read_bytes().splitlines()]
    with open(target, "w", encoding="utf-8") as file:
        for number, row in zip(range(count), itertools.cycle(rows)):
            file.write(json.dumps({"id": number, "text": row["text"]}, ensure_ascii=False) + "\n")


def tree(pid: int) -> set[int]:
    """Return a process and all under it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while new := {one for one, parent in parents.items() if parent in found} - found:
        found |= new
    return found


def watch(command: list[str], *, period: float, show: bool) -> Cost:
    """Run a command; look at its processes now and then."""
    start = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL if not show else None)
    cpu: dict[int, float] = {}
    peak = 0.0
    while process.poll() is None:
        memory = 0
        for pid in tree(process.pid):
            with contextlib.suppress(OSError, IndexError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                cpu[pid] = (int(fields[11]) + int(fields[12])) / TICKS
                memory += int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
        peak = max(peak, memory / 1e3)
        if show:
            print(f"{time.monotonic() - start:8.1f} s {memory / 1e3:8.1f} MB", flush=True)
        time.sleep(period)
    if process.returncode != 0:
        raise SystemExit(f"{command}: exit code {process.returncode}")
    return Cost(time.monotonic() - start, sum(cpu.values()), peak)


def measure(engine: str, source: Path, texts: Path, count: int, *, show: bool) -> Cost:
    """Return what an engine costs."""
    if engine == "bare":
        done = subprocess.run([sys.executable, "-c", BARE, str(source), str(count)], capture_output=True, check=True)
        seconds = float(done.stdout)
        return Cost(seconds, seconds, 0.0)
    folder = Path(tempfile.mkdtemp(dir=texts.parent))
    try:
        command = [*COMMAND, str(texts), str(folder / "out.jsonl"), *ENGINES[engine]]
        return watch(command, period=5.0 if show else 0.1, show=show)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=Path, default=Path(__file__).parent / "texts" / "articles.jsonl")
    parser.add_argument("engines", nargs="*", default=list(ENGINES))
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.jsonl"
        repeat(given.source, texts, given.texts)
        print(f"{given.texts} texts, {texts.stat().st_size / 1e6:.1f} MB; load at the start {os.getloadavg()[0]:.1f}")
        costs: dict[str, Cost] = {}
        for _ in range(given.rounds):
            for engine in given.engines:
                cost = measure(engine, given.source, texts, given.texts, show=given.memory)
                best = costs.setdefault(engine, cost)
                best.wall, best.cpu = min(best.wall, cost.wall), min(best.cpu, cost.cpu)
                best.peak = max(best.peak, cost.peak)
    print(f"load at the end {os.getloadavg()[0]:.1f}; the best of {given.rounds}, memory the worst")
    print(f"{'':8}{'wall s':>9}{'CPU s':>9}{'over bare':>11}{'us a text':>11}{'MB':>8}")
    for engine, cost in costs.items():
        over = f"{cost.cpu / costs['bare'].cpu - 1:+.1%}" if "bare" in costs else ""
        print(
            f"{engine:8}{cost.wall:9.1f}{cost.cpu:9.1f}{over:>11}{cost.cpu / given.texts * 1e6:11.1f}{cost.peak:8.0f}"
        )


if __name__ == "__main__":
    main()
