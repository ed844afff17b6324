"""The command line as a user sees it: what it prints and writes, its one-line faults, its exit codes."""

from __future__ import annotations

import json
import os
import select
import stat
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner, Result

import spipconv
from spipconv.commands import main

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
SPIPCONV = [sys.executable, "-m", "spipconv"]
BAD_BYTES = b"\xc3\xa9t\xc3\xa9 caf\xe9"
LOST = "a <inconnu12>"


def run(*arguments: str, stdin: str | bytes = b"") -> Result:
    """Run the command in this process; a fault that it does not report is raised."""
    return CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)


def run_outside(*arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [*SPIPCONV, *arguments], cwd=cwd, env=ENVIRONMENT, input=stdin, capture_output=True, timeout=60, check=False
    )


def assert_one_line(result: Result, *words: str) -> None:
    """The command ended with exit code 2, nothing on standard output, and one line that says these words."""
    assert result.exit_code == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr
    assert result.stderr.rstrip("\n").count("\n") == 0, f"more than one line:\n{result.stderr}"


def jsonl(*lines: str | bytes, options: tuple[str, ...] = ()) -> tuple[list[Any], int]:
    """Convert lines and return the answers and the exit code; the output has to be ASCII, one JSON text a line."""
    sent = b"".join([(line.encode() if isinstance(line, str) else line) + b"\n" for line in lines])
    result = run("convert", "--jsonl", *options, stdin=sent)
    assert result.stderr == ""
    answers = [json.loads(line, parse_constant=_refuse) for line in result.stdout_bytes.decode("ascii").splitlines()]
    return answers, result.exit_code


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")


# ---- convert: from standard input ----


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "<p>Un <strong>été</strong></p>\n"),
        (("--to", "html"), "<p>Un <strong>été</strong></p>\n"),
        (("--to", "markdown"), "Un **été**\n"),
        (("--to", "html", "-"), "<p>Un <strong>été</strong></p>\n"),
    ],
)
def test_convert_reads_standard_input(options: tuple[str, ...], expected: str) -> None:
    result = run("convert", *options, stdin="Un {{été}}")
    assert (result.stdout, result.stderr, result.exit_code) == (expected, "", 0)


def test_convert_to_json_writes_the_tree() -> None:
    result = run("convert", "--to", "json", stdin="Un {{été}}")
    tree = json.loads(result.stdout)
    assert result.exit_code == 0
    assert tree["language"] == "fr"
    [paragraph] = tree["children"]
    words, strong = paragraph["children"]
    assert (words["text"], strong["children"][0]["text"]) == ("Un ", "été")
    assert (strong["line"], strong["column"]) == (1, 4)


def test_empty_input_gives_empty_output() -> None:
    result = run("convert", stdin="")
    assert (result.stdout, result.exit_code) == ("", 0)


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert run("convert", stdin=b"\xef\xbb\xbf{{{Titre}}}").stdout == '<h2 class="spip">Titre</h2>\n'


def test_profile_and_language_reach_the_parser() -> None:
    assert run("convert", "--profile", "comment", stdin='<u class="x">a</u>').stdout == "<p>a</p>\n"
    assert run("convert", "--profile", "title", stdin="Un {titre} ?").stdout == "Un {titre}&nbsp;?\n"
    assert run("convert", "--lang", "en", stdin="<multi>[fr]été[en]summer</multi>").stdout == "<p>summer</p>\n"


def test_plugins_are_read_on_request_by_their_names_here_or_in_spip() -> None:
    shown = [run("convert", "--plugin", name, "--plugin", "decoupe", stdin="[*mot*] ++++").stdout for name in (
        "enluminures", "typoenluminee")]  # fmt: skip
    assert shown[0] == shown[1] != run("convert", stdin="[*mot*] ++++").stdout
    result = run("convert", "--plugin", "inconnu", stdin="x")
    assert result.exit_code == 2
    assert "'inconnu' is unknown: choose from enluminures" in result.stderr


