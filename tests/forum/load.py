"""Load: servers of comments, ours and Isso's, in processes of their own, and what many visitors and readers do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field

from spipconv.forum.opening import create_forum
from spipconv.forum.posting import FEWEST_SECONDS
from spipconv.forum.records import Message
from spipconv.forum.store.base import open_base

PAGE = "article1"
TEXT = "Bonjour {{à tous}}, voir [le plan->https://example.org/plan].\n\nMerci beaucoup."
# Published messages that the readers get.
_PUBLISHED = 50
# A form may be sent once it was shown for so long.
_PATIENCE = FEWEST_SECONDS + 0.2


class Outcome(Struct):
    """What a load has met: answers by status, milliseconds by kind of request, and what was acknowledged."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    posts: list[float] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    acknowledged: dict[int, str] = field(default_factory=dict)
    # Resent forms whose two answers name different messages.
    differing: int = 0
    # From the first message to the end.
    seconds: float = 0.0
    # The server's time of computing.
    cpu: float = 0.0


class Client:
    """Connections to a server, which are used again; visitors' addresses come as from a proxy."""

    def __init__(self, port: int, process: int) -> None:
        self._port = port
        self._process = process
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def ask(self, method: str, target: str, body: object = None, address: str = "192.0.2.1") -> tuple[int, Any]:
        """Return the status and what the JSON of the answer says. Raises OSError or EOFError if there is none."""
        sent = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\nAccept: application/json\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
        request = head.encode() + b"\r\n" + sent
        while self._free:
            # A server may close a kept connection at the moment at which it is used: then a new one is tried.
            reader, writer = self._free.pop()
            if not reader.at_eof():
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    return await self._send(reader, writer, request)
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            return await self._send(reader, writer, request)
        except BaseException:
            writer.close()
            raise

    async def _send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, Any]:
        writer.write(request)
        status, answer, stays = await _read_answer(reader)
        if stays:
            self._free.append((reader, writer))
        else:
            writer.close()
        return status, answer

    def close(self) -> None:
        """Close the connections; others may be opened, also in another event loop."""
        while self._free:
            self._free.pop()[1].close()

    def cpu_seconds(self) -> float:
        """Return how long the server has computed, 0 where the system does not say so."""
        if sys.platform == "win32":
            return 0.0
        try:
            stat = Path(f"/proc/{self._process}/stat").read_text("ascii")
        except OSError:
            return 0.0
        used = stat.rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / float(os.sysconf("SC_CLK_TCK"))


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, Any, bool]:
    """Return the status, what the JSON says, and whether the connection stays."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).decode("latin-1")
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await asyncio.wait_for(reader.readexactly(int(headers.get("content-length", "0"))), 30)
    is_json = headers.get("content-type", "").startswith("application/json")
    stays = head.startswith("HTTP/1.1") and headers.get("connection", "") != "close"
    return int(head.split(" ", 2)[1]), json.loads(body) if is_json and body else None, stays


class Forum:
    """``spipconv serve --comments`` on a new base, with no limits by client."""

    name = "spipconv"
    held = 200

    def __init__(self, folder: Path) -> None:
        self.path = folder / "forum.db"
        self.log = folder / "spipconv.log"
        self.port = 0
        create_forum(self.path, {"site": "https://www.example.org"})
        with open_base(self.path) as store:
            page = store.pages.put(PAGE, "/article1", "Le granit", "fr")
            for _ in range(_PUBLISHED):
                store.messages.add(
                    Message(0, page.id, 0, 0, "publie", "Anne", "", TEXT, "", "fr", 1_700_000_000, 1_700_000_000)
                )

    @contextlib.contextmanager
    def running(self, *options: str) -> Iterator[Client]:
        """Run the server; give a client."""
        self.port = free_port()
        limits = ["--messages-rate", "0", "--rate", "0"]
        command = [
            sys.executable, "-m", "spipconv", "serve", "--comments", str(self.path), "--port", str(self.port),
            "--trusted-proxies", "127.0.0.1", *(options or limits),
        ]  # fmt: skip
        with _process(command, self.port, self.log) as client:
            yield client

    async def prepare(self, client: Client, address: str) -> str:
        """Return the token of a form, which can be sent a little later."""
        status, answer = await client.ask("GET", f"/token?page={PAGE}", address=address)
        assert status == 200, answer
        return str(answer["token"])

    async def post(self, client: Client, token: str, text: str, address: str) -> tuple[int, int]:
        """Send a message; return the status and its number."""
        fields = {"page": PAGE, "author": "Zoé", "text": text, "token": token}
        status, answer = await client.ask("POST", "/messages", fields, address)
        return status, answer["message"]["id"] if status == self.held else 0

    async def read(self, client: Client, address: str) -> int:
        """Read the page's thread, as the script on a static page does; return the status."""
        status, _ = await client.ask("GET", f"/thread?page={PAGE}", address=address)
        return status

    def stored(self) -> dict[int, str]:
        """Return the texts of the messages that are held, by their numbers."""
        with open_base(self.path, reads_only=True) as store:
            return {message.id: message.text for message in store.messages.of_page(1) if message.status == "prop"}


