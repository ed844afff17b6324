"""What the documents say is true: their examples run, the French README has the English one's, the parts exist."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.fr.md"]
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def console_examples() -> list[tuple[str, str, str]]:
    found = []
    for name in READMES:
        for block in _CONSOLE.findall((ROOT / name).read_text("utf-8")):
            for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = example.partition("\n")
                found.append((name, command, output))
    return found


@pytest.mark.parametrize(("name", "command", "output"), console_examples())
def test_commands_print_what_the_readme_shows(name: str, command: str, output: str, tmp_path: Path) -> None:
    program = tmp_path / "spipconv"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m spipconv "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.stdout + done.stderr == output


@pytest.mark.parametrize("name", READMES)
def test_python_examples_run(name: str) -> None:
    result = doctest.testfile(str(ROOT / name), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


def test_the_french_readme_has_the_same_examples() -> None:
    english, french = ((ROOT / name).read_text("utf-8") for name in READMES)
    assert re.findall(r"^(?:>>>|\$) .*$", english, re.MULTILINE) == re.findall(r"^(?:>>>|\$) .*$", french, re.MULTILINE)
    assert english.count("\n## ") == french.count("\n## ")


def test_every_module_that_the_architecture_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    names = re.findall(r"`([a-z]+\.py)`", text)
    assert names
    assert [name for name in names if not (ROOT / "spipconv" / name).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.fr.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md"])
def test_links_between_documents_lead_somewhere(name: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", text) + re.findall(r"`(tests/[a-z_/]+(?:\.[a-z]+)?)`", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []
