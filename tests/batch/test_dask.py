"""Batch on Dask: the same as on one machine, when workers die too."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spipconv.batch import BadInput, Options, run_batch
from spipconv.batch import cluster as cluster_module
from spipconv.batch.chunks import Chunk, Outcome, Piece
from spipconv.batch.cluster import connect, convert_on_cluster, convert_with_child
from spipconv.batch.run import Engine
from tests.batch.hazards import ENVIRONMENT, ROOT
from tests.batch.test_batch import convert, make_parquet, tree, write_lines
from tests.batch.test_kills import POISON, descendants, finish, read_lines, start, wait_for
from tests.batch.test_kills import write_lines as write_hazards

if sys.platform == "win32":
    pytest.skip("kills processes as Linux does", allow_module_level=True)

distributed: Any = pytest.importorskip(
    "distributed", reason="distributed is not installed: pip install spipconv[dask]", exc_type=ImportError
)

pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore"),  # Dask's own, of processes that are killed
]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two workers."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def test_dask_writes_the_same_as_processes(scheduler: str, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.spip").write_text(f"mot {number}")
    for name, address, out in (
        ("lines", source, "out.jsonl"),
        ("parts", source, "parts/"),
        ("files", folder, "pages"),
    ):
        choices: list[tuple[Engine, str]] = [("process", ""), ("dask", scheduler)]
        for engine, where in choices:
            target = f"{tmp_path}/{name}-{engine}/{out}"
            report = run_batch(str(address), target, engine=engine, chunk_bytes=400, scheduler=where)
            assert (report.is_complete, report.failed) == (True, 0)
        assert tree(tmp_path / f"{name}-dask") == tree(tmp_path / f"{name}-process")
        assert tree(tmp_path / f"{name}-dask")


def test_dask_writes_the_same_tables_as_processes(scheduler: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install spipconv[parquet]")
    make_parquet(tmp_path / "in.parquet")
    convert(tmp_path / "in.parquet", tmp_path / "here", Options(column="body"))
    convert(tmp_path / "in.parquet", tmp_path / "there", Options(column="body"), engine="dask", scheduler=scheduler)
    assert tree(tmp_path / "there") == tree(tmp_path / "here")
    assert len(tree(tmp_path / "here")) == 3


def test_no_text_is_sent_to_or_from_a_worker(tmp_path: Path) -> None:
    """What is sent to a worker is some hundred bytes, whatever the texts are; what comes back too."""
    source = write_lines(tmp_path / "in.jsonl", ["SECRET" * 10_000] * 20)
    sizes: list[int] = []

    for chunk in _chunks(source, tmp_path):
        sent = pickle.dumps((chunk, Options()))
        back = pickle.dumps(convert_with_child(chunk, Options()))
        assert b"SECRET" not in sent + back
        sizes.append(max(len(sent), len(back)))
    assert len(sizes) == 1
    assert max(sizes) < 2000


def _chunks(source: Path, folder: Path) -> list[Chunk]:
    (folder / "temporary").mkdir(exist_ok=True)
    size = source.stat().st_size
    piece = Piece("in.jsonl#000000", str(source), str(folder / "part"), "digest", last=size, weight=size)
    return [Chunk("lines", (piece,), str(folder / "temporary"))]


def test_texts_that_kill_are_found_on_the_workers(tmp_path: Path) -> None:
    """The cluster is a local one that the command makes."""
    poison = {number: word for number, word in POISON.items() if word != "HANGS"}
    source = write_hazards(tmp_path / "in.jsonl", 100, poison)
    options = ("--chunk-bytes", 3000, "--max-seconds", 0.3, "--workers", 2)
    code, said = finish(source, tmp_path / "dask.jsonl", "--engine", "dask", *options)
    assert (code, "100 texts, 5 failed" in said) == (1, True)
    assert finish(source, tmp_path / "process.jsonl", *options)[0] == 1
    assert read_lines(tmp_path / "dask.jsonl") == read_lines(tmp_path / "process.jsonl")
    assert [number for number, row in enumerate(read_lines(tmp_path / "dask.jsonl")) if "error" in row] == list(poison)


def test_a_killed_dask_worker_loses_no_text(tmp_path: Path) -> None:
    source = write_hazards(tmp_path / "in.jsonl", 200, dict.fromkeys(range(0, 200, 8), "PAUSES"))
    options = (source, tmp_path / "out.jsonl", "--chunk-bytes", 1500, "--workers", 2, "--engine", "dask")
    process = start(*options)
    parts = tmp_path / "out.jsonl.spipconv-batch" / "parts"
    wait_for("2 parts are written", lambda: parts.is_dir() and len(list(parts.iterdir())) >= 2)
    # A worker is a process that has children of its own, which convert.
    convert_pids = [pid for pid, command in descendants(process.pid).items() if "batch.child" in command]
    worker = int((Path(f"/proc/{convert_pids[0]}/stat").read_text()).rpartition(")")[2].split()[1])
    os.kill(worker, signal.SIGKILL)
    said = process.communicate(timeout=240)[1].decode()
    assert process.returncode == 0, said
    assert finish(source, tmp_path / "expected.jsonl")[0] == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def take_the_worker_along(chunk: Chunk, options: Options) -> list[Outcome]:
    """Do what the kernel may when memory runs out: kill the Dask worker, not its child."""
    if chunk.pieces[0].key.endswith("1"):
        os._exit(1)
    return convert_with_child(chunk, options)


def test_a_chunk_that_kills_dask_workers_is_walked_through_here(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    chunks = []
    for number in range(3):
        source = write_lines(tmp_path / f"{number}.jsonl", [f"mot {number}", "{{"])
        chunks += [
            Chunk(
                "lines",
                (Piece(f"k{number}", str(source), f"{tmp_path}/part{number}", "d", last=source.stat().st_size),),
                f"{tmp_path}/temporary",
            )
        ]
    with connect("", 2) as client:
        outcomes = [
            one
            for done in convert_on_cluster(client, iter(chunks), Options(), lambda: False, take_the_worker_along)
            for one in done
        ]
    assert sorted((one.key, one.texts, one.failed) for one in outcomes) == [("k0", 2, 0), ("k1", 2, 0), ("k2", 2, 0)]
    assert all((tmp_path / f"part{number}").exists() for number in range(3))


def test_a_killed_run_on_dask_is_resumed(scheduler: str, tmp_path: Path) -> None:
    source = write_hazards(tmp_path / "in.jsonl", 200, dict.fromkeys(range(0, 200, 8), "PAUSES"))
    options = (source, tmp_path / "out.jsonl", "--chunk-bytes", 1500, "--workers", 2)
    process = start(*options, "--engine", "dask")
    parts = tmp_path / "out.jsonl.spipconv-batch" / "parts"
    wait_for("3 parts are written", lambda: parts.is_dir() and len(list(parts.iterdir())) >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    code, said = finish(*options, "--engine", "dask", "--scheduler", scheduler, "--resume")
    assert code == 0
    assert int(said.split(" unchanged")[0].split()[-1]) > 0
    assert finish(source, tmp_path / "expected.jsonl")[0] == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_a_missing_cluster_is_reported_in_one_line(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    code = (
        "import spipconv.batch.cluster as c; c._CONNECT_SECONDS = 1; from spipconv.commands.batch import batch; batch()"
    )
    options = [str(source), str(tmp_path / "out"), "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    done = subprocess.run(
        [sys.executable, "-c", code, *options], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--scheduler tcp://127.0.0.1:9: no Dask scheduler answers" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("out*"))


def test_workers_of_another_version_are_refused(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "VERSION", "99")
    with pytest.raises(BadInput, match=r"the workers run spipconv 0\..*; install 99 there"):
        convert(write_lines(tmp_path / "in.jsonl"), tmp_path / "out", engine="dask", scheduler=scheduler)
    assert not (tmp_path / "out").exists()


def test_interrupted_dask_finishes_current_work(tmp_path: Path) -> None:
    source = write_hazards(tmp_path / "in.jsonl", 400, dict.fromkeys(range(0, 400, 4), "PAUSES"))
    process = start(source, tmp_path / "out.jsonl", "--chunk-bytes", 1500, "--workers", 2, "--engine", "dask")
    parts = tmp_path / "out.jsonl.spipconv-batch" / "parts"
    wait_for("a part is written", lambda: parts.is_dir() and list(parts.iterdir()))
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=240)[1].decode()
    assert process.returncode == 130, said
    assert "stopped: interrupted; run the same command with --resume to continue" in said


# ---- results that do not come ----


class FakeFuture:
    """A task of Dask's whose result may be lost between its announcement and its arrival."""

    def __init__(self, key: str, outcome: Outcome, ways: list[str]) -> None:
        self.key = key
        self._outcome, self._way = outcome, ways.pop(0) if ways else "finished"

    @property
    def status(self) -> str:
        return "finished" if self._way == "gone" else self._way

    def result(self, timeout: float | None = None) -> list[Outcome]:
        assert timeout, "a wait without an end"
        if self._way == "gone":
            raise TimeoutError
        return [self._outcome]


