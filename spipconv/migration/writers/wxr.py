"""A site as WordPress eXtended RSS 1.2: for WordPress's own importer, Isso, Pelican and whatever else reads WXR.

A file is ``head``, one ``item`` a page in any order, and ``tail``. Each is a pure function of its arguments.

What becomes of SPIP's objects: articles, briefs and referenced sites are posts in the category of their innermost
section; sections are categories and keywords tags, both with their text as description; authors are authors, and
pages where they have a text; documents and logos are attachments, which the importer fetches from the old site.
Keyword groups are no taxonomies, as WordPress drops those that no plugin has declared: the keywords of a group are
in the post's meta ``_spip_mots_<group>``. What else SPIP knows is in ``_spip_…`` too.

Posts of the main language keep their addresses where WordPress's permalinks are ``/%category%/%postname%/``, and
links to documents lead on where ``IMG/`` lies at the root of the new site.

Every text is HTML, as in WordPress's own exports: themes show titles and meta as they are. Two of its readings are
ruled out: ``[`` is written ``&#91;``, so that no word in brackets runs as a shortcode, and a meta that looks like
serialised PHP is serialised once more, as the importer would build objects from it. XML 1.0 forbids control
characters, U+FFFE and U+FFFF: they are left out; lone surrogates become U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from spipconv.api import render
from spipconv.migration.kinds import PAGE_KINDS, TEXTS
from spipconv.migration.pages.page import Attachment, Comment, Page, Site, Term
from spipconv.safety import safe_address

# WordPress has pages of its own for these, with their description; only comments have no place there.
_TERMS = frozenset({"rubrique", "mot"})

# Numbers of posts: a range for each kind, for each kind's logos, and again for each further language of an object.
_RANGE = 10_000_000
_TO_LOGOS = 10 * _RANGE
_TO_LANGUAGE = 20 * _RANGE

_NO_DATE = "0000-00-00 00:00:00"
_FORBIDDEN = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SERIALISED = re.compile(r"\s*[a-zA-Z](;|:.*[;}])\s*", re.DOTALL)
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_BREAK = re.compile(r'<br class="(?:auto|manual)br" />\s*')
_NEWLINE = re.compile(r"\s*\n\s*")
_PARAGRAPH = re.compile(r"</p>\s*(?=.)", re.DOTALL)
_WEB = re.compile("https?:", re.IGNORECASE | re.ASCII)

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""


def head(site: Site, sections: Iterable[Page], keywords: Iterable[Page], authors: Iterable[Term | Page]) -> str:
    """Return the beginning of the file: the site, its authors, its categories (parents first) and its tags.

    Authors that are not here lose their posts to whoever imports; sections and keywords lose their text. Of an
    object's languages, the first of the site's makes the term.
    """
    parts = [
        _HEAD,
        _element("title", _escape(site.name)),
        _element("link", site.address),
        _element("description", _escape(site.slogan or site.description)),
        _element("language", site.language),
        "<wp:wxr_version>1.2</wp:wxr_version>\n",
        _element("wp:base_site_url", site.address),
        _element("wp:base_blog_url", site.address),
    ]
    logins: dict[str, str] = {}
    for author in authors:
        login = _nicename(author)
        logins.setdefault(login, _author(login, author))
    parts += [logins[login] for login in sorted(logins)]
    return "".join([*parts, *_terms(sections, site, _category), *_terms(keywords, site, _tag)])


def item(page: Page, site: Site) -> str:
    """Return a page with its comments, then its attachments, as items.

    There is none for what WordPress makes itself: the front page and the pages of terms and authors, unless they
    have comments or (if no terms) a text. A document of several pages comes with each: importers take the first.
    """
    is_post = page.kind in TEXTS
    has_text = page.kind not in _TERMS and bool(page.body.children)
    place = _place(page, site)
    number = _number(page.kind, page.number) + place * _TO_LANGUAGE
    date = _date(page, place)
    parent = number if is_post or has_text or page.comments else 0

    attachments: list[str] = []
    titles: set[str] = set()
    thumbnail = 0
    for file in page.attachments:
        if file.file:
            own = _number("document", file.number)
            address = f"{_root(site)}/IMG/{quote(_clean(file.file))}"
            attachments.append(_attachment(own, _file_title(file, titles), address, parent, date, file.number))
            if file.address == page.logo:
                thumbnail = own
    if page.logo and not thumbnail:
        thumbnail = _number(page.kind, page.number) + _TO_LOGOS
        logo = _clean(page.logo)
        address = logo if _WEB.match(logo) else _root(site) + quote(logo, safe="/%")
        attachments.append(_attachment(thumbnail, f"logo {page.kind} {page.number}", address, parent, date, 0))
    own_item = _post(page, site, number, date, thumbnail) if parent else ""
    return own_item + "".join(attachments)


def tail() -> str:
    """Return the end of the file."""
    return "</channel>\n</rss>\n"


# ---- Texts ----


def _clean(text: str) -> str:
    """Return text as an XML reader will see it."""
    # Readers make newlines of these anyway, and the length of what is serialised counts.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub(lambda found: "\ufffd" if "\ud800" <= found[0] <= "\udfff" else "", text)


def _escape(text: str) -> str:
    """Return plain text as HTML that may also stand in an attribute: older themes print titles there."""
    return escape(text)


def _name(text: str) -> str:
    """Return the name of a term or a person: WordPress escapes its ``&``, and strips what looks like a tag.

    Its quotes become typographic ones, as WordPress itself shows them.
    """
    return text.replace("<", "&lt;").replace(">", "&gt;").replace('"', "”").replace("'", "’")


def _element(name: str, text: str) -> str:
    """Return an element with any text."""
    text = _clean(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{text}]]></{name}>\n" if text else f"<{name}></{name}>\n"


def _metas(element: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the meta of a post, term or comment. The texts are HTML; empty ones are left out."""
    parts: list[str] = []
    for key, value in pairs:
        text = _clean(value)
        if _SERIALISED.fullmatch(text):
            text = f's:{len(text.encode())}:"{text}";'
        if text:
            parts.append(f"<{element}>\n{_element('wp:meta_key', key)}{_element('wp:meta_value', text)}</{element}>\n")
    return "".join(parts)


