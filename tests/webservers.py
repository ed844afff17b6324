"""Private web servers for tests: nginx and Apache, each on a free port of this machine and for one test only."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import NamedTuple

import pytest

_DEBIAN = "/usr/sbin"
_APACHE_MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2")


class Answer(NamedTuple):
    """The answer of a server; ``location`` is without its own host, ``body`` is stripped text."""

    status: int
    location: str
    body: str


class Server:
    """A running server; ``get`` takes a target as it is written in the request line."""

    def __init__(self, port: int) -> None:
        self._own = f"http://127.0.0.1:{port}"
        self._connection = HTTPConnection("127.0.0.1", port, timeout=20)

    def get(self, target: str) -> Answer:
        # Apache closes a kept connection when all of its workers are busy; a browser asks again on a new one.
        try:
            return self._ask(target)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()
            return self._ask(target)

    def _ask(self, target: str) -> Answer:
        self._connection.request("GET", target)
        answer = self._connection.getresponse()
        location = (answer.getheader("Location") or "").removeprefix(self._own)
        return Answer(answer.status, location, answer.read().decode("utf-8", "replace").strip())

    def close(self) -> None:
        self._connection.close()


@contextmanager
def running_nginx(pages: dict[str, str], maps: str, server: str) -> Iterator[Server]:
    """Serve pages (file to text) with nginx, with some lines for its http{} and server{} blocks."""
    with _folder(pages) as folder:
        port = free_port()
        user = "user root;" if sys.platform != "win32" and os.geteuid() == 0 else ""
        temporary = " ".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "maps.conf").write_text(maps, "utf-8")
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;\n"
            "events { worker_connections 64; }\n"
            f"http {{ access_log off; large_client_header_buffers 4 32k; keepalive_requests 1000000;\n{temporary}\n"
            f"include {folder}/maps.conf;\n"
            f"server {{ listen 127.0.0.1:{port}; root {folder}/site;\n{server}}} }}\n",
            "utf-8",
        )
        command = [_program("nginx"), "-p", str(folder), "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"]
        with _process(command, port, folder / "errors") as running:
            assert "[warn]" not in (folder / "errors").read_text("utf-8")
            yield running


@contextmanager
def running_nginx_of(pages: dict[str, str], site: str, port: int) -> Iterator[None]:
    """Serve pages with nginx as a file of its ``sites-enabled`` says, in which ``{folder}`` is above that of the pages.

    ``port`` is one at which it listens.
    """
    with _folder(pages) as folder:
        user = "user root;" if sys.platform != "win32" and os.geteuid() == 0 else ""
        temporary = " ".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "site.conf").write_text(site.replace("{folder}", str(folder)), "utf-8")
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;\n"
            "events { worker_connections 64; }\n"
            f"http {{ access_log off;\n{temporary}\ninclude {folder}/site.conf; }}\n",
            "utf-8",
        )
        command = [_program("nginx"), "-p", str(folder), "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"]
        with _process(command, port, folder / "errors"):
            assert "[warn]" not in (folder / "errors").read_text("utf-8")
            yield


@contextmanager
def running_apache(pages: dict[str, str], htaccess: str) -> Iterator[Server]:
    """Serve pages (file to text) with Apache and an .htaccess."""
    with _folder(pages) as folder:
        port = free_port()
        modules = next((one for one in _APACHE_MODULES if Path(one).is_dir()), "")
        if not modules:
            pytest.skip("the modules of Apache are not installed")
        (folder / "site" / ".htaccess").write_text(htaccess, "utf-8")
        names = ("mpm_event", "unixd", "authz_core", "dir", "rewrite", "mime")
        # Modules without a file are built in.
        load = [
            f"LoadModule {name}_module {modules}/mod_{name}.so"
            for name in names
            if Path(modules, f"mod_{name}.so").exists()
        ]
        # Apache refuses to serve as root.
        user = ["User nobody", "Group #65534"] if sys.platform != "win32" and os.geteuid() == 0 else []
        lines = [
            *load, *user, f'ServerRoot "{folder}"', "ServerName 127.0.0.1", f"Listen 127.0.0.1:{port}",
            f'PidFile "{folder}/pid"', f'ErrorLog "{folder}/errors"', f'DefaultRuntimeDir "{folder}"',
            "TypesConfig /dev/null", "DirectoryIndex index.html", "LimitRequestLine 32768", "MaxKeepAliveRequests 0",
            "KeepAliveTimeout 20", "ThreadsPerChild 4", "MaxRequestWorkers 4", "StartServers 1", "ServerLimit 1",
            "MinSpareThreads 1", "MaxSpareThreads 4", f'DocumentRoot "{folder}/site"',
            f'<Directory "{folder}/site">', "AllowOverride All", "Require all granted", "</Directory>",
        ]  # fmt: skip
        (folder / "apache.conf").write_text("\n".join(lines) + "\n", "utf-8")
        command = [_program("apache2", "httpd"), "-X", "-f", f"{folder}/apache.conf"]
        with _process(command, port, folder / "errors") as running:
            yield running


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}{_DEBIAN}"):
            return found
    pytest.skip(f"{names[0]} is not installed")


@contextmanager
def _folder(pages: dict[str, str]) -> Iterator[Path]:
    """A folder that a server can read after giving up its rights; pytest's own folders are closed to it."""
    with tempfile.TemporaryDirectory(prefix="spipconv-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path, text in pages.items():
            file = folder / "site" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        yield folder


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _process(command: list[str], port: int, errors: Path) -> Iterator[Server]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        server = Server(port)
        try:
            _wait(process, port, errors)
            yield server
        finally:
            server.close()
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            said = process.stdout.read().decode("utf-8", "replace") if process.stdout else ""
            written = errors.read_text("utf-8", "replace") if errors.exists() else ""
            pytest.fail(f"the server ended: {said[:2000]}\n{written[:2000]}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server does not answer")
