"""Write pages as Markdown files with front matter, as the description of the target says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from msgspec.structs import replace

from spipconv.converters import html, markdown
from spipconv.languages import comments_title
from spipconv.migration.kinds import TEXTS
from spipconv.migration.pages.page import Comment, Page, Site
from spipconv.migration.plan.names import language_tag
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.migration.writers.front_matter import write_front_matter
from spipconv.nodes import Document, Element, Figure, Link, List, ListItem, Node, Text
from spipconv.safety import (
    escape_attribute,
    escape_text,
    printable,
    safe_address,
)
from spipconv.trees import transform


def write_page(page: Page, site: Site, target: MarkdownTree) -> File:
    """Return the file of a page."""
    path = path_of(page, site, target)
    body, shown = _body(page, target), [one for one in page.comments if not one.is_pending]
    if target.links == "file":
        body, shown = _relative(body, path), [replace(one, body=_relative(one.body, path)) for one in shown]
    comments = printable(_comments(shown, page.language))
    text = markdown.write(body, flavour=target.flavour)
    if comments:
        text += ("\n" if text else "") + markdown.html_block(comments, target.flavour) + "\n"
    header = write_front_matter(page, site, target)
    return File(path, (header + ("\n" + text if text else "")).encode("utf-8", "replace"))


def path_of(page: Page, site: Site, target: MarkdownTree) -> str:
    """Return the path of a page's file below the output folder."""
    is_text = page.kind in TEXTS
    pattern = target.list if not is_text else target.post if page.date and page.kind != "site" else target.text
    is_main = page.language == site.language
    tag = language_tag(page.language)
    return pattern.format(
        address=page.address,
        place=page.address if is_main else page.address.removeprefix("/" + tag),
        suffix="" if is_main else "." + tag,
        date=page.date.date().isoformat() if page.date else "",
        slug=page.slug,
    ).removeprefix("/")


# ---- Body ----


def _body(page: Page, target: MarkdownTree) -> Document:
    nodes: list[Node] = []
    if not target.shows_fields:
        nodes += [
            Element("p", (("class", name),), (Text(words),))
            for words, name in ((page.overtitle, "surtitre"), (page.subtitle, "soustitre"))
            if words
        ]
    nodes += page.body.children
    if page.below and not target.has_lists:
        items = [ListItem((Link(one.address, (Text(one.title),), kind="internal"),)) for one in page.below]
        nodes.append(List(ordered=False, items=tuple(items)))
    return replace(page.body, children=tuple(nodes))


def _comments(comments: Iterable[Comment], language: str) -> str:
    """Return the messages of a page as HTML, each inside the message that it answers."""
    parts: list[str] = []
    open_depths: list[int] = []
    for one in comments:
        while open_depths and open_depths[-1] >= one.depth:
            open_depths.pop()
            parts.append("</article>\n")
        open_depths.append(one.depth)
        parts.append(_comment(one))
    if not parts:
        return ""
    parts.append("</article>\n" * len(open_depths))
    title = escape_text(comments_title(language))
    return f'<section id="forum" class="comments">\n<h2>{title}</h2>\n{"".join(parts)}</section>'


def _comment(one: Comment) -> str:
    address = safe_address(one.address) if one.address else None
    name = escape_text(one.author)
    if address and address.startswith(("http://", "https://")):
        name = f'<a href="{escape_attribute(address)}" rel="nofollow ugc noopener">{name or escape_text(address)}</a>'
    date = f'<time datetime="{one.date.isoformat()}">{one.date.date().isoformat()}</time>' if one.date else ""
    title = f"<strong>{escape_text(one.title)}</strong>" if one.title else ""
    line = " · ".join(part for part in (title, name, date) if part)
    written = html.write(one.body, profile="comment")
    words = f"{written.body}{written.notes}".strip()
    return f'<article id="forum{one.number}" class="comment">\n<p>{line}</p>\n{words}\n'


# ---- Links from file to file ----


def _relative(document: Document, path: str) -> Document:
    """Return a document in which links to pages and files lead from one file to another."""
    folder = posixpath.dirname(path)

    def relate(address: str) -> str:
        if not address.startswith("/") or address.startswith("//"):
            return address
        place, mark, rest = _part(address.removeprefix("/"))
        name = place + "index.md" if place.endswith("/") or not place else place
        return posixpath.relpath(name, folder or ".") + mark + rest

    def change(node: Node) -> Node | None:
        match node:
            case Link():
                return replace(node, address=relate(node.address))
            case Figure():
                return replace(
                    node, address=relate(node.address), link=relate(node.link), thumbnail=relate(node.thumbnail)
                )
            case Element():
                pairs = [(name, relate(value) if name in ("href", "src") else value) for name, value in node.attributes]
                return replace(node, attributes=tuple(pairs))
        return None

    return transform(document, change)


def _part(address: str) -> tuple[str, str, str]:
    for mark in "?#":
        place, found, rest = address.partition(mark)
        if found:
            return place, mark, rest
    return address, "", ""
