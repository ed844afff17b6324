"""What comments bear: many visitors, many readers, connections that say nothing; and Isso beside them.

    PYTHONPATH=. python benchmarks/comments.py [SECONDS]
    PYTHONPATH=. python benchmarks/comments.py --rush [SECONDS]
    PYTHONPATH=. python benchmarks/comments.py --posts
    PYTHONPATH=. python benchmarks/comments.py --idle [SECONDS]

The first has 200 visitors a second send a message each, on a schedule, beside 50 readers, to ``spipconv serve
--comments`` and then to Isso. Lost is what was acknowledged and is not in the base, twice what is there more than once.
``--rush`` lets 20 visitors send one message after another, in turn to both, for so many seconds and three rounds.
``--posts`` counts the messages alone: their forms were shown before. ``--idle`` holds 1,000 connections that say
nothing, half a request, or a byte a second.

All messages are held for a moderator; those of Isso, too. Isso needs no token before a message: ours is asked for with
each. Servers and visitors share the processors of this machine.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from tests.forum.load import Client, Forum, Isso, Outcome, Server, bear, held, rush

if sys.platform == "win32":
    sys.exit("this measures by what only Linux and macOS have")

KINDS: tuple[type[Forum] | type[Isso], ...] = (Forum, Isso)


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    seconds = int(arguments[0]) if arguments else 0
    print(f"load before: {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        if "--rush" in sys.argv:
            measure_rush(Path(folder), seconds or 10)
        elif "--posts" in sys.argv:
            measure_posts(Path(folder))
        elif "--idle" in sys.argv:
            measure_idle(Path(folder), seconds or 20)
        else:
            measure_load(Path(folder), seconds or 60)


def measure_load(folder: Path, seconds: int) -> None:
    print(f"200 messages a second and 50 readers, each once a second, for {seconds} s")
    names = ("post p50", "p99", "max", "read p50", "p99", "posts/s")
    print(f"{'ms':10}{''.join(f'{name:>10}' for name in names)}{'lost':>6}{'twice':>7}{'broken':>8}")
    for kind in KINDS:
        server = kind(folder)
        with server.running() as client:
            outcome = asyncio.run(bear(server, client, rate=200, seconds=seconds, readers=50))
        show(server, outcome)


def show(server: Server, outcome: Outcome) -> None:
    stored = server.stored()
    lost = sum(stored.get(number) != text for number, text in outcome.acknowledged.items())
    twice = sum(times - 1 for times in Counter(stored.values()).values()) + outcome.differing
    figures = [
        percentile(outcome.posts, 50), percentile(outcome.posts, 99), max(outcome.posts, default=0),
        percentile(outcome.reads, 50), percentile(outcome.reads, 99), len(outcome.acknowledged) / outcome.seconds,
    ]  # fmt: skip
    print(
        f"{server.name:10}{''.join(f'{figure:10.1f}' for figure in figures)}{lost:6}{twice:7}{outcome.broken.total():8}"
    )
    answers = ", ".join(f"{status}: {number}" for status, number in sorted(outcome.statuses.items()))
    broken = ", ".join(f"{name}: {number}" for name, number in outcome.broken.items())
    print(f"{'':10}answers {answers}; broken: {broken or 'none'}; {outcome.cpu:.1f} s of computing")


def measure_rush(folder: Path, seconds: int) -> None:
    print(f"20 visitors as fast as they are answered, {seconds} s a round; messages a second")
    servers: list[Server] = [kind(folder) for kind in KINDS]
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(3):
        for server in servers:
            with server.running() as client:
                outcome = asyncio.run(rush(server, client, seconds=seconds, name=f"{number}"))
            lost = len(outcome.acknowledged.items() - server.stored().items())
            rates[server.name].append(len(outcome.posts) / seconds)
            print(f"{server.name:12}{rates[server.name][-1]:9.1f}  lost {lost}, "
                  f"p99 {percentile(outcome.posts, 99):.1f} ms, answers {dict(outcome.statuses)}, "
                  f"{outcome.cpu * 1000 / max(len(outcome.posts), 1):.2f} ms of computing each")  # fmt: skip
    ours, others = (median(rates[server.name]) for server in servers)
    print(f"{'as many':12}{ours / others:9.1f}")


def measure_posts(folder: Path) -> None:
    print("messages a second, from forms that were shown before")
    servers: list[Server] = [kind(folder) for kind in KINDS]
    for visitors in (20, 50):
        for server in servers * 2:
            with server.running() as client:
                rate = asyncio.run(send(server, client, visitors))
            print(f"{visitors} at a time  {server.name:12}{rate:9.1f}")


async def send(server: Server, client: Client, visitors: int, messages: int = 2000) -> float:
    """Have so many visitors send messages, one after another; return how many a second were taken."""
    forms = [await server.prepare(client, "13.0.0.1") for _ in range(messages)]
    await asyncio.sleep(3)
    waiting = iter(enumerate(forms))

    async def visit() -> None:
        for number, form in waiting:
            _, message = await server.post(client, form, f"{visitors} {number} {time.time_ns()}", "13.0.0.1")
            assert message, "refused"

    begin = time.perf_counter()
    await asyncio.gather(*(visit() for _ in range(visitors)))
    rate = messages / (time.perf_counter() - begin)
    client.close()
    return rate


def measure_idle(folder: Path, seconds: int) -> None:
    print(f"1,000 idle and slow connections, and a visitor, {seconds} s")
    server = Forum(folder)
    times: dict[str, list[float]] = {"/health": [], "/thread": [], "message": []}

    async def visit() -> None:
        end = time.monotonic() + seconds
        number = 0
        async with held(server.port, 1000):
            while time.monotonic() < end:
                number += 1
                token = await server.prepare(client, "14.0.0.1")
                for name, target in (("/health", "/health"), ("/thread", "/thread?page=article1")):
                    before = time.perf_counter()
                    await client.ask("GET", target)
                    times[name].append((time.perf_counter() - before) * 1000)
                await asyncio.sleep(2.2)
                before = time.perf_counter()
                status, _ = await server.post(client, token, f"mot {number}", "14.0.0.1")
                assert status == server.held
                times["message"].append((time.perf_counter() - before) * 1000)

    with server.running() as client:
        asyncio.run(visit())
    print(f"{'milliseconds':12}{'p50':>9}{'max':>9}{'times':>8}")
    for name, seen in times.items():
        print(f"{name:12}{percentile(seen, 50):9.1f}{max(seen):9.1f}{len(seen):8}")
    print(f"lines in the log: {len(server.log.read_text('utf-8').splitlines())}")


def percentile(times: list[float], percent: int) -> float:
    """Return a percentile of times in milliseconds."""
    return sorted(times)[min(len(times) * percent // 100, len(times) - 1)] if times else 0.0


if __name__ == "__main__":
    main()
