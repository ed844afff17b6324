"""All paths that an object had on the old site, as far as the database knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from spipconv.migration.kinds import OBJECT_KINDS, ObjectKind
from spipconv.migration.plan.old_addresses import clean_path, read_local
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue

# The most paths that an object keeps.
MOST_PATHS = 12
# How often paths of sections are joined to their parents' paths: the maximum depth of a site.
_DEEPEST = 20
_PROPER = frozenset({"", "propres", "propres2", "propres_qs", "libres"})
_FOREVER = "9999"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def find_old_paths(database: WorkingDatabase) -> Iterator[Issue]:
    """Fill ``old_paths`` from all addresses in the database.

    The caller must read the issues that it yields to the end.
    """
    db = database.db
    db.execute("DROP TABLE IF EXISTS temp.candidates")
    db.execute(
        "CREATE TEMP TABLE candidates (fold TEXT, path TEXT, kind TEXT, number INTEGER, is_shown INTEGER,"
        " perma INTEGER, date TEXT)"
    )
    sections = _Sections(database)
    for history in _histories(database):
        try:
            paths = _paths(history, sections)
        except Exception as error:
            if stops_the_run(error):
                raise
            yield failure_issue(history.kind, history.number, describe_error(error), field="urls")
            continue
        kept = sorted(paths, key=lambda path: not path.is_shown)[:MOST_PATHS]
        lost = sum(path.is_shown for path in paths) - sum(path.is_shown for path in kept)
        if lost:
            yield Issue("redirect-unkept", history.kind, history.number, detail=str(lost))
        db.executemany(
            "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (path.text.casefold(), path.text, history.kind, history.number, path.is_shown, path.perma, path.date)
                for path in kept
            ],
        )
    yield from _settle(database)
    db.execute("CREATE INDEX IF NOT EXISTS old_paths_in_any_case ON old_paths (path COLLATE NOCASE)")
    db.execute("CREATE INDEX IF NOT EXISTS old_paths_of_objects ON old_paths (kind, number)")
    # redirects.py checks for each path whether it is that of a new page.
    db.execute("CREATE INDEX IF NOT EXISTS pages_in_any_case ON pages (address COLLATE NOCASE)")
    db.commit()


# ---- The addresses of an object in the database ----


class _StoredAddress(NamedTuple):
    """A stored address. ``is_column``: it comes from a column url_propre, where each kind has its own titles."""

    url: str
    date: str
    id_parent: int
    segments: int
    perma: int
    language: str
    is_column: bool


class _History(NamedTuple):
    """All stored addresses of an object, the one that SPIP prefers first, and its current section."""

    kind: str
    number: int
    parent: int
    rows: tuple[_StoredAddress, ...]


class _Path(NamedTuple):
    """A path of an object. ``is_shown``: SPIP has shown it, rather than only accepted it."""

    text: str
    is_shown: bool
    perma: int
    date: str


class _Chain(NamedTuple):
    """The whole path of a section, the sections in it, and the time during which it was shown."""

    path: str
    numbers: frozenset[int]
    since: str
    until: str


class _Sections:
    """The paths of sections: those that SPIP shows now, and all."""

    def __init__(self, database: WorkingDatabase) -> None:
        self.mode = database.meta("type_urls")
        self._histories = {history.number: history for history in _histories(database, [OBJECT_KINDS["rubrique"]])}
        self.chains: dict[int, list[_Chain]] = {}
        for _ in range(_DEEPEST):
            chains = {number: self._join(history) for number, history in self._histories.items()}
            if chains == self.chains:
                break
            self.chains = chains

    def canonical(self, number: int) -> str:
        """Return the path of a section on a site whose addresses follow its tree, or an empty string."""
        parts: list[str] = []
        seen = set()
        while number in self._histories and number not in seen:
            seen.add(number)
            history = self._histories[number]
            parts.append(_tree_row(history).url.strip("/"))
            number = history.parent
        return "/".join(reversed(parts))

    def _join(self, history: _History) -> list[_Chain]:
        chains = []
        for row, since, until in _periods(history):
            above = self.chains.get(row.id_parent, [])
            if not row.id_parent:
                chains.append(_Chain(row.url, frozenset({history.number}), since, until))
            chains += [
                _Chain(f"{chain.path}/{row.url}", chain.numbers | {history.number}, max(since, chain.since), end)
                for chain in above
                if history.number not in chain.numbers and max(since, chain.since) < (end := min(until, chain.until))
            ]
        return chains[:MOST_PATHS]


def _histories(
    database: WorkingDatabase, kinds: Iterable[ObjectKind] = tuple(OBJECT_KINDS.values())
) -> Iterator[_History]:
    for kind in kinds:
        key, parent = kind.key, kind.parent or "0"
        rows = (
            "SELECT id_objet AS number, url, date, id_parent, segments, perma, langue, 0 AS is_column FROM urls"
            f" WHERE type IN ({', '.join('?' * len(kind.names))}) AND url != ''"
        )
        if kind.has_path:
            rows += f" UNION ALL SELECT {key}, url_propre, '', 0, 1, 0, '', 1 FROM {kind.table} WHERE url_propre != ''"
        found = database.db.execute(
            f"SELECT rows.*, parents.parent FROM ({rows}) AS rows"
            f" LEFT JOIN (SELECT {key} AS id, {parent} AS parent FROM {kind.table}) AS parents"
            " ON parents.id = rows.number"
            " ORDER BY rows.number, perma DESC, langue = '' DESC, date DESC, url",
            kind.names,
        )
        for number, group in groupby(found, key=lambda row: int(row["number"])):
            same = list(group)
            yield _History(kind.name, number, same[0]["parent"] or 0, tuple(map(_read_address, same)))


def _read_address(row: Mapping[str, str | int]) -> _StoredAddress:
    url = clean_path(str(row["url"]))
    return _StoredAddress(
        url,
        str(row["date"]),
        int(row["id_parent"] or 0),
        int(row["segments"] or 0) or url.count("/") + 1,
        int(row["perma"] or 0),
        str(row["langue"] or ""),
        bool(row["is_column"]),
    )


def _periods(history: _History) -> Iterator[tuple[_StoredAddress, str, str]]:
    """Yield the rows with the period during which SPIP may have shown them."""
    dates = sorted({row.date for row in history.rows})
    following = dict(zip(dates, [*dates[1:], _FOREVER], strict=True))
    for row in history.rows:
        yield row, row.date, _FOREVER if row.perma else following[row.date]


def _tree_row(history: _History) -> _StoredAddress:
    return max(
        history.rows,
        key=lambda row: (not row.is_column, row.id_parent == history.parent, row.perma, row.language == "", row.date),
    )


def _canonical(history: _History, sections: _Sections) -> str:
    if sections.mode == "arbo":
        above = sections.canonical(history.parent) if history.kind != "rubrique" else ""
        if history.kind == "rubrique":
            return sections.canonical(history.number) + "/"
        return f"{above}/{_tree_row(history).url}".lstrip("/")
    short = [row for row in history.rows if row.segments == 1]
    if sections.mode not in _PROPER or not short:
        return ""
    row = max(short, key=lambda one: (not one.is_column, not one.id_parent, one.perma, one.language == "", one.date))
    return row.url if sections.mode == "libres" else _mark(row.url, history.kind)


def _mark(url: str, kind: str) -> str:
    before, after = OBJECT_KINDS[kind].marks
    return before + _unmark(url, kind) + after


def _unmark(url: str, kind: str) -> str:
    before, after = OBJECT_KINDS[kind].marks
    is_marked = before and len(url) > len(before + after) and url.startswith(before) and url.endswith(after)
    return url[len(before) : -len(after)] if is_marked else url


def _paths(history: _History, sections: _Sections) -> list[_Path]:
    """Return the different paths of an object, the one that SPIP shows now first."""
    paths: dict[str, _Path] = {}

    def add(path: str, row: _StoredAddress, is_shown: bool = True) -> None:
        path = clean_path(path)
        if path and path not in paths and _means(path, history):
            paths[path] = _Path(path, is_shown, row.perma, row.date)

    if path := _canonical(history, sections):
        add(path, history.rows[0])
    for row, since, until in _periods(history):
        if row.id_parent:
            above = sections.chains.get(row.id_parent, [])
            together = [chain for chain in above if max(since, chain.since) < min(until, chain.until)]
            for chain in together or above:
                add(f"{chain.path}/{row.url}", row)
            if not above:
                add(row.url, row)
            continue
        is_marked = any(OBJECT_KINDS[history.kind].marks)
        add(row.url, row, not (row.is_column and is_marked))
        if row.segments == 1 and is_marked:
            add(_mark(row.url, history.kind), row)
            add(_unmark(row.url, history.kind), row, not row.is_column)
    return list(paths.values())


def _means(path: str, history: _History) -> bool:
    """Return whether an address that is a path leads to the object: SPIP reads some titles as the number of another
    object.
    """
    if _CONTROL.search(path):
        return False
    read = read_local(path, "")
    return read.path == path or (read.kind, read.number) == (history.kind, history.number)


def _settle(database: WorkingDatabase) -> Iterator[Issue]:
    """Assign every path, ignoring case, to one object."""
    rows = database.db.execute(
        "SELECT * FROM candidates ORDER BY fold, is_shown DESC, perma DESC, date DESC, kind, number, path"
    )
    for _, group in groupby(rows, key=lambda row: str(row["fold"])):
        owner, *others = group
        paths = {owner["path"]}
        for row in others:
            if (row["kind"], row["number"]) == (owner["kind"], owner["number"]):
                paths.add(row["path"])
            elif row["is_shown"]:
                yield Issue("redirect-contested", row["kind"], row["number"], detail=row["path"])
        database.db.executemany(
            "INSERT OR REPLACE INTO old_paths VALUES (?, ?, ?)",
            [(path, owner["kind"], owner["number"]) for path in sorted(paths)],
        )
