"""What is to be written, whatever the target: a page is one object in one language."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from spipconv.nodes import Document


class Term(Struct, frozen=True):
    """A keyword, an author or a section as a page names it. ``group`` is a keyword's group (its slug)."""

    kind: str
    number: int
    title: str
    slug: str
    address: str
    group: str = ""


class Comment(Struct, frozen=True):
    """A forum message. ``parent`` is the nearest message above that is shown, 0: none; ``depth`` counts from 0.

    ``address`` is the writer's own page, or empty. ``is_pending``: it waits for a moderator.
    """

    number: int
    parent: int
    depth: int
    author: str
    address: str
    date: datetime | None
    title: str
    body: Document
    is_pending: bool = False


class Attachment(Struct, frozen=True):
    """A document that belongs to a page. ``address`` is where it is now, ``file`` its path below IMG/, or empty."""

    number: int
    title: str
    address: str
    file: str = ""
    is_shown: bool = False


class PageLink(Struct, frozen=True):
    """Another page: a translation (``language`` is its), or something below a page."""

    kind: str
    number: int
    title: str
    address: str
    language: str = ""


class Page(Struct, frozen=True):
    """One object in one language. Texts are plain, ``body`` is the tree; empty means that SPIP has nothing there.

    ``kind`` is the name of one of `kinds.PAGE_KINDS`, ``status`` SPIP's statut. ``is_draft``: no visitor saw it;
    ``is_future``: its date is yet to come. ``date`` is naive local time. ``written`` is SPIP's date_redac, which may
    be a year or a month. ``sections`` are those it is in, the outermost first. ``logo`` and ``logo_hover`` are
    addresses. ``elsewhere`` is the page's own link (nom_site, url_site: title and address). ``feed`` is a site's.
    ``below`` are pages that it lists. ``translations`` are the same object's or its id_trad's other pages;
    ``translation_key`` is what all of them share. ``aliases`` are old paths, from the host's root, that lead here.
    """

    kind: str
    number: int
    language: str
    address: str
    slug: str
    title: str
    body: Document
    status: str = "publie"
    is_draft: bool = False
    is_future: bool = False
    weight: int = 0
    date: datetime | None = None
    modified: datetime | None = None
    written: str = ""
    overtitle: str = ""
    subtitle: str = ""
    description: str = ""
    sections: tuple[Term, ...] = ()
    authors: tuple[Term, ...] = ()
    keywords: tuple[Term, ...] = ()
    logo: str = ""
    logo_hover: str = ""
    elsewhere: tuple[str, str] = ("", "")
    feed: str = ""
    attachments: tuple[Attachment, ...] = ()
    comments: tuple[Comment, ...] = ()
    below: tuple[PageLink, ...] = ()
    translations: tuple[PageLink, ...] = ()
    translation_key: str = ""
    aliases: tuple[str, ...] = ()


class Site(Struct, frozen=True):
    """What all pages share. ``address`` is the old site's, ``languages`` are all that pages are in, the main first.

    ``taxonomies`` are the groups of keywords: slug and title. ``shows_future``: it showed texts before their date.
    """

    name: str
    slogan: str
    description: str
    address: str
    language: str
    languages: tuple[str, ...]
    taxonomies: tuple[tuple[str, str], ...]
    shows_future: bool = False
