"""WXR: always well-formed and inert, and read by the importers it is for."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spipconv
from spipconv.migration.pages.page import Attachment, Comment, Page, PageLink, Site, Term
from spipconv.migration.writers import wxr
from spipconv.nodes import CodeBlock, Document, Frame, Paragraph, Text
from tests.judges import dangers
from tests.safety.test_safety import CONTEXTS, VECTORS

NAMESPACES = {
    "wp": "http://wordpress.org/export/1.2/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
}
SITE = Site("Le Site & Cie", "Un slogan", "", "https://old.example.org", "fr", ("fr", "en"), (("pays", "Pays"),))
NEWS = Term("rubrique", 3, "Actualités", "actualites", "/actualites/")
EUROPE = Term("rubrique", 7, "Europe & Méditerranée", "europe", "/actualites/europe/")
SPAIN = Term("mot", 5, "Espagne", "espagne", "/pays/espagne/", "pays")
JANE = Term("auteur", 9, "Jane Doe", "jane-doe", "/auteurs/jane-doe/")
JOHN = Term("auteur", 10, "John <Roe>", "john-roe", "/auteurs/john-roe/")
DATE = datetime(2004, 3, 2, 10, 20, 30)


def tree_of(text: str, *, is_comment: bool = False) -> Document:
    """Return the tree of a SPIP text."""
    return spipconv.parse(text, profile="comment" if is_comment else "article").document


def page(number: int = 12, *, kind: str = "article", text: str = "Un texte.", **fields: Any) -> Page:
    values: dict[str, Any] = {
        "language": "fr",
        "address": f"/actualites/europe/page-{number}/",
        "slug": f"page-{number}",
        "title": f"Page {number}",
        "body": tree_of(text) if text else Document(()),
        "date": DATE,
    }
    return Page(kind, number, **(values | fields))


def comment(number: int, parent: int = 0, depth: int = 0, text: str = "Oui.", **fields: Any) -> Comment:
    values: dict[str, Any] = {"author": "Zoé", "address": "", "date": DATE, "title": "", "is_pending": False}
    return Comment(number, parent, depth, body=tree_of(text, is_comment=True), **(values | fields))


def file_of(*pages: Page, site: Site = SITE) -> str:
    sections = [one for one in pages if one.kind == "rubrique"]
    keywords = [one for one in pages if one.kind == "mot"]
    return (
        wxr.heads(site, sections, keywords, [JANE, JOHN])[0]
        + "".join(wxr.item(one, site) for one in pages)
        + wxr.tail()
    )


def parsed(xml: str) -> Element:
    """Return the channel of a file, as expat parses it."""
    return ElementTree.fromstring(xml.encode())[0]  # noqa: S314 - our own file


def channel_of(*pages: Page) -> Element:
    return parsed(file_of(*pages))


def items_of(*pages: Page) -> list[Element]:
    return channel_of(*pages).findall("item")


def value(element: Element, name: str) -> str:
    found = element.find(name, NAMESPACES)
    assert found is not None, name
    return found.text or ""


def metas(element: Element, name: str = "postmeta") -> dict[str, str]:
    return {value(one, "wp:meta_key"): value(one, "wp:meta_value") for one in element.findall(f"wp:{name}", NAMESPACES)}


def a_site() -> list[Page]:
    """Return pages of every kind, with all fields that they may have."""
    article = page(
        title="L’été : « 1 < 2 » & fin", slug="l-ete", address="/actualites/europe/l-ete/",
        text="Un {{mot}} et [un lien->/actualites/].\n\n-* a\n-* b\n\n<code>\nx\n  y\n</code>", sections=(NEWS, EUROPE),
        authors=(JANE, JOHN), keywords=(SPAIN, Term("mot", 6, "Eau, air", "eau-air", "/themes/eau-air/", "themes")),
        overtitle="Sur", subtitle="Sous", description="Résumé <court>", written="1998-05-00", modified=DATE,
        elsewhere=("Là", "https://example.org/?a=1&b=2"), translation_key="article-12", logo="/IMG/arton12.jpg",
        attachments=(
            Attachment(1, "Plan", "/IMG/pdf/plan été.pdf", "pdf/plan été.pdf"),
            Attachment(2, "Plan", "/IMG/pdf/plan2.pdf", "pdf/plan2.pdf"),
            Attachment(3, "", "https://video.example.org/3"),
        ),
        comments=(
            comment(101, title="Bravo", text="Un\ndeux\n\ntrois {{gras}} http://example.org/"),
            comment(104, 101, 1, author="Ann & Co <a>", address="https://ann.example.org/", is_pending=True),
            comment(105, 104, 2),
            comment(102, title="> L’été : « 1 < 2 » & fin"),
        ),
    )  # fmt: skip
    return [
        page(3, kind="rubrique", title="Actualités", slug="actualites", address="/actualites/", text="Tout."),
        page(
            7, kind="rubrique", title=EUROPE.title, slug="europe", address="/actualites/europe/", sections=(NEWS,),
            comments=(comment(200),),
        ),
        page(5, kind="mot", title="Espagne", slug="espagne", address="/pays/espagne/", text="Le pays."),
        article,
        page(12, kind="breve", title="Brève", date=None, elsewhere=("", "javascript:alert(1)"), sections=(NEWS,)),
        page(13, status="prop", is_draft=True, title="Proposé"),
        page(14, status="prepa", is_draft=True, title="En cours"),
        page(15, status="publie", is_future=True, title="Demain"),
        page(4, kind="site", title="Un site", text="", elsewhere=("Un site", "https://a.example.org/")),
        page(9, kind="auteur", title="Jane Doe", text="Sa vie."),
        page(10, kind="auteur", title="John <Roe>", text=""),
        page(0, kind="home", title="Accueil", text=""),
    ]  # fmt: skip


# ---- XML ----

HOSTILE = st.text(
    st.sampled_from("]]>><&\"'[;:{}aé \n\r\t\0\x01\x0b\x1f\x7f\x85\u2028\ud800\udfff\ufffe\uffff\ufeff😀")
    | st.characters(codec=None),
    max_size=12,
)
DATES = st.none() | st.datetimes()


@st.composite
def hostile_pages(draw: st.DrawFn) -> Page:
    def terms(kind: str) -> st.SearchStrategy[tuple[Term, ...]]:
        term = st.builds(Term, st.just(kind), st.integers(1, 9), HOSTILE, HOSTILE, HOSTILE, HOSTILE)
        return st.lists(term, max_size=2).map(tuple)

    body = st.lists(st.builds(Text, HOSTILE) | st.builds(CodeBlock, HOSTILE) | st.builds(Frame, HOSTILE), max_size=3)
    document = body.map(lambda nodes: Document((Paragraph(tuple(nodes)),)))
    comments = st.builds(
        Comment, st.integers(1, 9), st.integers(0, 9), st.integers(0, 3), HOSTILE, HOSTILE, DATES, HOSTILE, document,
        st.booleans(),
    )  # fmt: skip
    return draw(
        st.builds(
            Page, st.sampled_from(["article", "breve", "site", "rubrique", "mot", "auteur", "groupe", "home"]),
            st.integers(0, 99), st.sampled_from(["fr", "en", "xx"]), HOSTILE, HOSTILE, HOSTILE, document, HOSTILE,
            is_draft=st.booleans(), date=DATES, modified=DATES, written=HOSTILE, overtitle=HOSTILE, subtitle=HOSTILE,
            description=HOSTILE, sections=terms("rubrique"), authors=terms("auteur"), keywords=terms("mot"),
            logo=HOSTILE, elsewhere=st.tuples(HOSTILE, HOSTILE), feed=HOSTILE, translation_key=HOSTILE,
            attachments=st.lists(
                st.builds(Attachment, st.integers(1, 9), HOSTILE, HOSTILE, HOSTILE), max_size=2
            ).map(tuple),
            comments=st.lists(comments, max_size=3, unique_by=lambda one: one.number).map(tuple),
            aliases=st.lists(HOSTILE, max_size=2).map(tuple),
            translations=st.lists(
                st.builds(PageLink, st.just("article"), st.integers(0, 99), HOSTILE, HOSTILE, st.just("en")), max_size=1
            ).map(tuple),
        )
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(hostile_pages(), max_size=2), HOSTILE)
@pytest.mark.slow
def test_any_site_is_well_formed_and_inert(pages: list[Page], text: str) -> None:
    site = Site(text, text, text, text, text, ("fr", "en"), ())
    xml = wxr.heads(site, pages, pages, pages)[0] + "".join(wxr.item(one, site) for one in pages) + wxr.tail()
    channel = parsed(xml)
    for item in channel.findall("item"):
        assert not dangers(value(item, "content:encoded"))
        assert not dangers(value(item, "excerpt:encoded"))
        assert not dangers(value(item, "title"))
        assert value(item, "title")
        for one in item.findall("wp:comment", NAMESPACES):
            assert not dangers(value(one, "wp:comment_content"))
            assert value(one, "wp:comment_content")
            assert int(value(one, "wp:comment_parent")) < int(value(one, "wp:comment_id"))
            datetime.fromisoformat(value(one, "wp:comment_date_gmt"))
        assert not any("<" in one for one in metas(item).values())


def test_the_end_of_cdata_and_forbidden_characters() -> None:
    (item,) = items_of(page(title="a ]]> b \0c\x0b \ud800 \ufffe \x85 \r\nd 😀", text="<code>x ]]> y</code>"))
    assert value(item, "title") == "a ]]&gt; b c \ufffd  \x85 \nd 😀"
    assert "x ]]&gt; y" in value(item, "content:encoded")
    (item,) = items_of(page(elsewhere=("", "http://example.org/]]>?a[]"), slug="]]>"))
    assert value(item, "wp:post_name") == "]]>"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert file_of(*a_site()) == file_of(*a_site())


# ---- Nothing active ----


@pytest.mark.parametrize("context", ["raw", "link address", "code", "attribute", "html", "model"])
@pytest.mark.slow
def test_hostile_texts_are_harmless(context: str) -> None:
    for vector in VECTORS:
        text = CONTEXTS[context].format(vector["vector"])
        (item,) = items_of(page(title=text, text=text, description=text, comments=(comment(1, text=text, title=text),)))
        assert not dangers(value(item, "content:encoded")), vector["id"]
        assert not dangers(value(item, "wp:comment/wp:comment_content")), vector["id"]
        assert not dangers(value(item, "title")), vector["id"]
        assert not dangers(value(item, "excerpt:encoded")), vector["id"]


def test_no_word_in_brackets_is_a_shortcode() -> None:
    text = "Le <code>[gallery ids=1]</code> et [embed]http://example.org/[/embed]\n\n<code>\n[php]\n</code>"
    (item,) = items_of(page(text=text))
    content = value(item, "content:encoded")
    assert "[" not in content
    assert "&#91;gallery ids=1]" in content


@pytest.mark.parametrize(
    "text", ['O:8:"stdClass":0:{}', "a:0:{}", "N;", "b:0;", ' s:1:"é"; ', 'C:1:"X":0:{}', 'O:1:"A":1:{s:1:"é"\r\n;}']
)
def test_a_meta_that_looks_like_serialised_php_is_a_text(text: str) -> None:
    (item,) = items_of(page(subtitle=text))
    found = metas(item)["_spip_soustitre"]
    match = re.fullmatch(r's:(\d+):"(.*)";', found, re.DOTALL)
    assert match
    assert unescape(match[2]) == text.replace("\r\n", "\n")
    assert int(match[1]) == len(match[2].encode())


def test_an_address_that_would_run_is_not_written() -> None:
    (item,) = items_of(
        page(elsewhere=("x", "javascript:alert(1)"), comments=(comment(1, address="javascript:alert(1)"),))
    )
    assert "javascript" not in ElementTree.tostring(item, encoding="unicode")


# ---- Places ----


def test_sections_are_categories_with_parents_first() -> None:
    channel = channel_of(*reversed(a_site()))
    found = [
        (value(one, "wp:category_nicename"), value(one, "wp:category_parent"), value(one, "wp:cat_name"))
        for one in channel.findall("wp:category", NAMESPACES)
    ]
    assert found == [("actualites", "", "Actualités"), ("europe", "actualites", "Europe & Méditerranée")]
    assert value(channel, "wp:category/wp:category_description") == "<p>Tout.</p>"
    assert value(channel, "wp:tag/wp:tag_slug") == "espagne"
    assert value(channel, "wp:tag/wp:tag_description") == "<p>Le pays.</p>"
    assert [value(one, "wp:author_login") for one in channel.findall("wp:author", NAMESPACES)] == [
        "jane-doe",
        "john-roe",
    ]


def test_a_term_of_two_languages_is_one() -> None:
    french = page(3, kind="rubrique", title="Actualités", slug="actualites")
    english = page(3, kind="rubrique", title="News", slug="actualites", language="en")
    names = [value(one, "wp:cat_name") for one in channel_of(english, french).findall("wp:category", NAMESPACES)]
    assert names == ["Actualités"]


def test_an_article_is_a_post_with_all_its_fields() -> None:
    article = next(one for one in a_site() if one.number == 12)
    item, *files = items_of(article)
    assert value(item, "title") == "L’été : « 1 &lt; 2 » &amp; fin"
    assert value(item, "link") == "https://old.example.org/actualites/europe/l-ete/"
    assert value(item, "dc:creator") == "jane-doe"
    assert value(item, "wp:post_id") == "12"
    assert value(item, "wp:post_name") == "l-ete"
    assert value(item, "wp:post_type") == "post"
    assert value(item, "wp:status") == "publish"
    assert value(item, "wp:post_date") == "2004-03-02 10:20:30"
    assert value(item, "pubDate") == "Tue, 02 Mar 2004 10:20:30 +0000"
    assert value(item, "excerpt:encoded") == "Résumé &lt;court&gt;"
    terms = [(one.get("domain"), one.get("nicename"), one.text) for one in item.findall("category")]
    assert terms == [
        ("category", "europe", "Europe & Méditerranée"),
        ("post_tag", "espagne", "Espagne"),
        ("post_tag", "eau-air", "Eau, air"),
    ]
    assert metas(item) == {
        "_spip_kind": "article",
        "_spip_id": "12",
        "_spip_lang": "fr",
        "_spip_statut": "publie",
        "_spip_translation_key": "article-12",
        "_spip_surtitre": "Sur",
        "_spip_soustitre": "Sous",
        "_spip_date": "2004-03-02 10:20:30",
        "_spip_date_modif": "2004-03-02 10:20:30",
        "_spip_date_redac": "1998-05-00",
        "_spip_auteurs": "Jane Doe, John &lt;Roe&gt;",
        "_spip_rubriques": "Actualités / Europe &amp; Méditerranée",
        "_spip_nom_site": "Là",
        "_spip_url_site": "https://example.org/?a=1&amp;b=2",
        "_spip_logo": "/IMG/arton12.jpg",
        "_spip_mots_pays": "Espagne",
        "_spip_mots_themes": "Eau, air",
        "_thumbnail_id": "100000012",
    }
    assert [(value(one, "wp:post_id"), value(one, "title"), value(one, "wp:attachment_url")) for one in files] == [
        ("80000001", "Plan", "https://old.example.org/IMG/pdf/plan%20%C3%A9t%C3%A9.pdf"),
        ("80000002", "Plan (pdf/plan2.pdf)", "https://old.example.org/IMG/pdf/plan2.pdf"),
        ("100000012", "logo article 12", "https://old.example.org/IMG/arton12.jpg"),
    ]
    assert {value(one, "wp:post_parent") for one in files} == {"12"}
    assert {value(one, "wp:status") for one in files} == {"inherit"}


def test_the_text_has_no_newline_that_would_become_a_break() -> None:
    article = next(one for one in a_site() if one.number == 12)
    content = value(items_of(article)[0], "content:encoded")
    assert "\n" in content
    assert "\n" not in re.sub(r"(?s)<pre.*?</pre>", "", content)
    (item,) = items_of(page(text="Un\ndeux[[Note.]]"))
    assert "Un<br />deux" in value(item, "content:encoded")
    assert '<div class="notes">' in value(item, "content:encoded")


def test_a_logo_that_is_a_document_is_not_written_twice() -> None:
    logo = Attachment(8, "Logo", "/IMG/logo/a.png", "logo/a.png")
    post, file = items_of(page(logo="/IMG/logo/a.png", attachments=(logo,)))
    assert metas(post)["_thumbnail_id"] == value(file, "wp:post_id")


def test_states_are_those_of_wordpress() -> None:
    found = {value(item, "title"): value(item, "wp:status") for item in items_of(*a_site())}
    assert found["Proposé"] == "pending"
    assert found["En cours"] == "draft"
    assert found["Demain"] == "future"
    assert found["Brève"] == "publish"


def test_pages_that_wordpress_generates_have_no_item() -> None:
    items = [item for item in items_of(*a_site()) if value(item, "wp:post_type") != "attachment"]
    kinds = [(metas(item)["_spip_kind"], value(item, "wp:post_type")) for item in items]
    assert kinds == [("rubrique", "page"), ("article", "post"), ("breve", "post")] + [("article", "post")] * 3 + [
        ("site", "post"),
        ("auteur", "page"),
    ]
    assert len({value(item, "wp:post_id") for item in items}) == len(items)


def test_an_undated_page_has_the_zero_date() -> None:
    (item,) = items_of(page(date=None, comments=(comment(1, date=None),)))
    assert value(item, "wp:post_date") == value(item, "wp:post_date_gmt") == "0000-00-00 00:00:00"
    assert value(item, "pubDate") == ""
    assert value(item, "wp:comment/wp:comment_date_gmt") == "1970-01-01 00:00:00"


def test_languages_of_one_object_are_posts_of_their_own() -> None:
    french = page(translations=(PageLink("article", 12, "Page 12", "/en/page-12/", "en"),))
    english = page(language="en", translations=(PageLink("article", 12, "Page 12", "/page-12/", "fr"),))
    alone = page(13, language="en", translations=(PageLink("article", 12, "Page 12", "/page-12/", "fr"),))
    one, two, three = items_of(french, english, alone)
    assert [value(item, "wp:post_id") for item in (one, two, three)] == ["12", "200000012", "13"]
    # WordPress's importer treats posts with the same title and date as one.
    assert value(one, "wp:post_date") != value(two, "wp:post_date")
    assert metas(two)["_spip_date"] == "2004-03-02 10:20:30"


def test_a_long_author_name_is_a_login_that_wordpress_takes() -> None:
    long = Term("auteur", 44, "X", "x" * 70, "/auteurs/x/")
    channel = parsed(wxr.heads(SITE, [], [], [long])[0] + wxr.item(page(authors=(long,)), SITE) + wxr.tail())
    assert value(channel, "wp:author/wp:author_login") == value(channel, "item/dc:creator") == "x" * 40 + "-44"


def test_answers_come_after_the_message_they_answer() -> None:
    messages = (comment(5, 9, 1), comment(9), comment(7, 5, 2), comment(8, 8), comment(11, 99))
    (item,) = items_of(page(comments=messages))
    found = {
        metas(one, "commentmeta")["_spip_id"]: (value(one, "wp:comment_id"), value(one, "wp:comment_parent"))
        for one in item.findall("wp:comment", NAMESPACES)
    }
    parents = {
        old: next((o for o, (new, _) in found.items() if new == parent), "") for old, (_, parent) in found.items()
    }
    assert parents == {"9": "", "5": "9", "7": "5", "8": "", "11": ""}
    assert all(int(parent) < int(number) for number, parent in found.values())


def test_a_comment_is_a_stranger_s_text() -> None:
    messages = (comment(1, text="a\n\nb [c->http://example.org/]", title="Oui"), comment(2, text=" ", title="Page 12"))
    (item,) = items_of(page(comments=messages))
    first, second = (value(one, "wp:comment_content") for one in item.findall("wp:comment", NAMESPACES))
    assert first.startswith("<p><strong>Oui</strong></p>\n\n<p>a</p>\n\n<p>b ")
    assert 'rel="nofollow ugc' in first
    # Its title is that of the page and it has no text, but Isso needs one.
    assert second == "…"
    assert "@" not in file_of(page(comments=messages))


# ---- Real importers ----


def test_isso_keeps_threads_and_moderation(tmp_path: Path) -> None:
    isso = shutil.which("isso", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if not isso:
        pytest.skip("isso is not installed")
    (tmp_path / "site.xml").write_text(file_of(*a_site()), "utf-8")
    (tmp_path / "isso.cfg").write_text(
        f"[general]\ndbpath = {tmp_path}/isso.db\nhost = https://new.example.org/\n", "utf-8"
    )
    command = [isso, "-c", str(tmp_path / "isso.cfg"), "import", "-t", "wordpress", str(tmp_path / "site.xml")]
    environment = {name: text for name, text in os.environ.items() if name != "ISSO_SETTINGS"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    db = sqlite3.connect(tmp_path / "isso.db")
    try:
        rows = db.execute(
            "SELECT t.uri, c.id, c.parent, c.mode, c.author, c.email, c.website, c.remote_addr, c.text"
            " FROM comments c JOIN threads t ON t.id = c.tid ORDER BY t.uri, c.id"
        ).fetchall()
    finally:
        db.close()
    assert [row[0] for row in rows] == ["/actualites/europe/"] + ["/actualites/europe/l-ete/"] * 4
    first, second, third, fourth = rows[1:]
    assert "<strong>Bravo</strong>" in first[8]
    assert (second[4], second[6], second[3]) == ("Zoé", None, 1)
    pending = next(row for row in rows if row[3] == 2)
    assert (pending[4], pending[6]) == ("Ann & Co &lt;a&gt;", "https://ann.example.org/")
    # Isso hangs every answer below the first message of its thread.
    assert [row[2] for row in (first, second, third, fourth)] == [None, None, first[1], first[1]]
    assert {row[5] for row in rows} == {None}
    assert {row[7] for row in rows} == {"0.0.0.0"}  # noqa: S104 - Isso's word for none


def test_pelican_makes_a_file_of_every_post(tmp_path: Path) -> None:
    pytest.importorskip("pelican", reason="pelican is not installed")
    pytest.importorskip("bs4", reason="pelican-import needs beautifulsoup4")
    pytest.importorskip("lxml", reason="pelican-import needs lxml")
    pandoc = shutil.which("pandoc")
    if not pandoc:
        pandoc = pytest.importorskip("pypandoc", reason="pelican-import needs pandoc").get_pandoc_path()
    (tmp_path / "site.xml").write_text(file_of(*a_site()), "utf-8")
    (tmp_path / "out").mkdir()
    program = "from pelican.tools.pelican_import import main; main()"
    options = ["--wpfile", "-m", "markdown", "-o", str(tmp_path / "out"), str(tmp_path / "site.xml")]
    path = os.pathsep.join([str(Path(pandoc).parent), os.environ.get("PATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", program, *options],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ | {"PATH": path},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    files = {one.stem: one.read_text("utf-8") for one in (tmp_path / "out").rglob("*.md")}
    # It only knows published posts and drafts.
    assert sorted(files) == ["europe", "l-ete", "page-12", "page-14", "page-4", "page-9"]
    header, _, body = files["l-ete"].partition("\n\n")
    assert header.split("\n") == [
        "Title: L’été : « 1 < 2 » & fin",
        "Date: 2004-03-02 10:20",
        "Author: jane-doe",
        "Category: Europe & Méditerranée",
        "Tags: Espagne, Eau, air",
        "Slug: l-ete",
        "Status: published",
    ]
    assert "Un **mot** et" in body
    assert "Date:" not in files["page-12"]
    assert "Status: draft" in files["page-14"]
