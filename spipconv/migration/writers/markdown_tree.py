"""Pages to Markdown files with front matter, as a target's description says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import yaml
from msgspec import Struct
from msgspec.structs import replace

from spipconv.converters import html, markdown
from spipconv.languages import comments_title
from spipconv.migration.kinds import PAGE_KINDS, TEXTS
from spipconv.migration.pages.page import Comment, Page, Site, Term
from spipconv.migration.plan.plan import language_tag
from spipconv.migration.target import TargetSystem
from spipconv.nodes import Document, Element, Figure, Link, List, ListItem, Node, Text, plain_text, rebuild
from spipconv.safety import (
    Templates,
    escape_attribute,
    escape_text,
    printable,
    safe_address,
    template_address,
    template_text,
)

# So many words tell what a text is about.
_SUMMARY = 50
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class File(Struct, frozen=True):
    """A file to write: its path below the output folder, and its content."""

    path: str
    content: bytes


def write_page(page: Page, site: Site, target: TargetSystem) -> File:
    """Return the file of a page."""
    path = path_of(page, site, target)
    body, shown = _body(page, target), [one for one in page.comments if not one.is_pending]
    if target.links == "file":
        body, shown = _relative(body, path), [replace(one, body=_relative(one.body, path)) for one in shown]
    comments = printable(_comments(shown, page.language))
    text = markdown.write(body, flavour=target.flavour)
    if comments:
        text += ("\n" if text else "") + markdown.html_block(comments, target.flavour) + "\n"
    fields = _fields(page, site, target)
    values = {name: safe_values(fields[name], target.templates) for name in target.keys}
    header = _yaml_header(values, target.keys) if target.yaml else _header_lines(values, target)
    # The body is clean as every output of a text is; values and names are whatever a database holds.
    return File(path, (printable(header) + ("\n" + text if text else "")).encode("utf-8", "replace"))


def path_of(page: Page, site: Site, target: TargetSystem) -> str:
    """Return where a page's file is, below the output folder."""
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


# ---- Front matter ----


def safe_values(value: Any, templates: Templates) -> Any:
    """Return a value of front matter or settings with all its texts as the target's templates need them."""
    match value:
        case str():
            return template_text(value, templates)
        case list():
            return [safe_values(each, templates) for each in value]
        case dict():
            return {name: safe_values(each, templates) for name, each in value.items()}
    return value


def _fields(page: Page, site: Site, target: TargetSystem) -> Mapping[str, Any]:
    """Return everything that a front matter may say, by the names that targets' ``keys`` know."""
    title = page.title or f"{page.kind} {page.number}"
    image = template_address(page.logo)
    elsewhere = template_address(page.elsewhere[1])
    is_hidden = page.is_draft or page.is_future
    by_slug = target.terms == "slug"

    def names(terms: Iterable[Term]) -> list[str]:
        # Of a name without letters or digits no system can make an address.
        return [term.slug if by_slug or not any(map(str.isalnum, term.title)) else term.title for term in terms]

    groups: dict[str, list[str]] = {}
    for term in page.keywords:
        groups.setdefault(term.group, []).extend(names([term]))
    return {
        "layout": "article" if page.kind in TEXTS else "list",
        "kind": page.kind,
        "number": page.number,
        "spip": f"{page.kind}{page.number}",
        "title": title,
        "date": page.date,
        "modified": page.modified,
        "written": page.written,
        "status": page.status,
        "draft": page.is_draft or None,
        "published": False if page.is_draft else None,
        "pelican_status": "draft" if page.is_draft else "published",
        "type": PAGE_KINDS[page.kind].page_type,
        "weight": page.weight,
        "address": page.address,
        # With an address of its own, Pelican would write a draft all the same.
        "url": "" if is_hidden else page.address.removeprefix("/") or "index.html",
        "save_as": "" if is_hidden else page.address.removeprefix("/") + "index.html",
        "language": language_tag(page.language),
        "translation_key": page.translation_key,
        "aliases": [f"/{path}/" for path in page.aliases],
        "description": page.description,
        # Pelican makes one of the page where there is none, decodes it, and prints it into an attribute.
        "summary": (page.description or _first_words(page.body) or title) if "summary" in target.keys else "",
        "image": image,
        "images": [image] if image else [],
        "logo_hover": template_address(page.logo_hover),
        "authors": names(page.authors),
        "keywords": groups,
        "tags": names(page.keywords),
        "category": names(page.sections[:1])[0] if page.sections else site.name,
        "section_titles": names(page.sections),
        "overtitle": page.overtitle,
        "subtitle": page.subtitle,
        "elsewhere": {"titre": page.elsewhere[0], "url": elsewhere} if elsewhere else {},
        "feed": template_address(page.feed),
        "attachments": [
            {"id": one.number, **({"titre": one.title} if one.title else {}), "fichier": address}
            for one in page.attachments
            if (address := template_address(one.address))
        ],
    }  # fmt: skip


