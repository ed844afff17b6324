"""What MkDocs's themes do not do by themselves, for a site that came from SPIP. You may change this file.

Drafts and texts to come are not built, old addresses lead to their pages, and every page shows what its front matter
and ``data/`` say: its authors, keywords, translations and documents, the pages below it, and its comments.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import get_data

# The front matter of a page.
Meta: TypeAlias = Mapping[str, Any]
# As many texts as the front page shows.
LATEST = 12
# Comments are indented so far and no farther.
DEEPEST = 5


class Shown:
    """The pages that are built: the front matter of each by its address, and the addresses that each lists."""

    meta: ClassVar[dict[str, Meta]] = {}
    below: ClassVar[dict[str, list[str]]] = defaultdict(list)
    by_term: ClassVar[dict[str, list[str]]] = defaultdict(list)
    translations: ClassVar[dict[str, list[str]]] = defaultdict(list)


@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> None:
    """Leave out drafts and texts to come, and tell the plugin "redirects" about old addresses."""
    for table in (Shown.meta, Shown.below, Shown.by_term, Shown.translations):
        table.clear()
    redirects: dict[str, str] = {}
    for file in files.documentation_pages():
        meta = get_data(file.content_string)[1]
        if is_hidden(meta, config):
            file.inclusion = InclusionLevel.DRAFT
            continue
        note(file, meta)
        for address in meta.get("aliases") or ():
            redirects[f"{str(address).strip('/')}/index.md"] = file.src_uri
    plugin = config.plugins.get("redirects")
    if plugin is not None:
        maps = dict(plugin.config["redirect_maps"])
        plugin.config["redirect_maps"] = redirects | maps


def is_hidden(meta: Meta, config: MkDocsConfig) -> bool:
    """Return whether a page is a draft, or a text to come on a site that does not show these."""
    date = meta.get("date")
    is_future = isinstance(date, datetime) and date.replace(tzinfo=None) > datetime.now()
    return bool(meta.get("draft")) or (is_future and not config.extra.get("shows_future"))


def note(file: File, meta: Meta) -> None:
    """Remember a page that is built, and where it is listed."""
    address = f"/{file.url}" if file.url != "./" else "/"
    Shown.meta[address] = meta
    if address != "/":
        Shown.below[re.sub(r"[^/]+/$", "", address)].append(address)
    for term in terms(meta):
        Shown.by_term[term].append(address)
    if meta.get("translation_key"):
        Shown.translations[str(meta["translation_key"])].append(address)


def terms(meta: Meta) -> Iterator[str]:
    """Yield the addresses of a page's keywords and authors, without the language before them."""
    for group, names in (meta.get("keywords") or {}).items():
        yield from (f"/{group}/{name}/" for name in names)
    yield from (f"/auteurs/{name}/" for name in meta.get("authors") or ())


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, **_: object) -> dict[str, Any]:
    """Add to a page what stands before and after its text. The search has the text alone."""
    address = f"/{page.url}" if page.url not in ("", "./") else "/"
    meta = Shown.meta.get(address, page.meta)
    language = str(meta.get("lang") or config.extra["language"])
    shown = [header(meta, page, language), page.content or "", documents(meta), lists(address, meta, language)]
    page.content = "\n".join([*shown, comments(Path(config.config_file_path).parent, meta, language, config)])
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Write the language of a page where the themes have that of the site."""
    language = escape(str(page.meta.get("lang") or config.extra["language"]))
    direction = ' dir="rtl"' if language[:2] in ("ar", "fa", "he", "ur") else ""
    return re.sub(r'(<html\b[^>]*?) lang="[^"]*"', rf'\g<1> lang="{language}"{direction}', output, count=1)


# ---- The parts of a page ----


def header(meta: Meta, page: Page, language: str) -> str:
    """Return what stands before the text."""
    names = [link(address, language) for address in terms({"authors": meta.get("authors")})]
    date = meta.get("date")
    day = f'<time datetime="{date:%Y-%m-%d}">{date:%Y-%m-%d}</time>' if isinstance(date, datetime) else ""
    line = " · ".join(part for part in (day, ", ".join(filter(None, names))) if part)
    parts = (
        _paragraph("surtitre", escape(str(meta.get("surtitre") or ""))),
        f"<h1>{escape(str(page.title or ''), quote=False)}</h1>",
        _paragraph("soustitre", escape(str(meta.get("soustitre") or ""))),
        _paragraph("byline", line),
        f'<p class="logo"><img src="{escape(str(meta["image"]))}" alt=""></p>' if meta.get("image") else "",
    )
    return f'<header class="page-header">\n{"".join(parts)}</header>'


def documents(meta: Meta) -> str:
    """Return the documents of a page that its text does not show."""
    items = [
        f'<a href="{escape(str(one["fichier"]))}">{escape(str(one.get("titre") or one["fichier"]))}</a>'
        for one in meta.get("documents") or ()
        if isinstance(one, dict) and one.get("fichier")
    ]
    return _list("documents", items)


def lists(address: str, meta: Meta, language: str) -> str:
    """Return the links to the pages that belong to a page."""
    kind = (meta.get("spip") or {}).get("kind")
    groups = [link(term, language) for term in terms({"keywords": meta.get("keywords")})]
    others = [one for one in Shown.translations[str(meta.get("translation_key"))] if one != address]
    if kind == "home":
        below = _latest(
            one for one, its in Shown.meta.items() if its.get("date") and its.get("lang") == meta.get("lang")
        )
    else:
        below = in_order([*Shown.below[address], *Shown.by_term[_without_language(address, language)]])
    return "\n".join(
        [
            _list("below", [link(one, language) for one in below]),
            _list("keywords", [one for one in groups if one]),
            _list("translations", [link(one, "", names_language=True) for one in others]),
        ]
    )


def comments(root: Path, meta: Meta, language: str, config: MkDocsConfig) -> str:
    """Return the comments of a page, which ``data/comments`` has, as one list."""
    spip = meta.get("spip") or {}
    suffix = "" if language == config.extra["language"] else f".{language}"
    path = root / "data" / "comments" / f"{spip.get('kind')}{spip.get('id')}{suffix}.json"
    if not path.is_file():
        return ""
    messages = json.loads(path.read_text("utf-8"))
    names = {message["id"]: message["author"] or message["title"] for message in messages}
    items = "".join(comment(message, names) for message in messages)
    return f'<section id="forum" class="comments">\n<ol>{items}</ol>\n</section>'


def comment(message: Meta, names: Mapping[int, str]) -> str:
    """Return a comment. Its ``html`` is safe as it is."""
    name = escape(message["author"])
    if message["url"]:
        name = f'<a href="{escape(message["url"])}" rel="nofollow ugc noopener">{name or escape(message["url"])}</a>'
    day = f'<time datetime="{escape(message["date"])}">{escape(message["date"][:10])}</time>' if message["date"] else ""
    above = (
        f'<a href="#forum{message["parent"]}">↑ {escape(names[message["parent"]])}</a>'
        if message["parent"] in names
        else ""
    )
    line = " · ".join(part for part in (name, day, above) if part)
    title = f"<p><strong>{escape(message['title'])}</strong></p>" if message["title"] else ""
    depth = min(message["depth"], DEEPEST)
    return f'<li id="forum{message["id"]}" class="comment depth-{depth}">{title}<p>{line}</p>\n{message["html"]}</li>\n'


# ---- Links ----


def link(address: str, language: str, *, names_language: bool = False) -> str:
    """Return a link to a page in a language, else in any; or nothing, if no such page is built."""
    for place in (f"/{language}{address}", address):
        if place in Shown.meta:
            meta = Shown.meta[place]
            title = escape(str(meta.get("title") or place))
            own = (
                f' hreflang="{escape(str(meta["lang"]))}" lang="{escape(str(meta["lang"]))}"' if names_language else ""
            )
            return f'<a href="{escape(place)}"{own}>{title}</a>'
    return ""


def in_order(addresses: Iterable[str]) -> list[str]:
    """Return pages as SPIP orders them: those with a number first, then the latest."""

    def key(address: str) -> tuple[bool, int, float, str]:
        meta = Shown.meta[address]
        return (not meta.get("weight"), meta.get("weight") or 0, -_seconds(meta), str(meta.get("title")))

    return sorted(dict.fromkeys(addresses), key=key)


def _latest(addresses: Iterable[str]) -> list[str]:
    return sorted(addresses, key=lambda one: -_seconds(Shown.meta[one]))[:LATEST]


def _seconds(meta: Meta) -> float:
    date = meta.get("date")
    # Dates before 1970 have no timestamp on every system.
    return (date.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() if isinstance(date, datetime) else 0


def _without_language(address: str, language: str) -> str:
    return address.removeprefix(f"/{language}") if address.startswith(f"/{language}/") else address


def _paragraph(name: str, content: str) -> str:
    return f'<p class="{name}">{content}</p>\n' if content else ""


def _list(name: str, items: list[str]) -> str:
    content = "".join(f"<li>{item}</li>\n" for item in items if item)
    return f'<ul class="{name}">\n{content}</ul>' if content else ""
