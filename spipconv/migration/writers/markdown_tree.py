"""Write pages as Markdown files with front matter, as the description of the target says."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from spipconv.converters import markdown
from spipconv.languages import language_tag
from spipconv.migration.kinds import PAGE_KINDS, TEXTS
from spipconv.migration.pages.page import Page, Site
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.comments import comments_file
from spipconv.migration.writers.files import File
from spipconv.migration.writers.front_matter import write_front_matter
from spipconv.migration.writers.further_pages import further_pages
from spipconv.nodes import Document, Element, Figure, Link, List, ListItem, Node, Raw, Term, Text
from spipconv.trees import transform

# The kinds that are no news, although they have a date.
_UNDATED = frozenset({"site", "evenement", "album"})
# The parts of a body that do not look like the text.
_STYLED = frozenset({"chapo", "ps"})


def write_page(page: Page, site: Site, target: MarkdownTree) -> tuple[File, ...]:
    """Return the file of a page, and the file of its messages if there are any."""
    path = path_of(page, site, target)

    def adapt(document: Document) -> Document:
        return _relative(document, path) if target.links == "file" else document

    text = markdown.write(adapt(_body(page, target)), flavour=target.flavour)
    header = write_front_matter(page, site, target)
    file = File(path, (header + ("\n" + text if text else "")).encode("utf-8", "replace"))
    comments = comments_file(page, site, target, adapt)
    return (file, *([comments] if comments else []), *further_pages(page, target))


def path_of(page: Page, site: Site, target: MarkdownTree) -> str:
    """Return the path of a page's file below the output folder."""
    is_text = page.kind in TEXTS
    pattern = target.list if not is_text else target.post if page.date and page.kind not in _UNDATED else target.text
    is_main = page.language == site.language
    tag = language_tag(page.language)
    return pattern.format(
        address=page.address,
        collection=PAGE_KINDS[page.kind].collection,
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
    nodes += _parts(page, target) if target.has_theme else page.body.children
    if page.below and not (target.has_lists or target.has_theme):
        items = [ListItem((Link(link.address, (Text(link.title),), kind="internal"),)) for link in page.below]
        nodes.append(List(ordered=False, items=tuple(items)))
    return replace(page.body, children=tuple(nodes))


def _parts(page: Page, target: MarkdownTree) -> list[Node]:
    """Return the nodes of a body with its chapo and its postscript in elements that a theme can style."""
    # Some readers read Markdown inside an element only if it says so.
    told = "" if target.flavour.is_commonmark else ' markdown="1"'
    nodes: list[Node] = []
    start = 0
    for name, count in page.parts:
        own = page.body.children[start : start + count]
        start += count
        if name in _STYLED:
            own = (_raw(f'<div class="{name}"{told}>'), *own, _raw("</div>"))
        nodes += own
    return [*nodes, *page.body.children[start:]]


def _raw(markup: str) -> Raw:
    return Raw("markdown", markup, is_block=True)


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
            case Link() | Term():
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
