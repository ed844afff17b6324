"""The output folder does not overlap the source, and nothing outside it is read, written or removed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from spipconv.commands import main
from spipconv.migration.output.folder import BadOutput, Folder, Outside, is_inside
from spipconv.migration.output.manifest import Entry, Journal, OutputManifest
from spipconv.system.files import temporary_name
from tests.migrations import EXAMPLE

DATABASE = EXAMPLE / "site.sqlite"
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


def run(*arguments: str | Path) -> Result:
    """Run ``spipconv migrate``."""
    return CliRunner().invoke(main, ["migrate", *map(str, arguments)])


def state(folder: Path) -> dict[str, str]:
    """Return everything below a folder, with the targets of links."""
    return {
        str(path.relative_to(folder)): os.readlink(path)
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


def refused(result: Result) -> str:
    """Return the one line with which a run was refused."""
    assert result.exit_code == 2, result.output
    (line,) = result.output.strip().splitlines()
    assert line.startswith("Error: ")
    return line


# ---- OUT and the source ----


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a small IMG and a database."""
    (tmp_path / "site" / "IMG" / "jpg").mkdir(parents=True)
    (tmp_path / "site" / "IMG" / "jpg" / "a.jpg").write_bytes(b"\xff\xd8\xff")
    shutil.copy(DATABASE, tmp_path / "site" / "site.sqlite")
    (tmp_path / "new").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("out", "img"),
    [
        ("site/IMG/out", "site/IMG"),
        ("site/IMG/jpg/a/b/out", "site/IMG"),
        ("site/IMG/.out", "site/IMG"),
        ("site/IMG", "site/IMG"),
        ("site/IMG/.", "site/IMG"),
        ("new/../site/IMG/out", "site/IMG"),
        ("site", "site/IMG"),
        (".", "site/IMG"),
        ("site/IMG/jpg", "site/IMG/jpg/../../IMG/jpg"),
    ],
)
def test_out_and_img_must_not_contain_each_other(
    place: Path, out: str, img: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(place)
    for there in (place, place / "site"):
        monkeypatch.chdir(there)
        for form in (str, os.path.relpath):
            line = refused(run(DATABASE, form(f"{place}/{out}"), "--to", "hugo", "--img", form(f"{place}/{img}")))
            assert "give" in line
            assert state(place) == before


@needs_links
@pytest.mark.parametrize(
    ("link", "leads_to", "out", "img"),
    [
        ("door", "site/IMG", "door/out", "site/IMG"),
        ("door", "site/IMG", "door", "site/IMG"),
        ("door", "site/IMG/jpg", "door/deep/er", "site/IMG"),
        ("door", "site/IMG", "site/IMG/out", "door"),
        ("door", "site", "door", "site/IMG"),
        ("door", "site/IMG", "site", "door"),
    ],
)
def test_links_do_not_hide_overlapping_folders(place: Path, link: str, leads_to: str, out: str, img: str) -> None:
    (place / link).symlink_to(place / leads_to)
    before = state(place)
    refused(run(DATABASE, place / out, "--to", "jekyll", "--img", place / img))
    assert state(place) == before


def test_folders_in_another_case_are_the_same_on_case_insensitive_disks(place: Path) -> None:
    if not (place / "SITE" / "img").is_dir():
        pytest.skip("this disk tells letter case")
    refused(run(DATABASE, place / "SITE" / "img" / "out", "--to", "hugo", "--img", place / "site" / "IMG"))


def test_a_disk_that_ignores_case_is_believed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on such a disk: both spellings are the same folder with the same number.
    own = os.stat

    def stat_in_any_case(path: object, *arguments: object, **options: object) -> os.stat_result:
        return own(str(path).replace("SITE/img", "site/IMG"), *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("spipconv.migration.output.folder.os.stat", stat_in_any_case)
    refused(run(DATABASE, place / "SITE" / "img" / "out", "--to", "hugo", "--img", place / "site" / "IMG"))


def test_the_database_must_not_be_in_the_output_folder(place: Path) -> None:
    before = state(place)
    line = refused(run(place / "site" / "site.sqlite", place / "site", "--to", "hugo"))
    assert "site.sqlite" in line
    assert state(place) == before


@needs_links
def test_a_link_to_nowhere_is_refused_as_output_folder(place: Path) -> None:
    (place / "out").symlink_to(place / "nowhere")
    refused(run(DATABASE, place / "out", "--to", "hugo"))
    assert not (place / "nowhere").exists()


@needs_links
def test_the_output_folder_itself_may_be_a_link(place: Path) -> None:
    (place / "out").symlink_to(place / "new")
    assert run(DATABASE, place / "out", "--to", "markdown").exit_code == 1
    assert (place / "new" / "report.html").is_file()


# ---- Paths in a manifest ----

FILE = "static/IMG/jpg/a.jpg"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of one finished migration, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "IMG" / "jpg").mkdir(parents=True)
    (folder / "IMG" / "jpg" / "a.jpg").write_bytes(b"\xff\xd8\xff")
    assert run(DATABASE, folder / "out", "--to", "hugo", "--img", folder / "IMG").exit_code == 1
    return folder


@pytest.fixture
def out(place: Path, finished: Path) -> Path:
    """Return the folder of a finished migration, next to a file that must not change."""
    shutil.copytree(finished / "out", place / "out")
    shutil.copytree(finished / "IMG", place / "site" / "IMG", dirs_exist_ok=True)
    (place / "victim").write_bytes(b"\xff\xd8\xff")
    return place / "out"


def victims_mark(place: Path) -> str:
    """Return the fingerprint of that file, as a page has it."""
    return hashlib.sha256((place / "victim").read_bytes()).hexdigest()[:32]


@pytest.mark.parametrize(
    "path",
    [
        "../victim",
        "static/../../victim",
        "./../victim",
        "{place}/victim",
        "..\\victim",
        "static\\..\\..\\victim",
        "C:\\victim",
        "C:victim",
        "c:/victim",
        "\\\\server\\share\\victim",
        "//server/share/victim",
        "",
        "/",
        ".",
        "..",
        "static//../victim",
        "static/",
        "victim\0",
    ],
)
@pytest.mark.parametrize("file", ["manifest.jsonl", "journal-0.jsonl"])
def test_no_path_in_a_manifest_leads_outside(out: Path, place: Path, path: str, file: str) -> None:
    entry = {"key": "x", "files": {path.replace("{place}", str(place)): victims_mark(place)}}
    with open(out / ".spipconv" / file, "a", encoding="utf-8") as manifest:
        manifest.write(json.dumps(entry) + "\n")
    with pytest.raises(BadOutput, match=r"leads out of the folder; remove \S+ and run again with --force"):
        OutputManifest.load(out, place / "store")


@pytest.mark.parametrize("options", [(), ("--resume",), ("--force",), ("--dry-run",)], ids=" ".join)
def test_a_run_with_such_a_manifest_changes_nothing(out: Path, place: Path, options: tuple[str, ...]) -> None:
    with open(out / ".spipconv" / "manifest.jsonl", "a", encoding="utf-8") as manifest:
        manifest.write(json.dumps({"key": "x", "files": {"../victim": victims_mark(place)}}) + "\n")
    before = state(place)
    line = refused(run(DATABASE, out, "--to", "hugo", *options))
    assert "leads out of the folder" in line
    assert "remove" in line
    assert state(place) == before


def put_folder(path: Path) -> None:
    """Replace a file with a folder."""
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "binary junk": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "junk lines": lambda path: path.write_bytes(b"\x00\xff\n" * 40),
    "half a line": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "half a line in the middle": lambda path: path.write_bytes(path.read_bytes()[:300] + b"\n" + path.read_bytes()),
    "an empty line": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "no object": lambda path: path.write_bytes(b"[1]\n"),
    "no key": lambda path: path.write_bytes(b"{}\n"),
    "wrong types": lambda path: path.write_bytes(b'{"key": 1, "files": []}\n'),
    "a path that is no text": lambda path: path.write_bytes(b'{"key": "a", "files": {"b": 1}}\n'),
    "a huge number": lambda path: path.write_bytes(b'{"key": "a", "messages": 1' + b"0" * 300 + b"}\n"),
    "a number too large for a report": lambda path: path.write_bytes(
        b'{"key": "a", "words": [9223372036854775807, 1]}\n'
    ),
    "a negative number": lambda path: path.write_bytes(b'{"key": "a", "messages": -1}\n'),
    "a number that is none": lambda path: path.write_bytes(b'{"key": "a", "messages": NaN}\n'),
    "deep": lambda path: path.write_bytes(b'{"key": "a", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"),
    "half a pair": lambda path: path.write_bytes(b'{"key": "\\ud800"}\n'),
    "bytes that are not UTF-8": lambda path: path.write_bytes(b'{"key": "\xff"}\n'),
    "a folder in its place": put_folder,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_manifest_gives_one_line_and_changes_nothing(out: Path, damage: str) -> None:
    DAMAGE[damage](out / ".spipconv" / "manifest.jsonl")
    before = state(out)
    line = refused(run(DATABASE, out, "--to", "hugo", "--resume"))
    assert "manifest.jsonl" in line
    assert "remove" in line
    assert state(out) == before


def test_the_remedy_works(out: Path, place: Path) -> None:
    (out / ".spipconv" / "manifest.jsonl").write_bytes(b"\xff")
    before = state(place)
    refused(run(DATABASE, out, "--to", "hugo", "--img", place / "site" / "IMG"))
    shutil.rmtree(out / ".spipconv")
    assert run(DATABASE, out, "--to", "hugo", "--img", place / "site" / "IMG", "--force").exit_code == 1
    after = state(place)
    assert set(after) == set(before)
    assert "user-file-kept" not in (out / "report.json").read_text("utf-8")


def test_a_manifest_that_cannot_be_read_gives_one_line(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32" or os.geteuid() == 0:
        opened = os.open

        def refuse(path: Any, *arguments: Any, **options: Any) -> int:
            if str(path).endswith("manifest.jsonl"):
                raise PermissionError(13, "Permission denied", str(path))
            return opened(path, *arguments, **options)

        monkeypatch.setattr("spipconv.migration.output.folder.os.open", refuse)
    else:
        (out / ".spipconv" / "manifest.jsonl").chmod(0)
    assert "Permission denied" in refused(run(DATABASE, out, "--to", "hugo"))


def test_a_line_that_is_too_long_is_not_read_to_its_end(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spipconv.migration.output.manifest.LONGEST_LINE", 1000)
    (out / ".spipconv" / "manifest.jsonl").write_bytes(b'{"key": "' + b"x" * 5000)
    assert "line 1 has no end" in refused(run(DATABASE, out, "--to", "hugo"))


def test_a_line_that_a_kill_cut_off_is_ignored(out: Path) -> None:
    before = set(state(out / "content"))
    (out / ".spipconv" / "journal-0.jsonl").write_bytes(b'{"key":"x","files":{"report.html":"')
    assert run(DATABASE, out, "--to", "hugo", "--resume").exit_code == 1
    assert set(state(out / "content")) == before
    assert [path.name for path in (out / ".spipconv").iterdir()] == ["manifest.jsonl"]


def test_a_journal_on_a_full_disk_keeps_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path, "0")
    journal.append(Entry("a"))

    class Full:
        """A file that takes half of what it is given, and then nothing."""

        def __init__(self, file: object) -> None:
            self._file, self._left = file, 5

        def write(self, line: memoryview) -> int:
            if not self._left:
                raise OSError(28, "No space left on device")
            taken, self._left = self._left, 0
            return int(self._file.write(line[:taken]))  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

    monkeypatch.setattr(journal, "_file", Full(journal._file))
    with pytest.raises(OSError, match="No space"):
        journal.append(Entry("b"))
    monkeypatch.undo()
    journal.append(Entry("c"))
    journal.close()
    manifest = OutputManifest.load(tmp_path, tmp_path / "store")
    assert [entry.key for entry in manifest.entries("")] == ["a", "c"]
    manifest.close()


# ---- Links below OUT ----


def elsewhere(place: Path, name: str) -> Path:
    """Return a folder outside, with files that a run would overwrite or remove."""
    folder = place / "elsewhere"
    shutil.copytree(place / "out" / name, folder) if (place / "out" / name).is_dir() else folder.mkdir()
    (folder / "mine").write_text("mine")
    return folder


@needs_links
@pytest.mark.parametrize(
    "name", ["static", "content", "static/IMG", "static/IMG/jpg", "redirects", "layouts", ".spipconv"]
)
@pytest.mark.parametrize("options", [("--resume",), ("--force",)], ids=" ".join)
def test_no_folder_that_is_a_link_is_followed(out: Path, place: Path, name: str, options: tuple[str, ...]) -> None:
    folder = elsewhere(place, name)
    shutil.rmtree(out / name)
    (out / name).symlink_to(folder)
    # Files without a source would be removed.
    (place / "site" / "IMG" / "jpg" / "a.jpg").unlink()
    (place / "site" / "IMG" / "jpg" / "b.jpg").write_bytes(b"\xff\xd8\xff")
    before = state(folder)
    line = refused(run(DATABASE, out, "--to", "hugo", "--img", place / "site" / "IMG", *options))
    assert f"out/{name}" in line
    assert "link" in line
    assert state(folder) == before


@needs_links
@pytest.mark.parametrize("name", ["content/_index.md", FILE, "report.html", "hugo.yaml", "redirects/htaccess"])
@pytest.mark.slow
def test_a_file_that_is_a_link_counts_as_the_user_s(out: Path, place: Path, name: str) -> None:
    victim = place / "victim"
    # The same bytes: through the link it would be one of ours.
    shutil.copy2(out / name, victim)
    before = victim.stat().st_mtime_ns, victim.read_bytes()
    (out / name).unlink()
    (out / name).symlink_to(victim)
    for options, stays in (((), True), (("--resume",), True), (("--force",), False)):
        assert run(DATABASE, out, "--to", "hugo", "--img", place / "site" / "IMG", *options).exit_code == 1
        assert (out / name).is_symlink() == stays
        assert (victim.stat().st_mtime_ns, victim.read_bytes()) == before


@needs_links
def test_no_temporary_file_is_written_through_a_link(out: Path, place: Path) -> None:
    victim = place / "victim"
    (out / "content" / "_index.md").unlink()
    for path in ("content/_index.md", ".spipconv/manifest.jsonl", "redirects/htaccess"):
        (out / path).with_name(temporary_name(Path(path).name)).symlink_to(victim)
    (out / "redirects" / "htaccess").unlink()
    assert run(DATABASE, out, "--to", "hugo", "--img", place / "site" / "IMG").exit_code == 1
    assert victim.read_bytes() == b"\xff\xd8\xff"
    assert (out / "content" / "_index.md").is_file()


@needs_links
@pytest.mark.parametrize("file", ["manifest.jsonl", "journal-0.jsonl"])
def test_a_manifest_that_is_a_link_is_not_read(out: Path, place: Path, file: str) -> None:
    path = out / ".spipconv" / file
    shutil.copy(out / ".spipconv" / "manifest.jsonl", place / "manifest")
    path.unlink(missing_ok=True)
    path.symlink_to(place / "manifest")
    before = state(place)
    assert "link" in refused(run(DATABASE, out, "--to", "hugo"))
    assert state(place) == before


@needs_links
def test_nothing_is_removed_through_a_link(out: Path, place: Path) -> None:
    folder = elsewhere(place, "static/IMG/jpg")
    shutil.rmtree(out / "static")
    (out / "static").mkdir()
    (out / "static" / "IMG").symlink_to(folder.parent / "elsewhere2")
    (place / "elsewhere2").mkdir()
    shutil.move(folder, place / "elsewhere2" / "jpg")
    before = state(place / "elsewhere2")
    shutil.rmtree(place / "site" / "IMG" / "jpg")
    assert run(DATABASE, out, "--to", "hugo", "--img", place / "site" / "IMG").exit_code == 1
    assert state(place / "elsewhere2") == before


def test_a_pipe_in_the_place_of_a_file_does_not_block_a_run(out: Path) -> None:
    path = out / "content" / "_index.md"
    path.unlink()
    if sys.platform == "win32":
        pytest.skip("there are no pipes in this system's folders")
    os.mkfifo(path)
    assert "not a file" in refused(run(DATABASE, out, "--to", "hugo"))


@pytest.mark.parametrize("path", ["a", "a/b.c", "static/IMG/jpg/C:\\x.jpg", "a/..b/c..", "a b/é.md"])
def test_ordinary_paths_are_inside(path: str) -> None:
    assert is_inside(path) or os.sep == "\\"


@needs_links
def test_a_folder_gives_no_path_beyond_a_link(tmp_path: Path) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "b").symlink_to(tmp_path)
    folder = Folder(tmp_path / "in")
    assert folder.place("a/c") == str(tmp_path / "in" / "a" / "c")
    for path in ("a/b/c", "a/b/c/d", "../x", "/x"):
        with pytest.raises(Outside):
            folder.place(path)