def test_a_line_may_name_its_plugins() -> None:
    lines = [{"text": "[*mot*]", "plugins": plugins} for plugins in (["enluminures"], [], "enluminures", ["inconnu"])]
    answers, _ = jsonl(
        *[json.dumps(line) for line in lines], '{"text": "[*mot*]"}', options=("--plugin", "enluminures")
    )
    assert [("strong" in answer.get("html", ""), answer.get("error", "")[:9]) for answer in answers] == [
        (True, ""), (False, ""), (False, '"plugins"'), (False, "plugin 'i"), (True, ""),
    ]  # fmt: skip


def test_angle_shortcuts_are_read_only_on_request() -> None:
    text = "<<gras>> et <italique>"
    with_option = run("convert", "--angle-shortcuts", stdin=text)
    assert with_option.stdout == "<p><strong>gras</strong> et <i>italique</i></p>\n"
    without = run("convert", stdin=text)
    assert "<strong>" not in without.stdout
    assert "<i>" not in without.stdout


@pytest.mark.parametrize(
    ("option", "html", "markdown"),
    [
        ((), "Quoi&nbsp;? L’été", "Quoi\u00a0? L’été"),
        (("--typography", "char"), "Quoi\u00a0? L’été", "Quoi\u00a0? L’été"),
        (("--typography", "entity"), "Quoi&nbsp;? L’été", "Quoi&nbsp;? L’été"),
        (("--typography", "none"), "Quoi ? L'été", "Quoi ? L'été"),
    ],
)
def test_typography_is_written_as_wanted(option: tuple[str, ...], html: str, markdown: str) -> None:
    text = "Quoi ? L'été"
    assert run("convert", *option, stdin=text).stdout == f"<p>{html}</p>\n"
    assert run("convert", "--to", "markdown", *option, stdin=text).stdout == f"{markdown}\n"
    line = run("convert", "--jsonl", "--to", "markdown", *option, stdin=json.dumps({"text": text})).stdout
    assert json.loads(line)["markdown"] == f"{markdown}\n"


@pytest.mark.parametrize("text", ["L'Ã©tÃ©", '{"id": 1, "text": "L\'Ã©tÃ©"}'])
def test_encoding_is_repaired_only_on_request(text: str) -> None:
    command = ("convert", "--jsonl") if text.startswith("{") else ("convert",)
    repaired = run(*command, "--repair-encoding", stdin=text).stdout
    typed = run(*command, stdin=text).stdout
    if "--jsonl" in command:
        assert [json.loads(line)["html"] for line in (repaired, typed)] == ["<p>L’été</p>\n", "<p>L’Ã©tÃ©</p>\n"]
        assert [json.loads(line)["diagnostics"][0]["code"] for line in (repaired, typed)] == [
            "encoding-undone",
            "encoding-repeated",
        ]
    else:
        assert (repaired, typed) == ("<p>L’été</p>\n", "<p>L’Ã©tÃ©</p>\n")


def test_objects_give_links_their_titles(tmp_path: Path) -> None:
    objects = tmp_path / "objects.json"
    objects.write_text('{"objects": [{"type": "article", "id": 7, "titre": "L’été", "url": "/ete"}]}', "utf-8")
    result = run("convert", "--objects", str(objects), stdin="[->art7]")
    assert '<a href="/ete"' in result.stdout
    assert ">L’été</a>" in result.stdout


# ---- convert: files ----


def test_several_files_are_written_one_after_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "a.spip", tmp_path / "b.spip"
    first.write_text("un", "utf-8")
    second.write_text("deux", "utf-8")
    assert run("convert", str(second), str(first)).stdout == "<p>deux</p>\n<p>un</p>\n"


@pytest.mark.parametrize(
    ("to", "suffix"), [("html", ".html"), ("markdown", ".md"), ("json", ".json"), ("text", ".txt")]
)
def test_several_files_go_to_a_folder_under_their_names(tmp_path: Path, to: str, suffix: str) -> None:
    for name in ("a.spip", "b.c.txt", "d"):
        (tmp_path / name).write_text(f"mot {name[0]}", "utf-8")
    folder = tmp_path / "new" / "pages"
    result = run(
        "convert", "--to", to, "-o", str(folder), *(str(tmp_path / name) for name in ("a.spip", "b.c.txt", "d"))
    )
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 0)
    assert sorted(os.listdir(folder)) == [f"a{suffix}", f"b.c{suffix}", f"d{suffix}"]
    assert "mot b" in (folder / f"b.c{suffix}").read_text("utf-8")


