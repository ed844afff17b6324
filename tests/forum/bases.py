"""Bases for tests: small ones, and processes that write to one until they are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from spipconv.forum.opening import create_forum
from spipconv.forum.records import Message, Page, Status
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store

NOW = 1_700_000_000


def make_base(folder: Path) -> Path:
    """Return the path of a new base with one page, whose key is ``article1``."""
    path = folder / "forum.db"
    create_forum(path)
    with open_base(path) as store:
        store.pages.put("article1", "/article1/", "An article", "fr")
    return path


def page_of(path: Path) -> Page:
    with open_base(path, reads_only=True) as store:
        page = store.pages.by_key("article1")
    assert page is not None
    return page


def message(
    page: int = 1, *, text: str = "Bonjour", parent: int = 0, status: Status = "prop", at: int = NOW
) -> Message:
    return Message(0, page, parent, 0, status, "Anne", "", text, "", "fr", at, at)


def posting(posted: Message, form: str = "") -> Callable[[Store], Message]:
    """Return the work that adds a message."""
    return lambda store: store.messages.add(posted, form=form.encode() or None)


def start_writing(path: Path, name: str, *, limit: int = 0) -> subprocess.Popen[str]:
    """Start a process that posts messages for ever, and prints ``NUMBER FORM`` once each is acknowledged.

    ``limit`` is the most bytes that its files may have, as if the disk were full.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.forum.writing", str(path), name, str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parent.parent.parent)},
    )
