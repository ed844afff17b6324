"""The messages of a page, as its visitors read them."""

from __future__ import annotations

from collections.abc import Iterable
from html import unescape
from sqlite3 import Row

from msgspec.structs import replace

from spipconv.migration.pages.page import Comment
from spipconv.migration.pages.texts import PageTexts
from spipconv.migration.pages.threads import ThreadedComment, arrange
from spipconv.migration.read.database import read_date
from spipconv.migration.report.errors import stops_the_run
from spipconv.nodes import Document, Node, Note, Paragraph, Text
from spipconv.safety import safe_address
from spipconv.trees import transform


def read_comments(messages: Iterable[Row], texts: PageTexts) -> tuple[Comment, ...]:
    """Return the messages of a page in order; a message that an internal error stops has its text as it was written."""
    return tuple([_sound_comment(placed, texts) for placed in arrange(messages)])


def _sound_comment(placed: ThreadedComment, texts: PageTexts) -> Comment:
    known = len(texts.issues)
    try:
        return _comment(placed, texts)
    except Exception as error:
        if stops_the_run(error):
            raise
        row = placed.row
        del texts.issues[known:]
        texts.add_failure("forum", row["id_forum"], error, "texte", f"{texts.address}#forum{row['id_forum']}")
        body = Document((Paragraph((Text(row["texte"]),)),), texts.language)
        return Comment(
            row["id_forum"], placed.parent, placed.depth, " ".join(row["auteur"].split()), "", None, "", body,
            is_pending=row["statut"] != "publie",
        )  # fmt: skip


def _comment(placed: ThreadedComment, texts: PageTexts) -> Comment:
    row = placed.row
    number, is_pending = row["id_forum"], row["statut"] != "publie"
    if placed.is_moved and not is_pending:
        texts.add_issue("comment-moved", "forum", detail=f"forum{number}")
    body = texts.read_message(number, row["texte"])
    return Comment(
        number,
        placed.parent,
        placed.depth,
        _flat(row["auteur"]),
        _page_address(row["url_site"]),
        read_date(row["date_heure"]),
        _flat(row["titre"]),
        replace(body, children=_rename_notes(body.children, f"-{number}")),
        is_pending=is_pending,
    )


def _rename_notes(nodes: tuple[Node, ...], suffix: str) -> tuple[Node, ...]:
    """Return nodes whose notes have ids that no other text on the page has."""

    def change(node: Node) -> Node | None:
        return replace(node, identifier=node.identifier + suffix) if isinstance(node, Note) else None

    return transform(nodes, change)


def _page_address(address: str) -> str:
    """Return the address of a commenter's page, or an empty string for anything else, such as a mailbox."""
    allowed = safe_address(address) or ""
    return allowed if allowed[:7].lower() == "http://" or allowed[:8].lower() == "https://" else ""


def _flat(text: str) -> str:
    """Return a stranger's short text as plain words, without reading any markup in it."""
    return " ".join(unescape(text).split())