def _tidy(markup: str) -> str:
    """Return HTML without newlines outside ``pre``: WordPress and Pelican make breaks and paragraphs of them."""
    parts = _PREFORMATTED.split(markup)
    parts[::2] = [_NEWLINE.sub(" ", _BREAK.sub("<br />", part)) for part in parts[::2]]
    return "".join(parts).strip().replace("[", "&#91;")


def _text(page: Page) -> str:
    return _tidy(render(page.body))


# ---- Numbers, names, dates ----


def _number(kind: str, number: int) -> int:
    return PAGE_KINDS[kind].range * _RANGE + number


def _place(page: Page, site: Site) -> int:
    """Return the place of a page's language among those of its object."""
    own = {link.language for link in page.translations if (link.kind, link.number) == (page.kind, page.number)}
    return sorted(own | {page.language}, key=lambda code: (_rank(code, site), code)).index(page.language)


def _rank(language: str, site: Site) -> int:
    return site.languages.index(language) if language in site.languages else len(site.languages)


def _root(site: Site) -> str:
    return site.address.rstrip("/")


def _nicename(term: Term | Page) -> str:
    """Return the slug by which WordPress knows a term or an author."""
    slug = term.slug or f"{term.kind}-{term.number}"
    # WordPress makes no user with a longer login.
    return slug if term.kind != "auteur" or len(slug) <= 60 else f"{slug[:40]}-{term.number}"


def _date(page: Page, place: int) -> str:
    """Return a page's date, or the nearest known."""
    date = page.date or page.modified
    if date and place and any(link.title == page.title for link in page.translations):
        # WordPress takes two posts of one title and second for the same one.
        date = date.replace(second=(date.second + place) % 60)
    return _stamp(date) if date else _NO_DATE


def _stamp(date: datetime) -> str:
    return date.replace(tzinfo=None).isoformat(" ", "seconds")


def _status(page: Page) -> str:
    if page.is_future:
        return "future"
    if not page.is_draft:
        return "publish"
    return "pending" if page.status == "prop" else "draft"


def _file_title(file: Attachment, taken: set[str]) -> str:
    """Return a title that no other file of the page has, for the reason above."""
    title = _clean(file.title).strip() or _clean(file.file.rpartition("/")[2]).strip() or f"document {file.number}"
    if title in taken:
        title = f"{title} ({file.file})"
    taken.add(title)
    return title


# ---- Authors and terms ----


def _author(login: str, author: Term | Page) -> str:
    parts = (
        f"<wp:author_id>{author.number}</wp:author_id>",
        _element("wp:author_login", login).rstrip(),
        "<wp:author_email></wp:author_email>",
        _element("wp:author_display_name", " ".join(_name(author.title).split())).rstrip(),
        "<wp:author_first_name></wp:author_first_name><wp:author_last_name></wp:author_last_name>",
    )
    # The importer's simplest reader takes an author from one line.
    return f"<wp:author>{''.join(parts)}</wp:author>\n"


def _terms(pages: Iterable[Page], site: Site, write: Callable[[Page], str]) -> Iterable[str]:
    """Return each term once, written from its first language, parents before children."""
    # Only what is written is kept: trees of a whole site's sections would be large.
    written = sorted(
        (len(page.sections), page.number, _rank(page.language, site), page.language, _nicename(page), write(page))
        for page in pages
    )
    first: dict[str, str] = {}
    for *_, slug, text in written:
        first.setdefault(slug, text)
    return first.values()


