"""The compiled build of this checkout, made once for each state of its sources, in ``build/compiled``.

python -m tests.builds    # make it, and print its folder (make compiled)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock

ROOT = Path(__file__).parent.parent
_FOLDER = ROOT / "build" / "compiled"
_HOOK: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
    "targets"
]["wheel"]["hooks"]["custom"]
KEPT_MODULES: list[str] = _HOOK["keep"]
COMPILED_MODULES = sorted(
    {path.relative_to(ROOT).as_posix() for pattern in _HOOK["compile"] for path in ROOT.glob(pattern)}
    - set(KEPT_MODULES)
)


class NoCompiler(Exception):
    """The compiled build cannot be made here; the message says why."""


def compiled_package() -> Path:
    """Return the folder in which the compiled wheel of this checkout is installed; make it, if it is not there.

    The wheel is next to it.

    Raises NoCompiler, and RuntimeError if the sources cannot be compiled.
    """
    try:
        folder = _FOLDER / _digest()[:16]  # PackageNotFoundError is an ImportError
        from hatch_build import has_compiler
    except ImportError as error:
        raise NoCompiler(f"what compiles is not installed: {error}") from error
    if not has_compiler():
        raise NoCompiler("there is no C compiler with the headers of this Python")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(_FOLDER / "lock"):
        if not folder.is_dir():
            _make(folder)
    return folder / "package"


def _digest() -> str:
    """Return a fingerprint of all that the build is made of."""
    parts = [sys.version, sysconfig.get_platform(), version("mypy"), version("setuptools"), version("hatchling")]
    digest = hashlib.sha256("\n".join(parts).encode())
    files = [*(ROOT / "spipconv").rglob("*"), *(ROOT / "grammar").rglob("*"), ROOT / "hatch_build.py"]
    for path in sorted([*files, ROOT / "pyproject.toml"]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _make(folder: Path) -> None:
    for old in _FOLDER.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    with TemporaryDirectory(dir=_FOLDER) as scratch:
        made = Path(scratch, "made")
        _run("hatchling", "build", "--target", "wheel", "--directory", str(made))
        [wheel] = made.glob("*.whl")
        _run("pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(made / "package"), str(wheel))
        made.rename(folder)


def _run(module: str, *arguments: str) -> None:
    environment = {**os.environ, "SPIPCONV_COMPILE": "1", "SPIPCONV_PURE": ""}
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise RuntimeError(f"{module} failed:\n{ended.stdout}")


if __name__ == "__main__":
    try:
        print(compiled_package())
    except NoCompiler as error:
        print(f"The compiled build is not tested: {error}")
