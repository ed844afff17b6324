"""Batch under kills: nothing is lost, nothing comes twice, and the account names what failed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.batch.hazards import ENVIRONMENT

if sys.platform == "win32":
    pytest.skip("kills processes as Linux does", allow_module_level=True)

COMMAND = [sys.executable, "-c", "from spipconv.commands.batch import batch; batch()"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which is Linux's"),
]


def start(*arguments: object, limit: str = "") -> subprocess.Popen[bytes]:
    """Start the command; ``limit`` is what the shell is to do before."""
    command = ["sh", "-c", f'{limit}; exec "$@"', "sh", *COMMAND] if limit else COMMAND
    return subprocess.Popen(
        [*command, *(str(one) for one in arguments)], env=ENVIRONMENT, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(*arguments: object, limit: str = "") -> tuple[int, str]:
    """Run the command; return its exit code and what it said."""
    process = start(*arguments, limit=limit)
    said = process.communicate(timeout=240)[1].decode()
    return process.returncode, said


def write_lines(path: Path, count: int = 300, marked: dict[int, str] | None = None) -> Path:
    """Write lines of texts, some with a word that the hazards know."""
    texts = [f"{{{{gras {number}}}}} mot [[note]] {(marked or {}).get(number, '')}" for number in range(count)]
    path.write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in enumerate(texts)))
    return path


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def descendants(pid: int) -> dict[int, str]:
    """Return the processes under one, with their command lines."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while new := {one for one, parent in parents.items() if parent in found} - found:
        found |= new
    commands = {}
    for one in found - {pid}:
        with contextlib.suppress(OSError):
            commands[one] = Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return commands


def wait_for(name: str, condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the value of a condition once it is true; ``name`` says what is waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:g} s: {name}")


def state(out: Path) -> Path:
    return out.with_name(out.name + ".spipconv-batch")


def parts(out: Path) -> list[Path]:
    return list((state(out) / "parts").glob("*"))


def has_parts(out: Path, count: int) -> bool:
    return len(parts(out)) >= count


def has_ended(pid: int) -> bool:
    """Return whether there is no such process, or only its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the processes that convert: the children of the server that forks them."""
    under = descendants(process.pid)
    servers = [pid for pid, command in under.items() if "forkserver" in command and descendants(pid)]
    return sorted(pid for server in servers for pid in descendants(server))


@pytest.fixture
def expected(tmp_path: Path) -> bytes:
    """What an undisturbed run writes of the texts that pause."""
    source = write_lines(tmp_path / "in.jsonl", marked=dict.fromkeys(range(0, 300, 15), "PAUSES"))
    code, _ = finish(source, tmp_path / "expected.jsonl", "--chunk-bytes", 2000)
    assert code == 0
    return (tmp_path / "expected.jsonl").read_bytes()