class FakeClient:
    """A client of Dask's whose tasks end in these ways, one after the other."""

    status = "running"

    class scheduler:  # noqa: N801 (an attribute of Dask's)
        """A scheduler that nothing asks."""

        @staticmethod
        def identity() -> object:
            raise AssertionError

    def __init__(self, ways: list[str]) -> None:
        self.ways, self.submitted = ways, 0

    def submit(self, task: object, chunk: Chunk, options: Options, *, pure: bool) -> Any:
        self.submitted += 1
        return FakeFuture(f"{self.submitted}", Outcome(chunk.pieces[0].key, "d"), self.ways)

    def sync(self, *_: object, **__: object) -> object:
        return {"workers": {"a": {"nthreads": 1, "last_seen": time.monotonic()}}}

    def run(self, *_: object, **__: object) -> Any:
        raise AssertionError

    def close(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("way", ["gone", "lost", "cancelled"])
def test_a_lost_result_is_requested_again_a_limited_number_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(cluster_module, "_LOST_SECONDS", 0.2)
    monkeypatch.setattr(cluster_module, "_WAIT_SECONDS", 0.05)
    chunk = _chunks(write_lines(tmp_path / "in.jsonl"), tmp_path)[0]
    client: Any = FakeClient([way, way])
    assert [one.texts for done in convert_on_cluster(client, iter([chunk]), Options(), bool) for one in done] == [0]
    assert client.submitted == 3
    client = FakeClient([way] * 99)
    assert [one.texts for done in convert_on_cluster(client, iter([chunk]), Options(), bool) for one in done] == [40]
    assert client.submitted == cluster_module._MOST_TRIES


SETTINGS = "c._CONNECT_SECONDS = 5; c._LOOK_SECONDS = 1; c._ANSWER_SECONDS = 2; c._SILENCE_SECONDS = 2; "
SETTINGS += "c._ABANDON_SECONDS = 8; c._WORKER_SECONDS = 5; c._CLOSE_SECONDS = 5"
IMPATIENT = f"import spipconv.batch.cluster as c; {SETTINGS}; from spipconv.commands.batch import batch; batch()"


def begin(*arguments: object) -> subprocess.Popen[bytes]:
    """Start a run that waits seconds where the command waits minutes; it begins in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, *map(str, arguments)], env=ENVIRONMENT, cwd=ROOT, stderr=subprocess.PIPE
    )


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], subprocess.Popen[bytes]]]:
    """A scheduler's address, its process, and that of its one worker, which nobody starts again."""
    file = tmp_path / "scheduler.json"
    options = ["--no-dashboard", "--scheduler-file", str(file)]
    given: dict[str, Any] = {"env": ENVIRONMENT, "cwd": tmp_path, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*command, *options], **given)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1"]
    try:
        wait_for(
            "the scheduler has written its address", lambda: file.exists() and b'"address"' in file.read_bytes(), 40
        )
        worker = subprocess.Popen([*command, *options], **given)
        try:
            yield json.loads(file.read_bytes())["address"], scheduler, worker
        finally:
            worker.kill()
            worker.wait()
    finally:
        scheduler.kill()
        scheduler.wait()


