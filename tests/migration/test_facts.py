"""The facts that a migration must get right, from each of the six sources of the test site."""

from __future__ import annotations

import hashlib
import html
import json
import re
from typing import Any

import pytest

from tests.migrations import ALL_SOURCES, EXPECTED, images, migrated, pages

ARTICLES = {one["id"]: one for one in EXPECTED["articles"]}
REDIRECTED = {one["id_article"] for one in EXPECTED["redirects"]}
SHORT = {"auteur": "auteur", "rubrique": "rubrique", "mot": "mot", "breve": "breve", "site": "site"}
pytestmark = pytest.mark.parametrize("source", ALL_SOURCES)


def page_of(source: str, kind: str, number: int, language: str = "") -> dict[str, Any] | None:
    """Return the page of an object, by default in its own language."""
    found = {key[2]: page for key, page in pages(source).items() if key[:2] == (kind, number)}
    if not found:
        return None
    own = ARTICLES[number]["lang"] if kind == "article" else "fr"
    return found.get(language or own) or next(iter(found.values()))


def address_of(source: str, kind: str, number: int, language: str) -> str:
    """Return the address of a link on a page in a language."""
    if kind == "article" and number in REDIRECTED:
        target = next(one["target"] for one in EXPECTED["redirects"] if one["id_article"] == number)
        return str(target.get("url")) or address_of(source, target["kind"], target["id"], language)
    page = page_of(source, kind, number, language)
    assert page is not None, (kind, number)
    return str(page["address"])


def shown(page: dict[str, Any]) -> str:
    """Return the HTML of a page, with its plain fields."""
    return str(page["html"] + page["notes"])


@pytest.mark.parametrize("number", ARTICLES)
def test_an_article_is_migrated(source: str, number: int) -> None:
    wanted = ARTICLES[number]
    page = page_of(source, "article", number)
    if wanted["statut"] in ("refuse", "poubelle") or number in REDIRECTED:
        assert page is None
        return
    assert page is not None
    title = html.unescape(wanted["titre_propre"])
    if not re.search(r"[{<]", title):
        assert re.sub(r"\s", "", page["title"]).replace("’", "'") == re.sub(r"\s", "", title).replace("’", "'")
    assert page["status"] == wanted["statut"]
    assert page["is_draft"] == (wanted["statut"] in ("prop", "prepa"))
    assert (page["date"] or "0000-00-00T00:00:00") == wanted["date"].replace(" ", "T")
    assert page["language"] == wanted["lang"]
    assert [one["number"] for one in page["sections"]] == wanted["rubriques"]
    # Author 7 is in the trash: SPIP does not show such authors.
    assert {one["number"] for one in page["authors"]} == set(wanted["auteurs"]) - {7}
    assert {one["number"] for one in page["keywords"]} == set(wanted["mots"])


def test_no_other_article_is_written(source: str) -> None:
    assert {key[1] for key in pages(source) if key[0] == "article"} <= set(ARTICLES)


def test_weights_are_the_numbers_before_titles(source: str) -> None:
    page = page_of(source, "article", 1)
    assert page is not None
    assert page["weight"] == 10
    assert [page_of(source, "rubrique", number)["weight"] for number in (1, 7, 3)] == [10, 20, 0]  # type: ignore[index]


def test_every_language_of_a_multi_block_has_its_page(source: str) -> None:
    found = {key[2]: page for key, page in pages(source).items() if key[:2] == ("article", 14)}
    assert {language: page["title"] for language, page in found.items()} == {
        "fr": "Bienvenue", "en": "Welcome", "es": "Bienvenido",
    }  # fmt: skip
    assert "Hello" in found["en"]["html"]
    assert "Bonjour" not in found["en"]["html"]


@pytest.mark.parametrize(("group", "members"), EXPECTED["translations"].items())
def test_translations_know_each_other(source: str, group: str, members: list[int]) -> None:
    visible = [number for number in members if ARTICLES[number]["visible"]]
    for number in visible:
        page = page_of(source, "article", number)
        assert page is not None
        others = {one["number"] for one in page["translations"] if one["number"] != number}
        assert others == set(visible) - {number}
        assert page["translation_key"] == f"article-{group}"
    if int(group) not in ARTICLES:
        assert group in migrated(source, "json").details("original-missing")