def test_a_text_is_not_written_over_its_source(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("{{mot}}")
    result = run("convert", "--to", "text", "-o", f"{tmp_path}/", str(source))
    assert_one_line(result, "a.txt: its text would be written over it: choose another folder")
    assert result.exit_code == 2
    assert source.read_text() == "{{mot}}"


def test_one_file_goes_into_a_folder_that_exists(tmp_path: Path) -> None:
    (tmp_path / "a.spip").write_text("un", "utf-8")
    (tmp_path / "pages").mkdir()
    assert run("convert", "-o", str(tmp_path / "pages"), str(tmp_path / "a.spip")).exit_code == 0
    assert (tmp_path / "pages" / "a.html").read_text("utf-8") == "<p>un</p>\n"


def test_two_texts_of_one_name_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    paths = [tmp_path / "x" / "a.spip", tmp_path / "y" / "a.txt", tmp_path / "z.spip"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text("un", "utf-8")
    folder = tmp_path / "pages"
    assert_one_line(run("convert", "-o", str(folder), *map(str, paths)), str(folder), "a.html")
    assert not folder.exists()


def test_an_output_file_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("the old one, which is longer than the new one", "utf-8")
    result = run("convert", "-o", str(target), stdin="{{neuf}}")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert target.read_text("utf-8") == "<p><strong>neuf</strong></p>\n"
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_disk_that_is_full_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="no limit on file sizes can be set here")
    target = tmp_path / "page.html"
    target.write_text("old", "utf-8")
    command = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from spipconv.commands import main; main(['convert', '-o', sys.argv[1]])"
    )
    result = subprocess.run(
        [sys.executable, "-c", command, str(target)],
        cwd=tmp_path, env=ENVIRONMENT, input=b"mot " * 20000, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr
    assert str(target).encode() in result.stderr
    assert target.read_text("utf-8") == "old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_an_output_name_that_is_a_folder_is_named_and_no_other_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a.spip").write_text("un", "utf-8")
    folder = tmp_path / "pages"
    (folder / "a.html").mkdir(parents=True)
    result = run("convert", "-o", str(folder), str(tmp_path / "a.spip"))
    assert os.listdir(folder) == ["a.html"]
    assert_one_line(result, f"{folder / 'a.html'}:")