def test_a_killed_worker_loses_no_text(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    process = start(tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--workers", 2, "--report", tmp_path / "r.json")
    for count in (1, 4):
        wait_for(f"{count} parts are written", partial(has_parts, out, count))
        victim = wait_for("a worker runs", lambda: workers_of(process))[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(f"process {victim} has ended", partial(has_ended, victim))
    said = process.communicate(timeout=240)[1].decode()
    assert (process.returncode, said.startswith("300 texts, 0 failed")) == (0, True)
    assert out.read_bytes() == expected
    assert json.loads((tmp_path / "r.json").read_bytes())["failures"] == []


def test_a_run_killed_at_any_moment_can_be_resumed(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    chance = random.Random(5)  # noqa: S311
    kills = 0
    for _ in range(30):
        process = start(tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--workers", 2, "--resume")
        # Longer each time, so that slow machines come to an end too.
        time.sleep(chance.uniform(0.1, 0.8) + kills / 10)
        before = descendants(process.pid)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate(timeout=20)
        for pid in before:
            wait_for(f"process {pid} has ended", partial(has_ended, pid))
        if process.returncode == 0:
            break
    assert kills >= 2
    assert finish(tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--resume")[0] == 0
    assert out.read_bytes() == expected
    assert [path.name for path in state(out).iterdir()] == ["manifest.jsonl"]


def test_an_interrupt_finishes_current_work_and_says_how_to_continue(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    options = (tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--workers", 2)
    process = start(*options)
    wait_for("a part is written", lambda: parts(out))
    # As a terminal does: to all processes of the run.
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=240)[1].decode()
    assert process.returncode == 130
    assert "finishing current work; press Ctrl-C again to stop immediately" in said
    assert "stopped: interrupted; run the same command with --resume to continue" in said
    assert not out.exists()
    done = len((state(out) / "manifest.jsonl").read_bytes().splitlines()) - 1
    assert done == len(parts(out)) > 0
    code, said = finish(*options)
    assert (code, "use --resume to continue it" in said, said.count("\n")) == (2, True, 1)
    code, said = finish(*options, "--resume")
    assert code == 0
    assert int(said.split(" unchanged")[0].split()[-1]) > 0
    assert out.read_bytes() == expected


def test_second_interrupt_stops_immediately(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", 20, dict.fromkeys(range(20), "HANGS"))
    process = start(source, tmp_path / "out.jsonl", "--workers", 2)
    wait_for("a worker runs", lambda: workers_of(process))
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.3)
    workers = workers_of(process)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    for pid in workers:
        wait_for(f"process {pid} has ended", partial(has_ended, pid))


POISON = {3: "KILLS", 4: "KILLS", 40: "HANGS", 60: "LOOPS", 80: "FILLS", 99: "KILLS"}
ERRORS = {
    "KILLS": "its process died on it, twice: killed (out of memory?)",
    "HANGS": "its process died on it, twice: held the process and would not stop",
    "LOOPS": "took longer than 0.3 s",
    "FILLS": "needs more memory than there is",
}


def test_a_text_that_kills_or_holds_its_worker_is_an_error_and_no_other_is(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", 100, POISON)
    clean = write_lines(tmp_path / "clean.jsonl", 100, {})
    out, report = tmp_path / "out.jsonl", tmp_path / "report.json"
    options = ("--workers", 2, "--chunk-bytes", 3000, "--max-seconds", 0.3)
    code, _ = finish(source, out, "--report", report, *options)
    assert code == 1
    assert finish(clean, tmp_path / "clean-out.jsonl", *options)[0] == 0
    answers, wanted = read_lines(out), read_lines(tmp_path / "clean-out.jsonl")
    for number, word in POISON.items():
        wanted[number] = {"id": number, "error": ERRORS[word], "diagnostics": []}
    assert answers == wanted
    failures = [{"place": f"in.jsonl:{number + 1}", "error": ERRORS[word]} for number, word in POISON.items()]
    assert json.loads(report.read_bytes())["failures"] == failures


def test_among_files_only_those_that_kill_fail(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02d}.spip").write_text("KILLS" if number in {7, 8} else f"mot {number}")
    code, said = finish(folder, tmp_path / "out")
    assert code == 1
    assert said.splitlines()[:2] == [f"0{number}.spip: {ERRORS['KILLS']}" for number in (7, 8)]
    made = sorted((tmp_path / "out").glob("*.html"))
    assert [path.name for path in made] == [f"{number:02d}.html" for number in range(20) if number not in {7, 8}]
    assert made[-1].read_text() == "<p>mot 19</p>\n"


def test_a_full_disk_ends_the_run_which_can_be_resumed(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    options = (tmp_path / "in.jsonl", out, "--workers", 2)
    # No file may have more than 40 blocks: what the shell can do without a file system of our own.
    code, said = finish(*options, "--chunk-bytes", 100_000, limit="ulimit -f 40")
    assert code == 1
    assert "out.jsonl.spipconv-batch/parts/in-000000.jsonl: File too large; run the same command with --resume" in said
    assert not out.exists()
    assert not parts(out)
    code, said = finish(*options, "--chunk-bytes", 2000, "--resume", limit="ulimit -f 40")
    assert (code, "out.jsonl: File too large" in said) == (1, True)
    assert not out.exists()
    code, said = finish(*options, "--chunk-bytes", 2000, "--resume")
    assert (code, "300 unchanged" in said) == (0, True)
    assert out.read_bytes() == expected


def test_two_runs_do_not_write_to_the_same_output(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    options = (tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--workers", 1)
    first = start(*options)
    wait_for("a part is written", lambda: parts(out))
    code, said = finish(*options, "--resume")
    assert (code, "another run is writing there" in said, said.count("\n")) == (2, True, 1)
    first.communicate(timeout=240)
    assert (first.returncode, out.read_bytes()) == (0, expected)


# How often to kill in the test below: by hand, as each kill takes seconds.
KILLS = int(os.environ.get("SPIPCONV_TEST_KILLS", "0"))


@pytest.mark.skipif(not KILLS, reason="by hand: SPIPCONV_TEST_KILLS=20")
@pytest.mark.parametrize("engine", ["process", "dask"])
def test_any_process_may_be_killed_at_any_moment(tmp_path: Path, engine: str) -> None:
    """The run itself, or any process under it; what comes of it in the end is what an undisturbed run writes."""
    source = write_lines(tmp_path / "in.jsonl", 1000, dict.fromkeys(range(0, 1000, 8), "PAUSES"))
    options = ("--chunk-bytes", 3000, "--workers", 2, "--engine", engine, "--resume")
    assert finish(source, tmp_path / "expected.jsonl", "--chunk-bytes", 3000)[0] == 0
    expected = (tmp_path / "expected.jsonl").read_bytes()
    chance = random.Random(9)  # noqa: S311
    killed = {"run": 0, "process": 0}
    runs = resumed = 0
    while sum(killed.values()) < KILLS:
        out = tmp_path / f"{runs}.jsonl"
        process = start(source, out, *options)
        is_killed = False
        while process.poll() is None and not is_killed and sum(killed.values()) < KILLS:
            time.sleep(chance.uniform(0.2, 4 if engine == "dask" else 2))
            under = descendants(process.pid)
            is_killed = chance.random() < 0.5 or not under
            victim = process.pid if is_killed else chance.choice(sorted(under))
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed["run" if is_killed else "process"] += 1
        said = process.communicate(timeout=300)[1].decode()
        if is_killed:
            resumed += 1
            for pid in under:
                wait_for(f"process {pid} has ended", partial(has_ended, pid), 60)
        elif process.returncode == 0:
            assert out.read_bytes() == expected, said
            runs += 1
        else:
            # Dask's own processes, without which nothing answers, end the run with a word.
            assert "--resume" in said, said
            resumed += 1
    code, said = finish(source, tmp_path / f"{runs}.jsonl", *options)
    assert (code, (tmp_path / f"{runs}.jsonl").read_bytes()) == (0, expected), said
    print(f"{engine}: killed {killed}, {runs + 1} runs came to their end, {resumed} were resumed")


@pytest.fixture(autouse=True)
def _no_process_is_left(tmp_path: Path) -> Iterator[None]:
    """Every test ends with as many processes as it began with."""
    before = set(descendants(os.getpid()))
    yield
    wait_for("no process is left", lambda: set(descendants(os.getpid())) <= before)