@pytest.mark.parametrize("link", EXPECTED["links"], ids=lambda link: f"{link['src']}{link['src_id']}-{link['raw']}")
def test_a_link_leads_to_the_new_page(source: str, link: dict[str, Any]) -> None:
    if link["src"] == "document":
        pytest.skip("a document's description is in no text of its own")
    if link["src"] == "article" and ARTICLES[link["src_id"]]["statut"] in ("refuse", "poubelle"):
        assert page_of(source, "article", link["src_id"]) is None
        return
    page = page_of(source, link["src"], link["src_id"])
    if link["raw"] == "[->art21]" and link["src_id"] == 14:
        page = page_of(source, "article", 14, "en")
    assert page is not None
    text = html.unescape(shown(page)) + page["description"]
    kind, state = link["kind"], link.get("state")
    if kind == "document":
        if state == "missing":
            assert link["raw"].partition("->")[2].rstrip("]") in migrated(source, "json").details("object-not-found")
        else:
            assert "/IMG/" + link["fichier"].replace("é", "%C3%A9") in text
    elif kind == "site" and state == "ok":
        assert f'href="{link["spip_target"]}"' in text
    elif kind == "forum":
        assert f'{address_of(source, "article", 1, page["language"])}#forum{link["id"]}"' in text
    elif kind in ("article", "rubrique", "auteur", "mot", "breve"):
        report = migrated(source, "json")
        if state == "missing":
            assert any(
                place.get("detail", "").endswith(str(link["id"])) for place in report.remarks("object-not-found")
            )
        elif state == "unpublished":
            assert f"spip.php?{kind}{link['id']}" in report.details("link-unpublished")
        else:
            assert f'href="{address_of(source, kind, link["id"], page["language"])}' in text
    elif kind == "anchor":
        assert f'href="#{link["anchor"]}"' in text
    elif kind == "anchor_def":
        assert f'id="{link["anchor"]}"' in text
    elif kind in ("external", "mailto"):
        assert f'href="{html.unescape(link["target"])}"' in text
    elif kind == "glossary":
        assert ".wikipedia.org/wiki/" in text
    elif kind == "forbidden":
        assert "javascript:" not in text
    elif kind == "relative":
        known = {"IMG/pdf/note-2006.pdf": "/IMG/pdf/note-2006.pdf"}
        target = link["target"]
        report = migrated(source, "json")
        assert known.get(target, "?") in text or target in (
            report.details("link-old-page") | report.details("link-unresolved")
        )
    else:
        assert kind == "empty"
        assert migrated(source, "json").remarks("link-empty")


@pytest.mark.parametrize("embed", EXPECTED["embeds"], ids=lambda one: f"{one['src']}{one['src_id']}-{one['raw']}")
def test_an_embedded_document_is_a_figure(source: str, embed: dict[str, Any]) -> None:
    page = page_of(source, embed["src"], embed["src_id"])
    assert page is not None
    report = migrated(source, "json")
    if embed["mode"] == "model":
        assert any(detail.startswith(f"<{embed['name']}{embed['num']}") for detail in report.details("unknown-model"))
    elif embed["state"] == "missing":
        assert embed["raw"] in report.details("document-not-found")
    elif embed["state"] == "remote":
        assert embed["fichier"] in page["html"]
    else:
        name = embed["fichier"].replace("%", "%25").replace(" ", "%20").replace("(", "%28").replace(")", "%29")
        assert f"/IMG/{name}" in page["html"]
        assert f"spip_document_{embed['id_document']} " in page["html"]


@pytest.mark.parametrize(("place", "numbers"), EXPECTED["portfolio"].items())
def test_attached_documents_are_shown(source: str, place: str, numbers: list[int]) -> None:
    match = re.fullmatch(r"(\D+)(\d+)", place)
    assert match is not None
    kind, number = match[1], int(match[2])
    if kind == "forum" or (source.startswith("1.9") and kind == "auteur"):
        pytest.skip("no page of its own; 1.9 links no documents to authors")
    page = page_of(source, kind, number)
    assert page is not None
    assert set(numbers) <= {one["number"] for one in page["attachments"]}
    for each in numbers:
        assert f"spip_document_{each} " in page["html"]


