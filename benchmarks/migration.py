"""Time and memory of ``spipconv migrate`` over the example site with many more articles in it: a table.

python benchmarks/migration.py [--to hugo] [--dry-run] [--out FOLDER] 1000 10000 100000
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from spipconv.system.processors import count_processors

if sys.platform == "win32":
    sys.exit("this measures by what only Linux and macOS have")

EXAMPLE = Path(__file__).parent.parent / "examples" / "site" / "site.sqlite"
FIRST = 1001


def make_base(path: Path, articles: int) -> int:
    """Make a base with so many articles more, of some 3 kB of SPIP text each; return their mean size in bytes."""
    shutil.copy(EXAMPLE, path)
    chance = random.Random(articles)  # noqa: S311
    database = sqlite3.connect(path)
    words = [row[0] for row in database.execute("SELECT texte FROM spip_articles WHERE id_article BETWEEN 36 AND 49")]
    sentences = [line for text in words for line in text.split(". ") if "[" not in line and "{" not in line]
    sections = [row[0] for row in database.execute("SELECT id_rubrique FROM spip_rubriques WHERE statut = 'publie'")]
    columns = [row[1] for row in database.execute("PRAGMA table_info(spip_articles)")]
    template = dict(
        zip(columns, database.execute("SELECT * FROM spip_articles WHERE id_article = 36").fetchone(), strict=True)
    )
    size = 0
    for number in range(FIRST, FIRST + articles):
        paragraphs = [". ".join(chance.sample(sentences, 4)) + "." for _ in range(6)]
        text = (
            f"{{{{{{Partie {number}}}}}}}\n\n{paragraphs[0]}[[{paragraphs[1][:120]}]]\n\n-* {paragraphs[2]}\n"
            f"-* [->art{max(1, number - 7 if number > FIRST + 7 else 1)}]\n\n|{{{{a}}}}|{{{{b}}}}|\n|1|2|\n\n"
            f"{paragraphs[3]} <img{1 + number % 10}|left> [le rapport->doc{11 + number % 6}].\n\n{paragraphs[4]}\n\n"
            f"{paragraphs[5]}"
        )
        size += len(text.encode())
        row = template | {
            "id_article": number, "titre": f"Article numéro {number}", "texte": text,
            "id_rubrique": sections[number % len(sections)], "date": f"20{number % 20:02}-03-04 05:06:07",
        }  # fmt: skip
        database.execute(f"INSERT INTO spip_articles VALUES ({', '.join('?' * len(columns))})", list(row.values()))  # noqa: S608
        database.execute("INSERT INTO spip_auteurs_liens VALUES (?, ?, 'article', 'non')", (1 + number % 5, number))
        database.execute("INSERT INTO spip_mots_liens VALUES (?, ?, 'article')", (1 + number % 25, number))
    database.commit()
    database.close()
    return size // articles


def run(base: Path, out: Path, to: str, *others: str) -> tuple[float, float, int]:
    """Migrate; return the seconds by the clock, the CPU's, and the peak memory of one process in MiB."""
    command = [sys.executable, "-m", "spipconv", "migrate", str(base), str(out), "--to", to, *others]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    lasted = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{' '.join(command)} failed")
    peak = max(used.ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return lasted, used.ru_utime + used.ru_stime, peak // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int, nargs="+")
    parser.add_argument("--to", default="hugo")
    parser.add_argument("--out", default=tempfile.gettempdir(), help="a folder on the disk to measure")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    others = ["--dry-run"] if options.dry_run else []
    print(f"load {os.getloadavg()[0]:.2f}, {count_processors()} CPUs")
    print(f"{'articles':>9} {'bytes':>6} {'seconds':>8} {'CPU s':>7} {'articles/s':>11} {'peak MiB':>9}")
    for articles in options.articles:
        with tempfile.TemporaryDirectory(dir=options.out) as folder:
            base = Path(folder) / "site.sqlite"
            size = make_base(base, articles)
            os.sync()
            seconds, cpu, peak = run(base, Path(folder) / "out", options.to, *others)
        rate = articles / seconds
        print(f"{articles:>9} {size:>6} {seconds:>8.2f} {cpu:>7.2f} {rate:>11.0f} {peak:>9}", flush=True)


if __name__ == "__main__":
    main()
