"""Batch: what goes in and comes out, what a second run does, what is refused."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner, Result

import spipconv
from spipconv.batch import BadInput, Converted, Options, Progress, Report, convert_table, convert_text, run_batch
from spipconv.batch import converter as converter_module
from spipconv.batch import lines as lines_module
from spipconv.batch import plan as plan_module
from spipconv.batch.chunks import Chunk, Piece
from spipconv.batch.report import FailedText
from spipconv.batch.work import convert_chunk
from spipconv.commands.batch import batch
from spipconv.converters.formats import Written
from spipconv.diagnostics import Parsed
from spipconv.nodes import Document, Paragraph, Text
from spipconv.parsing.parser import read_document
from spipconv.settings import Settings

ROOT = Path(__file__).parent.parent.parent
TEXTS = [f"{{{{gras {number}}}}} [[note]] mot <inconnu{number}>" for number in range(40)]


def run(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(batch, [str(one) for one in arguments], catch_exceptions=False)


def convert(source: Path | str, output: Path | str, options: Options | None = None, **given: Any) -> Report:
    """Run a batch in this process alone, unless told otherwise."""
    return run_batch(str(source), str(output), options, **{"workers": 0, **given})


def write_lines(path: Path, texts: list[str] = TEXTS) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in enumerate(texts)), "utf-8")
    return path


def read_lines(path: Path) -> list[Any]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files but those of the run's state."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".spipconv-batch" not in str(path.relative_to(folder))
    }


def stamps(folder: Path) -> dict[str, int]:
    """Return when every file and folder was changed."""
    return {str(path): path.stat().st_mtime_ns for path in [folder, *sorted(folder.rglob("*"))]}


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder of texts."""
    folder = tmp_path / "in"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "a.spip").write_text("{{été}}\n\n", "utf-8")
    (folder / "sub" / "b.txt").write_text("mot[[note]]", "utf-8")
    (folder / "sub" / "deep" / "c").write_text("", "utf-8")
    (folder / ".hidden").write_text("no", "utf-8")
    return folder


# ---- one text ----


def test_a_text_is_converted_as_convert_does() -> None:
    text = "{{gras}} <inconnu1>"
    converted = convert_text(text)
    assert converted == Converted(Written(spipconv.to_html(text)), None, spipconv.parse(text).diagnostics)
    assert convert_text(text, Options(to="markdown")).content == spipconv.to_markdown(text)
    assert convert_text(text, Options(profile="title")).content == spipconv.to_html(text, "title")
    assert convert_text("mot[[note]]").content == spipconv.to_html("mot[[note]]")


def test_a_text_that_is_too_large_is_an_error() -> None:
    assert convert_text("é" * 10, Options(max_bytes=20)).error is None
    assert convert_text("é" * 10, Options(max_bytes=19)).error == "20 bytes: more than the 19 that are allowed"


def _backtrack(text: str, settings: Settings) -> Parsed:
    re.match("(a+)+$", text)
    return read_document(text, settings)


def test_a_regular_expression_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter_module, "read_document", _backtrack)
    assert convert_text("a" * 60 + "b", Options(max_seconds=0.1)).error == "took longer than 0.1 s"
    assert convert_text("ab", Options(max_seconds=10)).content == "<p>ab</p>\n"


def _fail(text: str, settings: Settings) -> NoReturn:
    raise RuntimeError("oops")


def test_an_internal_error_is_an_error_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter_module, "read_document", _fail)
    assert convert_text("a") == Converted(error="internal error, please report it with the text: RuntimeError: oops")


@pytest.mark.parametrize("to", ["html", "markdown"])
def test_half_a_surrogate_in_what_is_written_is_an_error_of_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: Any
) -> None:
    def read(text: str, settings: Settings) -> Parsed:
        return Parsed(Document((Paragraph((Text(text.replace("half", "\ud800")),)),)), ())

    monkeypatch.setattr(converter_module, "read_document", read)
    report = convert(write_lines(tmp_path / "in.jsonl", ["a", "half"]), tmp_path / "out.jsonl", Options(to=to))
    assert (report.texts, report.failed) == (2, 1)
    assert "UnicodeEncodeError" in report.failures[0].error


# ---- files ----


