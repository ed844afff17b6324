"""The server of ``spipconv serve`` on real sockets: silent, slow and many clients lock nobody out."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from msgspec import Struct

from tests.asgi import as_json

pytest.importorskip("starlette", reason='the preview is not installed: pip install ".[serve]"')
pytest.importorskip("python_multipart", reason='the preview is not installed: pip install ".[serve]"')
pytest.importorskip("uvicorn", reason='the preview is not installed: pip install ".[serve]"')

from spipconv import comments
from spipconv.preview import conversions, create_app
from spipconv.web import reading
from spipconv.web.connections import ConnectionLimits, Phase, Register
from spipconv.web.logs import LOG, RepetitionFilter
from spipconv.web.proxies import TrustedProxies
from spipconv.web.server import make_server, raise_descriptor_limit

pytestmark = pytest.mark.server

HALF_A_HEAD = b"POST /preview HTTP/1.1\r\nHost: x\r\nContent-Le"
HALF_A_BODY = b'POST /preview HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"te'
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
# Nothing is to expire in a test that does not ask for it.
PATIENT = ConnectionLimits(head=600, body=600, answer=600, stall=600, keep_alive=600)


def connect(port: int, sent: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(sent)
    return client


def read_all(client: socket.socket) -> bytes:
    """Return what comes until the server closes; nothing more where it breaks off."""
    received = b""
    try:
        while data := client.recv(65536):
            received += data
    except ConnectionError:
        pass
    return received


def read_answer(client: socket.socket) -> bytes:
    """Return one answer of a connection that stays."""
    received = b""
    while not received.partition(b"\r\n\r\n")[2]:
        data = client.recv(65536)
        assert data
        received += data
    return received


def ask(port: int, sent: bytes) -> bytes:
    """Return the answer to a request."""
    with connect(port, sent.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)) as client:
        return read_all(client)


def is_well(port: int) -> bool:
    return ask(port, HEALTH).endswith(b'{"status":"ok"}')


def as_request(fields: dict[str, Any]) -> bytes:
    headers, body = as_json(fields)
    lines = ["POST /preview HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


class Running(Struct):
    port: int
    register: Register


@contextmanager
def serving(limits: ConnectionLimits = PATIENT, trusted: tuple[str, ...] = (), app: Any = None) -> Iterator[Running]:
    """Run the server in a thread of this process."""
    server = make_server(app or create_app(rate=0), TrustedProxies(trusted), limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(lambda: server.started)
            yield Running(listener.getsockname()[1], server.config.register)  # type: ignore[attr-defined]
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen")


@contextmanager
def many(number: int, port: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Hold many connections."""
    with ExitStack() as held:
        yield [held.enter_context(connect(port, sent)) for _ in range(number)]


# ---- silent connections


@contextmanager
def serving_with_descriptors(number: int) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({number}, {number}))\n"
        "from spipconv.commands.serve import serve; serve()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2].strip("/\n")), process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("sent", [b"", HALF_A_HEAD, HALF_A_BODY, HEALTH], ids=["nothing", "head", "body", "kept"])
