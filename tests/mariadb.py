"""A MariaDB server for tests, with its own data. It listens on a socket only and is removed when the tests end."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")
_SECONDS_TO_START = 60


class MariaDB:
    """A running server. It listens on ``socket``; root needs no password."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "socket"
        data = folder / "data"
        account = ["--user=root"] if sys.platform != "win32" and os.geteuid() == 0 else []
        _output(
            [
                *[_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", *account],
                *["--auth-root-authentication-method=normal", "--skip-test-db"],
            ]
        )
        self._process = subprocess.Popen(
            [
                *[_program("mariadbd"), "--no-defaults", f"--datadir={data}", *account, "--skip-networking"],
                *[f"--socket={self.socket}", f"--pid-file={folder / 'pid'}", f"--log-error={folder / 'log'}"],
                *["--sql-mode=", "--character-set-server=utf8mb4", "--max-allowed-packet=64M"],
                *["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve"],
            ]
        )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + _SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no server: {self.socket.with_name('log').read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        command = [_program("mariadb"), *self._options(), "-e", "SELECT 1"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def _options(self) -> list[str]:
        return ["--no-defaults", "-uroot", f"--socket={self.socket}"]

    def run(self, sql: str | bytes, base: str = "", charset: str = "utf8mb4") -> bytes:
        """Run SQL and return its output: lines of values separated by tabs."""
        command = [_program("mariadb"), *self._options(), f"--default-character-set={charset}", "--batch", "--raw"]
        text = sql.encode() if isinstance(sql, str) else sql
        return _output([*command, "--skip-column-names", *([base] if base else [])], text)

    def make(self, base: str, sql: str | bytes = "") -> None:
        """Create a database, replacing an existing one, and fill it."""
        self.run(f"DROP DATABASE IF EXISTS `{base}`; CREATE DATABASE `{base}`")
        if sql:
            self.run(sql, base)

    def dump(self, *arguments: str) -> bytes:
        """Return a database as mariadb-dump writes it."""
        command = [_program("mariadb-dump"), *self._options(), *arguments]
        return _output(command)

    def address(self, base: str, user: str = "root") -> str:
        """Return the address of a database for ``open_source``."""
        return f"mysql://{user}@localhost/{base}?unix_socket={self.socket}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


def _output(command: list[str], text: bytes = b"") -> bytes:
    done = subprocess.run(command, input=text, check=False, capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    return done.stdout


def _program(name: str) -> str:
    """Return the path of a program; some are in folders that only root searches."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/libexec")
    if path is None:
        pytest.skip(f"needs MariaDB: no {name} here (apt-get install mariadb-server)")
    return path


@functools.cache
def _running() -> MariaDB:
    # pytest's folder would be too long for the path of a socket.
    folder = Path(tempfile.mkdtemp(prefix="spipconv-mariadb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = MariaDB(folder)
    atexit.register(server.stop)
    return server


@pytest.fixture(scope="session", name="mariadb")
def mariadb_server() -> MariaDB:
    """A server that all tests share; the first test that needs it starts it."""
    for name in _PROGRAMS:
        _program(name)
    return _running()
