"""Messages of a SPIP site: any source that a migration reads comes in, messages go out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from sqlite3 import Row
from typing import cast

from msgspec.structs import replace

from spipconv.forum.moving.incoming import Finding, Incoming, Left, PageReference, sound, to_seconds
from spipconv.forum.moving.issues import ImportIssue
from spipconv.forum.moving.old_links import OldLinks
from spipconv.forum.records import Status
from spipconv.migration.pages.comments import page_address, plain_words
from spipconv.migration.plan.old_addresses import own_addresses
from spipconv.migration.plan.preparation import index_objects
from spipconv.migration.read.database import WorkingDatabase, read_date
from spipconv.migration.read.forum_reader import ForumReader, language_of
from spipconv.migration.read.prefixes import choose_prefix
from spipconv.migration.read.privacy import hide_emails
from spipconv.migration.read.sources import BadSource, open_source

_STATUSES = ForumReader.message_statuses
# What the reader reports of the source as a whole, beside what is wrong with messages.
_OF_SOURCES = frozenset({"backslashes-read", "character-ill-formed"})
# Issues that come with a count of rows that are left out, or with a reason of their own.
_COUNTED = frozenset({"row-repeated", "row-unnumbered", "object-failed"})


def read_spip(
    source: str, work: Path, take_sender: Callable[[str, str], None], knows: Callable[[str], bool], prefix: str = "",
    ask_password: Callable[[], str] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    """Yield the messages of a SPIP site, never a private one, each after those that are earlier.

    ``work`` is a folder for working files. ``take_sender`` is called with the number of a message and the e-mail
    address of its writer before the message is yielded. ``knows`` tells whether a page is registered under a key
    (``article12``): others are looked for at the address that a migration gives them. Raises BadSource.
    """
    opened = open_source(source, ask_password, work)
    prefix, tables = choose_prefix(opened, prefix)
    if "forum" not in tables:
        raise BadSource(f"{source}: it has no table of messages ({prefix}_forum): export that too")
    database = WorkingDatabase(work / "base.sqlite", is_new=True)
    with ExitStack() as whole:
        whole.callback(database.close)
        reader = ForumReader(
            opened, database, prefix, tables, lambda number, address: take_sender(str(number), address)
        )
        for issue in reader.run():
            if (issue.kind == "forum" and issue.code not in _COUNTED) or issue.code in _OF_SOURCES:
                place = f"forum{issue.number}" if issue.number else ""
                yield ImportIssue(issue.code, place, f"{issue.field} {issue.detail}".strip())
            elif issue.kind == "forum" and issue.code in ("row-unnumbered", "object-failed"):
                reason = "unnumbered" if issue.code == "row-unnumbered" else "failed"
                yield Left(reason, f"forum{issue.number}" if issue.number else "", issue.detail)
        yield Left("private", number=reader.left["forum", "private"])
        hide_emails(database)
        for issue in index_objects(database):
            if issue.kind == "forum":
                yield ImportIssue("repeated", f"forum{issue.number}")
        yield Left("repeated", number=database.left["forum", "repeated"])
        language = database.meta("langue_site")
        links = OldLinks(opened, prefix, tables, work, own_addresses(database))
        whole.callback(links.close)
        for row in database.db.execute("SELECT * FROM forum ORDER BY date_heure, id_forum"):
            finding = _finding(database, row, language)
            if isinstance(finding, Incoming):
                yield from sound(_on_new_site(finding, row, links, knows), finding.place)
            else:
                yield finding


def _on_new_site(message: Incoming, row: Row, links: OldLinks, knows: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield a message with its page and its links on the new site."""
    page = message.page
    if not knows(page.key):
        page = replace(page, path=links.page_of(row["objet"], row["id_objet"], page.language))
    text, issues = links.put_right(message.text, page, message.place)
    yield from issues
    yield replace(message, page=page, text=text)


def _finding(database: WorkingDatabase, row: Row, language: str) -> Finding:
    number = row["id_forum"]
    if row["statut"] not in _STATUSES:
        return Left(
            "other-status", f"forum{number}", row["statut"], key=str(number), parent=str(row["id_parent"] or "")
        )
    name = f"{row['objet']}{row['id_objet']}"
    return Incoming(
        key=str(number),
        page=PageReference(name, "", language_of(database, row["objet"], row["id_objet"]) or language, name),
        place=f"forum{number}",
        status=cast("Status", row["statut"]),
        author=plain_words(row["auteur"]),
        text=row["texte"],
        number=number,
        parent=str(row["id_parent"] or ""),
        title=plain_words(row["titre"]),
        url=page_address(row["url_site"]),
        created=to_seconds(read_date(row["date_heure"])),
    )
