"""What marking the terms of a glossary adds to converting a text, as a multiple of the time without.

    python benchmarks/glossary.py [--rounds N]

Of a glossary, 50 terms occur in the texts, or every word of them is one; the others are made up. Times are CPU times,
the best of the rounds; those with and without a glossary are measured in turn.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable

from speed import read_texts

from spipconv import Glossary, GlossaryEntry, to_html

LENGTHS = (4, 16, 64, 256)
SIZES = (1, 50, 500, 2000, 20_000)
KILOBYTES = 100


def make_glossary(words: list[str], size: int, *, first_only: bool = True) -> Glossary:
    """Return a glossary with these words and made-up ones, in no order."""
    forms = [*words, *[f"terme{number} inventé" for number in range(size - len(words))]][:size]
    random.Random(size).shuffle(forms)  # noqa: S311
    return Glossary(
        [GlossaryEntry(forms=(form, f"{form}s"), definition=f"Ce que {form} veut dire.") for form in forms],
        first_only=first_only,
    )


def best_time(convert: Callable[[], object]) -> float:
    start = time.process_time()
    convert()
    return time.process_time() - start


def ratio(text: str, glossary: Glossary, rounds: int) -> float:
    """Return how many times as long a text takes with a glossary."""
    extensions = [glossary.extension()]
    without, with_it = [], []
    for _ in range(rounds):
        without.append(best_time(lambda: to_html(text)))
        with_it.append(best_time(lambda: to_html(text, extensions=extensions)))
    return min(with_it) / min(without)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    texts = read_texts("articles")
    all_words = sorted({word for text in texts for word in re.findall(r"[^\W\d_]{4,}", text)})
    some = random.Random(1).sample(all_words, 50)  # noqa: S311
    whole = "\n\n".join(texts)
    text = whole[: KILOBYTES << 10]
    print(f"a text of {KILOBYTES} KB with a glossary, times the time without\n")
    print(f"{'terms':>7}{'50 occur':>12}{'each time':>12}{'every word':>12}{'each time':>12}")
    for size in SIZES:
        row = [
            ratio(text, make_glossary(words[:size], size, first_only=first_only), rounds)
            for words in (some, all_words)
            for first_only in (True, False)
        ]
        print(f"{size:7}" + "".join([f"{value:12.2f}" for value in row]))
    print("\n2000 terms of which 50 occur, by the length of the text in KB\n")
    for length in LENGTHS:
        glossary = make_glossary(some, 2000)
        print(f"{length:7}{ratio(whole[: length << 10], glossary, rounds):12.2f}")


if __name__ == "__main__":
    main()