@pytest.mark.parametrize(("to", "suffix"), [("html", ".html"), ("markdown", ".md"), ("json", ".json")])
def test_a_folder_keeps_its_tree(texts: Path, tmp_path: Path, to: Any, suffix: str) -> None:
    report = convert(texts, tmp_path / "out", Options(to=to))
    assert (report.texts, report.failed, report.is_complete) == (3, 0, True)
    made = tree(tmp_path / "out")
    assert sorted(made) == [f"a{suffix}", f"sub/b{suffix}", f"sub/deep/c{suffix}"]
    expected = spipconv.render(spipconv.parse("{{été}}\n\n").document, to).rstrip("\n") + "\n"
    assert made[f"a{suffix}"].decode() == expected


def test_a_pattern_names_files(texts: Path, tmp_path: Path) -> None:
    convert(f"{texts}/**/*.txt", tmp_path / "out")
    assert list(tree(tmp_path / "out")) == ["sub/b.html"]


def test_an_output_within_the_input_is_not_read_again(texts: Path) -> None:
    for _ in range(2):
        report = convert(texts, texts / "out")
        assert (report.inputs, report.failed) == (3, 0)


def test_wrong_encodings_and_large_files_are_errors_of_their_files(texts: Path, tmp_path: Path) -> None:
    (texts / "bad.spip").write_bytes(b"caf\xe9")
    (texts / "large.spip").write_bytes(b"a" * 101)
    out = tmp_path / "out"
    out.mkdir()
    (out / "bad.html").write_text("of another day")
    report = convert(texts, out, Options(max_bytes=100))
    assert report.failures == [
        FailedText("bad.spip", "byte 0xE9 at offset 3 is not utf-8"),
        FailedText("large.spip", "101 bytes: more than the 100 that are allowed"),
    ]
    assert sorted(tree(out)) == ["a.html", "sub/b.html", "sub/deep/c.html"]
    latin = convert(f"{texts}/bad.spip", tmp_path / "latin", Options(encoding="latin-1"))
    assert (latin.failed, tree(tmp_path / "latin")) == (0, {"bad.html": "<p>café</p>\n".encode()})


def test_a_vanished_file_is_reported_and_tried_again(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "_GROUP_FILES", 1)

    def remove_b(progress: Progress) -> None:
        (texts / "sub" / "b.txt").unlink(missing_ok=True)

    report = convert(texts, tmp_path / "out", progress=remove_b)
    assert [fault.partition(":")[0] for fault in report.faults] == [str(texts / "sub" / "b.txt")]
    assert not report.is_complete
    assert sorted(tree(tmp_path / "out")) == ["a.html", "sub/deep/c.html"]
    (texts / "sub" / "b.txt").write_text("mot", "utf-8")
    again = convert(texts, tmp_path / "out")
    assert (again.is_complete, again.unchanged, again.texts) == (True, 2, 3)


# ---- JSON lines ----


