"""``spipconv serve --comments``: started on a base, asked by real clients, and stopped in order."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("jinja2", reason="jinja2 is not installed")

from spipconv.forum.opening import create_forum
from spipconv.forum.posting import FEWEST_SECONDS
from spipconv.forum.store.base import open_base
from tests.forum.bases import make_base

pytestmark = pytest.mark.server

COMMAND = [sys.executable, "-c", "from spipconv.commands.serve import serve; serve()"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], HTTPConnection]]:
    with subprocess.Popen(
        [*COMMAND, "--comments", os.fspath(path), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"Comments on http://127\.0\.0\.1:(\d+)(/\w+)?/\n", line)
        if match is None:
            process.kill()
            pytest.fail(line + (process.stderr.read() if process.stderr else ""))
        connection = HTTPConnection("127.0.0.1", int(match[1]), timeout=20)
        try:
            yield process, connection
        finally:
            connection.close()
            process.kill()


def ask(connection: HTTPConnection, method: str, path: str, **fields: str) -> Any:
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    connection.request(method, path, urlencode(fields) if fields else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return json.loads(content)


def test_a_server_takes_messages_and_stops_in_order(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    with serving(path, "--root-path", "/forum") as (process, connection):
        assert ask(connection, "GET", "/forum/health")["status"] == "ok"
        token = ask(connection, "GET", "/forum/token?page=article1")["token"]
        time.sleep(FEWEST_SECONDS)
        sent = ask(connection, "POST", "/forum/messages", page="article1", author="Anne", text="Oui", token=token)
        assert sent["own"].startswith("/forum/messages/own/")
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert process.stderr is not None
        assert process.stderr.read().startswith("warning: nobody can moderate yet")
    with open_base(path, reads_only=True) as store:
        assert [message.text for message in store.messages.of_page(1)] == ["Oui"]
    assert not [file.name for file in tmp_path.iterdir() if file.name.endswith(("-wal", "-shm"))]


def test_a_base_without_moderators_or_pages_is_named_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    create_forum(path)
    with serving(path) as (process, connection):
        assert ask(connection, "GET", "/health")["status"] == "ok"
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        warnings = [line for line in process.stderr.read().split("\n") if line.startswith("warning: ")]
    assert [line.split(":")[1] for line in warnings] == [" nobody can moderate yet", " no page takes messages yet"]


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    for arguments, words in [
        (["--comments", os.fspath(tmp_path / "no.db")], "spipconv comments init"),
        (["--comments", os.fspath(path), "--lang", "en"], "comments set"),
        (["--comments", os.fspath(path), "--origin", "https://a.example"], "--origin"),
        (["--comments", os.fspath(path), "--plugin", "enluminures"], "--plugin"),
        (["--comments", os.fspath(path), "--root-path", "forum"], "root_path"),
        (["--comments", os.fspath(path), "--trusted-proxies", "nginx"], "nginx"),
    ]:
        result = run(*arguments)
        assert (result.returncode, result.stdout) == (2, ""), arguments
        assert words in result.stderr
        assert result.stderr.count("\n") <= 4, result.stderr
    (tmp_path / "forum.db.key").unlink()
    assert "forum.db.key" in run("--comments", os.fspath(path)).stderr
