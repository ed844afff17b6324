"""Put small faults into a copy of the program, one at a time, and see whether the tests notice; run by hand.

    python tests/mutants.py                       # all, in two processes
    python tests/mutants.py --only safety --jobs 1
    python tests/mutants.py --check               # only check that every fault can still be put in

``mutants.toml`` lists the faults: what each one breaks, a text that occurs once in a module, and its replacement. For
each module it lists the tests to run, the quickest first. A fault that survives is a promise that no test checks,
unless ``harmless`` says why it makes no difference. The exit code is 1 if a fault survives that should not, or is
stale.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).with_name("mutants.toml")
# The parts of the tree that the tests need.
_PARTS = (
    "spipconv",
    "grammar",
    "tests",
    "examples",
    "docs",
    "pyproject.toml",
    "cli.py",
    "README.md",
    "README.fr.md",
    "REFERENCE.md",
)
# In seconds: a fault may cause an endless loop.
_PATIENCE = 600


class Mutant(NamedTuple):
    """A fault. ``harmless`` says why it may survive; if empty, it may not."""

    module: str
    tests: tuple[str, ...]
    breaks: str
    old: str
    new: str
    harmless: str = ""


class Result(NamedTuple):
    """The result for a fault: ``killed``, ``survived``, ``timeout`` or ``stale``, and the test that noticed it."""

    mutant: Mutant
    outcome: str
    detail: str = ""


def read_mutants(only: str = "") -> list[Mutant]:
    """Return the faults whose module or description contains a text."""
    found: list[Mutant] = []
    for module in tomllib.loads(DATA.read_text("utf-8"))["module"]:
        for breaks, old, new, *harmless in module["mutants"]:
            mutant = Mutant(module["path"], tuple(module["tests"]), breaks, old, new, *harmless)
            if only in f"{mutant.module}: {mutant.breaks}":
                found.append(mutant)
    return found


def is_stale(mutant: Mutant, root: Path = ROOT) -> bool:
    """Return whether a fault's text no longer occurs exactly once."""
    return (root / mutant.module).read_text("utf-8").count(mutant.old) != 1 or mutant.old == mutant.new


class Copy:
    """A copy of the tree, in which faults are put and removed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in _PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
            elif source.exists():
                shutil.copy(source, folder / part)
        self._changes = int(time.time())
        where = self._python("-c", "import spipconv; print(spipconv.__file__)").stdout.strip()
        if not Path(where).is_relative_to(folder.resolve()):
            raise SystemExit(f"the tests would import {where}, not the copy in {folder}")

    def judge(self, mutant: Mutant) -> Result:
        """Return whether the tests notice a fault."""
        path = self.folder / mutant.module
        right = path.read_text("utf-8")
        self._write(path, right.replace(mutant.old, mutant.new))
        try:
            return self._test(mutant)
        finally:
            self._write(path, right)

    def passes(self, tests: tuple[str, ...]) -> str:
        """Return the tests that fail without any fault, or an empty string."""
        result = self._test(Mutant("", tests, "", "", ""))
        return "" if result.outcome == "survived" else result.detail or result.outcome

    def _test(self, mutant: Mutant) -> Result:
        names = [f"tests/{name}" for name in mutant.tests]
        try:
            done = self._python(
                "-m",
                "pytest",
                "-q",
                "-x",
                "-p",
                "no:cacheprovider",
                "-p",
                "pytest_timeout",
                "--tb=no",
                "--no-header",
                *names,
            )
        except subprocess.TimeoutExpired:
            return Result(mutant, "timeout")
        if done.returncode == 0:
            return Result(mutant, "survived")
        named = re.search(r"^(?:FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
        return Result(mutant, "killed", named[1][:70] if named else done.stdout[-200:])

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            # Importing every module and every plugin again takes longer than most tests.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder / ".hypothesis"),
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )

    def _write(self, path: Path, content: str) -> None:
        path.write_text(content, "utf-8")
        # Python recognises changed bytecode only by the time in seconds and the size.
        self._changes += 10
        os.utime(path, (self._changes, self._changes))


def run(mutants: list[Mutant], jobs: int) -> Iterator[Result]:
    """Yield the result for each fault, as soon as it is known."""
    waiting: Queue[Mutant] = Queue()
    for mutant in mutants:
        waiting.put(mutant)
    results: Queue[Result | None] = Queue()

    def work(folder: Path) -> None:
        try:
            copy = Copy(folder)
            while True:
                results.put(copy.judge(waiting.get_nowait()))
        except Empty:
            pass
        finally:
            results.put(None)

    with TemporaryDirectory(prefix="spipconv-mutants-") as above:
        workers = [threading.Thread(target=work, args=(Path(above) / str(job),), daemon=True) for job in range(jobs)]
        for worker in workers:
            (Path(above) / str(workers.index(worker))).mkdir()
            worker.start()
        running = jobs
        while running:
            result = results.get()
            if result is None:
                running -= 1
            else:
                yield result


def main() -> int:
    """Read the command line."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--only", default="", help="a text of the module or the description")
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--trusting", action="store_true", help="do not run the tests without any fault first")
    reader.add_argument("--check", action="store_true", help="report stale faults only")
    reader.add_argument("--survivors", action="store_true", help="print only what lives")
    options = reader.parse_args()
    mutants = read_mutants(options.only)
    stale = [mutant for mutant in mutants if is_stale(mutant)]
    for mutant in stale:
        print(f"stale     {mutant.module}: {mutant.breaks}: {mutant.old.strip()[:60]!r}")
    if options.check:
        print(f"{len(mutants)} faults, {len(stale)} stale")
        return int(bool(stale))
    fresh = [mutant for mutant in mutants if mutant not in stale]
    with TemporaryDirectory(prefix="spipconv-mutants-") as folder:
        copy = Copy(Path(folder))
        judges = set() if options.trusting else {mutant.tests for mutant in fresh}
        broken = {tests for tests in judges if _say(tests, copy.passes(tests))}
    outcomes: Counter[str] = Counter()
    for result in run([mutant for mutant in fresh if mutant.tests not in broken], options.jobs):
        outcome = "harmless" if result.outcome == "survived" and result.mutant.harmless else result.outcome
        outcomes[outcome] += 1
        if not (options.survivors and outcome == "killed"):
            print(f"{outcome:9} {result.mutant.module}: {result.mutant.breaks}  [{result.detail}]", flush=True)
    tried = sum(outcomes.values())
    killed = outcomes["killed"] + outcomes["timeout"]
    print(
        f"{len(mutants)} faults: {killed} of {tried} noticed ({killed / max(tried, 1):.1%}),"
        f" {outcomes['harmless']} harmless, {outcomes['survived']} survived, {len(stale)} stale,"
        f" {len(fresh) - tried} not tried"
    )
    return int(bool(outcomes["survived"] or stale or broken))


def _say(tests: tuple[str, ...], fault: str) -> str:
    if fault:
        print(f"without any fault, {' '.join(tests)} fails: {fault}", flush=True)
    return fault


if __name__ == "__main__":
    sys.exit(main())
