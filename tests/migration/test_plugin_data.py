"""What plugins have in the database: events, albums, points, menus, forms, petitions, and the columns that they add."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from spipconv.migration.pages.calendar_words import event_time
from spipconv.migration.pages.page import Event
from spipconv.migration.read.extra_columns import may_show, may_show_value
from spipconv.migration.read.php_values import read_values
from spipconv.migration.run.migrate import migrate
from spipconv.migration.run.options import MigrationOptions
from spipconv.migration.target import TargetName
from spipconv.migration.writers.calendar import CalendarEntry, calendar_lines
from tests.hard_sites import SETTINGS, Row, make_site
from tests.migrations import SITES, Migrated, folder_of_the_run

NOW = datetime(2026, 11, 1, 12)
_DATE = "2020-05-01 10:00:00"


def serialise(value: object) -> str:
    """Return a value as PHP serialises it."""
    match value:
        case None:
            return "N;"
        case bool():
            return f"b:{int(value)};"
        case int():
            return f"i:{value};"
        case float():
            return f"d:{value!r};"
        case str():
            return f's:{len(value.encode())}:"{value}";'
        case dict():
            return f"a:{len(value)}:{{{''.join(serialise(key) + serialise(item) for key, item in value.items())}}}"
        case list():
            return serialise(dict(enumerate(value)))
    raise TypeError(value)


def _section(number: int, title: str, **more: Any) -> Row:
    return {
        "id_rubrique": number, "id_parent": 0, "titre": title, "statut": "publie", "date": _DATE, "lang": "fr", **more,
    }  # fmt: skip


def _article(number: int, title: str, **more: Any) -> Row:
    return {
        "id_article": number, "titre": title, "id_rubrique": 1, "date": _DATE, "statut": "publie", "lang": "fr",
        "texte": "Texte.", **more,
    }  # fmt: skip


def _event(number: int, title: str, start: str, end: str = "", **more: Any) -> Row:
    return {
        "id_evenement": number, "id_article": 1, "titre": title, "date_debut": start, "date_fin": end or start,
        "horaire": "oui", "statut": "publie", **more,
    }  # fmt: skip


def _picture(number: int) -> Row:
    return {
        "id_document": number, "fichier": f"jpg/photo-{number}.jpg", "extension": "jpg", "media": "image",
        "mode": "document", "titre": f"Photo {number}", "largeur": 40, "hauteur": 30, "distant": "non",
    }  # fmt: skip


_FIELDS = [
    {"saisie": "input", "options": {"nom": "input_1", "label": "Votre nom", "explication": "En entier"}},
    {
        "saisie": "fieldset",
        "options": {"label": "Repas"},
        "saisies": [{"saisie": "radio", "options": {"label": "Plat", "data": "a|Viande\nb|Légumes"}}],
    },
    {"saisie": "hidden", "options": {"label": "caché"}},
]
TABLES: Mapping[str, list[Row]] = {
    "rubriques": [
        _section(1, "Actualités", composition="actus", rang=2),
        _section(2, "Archives", rang=1, composition="-"),
        _section(3, "Bonjour", id_trad=3),
        _section(4, "Hello", id_trad=3, lang="en"),
    ],
    "articles": [
        _article(
            1, "Journée", texte="Avant <evenement1> puis <gis1|zoom=3> [->evenement12] [la fête->evenement1]"
            " [->petition7] [le lieu->gis1]",
            lieu_de_rendez_vous="Sous l’horloge", agenda=1, composition="fete",
            notes_internes="Un {{mot}} et [un lien->art2]\n\nDeux paragraphes", couleur="0",
            extra=serialise({"isbn": "978-2", "email": "cache@secret.test"}), mdp_du_jour="Ne paie",
        ),
        _article(2, "Album", texte="<album1> <formulaire1> <formulaire|formidable|id=contact>"),
        _article(3, "Brouillon", statut="prepa"),
        _article(4, "Pétition", texte="Signez ! [->formulaire1]"),
        _article(5, "Galerie", texte="<portfolio|id_article=5> <galerie|docs=1,2> <evenement1> <oembed|url=https://film.test/1>"
            " <oembed|url=https://film.test/?qui=zoe%40secret.test> <formulaire3> <album3> <album99>"),
        _article(6, "Refusé", statut="refuse"),
    ],
    "auteurs": [
        {
            "id_auteur": 1, "nom": "Ada", "statut": "0minirezo", "fonction": "Présidente",
            "email_pro": "ada@secret.test", "telephone": "+33 6 12 34 56 78", "adresse_postale": "1 rue du Secret",
            "date_naissance": "1815-12-10",
            "organisme": "Écrire à ada@secret.test", "ip_inscription": "192.0.2.7", "service": "06 12 34 56 78",
            "commentaire": "Ne paie pas",
        },
    ],
    "auteurs_liens": [{"id_auteur": 1, "id_objet": 1, "objet": "article"}],
    "groupes_mots": [{"id_groupe": 1, "titre": "Thèmes", "id_parent": 0}],
    "mots": [
        {"id_mot": 1, "titre": "Haut", "id_groupe": 1, "id_parent": 0},
        {"id_mot": 2, "titre": "Milieu", "id_groupe": 1, "id_parent": 1},
        {"id_mot": 3, "titre": "Bas", "id_groupe": 1, "id_parent": 2},
        {"id_mot": 4, "titre": "Cercle", "id_groupe": 1, "id_parent": 5},
        {"id_mot": 5, "titre": "Rond", "id_groupe": 1, "id_parent": 4},
    ],
    "mots_liens": [{"id_mot": 3, "id_objet": 1, "objet": "evenement"}],
    "evenements": [
        _event(1, "Grande fête", "2024-06-21 20:00:00", "2024-06-21 23:00:00", lieu="Salle <multi>[fr]A[en]B</multi>",
               adresse="1 rue X ; Lyon", descriptif="Un {{descriptif}}, long.\n\nEt plus.", places=30),
        _event(2, "", "2031-01-02 00:00:00", "2031-01-04 00:00:00", horaire="non"),
        _event(3, "Sans article", "2019-03-04 09:00:00", "2019-03-04 08:00:00", id_article=0),
        _event(4, "De brouillon", "2024-01-01 10:00:00", id_article=3),
        _event(5, "Refusé", "2024-01-01 10:00:00", statut="refuse"),
        _event(6, "Sans date", "0000-00-00 00:00:00"),
        _event(12, "Répétée", "2024-02-01 10:00:00", id_evenement_source=1),
        _event(13, "Répétée", "2024-02-08 10:00:00", id_evenement_source=12),
        _event(14, "D’un refusé", "2024-02-08 10:00:00", id_article=6),
    ],
    "evenements_participants": [{"id_evenement": 1, "nom": "Zoé Discrète", "email": "zoe@secret.test"}],
    "documents": [_picture(1), _picture(2), _picture(3)],
    "documents_liens": [
        {"id_document": 1, "id_objet": 1, "objet": "album"},
        {"id_document": 2, "id_objet": 1, "objet": "album"},
        {"id_document": 3, "id_objet": 5, "objet": "article"},
    ],
    "albums": [
        {"id_album": 1, "titre": "Été", "descriptif": "Des {{photos}}\n\nEt <album3><album1>.",
         "statut": "publie", "lang": "fr"},
        {"id_album": 2, "titre": "Lié", "statut": "publie", "lang": "fr"},
        {"id_album": 3, "titre": "Jeté", "statut": "poubelle", "lang": "fr"},
    ],
    "albums_liens": [
        {"id_album": 1, "id_objet": 2, "objet": "article"},
        {"id_album": 2, "id_objet": 4, "objet": "article"},
    ],
    "gis": [
        {"id_gis": 1, "titre": "Mairie", "lat": 45.75, "lon": -4.5, "zoom": 10, "descriptif": "En face",
         "ville": "Lyon"},
        {"id_gis": 2, "titre": "Chez Ada", "lat": 1.5, "lon": 2.5, "zoom": None},
        {"id_gis": 3, "titre": "Nulle part", "lat": None, "lon": "abc", "zoom": 300},
        {"id_gis": 4, "titre": "Libre", "lat": "0", "lon": "1e-05", "zoom": 0},
    ],
    "gis_liens": [
        {"id_gis": 1, "id_objet": 1, "objet": "article"},
        {"id_gis": 1, "id_objet": 1, "objet": "evenement"},
        {"id_gis": 2, "id_objet": 1, "objet": "auteur"},
    ],
    "menus": [
        {"id_menu": 1, "id_menus_entree": 0, "titre": "Principal", "identifiant": "barrenav"},
        {"id_menu": 2, "id_menus_entree": 2, "titre": "", "identifiant": ""},
        {"id_menu": 3, "id_menus_entree": 0, "titre": "Pied de page", "identifiant": "pied"},
    ],
    "menus_entrees": [
        {"id_menus_entree": 1, "id_menu": 1, "rang": 1, "type_entree": "accueil",
         "parametres": serialise({"titre": ""})},
        {"id_menus_entree": 2, "id_menu": 1, "rang": 3, "type_entree": "objet",
         "parametres": serialise({"type_objet": "rubrique", "id_objet": "1", "titre": ""})},
        {"id_menus_entree": 3, "id_menu": 1, "rang": 2, "type_entree": "lien",
         "parametres": serialise({"titre": "Ailleurs", "url": "https://autre.test/"})},
        {"id_menus_entree": 4, "id_menu": 1, "rang": 4, "type_entree": "lien",
         "parametres": serialise({"titre": "Attaque", "url": "javascript:alert(1)"})},
        {"id_menus_entree": 5, "id_menu": 1, "rang": 5, "type_entree": "deconnecter", "parametres": ""},
        {"id_menus_entree": 6, "id_menu": 2, "rang": 1, "type_entree": "lien",
         "parametres": serialise({"titre": "L’album", "url": "spip.php?article2"})},
        {"id_menus_entree": 7, "id_menu": 1, "rang": 6, "type_entree": "rubriques", "parametres": "illisible"},
    ],
    "formulaires": [
        {"id_formulaire": 1, "identifiant": "contact", "titre": "Nous écrire", "descriptif": "Un {{mot}}",
         "saisies": serialise(_FIELDS), "message_retour": "Merci !\n\nÀ bientôt[[Vraiment.]]", "statut": "publie",
         "traitements": serialise({"email": {"destinataires": "boite@secret.test"}})},
        {"id_formulaire": 3, "identifiant": "casse", "titre": "Cassé", "saisies": "a:9:{", "message_retour": "Fin",
         "statut": "publie"},
        {"id_formulaire": 2, "identifiant": "perdu", "titre": "Perdu", "saisies": "", "statut": "publie"},
    ],
    "formulaires_reponses_champs": [{"id_formulaires_reponse": 1, "nom": "input_1", "valeur": "Zoé Discrète"}],
    "petitions": [{"id_petition": 7, "id_article": 4, "texte": "Pour {{tous}}\n\n-* premier\n-* second",
                   "statut": "publie"}],
    "signatures": [
        {"id_signature": number, "id_petition": 7, "statut": statut, "nom_email": "Zoé Discrète",
         "ad_email": "z@secret.test"}
        for number, statut in enumerate(("publie", "publie", "poubelle", "a8f2"), 1)
    ],
    "rubriques_liens": [{"id_parent": 2, "id_objet": 1, "objet": "article"}],
}  # fmt: skip


@cache
def _output(to: TargetName) -> Path:
    folder = folder_of_the_run() / f"plugin-data-{to}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "report.json").exists():
            source = make_site(folder.with_suffix(f".{to}.sqlite"), TABLES, {**SETTINGS, "type_urls": "page"})
            migrate(str(source), folder, MigrationOptions(to, now=NOW)).close()
    return folder


def _page(path: str) -> tuple[dict[str, Any], str]:
    """Return the front matter and the body of a page of Hugo's."""
    _, header, body = (_output("hugo") / "content" / path).read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(header), body


