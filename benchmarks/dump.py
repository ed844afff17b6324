"""Speed and memory of reading SQL dumps, on texts made here: nothing to bring along.

python benchmarks/dump.py [MEGABYTES]
"""

from __future__ import annotations

import gzip
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from spipconv.migration.read.sources import open_source

if sys.platform == "win32":
    sys.exit("this measures by what only Linux and macOS have")

WORDS = (
    "l’école aujourd\\'hui une coopérative été à travers [->art12] {{gras}} les où\\r\\n\\r\\n dire <i>que</i>".split(
        " "
    )
)
HEAD = "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE `t` (`a` int, `b` text, `c` text, `d` text);\n"


def text(length: int, chance: random.Random) -> str:
    """Return French words with escapes of at least this length."""
    words = ""
    while len(words) < length:
        words += chance.choice(WORDS) + " "
    return words


def rows(length: int) -> Iterator[str]:
    """Yield rows without end, one of whose texts has this length."""
    chance = random.Random(1)  # noqa: S311
    texts = [text(length, chance) for _ in range(200)]
    number = 0
    while True:
        number += 1
        yield f"({number},'{chance.choice(texts)}','publie','2009-05-17 10:00:00')"


def write(path: Path, size: int, length: int, *, is_extended: bool = True) -> None:
    """Write a dump of about ``size`` bytes, in statements of a megabyte or of a row each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        written, left = file.write(HEAD), 0
        for row in rows(length):
            if left <= 0:
                file.write(";\nINSERT INTO `t` VALUES " + row)
                left = 1_000_000 * is_extended
            else:
                file.write("," + row)
            left -= len(row)
            written += len(row)
            if written > size:
                break
        file.write(";\n")


def pack(path: Path) -> Path:
    """Pack a file beside itself."""
    packed = path.with_suffix(".sql.gz")
    with path.open("rb") as file, gzip.open(packed, "wb", compresslevel=6) as target:
        while chunk := file.read(1 << 20):
            target.write(chunk)
    return packed


def measure(path: str, columns: str) -> None:
    """Read a dump and print the seconds, rows and peak of memory; run in a process of its own."""
    wanted = tuple(columns)
    start = time.perf_counter()
    count = sum(1 for _ in open_source(path).read(lambda _table, _columns: wanted or None))
    print(time.perf_counter() - start, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def report(name: str, path: Path, size: int, columns: str = "abcd") -> None:
    """Print a line of the table, from the best of three readings."""
    command = [sys.executable, __file__, "--measure", str(path), columns]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(3)]
    seconds = min(float(run[0]) for run in runs)
    peak = max(int(run[2]) for run in runs)
    print(f"{name:42}{size / 1e6:8.1f}{int(runs[0][1]):9}{seconds:9.2f}{size / seconds / 1e6:8.0f}{peak / 1024:8.0f}")


def main() -> None:
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else 50) * 1e6)
    print(f"{'':42}{'MB':>8}{'rows':>9}{'seconds':>9}{'MB/s':>8}{'MiB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dump.sql")
        cases: list[tuple[str, int, bool, Callable[[Path], Path] | None, str]] = [
            ("long texts (2.8 kB)", 2800, True, None, "abcd"),
            ("long texts, packed (MB unpacked)", 2800, True, pack, "abcd"),
            ("long texts, table skipped", 2800, True, None, ""),
            ("short rows", 10, True, None, "abcd"),
            ("short rows, one column of four", 10, True, None, "a"),
            ("short rows, an INSERT each", 10, False, None, "abcd"),
            ("short rows, table skipped", 10, True, None, ""),
            ("short rows, an INSERT each, table skipped", 10, False, None, ""),
        ]
        for name, length, is_extended, change, columns in cases:
            of_case = size if length > 100 else size // 5
            write(path, of_case, length, is_extended=is_extended)
            report(name, change(path) if change else path, path.stat().st_size, columns)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3])
    else:
        main()
