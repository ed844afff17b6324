"""A site as WordPress eXtended RSS 1.2, for the importers of WordPress, Isso, Pelican and other readers of WXR.

A file consists of one of the ``heads``, one ``item`` per page in any order, and ``tail``. All are pure functions.

Articles, news items and referenced sites become posts in the category of their innermost section. Sections become
categories and keywords tags, both with their text as description. Authors become authors, and also pages if they have a
text. Documents and logos become attachments, which the importer downloads from the old site. Keyword groups are not
taxonomies, because WordPress drops taxonomies that no plugin has declared: the keywords of a group are in the post's
meta ``_spip_mots_<group>``. SPIP's other fields are in ``_spip_…`` too.

Posts in the main language keep their addresses if WordPress's permalinks are ``/%category%/%postname%/``, and links to
documents work if ``IMG/`` is at the root of the new site.

Every text is HTML, as in WordPress's own exports, because themes print titles and meta values unescaped. Two
interpretations are prevented: ``[`` is written ``&#91;``, so that no word in brackets runs as a shortcode, and a meta
value that looks like serialised PHP is serialised again, because the importer would build objects from it. Control
characters, U+FFFE and U+FFFF, which XML 1.0 forbids, are left out; lone surrogates become U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from spipconv.migration.kinds import TEXTS
from spipconv.migration.pages.page import Page, Site, Term
from spipconv.migration.writers.wxr_comments import write_comments
from spipconv.migration.writers.wxr_values import (
    NO_DATE,
    TO_LANGUAGE,
    TO_LOGOS,
    WEB,
    clean_text,
    escape_text,
    file_title,
    language_place,
    language_rank,
    meta_elements,
    nicename,
    old_root,
    page_date,
    page_text,
    post_number,
    post_status,
    term_name,
    text_element,
)
from spipconv.safety import safe_address

# WordPress generates pages for these, with their description; only comments have no place there.
_TERMS = frozenset({"rubrique", "mot"})

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


def heads(
    site: Site, sections: Iterable[Page], keywords: Iterable[Page], authors: Iterable[Term | Page]
) -> tuple[str, str]:
    """Return the beginning of the file: the site, its authors, its categories (parents first) and its tags. The second
    is that of files after the first: terms are there already, so they have no texts.

    The posts of authors who are missing here go to the user who imports; missing sections and keywords lose their text.
    If an object has several languages, the term is written in the first of the site's languages.
    """
    parts = [
        _HEAD,
        text_element("title", escape_text(site.name)),
        text_element("link", site.address),
        text_element("description", escape_text(site.slogan or site.description)),
        text_element("language", site.language),
        "<wp:wxr_version>1.2</wp:wxr_version>\n",
        text_element("wp:base_site_url", site.address),
        text_element("wp:base_blog_url", site.address),
    ]
    logins: dict[str, str] = {}
    for author in authors:
        login = nicename(author)
        logins.setdefault(login, _author(login, author))
    start = "".join([*parts, *(logins[login] for login in sorted(logins))])
    terms = [*_terms(sections, site, _category), *_terms(keywords, site, _tag)]
    return start + "".join([whole for whole, _ in terms]), start + "".join([short for _, short in terms])


def has_item(page: Page) -> bool:
    """Return whether a page has an item of its own."""
    has_text = page.kind not in _TERMS and bool(page.body.children)
    return page.kind in TEXTS or has_text or bool(page.comments)


def item(page: Page, site: Site) -> str:
    """Return a page with its comments, then its attachments, as items.

    Pages that WordPress generates itself have no item: the front page and the pages of terms and authors, unless they
    have comments or (if they are not terms) a text. A document that is on several pages is repeated with each:
    importers take the first.
    """
    place = language_place(page, site)
    number = post_number(page.kind, page.number) + place * TO_LANGUAGE
    date = page_date(page, place)
    parent = number if has_item(page) else 0

    attachments: list[str] = []
    titles: set[str] = set()
    thumbnail = 0
    for file in page.attachments:
        if file.file:
            own = post_number("document", file.number)
            address = f"{old_root(site)}/IMG/{quote(clean_text(file.file))}"
            attachments.append(_attachment(own, file_title(file, titles), address, parent, date, file.number))
            if file.address == page.logo:
                thumbnail = own
    if page.logo and not thumbnail:
        thumbnail = post_number(page.kind, page.number) + TO_LOGOS
        logo = clean_text(page.logo)
        address = logo if WEB.match(logo) else old_root(site) + quote(logo, safe="/%")
        attachments.append(_attachment(thumbnail, f"logo {page.kind} {page.number}", address, parent, date, 0))
    own_item = _post(page, site, number, date, thumbnail) if parent else ""
    return own_item + "".join(attachments)


def tail() -> str:
    """Return the end of the file."""
    return "</channel>\n</rss>\n"


# ---- Authors and terms ----


def _author(login: str, author: Term | Page) -> str:
    parts = (
        f"<wp:author_id>{author.number}</wp:author_id>",
        text_element("wp:author_login", login).rstrip(),
        "<wp:author_email></wp:author_email>",
        text_element("wp:author_display_name", " ".join(term_name(author.title).split())).rstrip(),
        "<wp:author_first_name></wp:author_first_name><wp:author_last_name></wp:author_last_name>",
    )
    # The importer's simplest reader expects each author on one line.
    return f"<wp:author>{''.join(parts)}</wp:author>\n"


def _terms(pages: Iterable[Page], site: Site, write: Callable[[Page], tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Return each term once, written in its first language, parents before children; with its texts, and without."""
    # Only the written text is kept: the trees of all sections of a site would be large.
    written = sorted(
        (
            len(page.sections),
            page.number,
            language_rank(page.language, site),
            page.language,
            nicename(page),
            write(page),
        )
        for page in pages
    )
    first: dict[str, tuple[str, str]] = {}
    for *_, slug, text in written:
        first.setdefault(slug, text)
    return first.values()