@pytest.mark.parametrize("logo", EXPECTED["logos"], ids=lambda logo: f"{logo['objet']}{logo['id']}{logo['etat']}")
def test_a_logo_stays_with_its_object(source: str, logo: dict[str, Any]) -> None:
    name = logo["file_41"] if source == "4.1" else logo["legacy_file"]
    assert (migrated(source, "json").folder / "IMG" / name).is_file()
    if logo["objet"] == "site" and logo["id"] == 0:
        page = page_of(source, "home", 0)
    elif logo["id"] == 0 or not logo["target_exists"]:
        return
    else:
        page = page_of(source, logo["objet"], logo["id"])
    assert page is not None
    assert page["logo" if logo["etat"] == "on" else "logo_hover"] == f"/IMG/{name}"


@pytest.mark.parametrize("document", EXPECTED["documents"], ids=lambda one: one["fichier"])
def test_a_file_is_migrated(source: str, document: dict[str, Any]) -> None:
    report = migrated(source, "json")
    if document["distant"]:
        return
    copied = report.folder / "IMG" / document["fichier"]
    if not document["exists"]:
        assert document["fichier"] in report.details("file-missing")
    elif document["id"] in EXPECTED["hostile_documents"]:
        assert document["fichier"] in report.details("picture-cleaned")
        assert b"script" not in copied.read_bytes()
    else:
        assert hashlib.sha256(copied.read_bytes()).hexdigest() == document["sha256"]
        assert images(source).joinpath(document["fichier"]).is_file()


@pytest.mark.parametrize(("place", "thread"), EXPECTED["threads"].items())
def test_threads_keep_order_and_parents(source: str, place: str, thread: dict[str, Any]) -> None:
    match = re.fullmatch(r"(\D+)(\d+)", place)
    assert match is not None
    wanted = {one["id"]: one for one in thread["messages"]}
    if thread["target_state"] == "missing":
        orphans = {one["number"] for one in migrated(source, "json").remarks("comment-orphaned")}
        assert set(wanted) <= orphans
        return
    page = page_of(source, match[1], int(match[2]))
    assert page is not None
    published = [one for one in page["comments"] if not one["is_pending"]]
    # Some messages of the site answer one on another page; they start a thread.
    assert {one["number"]: one["parent"] for one in published} == {
        number: one["nearest_published_ancestor"] if one["nearest_published_ancestor"] in wanted else 0
        for number, one in wanted.items()
    }
    seen: set[int] = {0}
    for one in published:
        assert one["parent"] in seen
        seen.add(one["number"])
    for parent in {one["parent"] for one in published}:
        dates = [one["date"] for one in published if one["parent"] == parent]
        assert dates == sorted(dates)


def test_no_message_is_shown_that_was_not_published(source: str) -> None:
    shown_numbers = {
        one["number"] for page in pages(source).values() for one in page["comments"] if not one["is_pending"]
    }
    assert shown_numbers.isdisjoint(EXPECTED["never_publish_forum"])
    files = (migrated(source, "hugo").folder / "data" / "comments").glob("*.json")
    written = {one["id"] for path in files for one in json.loads(path.read_text("utf-8"))}
    assert written == shown_numbers


def test_old_addresses_lead_to_new_pages(source: str) -> None:
    version = {"4.1": "41", "1.9": "192", "1.9-xml": "192"}.get(source, "32")
    table = json.loads((migrated(source, "json").folder / "redirects" / "redirects.json").read_text("utf-8"))
    new_addresses = {page["address"] for page in pages(source).values()}
    for name, path in EXPECTED["urls"][version]["canonical"].items():
        match = re.fullmatch(r"(\D+)(\d+)", name)
        assert match is not None
        kind, number = match[1], int(match[2])
        page = page_of(source, kind, number)
        if kind == "auteur" and page is None:
            continue
        if kind == "article" and (number in REDIRECTED or not ARTICLES[number]["visible"]):
            continue
        assert page is not None, name
        wanted = page["address"] if kind != "site" else table["objects"][name]
        assert table["objects"][name] == wanted
        clean = path.strip("/")
        if f"/{clean}/" not in new_addresses:
            assert table["paths"][clean] == wanted, name


@pytest.mark.parametrize("redirect", EXPECTED["redirects"], ids=lambda one: one["raw"])
def test_a_redirecting_article_leads_to_its_target(source: str, redirect: dict[str, Any]) -> None:
    table = json.loads((migrated(source, "json").folder / "redirects" / "redirects.json").read_text("utf-8"))
    target = redirect["target"]
    wanted = target.get("url") or address_of(source, target["kind"], target["id"], "fr")
    assert table["objects"][f"article{redirect['id_article']}"] == wanted
