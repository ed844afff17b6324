"""Links of messages to the old site: a message's text comes in, the same with the addresses of the new site goes out.

A migration writes the new addresses into the messages that it shows; in the base, the text itself has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from spipconv.forum.moving.incoming import PageReference
from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.moving.words import from_plain
from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.pages.links import LinkRewriter, concerns
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.old_addresses import own_addresses, read_old_address, read_site
from spipconv.migration.plan.old_paths import find_old_paths
from spipconv.migration.plan.plan import SitePlan
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.read.sources import SpipSource
from spipconv.migration.read.spip_tables import SpipReader
from spipconv.nodes import Link, Node, walk
from spipconv.parsing.parser import parse
from spipconv.sections import words_of

# Other texts have no link to an object or a file of the old site, unless they have its host.
_MAY_LINK: Final = r"->(?!\s*(?:https?://|mailto:))|<(?:doc|img|image|emb)[0-9]"
_WITH_PAGES: Final = frozenset(kind.name for kind in OBJECT_KINDS.values() if kind.takes_messages)


class OldLinks:
    """The links of one SPIP site. The whole site is read when something first needs its new addresses."""

    def __init__(
        self, source: SpipSource, prefix: str, tables: Mapping[str, tuple[str, ...]], work: Path, own: tuple[str, ...]
    ) -> None:
        """``own`` are the addresses of the old site, ``work`` is a folder for working files."""
        self._source, self._prefix, self._tables, self._own = source, prefix, tables, own
        hosts = [re.escape(read_site(address)[0]) for address in own]
        self._may_link = re.compile("|".join([_MAY_LINK, *filter(None, hosts)]), re.IGNORECASE)
        self._path = work / "site.sqlite"
        self._database: WorkingDatabase | None = None
        self._rewriter: LinkRewriter | None = None
        self._objects: SiteObjects | None = None

    def close(self) -> None:
        """Close the working files."""
        if self._database is not None:
            self._database.close()

    def put_right(self, text: str, page: PageReference, place: str) -> tuple[str, list[ImportIssue]]:
        """Return a text with the addresses of the new site, and what could not be found there."""
        if not self._may_link.search(text):
            return text, []
        nodes = parse(text, profile="comment", lang=page.language or "fr").document.children
        links = [
            node for node in walk(nodes)
            if isinstance(node, Link) and concerns(node) and node.end_offset > node.offset
            and read_old_address(node.address, self._own) is not None
        ]  # fmt: skip
        if not links:
            return text, []
        issues: list[ImportIssue] = []
        pieces, position = [], 0
        for link in sorted(links, key=lambda link: link.offset):
            if link.offset < position:
                continue
            new = self._rewritten(link, page.language, issues, place)
            if new != (link,):
                written = text[link.offset : link.end_offset]
                pieces += [text[position : link.offset], _write(written, link, new)]
                position = link.end_offset
        return "".join([*pieces, text[position:]]), issues

    def page_of(self, kind: str, number: int, language: str) -> str:
        """Return the address that a migration gives the page of an object; empty if it has none."""
        if kind not in _WITH_PAGES:
            return ""
        _, objects = self._site()
        objects.language = language
        return objects.address_of(kind, number) or ""

    def _rewritten(self, link: Link, language: str, issues: list[ImportIssue], place: str) -> tuple[Node, ...]:
        rewriter, objects = self._site()
        objects.language = language
        return rewriter.put_right((link,), lambda code, _, detail: issues.append(ImportIssue(code, place, detail)))

    def _site(self) -> tuple[LinkRewriter, SiteObjects]:
        """Return what finds new addresses; the site is read for it the first time."""
        if self._rewriter is not None and self._objects is not None:
            return self._rewriter, self._objects
        database = self._database = WorkingDatabase(self._path, is_new=True)
        for _ in SpipReader(self._source, database, self._prefix, self._tables).run():
            pass
        for _ in SitePlan(database, datetime.max).make():
            pass
        for _ in find_old_paths(database):
            pass
        self._objects = SiteObjects(database)
        self._objects.site_address = next((address + "/" for address in own_addresses(database)), "")
        language = database.meta("langue_site", "fr")
        self._rewriter = LinkRewriter(database, self._objects, ImgFolder(None), language)
        return self._rewriter, self._objects


def _write(written: str, link: Link, new: tuple[Node, ...]) -> str:
    """Return the source of a link with its new address, or of its words where it leads nowhere any more."""
    label = written[1:].rpartition("->")[0] if written.startswith("[") else ""
    if len(new) == 1 and isinstance(new[0], Link):
        address = new[0].address.replace(" ", "%20").replace("[", "%5B").replace("]", "%5D")
        return f"[{label.strip() or from_plain(words_of(link.children))}->{address}]"
    return label.partition("|")[0] or from_plain(words_of(link.children))
