"""How the time of a text grows with its length, for texts made to hurt, and what a byte of each costs.

    python benchmarks/growth.py                              # the shapes of tests/parsing/test_hostile.py
    python benchmarks/growth.py --generators FILE.py         # GENERATORS of a file: name to a function of a number
    python benchmarks/growth.py --everything                 # with all plugins, players, angles and repair of encoding

Times are CPU times, the best of several. The growth is the exponent between 8 KB and 256 KB (1.0: linear), where the
short text takes long enough to be timed; a byte is compared to one of plain prose.
"""

from __future__ import annotations

import argparse
import math
import runpy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spipconv
from spipconv.plugins import PLUGINS
from tests.parsing.test_hostile import OF_PLUGINS, SHAPES

SHORT, LONG, LONGEST = 8 << 10, 256 << 10, 1 << 20
# Below this the clock's own noise is in the exponent.
SHORTEST_TIME = 0.0005
PLAIN = "Bonjour à tous, voici une phrase simple que personne n’a mise en forme. "


def make(shape: Callable[[int], str], length: int) -> str:
    """Return a text of a shape, about so many characters long."""
    number = 16
    text = shape(number)
    for _ in range(12):
        if len(text) >= length * 0.9:
            break
        number = max(number + 1, min(number * 8, int(number * length / max(len(text), 1))))
        text = shape(number)
    return text


def best_time(convert: Callable[[str], str], text: str, rounds: int) -> float:
    """Return the CPU seconds of the fastest of some rounds; slow ones are not repeated for ever."""
    best, spent = math.inf, 0.0
    for _ in range(rounds):
        start = time.process_time()
        convert(text)
        taken = time.process_time() - start
        best, spent = min(best, taken), spent + taken
        if spent > 2:
            break
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generators", type=Path)
    parser.add_argument("--profile", default="article")
    parser.add_argument("--to", default="html", choices=["html", "markdown"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--everything", action="store_true", help="all options on")
    parser.add_argument("--most", type=float, default=1.15, help="Exponents above this are listed.")
    given = parser.parse_args()
    shapes = runpy.run_path(str(given.generators))["GENERATORS"] if given.generators else SHAPES | OF_PLUGINS

    options: dict[str, Any] = {"profile": given.profile}
    if given.everything:
        options |= {"plugins": tuple(PLUGINS), "embeds": True, "angle_shortcuts": True, "repair_encoding": True}

    def convert(text: str) -> str:
        write = spipconv.to_html if given.to == "html" else spipconv.to_markdown
        return write(text, **options)

    plain = best_time(convert, PLAIN * 4000, 9) / len(PLAIN * 4000)
    rows: list[tuple[float, float, str, float, float]] = []
    for name, shape in shapes.items():
        short, long = make(shape, SHORT), make(shape, LONG)
        rounds = given.rounds
        first, last = best_time(convert, short, 3 * rounds), best_time(convert, long, rounds)
        growth = math.log(last / max(first, SHORTEST_TIME)) / math.log(max(len(long) / max(len(short), 1), 1.01))
        if growth > given.most:
            first, last = best_time(convert, short, 9 * rounds), best_time(convert, long, 3 * rounds)
            growth = math.log(last / max(first, SHORTEST_TIME)) / math.log(len(long) / len(short))
        rows.append((growth, last / len(long) / plain, name, first, last))
        convert(make(shape, LONGEST))
    above = [row for row in rows if row[0] > given.most]
    print(f"{len(rows)} shapes, profile {given.profile}, to {given.to}; plain prose {plain * 1e9:.0f} ns a character")
    print(f"growth above {given.most}: {len(above)}; steepest and dearest (times plain):")
    dearest = sorted(rows, key=lambda row: -row[1])[:12]
    for growth, times, name, first, last in sorted({*above, *sorted(rows, reverse=True)[:8], *dearest}, reverse=True):
        print(f"  n^{growth:.2f}  {times:6.1f}x  {first * 1000:8.2f} ms {last * 1000:9.1f} ms  {name}")


if __name__ == "__main__":
    main()
