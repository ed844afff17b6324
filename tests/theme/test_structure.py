"""What is on each kind of page of a migrated site, and in which order."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from spipconv.languages import direction
from spipconv.migration.pages.page import MenuEntry, Site
from spipconv.migration.target import TREES
from spipconv.migration.writers.starters.settings import menu_entries
from spipconv.migration.writers.starters.words import own_name, theme_language, theme_words
from tests.migration.test_builds import built
from tests.theme.sites import ARTICLE, BuiltPage, built_demo, page, words

pytestmark = pytest.mark.server

STARTERS = Path(__file__).parents[2] / "spipconv" / "migration" / "writers" / "starters"
KINDS = {
    "front page": "",
    "section": "idees/",
    "article": ARTICLE,
    "gallery": "enquetes/habiter/habiter-a-plusieurs-recit-d-un-chantier/",
    "author": "auteurs/claire-montagnac/",
    "authors": "auteurs/",
    "keyword": "themes/cooperation/",
    "group": "themes/",
    "glossary": "glossaire/",
    "news": "l-atelier/parution-de-la-note-no-12/",
    "event": "agenda/rencontre-communs-et-communes/",
    "not found": "404.html",
    "English": "en/english/the-co-operative-a-workplace-democracy/",
}


def classes(element: Any) -> list[str]:
    """Return what the children of an element are: their first class, or else their tag."""
    return [(child.get("class") or child.tag).split()[0] for child in element if isinstance(child.tag, str)]


# ---- Every page ----


@pytest.mark.parametrize("address", KINDS.values(), ids=KINDS)
def test_a_page_can_be_used_from_beginning_to_end(address: str) -> None:
    built = page(address)
    html = built.tree
    language = "en" if address.startswith("en/") else "fr"
    assert (html.get("lang"), html.get("dir")) == (language, "ltr")
    assert len(built.all("h1")) == len(built.all("main")) == len(built.all("title")) == 1
    levels = [int(element.tag[1]) for element in html.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    skip = built.all("a.skip")[0]
    assert skip.get("href") == "#" + built.all("main")[0].get("id")
    descriptions = [meta.get("content") for meta in built.all("meta") if meta.get("name") == "description"]
    assert len(descriptions) == 1
    assert descriptions[0]
    names = [element.get("id") for element in html.iter() if element.get("id")]
    assert len(names) == len(set(names))
    for name in (element.get("aria-labelledby") for element in html.iter() if element.get("aria-labelledby")):
        assert name in names


@pytest.mark.parametrize("address", KINDS.values(), ids=KINDS)
def test_a_page_has_no_style_or_script_of_its_own(address: str) -> None:
    built = page(address)
    assert not built.all("style")
    for element in built.tree.iter():
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]
    assert {script.get("src", "") for script in built.all("script")} <= {"/assets/site.js", "/assets/spip-glossary.js"}


def test_the_menu_has_the_sections_in_their_order() -> None:
    built = page("idees/")
    assert built.words("nav.menu") == ["Idées Enquêtes Publications L’Atelier Agenda"]
    (current,) = [link for link in built.all("a") if link.get("aria-current") == "page"]
    assert words(current) == "Idées"
    above = [link for link in page(ARTICLE).all("a") if link.get("aria-current")]
    assert [words(link) for link in above] == ["Idées"]


def test_a_menu_has_two_levels() -> None:
    deep = MenuEntry("C", "", "fr", (MenuEntry("D", "/d/", "fr"),))
    entry = MenuEntry("A", "/a/", "fr", (MenuEntry("B", "/b/", "fr"), deep))
    site = Site("", "", "", "", "fr", ("fr", "en"), (), menu=(entry, MenuEntry("E", "/e/", "en")))
    below = [{"title": "B", "url": "/b/"}, {"title": "D", "url": "/d/"}]
    assert menu_entries(site, "fr", TREES["jekyll"]) == [{"title": "A", "url": "/a/", "children": below}]
    assert menu_entries(site, "en", TREES["jekyll"]) == [{"title": "E", "url": "/e/"}]


def test_feeds_and_the_map_of_the_site_are_there() -> None:
    out = built_demo()
    for feed in ("index.xml", "idees/index.xml", "themes/cooperation/index.xml", "auteurs/claire-montagnac/index.xml"):
        assert "<item>" in (out / feed).read_text("utf-8") or feed == "idees/index.xml"
    days = [parsedate_to_datetime(day) for day in re.findall("<pubDate>(.*?)<", (out / "index.xml").read_text("utf-8"))]
    assert len(days) > 10
    assert days == sorted(days, reverse=True), "numbered texts, or events, come before the latest"
    assert "/en/english/" in (out / "en" / "index.xml").read_text("utf-8")
    assert ARTICLE in (out / "fr" / "sitemap.xml").read_text("utf-8")
    assert "Sitemap:" in (out / "robots.txt").read_text("utf-8")


# ---- Texts ----


def test_an_article_is_read_in_the_order_of_spip() -> None:
    built = page(ARTICLE)
    article, *below = list(built.all("main")[0])
    assert classes(article) == ["text-header", "body", "documents", "keywords"]
    assert [element.get("class").split()[0] for element in below] == ["comments", "neighbours", "same-section"]
    header = built.all("header.text-header")[0]
    assert classes(header) == ["logo", "overtitle", "h1", "subtitle", "meta", "translations"]
    body = built.all("div.body")[0]
    parts = [part for part in classes(body) if part in ("chapo", "ps", "glossary", "footnotes")]
    assert parts == ["chapo", "ps", "glossary", "footnotes"]
    assert [words(note)[:12] for note in built.all("div.footnotes")[0].iter("li")] == [
        "G. J. Holyoa", "Loi n° 47-17", "Le calcul po",
    ]  # fmt: skip


def test_an_article_says_who_wrote_it_and_when() -> None:
    built = page(ARTICLE)
    assert built.words("nav.breadcrumb") == [
        "Accueil Idées Entreprendre autrement La coopérative, une démocratie d’entreprise"
    ]
    assert built.words("p.authors") == ["Par Claire Montagnac et Hervé Le Guellec"]
    assert [link.get("href") for link in built.all("p.authors")[0].iter("a")] == [
        "/auteurs/claire-montagnac/", "/auteurs/herve-le-guellec/",
    ]  # fmt: skip
    assert built.words("p.date")[0] == "Publié le 8 février 2016"
    assert built.all("time")[0].get("datetime") == "2016-02-08"


@pytest.mark.parametrize(
    ("address", "date"),
    [
        ("publications/note-no-12-dix-questions-sur-les-cooperatives/", "Publié le 1er septembre 2015"),
        ("l-atelier/venir-nous-voir/", "Publié en octobre 2014"),
        (KINDS["English"], "Published on February 10, 2016"),
    ],
)
def test_dates_are_in_words(address: str, date: str) -> None:
    assert page(address).words("p.date")[0] == date


def test_an_event_has_only_its_own_time() -> None:
    assert not page(KINDS["event"]).all("p.date")
    assert "1er mars 2016" in page(KINDS["event"]).words("div.body")[0]


def test_a_translation_is_linked_by_the_name_of_its_language() -> None:
    (link,) = page(ARTICLE).all("nav.translations")[0].iter("a")
    assert (words(link), link.get("hreflang"), link.get("lang"), link.get("dir")) == ("English", "en", "en", "ltr")
    assert link.get("href") == "/" + KINDS["English"]
    (back,) = page(KINDS["English"]).all("nav.translations")[0].iter("a")
    assert words(back) == "français"


def test_documents_that_the_text_does_not_show_are_cards_and_pictures() -> None:
    cards = page(ARTICLE).words("li.document")
    assert cards == [
        "Note n° 12 (PDF, 619 octets) Les coopératives en dix questions. À faire circuler.",
        "Statuts types d’une SCIC (PDF, 610 octets) Un modèle à adapter, voir notre explication.",
    ]
    (link,) = page(ARTICLE).all("div.document-text")[1].iter("a")
    assert link.get("href") == "/idees/entreprendre-autrement/la-scic-expliquee-a-mon-maire/"
    assert len(page(ARTICLE).all("div.spip_document_1")) == 1
    pictures = page(KINDS["gallery"]).all("section.portfolio")[0]
    assert [image.get("alt") for image in pictures.iter("img")] == [
        "Cinq maisons au soleil", "Des collines", "Cinq cercles qui se croisent", "Une roue de couleurs",
    ]  # fmt: skip


def test_keywords_are_listed_group_by_group() -> None:
    assert page(ARTICLE).words("section.keywords") == ["Thèmes Coopération Méthodes"]


def test_neighbours_are_the_texts_of_the_same_kind() -> None:
    assert page(ARTICLE).words("nav.neighbours") == ["Article précédent La SCIC expliquée à mon maire"]
    assert page(ARTICLE).words("section.same-section") == [
        "Dans la même rubrique La SCIC expliquée à mon maire 15 juin 2015"
        " Associations : ce que change le bénévolat 1er février 2015"
    ]
    numbered = page("idees/monnaie-et-epargne/les-monnaies-locales-en-huit-questions/")
    assert numbered.words("nav.neighbours") == ["Article suivant Épargner près de chez soi"]


def test_places_are_links_to_a_map() -> None:
    (link,) = page("l-atelier/venir-nous-voir/").all("section.places")[0].iter("a")
    assert words(link) == "L’Atelier"
    assert "48.889" in link.get("href")


# ---- Messages ----


def test_messages_are_a_thread_with_the_place_of_a_form() -> None:
    built = page(ARTICLE)
    messages = built.all("li.comment")
    assert [(message.get("id"), message.get("class").split()[1]) for message in messages] == [
        ("forum1", "depth-0"), ("forum2", "depth-1"), ("forum3", "depth-2"), ("forum4", "depth-0"),
        ("forum5", "depth-1"),
    ]  # fmt: skip
    assert words(messages[1]).startswith(
        "Oui, d’une autre façon Hervé Le Guellec, 9 février 2016 en réponse à Lucie Dans"
    )
    (reply,) = [link for link in messages[1].iter("a") if link.get("class") == "reply-to"]
    assert reply.get("href") == "#forum1"
    assert classes(built.all("section.comments")[0]) == ["h2", "plain", "comment-form"]
    assert not page(KINDS["gallery"]).all("section.comments")


# ---- Lists ----


def test_the_front_page_has_what_is_new() -> None:
    built = page("")
    assert built.words("div.presentation")[0].startswith("L’Atelier des communs réunit")
    latest = [words(title) for title in built.all("h3.entry-title")]
    assert len(latest) == 7
    assert latest[:3] == [
        "Un texte nouveau", "La coopérative, une démocratie d’entreprise", "Habiter à plusieurs : récit d’un chantier",
    ]  # fmt: skip
    assert built.all("img.entry-logo")[0].get("src") == "/IMG/logo/arton1.svg"
    assert built.words("section.news")[0].startswith("Brèves 1er février 2016")
    assert built.words("section.sections")[0].startswith("Rubriques Idées")


def test_a_section_lists_its_texts_page_by_page() -> None:
    first, second = page("publications/"), page("publications/page/2/")
    assert first.words("h3.entry-title") == ["Un texte nouveau", "Note n° 12 : dix questions sur les coopératives"]
    assert second.words("h3.entry-title") == ["Note n° 11 : mesurer l’utilité sociale"]
    assert [words(link) for link in first.all("nav.pages")[0].iter("a")] == ["1", "2", "Page suivante"]
    assert second.words("title") == ["Publications – Page 2 – Atelier des communs"]
    numbered = page("idees/monnaie-et-epargne/")
    assert numbered.words("h3.entry-title") == ["Les monnaies locales en huit questions", "Épargner près de chez soi"]


def test_pages_of_authors_and_keywords_list_their_texts() -> None:
    author = page(KINDS["author"])
    assert author.all("img.logo")[0].get("src") == "/IMG/logo/auton1.svg"
    assert author.words("div.body")[0].startswith("Économiste")
    assert author.words("h3.entry-title")[0] == "La coopérative, une démocratie d’entreprise"
    assert page(KINDS["keyword"]).words("p.lead") or page(KINDS["keyword"]).words("div.body")
    assert page(KINDS["authors"]).words("ul.terms") == ["Aïcha Ben Saïd (3) Claire Montagnac (4) Hervé Le Guellec (5)"]


# ---- Languages ----


def test_a_page_may_run_from_right_to_left() -> None:
    arabic = BuiltPage(built("4.1", "hugo") / "ar" / "index.html")
    assert (arabic.tree.get("lang"), arabic.tree.get("dir")) == ("ar", "rtl")
    names = {link.get("lang"): words(link) for link in arabic.all("nav.translations")[0].iter("a")}
    assert names == {"fr": "français", "en": "English", "es": "español"}
    assert all(link.get("dir") == "ltr" for link in arabic.all("nav.translations")[0].iter("a"))


@pytest.mark.parametrize("path", sorted((STARTERS / "words").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_words_of_a_language_are_complete(path: Path) -> None:
    english, other = theme_words("en"), yaml.safe_load(path.read_text("utf-8"))
    assert list(other) == list(english)
    for name, sentence in english.items():
        fields = set(re.findall("{[a-z]+}", sentence))
        assert set(re.findall("{[a-z]+}", other[name])) == fields or name == "date"
        assert other[name].strip()


def test_the_templates_use_the_words_that_exist() -> None:
    templates = "".join(path.read_text("utf-8") for path in (STARTERS / "layouts" / "hugo").rglob("*.html"))
    used = set(re.findall(r'i18n "(\w+)"', templates))
    built = {
        *[f"month_{number}" for number in range(1, 13)],
        "bytes",
        "kib",
        "mib",
        "gib",
        "list_agenda",
        "list_albums",
    }
    assert used | built == set(theme_words("en"))


def test_a_language_without_words_has_those_of_its_family_or_english_ones() -> None:
    assert [theme_language(code) for code in ("fr", "fr_tu", "es_mx", "wo")] == ["fr", "fr", "es", "en"]
    assert [own_name(code) for code in ("fr", "pt_br", "fr_tu", "cpf_hat")] == [
        "français", "português do Brasil", "français", "cpf_hat",
    ]  # fmt: skip
    assert [direction(code) for code in ("fr", "ar", "he", "ur")] == ["ltr", "rtl", "rtl", "rtl"]
