"""Collect the results and the issues of a migration, and return them in a fixed order.

A run that was killed and resumed must give the same bytes, so nothing here depends on time or on the order in which
pages were made.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from spipconv.diagnostics import Severity
from spipconv.migration.report.balance import REASONS, KindBalance, balance_kind
from spipconv.migration.report.issues import (
    DOCUMENT_CODES,
    ENCODING_CODES,
    FAILED,
    LINK_CODES,
    MODEL_CODES,
    SEVERITIES,
    Issue,
    message,
    readable,
    severity,
)
from spipconv.migration.report.plugin_facts import ActivePlugin
from spipconv.migration.report.words import KIND_ORDER, TALLY_ORDER

# The file next to report.json that has every issue; its name and keys are a format that others read.
ISSUES_FILE = "remarks.jsonl"
# The maximum per code and per list in report.json; the other file has all of them.
MOST_EXAMPLES = 1000

# Rows that wait to be written together.
_MOST_WAITING = 1000
_ORDER = 'code, kind, number, field, line, "column", detail, page'
_MODEL_NAME = re.compile(r"<?\s*([\w-]+?)(\d*)(?=[|>\s]|$)")


class PageWords(Struct, frozen=True):
    """The words of an object's source, and how many of them are on its page."""

    kind: str
    number: int
    page: str
    source_words: int
    kept_words: int

    @property
    def share(self) -> float:
        """The share of words that were kept, rounded down: only a page that kept every word has 1."""
        return share(self.source_words, self.kept_words)


class Mention(Struct, frozen=True):
    """Something that issues are about (an address, a file, a model), and how often."""

    code: str
    detail: str
    count: int


def share(words: int, kept: int) -> float:
    """Return a share of words, rounded down to a hundredth of a per cent."""
    return 1.0 if kept >= words else kept * 10_000 // words / 10_000


