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
from functools import cache
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
# The theme's words in a language: "Publié le {date}".
Words: TypeAlias = Mapping[str, str]
# As many texts as the front page shows.
LATEST = 12
# Comments are indented so far and no farther.
DEEPEST = 5
# The fields of the form for a new message, with their elements.
FORM = {
    "author": 'input autocomplete="name" required',
    "email": 'input type="email" autocomplete="email"',
    "url": 'input type="url" autocomplete="url"',
    "title": 'input autocomplete="off"',
    "text": 'textarea rows="10" required',
}


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
        Shown.below[_above(address)].append(address)
    for term in lists_with(meta):
        Shown.by_term[term].append(address)
    if meta.get("translation_key"):
        Shown.translations[str(meta["translation_key"])].append(address)


def lists_with(meta: Meta) -> Iterator[str]:
    """Yield the addresses of a page's keywords, its authors, and the further sections that it is in."""
    yield from (str(address) for key in ("mots", "auteurs") for address in meta.get(key) or ())
    yield from (str(section["url"]) for section in meta.get("aussi_dans") or () if section.get("url"))


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, **_: object) -> dict[str, Any]:
    """Add to a page what stands before and after its text. The search has the text alone."""
    address = f"/{page.url}" if page.url not in ("", "./") else "/"
    meta = Shown.meta.get(address, page.meta)
    root = Path(config.config_file_path).parent
    words = words_in(root, meta, config)
    text = page.content or ""
    parts = [
        header(meta, page, words), text, documents(meta, text, words), keywords(meta, words),
        lists(address, meta, words), translations(meta, words, config), comments(address, root, meta, words, config),
    ]  # fmt: skip
    page.content = "\n".join([part for part in parts if part])
    return context


def words_in(root: Path, meta: Meta, config: MkDocsConfig) -> Words:
    """Return the words of a page's language, or else those of the site's."""
    language = str(meta.get("lang") or config.extra["language"])
    return words_of(root, language) or words_of(root, config.extra["language"])


@cache
def words_of(root: Path, language: str) -> Words:
    """Return the words of the pages in a language; none, if there is no file with them."""
    path = root / "data" / "words" / f"{language}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Write the language of a page where the themes have that of the site, and name the feed of its messages."""
    address = f"/{page.url}" if page.url not in ("", "./") else "/"
    feed = feed_of(key_of(address, Shown.meta.get(address, page.meta), config), config)
    if feed:
        root = Path(config.config_file_path).parent
        title = escape(words_in(root, page.meta, config)["comments_feed"])
        head = f'<link rel="alternate" type="application/atom+xml" href="{escape(feed)}" title="{title}">\n</head>'
        output = output.replace("</head>", head, 1)
    tag = str(page.meta.get("lang") or config.extra["language"])
    facts = (config.extra.get("languages") or {}).get(tag) or {}
    direction = ' dir="rtl"' if facts.get("direction") == "rtl" else ""
    return re.sub(r'(<html\b[^>]*?) lang="[^"]*"', rf'\g<1> lang="{escape(tag)}"{direction}', output, count=1)


# ---- The parts of a page ----


def header(meta: Meta, page: Page, words: Words) -> str:
    """Return what stands before the text."""
    names = [link(str(address)) for address in meta.get("auteurs") or ()]
    people = f" {escape(words['and'])} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
    parts = (
        f'<img class="logo" src="{escape(str(meta["image"]))}" alt="">' if meta.get("image") else "",
        _paragraph("overtitle", escape(str(meta.get("surtitre") or ""))),
        f"<h1>{escape(str(page.title or ''), quote=False)}</h1>",
        _paragraph("subtitle", escape(str(meta.get("soustitre") or ""))),
        _paragraph("authors", escape(words["by"]).replace("{authors}", people) if people else ""),
        _paragraph("date", published(meta, words)),
    )
    return f'<div class="text-header">\n{"".join(parts)}</div>'


def published(meta: Meta, words: Words) -> str:
    """Return "Publié le 8 février 2016", or less where SPIP knew only the month or the year."""
    date = meta.get("date")
    if not isinstance(date, datetime):
        return ""
    known = str((meta.get("spip") or {}).get("date") or "")
    if known.endswith("-00-00"):
        sentence, machine, shown = words["published_in"], f"{date:%Y}", f"{date:%Y}"
    elif known.endswith("-00"):
        shown = words["month_year"].replace("{month}", words[f"month_{date.month}"]).replace("{year}", f"{date:%Y}")
        sentence, machine = words["published_in"], f"{date:%Y-%m}"
    else:
        sentence, machine, shown = words["published"], f"{date:%Y-%m-%d}", in_words(date, words)
    return escape(sentence).replace("{date}", f'<time datetime="{machine}">{escape(shown)}</time>')