def test_an_output_folder_below_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old", "utf-8")
    assert_one_line(run("convert", "-o", str(tmp_path / "file" / "a.html"), stdin="un"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text("utf-8") == "old"


def test_a_pipe_or_device_as_output_is_not_replaced(tmp_path: Path) -> None:
    """As root, ``-o /dev/null`` must not put a file in the place of the device."""
    if sys.platform == "win32":
        pytest.skip("there are no named pipes in folders here")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        run("convert", "-o", str(pipe), stdin="un")
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)


# ---- convert and check: input that cannot be read ----


@pytest.mark.parametrize("command", ["convert", "check"])
def test_a_wrong_byte_is_named_with_its_file_and_place(tmp_path: Path, command: str) -> None:
    good, bad = tmp_path / "good.spip", tmp_path / "bad.spip"
    good.write_text(LOST, "utf-8")
    bad.write_bytes(BAD_BYTES)
    assert_one_line(run(command, str(good), str(bad)), str(bad), "0xE9", "offset 9")


def test_a_wrong_byte_on_standard_input_is_named() -> None:
    assert_one_line(run("convert", stdin=BAD_BYTES), "standard input", "0xE9", "offset 9")


def test_a_wrong_byte_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("old", "utf-8")
    assert_one_line(run("convert", "-o", str(target), stdin=BAD_BYTES), "0xE9")
    assert target.read_text("utf-8") == "old"


@pytest.mark.parametrize(
    ("encoding", "sent"), [("latin-1", b"caf\xe9"), ("cp1252", b"caf\xe9"), ("utf-16", "café".encode("utf-16"))]
)
def test_the_encoding_of_the_input_can_be_chosen(encoding: str, sent: bytes) -> None:
    result = run("convert", "--encoding", encoding, stdin=sent)
    assert (result.stdout, result.exit_code) == ("<p>café</p>\n", 0)


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", "undefined", ""])
def test_what_is_not_a_text_encoding_is_refused_in_one_line(encoding: str) -> None:
    assert_one_line(run("convert", "--encoding", encoding, stdin="mot"), "--encoding", encoding)


@pytest.mark.parametrize("command", [("convert",), ("check",), ("convert", "--jsonl")])
def test_a_missing_file_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = str(tmp_path / "none.spip")
    assert_one_line(run(*command, path), path, "No such file")


@pytest.mark.parametrize("command", [("convert",), ("check",), ("convert", "--jsonl")])
def test_a_folder_is_not_a_text(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert_one_line(run(*command, str(tmp_path)), str(tmp_path), "directory")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"{", id="not JSON"),
        pytest.param(b'{"objects": [{"type": "article", "id": 1, "titre": "\xe9"}]}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="too many levels"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no objects"),
        pytest.param(b'{"objects": {}}', id="objects are no list"),
        pytest.param(b'{"objects": [1]}', id="a number for an object"),
        pytest.param(b'{"objects": [{"type": "article"}]}', id="no id"),
        pytest.param(b'{"objects": [{"id": 1}]}', id="no type"),
        pytest.param(b'{"objects": [{"type": "article", "id": "un"}]}', id="an id that is no number"),
    ],
)
def test_unreadable_objects_are_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "objects.json"
    if content is not None:
        path.write_bytes(content)
    assert_one_line(run("convert", "--objects", str(path), stdin="mot"), str(path))


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", "--to", "pdf"),
        ("convert", "--profile", "author"),
        ("convert", "--sanitizer", "none"),
        ("convert", "--jsonl", "-o", "x"),
        ("convert", "--jsonl", "a", "b"),
        ("convert", "--wrong"),
        ("transform",),
    ],
)
def test_wrong_usage_has_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, stdin="mot")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert os.listdir(tmp_path) == []


# ---- Exit codes, check ----


def test_a_loss_is_reported_on_standard_error_with_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "a.spip"
    path.write_text(LOST, "utf-8")
    result = run("convert", str(path))
    assert result.exit_code == 1
    assert result.stdout == "<p>a <tt>&lt;inconnu12&gt;</tt></p>\n"
    assert result.stderr == f"{path}:1:3: unknown-model <inconnu12>: unknown model: shown as text\n"


def test_a_change_is_not_a_loss() -> None:
    result = run("convert", stdin="a <blink>b</blink>")
    assert (result.stdout, result.stderr, result.exit_code) == ("<p>a b</p>\n", "", 0)


def test_check_prints_file_line_column_code_and_message(tmp_path: Path) -> None:
    first, second = tmp_path / "a.spip", tmp_path / "b.spip"
    first.write_bytes("Été\r\n\r\n<multi>[fr]été[en]summer</multi> é </div>\r\né <inconnu1|x>".encode())
    second.write_text("a <blink>b</blink>", "utf-8")
    result = run("check", str(first), str(second))
    assert result.exit_code == 1
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        f"{first}:3:1: translations-hidden en fr: <multi> has texts in other languages: they are not shown",
        f"{first}:3:36: unopened-tag </div>: this HTML end tag has nothing to close: ignored",
        f"{first}:4:3: unknown-model <inconnu1|x>: unknown model: shown as text",
        f"{second}:1:3: tag-dropped <blink>: this HTML tag is not allowed here: removed, its text is kept",
    ]


def test_check_of_a_clean_text_is_silent() -> None:
    result = run("check", stdin="{{{Titre}}}\n\nUn {{mot}}[[note]].")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 0)


