"""The pages of any site: its site map comes in, a file or an address; the pages that have a forum go out.

Where the site map is a file of the built site, the pages beside it say more: their titles, and whether they have a form
for messages, with the page's key.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http.client import HTTPMessage
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from spipconv.forum.publication.migrated import BadSite
from spipconv.forum.publication.page_keys import is_key, key_of_path
from spipconv.forum.publication.site_pages import SitePage
from spipconv.languages import find_language
from spipconv.migration.output.folder import is_inside
from spipconv.printing import make_printable

# As the protocol of site maps says, in bytes; and how many of them a list may name.
_LONGEST = 50 << 20
_MOST_MAPS = 1000
_LONGEST_PAGE = 1 << 21
_TIMEOUT = 30.0
_WEB = re.compile(r"https?://", re.IGNORECASE)


def read_sitemap(place: str) -> Iterator[SitePage]:
    """Yield the pages that a site map names, a file (``.xml``, ``.xml.gz``) or an address. Raises BadSite.

    Of a file, pages that the folder has without a form for messages are left out; elsewhere, each is taken to have one.
    """
    folder = None if _WEB.match(place) else Path(place).absolute().parent
    seen: set[str] = set()
    for address in _addresses(place, folder):
        path = urlsplit(address).path or "/"
        if path in seen:
            continue
        seen.add(path)
        file = _find_file(folder, path) if folder else None
        if file is None:
            if key := key_of_path(path):
                yield SitePage(key, path)
        elif page := _read_page(file, path):
            yield page


def _addresses(place: str, folder: Path | None) -> Iterator[str]:
    """Yield the addresses of pages in a site map, and in those that it lists. None of another host is fetched."""
    waiting, seen = [place], {place}
    while waiting:
        site_map = waiting.pop(0)
        for is_list, address in _parse(site_map):
            if not is_list:
                yield address
                continue
            if folder is not None:
                path = unquote(urlsplit(address).path).lstrip("/")
                listed = str(folder / path) if is_inside(path) else ""
            else:
                listed = urljoin(site_map, address)
                if urlsplit(listed)[:2] != urlsplit(place)[:2]:
                    raise _bad(place, f"it lists {listed[:200]}, which is on another host: give that one too")
            if listed and listed not in seen and len(seen) < _MOST_MAPS:
                seen.add(listed)
                waiting.append(listed)


def _parse(place: str) -> Iterator[tuple[bool, str]]:
    """Yield the addresses in a site map, each with whether it is that of another one."""
    kind = ""
    try:
        for event, element in iterparse(BytesIO(_read(place)), events=("start", "end"), forbid_dtd=True):
            assert isinstance(element, Element)
            name = element.tag.rpartition("}")[2]
            if event == "start":
                kind = kind or name
                if kind not in ("urlset", "sitemapindex"):
                    raise _bad(place, "it is XML, but not a site map")
            elif name == "loc":
                if address := (element.text or "").strip():
                    yield kind == "sitemapindex", address
            elif name in ("url", "sitemap"):
                element.clear()
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise _bad(place, f"it is not a site map: {error}") from error


def _read(place: str) -> bytes:
    try:
        if _WEB.match(place):
            with build_opener(_SameHost).open(place, timeout=_TIMEOUT) as answer:
                content: bytes = answer.read(_LONGEST + 1)
        else:
            with open(place, "rb") as file:
                content = file.read(_LONGEST + 1)
        if content[:2] == b"\x1f\x8b":
            with gzip.open(BytesIO(content)) as packed:
                content = packed.read(_LONGEST + 1)
    except (OSError, EOFError, ValueError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        raise _bad(place, f"it cannot be read: {reason}") from error
    if len(content) > _LONGEST:
        raise _bad(place, f"it is larger than {_LONGEST >> 20} MB, more than a site map may be")
    return content


class _SameHost(HTTPRedirectHandler):
    """Follows redirections within a host only: no site leads to addresses that this computer alone can reach."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not _WEB.match(newurl) or urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            raise HTTPError(req.full_url, code, f"it leads to {newurl[:200]}: give that address", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _bad(place: str, reason: str) -> BadSite:
    return BadSite(make_printable(f"{place}: {reason}"))


# ---- Pages of a built site ----


def _find_file(folder: Path, path: str) -> Path | None:
    """Return the file of a page in the folder of a built site."""
    name = unquote(path).lstrip("/")
    for file in (name + "index.html" if not name or name.endswith("/") else name, f"{name}/index.html", f"{name}.html"):
        if is_inside(file) and (folder / file).is_file():
            return folder / file
    return None


def _read_page(file: Path, path: str) -> SitePage | None:
    """Return what a built page says of itself; None: it has no form for messages."""
    reader = _PageReader()
    try:
        reader.feed(file.read_bytes()[:_LONGEST_PAGE].decode("utf-8", "replace"))
    except OSError as error:
        raise _bad(str(file), f"it cannot be read: {error.strerror or error}") from error
    if not is_key(reader.key):
        return None
    title = " ".join(reader.title.split()) or path
    return SitePage(reader.key, path, title, find_language(reader.language) or "", is_open=True)


class _PageReader(HTMLParser):
    """What a page says of itself: its title, its language, and the key in its form for messages."""

    def __init__(self) -> None:
        super().__init__()
        self.title = self.language = self.key = ""
        # Its heading says less than its title, which often ends with the name of the site.
        self._heading: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.language = values.get("lang") or ""
        elif tag == "h1" and self._heading is None:
            self._heading = []
        elif tag == "form" and values.get("data-page"):
            self.key = values["data-page"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1" and self._heading is not None and not self.title:
            self.title = "".join(self._heading)

    def handle_data(self, data: str) -> None:
        if self._heading is not None and not self.title:
            self._heading.append(data)
