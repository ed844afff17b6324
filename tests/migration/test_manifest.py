"""The manifest and the output folder: what a run writes, keeps, records and removes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spipconv.migration.output.manifest import MANIFEST_FOLDER, Entry, Journal, OutputManifest, settle
from spipconv.migration.output.output import Output, fingerprint_of, mark_of
from spipconv.migration.target import StaticFiles
from spipconv.system.files import CannotWrite, fingerprint


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


class Run:
    """A run with an output folder: its manifest, its journal, its output."""

    def __init__(self, out: Path, store: Path, *, force: bool = False) -> None:
        self.out = out
        store.mkdir(exist_ok=True)
        self._stores = iter(store / f"{store.name}-{number}.sqlite" for number in range(10))
        self.manifest = OutputManifest.load(out, next(self._stores))
        self.output = Output(out, self.manifest, Journal(out, "0"), force=force)

    def end(self, *, stays: bool = False) -> list[tuple[str, str]]:
        """End the run and return the files that no longer have an entry."""
        self.output.close()
        gone = list(settle(self.out, next(self._stores), self.manifest if stays else None))
        self.manifest.close()
        return gone


@pytest.fixture
def runs(out: Path, tmp_path: Path) -> Iterator[Iterator[Run]]:
    """Yield runs one after another, and end those that were not ended."""
    made: list[Run] = []

    def start() -> Iterator[Run]:
        while True:
            made.append(Run(out, tmp_path / f"store{len(made)}"))
            yield made[-1]

    yield start()
    for run in made:
        run.output.close()
        run.manifest.close()


def entries(out: Path, tmp_path: Path) -> dict[str, Entry]:
    with closing(OutputManifest.load(out, tmp_path / f"look-{len(os.listdir(tmp_path))}.sqlite")) as manifest:
        return {entry.key: entry for entry in manifest.entries("")}


def lines(out: Path) -> list[bytes]:
    return (out / MANIFEST_FOLDER / "manifest.jsonl").read_bytes().splitlines()


# ---- The manifest ----


def test_a_manifest_has_the_recorded_entries(out: Path, runs: Iterator[Run], tmp_path: Path) -> None:
    run = next(runs)
    made = Entry("b", "digest", "/b/", {"b.md": "1", "c.md": "2"}, words=(3, 4), messages=5)
    for entry in (made, Entry("a"), Entry("page/1"), Entry("page/2")):
        run.output.note(entry)
    assert run.end() == []
    found = entries(out, tmp_path)
    assert found["b"] == made
    assert list(found) == ["a", "b", "page/1", "page/2"]
    assert [line.split(b'"')[3] for line in lines(out)] == [b"a", b"b", b"page/1", b"page/2"]
    again = next(runs)
    assert again.manifest.find("b") == made
    assert again.manifest.find("x") is None
    assert [entry.key for entry in again.manifest.entries("page/")] == ["page/1", "page/2"]
    assert list(again.manifest.files()) == [("b.md", "1"), ("c.md", "2")]
    again.end(stays=True)


def test_the_last_entry_of_a_key_counts(out: Path, runs: Iterator[Run], tmp_path: Path) -> None:
    first = next(runs)
    first.output.note(Entry("a", "old"))
    first.output.note(Entry("a", "new"))
    first.end()
    assert entries(out, tmp_path)["a"].source == "new"
    second = next(runs)
    second.output.note(Entry("a", "newer"))
    # A journal is newer than the manifest, as it is after a kill.
    assert entries(out, tmp_path)["a"].source == "newer"
    second.end()
    assert entries(out, tmp_path)["a"].source == "newer"


def test_recorded_entries_are_on_the_disk_immediately(out: Path, runs: Iterator[Run], tmp_path: Path) -> None:
    run = next(runs)
    run.output.note(Entry("a"))
    assert list(entries(out, tmp_path)) == ["a"]
    run.output.note(Entry("b"))
    assert list(entries(out, tmp_path)) == ["a", "b"]
    run.end()


def test_a_second_journal_of_a_process_continues_the_first(out: Path, tmp_path: Path) -> None:
    for key in ("a", "b"):
        with closing(Journal(out, "1")) as journal:
            journal.append(Entry(key))
    assert list(entries(out, tmp_path)) == ["a", "b"]


def test_a_file_is_ours_by_its_path_and_its_content(runs: Iterator[Run]) -> None:
    first = next(runs)
    first.output.note(Entry("a", files={"a.md": "1", "b.md": "2"}))
    first.end()
    manifest = next(runs).manifest
    assert manifest.is_ours("a.md", "1")
    assert manifest.is_ours("b.md", "2")
    assert not manifest.is_ours("a.md", "2")
    assert not manifest.is_ours("c.md", "1")
    assert not manifest.is_ours("", "")


def test_entries_that_a_run_did_not_write_are_removed_and_their_files_listed(
    out: Path, runs: Iterator[Run], tmp_path: Path
) -> None:
    first = next(runs)
    first.output.note(Entry("a", files={"a.md": "1"}))
    first.output.note(Entry("b", files={"b.md": "2", "shared.md": "3"}))
    assert first.end() == []
    second = next(runs)
    second.output.note(Entry("a", files={"a.md": "4", "shared.md": "3"}))
    assert second.end() == [("b.md", "2")]
    assert list(entries(out, tmp_path)) == ["a"]


def test_a_partial_run_removes_no_entries(out: Path, runs: Iterator[Run], tmp_path: Path) -> None:
    first = next(runs)
    for key in ("a", "b"):
        first.output.note(Entry(key, "old", files={f"{key}.md": "1"}))
    first.end()
    second = next(runs)
    second.output.note(Entry("a", "new", files={"a.md": "2"}))
    assert second.end(stays=True) == []
    assert {key: entry.source for key, entry in entries(out, tmp_path).items()} == {"a": "new", "b": "old"}


def test_no_journal_stays_and_no_equal_manifest_is_written_again(out: Path, runs: Iterator[Run]) -> None:
    first = next(runs)
    first.output.note(Entry("a", files={"a.md": "1"}))
    first.end()
    manifest = out / MANIFEST_FOLDER / "manifest.jsonl"
    assert os.listdir(out / MANIFEST_FOLDER) == ["manifest.jsonl"]
    os.utime(manifest, ns=(1, 1))
    second = next(runs)
    second.output.note(Entry("a", files={"a.md": "1"}))
    second.end()
    assert manifest.stat().st_mtime_ns == 1
    assert os.listdir(out / MANIFEST_FOLDER) == ["manifest.jsonl"]
    third = next(runs)
    third.output.note(Entry("a", files={"a.md": "2"}))
    third.end()
    assert b'"2"' in manifest.read_bytes()
    assert os.listdir(out / MANIFEST_FOLDER) == ["manifest.jsonl"]


def test_without_a_journal_the_manifest_stays(out: Path, runs: Iterator[Run], tmp_path: Path) -> None:
    first = next(runs)
    first.output.note(Entry("a"))
    first.end()
    assert list(settle(out, tmp_path / "settle.sqlite")) == []
    assert list(entries(out, tmp_path)) == ["a"]


def test_a_manifest_is_whole_or_the_old_one(
    out: Path, runs: Iterator[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = next(runs)
    first.output.note(Entry("a"))
    first.end()
    before = lines(out)
    second = next(runs)
    second.output.note(Entry("b" * 1000))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("spipconv.system.files.os.replace", fail)
    with pytest.raises(OSError, match="No space"):
        second.end()
    assert lines(out) == before
    assert list(entries(out, tmp_path)) == ["a", "b" * 1000]


# ---- Files ----


def test_a_file_is_recorded_before_it_is_written(
    out: Path, runs: Iterator[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = next(runs)
    made: list[bytes] = []
    replace = os.replace

    def look(source: str, target: str) -> None:
        made.append((out / MANIFEST_FOLDER / "journal-0.jsonl").read_bytes())
        replace(source, target)

    monkeypatch.setattr("spipconv.system.files.os.replace", look)
    assert run.output.put("a/b.md", b"mot")
    assert b'"a/b.md"' in made[0]
    assert fingerprint(b"mot").encode() in made[0]
    source = out.parent / "large"
    source.write_bytes(b"large")
    assert run.output.put_file("c.bin", source)
    assert b'"c.bin"' in made[1]
    assert (out / "a" / "b.md").read_bytes() == b"mot"
    assert (out / "c.bin").read_bytes() == b"large"
    run.end()


def put(run: Run, content: bytes, how: str) -> bool:
    """Write ``a/f`` in one of three ways."""
    if how == "put":
        return run.output.put("a/f", content)
    source = run.out.parent / f"source-{content.decode()}"
    if not source.exists():
        source.write_bytes(content)
    if how == "put_file":
        return run.output.put_file("a/f", source)
    return run.output.copy(source, "a", "f", StaticFiles()) is not None


WAYS = ["put", "put_file", "copy"]


@pytest.mark.parametrize("how", WAYS)
def test_our_own_file_is_replaced(out: Path, runs: Iterator[Run], how: str) -> None:
    first = next(runs)
    assert put(first, b"one", how)
    first.end()
    second = next(runs)
    assert put(second, b"two", how)
    assert second.end() == [] or how != "put"
    assert (out / "a" / "f").read_bytes() == b"two"


@pytest.mark.parametrize("content", [b"mine", b""])
@pytest.mark.parametrize("how", WAYS)
def test_files_that_the_user_changed_stay(out: Path, runs: Iterator[Run], how: str, content: bytes) -> None:
    first = next(runs)
    assert put(first, b"one", how)
    first.end()
    (out / "a" / "f").write_bytes(content)
    for _ in range(2):
        run = next(runs)
        assert not put(run, b"two", how)
        run.end()
        assert (out / "a" / "f").read_bytes() == content


@pytest.mark.parametrize("how", WAYS)
def test_files_from_before_the_first_run_stay(out: Path, runs: Iterator[Run], how: str) -> None:
    (out / "a").mkdir()
    (out / "a" / "f").write_bytes(b"mine")
    assert not put(next(runs), b"one", how)
    assert (out / "a" / "f").read_bytes() == b"mine"


@pytest.mark.parametrize("how", WAYS)
def test_force_overwrites_files_that_the_user_changed(out: Path, tmp_path: Path, how: str) -> None:
    (out / "a").mkdir()
    (out / "a" / "f").write_bytes(b"mine")
    run = Run(out, tmp_path / "store", force=True)
    assert put(run, b"one", how)
    run.end()
    assert (out / "a" / "f").read_bytes() == b"one"


@pytest.mark.parametrize("how", WAYS)
def test_an_equal_file_is_not_written_again(out: Path, runs: Iterator[Run], how: str) -> None:
    first = next(runs)
    assert put(first, b"one", how)
    first.end()
    before = (out / "a" / "f").stat()
    second = next(runs)
    assert put(second, b"one", how)
    second.end()
    after = (out / "a" / "f").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("how", ["put", "put_file"])
def test_there_is_never_half_a_file(out: Path, runs: Iterator[Run], how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = next(runs)
    assert put(first, b"one", how)
    first.end()
    second = next(runs)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("spipconv.system.files.os.replace", fail)
    with pytest.raises(CannotWrite, match="No space left"):
        put(second, b"two", how)
    assert (out / "a" / "f").read_bytes() == b"one"
    assert os.listdir(out / "a") == ["f"]


def test_a_mark_consists_of_size_and_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"abc")
    two.write_bytes(b"abcd")
    for path, time in ((one, 5), (two, 5)):
        os.utime(path, ns=(time, time))
    assert mark_of(one) != mark_of(two)
    before = mark_of(one)
    os.utime(one, ns=(6, 6))
    assert mark_of(one) != before
    assert mark_of(tmp_path / "none") == ""
    assert fingerprint_of(one) == fingerprint(b"abc") != fingerprint(b"abcd")


# ---- Removal ----


@pytest.mark.parametrize("how", WAYS)
def test_files_without_a_page_are_removed(out: Path, runs: Iterator[Run], how: str) -> None:
    first = next(runs)
    assert put(first, b"one", how)
    first.end()
    second = next(runs)
    second.output.note(Entry("other"))
    gone = second.end()
    assert gone
    third = next(runs)
    assert [third.output.remove(*one) for one in gone] == [True] * len(gone)
    assert not (out / "a").exists()
    assert third.output.remove(*gone[0])


@pytest.mark.parametrize("how", WAYS)
def test_files_that_the_user_changed_are_not_removed(out: Path, runs: Iterator[Run], how: str) -> None:
    first = next(runs)
    assert put(first, b"one", how)
    first.end()
    (out / "a" / "f").write_bytes(b"mine")
    second = next(runs)
    second.output.note(Entry("other"))
    for path, mark in second.end():
        assert not next(runs).output.remove(path, mark)
    assert (out / "a" / "f").read_bytes() == b"mine"


def test_folders_that_are_not_empty_stay(out: Path, runs: Iterator[Run]) -> None:
    first = next(runs)
    assert put(first, b"one", "put")
    (out / "a" / "mine").write_bytes(b"mine")
    assert first.output.remove("a/f", fingerprint(b"one"))
    assert os.listdir(out / "a") == ["mine"]


def test_a_copied_file_is_recognised(out: Path, runs: Iterator[Run], tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(b"\x89PNG\r\n")
    first = next(runs)
    assert first.output.copy(source, "IMG", "a.png", StaticFiles())
    first.end()
    mark = mark_of(out / "IMG" / "a.png")
    assert next(runs).manifest.is_ours("IMG/a.png", mark)
