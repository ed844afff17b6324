"""Redirects from the addresses of the old site to those of the new one, in the formats of web servers and programs.

Each writer yields the lines of a file and reads the collected redirects once or twice, so the size of the site does not
matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

from msgspec import json

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.output.moves import Redirect, ascii_address, collected, moved, path_of
from spipconv.migration.plan.old_addresses import find_by_path, read_old_address, site_root, unique_pages
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue

# The directives for server{}; the maps go into http{}.
NGINX_SERVER = """\
if ($spip_new) {
    return 301 $spip_new;
}
if ($spip_unknown) {
    return 404;
}
"""
# nginx refuses longer words.
_LONGEST_KEY = 4000
_PLAIN = re.compile("[a-z0-9_]{1,255}")
_LANGUAGE = "(?:[a-z]{2,3}(?:_[a-z]{2,4})?/)?"
_SCRIPT = r"(?:(?:spip|index)\.php)?"
_NUMBER = "0*(?<spip_n>[1-9][0-9]{0,17})"
_APACHE_FLAGS = "[R=301,L,QSD,NE]"


def check(database: WorkingDatabase, has_file: Callable[[str], bool]) -> Iterator[Issue]:
    """Yield the issues of the redirects; ``has_file`` returns whether the new site has "IMG/pdf/a.pdf"."""
    for row in database.db.execute(
        "SELECT path, MAX(kind) AS kind, MAX(number) AS number FROM old_paths GROUP BY path COLLATE NOCASE"
        " HAVING MIN(kind) != MAX(kind) OR MIN(number) != MAX(number)"
    ):
        yield Issue("redirect-contested", row["kind"], row["number"], detail=row["path"])
    stopped: list[Issue] = []
    for found in collected(database):
        if found.issue:
            stopped.append(found.issue)
        if not (one := found.redirect):
            continue
        for path in found.shadowed:
            yield Issue("redirect-shadowed", one.kind, one.number, detail=path)
        try:
            problem = _problem(database, one, has_file)
        except Exception as error:
            if stops_the_run(error):
                raise
            stopped.append(failure_issue(one.kind, one.number, describe_error(error), field="redirects"))
            continue
        if problem:
            yield Issue(problem, one.kind, one.number, detail=one.new)
    yield from stopped


def nginx(database: WorkingDatabase, feed: str = "") -> Iterator[str]:
    """Yield a file of maps for http{}, which ``NGINX_SERVER`` uses.

    ``feed`` is the address of the new feed, or empty.
    """
    root = _escape(quote(site_root(database)))
    yield from _nginx_sizes(database)
    yield "# The path without its ending, or what ?Title asks for.\n"
    yield 'map $uri $spip_path {\n    default "";\n    "~*^(?<spip_p>/.+?)(?:\\.html?)?/*$" $spip_p;\n}\n'
    yield "map $request_uri $spip_title {\n    default $spip_path;\n"
    start = _nginx_value(_query_start(database))
    yield f'    "~^{root}/{_SCRIPT}\\?(?<spip_q>[^=/?&]+)(?:&|$)" "{start}$spip_q";\n}}\n'
    yield "# The object that a number asks for.\n"
    yield 'map $request_uri $spip_numbered {\n    default "";\n'
    for form in _forms(feed):
        query = rf"\?{form.query}" if form.query else r"(?:\?|$)"
        yield f'    "~^{root}/{form.path}{query}" "{form.kind}{"$spip_n" if form.kind != "feed" else ""}";\n'
    for name, number in _unique(database):
        yield f'    "~^{root}/{_SCRIPT}\\?(?:.*&)?page={name}(?:&|$)" "article{number}";\n'
    yield "}\n# New pages that look like a number: /2024/.\n"
    yield 'map $spip_path $spip_page {\n    default "";\n'
    for path in _numbers_of_pages(database):
        yield f"    {_nginx_key('/' + path)} 1;\n"
    yield "}\n# The object that had a path.\n"
    yield 'map $spip_title $spip_titled {\n    default "";\n'
    has_queries = _has_queries(database)
    for one in moved(database):
        # nginx ignores case and would not start with the same key twice.
        keys = {key.encode().lower(): key for key in _keys(one.paths, has_queries)}
        yield from (f"    {_nginx_key(keys[key])} {one.kind}{one.number};\n" for key in keys if len(key) < _LONGEST_KEY)
    yield '}\nmap "$spip_titled $spip_page" $spip_object {\n    default $spip_titled;\n'
    yield '    " " $spip_numbered;\n    " 1" "";\n}\n'
    yield 'map $spip_object $spip_address {\n    default "";\n'
    for one in moved(database):
        yield f'    {one.kind}{one.number} "{_nginx_value(one.new)}";\n'
    if feed:
        yield f'    feed "{_nginx_value(feed)}";\n'
    yield "}\n# nginx ignores case here: a page must not lead to itself.\n"
    yield 'map "$spip_address $uri" $spip_new {\n    default $spip_address;\n    "~^(\\S+?)(?:[?#]\\S*)? \\1$" "";\n}\n'
    yield "# The front page must not stand for an unknown object.\n"
    yield 'map "$uri $spip_address $spip_numbered" $spip_unknown {\n    default "";\n'
    yield f'    "~^{_escape(site_root(database))}/  \\S" 1;\n}}\n'


def apache(database: WorkingDatabase, feed: str = "") -> Iterator[str]:
    """Yield an .htaccess for the root of the new site. ``feed`` is the address of the new feed, or empty.

    Apache reads all of it at every request: with more than a few thousand objects, use another server.
    """
    root = _escape(f"{site_root(database)}/"[1:])
    yield "RewriteEngine On\n"
    yield "# The path without its ending, or what ?Title asks for.\n"
    yield 'RewriteRule "^(.+?)(?:\\.html?)?/*$" "-" [NC,E=SPIP_TITLE:/$1]\n'
    yield 'RewriteCond %{QUERY_STRING} "^([^=/?&]+)(?:&|$)"\n'
    yield f'RewriteRule "^{root}{_SCRIPT}$" "-" [E=SPIP_TITLE:{_apache_value(_query_start(database))}%1]\n'
    yield "# The object that a number asks for.\n"
    for form in _forms(feed):
        if form.query:
            yield f'RewriteCond %{{QUERY_STRING}} "^{form.query}"\n'
        if form.kind == "feed":
            yield f'RewriteRule "^{root}{form.path}$" "{_apache_value(feed)}" {_APACHE_FLAGS}\n'
        else:
            number = "%1" if form.query else "$1"
            yield f'RewriteRule "^{root}{form.path}$" "-" [E=SPIP_OBJECT:{form.kind}{number}]\n'
    for name, article in _unique(database):
        yield f'RewriteCond %{{QUERY_STRING}} "^(?:.*&)?page={name}(?:&|$)"\n'
        yield f'RewriteRule "^{root}{_SCRIPT}$" "-" [E=SPIP_OBJECT:article{article}]\n'
    yield "# What is there needs no redirection.\n"
    yield "RewriteCond %{REQUEST_FILENAME} -f [OR]\nRewriteCond %{REQUEST_FILENAME}/index.html -f\n"
    yield f'RewriteRule "^(?!{root}$)." "-" [L]\n'
    has_queries = _has_queries(database)
    for one in moved(database):
        yield f"RewriteCond %{{ENV:SPIP_OBJECT}} ={one.kind}{one.number}{' [OR]' if one.paths else ''}\n"
        if one.paths:
            titles = "|".join(_escape(path) for path in _keys(one.paths, has_queries))
            yield f'RewriteCond %{{ENV:SPIP_TITLE}} "^(?:{titles})$" [NC]\n'
            if len(_without_case(one)) < len(one.paths):
                # The new address itself is one of these, case aside.
                yield f'RewriteCond %{{REQUEST_URI}} "!={_apache_value(one.new)}"\n'
        yield f'RewriteRule "^" "{_apache_value(one.new)}" {_APACHE_FLAGS}\n'
    yield "# The front page must not stand for an unknown object.\n"
    yield f'RewriteCond %{{ENV:SPIP_OBJECT}} .\nRewriteRule "^{root}$" "-" [R=404,L]\n'


def netlify(database: WorkingDatabase, feed: str = "") -> Iterator[str]:
    """Yield a file _redirects. Netlify cannot match ``spip.php?article12``, only queries with values."""
    root = quote(site_root(database))
    endings = ["", ".html"] if database.meta("type_urls") == "propres2" else [""]
    if feed:
        yield f"{root}/spip.php page=backend {feed} 301\n"
        yield f"{root}/backend.php3 {feed} 301\n"
    names = {number: name for name, number in _unique(database)}
    for one in moved(database):
        if one.kind == "article" and one.number in names:
            yield f"{root}/spip.php page={names[one.number]} {one.new} 301\n"
        if one.kind == "document":
            yield f"{root}/spip.php action=acceder_document arg={one.number} {one.new} 301\n"
        if one.kind in ("document", "forum"):
            continue
        for path in _without_case(one):
            yield from (f"/{quote(path, safe='/+@,-._~')}{ending} {one.new} 301\n" for ending in endings)
        key = OBJECT_KINDS[one.kind].key
        yield f"{root}/spip.php page={one.kind} {key}={one.number} {one.new} 301\n"
        yield f"{root}/{one.kind}.php3 {key}={one.number} {one.new} 301\n"
        yield from (f"{root}/{one.kind}{one.number}{ending} {one.new} 301\n" for ending in ("", ".html"))
        if one.kind == "article":
            yield f"{root}/{one.number} {one.new} 301\n"


def json_table(database: WorkingDatabase) -> Iterator[str]:
    """Yield ``{"objects": {"article12": address}, "paths": {"Mon-titre": address}}``, one entry per line."""
    yield '{"objects": {\n'
    yield from _entries((f"{one.kind}{one.number}", one.new) for one in moved(database))
    yield '}, "paths": {\n'
    names = {("article", number): (f"page={name}",) for name, number in _unique(database)}
    yield from _entries(
        (path, one.new) for one in moved(database) for path in (*one.paths, *names.get((one.kind, one.number), ()))
    )
    yield "}}\n"


# ---- Paths ----


def _without_case(one: Redirect) -> list[str]:
    """Return the paths that do not differ from the new address only in case."""
    return [path for path in one.paths if path.casefold() != path_of(one.new).casefold()]


# ---- Their issues ----


def _problem(database: WorkingDatabase, one: Redirect, has_file: Callable[[str], bool]) -> str:
    """Return the code of the issue of a redirect, or an empty string."""
    if not one.new.startswith("/"):
        site = database.meta("adresse_site")
        old = read_old_address(one.new, [site] if site else [])
        target = (old.kind, old.number) if old and old.kind else find_by_path(database, old.path) if old else None
        if target == (one.kind, one.number):
            return "redirect-endless"
        return "redirect-chained" if target and target[1] else ""
    address = one.new.partition("#")[0]
    pages = database.db.execute("SELECT kind, number FROM pages WHERE address = ?", (address,)).fetchone()
    if not pages:
        return "" if has_file(unquote(address.partition("?")[0]).strip("/")) else "redirect-broken"
    is_there = one.kind == "forum" or (pages["kind"], pages["number"]) == (one.kind, one.number)
    return "redirect-home" if address == "/" and not is_there else ""


# ---- The formats of servers ----


class _Form(NamedTuple):
    """A way to refer to an object by its number: regular expressions for the path and the query (empty: any)."""

    kind: str
    path: str
    query: str


def _forms(feed: str) -> Iterator[_Form]:
    end = "(?:&|$)"
    for kind, record in OBJECT_KINDS.items():
        names = "|".join(record.names)
        keys = "|".join(sorted({f"id_{name}" for name in record.names} | {record.key}))
        yield _Form(kind, f"{_LANGUAGE}{_SCRIPT}", f"(?:{names}){_NUMBER}=?{end}")
        yield _Form(kind, _SCRIPT, f"(?=(?:.*&)?page=(?:{names}){end})(?:.*&)?(?:{keys})={_NUMBER}{end}")
        yield _Form(kind, rf"(?:{names})\.php3?", f"(?:.*&)?(?:{keys})={_NUMBER}{end}")
        yield _Form(kind, rf"{_LANGUAGE}(?:{names}){_NUMBER}(?:\.html?)?/*", "")
    yield _Form("article", "(?<spip_n>[1-9][0-9]{0,17})/*", "")
    action = f"(?=(?:.*&)?action=(?:acceder_document|autoriser){end})"
    yield _Form("document", _SCRIPT, f"{action}(?:.*&)?arg={_NUMBER}{end}")
    if feed:
        yield _Form("feed", _SCRIPT, f"(?:.*&)?page=backend{end}")
        yield _Form("feed", r"backend\.php3?", "")


def _unique(database: WorkingDatabase) -> Iterator[tuple[str, int]]:
    """Yield the articles that the old site showed as ``?page=name``, if the name needs no encoding."""
    return (found for found in unique_pages(database) if _PLAIN.fullmatch(found[0]))


def _has_queries(database: WorkingDatabase) -> bool:
    """Return whether addresses were like ``/?Title``; otherwise these are understood if they need no encoding."""
    return database.meta("type_urls") == "propres_qs"


def _query_start(database: WorkingDatabase) -> str:
    """Return the beginning of the keys of ``?Title``: servers see these encoded, but other paths decoded."""
    return "?" if _has_queries(database) else f"{site_root(database)}/"


def _keys(paths: Sequence[str], has_queries: bool) -> list[str]:
    keys = [f"/{path}" for path in paths]
    for path in paths if has_queries else ():
        keys += ["?" + quote(path, safe="/!$'()*+,-.:;@_~"), "?" + quote(path, safe="/")]
    return list(dict.fromkeys(keys))


def _numbers_of_pages(database: WorkingDatabase) -> Iterator[str]:
    for row in database.db.execute("SELECT address FROM pages"):
        read = read_old_address(row["address"], [])
        if read and read.number:
            yield path_of(row["address"])


def _nginx_sizes(database: WorkingDatabase) -> Iterator[str]:
    tables = ("old_paths", "objects", "documents", "forum", "pages")
    size = sum(database.db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables)
    longest = database.db.execute("SELECT MAX(LENGTH(CAST(path AS BLOB))) FROM old_paths").fetchone()[0] or 0
    if database.meta("type_urls") == "propres_qs":
        size, longest = 3 * size, 3 * longest
    # If a bucket has room for several of the longest keys, nginx needs no more buckets than there are keys.
    bucket = 4 * (min(longest + len(site_root(database).encode()), _LONGEST_KEY) + 100)
    yield f"map_hash_max_size {1 << (2 * size + 2048).bit_length()};\n"
    yield f"map_hash_bucket_size {1 << bucket.bit_length()};\n"


def _nginx_key(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _nginx_value(address: str) -> str:
    # nginx has no other way to write a dollar.
    return ascii_address(address).replace("$", "%24")


def _apache_value(address: str) -> str:
    return re.sub(r"[%$]", r"\\\g<0>", ascii_address(address))


def _escape(text: str) -> str:
    """Return a regular expression for a text, as nginx and Apache both read it in double quotes."""
    return re.sub(r'[.^$*+?()\[\]{}|\\"]', lambda found: f"\\x{ord(found[0]):02x}", text)


def _entries(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    separator = " "
    for name, address in pairs:
        yield f"{separator}{json.encode(name).decode()}: {json.encode(address).decode()}\n"
        separator = ","
