"""The values of a WXR file: texts as WordPress reads them, numbers of posts, names and dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape

from msgspec.structs import replace

from spipconv import nodes
from spipconv.api import render
from spipconv.migration.kinds import PAGE_KINDS
from spipconv.migration.models import WXR_BRACKET
from spipconv.migration.pages.page import Attachment, Page, Site, Term
from spipconv.trees import transform

# Numbers of posts: a range for each kind, for each kind's logos, and again for each further language of an object.
_RANGE = 10_000_000
TO_LOGOS = 10 * _RANGE
TO_LANGUAGE = 20 * _RANGE

NO_DATE = "0000-00-00 00:00:00"
_FORBIDDEN = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SERIALISED = re.compile(r"\s*[a-zA-Z](;|:.*[;}])\s*", re.DOTALL)
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_BREAK = re.compile(r'<br class="(?:auto|manual)br" />\s*')
_NEWLINE = re.compile(r"\s*\n\s*")
PARAGRAPH = re.compile(r"</p>\s*(?=.)", re.DOTALL)
WEB = re.compile("https?:", re.IGNORECASE | re.ASCII)


def clean_text(text: str) -> str:
    """Return text as an XML reader will see it."""
    # Readers turn these into newlines anyway, and the length of serialised text must be right.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub(lambda found: "\ufffd" if "\ud800" <= found[0] <= "\udfff" else "", text)


def escape_text(text: str) -> str:
    """Return plain text as HTML that is also safe in an attribute, where older themes print titles."""
    return escape(text)


def term_name(text: str) -> str:
    """Return the name of a term or a person. WordPress escapes its ``&`` and removes anything that looks like a tag.

    Quotes become typographic ones, as WordPress itself shows them.
    """
    return text.replace("<", "&lt;").replace(">", "&gt;").replace('"', "”").replace("'", "’")


def text_element(name: str, text: str) -> str:
    """Return an element with any text."""
    text = clean_text(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{text}]]></{name}>\n" if text else f"<{name}></{name}>\n"


def meta_elements(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the meta of a post, term or comment. The texts are HTML; empty ones are left out."""
    parts: list[str] = []
    for key, value in pairs:
        text = clean_text(value)
        if _SERIALISED.fullmatch(text):
            text = f's:{len(text.encode())}:"{text}";'
        if text:
            parts.append(
                f"<{name}>\n{text_element('wp:meta_key', key)}{text_element('wp:meta_value', text)}</{name}>\n"
            )
    return "".join(parts)


def tidy_markup(markup: str) -> str:
    """Return HTML without newlines outside ``pre``, because WordPress and Pelican turn them into breaks."""
    parts = _PREFORMATTED.split(markup)
    parts[::2] = [_NEWLINE.sub(" ", _BREAK.sub("<br />", part)) for part in parts[::2]]
    return "".join(parts).strip().replace("[", "&#91;")


def page_text(page: Page) -> str:
    """Return the text of a page as HTML that WordPress shows as it is."""
    body = page.body
    if page.terms:
        # WordPress has their definitions on the pages to which they lead.
        children = transform(body.children, lambda node: _link_of(node) if isinstance(node, nodes.Term) else None)
        body = replace(body, children=children, definitions=())
    return tidy_markup(render(body)).replace(WXR_BRACKET, "[")


def _link_of(term: nodes.Term) -> nodes.Link:
    return nodes.Link(term.address, term.children, "external" if WEB.match(term.address) else "internal")


# ---- Numbers, names, dates ----


def post_number(kind: str, number: int) -> int:
    """Return the number of an object among those of all kinds."""
    return PAGE_KINDS[kind].range * _RANGE + number


def language_place(page: Page, site: Site) -> int:
    """Return the index of a page's language among the languages of its object."""
    own = {link.language for link in page.translations if (link.kind, link.number) == (page.kind, page.number)}
    return sorted(own | {page.language}, key=lambda code: (language_rank(code, site), code)).index(page.language)


def language_rank(language: str, site: Site) -> int:
    """Return the index of a language among the languages of the site."""
    return site.languages.index(language) if language in site.languages else len(site.languages)


def old_root(site: Site) -> str:
    """Return the address of the old site without a slash at its end."""
    return site.address.rstrip("/")


def nicename(term: Term | Page) -> str:
    """Return the slug that identifies a term or an author in WordPress."""
    slug = term.slug or f"{term.kind}-{term.number}"
    # WordPress creates no user with a longer login.
    return slug if term.kind != "auteur" or len(slug) <= 60 else f"{slug[:40]}-{term.number}"


def page_date(page: Page, place: int) -> str:
    """Return the date of a page, or the nearest date that is known."""
    # WordPress would not show a post before its date: an event has that of the text that announces it.
    date = (page.event.announced or page.modified if page.event else page.date) or page.modified
    if date and place and any(link.title == page.title for link in page.translations):
        # WordPress treats two posts with the same title and second as one.
        date = date.replace(second=(date.second + place) % 60)
    return stamp(date) if date else NO_DATE


def stamp(date: datetime) -> str:
    """Return a date as WordPress writes it."""
    return date.replace(tzinfo=None).isoformat(" ", "seconds")


def post_status(page: Page) -> str:
    """Return the status of a post."""
    if page.is_future:
        return "future"
    if not page.is_draft:
        return "publish"
    return "pending" if page.status == "prop" else "draft"


def file_title(file: Attachment, taken: set[str]) -> str:
    """Return a title that no other file of the page has, for the reason above."""
    title = (
        clean_text(file.title).strip() or clean_text(file.file.rpartition("/")[2]).strip() or f"document {file.number}"
    )
    if title in taken:
        title = f"{title} ({file.file})"
    taken.add(title)
    return title