def test_silent_connections_do_not_stop_a_server_with_few_descriptors(sent: bytes) -> None:
    with serving_with_descriptors(256) as (port, process):
        with many(300, port, sent):
            assert is_well(port)
            assert b'"html":"<p>x</p>' in ask(port, as_request({"text": "x"}))
            assert is_well(port)
        process.terminate()
        _, log = process.communicate(timeout=30)
    assert "Traceback" not in log
    assert len(log.splitlines()) < 10


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_server_out_of_descriptors_says_so_in_one_line_and_recovers() -> None:
    # What has been opened beside the connections: more than is reserved.
    program = (
        "import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))\n"
        "import signal, spipconv.web.server\n"
        "held = []\n"
        "def fill(*_):\n"
        "    try:\n"
        "        while True: held.append(os.dup(0))\n"
        "    except OSError: print('full', flush=True)\n"
        "def free(*_):\n"
        "    while held: os.close(held.pop())\n"
        "    print('free', flush=True)\n"
        "signal.signal(signal.SIGUSR1, fill); signal.signal(signal.SIGUSR2, free)\n"
        "from spipconv.commands.serve import serve; serve()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline().rpartition(":")[2].strip("/\n"))
            assert is_well(port)
            process.send_signal(signal.Signals["SIGUSR1"])
            assert process.stdout.readline() == "full\n"
            with many(40, port, HEALTH) as clients:
                time.sleep(2.5)
                process.send_signal(signal.Signals["SIGUSR2"])
                assert process.stdout.readline() == "free\n"
                assert b"200 OK" in read_answer(clients[-1])
            assert is_well(port)
        finally:
            process.terminate()
            _, log = process.communicate(timeout=30)
    assert log.count("no more connections can be opened") == 1
    assert "Traceback" not in log
    assert len(log.splitlines()) < 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_on_descriptors_is_raised_as_far_as_allowed() -> None:
    program = (
        "import resource\n"
        "from spipconv.web.server import raise_descriptor_limit as raise_limit\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 400))\n"
        "print(raise_limit(50), raise_limit(200), raise_limit(1000))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "64 200 400\n"
    limit = raise_descriptor_limit(0)
    assert limit is None or limit > 0


def test_few_descriptors_mean_fewer_connections() -> None:
    limits = ConnectionLimits()
    assert limits.fit(None) == limits.fit(limits.descriptors) == limits
    few = limits.fit(256)
    assert few.most_by_client < few.most < 256 - 50
    assert limits.fit(10).most_by_client >= 1


# ---- deadlines


@pytest.mark.parametrize(
    ("sent", "drop", "answered"),
    [
        (b"", b"", b""),
        (b"", b"\r\n", b"400"),
        (HALF_A_HEAD, b"", b"408"),
        (HALF_A_HEAD, b"1", b"408"),
        (HEALTH, b"", b"200"),
        (HEALTH, b"\r\n", b"200"),
        (HEALTH + HALF_A_HEAD, b"", b"200"),
    ],
    ids=["silent", "empty lines", "half a head", "drop by drop", "kept alive", "kept by empty lines", "half a second"],
)
def test_a_request_that_is_not_complete_in_time_is_closed(sent: bytes, drop: bytes, answered: bytes) -> None:
    with serving(ConnectionLimits(head=1, keep_alive=1)) as server, connect(server.port, sent) as client:
        stopped = threading.Event()

        def drip() -> None:
            while not stopped.wait(0.1):
                try:
                    client.sendall(drop)
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            received = read_all(client)
        finally:
            stopped.set()
            dripping.join()
        assert received[9:12] == answered
        assert is_well(server.port)
        wait_for(lambda: not len(server.register))


@pytest.mark.parametrize("drop", [b"", b" "])
def test_a_body_that_is_not_complete_in_time_gets_an_answer_of_the_accepted_type(
    drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(reading, "BODY_SECONDS", 1.5)
    sent = HALF_A_BODY.replace(b"Host: x", b"Host: x\r\nAccept-Language: fr").replace(b": 100", b": 10000")
    with serving() as server, connect(server.port, sent) as client:
        client.settimeout(0.1)
        received = b""
        for _ in range(300):
            try:
                data = client.recv(65536)
            except TimeoutError:
                client.sendall(drop)
                continue
            received += data
            if not data:
                break
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in head.lower()
        assert json.loads(body)["error"]["code"] == "too-slow"
        assert json.loads(body)["error"]["message"].startswith("Le message")


def test_the_server_does_not_wait_for_the_rest_of_a_refused_body() -> None:
    with serving(ConnectionLimits(keep_alive=1)) as server:
        with connect(server.port, HALF_A_BODY.replace(b": 100", b": 100000")) as client:
            assert read_all(client).startswith(b"HTTP/1.1 413 ")
        wait_for(lambda: not len(server.register))


def test_a_client_that_does_not_read_its_answer_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    long = comments.PublishedComment("x" * 1_000_000, ())
    monkeypatch.setattr(conversions, "publish", lambda text, lang, plugins, extensions: long)
    with serving(ConnectionLimits(stall=1, head=600, keep_alive=600)) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.sendall(as_request({"text": "x"}) * 20)
            wait_for(lambda: len(server.register) == 1)
            wait_for(lambda: not len(server.register))
        assert is_well(server.port)


def test_the_server_stops_even_if_clients_stay_connected() -> None:
    with ExitStack() as held, serving() as server:
        for sent in (b"", HALF_A_HEAD, HALF_A_BODY, HEALTH):
            held.enter_context(connect(server.port, sent))
        wait_for(lambda: len(server.register) == 4)


def test_a_body_does_not_wait_until_its_head_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[Any] = []
    admit = Register.admit

    def look(register: Register, connection: Any, client: str, now: float) -> Any:
        connections.append(connection)
        return admit(register, connection, client, now)

    monkeypatch.setattr(Register, "admit", look)
    with serving() as server, connect(server.port, HEALTH) as client:
        assert read_answer(client)
        [connection] = connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# ---- caps


def test_a_new_connection_replaces_the_one_that_waited_longest() -> None:
    limits = ConnectionLimits(most=6, most_by_client=100, head=600, keep_alive=600)
    with serving(limits) as server, connect(server.port, HEALTH) as known:
        assert read_answer(known)
        with many(20, server.port, HALF_A_HEAD) as silent:
            assert is_well(server.port)
            assert len(server.register) <= 6
            assert read_all(silent[0]) == b""
            # A client that has been served does not give way to those that never were.
            known.sendall(HEALTH)
            assert b'{"status":"ok"}' in read_answer(known)


def test_connections_are_limited_by_client_but_not_by_trusted_proxy() -> None:
    limits = ConnectionLimits(most=100, most_by_client=5, head=600, keep_alive=600)
    for trusted, number in (((), 5), (("127.0.0.0/8",), 20)):
        with serving(limits, trusted) as server, many(20, server.port, HALF_A_HEAD):
            assert is_well(server.port)
            wait_for(lambda server=server, number=number: number - 1 <= len(server.register) <= number)  # type: ignore[misc]


def test_a_connection_is_refused_if_all_others_are_being_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    publish = comments.publish

    def publish_slowly(text: str, lang: str, plugins: tuple[str, ...], extensions: tuple[()]) -> Any:
        assert release.wait(30)
        return publish(text, lang, plugins=plugins)

    monkeypatch.setattr(conversions, "publish", publish_slowly)
    sent = as_request({"text": "mot " * 1000})
    limits = ConnectionLimits(most=4, most_by_client=4, head=600)
    with serving(limits) as server, many(4, server.port, sent) as clients:
        wait_for(lambda: [one.phase() for one in server.register._entries] == ["serving"] * 4)
        with connect(server.port) as refused:
            assert read_all(refused).startswith(b"HTTP/1.1 503 ")
        release.set()
        assert [client.recv(12) for client in clients] == [b"HTTP/1.1 200"] * 4


class Held:
    """A connection without a socket."""

    def __init__(self, phase: Phase = "request") -> None:
        self.now: Phase = phase
        self.moved = 0
        self.is_dropped = False
        self.expired: list[Phase] = []

    def phase(self) -> Phase:
        return self.now

    def progress(self) -> int:
        return self.moved

    def drop(self) -> None:
        self.is_dropped = True

    def expire(self, phase: Phase) -> None:
        self.expired.append(phase)


def test_connections_that_never_got_an_answer_are_closed_first() -> None:
    register = Register(ConnectionLimits(most=4, most_by_client=2))
    first, known, busy, other = Held(), Held(), Held("serving"), Held()
    for connection, client in ((first, "a"), (known, "b"), (busy, "b"), (other, "c")):
        assert register.admit(connection, client, 0) == 0
    register.renew(known)
    # Of its own client, though it has waited less; and never one that is being answered.
    assert register.admit(Held("serving"), "b", 0) == 1
    assert known.is_dropped
    assert register.admit(Held(), "b", 0) is None
    assert register.admit(Held(), "d", 0) == 1
    assert (first.is_dropped, other.is_dropped, busy.is_dropped) == (True, False, False)
    assert len(register) == 4
    register.leave(first)
    assert len(register) == 4


def test_each_phase_has_its_time_limit() -> None:
    limits = ConnectionLimits(head=10, body=40, answer=60, stall=8, keep_alive=5)
    expected: dict[Phase, tuple[int, int]] = {
        "request": (10, 10), "body": (8, 40), "writing": (8, 60), "draining": (5, 5), "closing": (5, 5)
    }  # fmt: skip
    for phase, seconds in expected.items():
        for is_moving, most in zip((False, True), seconds, strict=True):
            register, connection = Register(limits), Held(phase)
            register.admit(connection, "a", 0)
            register.expire(0)
            for now in range(1, most + 1):
                connection.moved += is_moving
                assert register.expire(now) == 0, (phase, is_moving, now)
            connection.moved += is_moving
            assert register.expire(most + 1) == 1
            assert connection.expired == [phase]
    register, connection = Register(limits), Held("serving")
    register.admit(connection, "a", 0)
    assert register.expire(1000) == 0
    connection.now = "request"
    register.renew(connection)
    assert (register.expire(1001), register.expire(1011), register.expire(1012)) == (0, 0, 1)


# ---- under uvicorn itself


@contextmanager
def serving_by_uvicorn(app: Any, **settings: Any) -> Iterator[int]:
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **settings))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(lambda: server.started)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.mark.parametrize("settings", [{}, {"proxy_headers": False}], ids=["as it is", "no proxy headers"])
@pytest.mark.parametrize(
    ("trusted", "forwarded", "statuses"),
    [
        ([], "198.51.100.{}", {200, 429}),
        ([], "198.51.100.{}:400{}", {200, 429}),
        (["10.0.0.0/8"], "198.51.100.{}", {200, 429}),
        (["10.0.0.0/8"], "198.51.100.{}, 10.0.0.1", {200, 429}),
        (["127.0.0.1"], "198.51.100.{}, 127.0.0.1", {200, 429}),
        (["127.0.0.1"], "198.51.100.{}, 203.0.113.1", {200, 429}),
        (["127.0.0.1"], "203.0.113.1, 198.51.100.{}", {200}),
    ],
)
def test_forged_headers_are_not_believed_under_uvicorn(
    trusted: list[str],
    forwarded: str,
    statuses: set[int],
    settings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(rate=0.001, burst=3, trusted_proxies=trusted)
    with serving_by_uvicorn(app, **settings) as port:
        seen = []
        for number in range(9):
            header = f"Host: x\r\nX-Forwarded-For: {forwarded.replace('{}', str(number))}".encode()
            seen.append(int(ask(port, as_request({"text": "x"}).replace(b"Host: x", header))[9:12]))
        assert set(seen) == statuses
        assert seen[:3] == [200] * 3
    # Once, however many come, where no proxy of this computer is named; never where each client has a name.
    warned = [record for record in caplog.records if record.name == "spipconv.web"]
    if "127.0.0.1" not in trusted or statuses == {200}:
        assert len(warned) == (statuses != {200})


def test_bodies_have_deadlines_under_uvicorn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STALL_SECONDS", 0.3)
    with serving_by_uvicorn(create_app()) as port, connect(port, HALF_A_BODY) as client:
        received = read_all(client)
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too-slow"' in received


# ---- the log


class MessageList(logging.Handler):
    """Keeps the messages of the records that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def test_the_same_line_is_logged_once_a_minute_with_a_count() -> None:
    now = 0.0
    once, logged = RepetitionFilter(lambda: now), MessageList()
    LOG.addFilter(once)
    LOG.addHandler(logged)
    try:
        for number in range(500):
            LOG.warning("closed: %s", number)
            LOG.warning("something else")
        now = 59.0
        once.flush()
        assert logged.messages == ["closed: 0", "something else"]
        now = 61.0
        LOG.warning("closed: %s", 500)
        once.flush()
        now = 200.0
        once.flush()
        once.flush()
    finally:
        LOG.removeFilter(once)
        LOG.removeHandler(logged)
    assert logged.messages[2:] == ["closed: 500 (and 499 more like this)", "something else (and 498 more like this)"]


def test_only_the_type_and_place_of_an_exception_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    once = RepetitionFilter()
    LOG.addFilter(once)
    try:
        raise KeyError("words of a visitor")
    except KeyError:
        LOG.exception("it failed")
    finally:
        LOG.removeFilter(once)
    assert "KeyError" in caplog.text
    assert "test_server.py" in caplog.text
    assert "words of a visitor" not in caplog.text


def test_bad_requests_do_not_fill_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        for _ in range(30):
            assert ask(server.port, b"\0secret\r\n\r\n").startswith(b"HTTP/1.1 400 ")
            upgrade = HEALTH.replace(b"Host: x", b"Host: x\r\nConnection: upgrade\r\nUpgrade: websocket")
            with connect(server.port, upgrade) as client:
                assert read_answer(client).startswith(b"HTTP/1.1 200 ")
    log = capfd.readouterr().err
    assert 0 < len(log.splitlines()) <= 4
    assert "secret" not in log
