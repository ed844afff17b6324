"""The commands of docs/comments.md bring a newcomer to a first accepted message."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("argon2", reason="argon2-cffi is not installed")

from tests.migration.test_builds import program
from tests.project.test_documents import ROOT, read
from tests.theme.sites import ARTICLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST = 8
DOCUMENTS = ("README.md", "README.fr.md", "docs/comments.md", "docs/comments.fr.md")


def commands(name: str) -> list[str]:
    """Return the commands of a document with which comments begin."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", read(name), re.DOTALL)
    return next(block for block in blocks if "comments init" in block).strip().split("\n")


def test_all_documents_begin_with_the_same_few_commands() -> None:
    first = commands(DOCUMENTS[0])
    assert len(first) <= MOST
    assert all(commands(name) == first for name in DOCUMENTS)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a command until the end of the context."""
    with (folder / "log.txt").open("a") as log:
        process = subprocess.Popen(command.split(), cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address: str, folder: Path) -> None:
    end = time.monotonic() + 40
    while True:
        try:
            urlopen(address).close()  # noqa: S310
        except OSError:
            assert time.monotonic() < end, (folder / "log.txt").read_text()
            time.sleep(0.1)
        else:
            return


def test_a_newcomer_accepts_a_first_message(browser: Browser, tmp_path: Path) -> None:
    hugo, server = free_port(), free_port()
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "spipconv"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m spipconv "$@"\n')
    tool.chmod(0o755)
    (tmp_path / "bin" / "hugo").symlink_to(program("hugo"))
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C.UTF-8"}
    password = ""
    with ExitStack() as stack:
        for command in commands("docs/comments.md"):
            # Other programs may have the ports of the document.
            here = command.replace(":8000", f":{server}").replace(":1313", f":{hugo}")
            if here.startswith("pip "):
                continue
            if " serve " in here:
                here = f"{here.removesuffix(' &')} --port {server}"
                stack.enter_context(running(here, tmp_path, environment))
            elif here.startswith("hugo "):
                stack.enter_context(
                    running(f"{here} --port {hugo} --baseURL http://localhost:{hugo}/", tmp_path, environment)
                )
            else:
                done = subprocess.run(  # noqa: S602
                    here, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stdout + done.stderr
                if "--generate" in here:
                    password = done.stdout.split("\n")[0].split()[-1]
        wait_for(f"http://localhost:{server}/health", tmp_path)
        wait_for(f"http://localhost:{hugo}/{ARTICLE}", tmp_path)
        accept(browser, f"http://localhost:{hugo}/{ARTICLE}", f"http://localhost:{server}/moderation/", password)
        file = tmp_path / "new-site" / "data" / "comments" / "article1.json"
        end = time.monotonic() + 30
        while "Un premier mot" not in file.read_text("utf-8"):
            assert time.monotonic() < end, (tmp_path / "log.txt").read_text()
            time.sleep(0.1)


def accept(browser: Browser, address: str, moderation: str, password: str) -> None:
    """Write a message in a page, and accept it in the queue; the page has it then."""
    context = browser.new_context(locale="en")
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(address)
    page.fill("#form-author", "Zoé")
    page.fill("#form-text", "Un premier mot.")
    page.click("button[data-send]")
    page.locator(".comment-answer .success").wait_for()
    queue = context.new_page()
    queue.goto(moderation)
    queue.get_by_label("Name").fill("anne")
    queue.get_by_label("Password").fill(password)
    queue.get_by_role("button", name="Log in", exact=True).click()
    review = queue.locator(".review", has_text="Un premier mot")
    review.get_by_role("button", name="Accept").click()
    queue.get_by_role("button", name="Undo u").wait_for()
    page.goto(address)
    page.locator("li.comment", has_text="Un premier mot").wait_for()
    context.close()
