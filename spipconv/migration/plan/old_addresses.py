"""The meaning of an address on the old site: an object, a file, one of SPIP's own pages, or a path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from unicodedata import normalize
from urllib.parse import unquote, unquote_to_bytes

from msgspec import Struct

from spipconv.migration.kinds import KINDS_BY_NAME
from spipconv.migration.read.database import WorkingDatabase

_KIND = "|".join(sorted(KINDS_BY_NAME, key=len, reverse=True))
_ADDRESS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_NUMBERED_PATH = re.compile(rf"(?:[a-z]{{2,3}}(?:_[a-z]{{2,4}})?/)?({_KIND})0*([1-9][0-9]{{0,17}})(?:\.html?)?")
_NUMBERED_QUERY = re.compile(rf"({_KIND})0*([1-9][0-9]{{0,17}})=?")
_NUMBER = re.compile(r"0*([1-9][0-9]{0,17})")
_BARE_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_SCRIPT = re.compile(r"([a-z_]+)\.php3?")
_ENDING = re.compile(r"\.html?\Z", re.IGNORECASE | re.ASCII)
_LANGUAGE_FOLDER = re.compile(r"[a-z]{2,3}(?:_[a-z]{2,4})?/")
_SPIP_FOLDERS = frozenset({"ecrire", "prive", "local", "squelettes", "squelettes-dist", "plugins-dist"})


class OldAddress(Struct, frozen=True):
    """The meaning of an address on the old site: exactly one of an object, a file, one of SPIP's own pages, or a path.

    ``kind`` and ``number``: an object; kind "home", number 0: the front page. ``file``: a file below IMG/, decoded.
    ``page``: the name of one of SPIP's own pages ("plan", "backend", "ecrire"). ``path``: a path for ``find_by_path``.
    ``query`` and ``fragment`` are the rest of the address, without ? and #.
    """

    kind: str = ""
    number: int = 0
    file: str = ""
    page: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def read_old_address(address: str, site_addresses: Collection[str]) -> OldAddress | None:
    """Return the meaning of an address in a text, or None if it is not an address of the site (or only an anchor).

    ``site_addresses`` are the addresses that the site has had; http, https and www. make no difference. A relative
    address starts at the root of the site.
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
    read = read_local(_decode(path), query or "")
    return OldAddress(read.kind, read.number, read.file, read.page, read.path, read.query, fragment or "")


def read_site(address: str) -> tuple[str, str]:
    """Return the host of a site's address, without www., and its path, without a slash at the end."""
    match = _ADDRESS.fullmatch(address if "//" in address else "//" + address)
    assert match is not None
    return _bare_host(match[2] or ""), match[3].rstrip("/")


def site_root(database: WorkingDatabase) -> str:
    """Return the folder of the old site on its host, without a slash at the end."""
    return unquote(read_site(database.meta("adresse_site"))[1])


def own_addresses(database: WorkingDatabase) -> tuple[str, ...]:
    """Return the addresses at which the old site was, as far as its database says."""
    address = database.meta("adresse_site").strip().rstrip("/")
    return (address,) if address else ()


def clean_path(path: str) -> str:
    """Return a decoded path as it is in ``old_paths``: NFC, without slashes at the ends and without .html or .htm."""
    return _ENDING.sub("", normalize("NFC", path).strip("/")).strip("/")


def find_by_path(database: WorkingDatabase, path: str) -> tuple[str, int] | None:
    """Return the kind and the number of the object that had a path (as in ``OldAddress.path``), ignoring case."""
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


def unique_pages(database: WorkingDatabase, name: str = "") -> Iterator[tuple[str, int]]:
    """Yield the names of published articles outside all sections (``spip.php?page=name``) with their numbers, sorted.

    Of several articles with a name, which are translations, it is the one in the site's language. ``name``: only this.
    """
    rows = database.db.execute(
        "SELECT page, id_article FROM articles JOIN objects ON kind = 'article' AND number = id_article"
        " WHERE page <> '' AND (? = '' OR page = ?) AND state = 'published' ORDER BY page, language <> ?, id_article",
        (name, name, database.meta("langue_site")),
    )
    last = ""
    for page, number in rows:
        if page != last and page not in KINDS_BY_NAME:
            yield page, number
        last = page


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


def read_local(path: str, query: str) -> OldAddress:
    """Return the meaning of a decoded path from the root of the site, with its query."""
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
    """Return the meaning of ``article.php3?id_article=12`` or ``spip.php?page=article&id_article=12``."""
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
