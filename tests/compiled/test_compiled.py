"""The compiled build gives the same bytes as the pure one, and does everything else that Python does."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import spipconv
from tests.builds import COMPILED_MODULES, ROOT

pytestmark = pytest.mark.slow
ARTICLE = json.loads((ROOT / "benchmarks/texts/articles.jsonl").read_text("utf-8").split("\n")[0])["text"]


def start(build: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that imports from a build and from nowhere else."""
    return subprocess.Popen(
        [sys.executable, "-P", *arguments],
        env={**os.environ, "PYTHONPATH": str(build)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(build: Path, code: str, stdin: str = "") -> str:
    """Return what code prints in a process of a build."""
    process = start(build, "-c", code)
    out, err = process.communicate(stdin, timeout=280)
    assert process.returncode == 0, err
    return out


def test_the_compiled_wheel_has_compiled_modules_next_to_their_sources(compiled: Path) -> None:
    [wheel] = compiled.parent.glob("*.whl")
    assert re.fullmatch(rf"spipconv-{spipconv.__version__}-cp3\d+-cp3\d+-\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    end = EXTENSION_SUFFIXES[0]
    modules = {name.removesuffix(".py") + end for name in COMPILED_MODULES}
    assert {name for name in names if name.endswith(end)} == modules | {f"spipconv__mypyc{end}"}
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "spipconv").rglob("*.py")} <= names


def test_the_build_says_that_it_is_compiled(compiled: Path) -> None:
    out, err = start(compiled, "-m", "spipconv", "--version").communicate()
    assert (out, err) == (f"spipconv {spipconv.__version__} (compiled)\n", "")
    code = "from spipconv import version; from spipconv.parsing import lexer; print(version.COMPILED, lexer.__file__)"
    assert run(compiled, code) == f"True {compiled / 'spipconv/parsing/lexer'}{EXTENSION_SUFFIXES[0]}\n"


def test_both_builds_make_the_same_of_every_text(compiled: Path) -> None:
    script = str(ROOT / "tests" / "outputs.py")
    with start(compiled, script, "--against", str(ROOT)) as process:
        out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err
    assert int(out.split()[0]) > 4 * 2500


def test_a_traceback_names_the_file_and_shows_the_line(compiled: Path) -> None:
    code = """
import traceback, spipconv
class Hostile:
    site_address = ""
    def find(self, kind, number):
        raise RuntimeError("hostile")
    def translate(self, original, language):
        return None
try:
    spipconv.to_html("[->art12]", objects=Hostile())
except Exception:
    print(traceback.format_exc())
"""
    trace = run(compiled, code)
    assert re.search(r'File "spipconv[/\\]parsing[/\\]targets\.py", line \d+, in \w+\n    \S', trace), trace


def test_threads_convert_the_same_as_one(compiled: Path) -> None:
    code = """
import sys, spipconv
from concurrent.futures import ThreadPoolExecutor
text = sys.stdin.read()
expected = [spipconv.to_html(text[start:]) + spipconv.to_markdown(text[start:]) for start in range(40)]
sys.setswitchinterval(1e-5)
with ThreadPoolExecutor(8) as pool:
    for _ in range(5):
        made = pool.map(lambda start: spipconv.to_html(text[start:]) + spipconv.to_markdown(text[start:]), range(40))
        assert list(made) == expected
print("same")
"""
    assert run(compiled, code, ARTICLE) == "same\n"


def test_threads_may_be_the_first_to_import_the_library(compiled: Path) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
import spipconv
with ThreadPoolExecutor(8) as pool:
    print(set(pool.map(lambda number: spipconv.to_html("{{a}}"), range(8))))
"""
    assert run(compiled, code) == "{'<p><strong>a</strong></p>\\n'}\n"


def test_what_is_parsed_can_be_pickled_and_copied(compiled: Path) -> None:
    code = """
import copy, pickle, sys, spipconv
parsed = spipconv.parse(sys.stdin.read() + "{{ <foo1> [[note]] {| |")
assert parsed.diagnostics
for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
    assert pickle.loads(pickle.dumps(parsed, protocol)) == parsed
assert copy.deepcopy(parsed) == parsed
print("same")
"""
    assert run(compiled, code, ARTICLE) == "same\n"


def test_processes_that_are_spawned_convert(compiled: Path) -> None:
    code = """
import multiprocessing, spipconv
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(spipconv.to_html, ["a", "{{b}}"]))
"""
    assert run(compiled, code) == "['<p>a</p>\\n', '<p><strong>b</strong></p>\\n']\n"


@pytest.mark.parametrize("kilobytes", [512, 256, 128])
def test_deep_nesting_needs_little_of_the_stack(compiled: Path, kilobytes: int) -> None:
    """Compiled functions call each other on the stack of C, of which some systems give threads little."""
    code = """
