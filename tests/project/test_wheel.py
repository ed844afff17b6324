"""Packaging: the wheel contains the grammar and its tables, and works from any folder when it is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import spipconv

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "dist", "build", "*.egg-info")
# A text with lists, notes, tables, protected text and typography.
TEXT = "{{{Titre}}}\n\n-* un[[{note} ?]]\n-* `<deux>`\n\n|{{a}}|{{b}}|\n|1|2|\n\n<poesie>\nvers\n</poesie> [mot->art12]"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("hatchling") is None, reason="hatchling, which builds the package, is not installed"
    ),
]


def run(command: list[str], cwd: Path, **environment: str) -> str:
    """Run a command and return its output; if it fails, the test fails with its messages."""
    result = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the pure wheel and the sdist, built in a copy of the checkout."""
    copy = tmp_path_factory.mktemp("packed") / "checkout"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    run([sys.executable, "-m", "hatchling", "build"], copy, SPIPCONV_PURE="1")
    [wheel], [sdist] = (copy / "dist").glob("*.whl"), (copy / "dist").glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def wheel_names(packed: tuple[Path, Path]) -> list[str]:
    """Return the names of the files in the wheel."""
    with zipfile.ZipFile(packed[0]) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(packed: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    run([*pip, "--target", str(folder), str(packed[0])], folder)
    return folder


def test_the_wheel_has_the_name_and_the_version_of_the_package(packed: tuple[Path, Path]) -> None:
    assert packed[0].name == f"spipconv-{spipconv.__version__}-py3-none-any.whl"
    assert packed[1].name == f"spipconv-{spipconv.__version__}.tar.gz"


def test_the_wheel_contains_every_file_of_the_package_once(wheel_names: list[str]) -> None:
    """Folders of themes begin with ``_`` or ``.``, and packagers leave such things out."""
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "spipconv").rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} <= set(wheel_names)
    assert len(set(wheel_names)) == len(wheel_names)


def test_the_wheel_contains_the_grammar_and_nothing_else_from_its_folder(wheel_names: list[str]) -> None:
    grammar = {f"spipconv/grammar/{path.name}" for path in (ROOT / "grammar").glob("*.lark")}
    assert len(grammar) >= 2
    assert {name for name in wheel_names if "grammar/" in name} == grammar


def test_the_wheel_contains_nothing_but_the_package(wheel_names: list[str]) -> None:
    assert {name.split("/")[0] for name in wheel_names} == {"spipconv", f"spipconv-{spipconv.__version__}.dist-info"}
    assert {Path(name).suffix for name in wheel_names if name.startswith("spipconv/")} == {
        ".css", ".html", ".js", ".json", ".lark", ".mo", ".njk", ".po", ".py", ".sql", ".svg", ".txt", ".typed", ".xml",
        ".yaml",
    }  # fmt: skip


def test_links_of_the_long_description_are_absolute(packed: tuple[Path, Path]) -> None:
    """Package indexes show the README without the repository."""
    with zipfile.ZipFile(packed[0]) as archive:
        metadata = message_from_bytes(archive.read(f"spipconv-{spipconv.__version__}.dist-info/METADATA"))
    assert metadata["Description-Content-Type"] == "text/markdown"
    tokens = MarkdownIt().parse(str(metadata.get_payload()))
    links = [part.attrs["href"] for token in tokens for part in token.children or () if part.type == "link_open"]
    assert len(links) > 10
    assert [link for link in links if not str(link).startswith("https://")] == []


def test_the_wheel_declares_the_command(packed: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(packed[0]) as archive:
        entry = archive.read(f"spipconv-{spipconv.__version__}.dist-info/entry_points.txt").decode()
    assert "spipconv = spipconv.commands:main" in entry
    assert "spip-text = spipconv.pygments:SpipTextLexer" in entry


def test_the_sdist_contains_everything_the_wheel_is_built_from(packed: tuple[Path, Path]) -> None:
    with tarfile.open(packed[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml", "hatch_build.py", "cli.py", "grammar/spip.lark", "grammar/terminals.lark",
        "spipconv/__init__.py", "spipconv/parsing/tables.json", "spipconv/py.typed", "tests/project/test_wheel.py",
    } <= names  # fmt: skip
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_installed_wheel_is_imported(installed: Path, tmp_path: Path) -> None:
    code = "import spipconv.parsing.tables as tables; print(tables.__file__); print(tables.grammar_directory())"
    printed = run([sys.executable, "-c", code], tmp_path, PYTHONPATH=str(installed)).splitlines()
    assert printed == [str(installed / "spipconv" / "parsing" / "tables.py"), str(installed / "spipconv" / "grammar")]


@pytest.mark.parametrize("to", ["html", "markdown", "json"])
def test_an_installed_wheel_converts_like_the_checkout(installed: Path, tmp_path: Path, to: str) -> None:
    (tmp_path / "a.spip").write_text(TEXT, "utf-8")
    command = [sys.executable, "-m", "spipconv", "convert", "--to", to, "a.spip"]
    from_wheel = run(command, tmp_path, PYTHONPATH=str(installed))
    assert "vers" in from_wheel
    assert from_wheel == run(command, tmp_path, PYTHONPATH=str(ROOT))


def test_the_shipped_tables_belong_to_the_shipped_grammar(installed: Path, tmp_path: Path) -> None:
    """Otherwise, every process would compute them again."""
    code = (
        "import sys, spipconv; spipconv.to_html('mot'); from spipconv.parsing import tables;"
        "assert tables.json.decode(open(tables.TABLES, 'rb').read())['checksum'] == tables._checksum();"
        "print('lark' in sys.modules)"
    )
    assert run([sys.executable, "-W", "ignore", "-c", code], tmp_path, PYTHONPATH=str(installed)) == "False\n"


def test_an_installed_wheel_reports_its_version(installed: Path, tmp_path: Path) -> None:
    printed = run([sys.executable, "-m", "spipconv", "--version"], tmp_path, PYTHONPATH=str(installed))
    assert printed == f"spipconv {spipconv.__version__} (pure Python)\n"
