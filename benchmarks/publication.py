"""What publishing a forum costs: the published messages of a base become the data files of a site.

    python benchmarks/publication.py [--messages 100000] [--pages 2000]

The messages are those of ``texts/comments.jsonl``, some of them answers. Times are those of the whole command
``spipconv comments export``, with its start: all files; again, with nothing changed; after one message was accepted.
Memory is the largest resident size of the command.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from spipconv.forum.opening import create_forum
from spipconv.forum.records import Message
from spipconv.forum.store.base import open_base
from spipconv.forum.store.store import Store

if sys.platform == "win32":
    sys.exit("this measures by what only Linux and macOS have")

TEXTS = Path(__file__).parent / "texts" / "comments.jsonl"
COMMAND = [sys.executable, "-P", "-m", "spipconv", "comments", "export"]
START = 1_400_000_000


def fill(base: Path, messages: int, pages: int) -> None:
    """Create a base with that many published messages."""
    texts = [json.loads(line)["text"] for line in TEXTS.read_text("utf-8").splitlines()]
    chance = random.Random(15)  # noqa: S311  # no secret
    create_forum(base)
    with open_base(base) as store:
        numbers = [store.pages.put(f"article{n}", f"/{n}/", f"Article {n}", "fr").id for n in range(1, pages + 1)]
        last: dict[int, int] = {}
        for number in range(messages):
            page = chance.choice(numbers)
            parent = last.get(page, 0) if chance.random() < 0.5 else 0
            last[page] = add(store, page, parent, f"{number}. {chance.choice(texts)}", number)


def add(store: Store, page: int, parent: int, text: str, number: int = 0) -> int:
    """Add a published message; return its number."""
    at = START + 60 * number
    return store.messages.add(Message(0, page, parent, 0, "publie", "Anne", "", text, "", "fr", at, at)).id


def export(base: Path, site: Path, name: str) -> None:
    """Run the command, and print what it took."""
    start = time.perf_counter()
    done = subprocess.run([*COMMAND, base, site, "--format", "hugo"], check=True, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{name:12} {seconds:7.2f} s  {memory:5.0f} MB  {digest(site)}  {done.stdout.strip()}")


def digest(site: Path) -> str:
    """Return a digest of all data files."""
    total = hashlib.sha256()
    for path in sorted((site / "data").rglob("*.json")):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def main() -> None:
    """Measure, and print a line for each export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base, site = Path(folder, "forum.db"), Path(folder, "site")
        site.mkdir()
        fill(base, options.messages, options.pages)
        print(f"{options.messages} messages, {os.path.getsize(base) >> 20} MB")
        export(base, site, "all")
        export(base, site, "unchanged")
        with open_base(base) as store:
            add(store, 1, 0, "Encore un mot.")
        export(base, site, "one more")


if __name__ == "__main__":
    main()
