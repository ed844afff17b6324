"""Where objects were found at the old site, and what an old address means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from spipconv.migration.kinds import KINDS_BY_NAME, OBJECT_KINDS, ObjectKind
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue

# The most paths that an object keeps.
MOST_PATHS = 12
# How often the paths of sections are joined to those above them: as deep as a site may be.
_DEEPEST = 20
_PROPER = frozenset({"", "propres", "propres2", "propres_qs", "libres"})
_FOREVER = "9999"

_KIND = "|".join(sorted(KINDS_BY_NAME, key=len, reverse=True))
_ADDRESS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_NUMBERED_PATH = re.compile(rf"(?:[a-z]{{2,3}}(?:_[a-z]{{2,4}})?/)?({_KIND})0*([1-9][0-9]{{0,17}})(?:\.html?)?")
_NUMBERED_QUERY = re.compile(rf"({_KIND})0*([1-9][0-9]{{0,17}})=?")
_NUMBER = re.compile(r"0*([1-9][0-9]{0,17})")
_BARE_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_SCRIPT = re.compile(r"([a-z_]+)\.php3?")
_ENDING = re.compile(r"\.html?\Z", re.IGNORECASE | re.ASCII)
_LANGUAGE_FOLDER = re.compile(r"[a-z]{2,3}(?:_[a-z]{2,4})?/")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SPIP_FOLDERS = frozenset({"ecrire", "prive", "local", "squelettes", "squelettes-dist", "plugins-dist"})


class OldAddress(Struct, frozen=True):
    """What an address of the old site means: exactly one of an object, a file, a page of SPIP's own, or a path.

    ``kind`` and ``number``: an object; kind "home", number 0: the front page. ``file``: a file below IMG/, decoded.
    ``page``: the name of a page of SPIP's ("plan", "backend", "ecrire"). ``path``: to be looked up by
    ``find_by_path``. ``query`` and ``fragment`` are what else the address says, without ? and #.
    """

    kind: str = ""
    number: int = 0
    file: str = ""
    page: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def read_old_address(address: str, site_addresses: Collection[str]) -> OldAddress | None:
    """Return what an address in a text means, or None where it is no address of the site (or only an anchor).

    ``site_addresses`` are those that the site has had; http, https and www. make no difference. A relative address
    is taken from the site's root.
    """
    match = _ADDRESS.fullmatch(_complete(address.strip().replace("&amp;", "&")))
    assert match is not None
    scheme, host, path, query, fragment = match.groups()
    if (scheme and (scheme.lower() not in ("http", "https") or host is None)) or not (host or path or query):
        return None
    if host is not None or path.startswith("/"):
        sites = [read_site(one) for one in site_addresses if one]
        roots = [root for name, root in sites if host is None or name == _bare_host(host)]
        if host is None and not sites:
            roots = [""]
        inside = [root for root in roots if path == root or path.startswith(root + "/")]
        if not inside:
            return None
        path = path[len(max(inside, key=len)) :]
    read = _read_local(_decode(path), query or "")
    return OldAddress(read.kind, read.number, read.file, read.page, read.path, read.query, fragment or "")


def read_site(address: str) -> tuple[str, str]:
    """Return the host of a site's address, without www., and its path, without a slash at the end."""
    match = _ADDRESS.fullmatch(address if "//" in address else "//" + address)
    assert match is not None
    return _bare_host(match[2] or ""), match[3].rstrip("/")


def clean_path(path: str) -> str:
    """Return a decoded path as ``old_paths`` has it: NFC, no slash at its edges, no .html or .htm at its end."""
    return _ENDING.sub("", normalize("NFC", path).strip("/")).strip("/")


def find_by_path(database: WorkingDatabase, path: str) -> tuple[str, int] | None:
    """Return the kind and the number of the object that had a path (as ``OldAddress.path`` is), in any case."""
    wanted = [path]
    if folder := _LANGUAGE_FOLDER.match(path):
        wanted.append(path[folder.end() :])
    for one in wanted:
        row = database.db.execute(
            "SELECT kind, number FROM old_paths WHERE path COLLATE NOCASE IN (?, ?) LIMIT 1", (one, one.lower())
        ).fetchone()
        if row:
            return row["kind"], row["number"]
    return None


