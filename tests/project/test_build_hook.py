"""The build hook: wheels are compiled where a compiler is, and pure everywhere else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import spipconv

pytest.importorskip("hatchling", reason="hatchling, which builds the package, is not installed")
pytest.importorskip("setuptools", reason="setuptools, which calls the compiler, is not installed")

from hatchling.builders.wheel import WheelBuilder

from hatch_build import CompiledModules, has_compiler
from tests.project.test_wheel import LEFT_OUT, ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_compiler(), reason="there is no C compiler with the headers of this Python"),
]
_PURE = f"spipconv-{spipconv.__version__}-py3-none-any.whl"
_NO_COMPILER = "/nonexistent/cc"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout in which only one short module is compiled."""
    copy = tmp_path_factory.mktemp("hook") / "checkout"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    project = (copy / "pyproject.toml").read_text("utf-8")
    project, changes = re.subn(r"(?ms)^compile = \[.*?\]", 'compile = ["spipconv/languages.py"]', project)
    assert changes == 1
    (copy / "pyproject.toml").write_text(project, "utf-8")
    return copy


def build(checkout: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPIPCONV_")}
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=checkout,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_without_a_compiler_the_wheel_is_pure_and_nothing_is_said(checkout: Path, tmp_path: Path) -> None:
    built = build(checkout, tmp_path, CC=_NO_COMPILER)
    assert (built.returncode, built.stderr.strip()) == (0, str(tmp_path / _PURE))


def test_a_release_is_not_built_without_a_compiler(checkout: Path, tmp_path: Path) -> None:
    built = build(checkout, tmp_path, CC=_NO_COMPILER, SPIPCONV_COMPILE="1")
    assert built.returncode != 0
    assert "there is no C compiler" in built.stderr
    assert list(tmp_path.iterdir()) == []


def test_if_compiling_fails_the_wheel_is_pure_and_says_why(checkout: Path, tmp_path: Path) -> None:
    built = build(checkout, tmp_path, CFLAGS="-include nonexistent.h")
    assert [path.name for path in tmp_path.iterdir()] == [_PURE]
    assert built.returncode == 0
    assert "compiling failed, so the wheel is pure Python" in built.stderr
    assert "nonexistent.h" in built.stderr


def test_an_editable_install_stays_pure() -> None:
    builder = WheelBuilder(str(ROOT))
    hook = CompiledModules(str(ROOT), {}, builder.config, builder.metadata, "", "wheel")
    hook.initialize("editable", build_data := {"pure_python": True})
    assert build_data == {"pure_python": True}
