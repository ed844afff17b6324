"""How long a preview takes: the conversion alone, inside the server with 50 requests at a time, and for the client.

    python benchmarks/preview.py [SECONDS]
    python benchmarks/preview.py --held [SECONDS]
    python benchmarks/preview.py --hostile [SECONDS]

``--held`` loads ``spipconv serve`` with 50 ordinary clients while others hold 0, 300 and 2,000 connections with half
requests, and open each one again that is closed. ``--hostile`` gives 50 clients, each with an address of its own, four
requests a second, and shows what is left of this rate while another client sends the dearest texts that count as one
request at first, of 8 KB, over four connections, as fast as it can.

It runs uvicorn on this computer and loads it with wrk where that is installed, else with httpx (which is slower than
the server: its figures for the client say more about itself).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from spipconv.comments import publish

if sys.platform == "win32":
    sys.exit("this measures by what only Linux and macOS have")

COMMENT = (
    "Bonjour {{tout le monde}}, voir [le plan->https://example.org/plan] et {ceci} : « oui » !\n\n"
    "<quote>Une citation[[avec une note]]</quote>\n\n-* un\n-* deux\n\nFin de <code>x = 1</code> ; "
    "http://example.net/a. Encore des mots pour finir, puisqu’il en faut, et voilà. Ou pas : encore quelques-uns."
)
AT_A_TIME = 50


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]))
        return
    if sys.argv[1:2] == ["--hold"]:
        asyncio.run(hold(int(sys.argv[2]), int(sys.argv[3])))
        return
    if sys.argv[1:2] in (["--held"], ["--hostile"]):
        (bear if sys.argv[1] == "--held" else compete)(int(sys.argv[2]) if sys.argv[2:] else 10)
        return
    seconds = int(sys.argv[1]) if sys.argv[1:] else 10
    print(f"a comment of {len(COMMENT.encode())} bytes, {AT_A_TIME} requests at a time, {seconds} s; "
          f"load before: {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")  # fmt: skip
    print(f"{'milliseconds':44}{'p50':>8}{'p99':>8}{'requests/s':>12}")
    bare = measure_bare()
    show("conversion alone", bare)
    with server() as address:
        rate, seen = load(address, seconds)
        inside = read_durations(address)
        show("inside the server", inside)
        show("for the client", seen, rate)
        with longer_texts(address):
            rate, seen = load(address, seconds)
        show("inside, 2 clients sending 64 KB beside it", read_durations(address))
        show("for the client, then", seen, rate)
    limit = 2 * percentile(bare, 50) + 2
    print(f"the aim, 2 × p50 of the conversion + 2 ms, is {limit:.2f}; p99 inside is {percentile(inside, 99):.2f}")


HALVES = (
    b"",
    b"POST /preview HTTP/1.1\r\nHost: x\r\nContent-Le",
    b"POST /preview HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
)
HOSTILE = {"notes": "[[x]]", "table": "|", "table of tables": "|a|b|\n", "bold": "{{", "lists": "-* x\n-** y\n"}


def bear(seconds: int) -> None:
    """Show what 50 ordinary clients, one after another, see of a server whose connections others hold."""
    print(f"spipconv serve, 50 clients, each a request every 50 ms, {seconds} s; load before: {os.getloadavg()[0]:.2f}")
    print(
        f"{'milliseconds':34}{'p50':>8}{'p99':>8}{'max':>8}{'/health max':>13}{'requests':>10}{'failed':>8}{'log':>6}"
    )
    for number in (0, 300, 2000):
        with (
            command("--rate", "0") as (port, log),
            running([sys.executable, __file__, "--hold", str(port), str(number)]),
        ):
            time.sleep(2)
            times, health, failed = asyncio.run(visit(port, seconds))
        lines = len(log.read_text("utf-8").splitlines())
        print(f"{number:<34}{figures(times)}{max(health):13.1f}{len(times):10}{failed:8}{lines:6}")
        log.unlink()


def compete(seconds: int) -> None:
    """Show how much of their rate 50 clients keep beside one that sends dear texts."""
    print(
        f"spipconv serve, {AT_A_TIME} clients, each 4 requests a second, {seconds} s; "
        f"load before: {os.getloadavg()[0]:.2f}"
    )
    print(
        f"{'milliseconds':34}{'p50':>8}{'p99':>8}{'max':>8}{'/health max':>13}"
        f"{'requests/s':>12}{'kept':>6}{'failed':>8}{'core':>6}"
    )
    alone = 0.0
    for name, text in {"nobody beside them": "", **HOSTILE}.items():
        sender = [sys.executable, "-c", _SENDER]
        with command("--trusted-proxies", "127.0.0.1") as (port, log), contextlib.ExitStack() as senders:
            for _ in range(4 if text else 0):
                senders.enter_context(running([*sender, str(port), (text * 8_000)[:8_000]]))
            time.sleep(2)
            start, used = time.perf_counter(), computed(port)
            times, health, failed = asyncio.run(visit(port, seconds, pause=0.25))
            core = (computed(port) - used) / (time.perf_counter() - start)
        rate = (len(times) - failed) / seconds
        alone = alone or rate
        print(f"{name:34}{figures(times)}{max(health):13.1f}{rate:12.0f}{rate / alone:6.0%}{failed:8}{core:6.0%}")
        log.unlink()


def computed(port: int) -> float:
    """Return how many seconds the server of a port has computed, on Linux."""
    process = _SERVERS[port]
    try:
        used = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    except OSError:
        return 0.0
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def figures(times: list[float]) -> str:
    return "".join(f"{figure:8.1f}" for figure in (percentile(times, 50), percentile(times, 99), max(times)))


@contextlib.contextmanager
def running(program: list[str]) -> Iterator[None]:
    """Run a program beside the rest."""
    with subprocess.Popen(program) as process:
        try:
            yield
        finally:
            process.kill()


# The processes of the servers, by their ports.
_SERVERS: dict[int, int] = {}
_SENDER = (
    "import json, sys, urllib.error, urllib.request as u\n"
    "body = json.dumps({'text': sys.argv[2]}).encode()[:65536]\n"
    "headers = {'Content-Type': 'application/json', 'X-Forwarded-For': '192.0.2.66'}\n"
    "request = u.Request(f'http://127.0.0.1:{sys.argv[1]}/preview', body, headers)\n"
    "while True:\n"
    "    try: u.urlopen(request).read()\n"
    "    except urllib.error.HTTPError as fault: fault.read()\n"
)


@contextlib.contextmanager
def command(*options: str) -> Iterator[tuple[int, Path]]:
    """Run ``spipconv serve`` with options; give its port and its log."""
    descriptor, name = tempfile.mkstemp(suffix=".log")
    program = "from spipconv.commands.serve import serve; serve()"
    with (
        open(descriptor, "w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-c", program, "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        assert process.stdout
        try:
            port = int(process.stdout.readline().rpartition(":")[2].strip("/\n"))
            _SERVERS[port] = process.pid
            yield port, Path(name)
        finally:
            process.terminate()


async def hold(port: int, number: int) -> None:
    """Hold so many connections until this process is ended."""

    async def hold_one(half: bytes) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(half)
                    await reader.read()
                finally:
                    writer.close()
            await asyncio.sleep(0.5)

    await asyncio.gather(*(hold_one(HALVES[index % len(HALVES)]) for index in range(number)), asyncio.Event().wait())


async def visit(port: int, seconds: int, pause: float = 0.05) -> tuple[list[float], list[float], int]:
    """Return the times of previews and of /health, and how many requests had no answer or another one than 200.

    Each client waits so many seconds, and where that is long, from one request to the next.
    """
    body = json.dumps({"text": COMMENT}).encode()
    head = (
        "POST /preview HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-Forwarded-For: 198.51.100.{{}}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    times: list[float] = []
    health: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def come_again(sent: bytes, seen: list[float], requests: int) -> None:
        nonlocal failed
        while time.perf_counter() < end:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                failed += 1
                continue
            for _ in range(requests):
                start = time.perf_counter()
                if start >= end:
                    break
                try:
                    writer.write(sent)
                    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
                    found = re.search(rb"content-length: (\d+)", answer)
                    await asyncio.wait_for(reader.readexactly(int(found[1]) if found else 0), 20)
                except (OSError, EOFError, TimeoutError):
                    failed += 1
                    break
                seen.append((time.perf_counter() - start) * 1000)
                failed += not answer.startswith(b"HTTP/1.1 200")
                await asyncio.sleep(max(pause - time.perf_counter() + start, 0) if pause > 0.1 else pause)
            writer.close()

    visitors = [come_again(head.format(number).encode() + body, times, 10) for number in range(AT_A_TIME)]
    await asyncio.gather(*visitors, come_again(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", health, 1))
    return times, health, failed


def show(name: str, times: list[float], rate: float = 0.0) -> None:
    print(f"{name:44}{percentile(times, 50):8.2f}{percentile(times, 99):8.2f}{f'{rate:.0f}' if rate else '':>12}")


def percentile(times: list[float], percent: int) -> float:
    """Return a percentile of times in milliseconds."""
    return sorted(times)[min(len(times) * percent // 100, len(times) - 1)]


def measure_bare() -> list[float]:
    times = []
    for number in range(4000):
        start = time.perf_counter()
        publish(COMMENT)
        if number >= 1000:
            times.append((time.perf_counter() - start) * 1000)
    return times


class Watch:
    """Around the application: the time from its call to its last word, by request for short texts."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._times: list[float] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/times":
            body = json.dumps(self._times).encode()
            self._times.clear()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})
            return
        start = time.perf_counter()
        await self._app(scope, receive, send)
        length = next((int(value) for name, value in scope.get("headers", ()) if name == b"content-length"), 0)
        if length < 2000:
            self._times.append((time.perf_counter() - start) * 1000)


