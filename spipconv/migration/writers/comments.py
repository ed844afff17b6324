"""The messages of a page as a data file, for the templates of a target to show below the page's text."""

from __future__ import annotations

import json
from collections.abc import Callable

from spipconv.converters import html
from spipconv.migration.pages.page import Comment, Page, Site
from spipconv.migration.plan.names import language_tag
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.nodes import Document
from spipconv.safety import printable, safe_address, template_address, template_text


def comments_file(
    page: Page, site: Site, target: MarkdownTree, change: Callable[[Document], Document] = lambda body: body
) -> File | None:
    """Return the file with a page's published messages; None: it has none.

    It is a JSON list in reading order, one message a line, each after the message that it answers: ``id`` and
    ``parent`` (SPIP's numbers; 0: none), ``depth`` from 0, ``author``, ``answered`` (the author of the parent, whom
    templates take long to find in a long thread), ``url`` (the writer's own page, or empty), ``date`` (ISO 8601 without
    a time zone, or empty), ``title``, and ``html``, which is safe as it is. The other texts are plain. ``change`` is
    what a message's body must go through for the target.
    """
    shown = [message for message in page.comments if not message.is_pending]
    authors = {message.number: message.author for message in shown}
    messages = [_record(message, authors.get(message.parent, ""), target, change) for message in shown]
    if not messages:
        return None
    lines = ",\n".join([json.dumps(message, ensure_ascii=False) for message in messages])
    return File(comments_path(page, site, target), f"[\n{lines}\n]\n".encode("utf-8", "replace"))


def comments_path(page: Page, site: Site, target: MarkdownTree) -> str:
    """Return the path of the file with a page's messages."""
    suffix = "" if page.language == site.language else "." + language_tag(page.language)
    return f"{target.data}/comments/{page.kind}{page.number}{suffix}.json"


def _record(
    message: Comment, answered: str, target: MarkdownTree, change: Callable[[Document], Document]
) -> dict[str, str | int]:
    written = html.write(change(message.body), profile="comment")
    return {
        "id": message.number,
        "parent": message.parent,
        "depth": message.depth,
        "author": template_text(message.author, target.templates),
        "answered": template_text(answered, target.templates),
        "url": _web_address(message.address),
        "date": message.date.isoformat() if message.date else "",
        "title": template_text(message.title, target.templates),
        "html": printable(f"{written.body}{written.notes}".strip()),
    }


def _web_address(address: str) -> str:
    """Return the address of a writer's page if it is one of the web, or an empty string."""
    allowed = safe_address(address) if address else None
    return template_address(allowed) if allowed and allowed.startswith(("http://", "https://")) else ""
