"""Batch on lines and names of any kind: none stops a run, none is lost without a word."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner

import spipconv
from spipconv.batch import BadInput, Options, Progress, convert_table
from spipconv.batch import converter as converter_module
from spipconv.batch import sources as sources_module
from spipconv.batch.names import encode_name, show, show_key, to_slashes, why_windows_refuses
from spipconv.batch.places import fold, ignores_case
from spipconv.commands import main
from spipconv.printing import make_printable
from spipconv.settings import Settings
from tests.batch.test_batch import convert, make_parquet, read_lines, run, tree, write_lines

GOOD = b'{"id": 0, "text": "mot"}\n'
DEEP = b"[" * 400 + b"]" * 400
DIGITS = b"9" * 5000

# A line, and what is in its answer: bytes that are kept as they are, or the beginning of the error.
KEPT = [
    (b'{"\\ud800": 1, "text": "x"}', b'"\\ud800":1'),
    (b'{"a\\udfff\\u00e9": [1.10, {"\\ud800": "\\udc00"}], "text": "x"}', b'[1.10, {"\\ud800": "\\udc00"}]'),
    (b'{"id": "\\ud800", "text": "x"}', b'"\\ud800"'),
    (b'{"id": "\\ud800", "n": ' + DIGITS + b', "text": "x"}', DIGITS),
    (b'{"n": ' + DIGITS + b', "text": "x"}', DIGITS),
    (b'{"\\ud800": 1e999, "text": "x"}', b"1e999"),
    (b'{"id": "\\ud800", "n": ' + DEEP + b', "text": "x"}', DEEP),
    (b'{"n": ' + DEEP + b', "text": "x"}', DEEP),
    (b'{"id": 1, "id": 2, "text": "y", "text": "x"}', b'"id":2'),
    (b'{"\\ud800": 1, "\\ud800": 2, "text": "x"}', b'"\\ud800":2'),
    (b'\xef\xbb\xbf{"id": 3, "text": "x"}', b'"id":3'),
    (b' \t{ "\\ud800" :\t1 ,\r "text" : "x" } \r', b'"\\ud800":1'),
    (b'{"": "\\u0000", "text": "x"}', b'"":"\\u0000"'),
    (b'{"text": "x", "big": "' + b"a" * (8 << 20) + b'"}', b"a" * (8 << 20)),
]
REFUSED = [
    (b'{"\\ud800": NaN, "text": "x"}', "not JSON: NaN"),
    (b'{"a": [-Infinity], "text": "x"}', "not JSON: -Infinity"),
    (b'{"\\ud800": ' + b"[" * 100_000 + b', "text": "x"}', "not JSON"),
    (b'{"\\ud800": 1, "text": {"\\ud800": 1}}', '"text" is missing or not a string'),
    (b'{"\\ud800": 1, "text": ' + DIGITS + b"}", '"text" is missing or not a string'),
    (b'{"text": "x", "profile": "\\ud800"}', "profile '\\ud800' is unknown"),
    (b'{"text": "x", "lang": "\\ud800"}', "lang "),
    (b'{"text": "x", "lang": "klingon"}', "lang 'klingon' is unknown"),
    (b'{"text": "x", "lang": null}', '"lang" is not a string'),
    (b'"\\ud800"', "not a JSON object"),
    (b"17", "not a JSON object"),
    (b"null", "not a JSON object"),
    (b'{"a": 1\x00, "text": "x"}', "not JSON"),
    (b'{"text": "x"} {"text": "y"}', "not JSON"),
    (b'{"\\ud800": 1, "text": "x"}}', "not JSON"),
    (b'{"text": "\xed\xa0\x80"}', "byte 0xED at offset 10 is not UTF-8"),
    (b"\xff\xfe{\x00}\x00", "byte 0xFF at offset 0 is not UTF-8"),
]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("to", ["html", "markdown", "json"])
def test_every_kind_of_line_is_answered_and_so_are_the_others(tmp_path: Path, workers: int, to: Any) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"".join(line + b"\n" + GOOD for line, _ in [*KEPT, *REFUSED]))
    report = convert(source, out, Options(to=to), workers=workers, chunk_bytes=1000)
    lines = out.read_bytes().splitlines()
    assert (report.is_complete, report.failed, len(lines)) == (True, len(REFUSED), 2 * len(KEPT + REFUSED))
    assert all(json.loads(line)["id"] == 0 and to in json.loads(line) for line in lines[1::2])
    for (_, kept), line in zip(KEPT, lines[::2], strict=False):
        assert kept in line
        assert f'"{to}":"'.encode() in line
    for (_, error), line in zip(REFUSED, lines[2 * len(KEPT) :: 2], strict=True):
        assert json.loads(line)["error"].startswith(error)
    assert convert(source, out, Options(to=to), chunk_bytes=1000).unchanged == report.texts


def test_a_byte_order_mark_alone_is_an_empty_line(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\xef\xbb\xbf\n" + GOOD + b"\xef\xbb\xbf")
    assert convert(tmp_path / "in.jsonl", tmp_path / "out.jsonl").texts == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_that_is_too_long_is_an_error_and_is_never_in_memory_as_a_whole(tmp_path: Path, packed: bool) -> None:
    content = GOOD + b'{"text": "' + b"a" * (30 << 20) + b'"}\n' + GOOD
    source = tmp_path / ("in.jsonl.gz" if packed else "in.jsonl")
    source.write_bytes(gzip.compress(content, 1) if packed else content)
    report = convert(source, tmp_path / "out.jsonl", Options(max_bytes=1000), chunk_bytes=10)
    assert [failure.place for failure in report.failures] == [f"{source.name}:2"]
    assert [list(answer) for answer in read_lines(tmp_path / "out.jsonl")] == [
        ["id", "html", "notes", "diagnostics"], ["id", "error", "diagnostics"], ["id", "html", "notes", "diagnostics"],
    ]  # fmt: skip


def test_an_internal_error_with_half_a_surrogate_is_an_error_of_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(text: str, settings: Settings) -> NoReturn:
        raise RuntimeError("\ud800" * 10_000)

    monkeypatch.setattr(converter_module, "read_document", fail)
    report = convert(write_lines(tmp_path / "in.jsonl", ["a"]), tmp_path / "out.jsonl")
    assert report.failures[0].error.startswith("internal error, please report it with the text: RuntimeError: \\ud800")
    assert len(report.failures[0].error) < 10_000


# ---- names ----

NAMES = [
    b"caf\xe9.txt", b"caf\xc3\xa9.txt", b"caf\\xe9.txt", b"a\nb.txt", b"\x1b[2J\x1b]0;x\x07.txt", b"-rf.txt", b"--.txt",
    b" .txt", b"dots...txt", b"CON.txt", b"aux.txt", b"a:b.txt", b"x#000001.txt", b"x#.txt", b"\xed\xa0\x80.txt",
    b"dir\xff/\xfe.txt", b"dir\xff/a.txt", b"\xe2\x80\xaetxt.txt", b"a\\b.txt", b"%s{0}.txt", b"*?[a].txt", b"~.txt",
]  # fmt: skip
needs_names = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A folder of files with names of every kind."""
    for name in NAMES:
        path = tmp_path / "in" / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mot", "utf-8")
    return tmp_path / "in"