def find_old_paths(database: WorkingDatabase) -> Iterator[Issue]:
    """Fill ``old_paths`` from all that the base knows of addresses; what it yields must be read to the end."""
    db = database.db
    db.execute("DROP TABLE IF EXISTS temp.candidates")
    db.execute(
        "CREATE TEMP TABLE candidates (fold TEXT, path TEXT, kind TEXT, number INTEGER, is_shown INTEGER,"
        " perma INTEGER, date TEXT)"
    )
    sections = _Sections(database)
    for history in _histories(database):
        try:
            found = _paths(history, sections)
        except Exception as error:
            if stops_the_run(error):
                raise
            yield failure_issue(history.kind, history.number, describe_error(error), field="urls")
            continue
        kept = sorted(found, key=lambda one: not one.is_shown)[:MOST_PATHS]
        lost = sum(one.is_shown for one in found) - sum(one.is_shown for one in kept)
        if lost:
            yield Issue("redirect-unkept", history.kind, history.number, detail=str(lost))
        db.executemany(
            "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (one.path.casefold(), one.path, history.kind, history.number, one.is_shown, one.perma, one.date)
                for one in kept
            ],
        )
    yield from _settle(database)
    db.execute("CREATE INDEX IF NOT EXISTS old_paths_in_any_case ON old_paths (path COLLATE NOCASE)")
    db.execute("CREATE INDEX IF NOT EXISTS old_paths_of_objects ON old_paths (kind, number)")
    # Whether a path is a new page's, redirects.py asks for each.
    db.execute("CREATE INDEX IF NOT EXISTS pages_in_any_case ON pages (address COLLATE NOCASE)")
    db.commit()


def canonical_paths(database: WorkingDatabase) -> Iterator[tuple[str, int, str]]:
    """Yield kind, number and the path that SPIP showed last, with markers and the slash of a section.

    It goes by meta type_urls; objects without a stored path have none here.
    """
    sections = _Sections(database)
    for history in _histories(database):
        if path := _canonical(history, sections):
            yield history.kind, history.number, path


# ---- What the base knows of an object's addresses ----


class _Row(NamedTuple):
    """One stored address. ``is_column``: from a column url_propre, where each kind has its own titles."""

    url: str
    date: str
    id_parent: int
    segments: int
    perma: int
    language: str
    is_column: bool


class _History(NamedTuple):
    """All stored addresses of an object, the one that SPIP prefers first, and the section that it is in now."""

    kind: str
    number: int
    parent: int
    rows: tuple[_Row, ...]


class _Found(NamedTuple):
    """A path of an object. ``is_shown``: SPIP has shown it, not only understood it."""

    path: str
    is_shown: bool
    perma: int
    date: str


class _Chain(NamedTuple):
    """A section's whole path, the sections in it, and since and until when it was shown."""

    path: str
    numbers: frozenset[int]
    since: str
    until: str


class _Sections:
    """The paths of sections: those that SPIP shows now, and all."""

    def __init__(self, database: WorkingDatabase) -> None:
        self.mode = database.meta("type_urls")
        self._histories = {one.number: one for one in _histories(database, [OBJECT_KINDS["rubrique"]])}
        self.chains: dict[int, list[_Chain]] = {}
        for _ in range(_DEEPEST):
            chains = {number: self._join(one) for number, one in self._histories.items()}
            if chains == self.chains:
                break
            self.chains = chains

    def canonical(self, number: int) -> str:
        """Return the path of a section in a site whose addresses follow its tree, empty where it has none."""
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
                _Chain(f"{one.path}/{row.url}", one.numbers | {history.number}, max(since, one.since), end)
                for one in above
                if history.number not in one.numbers and max(since, one.since) < (end := min(until, one.until))
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
            yield _History(kind.name, number, same[0]["parent"] or 0, tuple(map(_read_row, same)))


def _read_row(row: Mapping[str, str | int]) -> _Row:
    url = clean_path(str(row["url"]))
    return _Row(
        url,
        str(row["date"]),
        int(row["id_parent"] or 0),
        int(row["segments"] or 0) or url.count("/") + 1,
        int(row["perma"] or 0),
        str(row["langue"] or ""),
        bool(row["is_column"]),
    )


def _periods(history: _History) -> Iterator[tuple[_Row, str, str]]:
    """Yield the rows with the dates between which SPIP may have shown them."""
    dates = sorted({row.date for row in history.rows})
    following = dict(zip(dates, [*dates[1:], _FOREVER], strict=True))
    for row in history.rows:
        yield row, row.date, _FOREVER if row.perma else following[row.date]


def _tree_row(history: _History) -> _Row:
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


def _paths(history: _History, sections: _Sections) -> list[_Found]:
    """Return the paths of an object, each once, the one that SPIP shows now first."""
    found: dict[str, _Found] = {}

    def add(path: str, row: _Row, is_shown: bool = True) -> None:
        path = clean_path(path)
        if path and path not in found and _means(path, history):
            found[path] = _Found(path, is_shown, row.perma, row.date)

    if path := _canonical(history, sections):
        add(path, history.rows[0])
    for row, since, until in _periods(history):
        if row.id_parent:
            above = sections.chains.get(row.id_parent, [])
            together = [one for one in above if max(since, one.since) < min(until, one.until)]
            for one in together or above:
                add(f"{one.path}/{row.url}", row)
            if not above:
                add(row.url, row)
            continue
        is_marked = any(OBJECT_KINDS[history.kind].marks)
        add(row.url, row, not (row.is_column and is_marked))
        if row.segments == 1 and is_marked:
            add(_mark(row.url, history.kind), row)
            add(_unmark(row.url, history.kind), row, not row.is_column)
    return list(found.values())


