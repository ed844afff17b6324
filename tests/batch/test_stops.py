"""Batch with workers that are stopped, starved, or cannot be started: no text is blamed for it, and every run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spipconv.batch import Options, convert_text
from spipconv.batch import converter as converter_module
from spipconv.batch import processes as processes_module
from spipconv.batch import watch as watch_module
from spipconv.batch.child import Child, ProcessDeath, walk
from spipconv.batch.chunks import Chunk, Outcome, Piece
from spipconv.batch.spool import Spool, read_position
from spipconv.batch.watch import watching
from spipconv.converters.formats import Written
from spipconv.diagnostics import Parsed
from spipconv.parsing.parser import read_document
from spipconv.settings import Settings
from tests.batch.hazards import ENVIRONMENT
from tests.batch.test_batch import convert, run
from tests.batch.test_batch import write_lines as write_texts
from tests.batch.test_kills import (
    descendants,
    finish,
    has_ended,
    has_parts,
    read_lines,
    start,
    wait_for,
    workers_of,
    write_lines,
)

if sys.platform == "win32":
    pytest.skip("stops processes as Linux does", allow_module_level=True)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which is Linux's"),
]
PAUSES = dict.fromkeys(range(0, 300, 15), "PAUSES")


def send(pid: int, name: str) -> None:
    """Send a signal that only some systems have."""
    os.kill(pid, getattr(signal, name))


# ---- one text ----


def test_only_the_cpu_time_of_a_text_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait_and_read(text: str, settings: Settings) -> Parsed:
        time.sleep(0.5)
        return read_document(text, settings)

    monkeypatch.setattr(converter_module, "read_document", wait_and_read)
    assert convert_text("mot", Options(max_seconds=0.1)).content == "<p>mot</p>\n"


def test_a_process_that_does_nothing_is_ended_and_one_that_works_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_PERIOD", 0.05)
    for code, verdict in (("import time; time.sleep(120)", "idle"), ("while True: pass", "")):
        process = subprocess.Popen([sys.executable, "-c", code])
        with watching(process.pid, 3.0) as watched:
            try:
                process.wait(60 if verdict else 8)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                assert verdict == ""
        assert watched.verdict == verdict


# ---- a run ----


@pytest.fixture
def expected(tmp_path: Path) -> bytes:
    """What an undisturbed run writes of the texts that pause."""
    source = write_lines(tmp_path / "in.jsonl", marked=PAUSES)
    assert finish(source, tmp_path / "expected.jsonl", "--chunk-bytes", 2000)[0] == 0
    return (tmp_path / "expected.jsonl").read_bytes()


def test_a_worker_that_is_stopped_for_a_while_is_waited_for(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    process = start(tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--workers", 2, "--max-seconds", 0.3)
    wait_for("1 parts are written", partial(has_parts, out, 1))
    workers = workers_of(process)
    for pid in workers:
        send(pid, "SIGSTOP")
    time.sleep(2)
    for pid in workers:
        send(pid, "SIGCONT")
    said = process.communicate(timeout=240)[1].decode()
    assert (process.returncode, out.read_bytes()) == (0, expected), said


def test_workers_that_are_stopped_for_good_are_replaced_and_no_text_is_blamed(tmp_path: Path, expected: bytes) -> None:
    out = tmp_path / "out.jsonl"
    process = start(tmp_path / "in.jsonl", out, "--chunk-bytes", 2000, "--workers", 2, "--max-seconds", 0.3)
    wait_for("2 parts are written", partial(has_parts, out, 2))
    stopped = workers_of(process)
    for pid in stopped:
        send(pid, "SIGSTOP")
    # Those that take their place, once too.
    walker = wait_for(
        "a child runs", lambda: [pid for pid, said in descendants(process.pid).items() if "batch.child" in said], 40
    )[0]
    send(walker, "SIGSTOP")
    said = process.communicate(timeout=240)[1].decode()
    assert (process.returncode, out.read_bytes()) == (0, expected), said
    assert "300 texts, 0 failed" in said
    for pid in [*stopped, walker]:
        wait_for(f"process {pid} has ended", partial(has_ended, pid))


def test_a_text_that_computes_for_ever_without_hearing_its_timer_is_an_error(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", 30, {7: "SPINS"})
    code, _ = finish(source, tmp_path / "out.jsonl", "--workers", 2, "--chunk-bytes", 1000, "--max-seconds", 0.1)
    answers = read_lines(tmp_path / "out.jsonl")
    assert code == 1
    assert [number for number, answer in enumerate(answers) if "error" in answer] == [7]
    assert answers[7]["error"] == "its process died on it, twice: held the process and would not stop"


# ---- who is to blame ----


class _Mortal(Child):
    """Dies as told, before or within its first text."""

    ways: list[str]

    def convert(self, chunk: Chunk, options: Options, spool: str = "") -> list[Outcome]:
        way = self.ways.pop(0) if self.ways else ""
        if not way:
            return super().convert(chunk, options, spool)
        if way == "text":
            kept = Spool(spool, converter_module.Converted)
            while kept.take() is not None:
                pass
            kept.close()
        raise ProcessDeath(way, is_stopped=way == "stopped")


@pytest.mark.parametrize(
    ("ways", "failed", "fault"),
    [
        (["text"], 0, ""),
        (["text", "text"], 1, ""),
        (["text", "start", "start"], 0, ""),
        (["start", "start", "start"], 0, ""),
        (["start", "start", "start", "start"], 0, "processes die when they read this: start"),
        (["text", "stopped", "stopped"], 0, ""),
        (["text", "start", "text"], 1, ""),
    ],
)
def test_only_the_text_that_a_process_had_begun_with_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: list[str], failed: int, fault: str
) -> None:
    source = write_texts(tmp_path / "in.jsonl", ["mot", "autre"])
    piece = Piece("k", str(source), f"{tmp_path}/part", "d", last=source.stat().st_size)
    monkeypatch.setattr(_Mortal, "ways", list(ways), raising=False)
    (outcome,) = walk(Chunk("lines", (piece,), str(tmp_path)), Options(), _Mortal)
    assert (outcome.failed, outcome.fault.rpartition("jsonl: ")[2]) == (failed, fault)


def test_a_truncated_spool_is_read_up_to_its_last_whole_result(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b"")
    for _ in range(2):
        spool = Spool(str(path), converter_module.Converted)
        while spool.take() is not None:
            pass
        spool.append(converter_module.Converted(Written("mot")))
        spool.close()
    assert (read_position(str(path)).count, read_position(str(path)).tries) == (2, 0)
    path.write_bytes(path.read_bytes() + b"\xff\xff\xff\xff\x00\x00")
    assert (read_position(str(path)).count, read_position(str(path)).tries) == (2, 1)
    for size in range(len(path.read_bytes())):
        path.write_bytes(path.read_bytes()[: len(path.read_bytes()) - 1])
        assert read_position(str(path)).count <= 2, size


def test_a_spool_on_a_full_disk_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short:
        def write(self, content: bytes) -> int:
            return len(content) - 1

    path = tmp_path / "spool"
    path.write_bytes(b"")
    spool = Spool(str(path), converter_module.Converted)
    spool.close()
    monkeypatch.setattr(spool, "_file", Short())
    with pytest.raises(OSError, match="No space left"):
        spool.append(converter_module.Converted(Written("mot")))


# ---- where there are no processes ----


@pytest.mark.parametrize("fault", [ImportError("_multiprocessing"), OSError("no"), NotImplementedError("no sem_open")])
@pytest.mark.parametrize("workers", [1, 2])
def test_without_processes_everything_is_converted_in_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, workers: int
) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise fault

    source = write_texts(tmp_path / "in.jsonl")
    convert(source, tmp_path / "expected.jsonl")
    monkeypatch.setattr(processes_module, "_Worker", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    result = run(source, tmp_path / "out.jsonl", "--workers", workers, "--chunk-bytes", 500)
    assert (result.exit_code, str(fault) in result.stderr.splitlines()[0]) == (0, True)
    assert result.stderr.startswith("no processes can be started here")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_a_run_of_one_task_starts_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = processes_module._Worker

    def count(context: Any) -> Any:
        made.append(context)
        return make(context)

    monkeypatch.setattr(processes_module, "_Worker", count)
    assert convert(write_texts(tmp_path / "in.jsonl"), tmp_path / "out.jsonl", workers=4).is_complete
    assert len(made) == 1


def test_a_script_without_a_main_guard_works(tmp_path: Path) -> None:
    """Its module cannot be imported anew in a worker: that would begin the run again."""
    write_texts(tmp_path / "in.jsonl")
    script = tmp_path / "script.py"
    script.write_text(
        "from spipconv.batch import run_batch\n"
        "report = run_batch('in.jsonl', 'out.jsonl', workers=2, chunk_bytes=500)\n"
        "assert (report.texts, report.failed) == (40, 0)\n"
    )
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=ENVIRONMENT, check=True, timeout=60)
    assert len(read_lines(tmp_path / "out.jsonl")) == 40


def test_the_run_ends_when_no_more_processes_can_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_texts(tmp_path / "in.jsonl")
    make = processes_module._Worker
    made: list[Any] = []

    def refuse_the_second(context: Any) -> Any:
        if made:
            raise OSError("Resource temporarily unavailable")
        made.append(make(context))
        return made[0]

    monkeypatch.setattr(processes_module, "_Worker", refuse_the_second)
    monkeypatch.setattr(processes_module, "Child", lambda: refuse_the_second(None))
    monkeypatch.setattr(processes_module, "_START_PAUSE", 0.01)
    report = convert(source, tmp_path / "out.jsonl", workers=2, chunk_bytes=300)
    assert "no more processes can be started: Resource temporarily unavailable" in report.stopped
    monkeypatch.undo()
    assert convert(source, tmp_path / "out.jsonl", workers=2, chunk_bytes=300, resume=True).is_complete