def in_words(date: datetime, words: Words) -> str:
    """Return a day in words."""
    day = words["first_day"] if date.day == 1 else str(date.day)
    month = words[f"month_{date.month}"]
    return words["date"].replace("{day}", day).replace("{month}", month).replace("{year}", str(date.year))


def documents(meta: Meta, text: str, words: Words) -> str:
    """Return the documents of a page that its text does not show."""
    items = [
        f'<a href="{escape(str(file["fichier"]))}">{escape(str(file.get("titre") or file["fichier"]))}</a>'
        + (f" ({escape(str(file['type']).upper())})" if file.get("type") else "")
        for file in meta.get("documents") or ()
        if isinstance(file, dict) and file.get("fichier") and f'"{escape(str(file["fichier"]))}"' not in text
    ]
    return _list("documents", words["documents"], items)


def keywords(meta: Meta, words: Words) -> str:
    """Return the links to the keywords of a page. A group whose name begins with "_" was for SPIP's templates only."""
    shown = [
        str(address)
        for address in meta.get("mots") or ()
        if not str(Shown.meta.get(_above(str(address)), {}).get("title", "")).startswith("_")
    ]
    return _list("keywords", words["keywords"], [link(address) for address in shown])


def lists(address: str, meta: Meta, words: Words) -> str:
    """Return the links to the pages that a page lists, the sections first."""
    if (meta.get("spip") or {}).get("kind") == "home":
        own = [place for place, page in Shown.meta.items() if page.get("date") and page.get("lang") == meta.get("lang")]
        latest = sorted(own, key=lambda place: -_seconds(Shown.meta[place]))[:LATEST]
        return _list("latest", words["latest"], [link(place) for place in latest])
    if meta.get("liste_definitions"):
        # Its text lists them.
        return ""
    heading = words.get(f"list_{(meta.get('spip') or {}).get('kind')}", words["articles"])
    below, about = Shown.below[address], Shown.by_term[address]
    sections = [place for place in below if (Shown.meta[place].get("spip") or {}).get("kind") == "rubrique"]
    texts = [*(place for place in below if place not in set(sections)), *about]
    return "\n".join(
        [
            _list("sections", words["sections"], [link(place) for place in in_order(sections)]),
            _list("texts", heading, [link(place) for place in in_order(texts)]),
        ]
    )


def translations(meta: Meta, words: Words, config: MkDocsConfig) -> str:
    """Return the links to the same page in other languages, by the names of these."""
    names = config.extra.get("languages") or {}
    links = []
    for address in Shown.translations[str(meta.get("translation_key"))]:
        tag = str(Shown.meta[address].get("lang"))
        if tag != meta.get("lang"):
            name, own = escape((names.get(tag) or {}).get("name") or tag), escape(tag)
            links.append(f'<a href="{escape(address)}" hreflang="{own}" lang="{own}">{name}</a>')
    return _list("translations", words["languages"], links)


def comments(address: str, root: Path, meta: Meta, words: Words, config: MkDocsConfig) -> str:
    """Return the comments of a page, which ``data/comments`` has, as one list. They end with the form, or its place."""
    key = key_of(address, meta, config)
    server = str(config.extra.get("comments_server") or "").rstrip("/")
    reply = f"{server}/pages/{key}" if server and meta.get("comments") else ""
    path = root / "data" / "comments" / f"{key}.json"
    messages = json.loads(path.read_text("utf-8")) if path.is_file() else []
    if not messages and not reply:
        return ""
    items = "".join(comment(message, words, reply) for message in messages)
    title = escape(words["comments"]) + (f' <span class="count">({len(messages)})</span>' if messages else "")
    hidden = "" if messages else " hidden"
    language = str(meta.get("lang") or config.extra["language"])
    feed = escape(feed_of(key, config))
    follow = (
        f'<p class="comment-follow meta"><a rel="alternate" type="application/atom+xml" href="{feed}">'
        f"{escape(words['comments_feed'])}</a></p>\n"
        if feed
        else ""
    )
    closed = f'<p class="comment-form">{escape(words["comments_closed"])}</p>'
    return (
        f'<section class="comments" id="forum">\n<h2 id="comments-title">{title}</h2>\n'
        f'<ol class="thread"{hidden}>{items}</ol>\n{follow}'
        f"{comment_form(server, key, language, words) if reply else closed}\n</section>"
    )


def key_of(address: str, meta: Meta, config: MkDocsConfig) -> str:
    """Return the name of a page's messages: the front matter's ``comments`` if that is one; that of its object in SPIP;
    or else one made of its address. ``spipconv comments pages`` gives pages the same names.
    """
    spip, name = meta.get("spip") or {}, meta.get("comments")
    if isinstance(name, str):
        return name
    if "id" not in spip:
        return re.sub("[%.]", "_", (address.strip("/") or "index").replace("/", "--"))
    language = meta.get("lang") or config.extra["language"]
    suffix = "" if language == config.extra["language"] else f".{language}"
    return f"{spip.get('kind')}{spip['id']}{suffix}"