def _details(code: str) -> set[str]:
    return Migrated(_output("hugo")).details(code)


# ---- Events ----


def test_events_are_pages_with_their_times() -> None:
    header, body = _page("agenda/grande-fete/index.md")
    assert header["date"] == datetime(2024, 6, 21, 20)
    assert header["publishDate"] == datetime(2020, 5, 1, 10)
    assert header["params"]["event"] == {
        "start": datetime(2024, 6, 21, 20),
        "end": datetime(2024, 6, 21, 23),
        "all_day": False,
        "location": "Salle A",
        "address": "1 rue X ; Lyon",
        "article": {"titre": "Journée", "url": "/actualites/journee/"},
    }
    assert "21 juin 2024, 20h00 – 23h00" in body
    assert "Un **descriptif**, long." in body
    assert header["params"]["extra"] == {"places": "30"}
    assert header["params"]["points"][0]["lat"] == 45.75
    # It has the title of its article, lasts whole days, and is not hidden although it is to come.
    header, body = _page("agenda/journee-2/index.md")
    assert header["params"]["event"]["all_day"] is True
    assert header["publishDate"] == datetime(2020, 5, 1, 10)
    assert "2 janvier 2031 – 4 janvier 2031" in body
    # An end before the start is none.
    header, _ = _page("agenda/sans-article/index.md")
    assert header["params"]["event"]["end"] == header["params"]["event"]["start"]


