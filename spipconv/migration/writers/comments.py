"""The messages of a page as a data file, for the templates of a target to show below the page's text.

The forum writes the same files: a message that was imported from SPIP looks like one that was migrated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct

from spipconv.converters import html
from spipconv.languages import language_tag
from spipconv.migration.pages.page import Comment, Page, Site
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.nodes import Document
from spipconv.safety import Templates, printable, safe_address, template_address, template_text

# A message as an object of JSON.
MessageObject = dict[str, str | int]


class ShownMessage(Struct, frozen=True):
    """A published message in its place: ``parent`` is the message it is shown under (0: none), ``answered`` its author.

    ``html`` is safe as it is, ``address`` is the writer's own page or anything else, the other texts are plain.
    """

    number: int
    parent: int
    depth: int
    author: str
    answered: str
    address: str
    date: datetime | None
    title: str
    html: str


def comments_file(
    page: Page, site: Site, target: MarkdownTree, change: Callable[[Document], Document] = lambda body: body
) -> File | None:
    """Return the file with a page's published messages; None: it has none.

    ``change`` is what a message's body must go through for the target.
    """
    shown = [message for message in page.comments if not message.is_pending]
    authors = {message.number: message.author for message in shown}
    messages = [_shown(message, authors.get(message.parent, ""), change) for message in shown]
    if not messages:
        return None
    return File(comments_path(page_key(page, site), target), write_messages(messages, target.templates))


def write_messages(messages: Iterable[ShownMessage], templates: Templates) -> bytes:
    """Return the content of a data file: a JSON list of messages, one a line.

    They are in reading order, each after the message that it answers; see ``message_object``.
    """
    lines = [json.dumps(message_object(message, templates), ensure_ascii=False) for message in messages]
    return "[\n{}\n]\n".format(",\n".join(lines)).encode("utf-8", "replace")


def message_object(message: ShownMessage, templates: Templates) -> MessageObject:
    """Return a message as the themes read it.

    ``id`` and ``parent`` are SPIP's numbers (0: none), ``depth`` counts from 0, ``answered`` is the author of the
    parent, whom templates take long to find in a long thread; ``url`` is the writer's own page, or empty; ``date`` is
    ISO 8601 without a time zone, or empty; ``html`` is safe as it is. The other texts are plain.
    """
    return {
        "id": message.number,
        "parent": message.parent,
        "depth": message.depth,
        "author": template_text(message.author, templates),
        "answered": template_text(message.answered, templates),
        "url": _web_address(message.address),
        "date": message.date.isoformat() if message.date else "",
        "title": template_text(message.title, templates),
        "html": printable(message.html.strip()),
    }


def page_key(page: Page, site: Site) -> str:
    """Return the name of a page's data file, without its folder and its ending: ``article12``, ``article12.en``."""
    suffix = "" if page.language == site.language else "." + language_tag(page.language)
    return f"{page.kind}{page.number}{suffix}"


def comments_path(key: str, target: MarkdownTree) -> str:
    """Return the path of the file with a page's messages."""
    return f"{target.data}/comments/{key}.json"


def _shown(message: Comment, answered: str, change: Callable[[Document], Document]) -> ShownMessage:
    written = html.write(change(message.body), profile="comment")
    return ShownMessage(
        message.number, message.parent, message.depth, message.author, answered, message.address, message.date,
        message.title, f"{written.body}{written.notes}",
    )  # fmt: skip


def _web_address(address: str) -> str:
    """Return the address of a writer's page if it is one of the web, or an empty string."""
    allowed = safe_address(address) if address else None
    return template_address(allowed) if allowed and allowed.startswith(("http://", "https://")) else ""