class Isso:
    """Isso on a new base, with moderation and without its limits by client."""

    name = "Isso"
    held = 202
    _URI = quote("/article1", safe="")

    def __init__(self, folder: Path) -> None:
        self.path = folder / "isso.db"
        self.log = folder / "isso.log"
        self._settings = folder / "isso.cfg"

    @contextlib.contextmanager
    def running(self) -> Iterator[Client]:
        """Run the server; give a client."""
        port = free_port()
        self._settings.write_text(
            f"[general]\ndbpath = {self.path}\nhost = http://127.0.0.1:1/\n"
            f"[server]\nlisten = http://127.0.0.1:{port}\n[moderation]\nenabled = true\n[guard]\nenabled = false\n",
            "utf-8",
        )
        command = [sys.executable, "-c", "import isso; isso.main()", "-c", str(self._settings), "run"]
        with _process(command, port, self.log) as client:
            asyncio.run(self._publish(client))
            yield client

    async def _publish(self, client: Client) -> None:
        """Publish what the readers get."""
        for number in range(_PUBLISHED):
            await self.post(client, "", f"{TEXT} {number}", "192.0.2.1")
        client.close()
        with contextlib.closing(sqlite3.connect(self.path)) as base:
            base.execute("UPDATE comments SET mode = 1")
            base.commit()

    async def prepare(self, client: Client, address: str) -> str:
        """Isso needs nothing before a message."""
        return ""

    async def post(self, client: Client, token: str, text: str, address: str) -> tuple[int, int]:
        """Send a message; return the status and its number."""
        fields = {"author": "Zoé", "text": text, "title": "Le granit"}
        status, answer = await client.ask("POST", f"/new?uri={self._URI}", fields, address)
        return status, answer["id"] if status == self.held else 0

    async def read(self, client: Client, address: str) -> int:
        """Read the page's thread; return the status."""
        status, _ = await client.ask("GET", f"/?uri={self._URI}", address=address)
        return status

    def stored(self) -> dict[int, str]:
        """Return the texts of the messages that are held, by their numbers."""
        with contextlib.closing(sqlite3.connect(self.path)) as base:
            return dict(base.execute("SELECT id, text FROM comments WHERE mode = 2"))


Server = Forum | Isso


