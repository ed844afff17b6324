"""Marks that follow from what a test uses, time limits, and the browser that tests of one module share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from spipconv.version import BUILD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--disable-component-update",
    "--disable-quic",
]
# What needs another program is known from the fixture that starts it.
_MARKS = {"browser": "browser", "mariadb": "server", "scheduler": "server", "processes": "server"}
# Seconds; the limit of all others is in pyproject.toml.
_LIMIT_OF_SLOW_TESTS = 300


def pytest_configure() -> None:
    """Fail if the build that would be tested is not the one that ``make compiled`` means."""
    if os.environ.get("SPIPCONV_BUILD", BUILD) != BUILD:
        raise pytest.UsageError(f"this build is {BUILD}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures, and give the slow ones more time."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in _MARKS:
                item.add_marker(_MARKS[fixture])
        if any(item.get_closest_marker(name) for name in ("slow", "server", "browser")):
            item.add_marker(pytest.mark.timeout(_LIMIT_OF_SLOW_TESTS))


@pytest.fixture(scope="session", autouse=True)
def _one_folder_for_all_processes(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the processes of a run share what takes long to make (``tests/migrations.py``)."""
    folder = tmp_path_factory.getbasetemp()
    os.environ["SPIPCONV_TEST_RUN"] = str(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium once for a module: while Playwright's loop runs, no test can start one of its own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the path")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_OPTIONS)
        yield chromium
        chromium.close()
