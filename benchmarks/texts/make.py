"""Makes the texts of the benchmarks from those of the example site and from ``examples/``: always the same ones.

python benchmarks/texts/make.py
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"
ARTICLES, COMMENTS = 200, 200


def read_sentences() -> list[str]:
    """Return the sentences of the example site's articles that hold no markup of their own."""
    database = sqlite3.connect(EXAMPLES / "site" / "site.sqlite")
    texts = [row[0] for row in database.execute("SELECT texte FROM spip_articles ORDER BY id_article")]
    database.close()
    sentences = {
        sentence for text in texts for sentence in re.findall(r"[A-ZÀÉÈÊ][^.!?{}\[\]<>|\n]{40,200}[.!?]", text)
    }
    return sorted(sentences)


def make_article(chance: random.Random, sentences: list[str], number: int) -> str:
    """Return an article of some 3 KB with the shortcuts that articles have."""

    def prose(count: int) -> str:
        return " ".join(chance.sample(sentences, count))

    words = chance.choice(sentences).rstrip(".!?").split()
    parts = [
        f"{{{{{{Partie {number}}}}}}}",
        f"{prose(2)} {{{{{' '.join(words[:3])}}}}} {prose(1)}[[{prose(1)}]]",
        f"{prose(2)} Voir [le guide->https://example.org/{number}] et [->art{1 + number % 40}].",
        "".join(f"-* {prose(1)}\n" for _ in range(chance.randint(2, 5))).rstrip(),
        f"{prose(2)} {{{' '.join(words[-2:])}}}, « {prose(1)} »",
        f"<quote>{prose(1)}</quote>",
        "|{{Année}}|{{Visites}}|\n" + "".join(f"|{year}|{chance.randint(100, 9999)}|\n" for year in range(2019, 2023)),
        f"<img{1 + number % 10}|left>{prose(2)}",
        f"{prose(2)} <code>x = {number}</code> ; écrire à contact@example.org.",
        "".join(f"-# {prose(1)}\n" for _ in range(3)).rstrip(),
        prose(1),
    ]
    head, *rest = parts
    chance.shuffle(rest)
    return "\n\n".join([head, *rest])


def make_comment(chance: random.Random, sentences: list[str], number: int) -> str:
    """Return a visitor's comment: a few sentences, some with a shortcut."""
    forms = [
        "{}",
        "{} {{{{Merci}}}} !",
        "Bonjour, {} [ici->https://example.net/]",
        "<quote>{}</quote>\n\nD'accord.",
        "-* {}\n-* oui",
    ]
    return chance.choice(forms).format(" ".join(chance.sample(sentences, 1 + number % 3)))


def write(name: str, texts: list[str]) -> None:
    lines = [
        json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n" for number, text in enumerate(texts, 1)
    ]
    (HERE / name).write_text("".join(lines), "utf-8", newline="\n")


def main() -> None:
    chance = random.Random(44)  # noqa: S311
    sentences = read_sentences()
    example = (EXAMPLES / "article.spip").read_text("utf-8")
    write("articles.jsonl", [example, *(make_article(chance, sentences, number) for number in range(1, ARTICLES))])
    write("comments.jsonl", [make_comment(chance, sentences, number) for number in range(COMMENTS)])


if __name__ == "__main__":
    main()