async def bear(server: Server, client: Client, *, rate: int, seconds: float, readers: int) -> Outcome:
    """Have visitors come at a rate, whether or not those before them were answered, and readers read once a second.

    Every twentieth form is sent twice at the same time, as by an impatient visitor, where the server has forms.
    """
    outcome = Outcome()
    start, cpu, first = time.monotonic(), client.cpu_seconds(), 0.0

    async def visit(number: int) -> None:
        address = f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        text = f"{TEXT} {number}"
        try:
            token = await server.prepare(client, address)
            if token:
                await asyncio.sleep(_PATIENCE)
            times = 2 if token and number % 20 == 0 else 1
            numbers = await asyncio.gather(*(send(token, text, address) for _ in range(times)))
        except (OSError, EOFError, AssertionError) as error:
            outcome.broken[type(error).__name__] += 1
            return
        known = {message for message in numbers if message}
        outcome.differing += len(known) > 1
        outcome.acknowledged.update(dict.fromkeys(known, text))

    async def send(token: str, text: str, address: str) -> int:
        nonlocal first
        first = first or time.monotonic()
        before = time.perf_counter()
        status, message = await server.post(client, token, text, address)
        outcome.posts.append((time.perf_counter() - before) * 1000)
        outcome.statuses[status] += 1
        return message

    async def read(number: int) -> None:
        await asyncio.sleep(number / readers)
        while time.monotonic() < start + seconds:
            before = time.perf_counter()
            try:
                outcome.statuses[await server.read(client, f"12.0.0.{number}")] += 1
            except (OSError, EOFError) as error:
                outcome.broken[type(error).__name__] += 1
                continue
            outcome.reads.append((time.perf_counter() - before) * 1000)
            await asyncio.sleep(max(0.0, 1 - time.perf_counter() + before))

    reading = [asyncio.create_task(read(number)) for number in range(readers)]
    visiting = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
        visiting.append(asyncio.create_task(visit(number)))
    await asyncio.gather(*reading, *visiting)
    outcome.seconds = time.monotonic() - first
    outcome.cpu = client.cpu_seconds() - cpu
    client.close()
    return outcome


async def rush(server: Server, client: Client, *, seconds: float, visitors: int = 20, name: str = "") -> Outcome:
    """Have so many visitors send one message after another, each with a new form, as fast as they are answered."""
    outcome = Outcome()
    begin = 0.0

    async def come_again(visitor: int) -> None:
        forms: deque[tuple[float, str]] = deque()
        address, number = f"13.0.0.{visitor}", 0
        while (now := time.monotonic()) < end:
            # A form is shown, and one that was shown before is sent.
            forms.append((now, await server.prepare(client, address)))
            if forms[0][1] and now < forms[0][0] + _PATIENCE:
                if now < begin:
                    await asyncio.sleep(0.002)
                continue
            text = f"{TEXT} {name} {visitor}.{number}"
            before = time.perf_counter()
            status, message = await server.post(client, forms.popleft()[1], text, address)
            number += 1
            if time.monotonic() >= begin:
                outcome.posts.append((time.perf_counter() - before) * 1000)
                outcome.statuses[status] += 1
            if message:
                outcome.acknowledged[message] = text

    # Until the first forms can be sent, nobody is counted.
    begin = time.monotonic() + _PATIENCE + 0.3
    end = begin + seconds

    coming = [asyncio.create_task(come_again(visitor)) for visitor in range(visitors)]
    await asyncio.sleep(begin - time.monotonic())
    cpu = client.cpu_seconds()
    await asyncio.gather(*coming)
    outcome.seconds = seconds
    outcome.cpu = client.cpu_seconds() - cpu
    client.close()
    return outcome


HALVES = (
    b"",
    b"POST /messages HTTP/1.1\r\nHost: x\r\nContent-Le",
    b"POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{",
    b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
)


def _forget(task: asyncio.Task[bytes]) -> None:
    """Take note of how a task ended, which is as it likes."""
    if not task.cancelled():
        task.exception()


@contextlib.asynccontextmanager
async def held(port: int, number: int) -> AsyncIterator[None]:
    """Hold so many connections, silent or with half a request, of which every other sends a byte a second."""

    async def hold(index: int) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(HALVES[index % len(HALVES)])
                    ended = asyncio.create_task(reader.read(-1))
                    ended.add_done_callback(_forget)
                    while not ended.done():
                        await asyncio.wait([ended], timeout=1)
                        if index // len(HALVES) % 2:
                            writer.write(b"x")
                finally:
                    writer.close()
            await asyncio.sleep(0.5)

    holding = [asyncio.create_task(hold(index)) for index in range(number)]
    try:
        await asyncio.sleep(2)
        yield
    finally:
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def _process(command: list[str], port: int, log: Path) -> Iterator[Client]:
    """Run a server until the end of the context, with its log in a file."""
    with (
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=written, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        ) as process,
    ):
        try:
            for _ in range(600):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                if process.poll() is not None:
                    raise RuntimeError(log.read_text("utf-8"))
                time.sleep(0.05)
            yield Client(port, process.pid)
        finally:
            process.terminate()
            process.wait(30)
