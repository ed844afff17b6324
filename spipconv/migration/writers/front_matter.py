"""Front matter: the fields of a page under the names that the target uses for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from spipconv.converters import markdown
from spipconv.languages import language_tag
from spipconv.migration.kinds import PAGE_KINDS, TEXTS
from spipconv.migration.pages.page import Attachment, Page, Site, Term
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import Markup, YamlValue, safe_values
from spipconv.migration.writers.plugin_fields import EARLY, plugin_fields
from spipconv.migration.writers.yaml_text import write_yaml
from spipconv.nodes import Document, Text
from spipconv.safety import escape_text, printable, template_address

# The fields that lines give as JSON.
_STRUCTURED = frozenset({"attachments", "elsewhere", "points"})


def write_front_matter(page: Page, site: Site, target: MarkdownTree) -> str:
    """Return the front matter of a page, its values as the target's templates need them."""
    fields = _fields(page, site, target)
    values = {name: safe_values(fields[name], target.templates) for name in target.keys}
    # The body is clean like all output; values and names come from the database unchecked.
    return printable(_yaml_header(values, target.keys) if target.yaml else _header_lines(values, target))


def _fields(page: Page, site: Site, target: MarkdownTree) -> Mapping[str, YamlValue]:
    """Return all fields of the front matter by the names in the targets' ``keys``."""
    title = page.title or f"{page.kind} {page.number}"
    image = template_address(page.logo)
    elsewhere = template_address(page.elsewhere[1])
    is_hidden = page.is_draft or page.is_future
    by_slug = target.terms == "slug"

    def names(terms: Iterable[Term]) -> list[str]:
        # No system can make an address from a name without letters or digits.
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
        "date": _date(page, target),
        "modified": page.modified,
        "written": page.written,
        "partial_date": page.partial_date,
        "unique": page.unique,
        "status": page.status,
        "draft": page.is_draft or None,
        "published": False if page.is_draft else None,
        "visibility": "draft" if page.is_draft else "published",
        "type": PAGE_KINDS[page.kind].page_type,
        "weight": page.weight,
        "address": page.address,
        # If a draft has an address of its own, Pelican writes it anyway.
        "url": "" if is_hidden else page.address.removeprefix("/") or "index.html",
        "save_as": "" if is_hidden else page.address.removeprefix("/") + "index.html",
        "language": language_tag(page.language),
        "translation_key": page.translation_key,
        "aliases": [f"/{path}" if path.endswith(".html") else f"/{path}/" for path in page.aliases],
        "description": page.description,
        # If there is none, Pelican makes one from the page, decodes it and prints it in an attribute. The others make
        # their own of the first words, but not what the author wants.
        "summary": _summary(page, title, target),
        "image": image,
        "images": [image] if image else [],
        "logo_hover": template_address(page.logo_hover),
        "authors": names(page.authors),
        "keywords": groups,
        "tags": names(page.keywords),
        "category": names(page.sections[:1])[0] if page.sections else site.name,
        "section_titles": names(page.sections),
        "parent": "" if page.kind == "home" else page.address[: page.address.rstrip("/").rfind("/") + 1],
        "author_addresses": [term.address for term in page.authors if term.address],
        "keyword_addresses": [term.address for term in page.keywords if term.address],
        "translations": [
            {"lang": language_tag(link.language), "url": template_address(link.address)} for link in page.translations
        ],
        "overtitle": page.overtitle,
        "subtitle": page.subtitle,
        "elsewhere": {"titre": page.elsewhere[0], "url": elsewhere} if elsewhere else {},
        "feed": template_address(page.feed),
        **plugin_fields(page),
        "forms": list(page.forms),
        "glossary": page.is_glossary or None,
        "comments": page.has_open_forum or None,
        "attachments": [
            _attachment(document, address, target)
            for document in page.attachments
            if (address := template_address(document.address))
        ],
    }  # fmt: skip


def _date(page: Page, target: MarkdownTree) -> datetime | None:
    """Return the date of a page; an event that is to come is not to vanish."""
    if page.event and target.hides_future and "announced" not in target.keys:
        return page.event.announced or EARLY
    return page.date


def _summary(page: Page, title: str, target: MarkdownTree) -> str:
    if target.needs_summaries:
        return page.summary or title
    return page.summary if target.has_theme else page.description


def _attachment(document: Attachment, address: str, target: MarkdownTree) -> dict[str, YamlValue]:
    fields: dict[str, YamlValue] = {
        "titre": document.title,
        "fichier": address,
        "type": document.extension,
        "media": document.media,
        "taille": document.weight,
        "largeur": document.width,
        "hauteur": document.height,
        "alternative": document.alternative,
        # Elsewhere, the document is in the text.
        "descriptif": Markup(document.description) if target.has_theme else "",
        "credits": document.credits,
        "vignette": template_address(document.thumbnail),
        "dans_le_texte": document.is_shown,
    }
    return {"id": document.number, **{name: value for name, value in fields.items() if value}}


def _one_line(text: str, target: MarkdownTree) -> str:
    document = Document((Text(text),)) if text else Document(())
    return markdown.write(document, profile="title", flavour=target.flavour).strip()


def _yaml_header(values: Mapping[str, YamlValue], keys: Mapping[str, str]) -> str:
    header: dict[str, YamlValue] = {}
    for field, name in keys.items():
        value = values[field]
        if not value and value is not False:
            continue
        if not name and isinstance(value, Mapping):
            header.update(value)
            continue
        place = header
        *above, last = name.split(".")
        for level in above:
            inner = place.setdefault(level, {})
            assert isinstance(inner, dict)
            place = inner
        place[last] = value
    return f"---\n{write_yaml(header)}---\n"


def _header_lines(values: Mapping[str, YamlValue], target: MarkdownTree) -> str:
    lines: list[str] = []
    for field, key in target.keys.items():
        value = values[field]
        if field in _STRUCTURED:
            value = escape_text(json.dumps(value, ensure_ascii=False, default=str)) if value else ""
        elif isinstance(value, list):
            # A semicolon after each, so that a comma in a name does not separate names.
            value = "".join(f"{escape_text(_flat(str(name).replace(';', ',')))}; " for name in value).strip()
        elif isinstance(value, Mapping):
            lines += [f"{key}{name}: {escape_text(_flat(str(inner)))}\n" for name, inner in value.items()]
            continue
        elif isinstance(value, datetime):
            value = value.isoformat(" ")
        elif field == "summary":
            value = _one_line(str(value), target)
        elif field == "comments":
            value = "true" if value else ""
        elif field not in ("url", "save_as"):
            value = escape_text(_flat(str(value or "")))
        if value:
            lines.append(f"{key}: {value}\n")
    return "".join(lines)


def _flat(text: str) -> str:
    return " ".join(text.split())
