"""Pages, independent of any target: a page is one object in one language."""

from __future__ import annotations

import sys
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from spipconv.excerpts import choose_excerpt, cut
from spipconv.nodes import Document, Node


class Term(Struct, frozen=True):
    """A keyword, an author or a section on a page. ``group`` is the slug of a keyword's group."""

    kind: str
    number: int
    title: str
    slug: str
    address: str
    group: str = ""


class Comment(Struct, frozen=True):
    """A forum message. ``parent`` is the nearest message above it that is shown (0: none); ``depth`` counts from 0.

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
    """A document that belongs to a page. ``address`` is its current address, ``file`` its path below IMG/, or empty.

    ``is_shown``: a text of the page shows it, with its caption. ``extension`` is in lower case; ``media`` is image,
    audio, video, file or empty; ``weight`` is in bytes, sizes are in pixels (0: unknown). ``description`` is safe HTML,
    ``credits`` and ``alternative`` are plain; they are given for documents that no text shows. ``thumbnail`` is the
    address of a picture of it, or empty.
    """

    number: int
    title: str
    address: str
    file: str = ""
    is_shown: bool = False
    extension: str = ""
    media: str = ""
    weight: int = 0
    width: int = 0
    height: int = 0
    description: str = ""
    credits: str = ""
    alternative: str = ""
    thumbnail: str = ""


class PageLink(Struct, frozen=True):
    """A link to another page: a translation (in ``language``), or a page below this one."""

    kind: str
    number: int
    title: str
    address: str
    language: str = ""


class MenuEntry(Struct, frozen=True):
    """An entry of the site's menu in one language, with the entries below it. Without an ``address``, it is a title.

    ``address`` begins with ``/`` (a page of the new site), or it is an allowed address elsewhere.
    """

    title: str
    address: str
    language: str
    children: tuple[MenuEntry, ...] = ()


class Event(Struct, frozen=True):
    """When and where something takes place (plugin "Agenda").

    ``start`` and ``end`` are naive local times, ``end`` not before ``start``; ``is_whole_day``: only their days count.
    ``place`` and ``street`` are plain words. ``announced`` is the date of its article, if that is before ``start``.
    """

    start: datetime
    end: datetime
    is_whole_day: bool = False
    place: str = ""
    street: str = ""
    announced: datetime | None = None


class PageEvent(Struct, frozen=True):
    """An event that belongs to a page, with the address of its own page."""

    number: int
    title: str
    address: str
    event: Event


class Point(Struct, frozen=True):
    """A point on a map (plugin "GIS"), in degrees. ``zoom`` is 0 if it is not known."""

    number: int
    latitude: float
    longitude: float
    title: str = ""
    description: str = ""
    zoom: int = 0


# The parts of a body that follow its texts.
_BELOW_TEXTS = frozenset({"albums", "evenements", "petition", "documents"})
# SPIP's length for articles, in characters.
_SUMMARY = 500


def summarise(body: Document) -> str:
    """Return the first words of a text or, if there is one, its introduction, on one line."""
    words = ""
    # The first nodes are enough for almost every text.
    for start in (body.children[:3], body.children[:9], body.children):
        words = choose_excerpt((replace(body, children=start),), sys.maxsize, "")
        if len(words) > _SUMMARY or len(start) == len(body.children):
            break
    return " ".join(cut(words, _SUMMARY, " (…)").split())


class Page(Struct, frozen=True):
    """An object in one language. Texts are plain, ``body`` is a tree; an empty field means that SPIP has no value.

    ``kind``: article, rubrique, breve, site, mot, groupe, auteur or home. ``status`` is SPIP's statut; ``is_draft``:
    visitors did not see it; ``is_future``: its date is in the future. ``date`` is naive local time. ``written`` is
    SPIP's date_redac, which may be a year or a month. ``sections`` are the sections it is in, the outermost first.
    ``logo`` and ``logo_hover`` are addresses. ``elsewhere`` is the page's own link (nom_site, url_site: title and
    address). ``feed`` is the feed of a site. ``below`` are the pages that it lists. ``translations`` are the other
    pages of the same object or of its id_trad. ``group`` is the slug of the group that the translations share.
    ``aliases`` are old paths, from the root of the host, that lead here. ``parts`` are the fields that the body
    consists of, each with the number of its nodes: chapo, texte, url_site, ps and others. ``partial_date`` is a date of
    SPIP's that is only a month or a year (``2005-06-00``): ``date`` is its first day.

    What plugins add: ``event`` is what an event is about, ``events`` are those of an article, in order of time.
    ``unique`` is the name of an article outside all sections (plugin "Pages uniques"). ``belongs_to`` is the article of
    an event. ``points`` are places on a map. ``composition`` is the name of the template that SPIP used. ``also_in``
    are sections that it is in besides its own. ``broader`` are the keywords or groups above a keyword or a group, the
    outermost first. ``extra`` are columns of the site's own: name and text.

    The glossary: ``terms`` are the identifiers of the terms that are marked, whose definitions are those of ``body``.
    ``forms`` are the forms of the term that the page is about, if it has several; ``is_glossary``: its body lists terms
    with their definitions.

    ``has_open_forum``: its visitors could write messages in SPIP.
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
    parts: tuple[tuple[str, int], ...] = ()
    partial_date: str = ""
    event: Event | None = None
    events: tuple[PageEvent, ...] = ()
    belongs_to: PageLink | None = None
    points: tuple[Point, ...] = ()
    composition: str = ""
    also_in: tuple[Term, ...] = ()
    broader: tuple[Term, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    unique: str = ""
    terms: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    is_glossary: bool = False
    has_open_forum: bool = False

    @property
    def summary(self) -> str:
        """What SPIP's ``#INTRODUCTION`` shows in lists: the description or the first words, on one line."""
        return self.description or ("" if self.is_glossary else summarise(self._own_body))

    @property
    def _own_body(self) -> Document:
        """The body without what follows its texts: albums, events, documents."""
        if not any(field in _BELOW_TEXTS for field, _ in self.parts):
            return self.body
        own, place = list[Node](), 0
        for field, number in self.parts:
            own += () if field in _BELOW_TEXTS else self.body.children[place : place + number]
            place += number
        return replace(self.body, children=(*own, *self.body.children[place:]))


class Site(Struct, frozen=True):
    """The facts that all pages share. ``address`` is the old site's; ``languages`` are the languages of all pages, the
    main one first.

    ``taxonomies`` are the groups of keywords: slug and title. ``shows_future``: the old site showed texts before their
    date. ``menu`` are the entries of the main menu in all languages, those of the main one first: SPIP's menu if the
    site has one, otherwise the sections at the top. ``comments_server`` is the address of the server for new messages,
    or empty.
    """

    name: str
    slogan: str
    description: str
    address: str
    language: str
    languages: tuple[str, ...]
    taxonomies: tuple[tuple[str, str], ...]
    shows_future: bool = False
    menu: tuple[MenuEntry, ...] = ()
    comments_server: str = ""