def serve(port: int) -> None:
    import uvicorn

    from spipconv.preview import create_app

    uvicorn.run(Watch(create_app(rate=0)), port=port, log_level="warning", access_log=False, lifespan="off")


@contextlib.contextmanager
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, __file__, "--serve", str(port)]) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def read_durations(address: str) -> list[float]:
    times: list[float] = json.load(urlopen(f"{address}/times"))  # noqa: S310
    return times


@contextlib.contextmanager
def longer_texts(address: str) -> Iterator[None]:
    program = (
        "import urllib.request as u\n"
        "body = b'{\"text\": \"' + b'{{mot}} [a->http://b.org] ' * 2400 + b'\"}'\n"
        f"request = u.Request({address!r} + '/preview', body, {{'Content-Type': 'application/json'}})\n"
        "while True: u.urlopen(request).read()\n"
    )
    clients = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    try:
        yield
    finally:
        for client in clients:
            client.terminate()
            client.wait()


def load(address: str, seconds: int) -> tuple[float, list[float]]:
    """Return the requests a second and, as far as they are known, their times in milliseconds."""
    body = json.dumps({"text": COMMENT}, ensure_ascii=False)
    if shutil.which("wrk"):
        return load_with_wrk(address, seconds, body)
    return asyncio.run(load_with_httpx(address, seconds, body))