@needs_names
@pytest.mark.parametrize("workers", [0, 2])
def test_a_name_of_any_kind_is_kept(named: Path, tmp_path: Path, workers: int) -> None:
    (named / os.fsdecode(b"bad\xe9.txt")).write_bytes(b"\xe9")
    out, report = tmp_path / "out", tmp_path / "report.json"
    result = run(named, out, "--workers", workers, "--report", report)
    assert result.exit_code == 1
    made = {os.fsencode(name) for name in tree(out)}
    assert made == {name.removesuffix(b".txt") + b".html" for name in NAMES}
    assert result.stderr.splitlines()[0] == "bad\\xe9.txt: byte 0xE9 at offset 0 is not utf-8"
    assert json.loads(report.read_bytes())["failures"][0]["place"] == "bad\\xe9.txt"
    again = convert(named, out)
    assert (again.unchanged, again.texts) == (len(NAMES) + 1, len(NAMES) + 1)


@needs_names
def test_a_run_on_such_names_is_resumed(named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spipconv.batch.plan._GROUP_FILES", 1)
    tasks: list[Progress] = []
    stopped = convert(named, tmp_path / "out", progress=tasks.append, stop=lambda: len(tasks) >= 8)
    assert stopped.stopped == "interrupted"
    report = convert(named, tmp_path / "out", resume=True)
    assert (report.is_complete, report.unchanged, report.texts) == (True, stopped.texts, len(NAMES))


@needs_names
def test_files_of_lines_and_folders_with_such_names_are_read_and_written(tmp_path: Path) -> None:
    source = write_lines(tmp_path / os.fsdecode(b"l\xe9\n.jsonl"))
    objects = tmp_path / os.fsdecode(b"o\xe9.json")
    objects.write_text('{"objects": []}')
    (tmp_path / os.fsdecode(b"out\xe9")).mkdir()
    for out in (os.fsdecode(b"out\xe9.jsonl"), os.fsdecode(b"out\xe9/")):
        result = run(source, f"{tmp_path}/{out}", "--objects", objects, "--workers", 1, "--report", tmp_path / "r.json")
        assert (result.exit_code, result.stderr.count("\n")) == (0, 1)
        assert "out\\xe9" in json.loads((tmp_path / "r.json").read_bytes())["output"]
        assert convert(source, f"{tmp_path}/{out}", Options(objects=str(objects))).unchanged == 40
    assert (tmp_path / os.fsdecode(b"out\xe9") / os.fsdecode(b"l\xe9\n-000000.jsonl")).exists()


@needs_names
def test_messages_about_names_are_one_line_and_harmless_to_a_terminal(tmp_path: Path) -> None:
    name = "\x1b[2Ja\nb\u202e" + os.fsdecode(b"\xe9")
    (tmp_path / name).write_bytes(b"\xff")
    shown = "\\x1b[2Ja\\nb\\u202e\\xe9"
    for arguments in ((tmp_path / name, tmp_path / "out"), (tmp_path / f"no{name}", tmp_path / "out")):
        result = run(*arguments, "--workers", 0)
        assert shown in result.stderr.splitlines()[0]
        assert all(line.isprintable() for line in result.stderr.splitlines())
    assert make_printable("été \u2066\x9b") == "été \\u2066\\x9b"


@needs_names
def test_names_that_are_too_long_fail_alone(tmp_path: Path) -> None:
    folder, long = tmp_path / "in", "x" * 251
    folder.mkdir()
    (folder / f"{long}.txt").write_text("mot")
    (folder / "a.txt").write_text("mot")
    report = convert(folder, tmp_path / "out")
    assert (report.stopped, len(report.faults), list(tree(tmp_path / "out"))) == ("", 1, ["a.html"])
    assert report.faults[0].endswith(f"{long}.html: File name too long")
    assert convert(folder, tmp_path / "out").unchanged == 1
    source = write_lines(tmp_path / f"{'x' * 245}.jsonl")
    assert convert(source, tmp_path / "out.jsonl").is_complete
    assert convert(source, tmp_path / "out.jsonl").unchanged == 40
    assert len(convert(source, f"{tmp_path}/parts/").faults) == 1
    with pytest.raises(BadInput, match=r"File name too long|no such file"):
        convert("x" * 300, tmp_path / "none")


def test_an_obstacle_in_the_place_of_one_output_does_not_stop_the_others(tmp_path: Path) -> None:
    for name in ("in/a.txt", "in/b.txt", "in/sub/c.txt", "in/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mot")
    (tmp_path / "out" / "b.html" / "x").mkdir(parents=True)
    (tmp_path / "out" / "sub").write_text("")
    report = convert(tmp_path / "in", tmp_path / "out")
    assert (report.stopped, len(report.faults), report.texts) == ("", 2, 4)
    assert {"a.html", "d.html"} <= set(tree(tmp_path / "out"))


def test_names_with_numbers_after_a_hash_are_not_parts_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.jsonl", "a.jsonl#b.jsonl", "a.jsonl#000000.jsonl"):
        (folder / name).write_bytes(GOOD)
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(GOOD))
    (folder / "a.jsonl.gz").rename(folder / "b.jsonl.gz")
    (folder / "b.jsonl.gz#x.jsonl").write_bytes(GOOD)
    for _ in range(2):
        report = convert(folder, tmp_path / "out.jsonl")
        assert (report.texts, report.is_complete) == (5, True)
    assert convert(folder, tmp_path / "out.jsonl", Options(lang="en")).unchanged == 0