def test_check_of_changes_only_has_exit_code_0() -> None:
    result = run("check", stdin="a </div>")
    assert result.exit_code == 0
    assert result.stdout == "-:1:3: unopened-tag </div>: this HTML end tag has nothing to close: ignored\n"


@pytest.mark.parametrize("text", ["[a->java\nscript:alert(1)]", "<inconnu1|a\nb>", "[->art\n12]"])
def test_a_diagnostic_of_markup_on_several_lines_is_one_line(text: str) -> None:
    assert run("check", stdin=text).stdout.count("\n") == 1


# ---- JSON lines ----


def test_jsonl_answers_each_line_before_the_next_is_sent() -> None:
    with subprocess.Popen(
        [*SPIPCONV, "convert", "--jsonl"], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, text, expected in (
            (1, "{{un}}", "<p><strong>un</strong></p>\n"),
            (2, "{deux}", "<p><i>deux</i></p>\n"),
        ):
            process.stdin.write(json.dumps({"id": number, "text": text}).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], 30)
            if not ready:
                process.kill()
            assert ready, "no answer: the line was kept back"
            answer = json.loads(process.stdout.readline())
            assert answer == {"id": number, "html": expected, "notes": "", "diagnostics": []}
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(timeout=30) == 0


def test_jsonl_answers_with_html_notes_and_diagnostics() -> None:
    [answer], code = jsonl('{"id": "é", "text": "mot[[note]] <inconnu1>"}')
    assert code == 1
    assert list(answer) == ["id", "html", "notes", "diagnostics"]
    assert answer["id"] == "é"
    assert '<a href="#nb1"' in answer["html"]
    assert '<div id="nb1">' in answer["notes"]
    assert answer["diagnostics"] == [
        {
            "code": "unknown-model",
            "severity": "loss",
            "line": 1,
            "column": 13,
            "message": "<inconnu1>: unknown model: shown as text",
        }
    ]


def test_jsonl_writes_markdown() -> None:
    answers, code = jsonl('{"id": 1, "text": "{{gras}}"}', "{", options=("--to", "markdown"))
    assert code == 1
    assert {**answers[0], "markdown": answers[0]["markdown"].strip()} == {
        "id": 1,
        "markdown": "**gras**",
        "diagnostics": [],
    }
    assert list(answers[1]) == ["id", "error", "diagnostics"]


def test_jsonl_lines_say_their_profile_and_language() -> None:
    answers, code = jsonl(
        '{"text": "<multi>[fr]été[en]summer</multi>", "lang": "en"}',
        '{"text": "{titre}", "profile": "title"}',
        '{"text": "{titre}"}',
        options=("--profile", "comment"),
    )
    assert code == 0
    assert [answer["html"] for answer in answers] == ["<p>summer</p>\n", "{titre}", "<p><i>titre</i></p>\n"]


@pytest.mark.parametrize(
    ("line", "identifier"),
    [
        pytest.param("{", None, id="not JSON"),
        pytest.param("mot", None, id="a bare word"),
        pytest.param("[1, 2]", None, id="a list"),
        pytest.param('"mot"', None, id="a string"),
        pytest.param("null", None, id="null"),
        pytest.param('{"id": 5}', 5, id="no text"),
        pytest.param('{"id": 5, "text": null}', 5, id="text is null"),
        pytest.param('{"id": 5, "text": 12}', 5, id="text is a number"),
        pytest.param('{"id": 5, "text": "a", "profile": "author"}', 5, id="unknown profile"),
        pytest.param('{"id": 5, "text": "a", "profile": ["article"]}', 5, id="profile is a list"),
        pytest.param('{"id": 5, "text": "a", "lang": 5}', 5, id="lang is a number"),
        pytest.param(b'{"id": 5, "text": "caf\xe9"}', None, id="not UTF-8"),
        pytest.param(b"\xff\xfe\x00", None, id="stray bytes"),
        pytest.param('{"id": ' + "[" * 100_000 + "]" * 100_000 + ', "text": "a"}', None, id="too many levels"),
    ],
)
def test_jsonl_answers_a_bad_line_with_an_error_and_continues(line: str | bytes, identifier: int | None) -> None:
    answers, code = jsonl(line, '{"id": "next", "text": "mot"}')
    assert code == 1
    assert len(answers) == 2
    assert list(answers[0])[-2:] == ["error", "diagnostics"]
    assert answers[0]["id"] == identifier
    assert answers[0]["error"]
    assert "\n" not in answers[0]["error"]
    assert answers[1] == {"id": "next", "html": "<p>mot</p>\n", "notes": "", "diagnostics": []}


