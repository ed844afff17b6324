"""Conversions by this checkout, uncompiled and compiled, by other checkouts and by mistune 3, side by side.

    python benchmarks/speed.py [--against CHECKOUT ...] [--rounds N] [--build FOLDER]

Every round starts a process for each of them in turn, so that a loaded machine slows all alike; a figure is the median
of the rounds, of CPU time. mistune renders our Markdown of the same texts. The compiled build is that of the tests
(``tests/builds.py``), or the one installed in FOLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if sys.platform == "win32":
    raise SystemExit("This reads the CPU times of processes as Unix tells them.")

if TYPE_CHECKING:
    from spipconv import Profile

HERE = Path(__file__).parent.parent
TEXTS = Path(__file__).parent / "texts"
KILOBYTES = (4, 16, 64, 256, 1024)
# What is timed: our function, its profile, and which texts.
CONVERSIONS: Mapping[str, tuple[str, Profile, str]] = {
    "200 articles, HTML": ("to_html", "article", "articles"),
    "200 articles, Markdown": ("to_markdown", "article", "articles"),
    "200 comments, profile comment": ("to_html", "comment", "comments"),
    "200 comments, profile article": ("to_html", "article", "comments"),
}
MEMORY = "peak memory until here, MB"


def read_texts(name: str) -> list[str]:
    """Return the texts of a file of the benchmarks."""
    return [json.loads(line)["text"] for line in (TEXTS / f"{name}.jsonl").read_text("utf-8").split("\n")[:-1]]


def best_time(convert: Callable[[str], object], texts: Iterable[str], rounds: int = 3) -> float:
    """Return the CPU milliseconds of the fastest of some rounds over all texts."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            convert(text)
        times.append(time.process_time() - start)
    return 1000 * min(times)


def measure(converters: Mapping[str, tuple[Callable[[str], object], list[str]]]) -> dict[str, float]:
    """Return the milliseconds of each conversion, the peak of memory, and microseconds per KB of longer texts."""
    figures = {name: best_time(convert, texts) for name, (convert, texts) in converters.items()}
    figures[MEMORY] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )
    convert, texts = converters["200 articles, HTML"]
    # The first article has an author's HTML, which has the document that contains it cleaned whole: it stays out.
    whole = "\n\n".join(texts[1:] * 2).encode()
    for kilobytes in KILOBYTES:
        # As much text for each length; short ones are cut from different places.
        parts = range(0, KILOBYTES[-1], max(kilobytes, KILOBYTES[-1] // 16))
        cut = [whole[part << 10 : part + kilobytes << 10].decode(errors="ignore") for part in parts]
        figures[f"µs per KB of a text of {kilobytes} KB"] = 1000 * best_time(convert, cut) / (kilobytes * len(cut))
    return figures


def measure_spipconv() -> dict[str, float]:
    """Measure the build that this process imports."""
    import spipconv

    def converter(function: str, profile: Profile) -> Callable[[str], object]:
        write = spipconv.to_html if function == "to_html" else spipconv.to_markdown
        return lambda text: write(text, profile)

    return measure(
        {
            name: (converter(function, profile), read_texts(texts))
            for name, (function, profile, texts) in CONVERSIONS.items()
        }
    )


def measure_mistune(pages: Path) -> dict[str, float]:
    """Measure mistune on the texts of a file as Markdown."""
    import mistune

    render = mistune.create_markdown(plugins=["table", "footnotes", "strikethrough"])
    return measure({name: (render, texts) for name, texts in json.loads(pages.read_text("utf-8")).items()})


def write_pages(path: Path) -> None:
    """Write the texts of all conversions as Markdown."""
    import spipconv

    pages = {
        name: [spipconv.to_markdown(text, profile) for text in read_texts(texts)]
        for name, (_, profile, texts) in CONVERSIONS.items()
    }
    path.write_text(json.dumps(pages), "utf-8")


def run(build: Path, *arguments: str) -> str:
    """Return what this script prints in a process that imports from a build."""
    environment = {**os.environ, "PYTHONPATH": str(build)}
    command = [sys.executable, "-P", __file__, *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def compiled_build(folder: Path | None) -> dict[str, Path]:
    """Return the compiled build by its name, if there is one."""
    if folder is None:
        sys.path.insert(0, str(HERE))
        from tests.builds import NoCompiler, compiled_package

        try:
            folder = compiled_package()
        except NoCompiler as error:
            print(f"without a compiled build: {error}")
            return {}
    return {"compiled": folder}


def print_table(title: str, figures: Mapping[str, Mapping[str, float]], form: str) -> None:
    """Print figures: one column each, one row for each thing that is measured."""
    print(f"\n{title:34}" + "".join(f"{name[-12:]:>13}" for name in figures))
    for row in next(iter(figures.values())):
        print(f"{row:34}" + "".join(f"{column[row]:13{form}}" for column in figures.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, nargs="+", default=[])
    parser.add_argument("--build", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--measure", choices=["spipconv", "mistune", "pages"], help=argparse.SUPPRESS)
    parser.add_argument("--pages", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure == "pages":
        write_pages(given.pages)
    elif given.measure:
        print(json.dumps(measure_spipconv() if given.measure == "spipconv" else measure_mistune(given.pages)))
    else:
        compare(
            {
                **{path.resolve().name: path.resolve() for path in given.against},
                "uncompiled": HERE,
                **compiled_build(given.build),
            },
            given.rounds,
        )


def compare(builds: Mapping[str, Path], rounds: int) -> None:
    """Measure builds and mistune in turn, and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder, "pages.json")
        run(HERE, "--measure", "pages", "--pages", str(pages))
        processes: dict[str, tuple[Path, *tuple[str, ...]]] = {
            name: (build, "--measure", "spipconv") for name, build in builds.items()
        }
        processes |= {"mistune": (HERE, "--measure", "mistune", "--pages", str(pages))}
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in processes}
        load = [psutil.getloadavg()[0]]
        for _ in range(rounds):
            for name, (build, *arguments) in processes.items():
                measured[name].append(json.loads(run(build, *arguments)))
            load.append(psutil.getloadavg()[0])
    medians = {
        name: {row: statistics.median(figures[row] for figures in columns) for row in columns[0]}
        for name, columns in measured.items()
    }
    print(f"Python {sys.version.split()[0]}, median of {rounds} rounds, load {min(load):.1f} to {max(load):.1f}")
    print_table("CPU milliseconds", medians, ".1f")
    for name, reference in medians.items():
        if name in (next(iter(builds)), "mistune"):
            ratios = {
                other: {row: reference[row] / column[row] for row in CONVERSIONS} for other, column in medians.items()
            }
            print_table(f"times as fast as {name}", ratios, ".2f")


if __name__ == "__main__":
    main()