def _category(page: Page) -> str:
    return (
        "<wp:category>\n"
        f"<wp:term_id>{_number(page.kind, page.number)}</wp:term_id>\n"
        + _element("wp:category_nicename", _nicename(page))
        + _element("wp:category_parent", _nicename(page.sections[-1]) if page.sections else "")
        + _element("wp:cat_name", _name(page.title))
        + _element("wp:category_description", _text(page) or _escape(page.description))
        + _term_metas(page)
        + "</wp:category>\n"
    )


def _tag(page: Page) -> str:
    return (
        "<wp:tag>\n"
        f"<wp:term_id>{_number(page.kind, page.number)}</wp:term_id>\n"
        + _element("wp:tag_slug", _nicename(page))
        + _element("wp:tag_name", _name(page.title))
        + _element("wp:tag_description", _text(page) or _escape(page.description))
        + _term_metas(page)
        + "</wp:tag>\n"
    )


def _term_metas(page: Page) -> str:
    pairs = (
        ("_spip_kind", page.kind),
        ("_spip_id", str(page.number)),
        ("_spip_lang", page.language),
        # WordPress strips paragraphs, lists and pictures from descriptions.
        ("_spip_texte", _text(page)),
        ("_spip_descriptif", _escape(page.description)),
        ("_spip_logo", _escape(page.logo)),
    )
    return _metas("wp:termmeta", pairs)


# ---- Items ----


def _frame(
    number: int, kind: str, title: str, date: str, *, link: str, guid: str, author: str = "", content: str = "",
    excerpt: str = "", status: str = "inherit", name: str = "", parent: int = 0, order: int = 0,
    comments: str = "closed", rest: str = "",
) -> str:  # fmt: skip
    """Return an item. ``title``, ``content`` and ``excerpt`` are HTML, ``rest`` is XML."""
    published = "" if date == _NO_DATE else format_datetime(datetime.fromisoformat(date).replace(tzinfo=UTC))
    return (
        "<item>\n"
        + _element("title", title)
        + _element("link", link)
        + f"<pubDate>{published}</pubDate>\n"
        + _element("dc:creator", author)
        + f'<guid isPermaLink="false">{escape(_clean(guid))}</guid>\n'
        + "<description></description>\n"
        + _element("content:encoded", content)
        + _element("excerpt:encoded", excerpt)
        + f"<wp:post_id>{number}</wp:post_id>\n"
        + f"<wp:post_date>{date}</wp:post_date>\n"
        # SPIP's dates have no time zone: what is written is right but for its offset.
        + f"<wp:post_date_gmt>{date}</wp:post_date_gmt>\n"
        + f"<wp:comment_status>{comments}</wp:comment_status>\n"
        + "<wp:ping_status>closed</wp:ping_status>\n"
        + _element("wp:post_name", name)
        + f"<wp:status>{status}</wp:status>\n"
        + f"<wp:post_parent>{parent}</wp:post_parent>\n"
        + f"<wp:menu_order>{order}</wp:menu_order>\n"
        + f"<wp:post_type>{kind}</wp:post_type>\n"
        + "<wp:post_password></wp:post_password>\n"
        + "<wp:is_sticky>0</wp:is_sticky>\n"
        + rest
        + "</item>\n"
    )


def _post(page: Page, site: Site, number: int, date: str, thumbnail: int) -> str:
    is_post = page.kind in TEXTS
    old = f"{_root(site)}/spip.php?{page.kind}{page.number}" + (
        f"&lang={page.language}" if number > _TO_LANGUAGE else ""
    )
    terms = [("category", term) for term in page.sections[-1:]] + [("post_tag", term) for term in page.keywords]
    return _frame(
        number,
        "post" if is_post else "page",
        # Isso leaves out what has no title, and WordPress takes it for any other post of its date.
        _escape(_clean(page.title).strip()) or f"{page.kind} {page.number}",
        date,
        link=page.address if _WEB.match(page.address) else _root(site) + page.address,
        guid=old,
        author=_nicename(page.authors[0]) if page.authors else "",
        content=_text(page),
        excerpt=_escape(page.description),
        status=_status(page),
        name=page.slug or f"{page.kind}-{page.number}",
        order=page.weight,
        comments="open" if page.comments else "closed",
        rest="".join([_term(domain, term) for domain, term in terms] if is_post else [])
        + _metas("wp:postmeta", _post_metas(page, thumbnail))
        + _comments(page, date),
    )


def _term(domain: str, term: Term) -> str:
    name = _element("category", _name(term.title) or _nicename(term)).removeprefix("<category>")
    return f'<category domain="{domain}" nicename="{escape(_clean(_nicename(term)))}">{name}'