def test_jsonl_names_the_wrong_byte_and_its_place() -> None:
    [answer], _ = jsonl(b'{"id": 5, "text": "caf\xe9"}')
    assert "0xE9" in answer["error"]
    assert "offset 22" in answer["error"]


def test_jsonl_skips_blank_lines() -> None:
    answers, code = jsonl("", '{"id": 1, "text": ""}', "  ", "\r")
    assert answers == [{"id": 1, "html": "", "notes": "", "diagnostics": []}]
    assert code == 0


def test_jsonl_replaces_what_no_text_may_hold() -> None:
    [answer], code = jsonl(r'{"id": "\ud800\u0000", "text": "a\ud800b\u0000c\udfff"}')
    assert code == 0
    assert answer["id"] == "\ud800\0"
    assert answer["html"] == "<p>a\ufffdb-c\ufffd</p>\n"
    assert [(one["code"], one["column"]) for one in answer["diagnostics"]] == [
        ("control-character", 2),
        ("control-character", 4),
        ("control-character", 6),
    ]


@pytest.mark.parametrize("identifier", ["null", "true", "12", "-1.5", '"\\u00e9"', "[1, [null]]", '{"a": {"b": []}}'])
def test_jsonl_gives_back_ids_of_any_type(identifier: str) -> None:
    [good, bad], _ = jsonl(f'{{"id": {identifier}, "text": "a"}}', f'{{"id": {identifier}}}')
    assert good["id"] == bad["id"] == json.loads(identifier)
    assert list(bad) == ["id", "error", "diagnostics"]


def test_jsonl_keeps_the_other_fields_as_they_were_written() -> None:
    kept = f'{{"id":1,"n":{"9" * 5000},"half":"\\ud800","\\u00e9":[1.50, {{"a":  null}}]'
    result = run("convert", "--jsonl", stdin=f'{kept}, "text": "a", "html": "old"}}')
    assert result.stdout == f'{kept},"html":"<p>a</p>\\n","notes":"","diagnostics":[]}}\n'


def test_jsonl_and_batch_answer_with_the_same_objects(tmp_path: Path) -> None:
    lines = [
        '{"id": 7, "text": "mot[[note]] <inconnu1>", "profile": "comment", "date": [1, {"é": null}], "notes": "old"}',
        '{"text": "sans id"}',
        '{"id": 8, "texte": "sans texte"}',
        '{"id": 9, "text": "mot", "lang": "klingon", "n": 1.50}',
        "[1]",
        "{",
    ]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines), "utf-8")
    for to in ("html", "markdown", "json"):
        streamed = run("convert", "--jsonl", "--to", to, str(source))
        assert run("batch", "--to", to, "--workers", "0", str(source), str(out)).exit_code == 1
        assert [json.loads(line) for line in streamed.stdout.splitlines()] == [
            json.loads(line) for line in out.read_bytes().splitlines()
        ]


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_jsonl_never_writes_what_is_not_json(constant: str) -> None:
    answers, _ = jsonl(f'{{"id": {constant}, "text": "a"}}', '{"id": 1, "text": "b"}')
    assert answers[1]["html"] == "<p>b</p>\n"


def test_jsonl_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(b'{"id": 1, "text": "a"}\r\n{"id": 2, "text": "b"}')
    result = run("convert", "--jsonl", str(path))
    assert [json.loads(line)["html"] for line in result.stdout.splitlines()] == ["<p>a</p>\n", "<p>b</p>\n"]
    assert result.exit_code == 0


# ---- The process ----


