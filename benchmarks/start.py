"""What starting costs: processes that import the library or run a command, against importing lark and click.

    python benchmarks/start.py [--rounds N] [CHECKOUT ...]      (by default 15 rounds of this checkout)

Every round starts each process once, so that a loaded machine slows all of them alike. Commands start as the installed
script starts them; times count from the start of a process to its end, that of the interpreter itself included. All
modules are compiled before, as an installed package is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if sys.platform == "win32":
    raise SystemExit("This reads the CPU times of processes as Unix tells them.")

HERE = Path(__file__).parent.parent
BYTECODE = tempfile.TemporaryDirectory()
TEXT = b"{{{Titre}}}\n\nUn {{texte}} avec [un lien->https://www.spip.net] et une note [[La note.]].\n\n-* un\n-* deux\n"
RUN = "import sys; from spipconv.commands import main; sys.exit(main())"
REFERENCE = "import lark, click"
PROCESSES = {
    "import spipconv": ("import spipconv",),
    "import and use it": ('import spipconv; spipconv.to_html("{{gras}}")',),
    "spipconv --version": (RUN, "--version"),
    "spipconv --help": (RUN, "--help"),
    "spipconv convert": (RUN, "convert"),
    "spipconv convert --to markdown": (RUN, "convert", "--to", "markdown"),
    "spipconv check": (RUN, "check"),
}


def environment(checkout: Path) -> dict[str, str]:
    """Return the variables of a process that imports from a checkout."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**variables, "PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": BYTECODE.name}


def measure(command: tuple[str, ...], checkout: Path) -> tuple[float, float]:
    """Run Python code with arguments, as ``-c`` takes them; return its CPU and wall time in milliseconds."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment(checkout),
        cwd=checkout,
    )
    assert process.stdin
    with process.stdin as stdin:
        stdin.write(TEXT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit code {process.returncode}")
    return 1000 * (usage.ru_utime + usage.ru_stime), 1000 * seconds


def count_modules(command: tuple[str, ...], checkout: Path) -> int:
    """Return how many modules a process imports, those of the interpreter's own start included."""
    shown = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-c", *command],
        input=TEXT,
        capture_output=True,
        check=True,
        env=environment(checkout),
        cwd=checkout,
    )
    return shown.stderr.count(b"import time:") - 1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("checkouts", nargs="*", type=Path, default=[HERE], metavar="CHECKOUT")
    options.add_argument("--rounds", type=int, default=15)
    given = options.parse_args()
    checkouts = [path.resolve() for path in given.checkouts]
    rows: list[tuple[str, tuple[str, ...], Path]] = [("pass", ("pass",), HERE), (REFERENCE, (REFERENCE,), HERE)]
    rows += [(name, command, checkout) for name, command in PROCESSES.items() for checkout in checkouts]
    modules = [count_modules(command, checkout) for _, command, checkout in rows]
    times: list[list[tuple[float, float]]] = [[] for _ in rows]
    for _ in range(given.rounds):
        for row, (_, command, checkout) in zip(times, rows, strict=True):
            row.append(measure(command, checkout))
    medians = [tuple(map(statistics.median, zip(*row, strict=True))) for row in times]
    reference_cpu, reference_wall = medians[1]
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    print(f"Python {sys.version.split()[0]}, median of {given.rounds} rounds, milliseconds; the machine's load {load}")
    print(f"{'':32}{'CPU':>7}{'times':>7}{'wall':>8}{'times':>7}{'modules':>9}")
    for (name, _, checkout), (cpu, wall), count in zip(rows, medians, modules, strict=True):
        where = f"  {checkout}" if len(checkouts) > 1 and name in PROCESSES else ""
        print(f"{name:32}{cpu:7.1f}{cpu / reference_cpu:7.2f}{wall:8.1f}{wall / reference_wall:7.2f}{count:9}{where}")


if __name__ == "__main__":
    main()