def load_with_wrk(address: str, seconds: int, body: str) -> tuple[float, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\nwrk.headers["Content-Type"] = "application/json"\n'
            "function done(summary, latency)\n"
            'for percent = 1, 99 do io.write(string.format("p %d\\n", latency:percentile(percent))) end\n'
            'io.write(string.format("errors %d\\n", summary.errors.status + summary.errors.timeout))\nend\n',
            "utf-8",
        )
        command = ["wrk", "-t1", f"-c{AT_A_TIME}", f"-d{seconds}s", "-s", str(script), f"{address}/preview"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "errors 0\n" in said, said
    found = re.search(r"Requests/sec: +([\d.]+)", said)
    assert found
    return float(found[1]), [int(one) / 1000 for one in re.findall(r"^p (\d+)$", said, re.MULTILINE)]


async def load_with_httpx(address: str, seconds: int, body: str) -> tuple[float, list[float]]:
    import httpx

    times: list[float] = []
    end = time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=AT_A_TIME)
    async with httpx.AsyncClient(limits=limits, headers={"Content-Type": "application/json"}) as client:

        async def ask() -> None:
            while time.perf_counter() < end:
                start = time.perf_counter()
                answer = await client.post(f"{address}/preview", content=body.encode())
                assert answer.status_code == 200
                times.append((time.perf_counter() - start) * 1000)

        await asyncio.gather(*(ask() for _ in range(AT_A_TIME)))
    return len(times) / seconds, times


if __name__ == "__main__":
    main()