@pytest.mark.parametrize(("victim", "name"), [(0, "SIGKILL"), (0, "SIGSTOP"), (1, "SIGKILL"), (1, "SIGSTOP")])
def test_a_cluster_that_stops_answering_ends_the_run(
    processes: tuple[str, subprocess.Popen[bytes], subprocess.Popen[bytes]], tmp_path: Path, victim: int, name: str
) -> None:
    address, *them = processes
    source = write_hazards(tmp_path / "in.jsonl", 400, dict.fromkeys(range(0, 400, 4), "PAUSES"))
    options = (source, tmp_path / "out.jsonl", "--chunk-bytes", 1500)
    process = begin(*options, "--engine", "dask", "--scheduler", address)
    parts = tmp_path / "out.jsonl.spipconv-batch" / "parts"
    wait_for("2 parts are written", lambda: parts.is_dir() and len(list(parts.iterdir())) >= 2, 40)
    os.kill(them[victim].pid, getattr(signal, name))
    said = process.communicate(timeout=90)[1].decode()
    assert process.returncode == 1, said
    # Dask's own threads may write after our message.
    _, stopped, message = said.partition("stopped: Dask: ")
    assert stopped
    assert "answer" in message
    assert "--resume" in message
    for one in them:
        one.kill()
    assert finish(*options, "--resume")[0] == 0
    assert finish(source, tmp_path / "expected.jsonl")[0] == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_a_dask_worker_that_is_stopped_for_good_loses_no_text(tmp_path: Path) -> None:
    source = write_hazards(tmp_path / "in.jsonl", 200, dict.fromkeys(range(0, 200, 8), "PAUSES"))
    process = begin(source, tmp_path / "out.jsonl", "--chunk-bytes", 1500, "--workers", 2, "--engine", "dask")
    parts = tmp_path / "out.jsonl.spipconv-batch" / "parts"
    wait_for("2 parts are written", lambda: parts.is_dir() and len(list(parts.iterdir())) >= 2, 40)
    children = [pid for pid, command in descendants(process.pid).items() if "batch.child" in command]
    worker = int((Path(f"/proc/{children[0]}/stat").read_text()).rpartition(")")[2].split()[1])
    os.kill(worker, signal.SIGSTOP)
    said = process.communicate(timeout=120)[1].decode()
    assert (process.returncode, "200 texts, 0 failed" in said) == (0, True), said
    assert finish(source, tmp_path / "expected.jsonl")[0] == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "expected.jsonl").read_bytes()
