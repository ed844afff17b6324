"""pre-commit runs the hook of this repository on the SPIP texts of another one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"

pytest.importorskip("pre_commit", reason="pre-commit is not installed")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    (cwd / "bin").mkdir(exist_ok=True)
    program = cwd / "bin" / "spipconv"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m spipconv "$@"\n')
    program.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "PATH": f"{cwd / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(cwd / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def pre_commit(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-P", "-m", "pre_commit", *arguments, cwd=cwd)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository whose settings name the hook as its manifest defines it, in this environment."""
    [hook] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    settings = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    assert run("git", "init", "--quiet", cwd=tmp_path).returncode == 0
    return tmp_path


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    done = pre_commit("validate-manifest", MANIFEST, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_example_of_the_document_names_the_hook_with_options_that_it_has() -> None:
    [block] = re.findall(r"(?ms)^```yaml\n(.*?)^```$", (ROOT / "docs" / "integrations.md").read_text("utf-8"))
    [named] = yaml.safe_load(block)["repos"][0]["hooks"]
    [hook] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    assert named["id"] == hook["id"]
    command = [sys.executable, "-m", *hook["entry"].split(), *named["args"]]
    assert subprocess.run(command, input=b"[*mot*]", capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("Un {{mot}} et l'autre.", 0, "Passed"),
        ("Un {{mot\n", 0, "Passed"),
        ("Un mot\n\n<script>alert(1)</script>", 1, "texte.spip:3:1: content-dropped <script>"),
    ],
)
@pytest.mark.server
def test_a_text_that_loses_something_fails(repository: Path, text: str, code: int, said: str) -> None:
    (repository / "texte.spip").write_text(text, "utf-8")
    (repository / "autre.txt").write_text("<script>alert(1)</script>", "utf-8")
    run("git", "add", "texte.spip", "autre.txt", ".pre-commit-config.yaml", cwd=repository)
    done = pre_commit("run", cwd=repository)
    assert done.returncode == code, done.stdout
    assert said in done.stdout
    assert "autre.txt" not in done.stdout


@pytest.mark.server
def test_without_texts_nothing_is_checked(repository: Path) -> None:
    run("git", "add", ".pre-commit-config.yaml", cwd=repository)
    assert "(no files to check)Skipped" in pre_commit("run", cwd=repository).stdout
