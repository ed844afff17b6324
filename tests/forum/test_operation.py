"""The files to run a forum with: systemd, nginx, cron and Docker read them, and what they start does what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("jinja2", reason="jinja2 is not installed")

from spipconv.forum.store.base import open_base
from tests.forum.moving import Moved
from tests.webservers import free_port, running_nginx_of

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "forum"
_SERVICES = ("spipconv-comments.service", "spipconv-comments-backup.service")
_SPIPCONV = [sys.executable, "-m", "spipconv"]
_NAME = "www.example.org"
# The highest exposure, from 0 to 10, that systemd may see in a service.
_EXPOSURE = 2.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the files are for servers with Linux")


def program(name: str) -> str:
    """Return the path of a program, beside Python or on the system; skip the test if it is not there."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which(name, path=path) or pytest.skip(f"{name} is not installed")


# ---- systemd and cron ----


def units(folder: Path) -> list[str]:
    """Copy the units into a folder, with programs and users of this machine; return their paths."""
    for path in [*EXAMPLES.glob("*.service"), *EXAMPLES.glob("*.timer")]:
        text = path.read_text("utf-8").replace("/opt/spipconv/bin/spipconv", "/bin/true")
        (folder / path.name).write_text(re.sub("(?m)^(User|Group)=.*", r"\1=daemon", text), "utf-8")
    return sorted(str(path) for path in folder.iterdir())


