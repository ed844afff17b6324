"""Replace the old site's addresses in a parsed text with those of the new site."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from msgspec.structs import replace

from spipconv.converters.html.figures import file_name
from spipconv.languages import language_tag
from spipconv.migration.pages.resolver import FILES, SiteObjects
from spipconv.migration.plan.old_addresses import (
    OldAddress,
    find_by_path,
    own_addresses,
    read_old_address,
    unique_pages,
)
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.nodes import ICONS, Element, Figure, Link, Node
from spipconv.sections import words_of
from spipconv.trees import transform

# Called with a code, a node, and what it is about.
ReportLink = Callable[[str, Node, str], None]
# The parser leaves this of a link to a document that does not exist, and has reported it.
_NO_DOCUMENT = re.compile(r"(?:doc|document|im|img|image|emb)\s*[0-9]+\S*")
_KINDS_ELSEWHERE = frozenset({"anchor", "mail", "glossary"})
_ADDRESSES = frozenset({"href", "src", "cite"})


class LinkRewriter:
    """Rewrites the addresses in the texts of one site. ``language`` is the site's own."""

    def __init__(self, database: WorkingDatabase, objects: SiteObjects, files: ImgFolder, language: str) -> None:
        self._database, self._objects, self._files, self._language = database, objects, files, language
        self._has_files = next(files.all(), None) is not None
        self._own = own_addresses(database)

    def put_right(self, nodes: tuple[Node, ...], report: ReportLink) -> tuple[Node, ...]:
        """Return nodes with the addresses of the new site, in which SPIP's icons are words."""

        def change(node: Node) -> Node | tuple[Node, ...] | None:
            if not concerns(node):
                return None
            match node:
                case Figure():
                    thumbnail = "" if node.thumbnail.startswith(ICONS) else node.thumbnail
                    return replace(node, thumbnail=thumbnail, alternative=_alternative(node))
                case Link():
                    if node.kind == "relative" and _NO_DOCUMENT.fullmatch(node.address):
                        return node.children
                    address = self._new_address(node.address, node, report)
                    return node.children if address is None else replace(node, address=address)
                case Element():
                    pairs = [
                        (name, self._new_address(value, node, report) if name in _ADDRESSES else value)
                        for name, value in node.attributes
                    ]
                    kept = tuple((name, value) for name, value in pairs if value is not None)
                    return replace(node, attributes=kept)
            return None

        return transform(nodes, change)

    def _new_address(self, address: str, node: Node, report: ReportLink) -> str | None:
        """Return the address on the new site, an external address unchanged, or None if the page no longer exists."""
        if not address and isinstance(node, Link):
            report("link-empty", node, "")
            return None
        old = read_old_address(address, self._own)
        if old is None:
            return address
        if old.kind:
            return self._page_of(old, address, node, report)
        if old.file:
            if self._has_files and self._files.find(old.file) is None:
                report("file-missing", node, address)
            return _join(FILES + quote(old.file), old)
        if old.page and (unique := next(unique_pages(self._database, old.page), None)):
            return self._page_of(replace(old, kind="article", number=unique[1], page=""), address, node, report)
        if old.page:
            report("link-old-page", node, address)
            return None
        if not old.path:
            return address
        found = find_by_path(self._database, old.path)
        new = self._objects.address_of(*found) if found else None
        if new:
            return _join(new, old)
        if found and self._objects.is_unselected(*found):
            return self._unselected(OldAddress(*found, fragment=old.fragment), address, node, report)
        report("link-unresolved", node, address)
        return address if "://" in address or address.startswith("/") else "/" + address

    def _page_of(self, old: OldAddress, address: str, node: Node, report: ReportLink) -> str | None:
        if old.kind == "home":
            language = self._objects.language
            return "/" if language == self._language else f"/{language_tag(language)}/"
        new = self._objects.address_of(old.kind, old.number)
        if new:
            return _join(new, old)
        if self._objects.is_unselected(old.kind, old.number):
            return self._unselected(old, address, node, report)
        if new is not None:
            report("link-unpublished", node, address)
        elif not (isinstance(node, Link) and node.kind == "missing"):
            report("object-not-found", node, address)
        return None

    def _unselected(self, old: OldAddress, address: str, node: Node, report: ReportLink) -> str | None:
        """Return an address of the old site for what this run leaves out."""
        report("link-unselected", node, address)
        if address.startswith(("http://", "https://")):
            return address
        there = self._objects.old_address(old.kind, old.number)
        return _join(there, old) if there else None


def concerns(node: Node) -> bool:
    """Return whether a node may contain an address of the old site or an icon of SPIP's."""
    match node:
        case Link():
            return node.kind not in _KINDS_ELSEWHERE and not (node.kind == "internal" and node.address.startswith("/"))
        case Element():
            return any(name in _ADDRESSES for name, _ in node.attributes)
        case Figure():
            return node.thumbnail.startswith(ICONS) or _alternative(node) != node.alternative
    return False


def _alternative(node: Figure) -> str:
    """Return the words in place of a picture; those of one that is a link say where it leads."""
    if node.alternative or not (node.is_image and node.link):
        return node.alternative
    return words_of(node.title) or file_name(node.address)


def _join(address: str, old: OldAddress) -> str:
    return f"{address}#{old.fragment}" if old.fragment and "#" not in address else address