def _category(page: Page) -> tuple[str, str]:
    start = (
        "<wp:category>\n"
        f"<wp:term_id>{post_number(page.kind, page.number)}</wp:term_id>\n"
        + text_element("wp:category_nicename", nicename(page))
        + text_element("wp:category_parent", nicename(page.sections[-1]) if page.sections else "")
        + text_element("wp:cat_name", term_name(page.title))
    )
    description = text_element("wp:category_description", page_text(page) or escape_text(page.description))
    return start + description + _term_metas(page) + "</wp:category>\n", start + "</wp:category>\n"


def _tag(page: Page) -> tuple[str, str]:
    start = (
        "<wp:tag>\n"
        f"<wp:term_id>{post_number(page.kind, page.number)}</wp:term_id>\n"
        + text_element("wp:tag_slug", nicename(page))
        + text_element("wp:tag_name", term_name(page.title))
    )
    description = text_element("wp:tag_description", page_text(page) or escape_text(page.description))
    return start + description + _term_metas(page) + "</wp:tag>\n", start + "</wp:tag>\n"


def _term_metas(page: Page) -> str:
    pairs = (
        ("_spip_kind", page.kind),
        ("_spip_id", str(page.number)),
        ("_spip_lang", page.language),
        # WordPress strips paragraphs, lists and pictures from descriptions.
        ("_spip_texte", page_text(page)),
        ("_spip_descriptif", escape_text(page.description)),
        ("_spip_logo", escape_text(page.logo)),
    )
    return meta_elements("wp:termmeta", pairs)


# ---- Items ----