def _means(path: str, history: _History) -> bool:
    """Tell whether an address that is a path leads to the object: SPIP reads some titles as another's number."""
    if _CONTROL.search(path):
        return False
    read = _read_local(path, "")
    return read.path == path or (read.kind, read.number) == (history.kind, history.number)


def _settle(database: WorkingDatabase) -> Iterator[Issue]:
    """Give every path to one object, whatever its case."""
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


# ---- What an address means ----


def _complete(address: str) -> str:
    return "//" + address if address[:4].lower() == "www." else address


def _bare_host(host: str) -> str:
    name = host.rpartition("@")[2].lower()
    return re.sub(r":[0-9]*\Z", "", name).removeprefix("www.").rstrip(".")


def _decode(text: str) -> str:
    octets = unquote_to_bytes(text)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        # Sites of SPIP 1 were in ISO-8859-1, their addresses too.
        return octets.decode("cp1252", "replace")


def _read_local(path: str, query: str) -> OldAddress:
    """Return what a decoded path from the site's root, with its query, means."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    name = "/".join(parts)
    if len(parts) > 1 and parts[0] == "IMG":
        return OldAddress(file="/".join(parts[1:]), query=query)
    if not parts or parts[-1] in ("spip.php", "index.php") or (path.endswith("/") and _is_numbered(query)):
        return _read_query(query)
    if script := _SCRIPT.fullmatch(parts[-1]):
        return _read_script(script[1], query)
    if match := _NUMBERED_PATH.fullmatch(name):
        return OldAddress(KINDS_BY_NAME[match[1]].name, int(match[2]), query=query)
    if _BARE_NUMBER.fullmatch(name):
        return OldAddress("article", int(name), query=query)
    if parts[0] in _SPIP_FOLDERS:
        return OldAddress(page=parts[0], query=query)
    return OldAddress(path=clean_path(name), query=query)


def _is_numbered(query: str) -> bool:
    return _NUMBERED_QUERY.fullmatch(query.partition("&")[0]) is not None


def _read_query(query: str) -> OldAddress:
    first, _, others = query.partition("&")
    if match := _NUMBERED_QUERY.fullmatch(first):
        return OldAddress(KINDS_BY_NAME[match[1]].name, int(match[2]), query=others)
    if first and "=" not in first and "/" not in first and (path := clean_path(_decode(first))):
        return OldAddress(path=path, query=others)
    values = _read_values(query)
    page, action = values.get("page", ""), values.get("action", "")
    if page in KINDS_BY_NAME:
        return _read_script(page, query)
    if action in ("acceder_document", "autoriser"):
        return _numbered("document", values.get("arg", ""), query, "action", "arg", "cle", "file") or OldAddress(
            page=action, query=query
        )
    if action == "redirect" and values.get("type") in KINDS_BY_NAME:
        found = _numbered(
            KINDS_BY_NAME[values["type"]].name, values.get("id", ""), query, "action", "type", "id", "status"
        )
        return found or OldAddress(page=action, query=query)
    if page not in ("", "sommaire") or action:
        return OldAddress(page=page or action, query=_left(query, "page", "action"))
    return OldAddress("home", query=_left(query, "page"))


def _read_script(name: str, query: str) -> OldAddress:
    """Return what ``article.php3?id_article=12`` means, or ``spip.php?page=article&id_article=12``."""
    if name in ("index", "sommaire"):
        return OldAddress("home", query=query)
    kind = KINDS_BY_NAME.get(name)
    values = _read_values(query)
    if kind is not None:
        for key in (f"id_{name}", f"id_{kind.name}", kind.key):
            if found := _numbered(kind.name, values.get(key, ""), query, "page", key):
                return found
    return OldAddress(page=name, query=_left(query, "page"))


def _numbered(kind: str, number: str, query: str, *read: str) -> OldAddress | None:
    match = _NUMBER.fullmatch(number)
    return OldAddress(kind, int(match[1]), query=_left(query, *read)) if match else None


def _read_values(query: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in query.split("&"))
    return {_decode(name): _decode(value) for name, _, value in pairs}


def _left(query: str, *read: str) -> str:
    return "&".join(one for one in query.split("&") if one and one.partition("=")[0] not in read)