@pytest.mark.parametrize("command", [[*SPIPCONV], [sys.executable, str(ROOT / "cli.py")]], ids=["module", "cli.py"])
def test_version_is_printed(command: list[str]) -> None:
    result = subprocess.run(
        [*command, "--version"], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert spipconv.__version__ in result.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("convert", "--help"), ("check", "-h")])
def test_help_is_printed(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")


def test_cli_py_works_from_the_checkout(tmp_path: Path) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "convert"],
        cwd=tmp_path, env=environment, input="{{été}}".encode(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == "<p><strong>été</strong></p>\n".encode()


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_output_is_utf_8_whatever_the_locale(tmp_path: Path, locale: str) -> None:
    environment = {**ENVIRONMENT, "LC_ALL": locale, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = subprocess.run(
        [*SPIPCONV, "convert"],
        cwd=tmp_path, env=environment, input="é → 🐟".encode(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (result.stdout, result.stderr) == ("<p>é → 🐟</p>\n".encode(), b"")


def test_files_whose_names_are_not_utf_8_can_be_checked(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xe9.spip"
    try:
        with open(name, "wb") as file:
            file.write(LOST.encode())
    except OSError:
        pytest.skip("this file system takes no such name")
    result = subprocess.run([*SPIPCONV, "check", name], env=ENVIRONMENT, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in result.stderr
    assert b".spip:1:3: unknown-model" in result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("command", [("convert",), ("check",), ("convert", "--jsonl")])
def test_a_reader_who_leaves_early_causes_no_traceback(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = tmp_path / "big.spip"
    text = "a </div>" if command == ("check",) else "{{a}} mot"
    path.write_text(f"{json.dumps({'text': text}) if '--jsonl' in command else text}\n" * 20_000, "utf-8")
    with subprocess.Popen(
        [*SPIPCONV, *command, str(path)], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() != b""
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_converter_as_a_filter_gives_the_same_as_the_library(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "article.spip").read_text("utf-8")
    result = run_outside("convert", cwd=tmp_path, stdin=text.encode())
    assert result.stdout.decode().rstrip("\n") == spipconv.to_html(text).rstrip("\n")


ERRORS = [KeyError("ſtyle"), RecursionError("maximum recursion depth exceeded"), MemoryError(), ValueError("\x1b[2J")]


def break_on(word: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command fail at texts that hold a word, as an error of ours would."""

    def parse(text: str, **options: Any) -> spipconv.Parsed:
        if word in text:
            raise error
        return spipconv.parse(text, **options)

    for module in ("check", "convert", "jsonl"):
        # The package's attributes of these names are the commands.
        monkeypatch.setattr(import_module(f"spipconv.commands.{module}"), "parse", parse)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_internal_error_at_a_line_is_its_answer(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    break_on("bad", error, monkeypatch)
    lines = [{"id": 1, "text": "{{a}}"}, {"id": "é", "text": "bad"}, {"id": 3, "text": "[->javascript:x]"}]
    result = run("convert", "--jsonl", stdin="".join(json.dumps(line) + "\n" for line in lines))
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert first["html"] == "<p><strong>a</strong></p>\n"
    assert second.keys() == {"id", "error", "diagnostics"}
    assert second["id"] == "é"
    assert second["error"].startswith(f"internal error, please report it with the text: {type(error).__name__}")
    assert third["diagnostics"]
    assert result.exit_code == 3


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("command", ["check", "convert"])
def test_an_internal_error_names_the_file_and_the_others_are_converted(
    command: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_on("bad", error, monkeypatch)
    for name, text in {"a": "{{a", "bad": "bad", "c": "{{c"}.items():
        (tmp_path / f"{name}.spip").write_text(text)
    paths = [str(tmp_path / f"{name}.spip") for name in ("a", "bad", "c")]
    options = ["-o", str(tmp_path / "out")] if command == "convert" else []
    result = run(command, *options, *paths)
    assert result.exit_code == 3
    (line,) = [line for line in result.stderr.splitlines() if "internal error" in line]
    assert line.startswith(f"{paths[1]}: internal error, please report it with the text: {type(error).__name__}")
    assert "\x1b" not in line
    if command == "check":
        assert [line.partition(":1:")[0] for line in result.stdout.splitlines()] == [paths[0], paths[2]]
    else:
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.html", "c.html"]


def test_an_internal_error_leaves_an_earlier_output_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_on("bad", KeyError("x"), monkeypatch)
    (tmp_path / "bad.spip").write_text("bad")
    (tmp_path / "page.html").write_text("earlier")
    assert run("convert", "-o", str(tmp_path / "page.html"), str(tmp_path / "bad.spip")).exit_code == 3
    assert (tmp_path / "page.html").read_text() == "earlier"


@pytest.mark.parametrize("lang", ["", "xx", "fran\u00e7ais", "f\u017f"])
def test_an_unknown_language_is_refused(lang: str) -> None:
    result = run("convert", "--lang", lang, stdin="mot")
    assert result.exit_code == 2
    assert "is unknown: use a code of SPIP's list" in result.stderr
    assert "BCP 47" in result.stderr
    line = json.dumps({"id": 1, "text": "mot", "lang": lang})
    answer = json.loads(run("convert", "--jsonl", stdin=line).stdout)
    assert "is unknown: use a code of SPIP's list" in answer["error"]


def test_a_language_is_taken_in_any_case_and_as_bcp_47_writes_it() -> None:
    pages = {run("convert", "--lang", lang, stdin="[?SPIP]").stdout for lang in ("pt-BR", "PT_br", "pt_br")}
    assert len(pages) == 1


# ---- Trees ----


def test_a_tree_is_piped_out_changed_and_piped_in() -> None:
    tree = run("convert", "--to", "json", stdin="Un {{mot}}[[note]]").stdout
    assert run("convert", "--from", "json", stdin=tree).stdout == run("convert", stdin="Un {{mot}}[[note]]").stdout
    changed = tree.replace('"Strong"', '"Emphasis"').replace(',"classes":[]', "")
    assert run("convert", "--from", "json", "--to", "markdown", stdin=changed).stdout.startswith("Un *mot*[^1]\n")


@pytest.mark.parametrize(
    ("arguments", "tree", "error"),
    [
        ([], "", "standard input: not JSON: Input data was truncated"),
        ([], '{"type":"Document","children":[3]}', "standard input: $.children[0]: expected a node, got 3"),
        (
            [],
            '{"type":"Document","children":[{"type":"Raw","format":"html","text":"<b>"}]}',
            "$.children[0]: a Raw node is written without escaping: allow it with raw=True (--allow-raw)",
        ),
        (["--lang", "fr"], "{}", "--from json reads trees: no --lang with it"),
        (["--plugin", "sommaire"], "{}", "--from json reads trees: no --plugin with it"),
    ],
)
def test_what_is_not_a_tree_is_refused(arguments: list[str], tree: str, error: str) -> None:
    result = run("convert", "--from", "json", *arguments, stdin=tree)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"{error}\n")


def test_raw_nodes_are_let_in_where_the_user_says_so() -> None:
    tree = '{"type":"Document","children":[{"type":"Raw","format":"html","text":"<b>x</b>","is_block":true}]}'
    assert "<b>x</b>" in run("convert", "--from", "json", "--allow-raw", stdin=tree).stdout
    assert "<b>" not in run("convert", "--from", "json", "--allow-raw", "--profile", "comment", stdin=tree).stdout
    assert run("convert", "--allow-raw", stdin=tree).exit_code == 2


def test_lines_may_hold_trees() -> None:
    lines = run("convert", "--jsonl", "--to", "json", stdin='{"id": 1, "text": "{{a}}"}\n').stdout
    assert run("convert", "--jsonl", "--from", "json", stdin=lines + '{"id": 2, "json": "{}"}\n').stdout == (
        '{"id":1,"html":"<p><strong>a</strong></p>\\n","notes":"","diagnostics":[]}\n'
        '{"id":2,"error":"$: expected Document, got an object whose type is null","diagnostics":[]}\n'
    )
