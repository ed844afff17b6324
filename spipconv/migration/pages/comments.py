"""The messages of a page, as its visitors read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import unescape
from sqlite3 import Row

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.pages.page import Comment
from spipconv.migration.pages.texts import PageTexts
from spipconv.migration.pages.threads import ThreadedComment, arrange
from spipconv.migration.read.database import read_date
from spipconv.migration.report.errors import stops_the_run
from spipconv.nodes import Document, Paragraph, Text
from spipconv.safety import safe_address
from spipconv.trees import rename_notes

_WITH_MESSAGES = frozenset(kind.name for kind in OBJECT_KINDS.values() if kind.takes_messages)
# What SPIP writes there, of which it reads three letters: "posteriori", "priori", "abo".
_OPEN = frozenset({"pos", "pri", "abo"})


def accepts_messages(kind: str, own: str, site: str, comments: Sequence[Comment]) -> bool:
    """Return whether visitors could write messages on a page.

    ``own`` is what an article says of that (``accepter_forum``), ``site`` what the site does (``forums_publics``):
    ``pos`` (shown at once), ``pri`` (after a moderator), ``abo`` (only those who log in), ``non``; empty: nothing.
    SPIP's own templates have no form on the pages of sections, so one is there only where there are messages.
    """
    if kind not in _WITH_MESSAGES or (kind == "rubrique" and not comments):
        return False
    choice = (own or site).strip()[:3]
    return choice in _OPEN or (not choice and bool(comments))


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
        plain_words(row["auteur"]),
        page_address(row["url_site"]),
        read_date(row["date_heure"]),
        plain_words(row["titre"]),
        rename_notes(body, f"-{number}"),
        is_pending=is_pending,
    )


def page_address(address: str) -> str:
    """Return the address of a commenter's page, or an empty string for anything else, such as a mailbox."""
    allowed = safe_address(address) or ""
    return allowed if allowed[:7].lower() == "http://" or allowed[:8].lower() == "https://" else ""


def plain_words(text: str) -> str:
    """Return a stranger's short text as plain words, without reading any markup in it."""
    return " ".join(unescape(text).split())
