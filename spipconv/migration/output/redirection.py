"""Redirects for WordPress, as its plugin "Redirection" imports them: CSV with source, target, regex and code.

The plugin compares paths decoded, and the parameters of a query in any order. Addresses that no server sees as a file
reach WordPress, and so the plugin; whatever else follows ``spip.php?article12`` does not match.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from urllib.parse import quote

from spipconv.languages import language_tag
from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.output.moves import Redirect, moved
from spipconv.migration.plan.old_addresses import site_root
from spipconv.migration.read.database import WorkingDatabase

# The plugin reads no longer line, in bytes.
_LONGEST_LINE = 4900
_FEED = "/feed/"


def redirection(database: WorkingDatabase) -> Iterator[str]:
    """Yield the lines of the file. The addresses are WordPress's own: ``/category/…``, ``/tag/…``, ``/author/…``."""
    root = quote(site_root(database))
    main = database.meta("langue_site", "fr")
    languages = {row[0] for row in database.db.execute("SELECT DISTINCT language FROM pages")} - {main}
    tags = [f"/{language_tag(language)}" for language in sorted(languages)]
    has_queries = database.meta("type_urls") == "propres_qs"
    yield _line("source", "target", "regex", "code")
    for source in ("spip.php?page=backend", "backend.php3", "backend.php"):
        yield _line(f"{root}/{source}", _FEED, "0", "301")
    for redirect in moved(database):
        page = database.db.execute("SELECT kind FROM pages WHERE address = ?", (redirect.new,)).fetchone()
        # An article may lead to a section.
        if not (target := _target(redirect, page["kind"] if page else redirect.kind, tags)):
            continue
        for source in dict.fromkeys(_sources(redirect, root, has_queries=has_queries)):
            line = _line(source, target, "0", "301")
            if source != target and len(line.encode()) < _LONGEST_LINE:
                yield line


def _target(redirect: Redirect, kind: str, tags: list[str]) -> str:
    """Return where WordPress shows an object that leads to a page of a kind; empty: nowhere that can be known."""
    new = redirect.new
    if "groupe" in (redirect.kind, kind) or redirect.kind == "forum":
        return ""
    if redirect.kind == "document" or not new.startswith("/"):
        return new
    # WordPress knows no languages.
    new = next((new.removeprefix(tag) for tag in tags if new.startswith(f"{tag}/")), new)
    last = new.rstrip("/").rpartition("/")[2]
    match kind:
        case "rubrique":
            return f"/category{new}"
        case "mot":
            return f"/tag/{last}/"
        case "auteur":
            return f"/author/{last}/"
    return new


def _sources(redirect: Redirect, root: str, *, has_queries: bool) -> Iterator[str]:
    kind, number = redirect.kind, redirect.number
    if kind == "document":
        yield f"{root}/spip.php?action=acceder_document&arg={number}"
        return
    for path in redirect.paths:
        # Accented letters are read as they are too, but not by every editor of CSV.
        name = quote(path, safe="/+@,-._~!$()*:;=")
        yield f"/{name}"
        if has_queries:
            yield f"{root}/?{name}"
    record = OBJECT_KINDS[kind]
    for name in record.names:
        yield from (f"{root}/{start}?{name}{number}" for start in ("spip.php", ""))
        yield from (f"{root}/{name}{number}{ending}" for ending in ("", ".html"))
        yield f"{root}/spip.php?page={name}&{record.key}={number}"
        yield from (f"{root}/{name}.{ending}?{record.key}={number}" for ending in ("php3", "php"))
    if kind == "article":
        yield f"{root}/{number}"


def _line(*values: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