def test_events_that_visitors_could_not_see_are_no_pages() -> None:
    assert _page("agenda/de-brouillon/index.md")[0]["draft"] is True
    assert not (_output("hugo") / "content/agenda/refuse").exists()
    assert not (_output("hugo") / "content/agenda/d-un-refuse").exists()
    assert {place["number"] for place in Migrated(_output("hugo")).remarks("date-missing")} == {6}


def test_the_article_lists_its_events_and_links_lead_to_them() -> None:
    header, body = _page("actualites/journee/index.md")
    titles = [event["titre"] for event in header["params"]["evenements"]]
    assert titles == ["Répétée", "Répétée", "Grande fête", "Journée"]
    assert "[la fête](/agenda/grande-fete/)" in body
    assert "[Répétée](/agenda/repetee/) [la fête]" in body
    assert "[Pétition](/actualites/petition/) [le lieu](/actualites/journee/)" in body
    assert _details("object-not-found") == {"<album99>"}
    assert "[Journée](/actualites/journee/)" in _page("agenda/grande-fete/index.md")[1]
    assert body.count("/agenda/repetee/)") >= 2
    redirects = json.loads((_output("hugo") / "redirects/redirects.json").read_text("utf-8"))["objects"]
    assert redirects["evenement12"] == "/agenda/repetee/"
    assert redirects["album1"] == "/albums/ete/"