class MigrationReport:
    """All issues and tallies of a run; one process adds to it. It keeps only a few pages in memory.

    ``spool`` is a file that lasts as long as the report (an existing one is overwritten); without it, SQLite uses a
    temporary file. ``plugins`` are the active plugins of the old site.
    """

    plugins: tuple[ActivePlugin, ...] = ()

    def __init__(self, spool: Path | None = None) -> None:
        if spool is not None:
            spool.unlink(missing_ok=True)
        # An empty name is a private temporary file, which SQLite removes.
        self._db = sqlite3.connect(spool or "", isolation_level=None)
        self._db.executescript(
            """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; BEGIN;
            CREATE TABLE issues (
                code TEXT, kind TEXT, number INTEGER, field TEXT, line INTEGER, "column" INTEGER, detail TEXT, page TEXT
            );
            CREATE TABLE page_words (kind TEXT, number INTEGER, page TEXT, source_words INTEGER, kept_words INTEGER);"""
        )
        self._codes: Counter[str] = Counter()
        self._tallies: dict[str, Counter[str]] = {}
        self._reasons: dict[str, Counter[str]] = {}
        self._words = [0, 0, 0]
        self._issues: list[tuple[str | int, ...]] = []
        self._page_words: list[tuple[str | int, ...]] = []

    def add(self, *issues: Issue) -> None:
        """Add issues. Raises KeyError for a code that neither table has."""
        for issue in issues:
            severity(issue.code)
            self._codes[issue.code] += 1
            self._issues.append(
                (
                    issue.code, readable(issue.kind), issue.number, readable(issue.field),
                    issue.line, issue.column, readable(issue.detail), readable(issue.page),
                )
            )  # fmt: skip
        if len(self._issues) >= _MOST_WAITING:
            self._flush()

    def count(self, what: str, kind: str, number: int = 1) -> None:
        """Add to a tally: (``read``, ``article``), (``left``, ``forum``), (``file``, ``copied``) …"""
        self._tallies.setdefault(readable(what), Counter())[readable(kind)] += number

    def leave(self, kind: str, reason: str, number: int = 1) -> None:
        """Count rows of a kind, or of a table, that are left out; ``reason`` is one of ``REASONS``."""
        if number:
            assert reason in REASONS, reason
            self._reasons.setdefault(readable(kind), Counter())[reason] += number
            self.count("left", kind, number)

    def count_words(self, kind: str, number: int, page: str, source_words: int, kept_words: int) -> None:
        """Add the number of an object's words that are on its page.

        Only pages that lost words are kept individually.
        """
        kept_words = min(kept_words, source_words)
        self._words[0] += 1
        self._words[1] += source_words
        self._words[2] += kept_words
        if kept_words < source_words:
            self._page_words.append((readable(kind), number, readable(page), source_words, kept_words))
            if len(self._page_words) >= _MOST_WAITING:
                self._flush()

    @property
    def has_failures(self) -> bool:
        """Whether an internal error stopped an object."""
        return self._codes[FAILED] > 0

    @property
    def has_losses(self) -> bool:
        """Whether any issue is a loss."""
        return self.totals["loss"] > 0

    @property
    def totals(self) -> dict[Severity, int]:
        """The number of issues of each severity."""
        totals = dict.fromkeys(SEVERITIES, 0)
        for code, number in self._codes.items():
            totals[severity(code)] += number
        return totals

    @property
    def codes(self) -> dict[str, int]:
        """The number of issues of each code: losses first, then the most frequent."""
        return dict(
            sorted(self._codes.items(), key=lambda item: (SEVERITIES.index(severity(item[0])), -item[1], item[0]))
        )

    @property
    def tallies(self) -> dict[str, dict[str, int]]:
        """The tallies, in the order of ``tally_words`` and of kinds, then by name."""
        return {
            what: {kind: tally[kind] for kind in _in_order(tally, [*KIND_ORDER, *TALLY_ORDER])}
            for what in _in_order(self._tallies, TALLY_ORDER)
            for tally in [self._tallies[what]]
        }

    @property
    def balance(self) -> dict[str, KindBalance]:
        """What became of the rows that were read, by kind or table, in the order of kinds."""
        tallies = self._tallies
        written, redirects = tallies.get("written", Counter()), tallies.get("redirect", Counter())
        read = self._tallies.get("read", Counter())
        return {
            kind: balance_kind(read[kind], written[kind], redirects[kind], self._reasons.get(kind, Counter()))
            for kind in _in_order(read, KIND_ORDER)
        }

    @property
    def words(self) -> tuple[int, int, int]:
        """All pages whose words were counted, the words of their sources, and those kept."""
        return self._words[0], self._words[1], self._words[2]

    def issues(self, code: str, most: int = -1) -> Iterator[Issue]:
        """Yield the issues of a code by kind, number and place: all of them, or the first ones."""
        return self._read("WHERE code = ?", (code, most))

    def lines(self) -> Iterator[bytes]:
        """Yield every issue with its severity as a line of JSON, sorted."""
        for issue in self._read("", (-1,)):
            yield b'{"severity":"%s",%s\n' % (severity(issue.code).encode(), msgspec.json.encode(issue)[1:])

    def pages_with_losses(self, most: int = -1) -> Iterator[PageWords]:
        """Yield the pages that lost words, the lowest share first."""
        self._flush()
        order = "kept_words * 1.0 / source_words, kept_words - source_words, kind, number, page, source_words"
        for row in self._db.execute(f"SELECT * FROM page_words ORDER BY {order} LIMIT ?", (most,)):
            yield PageWords(*row)

    @property
    def pages_below(self) -> int:
        """The number of pages that lost words."""
        self._flush()
        return int(self._db.execute("SELECT COUNT(*) FROM page_words").fetchone()[0])

    def mentions(self, codes: Iterable[str], most: int = -1) -> Iterator[Mention]:
        """Yield the details of the issues with these codes, the most frequent first."""
        self._flush()
        chosen = tuple(codes)
        marks = ", ".join("?" * len(chosen))
        rows = self._db.execute(
            f"SELECT code, detail, COUNT(*) AS times FROM issues WHERE code IN ({marks}) "
            "GROUP BY code, detail ORDER BY times DESC, code, detail LIMIT ?",
            (*chosen, most),
        )
        for row in rows:
            yield Mention(*row)

    def unknown_models(self) -> dict[str, int]:
        """Return the unknown models by name, the most frequent first."""
        counts: Counter[str] = Counter()
        for mention in self.mentions(MODEL_CODES):
            name = _MODEL_NAME.match(mention.detail)
            counts[name[1] if name else mention.detail] += mention.count
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def to_json(self) -> bytes:
        """Return report.json: all tallies, at most ``MOST_EXAMPLES`` places per code, all pages that lost words."""
        pages, source_words, kept_words = self.words
        issues = [
            {
                "code": code,
                "severity": severity(code),
                "message": message(code, "en"),
                "count": number,
                "places": [_place(issue) for issue in self.issues(code, MOST_EXAMPLES)],
            }
            for code, number in self.codes.items()
        ]
        recall = {
            "pages": pages,
            "source_words": source_words,
            "kept_words": kept_words,
            "share": share(source_words, kept_words),
            "pages_below": self.pages_below,
            "below": [{**msgspec.to_builtins(words), "share": words.share} for words in self.pages_with_losses()],
        }
        content = {
            "version": 1,
            "counts": self.tallies,
            "balance": self.balance,
            "totals": self.totals,
            "plugins": self.plugins,
            "all_remarks": ISSUES_FILE,
            "remarks": issues,
            "links": list(self.mentions(LINK_CODES, MOST_EXAMPLES)),
            "documents": list(self.mentions(DOCUMENT_CODES, MOST_EXAMPLES)),
            "unknown_models": self.unknown_models(),
            "encodings": list(self.mentions(ENCODING_CODES, MOST_EXAMPLES)),
            "recall": recall,
        }
        return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"

    def close(self) -> None:
        """Remove the report's temporary file."""
        self._db.close()

    def _read(self, condition: str, values: tuple[str | int, ...]) -> Iterator[Issue]:
        self._flush()
        self._db.execute(f"CREATE INDEX IF NOT EXISTS ordered ON issues ({_ORDER})")
        for row in self._db.execute(f"SELECT * FROM issues {condition} ORDER BY {_ORDER} LIMIT ?", values):
            yield Issue(*row)

    def _flush(self) -> None:
        if self._issues:
            self._db.executemany("INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._issues)
            self._issues.clear()
        if self._page_words:
            self._db.executemany("INSERT INTO page_words VALUES (?, ?, ?, ?, ?)", self._page_words)
            self._page_words.clear()


def _place(issue: Issue) -> dict[str, str | int]:
    place: dict[str, str | int] = msgspec.to_builtins(issue)
    del place["code"]
    return place


def _in_order(names: Iterable[str], first: Iterable[str]) -> list[str]:
    """Return names sorted: first those in a list, in the order of that list, then the others alphabetically."""
    places = {name: place for place, name in enumerate(first)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))