def test_names_that_the_system_treats_as_the_same_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("A.spip", "a.txt"):
        (folder / name).write_text(name)
    if not ignores_case(str(tmp_path)):
        convert(folder, tmp_path / "out")
        assert len(tree(tmp_path / "out")) == 2
    monkeypatch.setattr(sources_module, "ignores_case", lambda _: True)
    with pytest.raises(BadInput, match=r"A\.spip and a\.txt would both be written as a\.html"):
        convert(folder, tmp_path / "other")
    assert fold("e\u0301É") == fold("ÉE\u0301".lower())


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("mot")
    scan = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BadInput, match="Permission denied"):
        convert(tmp_path / "in", tmp_path / "out")


def test_keys_of_names_differ_and_can_be_written() -> None:
    names = ["caf\udce9", "caf\\xe9", "café", "caf\\udce9", "\ud800", "\udfff", "\\x00", "a"]
    keys = [encode_name(name) for name in names]
    assert len(set(keys)) == len(names)
    assert "".join(keys).encode()
    assert [show_key(key) for key in keys] == [show(name) for name in names]
    assert show("caf\udce9\ud800") == "caf\\xe9\\ud800"


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "aux.html",
        "sub/nul.tar.gz",
        "Com1.txt",
        "lpt¹",
        "con .txt",
        "a ",
        "a.",
        "a./b",
        'a"b',
        "a:b",
        "a\x1fb",
        "a\\b",
    ],
)
def test_names_that_windows_refuses_are_known(name: str) -> None:
    assert why_windows_refuses(name)
    assert not why_windows_refuses("/folder/console.html")
    assert not why_windows_refuses("../a b.c/été.html")