def _events(content: bytes) -> list[Any]:
    return [*Calendar.from_ical(content).walk("VEVENT")]


@pytest.mark.parametrize("to", ["hugo", "jekyll", "pelican", "markdown", "wxr"])
def test_the_calendar_is_read_by_other_programs(to: TargetName) -> None:
    path = next(_output(to).rglob("agenda.ics"))
    content = path.read_bytes()
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    events = {str(event["UID"]): event for event in _events(content)}
    assert set(events) == {f"evenement{number}@exemple.test" for number in (1, 2, 3, 12, 13)}
    party = events["evenement1@exemple.test"]
    assert party["DTSTART"].dt == datetime(2024, 6, 21, 20)
    assert party["DTEND"].dt == datetime(2024, 6, 21, 23)
    assert str(party["LOCATION"]) == "Salle A, 1 rue X ; Lyon"
    assert str(party["URL"]) == "https://exemple.test/agenda/grande-fete/"
    whole = events["evenement2@exemple.test"]
    assert (whole["DTSTART"].dt, whole["DTEND"].dt) == (date(2031, 1, 2), date(2031, 1, 5))


@settings(deadline=None, database=None)
@given(
    title=st.text(max_size=200),
    place=st.text(max_size=50),
    start=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),
    is_whole_day=st.booleans(),
)
def test_any_event_is_a_calendar(title: str, place: str, start: datetime, *, is_whole_day: bool) -> None:
    event = Event(start.replace(microsecond=0), start.replace(microsecond=0), is_whole_day, place)
    lines = "".join(calendar_lines([CalendarEntry(1, event, title, title, "/a/")], "x", "https://exemple.test"))
    assert all(len(line.encode("utf-8", "replace")) <= 75 for line in lines.split("\r\n"))
    (read,) = _events(lines.encode("utf-8", "replace"))
    assert read["UID"] == "evenement1@exemple.test"
    assert read["DTSTART"].dt == (event.start.date() if is_whole_day else event.start)


def test_systems_that_hide_what_is_to_come_show_events_that_are() -> None:
    pages = [path for path in _output("jekyll").rglob("*.md") if "agenda" in path.parts]
    headers = [yaml.safe_load(path.read_text("utf-8").split("---\n")[1]) for path in pages]
    events = [header for header in headers if header["spip"]["kind"] == "evenement"]
    assert len(events) > 5
    assert all(header.get("date", NOW) <= NOW for header in events)
    assert max(header["event"]["start"] for header in events if "event" in header) > NOW


