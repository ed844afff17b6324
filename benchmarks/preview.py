"""How long a preview takes: the conversion alone, inside the server with 50 requests at a time, and for the client.

    python benchmarks/preview.py [SECONDS]

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
