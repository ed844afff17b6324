"""The comments of a page in a WXR file: messages come in, their elements go out, each after the one that it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spipconv.api import render
from spipconv.migration.pages.page import Comment, Page
from spipconv.migration.writers.wxr_values import (
    NO_DATE,
    PARAGRAPH,
    WEB,
    clean_text,
    escape_text,
    meta_elements,
    stamp,
    term_name,
    text_element,
    tidy_markup,
)
from spipconv.safety import safe_address


def write_comments(page: Page, date: str) -> str:
    """Return the elements of a page's comments; a parent always has the lower number.

    ``date`` is that of the page, for comments without one, in the form of ``wxr_values.stamp``.
    """
    by_number = {comment.number: comment for comment in page.comments}
    order = number_comments([(comment.number, comment.parent, comment.depth) for comment in page.comments])
    return "".join([_comment(by_number[own], number, parent, page.title, date) for own, number, parent in order])


def number_comments(comments: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield comments of a page in order of the numbers that WordPress is to give them.

    Their own numbers, parents and depths come in; their own numbers, new numbers and parents by these go out (0: none).
    """
    numbers = sorted(comments)
    ordered = numbers
    if any(parent > number for number, parent, _ in comments):
        # WordPress adds comments in order of their numbers and loses a parent that comes later, so the numbers are
        # reassigned.
        ordered = sorted(comments, key=lambda comment: (comment[2], comment[0]))
    new: dict[int, int] = {}
    for (number, _, _), (own, parent, _) in zip(numbers, ordered, strict=True):
        # The parent has not occurred: it is not on this page, or the message answers itself.
        yield own, number, new.get(parent, 0)
        new[own] = number


def _comment(comment: Comment, number: int, parent: int, page_title: str, date: str) -> str:
    return comment_element(
        number, parent, author=comment.author, address=comment.address, email="",
        date=stamp(comment.date) if comment.date else date,
        content=comment_markup(comment.title, page_title, render(comment.body, profile="comment")),
        status="0" if comment.is_pending else "1", spip_number=comment.number,
    )  # fmt: skip


def comment_element(
    number: int, parent: int, *, author: str, address: str, email: str, date: str, content: str, status: str,
    spip_number: int,
) -> str:  # fmt: skip
    """Return the element of a comment: ``number`` and ``parent`` are those of the file, ``content`` is its HTML.

    ``status`` is what WordPress has in ``comment_approved``, ``date`` as ``wxr_values.stamp`` writes it.
    """
    # Isso stops at an invalid date.
    written = "1970-01-01 00:00:00" if date == NO_DATE else date
    allowed = safe_address(address) or ""
    return (
        "<wp:comment>\n"
        f"<wp:comment_id>{number}</wp:comment_id>\n"
        + text_element("wp:comment_author", " ".join(term_name(author).split()))
        + text_element("wp:comment_author_email", email)
        + text_element("wp:comment_author_url", allowed if WEB.match(allowed) else "")
        + "<wp:comment_author_IP></wp:comment_author_IP>\n"
        f"<wp:comment_date>{written}</wp:comment_date>\n"
        f"<wp:comment_date_gmt>{written}</wp:comment_date_gmt>\n"
        + text_element("wp:comment_content", content)
        + f"<wp:comment_approved>{status}</wp:comment_approved>\n"
        "<wp:comment_type>comment</wp:comment_type>\n"
        f"<wp:comment_parent>{parent}</wp:comment_parent>\n"
        "<wp:comment_user_id>0</wp:comment_user_id>\n"
        + meta_elements("wp:commentmeta", (("_spip_id", str(spip_number)),))
        + "</wp:comment>\n"
    )


def comment_markup(title: str, page_title: str, markup: str) -> str:
    """Return the HTML of a comment with its title, unless that is the page's, which SPIP fills in by default."""
    title = clean_text(title).lstrip("> ").strip()
    own_title = f"<p><strong>{escape_text(title)}</strong></p>" if title and title != page_title.strip() else ""
    # If WordPress removes the paragraphs, it makes new ones from blank lines. Isso stops at an empty text.
    return PARAGRAPH.sub("</p>\n\n", clean_text(tidy_markup(f"{own_title}\n{markup}"))) or "…"