def test_paths_of_windows_are_read_with_slashes() -> None:
    assert to_slashes("C:\\a\\b.txt", "\\") == "C:/a/b.txt"
    assert to_slashes("a\\b.txt", "/") == "a\\b.txt"


# ---- options and what an earlier run left ----


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lang", "klingon"], "--lang: lang 'klingon' is unknown"),
        (["--column", "\udce9"], "--column: \\xe9 is not UTF-8"),
        (["--encoding", "\udce9"], "--encoding: \\xe9 is not a text encoding"),
        (["--objects", "\udce9"], "--objects: \\xe9: "),
    ],
)
def test_unusable_options_are_refused_in_one_line(tmp_path: Path, options: list[str], words: str) -> None:
    result = run(write_lines(tmp_path / "in.jsonl"), tmp_path / "out", *options)
    assert (result.exit_code, result.stderr.count("\n"), words in result.stderr) == (2, 1, True), result.stderr
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "idna", "punycode", "utf-7"])
def test_bytes_that_a_codec_refuses_are_an_error_of_their_file(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00\xd8+\xff-")
    report = convert(tmp_path / "a.txt", tmp_path / "out", Options(encoding=encoding))
    assert (report.failed, report.faults) == (1, [])


def test_an_unreadable_state_is_named(tmp_path: Path) -> None:
    source, state = write_lines(tmp_path / "in.jsonl"), tmp_path / "out.jsonl.spipconv-batch"
    (state / "manifest.jsonl").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"manifest\.jsonl: Is a directory; remove it to forget the earlier runs"):
        convert(source, tmp_path / "out.jsonl")
    (state / "manifest.jsonl").rmdir()
    (state / "manifest.jsonl").write_bytes(b'\xff\n{"key": "\xff"}\n' + b"[" * 100_000 + b"\n")
    assert convert(source, tmp_path / "out.jsonl", resume=True).is_complete


# ---- Parquet ----


def test_strings_of_a_table_that_are_not_utf_8_are_errors_of_their_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install spipconv[parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    values = [b"{{mot}}", b"caf\xe9", None, b"\xed\xa0\x80", "été".encode()]
    binary = pyarrow.array(values, pyarrow.binary())
    strings = pyarrow.Array.from_buffers(pyarrow.string(), len(values), binary.buffers())
    for column in (strings, strings.dictionary_encode()):
        table = convert_table(pyarrow.table({"text": column, "id": range(5)}))
        assert table.column("html").to_pylist()[::4] == [spipconv.to_html("{{mot}}"), spipconv.to_html("été")]
        assert table.column("error").to_pylist() == [
            None, "byte 0xE9 at offset 3 is not UTF-8", None, "byte 0xED at offset 0 is not UTF-8", None,
        ]  # fmt: skip
    parquet.write_table(pyarrow.table({"text": strings, "kept": strings}), tmp_path / "in.parquet")
    report = convert(tmp_path / "in.parquet", tmp_path / "out")
    assert (report.is_complete, report.texts, report.failed) == (True, 4, 2)
    kept = parquet.read_table(tmp_path / "out" / "in-000000.parquet").column("kept")
    assert kept.cast(pyarrow.binary()).to_pylist() == values


def test_files_whose_column_is_of_another_type_are_named_and_the_others_converted(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install spipconv[parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "in").mkdir()
    make_parquet(tmp_path / "in" / "a.parquet")
    parquet.write_table(pyarrow.table({"body": [1, 2]}), tmp_path / "in" / "b.parquet")
    parquet.write_table(pyarrow.table({"body": [[b"x"]]}), tmp_path / "in" / "c.parquet")
    report = convert(tmp_path / "in", tmp_path / "out", Options(column="body"))
    assert [fault.rpartition("/")[2] for fault in report.faults] == [
        "b.parquet: the column body holds int64, not strings",
        "c.parquet: the column body holds list<element: binary>, not strings",
    ]
    assert report.texts == 24


@needs_names
@pytest.mark.parametrize("command", ["check", "convert"])
def test_other_commands_show_names_harmlessly_too(tmp_path: Path, command: str) -> None:
    path = tmp_path / "\x1b[2Ja\nb"
    path.write_text("<inconnu1>")
    result = CliRunner().invoke(main, [command, str(path)])
    assert result.exit_code == 1
    assert "\\x1b[2Ja\\nb:1:1: " in result.output
    assert "\x1b" not in result.output