def _one_line(text: str, target: TargetSystem) -> str:
    document = Document((Text(text),)) if text else Document(())
    return markdown.write(document, profile="title", flavour=target.flavour).strip()


def _first_words(document: Document) -> str:
    """Return the words with which a text begins, for lists of texts."""
    words = plain_text(document.children).split(maxsplit=_SUMMARY)
    return " ".join(words[:_SUMMARY]) + (" …" if len(words) > _SUMMARY else "")


def _yaml_header(values: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    header: dict[str, Any] = {}
    for field, name in keys.items():
        value = values[field]
        if not value and value is not False:
            continue
        if not name:
            header.update(value)
            continue
        place = header
        *above, last = name.split(".")
        for level in above:
            place = place.setdefault(level, {})
        place[last] = value
    text = yaml.serialize(_yaml_node(header), Dumper=_Dumper, allow_unicode=True, width=10_000)
    return f"---\n{text}---\n"


def _yaml_node(value: Any) -> yaml.Node:
    """Return a value as a node of PyYAML's, whose own way from values to nodes takes half of a header's time."""
    match value:
        case dict():
            pairs = [(_yaml_node(key), _yaml_node(each)) for key, each in value.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
        case list():
            return yaml.SequenceNode("tag:yaml.org,2002:seq", [_yaml_node(each) for each in value], flow_style=False)
        case bool():
            return yaml.ScalarNode("tag:yaml.org,2002:bool", "true" if value else "false")
        case int():
            return yaml.ScalarNode("tag:yaml.org,2002:int", str(value))
        case datetime():
            return yaml.ScalarNode("tag:yaml.org,2002:timestamp", value.isoformat(" "))
    return yaml.ScalarNode("tag:yaml.org,2002:str", value)


def _header_lines(values: Mapping[str, Any], target: TargetSystem) -> str:
    lines: list[str] = []
    for field, name in target.keys.items():
        value = values[field]
        if isinstance(value, list):
            # A semicolon after each, so that a comma in a name parts nothing.
            value = "".join(f"{escape_text(_flat(one.replace(';', ',')))}; " for one in value).strip()
        elif isinstance(value, datetime):
            value = value.isoformat(" ")
        elif field == "summary":
            value = _one_line(value, target)
        elif field not in ("url", "save_as"):
            value = escape_text(_flat(str(value or "")))
        if value:
            lines.append(f"{name}: {value}\n")
    return "".join(lines)


def _flat(text: str) -> str:
    return " ".join(text.split())


# ---- Body ----


def _body(page: Page, target: TargetSystem) -> Document:
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
    return Document(tuple(nodes), page.body.language)


def _comments(comments: Iterable[Comment], language: str) -> str:
    """Return a page's messages as HTML, each inside the one that it answers."""
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
    """Return a document whose links to pages and files lead from one file to the other."""
    folder = posixpath.dirname(path)

    def relate(address: str) -> str:
        if not address.startswith("/") or address.startswith("//"):
            return address
        place, mark, rest = _part(address.removeprefix("/"))
        name = place + "index.md" if place.endswith("/") or not place else place
        return posixpath.relpath(name, folder or ".") + mark + rest

    def change(node: Node) -> tuple[Node, ...]:
        match node:
            case Link():
                return (replace(node, address=relate(node.address)),)
            case Figure():
                return (
                    replace(
                        node, address=relate(node.address), link=relate(node.link), thumbnail=relate(node.thumbnail)
                    ),
                )
            case Element():
                pairs = [(name, relate(value) if name in ("href", "src") else value) for name, value in node.attributes]
                return (replace(node, attributes=tuple(pairs)),)
        return (node,)

    return replace(document, children=rebuild(document.children, change))


def _part(address: str) -> tuple[str, str, str]:
    for mark in "?#":
        place, found, rest = address.partition(mark)
        if found:
            return place, mark, rest
    return address, "", ""
