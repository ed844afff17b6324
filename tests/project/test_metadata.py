"""What forges and package indexes read: classifiers, addresses, workflows and dependencies agree with each other."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from trove_classifiers import classifiers

ROOT = Path(__file__).parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PYTHONS = [
    name.rpartition(" ")[2]
    for name in PROJECT["project"]["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", name)
]
YAML_FILES = [
    path
    for pattern in (".github/**/*.yml", ".gitlab-ci.yml", ".pre-commit-*.yaml")
    for path in sorted(ROOT.glob(pattern))
]


def test_classifiers_are_known_and_in_order() -> None:
    names = PROJECT["project"]["classifiers"]
    assert set(names) <= classifiers
    assert names == sorted(names)
    assert len(set(names)) == len(names)


def test_the_readme_and_the_addresses_name_one_repository() -> None:
    repository = PROJECT["project"]["urls"]["Repository"]
    assert all(address.startswith(repository) for address in PROJECT["project"]["urls"].values())
    [substitution] = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]
    assert f"]({repository}/blob/main/" in substitution["replacement"]
    assert f"{repository}/security/advisories/new" in (ROOT / "SECURITY.md").read_text("utf-8")


def test_lark_is_bounded_because_its_table_is_private() -> None:
    [lark] = [name for name in PROJECT["project"]["dependencies"] if name.startswith("lark")]
    assert re.fullmatch(r"lark>=\d+\.\d+,<\d+\.\d+", lark)


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_a_file_of_settings_is_yaml(path: Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))


def test_workflows_test_every_python_that_is_promised_on_every_system() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["tests"]["strategy"][
        "matrix"
    ]
    assert matrix["python"] == PYTHONS
    assert [name.partition("-")[0] for name in matrix["system"]] == ["ubuntu", "macos", "windows"]
    gitlab = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text("utf-8"))["tests"]["parallel"]["matrix"]
    assert gitlab == [{"PYTHON": PYTHONS}]


def test_wheels_are_compiled_for_every_python_that_is_promised_and_with_the_mypy_of_the_tests() -> None:
    builds = PROJECT["tool"]["cibuildwheel"]["build"]
    assert builds == [f"cp{python.replace('.', '')}-*" for python in PYTHONS]
    required = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["requires"]
    assert {"mypy", "setuptools", "msgspec"} == {re.split("[=><]", name)[0] for name in required}
    [pinned] = [name for name in required if name.startswith("mypy==")]
    assert PROJECT["dependency-groups"]["dev"].count(pinned) == 1


def test_workflows_run_only_commands_of_the_makefile() -> None:
    rules = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for path in (ROOT / ".github/workflows/test.yml", ROOT / ".gitlab-ci.yml", ROOT / ".ci/run"):
        named = set(re.findall(r"(?:^|run: |- )make ([\w-]+)", path.read_text("utf-8"), re.MULTILINE))
        assert named, path
        assert named <= rules


def test_npm_has_what_the_scripts_run() -> None:
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert set(package["scripts"]) == {"lint", "test"}
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert {f"node_modules/{name}" for name in package["devDependencies"]} <= set(locked)
    assert "dependencies" not in package, "the widget needs nothing"
