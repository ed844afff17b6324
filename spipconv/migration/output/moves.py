"""What is at another address on the new site: the planned working database comes in, redirects go out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from sqlite3 import Row
from urllib.parse import quote, unquote

from msgspec import Struct, json

from spipconv.migration.plan.old_addresses import clean_path, site_root
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.safety import safe_address

_COMPLETE = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:")
_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=-._~"
_OBJECTS = (
    "SELECT objects.kind, objects.number, objects.state, objects.address, old_paths.path FROM objects"
    " LEFT JOIN old_paths ON old_paths.kind = objects.kind AND old_paths.number = objects.number"
    " WHERE objects.state IN ('published', 'redirect')"
    " AND objects.kind NOT IN ('document', 'forum', 'agenda', 'albums', 'documents')"
)
_DOCUMENTS = (
    "SELECT 'document' AS kind, id_document AS number, distant AS state, fichier AS address, old_paths.path"
    " FROM documents LEFT JOIN old_paths ON old_paths.kind = 'document' AND old_paths.number = id_document"
    " WHERE fichier != '' ORDER BY id_document, path"
)
_MESSAGES = (
    "SELECT 'forum' AS kind, id_forum AS number, '' AS state, objects.address, NULL AS path FROM forum JOIN objects"
    " ON objects.kind = objet AND objects.number = id_objet"
    " WHERE forum.statut = 'publie' AND objects.state = 'published' AND objects.address != '' ORDER BY id_forum"
)


class Redirect(Struct, frozen=True):
    """An object of the old site, its new address (ASCII) and its old paths (decoded, from the root of the host, without
    slashes at the ends). Paths of new pages are not among them.
    """

    kind: str
    number: int
    new: str
    paths: tuple[str, ...] = ()


class Found(Struct, frozen=True, array_like=True):
    """A redirect with those of its paths that another page has now, or the issue of one that an error stopped."""

    redirect: Redirect | None = None
    shadowed: tuple[str, ...] = ()
    issue: Issue | None = None


_DECODER = json.Decoder(Found)


def moved(database: WorkingDatabase) -> Iterator[Redirect]:
    """Yield everything that has an address on the new site or leads elsewhere: pages, documents and forum messages."""
    return (found.redirect for found in collected(database) if found.redirect)


def collected(database: WorkingDatabase) -> Iterator[Found]:
    """Yield what there is to redirect; an object that an internal error stops is yielded as its issue.

    The first call finds it and keeps it in a temporary table of the connection: to find it takes ten times as long as
    to read it again, and memory stays flat.
    """
    db = database.db
    if not db.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'redirects'").fetchone():
        db.execute("CREATE TEMP TABLE redirects (line BLOB)")
        db.executemany("INSERT INTO redirects VALUES (?)", ((json.encode(found),) for found in _find(database)))
        db.commit()
    return (_DECODER.decode(line) for (line,) in db.execute("SELECT line FROM temp.redirects ORDER BY rowid"))


def path_of(address: str) -> str:
    """Return the path of a new address as it would be in ``old_paths``, or an empty string for an external address."""
    return clean_path(unquote(address.partition("#")[0])) if address.startswith("/") else ""


def ascii_address(address: str) -> str:
    """Return an address in ASCII."""
    return quote(address, safe=_IN_ADDRESSES)


def _find(database: WorkingDatabase) -> Iterator[Found]:
    objects = f"{_OBJECTS} ORDER BY objects.kind, objects.number, path"
    root = site_root(database)
    rows = chain.from_iterable(database.db.execute(table) for table in (objects, _DOCUMENTS, _MESSAGES))
    for (kind, number), group in groupby(rows, key=lambda row: (row["kind"], row["number"])):
        try:
            found = _moved(database, root, list(group))
        except Exception as error:
            if stops_the_run(error):
                raise
            yield Found(issue=failure_issue(kind, number, describe_error(error), field="redirects"))
            continue
        if found:
            yield found


def _moved(database: WorkingDatabase, root: str, rows: Sequence[Row]) -> Found | None:
    """Return the redirect in the rows of an object, or None if it has no address."""
    kind, number = rows[0]["kind"], rows[0]["number"]
    if not (new := _new_address(database, rows[0])):
        return None
    paths: list[str] = []
    shadowed: list[str] = []
    for path in (f"{root}/{row['path']}".lstrip("/") for row in rows if row["path"]):
        if path == path_of(new):
            continue
        (shadowed if _is_shadowed(database, path, new) else paths).append(path)
    return Found(Redirect(kind, number, new, tuple(paths)), tuple(shadowed))


def _new_address(database: WorkingDatabase, row: Row) -> str:
    kind, number, address = row["kind"], row["number"], row["address"] or ""
    if kind == "document" and row["state"] != "oui":
        return "/IMG/" + quote(address)
    if kind == "forum":
        return f"{address}#forum{number}" if address.startswith("/") else ""
    if kind == "site" and row["state"] == "published":
        address = _site_page(database, number) or address
    address = safe_address(address) or ""
    return ascii_address(address) if _COMPLETE.match(address) else ""


def _site_page(database: WorkingDatabase, number: int) -> str:
    row = database.db.execute(
        "SELECT address FROM pages WHERE kind = 'site' AND number = ? ORDER BY language LIMIT 1", (number,)
    ).fetchone()
    return row["address"] if row else ""


def _is_shadowed(database: WorkingDatabase, path: str, new: str) -> bool:
    """Return whether another page than the one at a new address now has the path, ignoring case."""
    pages = database.db.execute(
        "SELECT address FROM pages WHERE address COLLATE NOCASE IN (?, ?)", (f"/{path}/", f"/{quote(path)}/")
    )
    return any(path_of(page["address"]) != path_of(new) for page in pages)
