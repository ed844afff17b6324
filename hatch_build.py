"""The build hook of wheels: where a C compiler is, mypyc compiles the modules that pyproject.toml names; else none.

``SPIPCONV_PURE=1`` compiles nothing, ``SPIPCONV_COMPILE=1`` fails if it cannot compile. Editable installs stay pure.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
# ``spipconv__mypyc`` holds the code of all modules. Mypyc finds their files from where it is: it must be next to the
# package.
GROUP = "spipconv"
# Instead of the machine's and of ours: the dependencies whose types cost no speed need not be there.
MYPY_SETTINGS = "[mypy]\nignore_missing_imports = True\n"
# "3" makes the library larger and nothing faster.
OPTIMIZATION = "2"


class CompiledModules(BuildHookInterface[Any]):
    """Adds compiled modules to a wheel, next to their sources, which tracebacks show."""

    def dependencies(self) -> list[str]:
        """Return what the build environment needs beyond hatchling."""
        return list(self.config["requires"]) if _is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a temporary folder before the wheel is written."""
        if version == "editable" or not _is_wanted():
            return
        insist = _is_set("SPIPCONV_COMPILE")
        if insist and not has_compiler():
            raise RuntimeError("there is no C compiler, or it does not find the headers of this Python")
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        try:
            compile_modules(compiled_modules(self.config), folder)
        except subprocess.CalledProcessError as error:
            if insist:
                raise RuntimeError(f"compiling failed:\n{error.output}") from error
            self.app.display_warning(f"compiling failed, so the wheel is pure Python:\n{error.output}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        built = folder / "built"
        for path in sorted(built.rglob("*.*")):
            build_data["force_include"][str(path)] = path.relative_to(built).as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder after the wheel is written."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def compiled_modules(config: Mapping[str, Any]) -> list[str]:
    """Return the modules to compile, as paths from the root, by the hook's table in pyproject.toml."""
    matched = {path.relative_to(ROOT).as_posix() for pattern in config["compile"] for path in ROOT.glob(pattern)}
    return sorted(matched.difference(config["keep"]))


def compile_modules(modules: list[str], folder: Path) -> None:
    """Compile modules into ``folder / "built"``, in a process of its own and from a copy of the package."""
    shutil.copytree(ROOT / "spipconv", folder / "spipconv", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "mypy.ini").write_text(MYPY_SETTINGS, "utf-8")
    command = [sys.executable, str(Path(__file__).resolve()), *modules]
    subprocess.run(command, cwd=folder, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def has_compiler() -> bool:
    """Return whether C extensions of this Python can be compiled here."""
    if sys.platform == "win32":
        installer = Path(os.environ.get("PROGRAMFILES(X86)", "C:/"), "Microsoft Visual Studio/Installer/vswhere.exe")
        tools = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"
        query = [str(installer), "-latest", "-prerelease", "-products", "*", "-requires", tools]
        return installer.exists() and bool(subprocess.run(query, check=False, capture_output=True).stdout.strip())
    if sys.platform == "darwin" and subprocess.run(["xcode-select", "-p"], check=False, capture_output=True).returncode:
        return False  # its "cc" would ask, in a window, whether to install a compiler
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    with TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <Python.h>\n", "utf-8")
        command = [*compiler, f"-I{sysconfig.get_path('include')}", "-c", "probe.c"]
        try:
            return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0
        except OSError:
            return False


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def _is_wanted() -> bool:
    if _is_set("SPIPCONV_PURE"):
        return False
    if _is_set("SPIPCONV_COMPILE"):
        return True
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return sys.implementation.name == "cpython" and not free_threaded and "PYODIDE" not in os.environ and has_compiler()


def _build(modules: list[str]) -> None:
    """Compile modules of the package in the current folder, for ``compile_modules``."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    extensions = mypycify(
        ["--config-file", "mypy.ini", "--cache-dir", "cache", *modules],
        opt_level=OPTIMIZATION,
        debug_level="0",
        group_name=GROUP,
        target_dir="c",
    )
    for extension in extensions:
        if sys.platform != "win32":
            extension.extra_compile_args.append("-Wno-error")
            extension.extra_link_args.append("-Wl,-x" if sys.platform == "darwin" else "-Wl,-s,-z,noseparate-code")
    command = Distribution({"name": "spipconv", "ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp, command.parallel = "built", "objects", os.cpu_count()
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    _build(sys.argv[1:])