def test_systemd_knows_every_line_of_the_units(tmp_path: Path) -> None:
    done = subprocess.run(
        [program("systemd-analyze"), "verify", "--man=no", *units(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", _SERVICES)
def test_a_service_has_few_rights(tmp_path: Path, name: str) -> None:
    units(tmp_path)
    done = subprocess.run(
        [program("systemd-analyze"), "security", "--offline=true", "--no-pager", str(tmp_path / name)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if "Unknown" in done.stderr or "unrecognized" in done.stderr:
        pytest.skip("this systemd-analyze does not read files")
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert level is not None, done.stdout + done.stderr
    assert float(level[1]) <= _EXPOSURE


def commands_of(name: str) -> list[str]:
    """Return the commands of a unit or of a table of cron."""
    lines = (EXAMPLES / name).read_text("utf-8").splitlines()
    if name.endswith(".cron"):
        return [line.split(maxsplit=6)[6] for line in lines if line[:1].isdigit()]
    return [line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")]


@pytest.mark.parametrize("name", ["spipconv-comments-backup.service", "spipconv-comments.cron"])
def test_backups_are_made_and_old_ones_removed(tmp_path: Path, name: str) -> None:
    forum = Moved(tmp_path, "article1")
    backups = tmp_path / "backups"
    backups.mkdir()
    for number in range(1, 21):
        old = backups / f"forum-202001{number:02}T030000Z.db"
        old.touch()
        os.utime(old, (0, 0))
    for command in commands_of(name):
        own = command.replace("/var/lib/spipconv-comments/forum.db", str(forum.path))
        own = own.replace("/var/backups/spipconv-comments", str(backups))
        own = re.sub(r"^(/opt/spipconv/bin/)?spipconv ", f"{shlex.join(_SPIPCONV)} ", own)
        subprocess.run(own, shell=True, check=True, timeout=60, capture_output=True)  # noqa: S602 - our own lines
    names = sorted(path.name for path in backups.iterdir())
    assert len(names) == (14 if name.endswith(".service") else 1)
    with closing(sqlite3.connect(backups / names[-1])) as db:
        assert db.execute("SELECT key FROM pages").fetchall() == [("article1",)]


# ---- The server ----


class Forum(NamedTuple):
    """A running server: its port, and its base."""

    port: int
    base: Path


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a server until it answers; then end it as systemd and Docker do."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for _ in range(400):
                with socket.socket() as one:
                    if process.poll() is not None or one.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.fixture(scope="module")
def forum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forum]:
    """The server as its service starts it, at a port of this machine, with a low rate of previews."""
    moved = Moved(tmp_path_factory.mktemp("forum"), "article1")
    port = free_port()
    (line,) = commands_of("spipconv-comments.service")
    words = [str(moved.path) if word.endswith(".db") else word for word in shlex.split(line)[1:]]
    words[words.index("--port") + 1] = str(port)
    with running([*_SPIPCONV, *words, "--rate", "0.2"], port):
        yield Forum(port, moved.path)


# ---- nginx ----


@pytest.fixture(scope="module")
def site(forum: Forum, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site of ``nginx.conf`` with its comments, at ports of this machine."""
    ports = {"80": free_port(), "443": free_port()}
    pages = {
        "public/index.html": "<h1>La carrière</h1>", "public/un/index.html": "Un", "public/.git/config": "secret",
        "public/forum.db": "secret", "public/forum.db-wal": "secret", "public/.well-known/security.txt": "Contact",
        "acme/.well-known/acme-challenge/x": "token",
    }  # fmt: skip
    certificate, key = self_signed()
    pages |= {"tls.pem": certificate, "tls.key": key}
    text = (EXAMPLES / "nginx.conf").read_text("utf-8")
    for port, own_port in ports.items():
        text = text.replace(f"listen {port}", f"listen 127.0.0.1:{own_port}")
    text = re.sub(r"\n *listen \[::\][^\n]*", "", text).replace("127.0.0.1:8765", f"127.0.0.1:{forum.port}")
    # The folder is that of the configuration.
    for path, own in (
        (f"/etc/letsencrypt/live/{_NAME}/fullchain.pem", "site/tls.pem"),
        (f"/etc/letsencrypt/live/{_NAME}/privkey.pem", "site/tls.key"),
        ("/srv/site/public", "site/public"),
        ("/var/www/acme", "site/acme"),
    ):
        assert path in text
        text = text.replace(path, f"{{folder}}/{own}")
    with running_nginx_of(pages, text, ports["443"]):
        yield Site(ports["80"], ports["443"], certificate)


class Site(NamedTuple):
    """A running nginx: its ports and its certificate."""

    plain: int
    tls: int
    certificate: str

    def ask(
        self, method: str, target: str, body: str = "", source: str = "127.0.0.1", **headers: str
    ) -> tuple[HTTPResponse, str]:
        """Ask over TLS, from an address of this machine."""
        context = ssl.create_default_context(cadata=self.certificate)
        context.check_hostname = False
        connection = HTTPSConnection("127.0.0.1", self.tls, timeout=20, context=context, source_address=(source, 0))
        with closing(connection):
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body.encode(), {"Host": _NAME, **given})
            answer = connection.getresponse()
            return answer, answer.read().decode("utf-8", "replace")


def self_signed() -> tuple[str, str]:
    """Return a certificate for the site and its key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )


@pytest.mark.server
class TestNginx:
    def test_plain_http_leads_to_tls_but_for_certificates(self, site: Site) -> None:
        with closing(HTTPConnection("127.0.0.1", site.plain, timeout=20)) as connection:
            connection.request("GET", "/un/?a=1", headers={"Host": _NAME})
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("Location")) == (301, f"https://{_NAME}/un/?a=1")
            answer.read()
            connection.request("GET", "/.well-known/acme-challenge/x", headers={"Host": _NAME})
            assert connection.getresponse().read() == b"token"

    def test_the_site_is_served_and_what_is_not_of_it_is_not(self, site: Site) -> None:
        answer, text = site.ask("GET", "/un/")
        assert (answer.status, text) == (200, "Un")
        assert answer.getheader("Strict-Transport-Security") == "max-age=31536000"
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Server") == "nginx"
        assert site.ask("GET", "/.well-known/security.txt")[0].status == 200
        for path in ("/.git/config", "/forum.db", "/forum.db-wal", "/nothing"):
            assert site.ask("GET", path)[0].status == 404

    def test_the_comments_are_below_their_path_with_their_headers_once(self, site: Site) -> None:
        answer, text = site.ask("GET", "/comments/thread?page=article1")
        assert answer.status == 200
        assert json.loads(text)["messages"] == []
        for name in (
            "X-Content-Type-Options",
            "Strict-Transport-Security",
            "Referrer-Policy",
            "Content-Security-Policy",
        ):
            assert len(answer.headers.get_all(name) or []) <= 1, name
        answer, text = site.ask("GET", "/comments/pages/article1", Accept="text/html")
        assert answer.status == 200
        assert 'action="/comments/' in text or 'action="messages' in text or "/comments/messages" in text
        login, text = site.ask("GET", "/comments/moderation/login")
        assert login.status == 200
        assert "password" in text

    def test_a_forged_address_is_of_no_use_and_clients_are_told_apart(self, site: Site) -> None:
        text = json.dumps({"text": "|a|b|\n" * 3_000})

        def preview(source: str, **headers: str) -> int:
            answer, body = site.ask(
                "POST", "/comments/preview", text, source, Content_Type="application/json", **headers
            )
            # The server's own limit, not that of nginx, whose answers are pages.
            assert answer.status == 200 or body.startswith("{")
            return answer.status

        statuses = [preview("127.0.0.1") for _ in range(20)]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        for number in range(5):
            forged = f"198.51.100.{number}"
            assert preview("127.0.0.1", X_Forwarded_For=forged, X_Real_IP=forged, Forwarded=f"for={forged}") == 429
        assert preview("127.0.0.2") == 200

    def test_health_is_for_this_machine_only(self, site: Site) -> None:
        answer, text = site.ask("GET", "/comments/health")
        assert (answer.status, json.loads(text)["status"]) == (200, "ok")
        assert site.ask("GET", "/comments/health", source="127.0.0.2")[0].status == 403

    def test_limits_hold(self, site: Site) -> None:
        statuses = [
            site.ask("POST", "/comments/moderation/login", "name=a&password=b", "127.0.0.3",
                     Content_Type="application/x-www-form-urlencoded")[0].status
            for _ in range(14)
        ]  # fmt: skip
        assert statuses[-1] == 429
        assert 500 not in statuses
        large = site.ask("POST", "/comments/messages", "x" * (1 << 20) + "x", "127.0.0.4")
        assert large[0].status == 413
        assert site.ask("GET", "/comments/thread?page=article1", source="127.0.0.4")[0].status == 200


# ---- Docker ----


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments, on one line each."""
    text = re.sub(r"(?m)^#.*\n", "", (EXAMPLES / "Dockerfile").read_text("utf-8")).replace("\\\n", " ")
    pairs = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, " ".join(rest.split())) for name, rest in pairs]


def test_hadolint_has_nothing_against_the_dockerfile() -> None:
    done = subprocess.run(
        [program("hadolint"), "--no-color", str(EXAMPLES / "Dockerfile")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_has_two_stages_and_no_root() -> None:
    names = [name for name, _ in instructions()]
    last = names.index("FROM", 1)
    user = next(rest for name, rest in instructions()[last:] if name == "USER")
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user)
    assert ("COPY", "--from=build /opt/spipconv /opt/spipconv") in instructions()[last:]
    # After the last change to its files.
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in ("RUN", "COPY"))
    assert "/data" in dict(instructions())["VOLUME"]


def test_what_the_container_runs_serves_and_ends_when_it_is_told(tmp_path: Path) -> None:
    base, port = tmp_path / "forum.db", free_port()

    def here(words: list[str]) -> list[str]:
        return [word.replace("/data/forum.db", str(base)).replace("8765", str(port)) for word in words]

    steps = dict(instructions())
    head = (EXAMPLES / "Dockerfile").read_text("utf-8")
    init = next(line for line in head.splitlines() if "comments init" in line).partition("spipconv-comments ")[2]
    subprocess.run(
        [*_SPIPCONV, *here(shlex.split(init.partition("spipconv-comments ")[2] or init))], check=True, timeout=60
    )
    assert json.loads(steps["ENTRYPOINT"]) == ["spipconv"]
    with running([*_SPIPCONV, *here(json.loads(steps["CMD"]))], port) as process:
        check = json.loads(steps["HEALTHCHECK"].partition("CMD ")[2])
        assert check[0] == "python"
        subprocess.run([sys.executable, *here(check)[1:]], check=True, timeout=30)
    assert process.returncode in (0, -signal.SIGTERM)
    with open_base(base, reads_only=True) as store:
        assert store.settings.get("site") == '"https://www.example.org"'