import sys, threading, spipconv
from spipconv.plugins import PLUGINS
PAIRS = {
    "{{": "}}", "{": "}", "[[": "]]", "[a->": "x]", "<quote>": "</quote>", "<div>": "</div>", "<b>": "</b>",
    "<table><tr><td>": "</td></tr></table>", "<ul><li>": "</li></ul>", "<sup>": "</sup>", "{{{": "}}}",
    "<blockquote><p><i>": "</i></p></blockquote>", "<multi>[fr]": "</multi>", "<poesie>": "</poesie>", "[*": "*]",
    "-* ": "", "|a\\n|": "", "<code>": "", "{{[a": "", "-*{*": "",
}
def convert():
    for opening, closing in PAIRS.items():
        for text in (opening * 3000, opening * 3000 + "x" + closing * 3000):
            for options in ({}, {"profile": "comment"}, {"plugins": tuple(PLUGINS)}):
                spipconv.to_html(text, **options)
                spipconv.to_markdown(text, **options)
    for marks in range(1, 200):
        spipconv.to_markdown("\\n".join("-" + "*" * depth + " a" for depth in range(1, marks, 7)))
    done.append(True)
done = []
threading.stack_size(int(sys.stdin.read()) * 1024)
thread = threading.Thread(target=convert)
thread.start()
thread.join()
print(done)
"""
    assert run(compiled, code, str(kilobytes)) == "[True]\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
def test_a_long_conversion_can_be_interrupted(compiled: Path) -> None:
    code = (
        "import sys, spipconv; text = sys.stdin.read(); print('ready', flush=True)\nwhile True: spipconv.to_html(text)"
    )
    with start(compiled, "-c", code) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(ARTICLE * 300)
        process.stdin.close()
        process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == -signal.SIGINT


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such timer on Windows")
def test_the_time_limit_of_a_batch_ends_a_text(compiled: Path) -> None:
    code = """
import sys
from spipconv.batch.converter import Options, convert_text
print(convert_text(sys.stdin.read(), Options(max_seconds=0.1)).error)
"""
    assert run(compiled, code, ARTICLE * 1000) == "took longer than 0.1 s\n"


def test_memory_does_not_grow_with_the_number_of_conversions(compiled: Path) -> None:
    code = """
import gc, itertools, json, sys, tracemalloc, spipconv
texts = [json.loads(line)["text"] for line in open(sys.argv[1])] + ["{{ <foo1> [[note]] {| |"]
def convert(rounds):
    for _ in range(rounds):
        for text in texts:
            parsed = spipconv.parse(text)
            spipconv.render(parsed.document, "html"), spipconv.render(parsed.document, "markdown")
convert(3)
gc.collect()
before = sys.getallocatedblocks()
convert(10)
gc.collect()
print(sys.getallocatedblocks() - before)
"""
    process = start(compiled, "-c", code, str(ROOT / "benchmarks" / "texts" / "comments.jsonl"))
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err
    assert int(out) < 500


def test_a_tree_made_by_hand_may_be_too_deep_but_never_stops_the_process(compiled: Path) -> None:
    code = """
import copy, pickle, spipconv
from spipconv.nodes import Document, Quote, Strong, Text
for kind in (Strong, Quote):
    node = Text("x")
    for _ in range(100_000):
        node = kind((node,))
    for to in ("html", "markdown", "text", "json", "pandoc"):
        try:
            spipconv.render(Document((node,)), to)
        except ValueError as error:
            print(error)
    node = Text("x")
    for _ in range(99):
        node = kind((node,))
    document = Document((node,))
    for to in ("html", "markdown", "text", "json", "pandoc"):
        assert spipconv.render(document, to)
    assert spipconv.read_json(spipconv.render(document, "json")) == document
    assert pickle.loads(pickle.dumps(document)) == copy.deepcopy(document) == document
    assert spipconv.transform(document, lambda node: None) == document
"""
    assert run(compiled, code) == "the tree has more than 225 levels\n" * 10
