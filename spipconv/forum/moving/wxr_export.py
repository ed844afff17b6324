"""A forum as WordPress eXtended RSS 1.2: pages with their messages come in, an item of the file goes out for each.

WordPress adds comments to the posts that it has: it knows a post by its title. Isso knows a page by its path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from spipconv.forum.keys import InvalidToken, Keys
from spipconv.forum.records import Message, Page, Status
from spipconv.forum.rendering import render_message
from spipconv.forum.threads import shown_date
from spipconv.migration.pages.page import Site
from spipconv.migration.writers import wxr
from spipconv.migration.writers.wxr_comments import comment_element, comment_markup, number_comments
from spipconv.migration.writers.wxr_values import (
    NO_DATE,
    clean_text,
    escape_text,
    meta_elements,
    stamp,
    text_element,
)

_APPROVED: Final[Mapping[Status, str]] = {"publie": "1", "prop": "0", "spam": "spam", "off": "trash"}
_SPIP_KEY: Final = re.compile(r"([a-z]+)([0-9]+)(?:\..*)?")


def head(title: str, site: str, language: str) -> str:
    """Return the beginning of the file. ``site`` is the address of the site, or empty."""
    return wxr.heads(Site(title, "", "", site, language, (language,), ()), (), (), ())[0]


def tail() -> str:
    """Return the end of the file."""
    return wxr.tail()


def item(page: Page, site: str, messages: Sequence[Message], keys: Keys | None) -> str:
    """Return the item of a page; ``keys`` open the e-mail addresses of its messages, which have none without them."""
    spip = _SPIP_KEY.fullmatch(page.key)
    metas = [("_spip_kind", spip[1]), ("_spip_id", spip[2]), ("_spip_lang", page.language)] if spip else []
    by_number = {message.id: message for message in messages}
    depths = _depths(messages)
    order = number_comments([(message.id, message.parent, depths[message.id]) for message in messages])
    comments = [_comment(by_number[own], number, parent, page.title, keys) for own, number, parent in order]
    return (
        "<item>\n"
        # Isso leaves out pages without a title.
        + text_element("title", escape_text(clean_text(page.title).strip()) or page.key)
        + text_element("link", site.rstrip("/") + quote(page.path, safe="/%?&=:;,@+~!$'()*"))
        + f'<guid isPermaLink="false">{escape_text(clean_text(page.key))}</guid>\n'
        + "<description></description>\n<content:encoded></content:encoded>\n<excerpt:encoded></excerpt:encoded>\n"
        + f"<wp:post_id>{page.id}</wp:post_id>\n<wp:post_date></wp:post_date>\n<wp:post_date_gmt></wp:post_date_gmt>\n"
        + f"<wp:comment_status>{'open' if page.is_open else 'closed'}</wp:comment_status>\n"
        + "<wp:ping_status>closed</wp:ping_status>\n"
        + text_element("wp:post_name", page.path.strip("/").rpartition("/")[2])
        + "<wp:status>publish</wp:status>\n<wp:post_parent>0</wp:post_parent>\n<wp:menu_order>0</wp:menu_order>\n"
        + "<wp:post_type>post</wp:post_type>\n<wp:post_password></wp:post_password>\n<wp:is_sticky>0</wp:is_sticky>\n"
        + meta_elements("wp:postmeta", metas)
        + "".join(comments)
        + "</item>\n"
    )


def _depths(messages: Sequence[Message]) -> dict[int, int]:
    """Return how many messages are above each, in linear time."""
    parents = {message.id: message.parent for message in messages}
    depths: dict[int, int] = {}
    for message in messages:
        path: list[int] = []
        number = message.id
        while number in parents and number not in depths:
            # This also ends circles.
            depths[number] = 0
            path.append(number)
            number = parents[number]
        depth = depths[number] + 1 if number in parents else 0
        for own in reversed(path):
            depths[own] = depth
            depth += 1
    return depths


def _comment(message: Message, number: int, parent: int, page_title: str, keys: Keys | None) -> str:
    date = shown_date(message)
    return comment_element(
        number, parent, author=message.author, address=message.url, email=_email(message, keys),
        date=stamp(date) if date else NO_DATE,
        content=comment_markup(message.title, page_title, render_message(message)),
        status=_APPROVED[message.status], spip_number=message.id,
    )  # fmt: skip


def _email(message: Message, keys: Keys | None) -> str:
    try:
        return keys.open(message.email).decode() if keys and message.email else ""
    except InvalidToken:
        return ""