def test_lines_are_answered_in_order_and_keep_their_other_fields(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(
        b'{"id": 7, "text": "{{\\u00e9}}", "big": 12345678901234567890123, "html": "old"}\n\n'
        b'{"text": "<img src=x>mot", "profile": "comment", "lang": "en", "n": [1,  {"a": null}]}\n'
        b'{"id": "half", "text": "a\\ud800b", "x": "\\ud800"}'
    )
    report = convert(source, tmp_path / "out.jsonl")
    first, second, third = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert (
        first
        == '{"id":7,"big":12345678901234567890123,"html":"<p><strong>é</strong></p>\\n","notes":"",'
        '"diagnostics":[]}'.encode()
    )
    answer = json.loads(second)
    assert (answer["profile"], answer["n"], answer["html"]) == ("comment", [1, {"a": None}], "<p>mot</p>\n")
    assert [remark["code"] for remark in answer["diagnostics"]] == ["content-dropped"]
    assert set(answer["diagnostics"][0]) == {"code", "severity", "line", "column", "message"}
    assert json.loads(third)["html"] == spipconv.to_html("a\ud800b")
    assert (report.texts, report.failed, report.diagnostics) == (3, 0, {"content-dropped": 1, "control-character": 1})


BAD = [
    (b'{"id": }', "not JSON: "),
    (b"[1]", "not a JSON object"),
    (b'{"a": NaN}', "not JSON: NaN"),
    (b'{"id": 1, "text": "caf\xe9"}', "byte 0xE9 at offset 22 is not UTF-8"),
    (b'{"id": 1}', '"text" is missing or not a string'),
    (b'{"id": 1, "text": null}', '"text" is missing or not a string'),
    (b'{"id": 1, "text": "a", "profile": "root"}', "profile 'root' is unknown: choose article, comment or title"),
    (b'{"id": 1, "text": "a", "lang": 3}', '"lang" is not a string'),
    (b'{"text": "' + b"a" * (2 << 20) + b'"}', "a line of "),
    (b"[" * 100_000, "not JSON"),
]


def test_lines_that_could_be_read_before_a_file_ended_are_counted(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", ["a", "b"])
    size = source.stat().st_size
    piece = Piece("in.jsonl#000000", str(source), str(tmp_path / "out"), "", last=size + 10, weight=size)
    (outcome,) = convert_chunk(Chunk("lines", (piece,), str(tmp_path)), Options())
    assert (outcome.texts, outcome.failed, outcome.size) == (2, 0, -1)
    assert outcome.fault.endswith("it ends earlier than when the run began")


def test_answers_keep_their_order_over_many_groups_of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("".join(f'{{"id": {id}, "text": "{id}"}}\n\n' for id in range(20)) + "no\n", "utf-8")
    monkeypatch.setattr(lines_module, "_GROUP_BYTES", 50)
    report = convert(source, tmp_path / "out.jsonl")
    assert [answer["id"] for answer in read_lines(tmp_path / "out.jsonl")] == [*range(20), None]
    assert [failure.place for failure in report.failures] == ["in.jsonl:41"]


def test_each_bad_line_is_answered_by_an_error_at_its_place(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    good = b'{"id": 0, "text": "mot"}'
    source.write_bytes(b"".join(b"\n" + line + b"\n" + good + b"\n" for line, _ in BAD))
    for chunk_bytes in (1, 100, 1 << 22):
        out = tmp_path / f"{chunk_bytes}.jsonl"
        report = convert(source, out, Options(max_bytes=1000), chunk_bytes=chunk_bytes)
        answers = read_lines(out)
        assert len(answers) == 2 * len(BAD)
        assert all(answer["html"] == "<p>mot</p>\n" for answer in answers[1::2])
        for number, ((_, error), answer, failure) in enumerate(zip(BAD, answers[::2], report.failures, strict=True)):
            assert answer["error"].startswith(error)
            assert (failure.place, failure.error) == (f"in.jsonl:{3 * number + 2}", answer["error"])
            assert (answer["diagnostics"], "html" in answer) == ([], False)


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"")
    report = convert(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (report.texts, report.is_complete, (tmp_path / "out.jsonl").read_bytes()) == (0, True, b"")


def test_gzip_in_and_out_hold_the_same_lines(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(source.read_bytes()))
    convert(source, tmp_path / "plain.jsonl", chunk_bytes=300)
    report = convert(packed, tmp_path / "unpacked.jsonl", chunk_bytes=300, workers=2)
    assert report.tasks > 5
    convert(source, tmp_path / "out.jsonl.gz", chunk_bytes=300)
    expected = (tmp_path / "plain.jsonl").read_bytes()
    assert (tmp_path / "unpacked.jsonl").read_bytes() == expected
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == expected
    before = stamps(tmp_path)
    assert convert(packed, tmp_path / "unpacked.jsonl", chunk_bytes=300).unchanged == len(TEXTS)
    assert stamps(tmp_path) == before


def test_a_truncated_gzip_file_is_reported_and_read_on_when_it_is_whole(tmp_path: Path) -> None:
    texts = [text + os.urandom(200).hex() for text in TEXTS]
    whole = gzip.compress(write_lines(tmp_path / "plain.jsonl", texts).read_bytes(), mtime=0)
    source = tmp_path / "in.jsonl.gz"
    source.write_bytes(whole[: len(whole) // 2])
    report = convert(source, tmp_path / "out.jsonl", chunk_bytes=300)
    assert (report.is_complete, (tmp_path / "out.jsonl").exists(), len(report.faults)) == (False, False, 1)
    assert report.faults[0].startswith(str(source))
    source.write_bytes(whole)
    assert convert(source, tmp_path / "out.jsonl", chunk_bytes=300).is_complete
    convert(tmp_path / "plain.jsonl", tmp_path / "expected.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_an_output_that_ends_with_a_slash_is_a_folder_of_parts(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    convert(source, tmp_path / "one.jsonl")
    convert(source, f"{tmp_path}/parts/", chunk_bytes=500)
    made = tree(tmp_path / "parts")
    assert list(made) == [f"in-{number:06d}.jsonl" for number in range(len(made))]
    assert len(made) > 3
    assert b"".join(made.values()) == (tmp_path / "one.jsonl").read_bytes()


def test_stale_parts_are_removed(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    convert(source, f"{tmp_path}/parts/", chunk_bytes=500)
    write_lines(source, TEXTS[:2])
    assert convert(source, f"{tmp_path}/parts/", chunk_bytes=500).texts == 2
    assert list(tree(tmp_path / "parts")) == ["in-000000.jsonl"]


def test_several_files_of_lines_become_one(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_lines(tmp_path / f"{name}.jsonl", [f"mot {name}", "<br"])
    report = convert(f"{tmp_path}/*.jsonl", tmp_path / "out", chunk_bytes=10)
    assert [answer["html"] for answer in read_lines(tmp_path / "out")][::2] == ["<p>mot a</p>\n", "<p>mot b</p>\n"]
    assert report.inputs == 2


# ---- the same whatever does it ----


def test_any_number_of_workers_writes_the_same(tmp_path: Path, texts: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [*TEXTS, "{{", "<quote>"])
    made = set()
    for workers in (0, 1, 3):
        for chunk_bytes in (200, 1 << 20):
            out = tmp_path / f"{workers}-{chunk_bytes}.jsonl"
            convert(source, out, workers=workers, chunk_bytes=chunk_bytes)
            made.add(out.read_bytes())
    assert len(made) == 1
    assert (
        len(
            {
                str(convert(texts, tmp_path / f"files{n}", workers=n)) and str(tree(tmp_path / f"files{n}"))
                for n in (0, 2)
            }
        )
        == 1
    )


# ---- a second run ----


def test_a_second_run_changes_nothing(tmp_path: Path, texts: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [*TEXTS, "x" * 2000])
    jobs: list[tuple[Path, str]] = [
        (texts, f"{tmp_path}/out"),
        (source, f"{tmp_path}/out.jsonl"),
        (source, f"{tmp_path}/parts/"),
    ]
    for path, out in jobs:
        first = convert(path, out, Options(max_bytes=1000), chunk_bytes=500)
        before = stamps(tmp_path)
        second = convert(path, out, Options(max_bytes=1000), chunk_bytes=500)
        assert stamps(tmp_path) == before
        assert second.unchanged == second.texts == first.texts
        assert (second.failures, second.diagnostics, second.is_complete) == (first.failures, first.diagnostics, True)


def test_what_a_kill_left_after_the_manifest_was_written_is_removed(tmp_path: Path) -> None:
    source, out = write_lines(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    convert(source, out)
    state = tmp_path / "out.jsonl.spipconv-batch"
    for name in ("parts", "temporary", "unpacked"):
        (state / name).mkdir()
        (state / name / "left").write_text("")
    assert convert(source, out).unchanged == len(TEXTS)
    assert [path.name for path in state.iterdir()] == ["manifest.jsonl"]


def _touch(source: Path, out: Path, patch: pytest.MonkeyPatch) -> None:
    write_lines(source, [*TEXTS[:-1], "autre"])


def _other_version(source: Path, out: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(converter_module, "VERSION", "99")


def _delete(source: Path, out: Path, patch: pytest.MonkeyPatch) -> None:
    out.unlink()


def _damage(source: Path, out: Path, patch: pytest.MonkeyPatch) -> None:
    out.write_bytes(b"")


@pytest.mark.parametrize("change", [_touch, _other_version, _delete, _damage])
def test_changed_inputs_versions_and_outputs_are_converted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, Path, pytest.MonkeyPatch], None]
) -> None:
    source, out = write_lines(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    convert(source, out)
    change(source, out, monkeypatch)
    assert convert(source, out).unchanged == 0
    convert(source, tmp_path / "expected.jsonl")
    assert out.read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_other_options_and_other_objects_convert_again(tmp_path: Path) -> None:
    source, out = write_lines(tmp_path / "in.jsonl", ["[->art1]"]), tmp_path / "out.jsonl"
    objects = tmp_path / "objects.json"
    for title in ("un", "deux"):
        converter_module._read_objects.cache_clear()
        objects.write_text(json.dumps({"objects": [{"type": "article", "id": 1, "titre": title}]}))
        assert convert(source, out, Options(objects=str(objects))).unchanged == 0
        assert f">{title}</a>" in read_lines(out)[0]["html"]
    assert convert(source, out, Options(objects=str(objects), lang="en")).unchanged == 0
    assert convert(source, out, Options(objects=str(objects), lang="en")).unchanged == 1


def test_in_a_folder_only_changed_files_are_converted_again(tmp_path: Path, texts: Path) -> None:
    convert(texts, tmp_path / "out")
    (texts / "a.spip").write_text("autre", "utf-8")
    (tmp_path / "out" / "sub" / "b.html").unlink()
    report = convert(texts, tmp_path / "out")
    assert (report.texts, report.unchanged) == (3, 1)
    assert tree(tmp_path / "out")["a.html"] == b"<p>autre</p>\n"
    assert "sub/b.html" in tree(tmp_path / "out")


def test_a_stopped_run_continues_only_with_resume_or_force(tmp_path: Path) -> None:
    source, out = write_lines(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    tasks: list[Progress] = []
    stopped = convert(source, out, chunk_bytes=300, progress=tasks.append, stop=lambda: len(tasks) >= 2)
    assert (stopped.stopped, stopped.is_complete, out.exists()) == ("interrupted", False, False)
    assert 0 < stopped.texts < len(TEXTS)
    with pytest.raises(BadInput, match="use --resume to continue it, or --force to start again"):
        convert(source, out, chunk_bytes=300)
    report = convert(source, out, chunk_bytes=300, resume=True)
    assert (report.unchanged, report.texts, report.is_complete) == (stopped.texts, len(TEXTS), True)
    convert(source, tmp_path / "expected.jsonl")
    assert out.read_bytes() == (tmp_path / "expected.jsonl").read_bytes()
    assert convert(source, out, chunk_bytes=300, force=True).unchanged == 0


def test_a_truncated_journal_is_read_up_to_its_last_whole_line(tmp_path: Path) -> None:
    source, out = write_lines(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    tasks: list[Progress] = []
    stopped = convert(source, out, chunk_bytes=300, progress=tasks.append, stop=lambda: len(tasks) >= 3)
    state = tmp_path / "out.jsonl.spipconv-batch"
    lines = (state / "manifest.jsonl").read_bytes().splitlines(keepends=True)
    (state / "manifest.jsonl").unlink()
    (state / "journal.jsonl").write_bytes(b"".join(lines[1:])[:-20])
    report = convert(source, out, chunk_bytes=300, resume=True)
    assert 0 < report.unchanged < stopped.texts
    assert report.is_complete
    assert len(read_lines(out)) == len(TEXTS)


def test_outcomes_for_other_chunk_sizes_are_ignored(tmp_path: Path) -> None:
    source, out = write_lines(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    for chunk_bytes in (1000, 300, 1000, 1 << 20):
        tasks: list[Progress] = []
        convert(source, out, chunk_bytes=chunk_bytes, resume=True, progress=tasks.append, stop=tasks.copy)
    assert convert(source, out, chunk_bytes=300, resume=True).texts == len(TEXTS)
    assert len(read_lines(out)) == len(TEXTS)


# ---- Parquet ----


@pytest.fixture
def parquet() -> Any:
    """pyarrow.parquet, or a word on why not."""
    return pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install spipconv[parquet]")


def make_parquet(path: Path, rows: int = 25, group: int = 10) -> Any:
    """Write a Parquet file of texts; return its table."""
    import pyarrow
    import pyarrow.parquet

    texts = [f"{{{{mot {number}}}}} <inconnu{number}>" for number in range(rows)]
    table = pyarrow.table(
        {"id": range(rows), "body": [None, "x" * 500, *texts[2:]], "tags": [[str(number)] for number in range(rows)]}
    )
    pyarrow.parquet.write_table(table, path, row_group_size=group)
    return table


def test_a_row_group_becomes_a_file_and_the_other_columns_stay(parquet: Any, tmp_path: Path) -> None:
    table = make_parquet(tmp_path / "in.parquet")
    options = Options(column="body", max_bytes=400)
    report = convert(tmp_path / "in.parquet", tmp_path / "out", options, workers=2)
    assert (report.texts, report.failed, report.tasks) == (24, 1, 3)
    assert report.failures == [FailedText("in.parquet: row 1", "500 bytes: more than the 400 that are allowed")]
    names = sorted(tree(tmp_path / "out"))
    assert names == [f"in-{number:06d}.parquet" for number in range(3)]
    made = [parquet.read_table(tmp_path / "out" / name) for name in names]
    assert [one.num_rows for one in made] == [10, 10, 5]
    assert made[0].column_names == ["id", "tags", "html", "notes", "error", "diagnostics"]
    rows = [row for one in made for row in one.to_pylist()]
    assert [row["id"] for row in rows] == list(range(25))
    assert [row["tags"] for row in rows] == table.column("tags").to_pylist()
    assert (rows[0]["html"], rows[0]["error"], rows[0]["diagnostics"]) == (None, None, [])
    assert (rows[1]["html"], rows[1]["error"]) == (None, report.failures[0].error)
    assert rows[2]["html"] == spipconv.to_html("{{mot 2}} <inconnu2>")
    assert rows[2]["diagnostics"][0] == {
        "code": "unknown-model", "severity": "loss", "line": 1, "column": 11,
        "message": "<inconnu2>: unknown model: shown as text",
    }  # fmt: skip
    before = stamps(tmp_path)
    assert convert(tmp_path / "in.parquet", tmp_path / "out", options).unchanged == 24
    assert stamps(tmp_path) == before
    assert convert_table(table.slice(10, 10), options).equals(made[1])


def test_columns_of_any_kind_of_string_are_read(parquet: Any) -> None:
    import pyarrow

    texts = pyarrow.array(["a", "b", "a"])
    for column in (texts, texts.cast(pyarrow.large_string()), texts.dictionary_encode()):
        made = convert_table(pyarrow.table({"text": column, "error": [1, 2, 3]}), Options(to="markdown"))
        assert made.column("markdown").to_pylist() == ["a\n", "b\n", "a\n"]
        assert made.column_names == ["markdown", "error", "diagnostics"]
        assert made.column("error").to_pylist() == [None] * 3
    with pytest.raises(BadInput, match="the column text holds int64, not strings"):
        convert_table(pyarrow.table({"text": [1]}))


def test_a_table_without_rows_keeps_its_columns(parquet: Any, tmp_path: Path) -> None:
    import pyarrow

    parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), tmp_path / "in.parquet")
    assert convert(tmp_path / "in.parquet", tmp_path / "out").is_complete
    assert parquet.read_table(tmp_path / "out" / "in-000000.parquet").column_names == [
        "html",
        "notes",
        "error",
        "diagnostics",
    ]


def test_a_truncated_parquet_file_is_reported_and_the_others_are_converted(parquet: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    make_parquet(folder / "a.parquet")
    make_parquet(folder / "c.parquet")
    (folder / "b.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-100])
    report = convert(folder, tmp_path / "out", Options(column="body"))
    assert [fault.partition(":")[0] for fault in report.faults] == [str(folder / "b.parquet")]
    assert (report.texts, len(tree(tmp_path / "out"))) == (48, 6)
    shutil.copy(folder / "a.parquet", folder / "b.parquet")
    again = convert(folder, tmp_path / "out", Options(column="body"))
    assert (again.texts, again.unchanged, again.is_complete) == (72, 48, True)


def test_a_damaged_row_group_is_reported_and_the_others_are_converted(parquet: Any, tmp_path: Path) -> None:
    make_parquet(tmp_path / "in.parquet", rows=200, group=100)
    content = bytearray((tmp_path / "in.parquet").read_bytes())
    content[4:600] = bytes(596)
    (tmp_path / "in.parquet").write_bytes(content)
    report = convert(tmp_path / "in.parquet", tmp_path / "out", Options(column="body"), workers=1)
    assert len(report.faults) == 1
    assert list(tree(tmp_path / "out")) == ["in-000001.parquet"]


# ---- addresses ----


@pytest.fixture
def memory() -> Any:
    """fsspec's files in memory, empty."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    system = fsspec.filesystem("memory")
    system.store.clear()
    return system


def test_addresses_of_fsspec_are_read_and_written(memory: Any, tmp_path: Path, texts: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    memory.pipe_file("/box/in.jsonl", source.read_bytes())
    memory.pipe_file("/box/texts/sub/a.spip", b"mot")
    convert(source, tmp_path / "out.jsonl")
    for _ in range(2):
        report = convert("memory://box/in.jsonl", "memory://box/out.jsonl", chunk_bytes=300)
        assert memory.cat_file("/box/out.jsonl") == (tmp_path / "out.jsonl").read_bytes()
    assert report.unchanged == len(TEXTS)
    convert("memory://box/texts", "memory://box/pages")
    assert memory.cat_file("/box/pages/sub/a.html") == b"<p>mot</p>\n"
    convert("memory://box/*.jsonl", tmp_path / "two.jsonl")
    assert len(read_lines(tmp_path / "two.jsonl")) == 2 * len(TEXTS)


def test_remote_addresses_work_with_several_processes(memory: Any, tmp_path: Path, texts: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl")
    report = convert(f"file://{source}", f"file://{tmp_path}/parts/", workers=2, chunk_bytes=500)
    convert(source, tmp_path / "one.jsonl")
    assert report.is_complete
    assert b"".join(tree(tmp_path / "parts").values()) == (tmp_path / "one.jsonl").read_bytes()
    assert convert(f"file://{source}", f"file://{tmp_path}/parts/", chunk_bytes=500).unchanged == len(TEXTS)
    convert(f"file://{texts}", f"file://{tmp_path}/pages", workers=2)
    convert(texts, tmp_path / "expected")
    assert tree(tmp_path / "pages") == tree(tmp_path / "expected")


# ---- the command ----


def assert_refused(result: Result, *words: str) -> None:
    """One line on standard error, exit code 2."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.rstrip("\n").count("\n") == 0
    for word in words:
        assert word in result.stderr


def test_the_command_prints_a_summary_and_exits_with_1_after_failures(tmp_path: Path, texts: Path) -> None:
    result = run(texts, tmp_path / "out", "--workers", 0)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("3 texts, 0 failed, 0 unchanged; ")
    (texts / "bad.spip").write_bytes(b"\xff")
    result = run(texts, tmp_path / "out", "--workers", 0, "--report", tmp_path / "report.json")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == "bad.spip: byte 0xFF at offset 0 is not utf-8"
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert (report["texts"], report["failed"], report["unchanged"]) == (4, 1, 3)
    assert report["failures"] == [{"place": "bad.spip", "error": "byte 0xFF at offset 0 is not utf-8"}]
    assert {slow["place"] for slow in report["slowest"]} == {"a.spip", "sub/b.txt", "sub/deep/c"}
    assert all(slow["seconds"] > 0 for slow in report["slowest"])
    assert (report["to"], report["spipconv"], report["is_complete"]) == ("html", spipconv.__version__, True)


def test_batch_has_the_reading_options_of_convert(tmp_path: Path) -> None:
    (tmp_path / "a.spip").write_bytes("<<gras>>cafÃ© [->art1] !".encode("latin-1"))
    (tmp_path / "objects.json").write_text('{"objects": [{"type": "article", "id": 1, "titre": "Une ferme"}]}')
    options = ["--to", "markdown", "--angle-shortcuts", "--encoding", "latin-1", "--objects", tmp_path / "objects.json"]
    options += ["--repair-encoding", "--typography", "none"]
    assert run(tmp_path / "a.spip", tmp_path / "out", "--workers", 0, *options).exit_code == 0
    written = (tmp_path / "out" / "a.md").read_text("utf-8")
    objects = spipconv.read_objects(tmp_path / "objects.json")
    expected = spipconv.to_markdown("<<gras>>café [->art1] !", objects=objects, angle_shortcuts=True, typography=False)
    assert expected.endswith(" !\n")
    assert written == expected.rstrip("\n") + "\n"


def test_progress_is_printed_at_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["spipconv.commands.batch"], "_LINE_SECONDS", 0)
    source = write_lines(tmp_path / "in.jsonl")
    result = run(source, tmp_path / "out.jsonl", "--workers", 0, "--chunk-bytes", source.stat().st_size // 2)
    first = result.stderr.splitlines()[0]
    assert re.fullmatch(r"\d+ texts, 0\.0 of 0\.0 MB, \d+ texts/s, 0:00:0\d left, 0 failed", first), result.stderr


def test_a_dry_run_writes_nothing(tmp_path: Path, texts: Path) -> None:
    result = run(texts, tmp_path / "out", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "3 inputs; 1 tasks to do; 0 texts are already converted\n")
    assert not (tmp_path / "out").exists()


def test_fail_fast_ends_the_run_at_the_first_failure(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", ["x" * 50, *TEXTS])
    options = [source, tmp_path / "out.jsonl", "--workers", 0, "--chunk-bytes", 300, "--max-bytes", 45]
    result = run(*options, "--fail-fast")
    assert result.exit_code == 1
    assert "stopped: a text failed; run the same command with --resume to continue" in result.stderr
    assert not (tmp_path / "out.jsonl").exists()
    assert run(*options, "--resume").stderr.splitlines()[-1].startswith(f"{len(TEXTS) + 1} texts, 1 failed, ")


def test_unusable_arguments_are_refused_and_change_nothing(tmp_path: Path, texts: Path) -> None:
    before = stamps(tmp_path)
    out = tmp_path / "out"
    assert_refused(run(tmp_path / "none", out), "none: no such file or folder")
    assert_refused(run(f"{tmp_path}/*.none", out), "*.none: there are no files")
    assert_refused(run(texts, out, "--encoding", "none"), "--encoding: none is not a text encoding")
    assert_refused(run(texts, out, "--encoding", "hex"), "--encoding: hex is not a text encoding")
    assert_refused(run(texts, out, "--objects", tmp_path / "none"), "--objects: ", "none: No such file")
    assert_refused(run(texts, texts / "a.spip"), "a.spip is a file, expected a folder")
    assert stamps(tmp_path) == before
    (texts / "sub" / "b.spip").write_text("")
    assert_refused(run(texts, out), "sub/b.spip and sub/b.txt would both be written as sub/b.html")
    write_lines(texts / "sub" / "c.jsonl")
    assert_refused(run(texts, out), "one kind at a time")
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08")
    assert_refused(run(tmp_path / "cut.jsonl.gz", out), "cut.jsonl.gz: ")
    assert_refused(run(texts, out, "--report", tmp_path / "none" / "r.json"), "none: no such folder")
    result = run(texts, out, "--scheduler", "tcp://127.0.0.1:1")
    assert (result.exit_code, "--scheduler requires --engine dask" in result.stderr) == (2, True)
    assert not out.exists()


def test_a_table_without_a_text_column_is_refused(parquet: Any, tmp_path: Path) -> None:
    make_parquet(tmp_path / "in.parquet")
    assert_refused(run(tmp_path / "in.parquet", tmp_path / "out"), "no column is named text (--column)", "id, body")
    assert_refused(
        run(tmp_path / "in.parquet", tmp_path / "out", "--column", "id"), "the column id holds int64, not strings"
    )
    (tmp_path / "in.parquet").write_bytes((tmp_path / "in.parquet").read_bytes()[:-9])
    assert_refused(run(tmp_path / "in.parquet", tmp_path / "out"), "in.parquet: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("missing", "arguments", "words"),
    [
        ("pyarrow", ("in.parquet", "out"), 'Parquet needs pyarrow: pip install "spipconv[parquet]"'),
        ("fsspec", ("s3://box/in.jsonl", "out"), "s3://box/in.jsonl: to use such addresses, pip install fsspec"),
        (
            "distributed",
            ("in.jsonl", "out", "--engine", "dask"),
            'dask needs distributed: pip install "spipconv[dask]"',
        ),
    ],
)
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, missing, None)
    write_lines(tmp_path / "in.jsonl")
    (tmp_path / "in.parquet").write_bytes(b"PAR1")
    assert_refused(run(*arguments), words)
    assert not (tmp_path / "out").exists()


def test_libraries_of_extras_are_imported_only_when_needed() -> None:
    libraries = {"pyarrow", "distributed", "dask", "fsspec"}
    code = f"import sys, spipconv.commands.batch; print(sorted({libraries} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ---- the guide ----


@pytest.mark.slow
def test_the_examples_of_the_guide_work(tmp_path: Path, parquet: Any) -> None:
    guide = (ROOT / "docs" / "batch.md").read_text("utf-8")
    for name in ("texts", "forum"):
        (tmp_path / name).mkdir()
    (tmp_path / "texts" / "a.spip").write_text("{{mot}}")
    write_lines(tmp_path / "forum.jsonl")
    (tmp_path / "forum.jsonl.gz").write_bytes(gzip.compress((tmp_path / "forum.jsonl").read_bytes()))
    make_parquet(tmp_path / "archive.parquet", rows=1002, group=400)
    code = "from spipconv.commands.batch import batch; batch()"
    (tmp_path / "spipconv").write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -c "{code}" "$@"\n')
    (tmp_path / "spipconv").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    blocks = re.findall(r"```(console|python)\n(.*?)```", guide, re.S)
    assert {kind for kind, _ in blocks} == {"console", "python"}
    for kind, block in blocks:
        if kind == "python":
            script = tmp_path / "example.py"
            script.write_text(block)
            command = [sys.executable, str(script)]
            subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=60)
            continue
        for line in block.splitlines():
            if line.startswith("$ "):
                done = subprocess.run(["sh", "-c", line[2:]], cwd=tmp_path, env=environment, check=False, timeout=60)
                assert done.returncode in (0, 1), line