def test_long_words_with_signs_come_back() -> None:
    words = "Où\n" + "a; b, c\\d é " * 40
    start = datetime(2024, 1, 2)
    lines = "".join(calendar_lines([CalendarEntry(1, Event(start, start), words, "", "/a/")], "x", ""))
    assert all(len(line.encode()) <= 75 for line in lines.split("\r\n"))
    (read,) = _events(lines.encode())
    assert str(read["SUMMARY"]) == words


def test_times_in_words() -> None:
    start, end = datetime(2024, 3, 1, 9, 5), datetime(2024, 3, 2, 18)
    assert event_time(Event(start, end), "fr") == "1er mars 2024, 9h05 – 2 mars 2024, 18h00"
    assert event_time(Event(start, start), "en") == "1 March 2024, 9:05"
    assert event_time(Event(start, end, is_whole_day=True), "de") == "2024-03-01 – 2024-03-02"


def test_wordpress_shows_an_event_before_it_takes_place() -> None:
    names = {"wp": "http://wordpress.org/export/1.2/"}
    items = {
        item.findtext("title"): item
        for item in ElementTree.parse(_output("wxr") / "wordpress.xml").iterfind("channel/item")  # noqa: S314
    }
    metas = {
        meta.findtext("wp:meta_key", "", names): meta.findtext("wp:meta_value", "", names)
        for meta in items["Grande fête"].iterfind("wp:postmeta", names)
    }
    assert metas["_spip_date_debut"] == "2024-06-21 20:00:00"
    assert metas["_spip_lieu"] == "Salle A"
    dates = [item.findtext("wp:post_date", "", names) for item in items.values()]
    assert max(dates) < "2026"


# ---- Documents, places, forms ----


def test_albums_are_galleries_where_they_stand_or_on_their_object() -> None:
    _, body = _page("actualites/album/index.md")
    assert body.index('class="album galerie"') < body.index("photo-1.jpg") < body.index("photo-2.jpg")
    assert body.count("photo-1.jpg") < body.count("photo-1.jpg", 0, body.index('class="formulaire"')) + 1
    assert 'class="album galerie"' in _page("actualites/petition/index.md")[1]
    header, _ = _page("albums/ete/index.md")
    assert [document["id"] for document in header["params"]["documents"]] == [1, 2]
    assert not (_output("hugo") / "content/albums/jete").exists()
    _, body = _page("actualites/galerie/index.md")
    assert body.count('class="galerie"') == 2
    assert "https://film.test/1" in body
    assert "photo-3.jpg" in body


def test_points_are_front_matter_links_and_geojson() -> None:
    header, body = _page("actualites/journee/index.md")
    assert header["params"]["points"] == [
        {"id": 1, "lat": 45.75, "lon": -4.5, "zoom": 10, "titre": "Mairie", "descriptif": "En face"}
    ]
    assert "https://www.openstreetmap.org/?mlat=45.75&mlon=-4.5#map=10/45.75/-4.5" in body
    features = json.loads((_output("hugo") / "static/IMG/carte.geojson").read_text("utf-8"))["features"]
    assert [feature["geometry"]["coordinates"] for feature in features] == [[-4.5, 45.75], [0.00001, 0]]
    assert features[0]["properties"]["address"] == "Lyon"
    assert [page["address"] for page in features[0]["properties"]["pages"]] == [
        "/actualites/journee/", "/agenda/grande-fete/",
    ]  # fmt: skip
    assert _details("point-left") == {"gis2", "gis3"}


def test_forms_are_shown_as_texts() -> None:
    _, body = _page("actualites/album/index.md")
    assert body.count('class="formulaire"') == 2
    for words in ("**Nous écrire**", "Un **mot**", "Votre nom – En entier", "Repas", "Plat", "Légumes", "Merci"):
        assert words in body, words
    assert "caché" not in body
    assert "Merci !\n\nÀ bientôt[^1]" in body.replace("\N{NO-BREAK SPACE}", " ").replace(
        "\N{NARROW NO-BREAK SPACE}", " "
    )
    assert _details("form-shown") == {"formulaire1"}
    assert _details("form-unread") == {"formulaire3"}
    assert _details("form-left") == {"2 Perdu"}
    _, body = _page("actualites/petition/index.md")
    assert "[Nous écrire](/actualites/album/)" in body
    assert _details("model-unpublished") == {"<album3>"}


