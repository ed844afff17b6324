"""A migration that is killed, whose workers are, or whose disk is full: ``--resume`` gives the same bytes.

Some kills at each run of the tests; by hand, as many as wanted:

SPIPCONV_TEST_KILLS=20 pytest tests/migration/test_kills.py -s
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.migrations import EXAMPLE

if sys.platform == "win32":
    pytest.skip("kills processes as Linux does", allow_module_level=True)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which is Linux's"),
]

KILLS = int(os.environ.get("SPIPCONV_TEST_KILLS", "2"))
TARGETS = ("hugo", "wxr") if "SPIPCONV_TEST_KILLS" not in os.environ else ("hugo", "jekyll", "wxr", "json")
ARTICLES = 600
_ENDS = (0, 1)
# The output and the duration of undisturbed runs, by target.
_WHOLE: dict[str, tuple[dict[str, bytes], float]] = {}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test site with enough additional articles that it needs several processes."""
    path = tmp_path_factory.mktemp("base") / "site.sqlite"
    shutil.copy(EXAMPLE / "site.sqlite", path)
    with closing(sqlite3.connect(path)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(spip_articles)")]
        chosen = ", ".join(
            {"id_article": "? + id_article", "titre": "titre || ' ' || ?"}.get(column, column) for column in columns
        )
        for round_ in range(1, 1 + ARTICLES // 30):
            database.execute(
                f"INSERT INTO spip_articles SELECT {chosen} FROM spip_articles WHERE id_article BETWEEN 20 AND 49",  # noqa: S608
                [round_ * 1000, round_][: chosen.count("?")]
                if columns.index("id_article") < columns.index("titre")
                else [round_, round_ * 1000],
            )
        database.commit()
    return path


class Runs:
    """Runs of a migration, each with a folder for temporary files of its own."""

    def __init__(self, base: Path, folder: Path, to: str) -> None:
        self._base, self._to, self.folder = base, to, folder
        self.temporary = folder / "temporary"
        self.temporary.mkdir()

    def start(self, out: Path, limit: str = "") -> subprocess.Popen[bytes]:
        """Start a run; ``limit`` is a shell command to run before it."""
        command = [
            sys.executable, "-m", "spipconv", "migrate", str(self._base), str(out), "--to", self._to, "--resume",
            "--img", str(EXAMPLE / "IMG"), "--jobs", "2",
        ]  # fmt: skip
        if limit:
            command = ["sh", "-c", f'{limit}; exec "$@"', "sh", *command]
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self, out: Path, limit: str = "") -> tuple[int, str]:
        process = self.start(out, limit)
        said = ended(process)
        return process.returncode, said

    def whole(self) -> tuple[dict[str, bytes], float]:
        """Return the output of an undisturbed run, and its duration."""
        if self._to not in _WHOLE:
            started = time.monotonic()
            assert self.finish(self.folder / "whole")[0] in _ENDS
            _WHOLE[self._to] = contents(self.folder / "whole"), time.monotonic() - started
        return _WHOLE[self._to]


def ended(process: subprocess.Popen[bytes]) -> str:
    """Return the messages of a run. A run that does not end is killed and fails the test."""
    try:
        return process.communicate(timeout=300)[1].decode()
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def workers_of(pid: int) -> list[int]:
    """Return the worker processes of a run."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


@pytest.fixture(params=TARGETS)
def runs(request: pytest.FixtureRequest, base: Path, tmp_path: Path) -> Runs:
    return Runs(base, tmp_path, request.param)


def test_killed_runs_are_resumed_to_the_same_bytes(runs: Runs) -> None:
    expected, lasted = runs.whole()
    out, chance, kills = runs.folder / "killed", random.Random(1), 0  # noqa: S311
    tries = 0
    while kills < KILLS and tries < 3 * KILLS:
        tries += 1
        process = runs.start(out)
        try:
            process.wait(chance.uniform(0.2, 1) * lasted)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
        if chance.random() < 0.3:
            # A run may be started again in place of being resumed.
            shutil.rmtree(out, ignore_errors=True)
    assert runs.finish(out)[0] in _ENDS
    assert contents(out) == expected
    assert list(runs.temporary.iterdir()) == []
    print(f"\n{kills} kills of the run, {tries} tries: the same {len(expected)} files")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_worker_changes_nothing(runs: Runs, sent: signal.Signals) -> None:
    expected, lasted = runs.whole()
    chance, kills, tries = random.Random(2), 0, 0  # noqa: S311
    out = runs.folder / "killed"
    while kills < max(1, KILLS // 2) and tries < 3 * KILLS:
        tries += 1
        shutil.rmtree(out, ignore_errors=True)
        process = runs.start(out)
        until = time.monotonic() + chance.uniform(0.3, 0.9) * lasted
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(workers_of(process.pid)), sent)
            kills += 1
        said = ended(process)
        assert process.returncode in _ENDS, said
        assert contents(out) == expected
    assert kills
    print(f"\n{kills} workers ended by {sent.name}: the same {len(expected)} files, without --resume")


@pytest.mark.parametrize("blocks", [1, 400] if KILLS < 20 else [1, 8, 40, 400, 1500])
def test_a_file_that_cannot_grow_gives_one_line(runs: Runs, blocks: int) -> None:
    expected, _ = runs.whole()
    out = runs.folder / "full"
    code, said = runs.finish(out, limit=f"ulimit -f {blocks}")
    assert code == 2, said
    assert len(said.strip().splitlines()) == 1, said
    assert runs.finish(out)[0] in _ENDS
    assert contents(out) == expected
    assert list(runs.temporary.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with too little space."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700k", "none", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a disk takes rights that are not there")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.parametrize("what", ["out", "temporary"])
def test_a_full_disk_gives_one_line(runs: Runs, small_disk: Path, what: str) -> None:
    expected, _ = runs.whole()
    out = runs.folder / "out"
    if what == "temporary":
        runs.temporary = small_disk
    code, said = runs.finish(small_disk / "out" if what == "out" else out)
    assert code == 2, said
    assert len(said.strip().splitlines()) == 1, said
    runs.temporary = runs.folder / "temporary"
    if what == "out" and (small_disk / "out").exists():
        shutil.copytree(small_disk / "out", out)
    assert runs.finish(out)[0] in _ENDS
    assert contents(out) == expected