def feed_of(key: str, config: MkDocsConfig) -> str:
    """Return the address of the feed of a page's messages, where ``spipconv comments export`` has written one and the
    site has a server for comments; or nothing. That of a page called "site" has another name than the site's.
    """
    path = f"/feeds/{'-site' if key == 'site' else key}.atom"
    is_there = bool(config.extra.get("comments_server")) and Path(f"{config.docs_dir}{path}").is_file()
    return path if is_there else ""


def comment(message: Meta, words: Words, reply: str) -> str:
    """Return a comment. Its ``html`` is safe as it is. ``reply`` is the address of the page's thread, or empty."""
    name = escape(message["author"] or words["anonymous"])
    if message["url"]:
        name = f'<a href="{escape(message["url"])}" rel="nofollow ugc noopener">{name}</a>'
    line = [f'<span class="comment-author">{name}</span>']
    if message["date"]:
        day = escape(in_words(datetime.fromisoformat(message["date"]), words))
        line.append(f'<time datetime="{escape(message["date"])}">{day}</time>')
    if message["parent"]:
        answered = escape(words["in_reply_to"].replace("{author}", message["answered"] or words["anonymous"]))
        line.append(f'<a class="reply-to" href="#forum{message["parent"]}">{answered}</a>')
    title = f"<h3>{escape(message['title'])}</h3>" if message["title"] else ""
    head = f'<header>{title}<p class="meta">{", ".join(line)}</p></header>'
    depth = min(message["depth"], DEEPEST)
    answer = f"{escape(reply)}?parent={message['id']}#form"
    foot = f'<p class="reply"><a href="{answer}" rel="nofollow">{escape(words["reply"])}</a></p>' if reply else ""
    return f'<li id="forum{message["id"]}" class="comment depth-{depth}">{head}\n{message["html"]}{foot}</li>\n'


def comment_form(server: str, key: str, language: str, words: Words) -> str:
    """Return the form for a new message. The server shows what was written before it takes it."""
    server, key, language = escape(server), escape(key), escape(language)
    fields = "".join(
        f'<p><label for="form-{name}">{escape(words[f"comment_{name}"])}</label>'
        f'<{tag} class="form-control" id="form-{name}" name="{name}"{"></textarea>" if tag[0] == "t" else ">"}</p>\n'
        for name, tag in FORM.items()
    )
    return (
        f'<link rel="stylesheet" href="{server}/static/spip-preview.css">\n'
        f'<script type="module" src="{server}/static/spip-preview.js"></script>\n'
        f'<script type="module" src="{server}/static/forum.js"></script>\n'
        f'<spip-preview endpoint="{server}/preview" lang="{language}">\n'
        f'<form class="comment-form" id="form" method="post" action="{server}/messages" data-server="{server}"'
        f' data-page="{key}" aria-labelledby="form-title">\n'
        f'<h3 id="form-title">{escape(words["write_comment"])}</h3>\n<p>{escape(words["comments_moderated"])}</p>\n'
        f'<input type="hidden" name="page" value="{key}">\n<input type="hidden" name="parent" value="0">\n'
        f'<input type="hidden" name="lang" value="{language}">\n'
        f'<input name="nobot" autocomplete="off" tabindex="-1" hidden>\n{fields}'
        f'<p><button type="submit" class="btn btn-primary" data-send="{escape(words["comment_send"])}">'
        f"{escape(words['comment_check'])}</button></p>\n</form>\n</spip-preview>"
    )


# ---- Links ----


def link(address: str) -> str:
    """Return a link to a page, or nothing if it is not built."""
    meta = Shown.meta.get(address)
    return f'<a href="{escape(address)}">{escape(str(meta.get("title") or address))}</a>' if meta else ""


def in_order(addresses: Iterable[str]) -> list[str]:
    """Return pages as SPIP orders them: those with a number first, then the latest."""

    def key(address: str) -> tuple[bool, int, float, str]:
        meta = Shown.meta[address]
        return (not meta.get("weight"), meta.get("weight") or 0, -_seconds(meta), str(meta.get("title")))

    return sorted(dict.fromkeys(addresses), key=key)


def _seconds(meta: Meta) -> float:
    date = meta.get("date")
    # Dates before 1970 have no timestamp on every system.
    return (date.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() if isinstance(date, datetime) else 0


def _above(address: str) -> str:
    return re.sub(r"[^/]+/$", "", address)


def _paragraph(name: str, content: str) -> str:
    return f'<p class="{name}">{content}</p>\n' if content else ""


def _list(name: str, title: str, items: list[str]) -> str:
    content = "".join(f"<li>{item}</li>\n" for item in items if item)
    return f'<section class="{name}">\n<h2>{escape(title)}</h2>\n<ul>\n{content}</ul>\n</section>' if content else ""
