"""Extensions of installed packages: a package is built and installed, and its entry points are names of plugins."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "carte-for-spip"
version = "1.2"

[project.entry-points."spipconv.extensions"]
sample = "carte_for_spip:SAMPLE"
not_an_extension = "carte_for_spip:show_map"
missing = "carte_for_spip.nowhere:X"

[tool.hatch.build.targets.wheel]
packages = ["carte_for_spip"]
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the package is installed."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    project, target = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("installed")
    (project / "pyproject.toml").write_text(_PROJECT)
    (project / "carte_for_spip").mkdir()
    shutil.copy(ROOT / "tests" / "extensions" / "sample.py", project / "carte_for_spip" / "__init__.py")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*command, "--target", target, project], capture_output=True, text=True, check=False)
    if "No module named pip" in done.stderr:
        pytest.skip("pip is not installed")
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def run(installed: Path) -> Run:
    """Runs Python with the package on its path."""

    def start(*arguments: str | Path, input: str = "") -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(ROOT), str(installed)])
        return subprocess.run(
            [sys.executable, "-P", *arguments], input=input, capture_output=True, encoding="utf-8", check=False,
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip

    return start


def test_the_library_knows_its_name(run: Run) -> None:
    code = """
import sys
import spipconv
assert "importlib.metadata" not in sys.modules
spipconv.to_html("a", plugins=["decoupe"])
assert "importlib.metadata" not in sys.modules
print(spipconv.to_html("[*a*] <carte12>", plugins=["sample", "typoenluminee"]), end="")
print(spipconv.excerpt("<carte12> b", plugins=["sample"]))
for name in ("nothing", "not_an_extension", "missing"):
    try:
        spipconv.parse("a", plugins=[name])
    except ValueError as error:
        print(error)
"""
    done = run("-c", code)
    assert done.stderr == ""
    assert done.stdout.split("\n") == [
        '<p><strong class="caractencadre-spip spip">a</strong> '
        '<a href="https://maps.example/12?z=1" class="spip_out" rel="external">map</a></p>',
        "map b",
        "plugin 'nothing' is unknown: choose from "
        "enluminures, intertitres_enrichis, markdown, videos, oembed, sommaire, glossaire, decoupe, missing, "
        "not_an_extension, sample",
        "extension 'not_an_extension' (carte_for_spip:show_map): expected an Extension, not function",
        "extension 'missing' (carte_for_spip.nowhere:X): ModuleNotFoundError: No module named 'carte_for_spip.nowhere'",
        "",
    ]


@pytest.mark.parametrize(
    "arguments", [("convert",), ("convert", "--to", "markdown"), ("convert", "--jsonl"), ("check",)]
)
def test_commands_know_its_name(run: Run, arguments: tuple[str, ...]) -> None:
    text = "<carte12> <galerie3>"
    done = run(
        "-m", "spipconv", *arguments, "--plugin", "sample",
        input=json.dumps({"text": text}) + "\n" if "--jsonl" in arguments else text,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)
    assert ("maps.example/12" in done.stdout) == (arguments != ("check",))
    assert ("{{< gallery 3 >}}" in done.stdout) == ("markdown" in arguments)


def test_commands_report_what_their_format_does_not_show(run: Run) -> None:
    for arguments, place in (
        (("convert", "--to", "text"), "stderr"),
        (("convert", "--to", "text", "--jsonl"), "stdout"),
    ):
        done = run("-m", "spipconv", *arguments, "--plugin", "sample", input=json.dumps({"text": "<galerie3>"}))
        assert "raw-omitted" in getattr(done, place)
        assert done.returncode == 1


@pytest.mark.parametrize(
    ("command", "name", "message"),
    [
        (("convert",), "nothing", "choose from"),
        (("check",), "missing", "ModuleNotFoundError"),
        (("batch", "in", "out"), "not_an_extension", "not function"),
        (("serve",), "nothing", "choose from"),
    ],
)
def test_a_wrong_name_is_one_line_with_the_remedy(run: Run, command: tuple[str, ...], name: str, message: str) -> None:
    done = run("-m", "spipconv", *command, "--plugin", name)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: --plugin: ")
    assert message in done.stderr


@pytest.mark.slow
def test_batches_read_it_in_their_workers(run: Run, tmp_path: Path) -> None:
    lines = [json.dumps({"id": n, "text": f"<carte{n}> <panne1>"}) for n in range(1, 41)]
    lines.append(json.dumps({"id": 41, "text": "<carte41>", "plugins": []}))
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    arguments = ("batch", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--workers", "2", "--chunk-bytes", "300")
    done = run("-m", "spipconv", *arguments, "--plugin", "sample")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [f"maps.example/{answer['id']}?" in answer["html"] for answer in answers] == [True] * 40 + [False]
    assert all(answer["diagnostics"][0]["code"] == "extension-failed" for answer in answers[:40])


@pytest.mark.slow
def test_batches_and_migrations_take_extensions_of_code(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "site.sqlite"
    with sqlite3.connect(site) as database:
        database.executescript(
            """CREATE TABLE spip_auteurs (id_auteur INTEGER);
            CREATE TABLE spip_rubriques (id_rubrique INTEGER, titre TEXT, statut TEXT, lang TEXT);
            INSERT INTO spip_rubriques VALUES (1, 'R', 'publie', 'fr');
            CREATE TABLE spip_articles
                (id_article INTEGER, titre TEXT, texte TEXT, statut TEXT, lang TEXT, date TEXT, id_rubrique INTEGER);
            INSERT INTO spip_articles VALUES (1, 'A', '<carte12> <galerie3> <absent4>', 'publie', 'fr', '2020-01-01',
                1);
            INSERT INTO spip_articles VALUES (2, 'B', '<carte13>', 'publie', 'fr', '2020-01-02', 1);"""
        )
    database.close()
    (tmp_path / "in").mkdir()
    for number in range(4):
        (tmp_path / "in" / f"{number}.spip").write_text("<carte12>")
    program = tmp_path / "program.py"
    program.write_text(f"""