def _post_metas(page: Page, thumbnail: int) -> list[tuple[str, str]]:
    groups: dict[str, list[str]] = {}
    for term in page.keywords:
        groups.setdefault(term.group, []).append(term.title)
    texts = {
        "kind": page.kind,
        "id": str(page.number),
        "lang": page.language,
        "statut": page.status,
        "translation_key": page.translation_key,
        "surtitre": page.overtitle,
        "soustitre": page.subtitle,
        "date": page.date.isoformat(" ") if page.date else "",
        "date_modif": page.modified.isoformat(" ") if page.modified else "",
        "date_redac": page.written,
        "auteurs": ", ".join([author.title for author in page.authors]),
        "rubriques": " / ".join([section.title for section in page.sections]),
        "nom_site": page.elsewhere[0],
        "url_site": page.elsewhere[1] if safe_address(page.elsewhere[1]) else "",
        "url_syndic": page.feed if safe_address(page.feed) else "",
        "logo": page.logo,
        "logo_survol": page.logo_hover,
        "anciennes_adresses": "\n".join(page.aliases),
    } | {f"mots_{group}".rstrip("_"): ", ".join(titles) for group, titles in groups.items()}
    metas = [(f"_spip_{key}", _escape(text)) for key, text in texts.items()]
    return [*metas, ("_thumbnail_id", str(thumbnail))] if thumbnail else metas


def _attachment(number: int, title: str, address: str, parent: int, date: str, document: int) -> str:
    metas = (("_spip_kind", "document"), ("_spip_id", str(document))) if document else ()
    return _frame(
        number,
        "attachment",
        _escape(title),
        date,
        link=address,
        guid=address,
        name=f"document-{document}" if document else f"logo-{number}",
        parent=parent,
        rest=_element("wp:attachment_url", address) + _metas("wp:postmeta", metas),
    )


# ---- Comments ----


def _comments(page: Page, date: str) -> str:
    """Return a page's comments; a parent always has the lower number."""
    comments: Iterable[tuple[int, Comment]] = [(comment.number, comment) for comment in page.comments]
    if any(comment.parent > comment.number for comment in page.comments):
        # WordPress adds comments by number and loses a parent that it has not met, so they share their numbers anew.
        numbers = sorted(comment.number for comment in page.comments)
        comments = zip(numbers, sorted(page.comments, key=lambda one: (one.depth, one.number)), strict=True)
    parts: list[str] = []
    new: dict[int, int] = {}
    for number, comment in sorted(comments, key=lambda pair: pair[0]):
        # Not yet met: it is not on this page, or answers itself.
        parts.append(_comment(comment, number, new.get(comment.parent, 0), page.title, date))
        new[comment.number] = number
    return "".join(parts)


def _comment(comment: Comment, number: int, parent: int, page_title: str, date: str) -> str:
    # Isso stops at what is no date.
    written = _stamp(comment.date) if comment.date else "1970-01-01 00:00:00" if date == _NO_DATE else date
    address = safe_address(comment.address) or ""
    return (
        "<wp:comment>\n"
        f"<wp:comment_id>{number}</wp:comment_id>\n"
        + _element("wp:comment_author", " ".join(_name(comment.author).split()))
        + "<wp:comment_author_email></wp:comment_author_email>\n"
        + _element("wp:comment_author_url", address if _WEB.match(address) else "")
        + "<wp:comment_author_IP></wp:comment_author_IP>\n"
        f"<wp:comment_date>{written}</wp:comment_date>\n"
        f"<wp:comment_date_gmt>{written}</wp:comment_date_gmt>\n"
        + _element("wp:comment_content", _comment_text(comment, page_title))
        + f"<wp:comment_approved>{0 if comment.is_pending else 1}</wp:comment_approved>\n"
        "<wp:comment_type>comment</wp:comment_type>\n"
        f"<wp:comment_parent>{parent}</wp:comment_parent>\n"
        "<wp:comment_user_id>0</wp:comment_user_id>\n"
        + _metas("wp:commentmeta", (("_spip_id", str(comment.number)),))
        + "</wp:comment>\n"
    )


def _comment_text(comment: Comment, page_title: str) -> str:
    """Return a comment with its title, which SPIP fills in with the page's where its writer gives none."""
    title = _clean(comment.title).lstrip("> ").strip()
    own_title = f"<p><strong>{_escape(title)}</strong></p>" if title and title != page_title.strip() else ""
    markup = _tidy(f"{own_title}\n{render(comment.body, profile='comment')}")
    # Where WordPress takes the paragraphs away, it makes new ones of blank lines. Isso stops at what is empty.
    return _PARAGRAPH.sub("</p>\n\n", _clean(markup)) or "…"