def _frame(
    number: int, kind: str, title: str, date: str, *, link: str, guid: str, author: str = "", content: str = "",
    excerpt: str = "", status: str = "inherit", name: str = "", parent: int = 0, order: int = 0,
    comments: str = "closed", rest: str = "",
) -> str:  # fmt: skip
    """Return an item. ``title``, ``content`` and ``excerpt`` are HTML, ``rest`` is XML."""
    published = "" if date == NO_DATE else format_datetime(datetime.fromisoformat(date).replace(tzinfo=UTC))
    return (
        "<item>\n"
        + text_element("title", title)
        + text_element("link", link)
        + f"<pubDate>{published}</pubDate>\n"
        + text_element("dc:creator", author)
        + f'<guid isPermaLink="false">{escape(clean_text(guid))}</guid>\n'
        + "<description></description>\n"
        + text_element("content:encoded", content)
        + text_element("excerpt:encoded", excerpt)
        + f"<wp:post_id>{number}</wp:post_id>\n"
        + f"<wp:post_date>{date}</wp:post_date>\n"
        # SPIP's dates have no time zone: the written date is right except for its offset.
        + f"<wp:post_date_gmt>{date}</wp:post_date_gmt>\n"
        + f"<wp:comment_status>{comments}</wp:comment_status>\n"
        + "<wp:ping_status>closed</wp:ping_status>\n"
        + text_element("wp:post_name", name)
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
    old = f"{old_root(site)}/spip.php?{page.kind}{page.number}" + (
        f"&lang={page.language}" if number > TO_LANGUAGE else ""
    )
    terms = [("category", term) for term in page.sections[-1:]] + [("post_tag", term) for term in page.keywords]
    return _frame(
        number,
        # WordPress's own pages have addresses at the top, as those of the plugin "Pages uniques" do.
        "post" if is_post and not page.unique else "page",
        # Isso leaves out posts without a title, and WordPress confuses them with other posts of the same date.
        escape_text(clean_text(page.title).strip()) or f"{page.kind} {page.number}",
        date,
        link=page.address if WEB.match(page.address) else old_root(site) + page.address,
        guid=old,
        author=nicename(page.authors[0]) if page.authors else "",
        content=page_text(page),
        excerpt=escape_text(page.description),
        status=post_status(page),
        name=page.slug or f"{page.kind}-{page.number}",
        order=page.weight,
        comments="open" if page.comments else "closed",
        rest="".join([_term(domain, term) for domain, term in terms] if is_post else [])
        + meta_elements("wp:postmeta", _post_metas(page, thumbnail))
        + write_comments(page, date),
    )


def _term(domain: str, term: Term) -> str:
    name = text_element("category", term_name(term.title) or nicename(term)).removeprefix("<category>")
    return f'<category domain="{domain}" nicename="{escape(clean_text(nicename(term)))}">{name}'


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
        "date": page.partial_date or (page.date.isoformat(" ") if page.date else ""),
        "date_modif": page.modified.isoformat(" ") if page.modified else "",
        "date_redac": page.written,
        "page": page.unique,
        "auteurs": ", ".join([author.title for author in page.authors]),
        "rubriques": " / ".join([section.title for section in page.sections]),
        "nom_site": page.elsewhere[0],
        "url_site": page.elsewhere[1] if safe_address(page.elsewhere[1]) else "",
        "url_syndic": page.feed if safe_address(page.feed) else "",
        "logo": page.logo,
        "logo_survol": page.logo_hover,
        "anciennes_adresses": "\n".join(page.aliases),
        **_added(page),
    } | {f"mots_{group}".rstrip("_"): ", ".join(titles) for group, titles in groups.items()}
    metas = [(f"_spip_{key}", escape_text(text)) for key, text in texts.items()]
    return [*metas, ("_thumbnail_id", str(thumbnail))] if thumbnail else metas


def _added(page: Page) -> dict[str, str]:
    """Return what plugins have added to a page."""
    event = page.event
    times = {
        "date_debut": event.start.isoformat(" "),
        "date_fin": event.end.isoformat(" "),
        "horaire": "non" if event.is_whole_day else "oui",
        "lieu": event.place,
        "adresse": event.street,
        "id_article": str(page.belongs_to.number) if page.belongs_to else "",
    } if event else {}  # fmt: skip
    return {
        **times,
        "composition": page.composition,
        "gis": "\n".join([f"{point.latitude} {point.longitude} {point.title}".strip() for point in page.points]),
        "aussi_dans": " / ".join([section.title for section in page.also_in]),
        "au_dessus": " / ".join([term.title for term in page.broader]),
        **{f"extra_{name}": text for name, text in page.extra},
    }


def _attachment(number: int, title: str, address: str, parent: int, date: str, document: int) -> str:
    metas = (("_spip_kind", "document"), ("_spip_id", str(document))) if document else ()
    return _frame(
        number,
        "attachment",
        escape_text(title),
        date,
        link=address,
        guid=address,
        name=f"document-{document}" if document else f"logo-{number}",
        parent=parent,
        rest=text_element("wp:attachment_url", address) + meta_elements("wp:postmeta", metas),
    )