import sys
from pathlib import Path
from carte_for_spip import SAMPLE
from spipconv.batch import BadInput, Options, run_batch
from spipconv.extensions import Extension
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions

if __name__ == "__main__":
    here = Path({str(tmp_path)!r})
    run_batch(str(here / "in"), str(here / "out"), Options(extensions=(SAMPLE,)), workers=2, chunk_bytes=1)
    lambdas = Extension(name="test", models={{"abc": lambda call: None}})
    try:
        run_batch(str(here / "in"), str(here / "out"), Options(extensions=(lambdas,)))
    except BadInput as error:
        print(error)
    for jobs in (1, 2):
        for to in ("hugo", "wxr"):
            options = MigrationOptions(to, jobs=jobs, extensions=(SAMPLE,))
            report = migrate(str(here / "site.sqlite"), here / f"{{to}}{{jobs}}", options)
            print(to, [issue.code for code in ("sample-absent", "raw-omitted") for issue in report.issues(code)])
            report.close()
    try:
        migrate(str(here / "site.sqlite"), here / "no", MigrationOptions("hugo", jobs=2, extensions=(lambdas,)))
    except ValueError as error:
        print(error)
""")
    done = run(program)
    assert done.returncode == 0, done.stderr
    for number in range(4):
        assert "maps.example/12" in (tmp_path / "out" / f"{number}.html").read_text("utf-8")
    message = "extension test: worker processes need functions that modules define: "
    lines = done.stdout.splitlines()
    assert lines[0].startswith(message)
    assert lines[1:5] == ["hugo ['sample-absent']", "wxr ['sample-absent']"] * 2
    assert lines[5].startswith(message)
    for jobs in (1, 2):
        pages = "".join([path.read_text("utf-8") for path in (tmp_path / f"hugo{jobs}" / "content").rglob("*.md")])
        assert "maps.example/12" in pages
        assert "maps.example/13" in pages
        assert "{{< gallery 3 >}}" in pages
        assert '<x-gallery n="3"></x-gallery>' in (tmp_path / f"wxr{jobs}" / "wordpress.xml").read_text("utf-8")
