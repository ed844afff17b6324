"""SPIP to HTML against the best Markdown libraries on the same articles, in one process.

    python benchmarks/speed.py [FILE.jsonl]        (lines with "text"; by default texts/articles.jsonl)

The Markdown that they render is our own of each article. SPIP's own engine (PHP, PCRE) was measured at 1.25 times
mistune 3 on such articles.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mistune
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

import spipconv

ROUNDS = 7
ARTICLES = Path(__file__).parent / "texts" / "articles.jsonl"


def best_time(convert: Callable[[str], object], texts: list[str]) -> float:
    """Return the seconds of the fastest round over all texts."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for text in texts:
            convert(text)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    path = Path(sys.argv[1]) if sys.argv[1:] else ARTICLES
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").split("\n")[:-1]]
    pages = [spipconv.to_markdown(text) for text in texts]
    size = sum(len(text.encode()) for text in texts)
    plain = mistune.create_markdown(plugins=["table", "footnotes", "strikethrough"])
    other = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)
    rows = {
        "spipconv, SPIP to HTML": best_time(spipconv.to_html, texts),
        "spipconv, parse only": best_time(spipconv.parse, texts),
        "spipconv, SPIP to Markdown": best_time(spipconv.to_markdown, texts),
        f"mistune {mistune.__version__}": best_time(plain, pages),
        "markdown-it-py": best_time(other.render, pages),
    }
    reference = rows[f"mistune {mistune.__version__}"]
    print(f"{len(texts)} texts, {size} bytes of SPIP, best of {ROUNDS}")
    print(f"{'':30}{'seconds':>9}{'MB/s':>8}{'times mistune':>15}")
    for name, seconds in rows.items():
        print(f"{name:30}{seconds:9.3f}{size / seconds / 1e6:8.2f}{reference / seconds:15.2f}")


if __name__ == "__main__":
    main()