def test_petitions_show_their_text_and_how_many_signed() -> None:
    _, body = _page("actualites/petition/index.md")
    assert "Pour **tous**\n\n- premier\n- second\n" in body
    assert "2 signatures" in body
    assert _details("petition-left") == {"article4: 2"}


# ---- Menus ----


def test_the_menu_of_the_site_is_spips() -> None:
    settings = yaml.safe_load((_output("hugo") / "hugo.yaml").read_text("utf-8"))
    menu = settings["languages"]["fr"]["menus"]["main"]
    entries = [(entry["name"], entry["url"], entry.get("parent", "")) for entry in menu]
    top = [name for name, _, parent in entries if not parent]
    assert top == ["Accueil", "Ailleurs", "Actualités", "Archives", "Actualités", "Bonjour"]
    assert ("Ailleurs", "https://autre.test/", "") in entries
    assert [(name, url) for name, url, parent in entries if parent] == [("L’album", "/actualites/album/")]
    assert _details("menu-left") == {"lien 4"}
    assert _details("menu-other") == {"pied Pied de page"}
    balance = Migrated(_output("hugo")).report["balance"]
    assert balance["menus"] == {"read": 3, "written": 2, "redirects": 0, "left": {"no-place": 1}}
    assert balance["menus_entrees"] == {"read": 7, "written": 5, "redirects": 0, "left": {"no-page": 2}}


# ---- Columns ----


def test_added_columns_are_front_matter() -> None:
    header, _ = _page("actualites/journee/index.md")
    assert header["params"]["composition"] == "fete"
    assert header["params"]["extra"] == {
        "isbn": "978-2",
        "lieu_de_rendez_vous": "Sous l’horloge",
        "notes_internes": "Un mot et un lien\n\nDeux paragraphes",
    }
    places = Migrated(_output("hugo")).remarks("extra-plain")
    assert {(place["number"], place["field"]) for place in places} == {(1, "notes_internes")}
    header, _ = _page("auteurs/ada/_index.md")
    assert header["params"]["extra"] == {"fonction": "Présidente"}
    left = {detail.partition(" ")[0] for detail in _details("column-left")}
    assert {f"auteurs.{name}" for name in ("email_pro", "telephone", "organisme", "commentaire", "service")} <= left


def test_sections_and_keywords_have_their_order_translations_and_places() -> None:
    assert _page("actualites/_index.md")[0]["weight"] == 2
    assert _page("actualites/_index.md")[0]["params"]["composition"] == "actus"
    assert _page("archives/_index.md")[0]["weight"] == 1
    assert "composition" not in _page("archives/_index.md")[0]["params"]
    keys = {_page(path)[0]["translationKey"] for path in ("bonjour/_index.md", "hello/_index.en.md")}
    assert keys == {"rubrique-3"}
    header, _ = _page("themes/bas/_index.md")
    assert [term["titre"] for term in header["params"]["au_dessus"]] == ["Haut", "Milieu"]
    header, _ = _page("themes/cercle/_index.md")
    assert [term["titre"] for term in header["params"]["au_dessus"]] == ["Rond"]
    header, _ = _page("actualites/journee/index.md")
    assert header["params"]["aussi_dans"] == [{"id": 2, "titre": "Archives", "url": "/archives/"}]


@pytest.mark.parametrize("to", ["hugo", "pelican", "wxr", "json"])
def test_nothing_personal_comes_in(to: TargetName) -> None:
    for path in _output(to).rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            for secret in (
                "secret.test",
                "12 34 56",
                "rue du Secret",
                "1815",
                "192.0.2.7",
                "Ne paie",
                "Discr",
                "Chez Ada",
            ):
                assert secret not in text, (path, secret)


def test_the_account_closes() -> None:
    balance = json.loads((_output("hugo") / "report.json").read_text("utf-8"))["balance"]
    for kind in ("evenement", "album", "gis", "formulaires", "petitions"):
        row = balance[kind]
        assert row["read"] == row["written"] + sum(row["left"].values()), kind
        assert "unexplained" not in row["left"]
    assert (balance["evenement"]["read"], balance["evenement"]["written"]) == (9, 7)


@pytest.mark.parametrize(
    ("kind", "column", "is_shown"),
    [
        ("auteur", "fonction", True),
        ("auteur", "fonction_en", True),
        ("auteur", "biographie_longue", True),
        ("auteur", "commentaire", False),
        ("auteur", "tel", False),
        ("auteur", "adresse_site_web", True),
        ("auteur", "site_email", False),
        ("auteur", "nom_famille", False),
        ("article", "lieu", True),
        ("article", "telephone", True),
        ("article", "email_contact", False),
        ("article", "adresse_ip", False),
        ("article", "mot_de_passe", False),
        ("article", "description", True),
        ("article", "zip", True),
        ("rubrique", "bad-name", False),
    ],
)
def test_columns_by_their_names(kind: str, column: str, *, is_shown: bool) -> None:
    assert may_show(kind, column) is is_shown


def test_values_by_their_shapes() -> None:
    assert may_show_value("auteur", "Directrice de 2004 à 2012")
    assert not may_show_value("auteur", "Appelez le 06.12.34.56.78")
    assert not may_show_value("auteur", "fe80::1:2:3")
    assert not may_show_value("article", "$2y$10$abcdefghijklmnopqrstuv")
    assert may_show_value("article", "Écrivez à a@b.org")
    assert not may_show_value("article", " <a@b.org> ")


# ---- Values of PHP ----

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, database=None)
@given(_VALUES)
def test_what_php_serialises_is_read(value: Any) -> None:
    assert read_values(serialise(value)) == value


@settings(deadline=None, database=None)
@given(st.text(alphabet='abisdNOR:;{}"0123456789', max_size=60) | st.text(max_size=40))
def test_anything_else_is_refused(text: str) -> None:
    with suppress(ValueError):
        read_values(text)


def test_php_values_of_other_encodings_and_kinds() -> None:
    assert read_values('a:1:{s:5:"titre";s:3:"été";}') == {"titre": "été"}
    assert read_values('{"a":[1,{"b":null}]}') == {"a": {"0": 1, "1": {"b": None}}}
    for text in ('O:8:"stdClass":0:{}', "R:1;", 'a:9:{s:1:"a";', "a:1:{" * 100, "[" * 9999, 's:5:"ab', "", "N;N;"):
        with pytest.raises(ValueError, match=r".*"):
            read_values(text)


# ---- An older site ----


@cache
def _older() -> Migrated:
    folder = folder_of_the_run() / "plugin-data-older"
    with FileLock(f"{folder}.lock"):
        if not (folder / "report.json").exists():
            migrate(str(SITES / "agenda2.sql"), folder, MigrationOptions("hugo", now=NOW)).close()
    return Migrated(folder)


def test_tables_of_older_plugins_are_read() -> None:
    folder = _older().folder / "content"
    event = (folder / "calendrier/reunion-3/index.md").read_text("utf-8")
    for words in (
        "- assemblee",
        "fichier: /IMG/pdf/ordre.pdf",
        "3 février 2010, 18h30 – 20h00",
        "[Réunion](/agenda/reunion/)",
    ):
        assert words in event, words
    assert "draft: true" in (folder / "calendrier/privee/index.md").read_text("utf-8")
    assert "date: 2010-03-01 00:00:00" in (folder / "calendrier/mars/index.md").read_text("utf-8")
    article = (folder / "agenda/reunion/index.md").read_text("utf-8")
    for words in ("lieu: Évry", "lon: 2.25", "Je **signe**", "1 signature\n"):
        assert words in article, words
    assert "couleurs: bleu" in (folder / "evenements/_index.md").read_text("utf-8")
    assert "fonction: Trésor" in (folder / "auteurs/zoe/_index.md").read_text("utf-8")


def test_what_is_left_is_named() -> None:
    assert _older().details("table-left") == {
        "evenements_participants (1) – Agenda, inscriptions",
        "newsletters (2) – Newsletters",
        "selections_contenus (1) – Sélections éditoriales",
    }
    assert _older().details("column-left") == {
        "articles.extra (2)",
        "auteurs.extra (1)",
        "documents.champ_ajoute (1)",
    }
    for path in _older().folder.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            assert not [secret for secret in ("secret.org", "Qui Signe", "0612345678", "jeton") if secret in text], path
