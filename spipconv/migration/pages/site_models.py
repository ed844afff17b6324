"""The models of plugins whose data are in the database: calls come in, what they show goes out.

``<evenement1>``, ``<album1>``, ``<galerie1>``, ``<gis1>``, ``<formulaire1>``, ``<petition1>``, ``<player1>`` … are an
extension of the parser, like those of plugins that are read from texts alone.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from spipconv.extensions import Extension, ModelCall
from spipconv.migration.pages.calendar_words import event_time
from spipconv.migration.pages.forms import can_read, form_nodes
from spipconv.migration.pages.page import Event, Point
from spipconv.migration.pages.plugin_facts import PluginFacts, read_point
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.titles import shown_title
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.privacy import has_email
from spipconv.nodes import Element, LineBreak, Link, List, ListItem, Node, Paragraph, Strong, Text
from spipconv.parsing.parser import parse
from spipconv.safety import safe_address
from spipconv.translations import mark_plural, translate_plural

# The objects that a model may name: <portfolio|id_article=12>.
_OWNERS: Final = (("id_article", "article"), ("id_rubrique", "rubrique"), ("id_breve", "breve"), ("id_album", "album"))
_NUMBERS: Final = re.compile(r"[0-9]{1,9}(?:\s*,\s*[0-9]{1,9})*")
_LISTS: Final = ("docs", "documents", "images", "id_document", "doc")
_SIGNATURES: Final = mark_plural("{number} signature", "{number} signatures")
_MAP: Final = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map={2}/{0}/{1}"
_ZOOM: Final = 15
# A model's own code, and what it is about.
Report = Callable[[str, str], None]
# A text of several paragraphs comes in, with extensions to read it with; its blocks go out.
ReadPart = Callable[[str, tuple[Extension, ...]], tuple[Node, ...]]
_PARAGRAPHS: Final = re.compile(r"\r?\n[ \t]*\r?\n")
# Where a model's rows are, if it names one by its number.
_ROWS: Final = {
    "evenement": ("evenements", "id_evenement"),
    "album": ("albums", "id_album"),
    **dict.fromkeys(("gis", "carte_gis", "point_gis"), ("gis", "id_gis")),
    **dict.fromkeys(("formulaire", "formidable"), ("formulaires", "id_formulaire")),
}


class SiteModels:
    """Shows what plugins have in the database of a site."""

    def __init__(self, database: WorkingDatabase, objects: SiteObjects, facts: PluginFacts) -> None:
        self._db, self._objects, self._facts = database.db, objects, facts
        self._filled = {
            table
            for table in ("albums_liens", "evenements", "petitions")
            if self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        }
        self.subject: tuple[str, int] = ("", 0)
        self.report: Report = lambda code, detail: None
        self._read: ReadPart = lambda text, extensions: (Paragraph((Text(text),)),)
        # The albums that are being shown: their descriptions may show albums.
        self._open: set[int] = set()
        galleries = ("galerie", "diaporama", "portfolio", "galleria")
        self.extension = Extension(
            name="spip_site",
            models={
                name: self._guarded(show)
                for names, show in (
                    (("evenement",), self._show_event),
                    (("evenements",), self._show_events),
                    (("album", "albums"), self._show_album),
                    (galleries, self._show_gallery),
                    (("gis", "carte_gis", "carte", "point_gis"), self._show_points),
                    (("formulaire", "formidable", "form"), self._show_form),
                    (("petition",), self._show_petition),
                    (("player", "son", "lecteur", "lecteur_multimedia", "mejs", "jwplayer"), self._show_file),
                    (("oembed",), self._show_film),
                )
                for name in names
            },
        )
        self._names = re.compile(f"<(?:{'|'.join(self.extension.models)})", re.IGNORECASE)

    def begin(self, subject: tuple[str, int], read: ReadPart, report: Report) -> None:
        """Go on to the page of another object. ``report`` is called with the code and the detail of an issue."""
        self.subject, self._read, self.report = subject, read, report
        self._open.clear()

    def extensions(self, text: str, others: tuple[Extension, ...]) -> tuple[Extension, ...]:
        """Return the extensions that a text is read with: after others, these models if it has any of them."""
        return (*others, self.extension) if self._names.search(text) else others

    def added(self, kind: str, number: int, texts: str) -> Iterator[tuple[str, str]]:
        """Yield what SPIP's templates show below the texts of an object, as fields: what its ``texts`` do not show."""
        for field, markup in (
            ("albums", self._albums(kind, number, texts)),
            ("evenements", self._below("evenements", kind, number, texts)),
            ("petition", self._below("petition", kind, number, texts)),
        ):
            if markup:
                yield field, markup

    def _albums(self, kind: str, number: int, texts: str) -> str:
        if "albums_liens" not in self._filled:
            return ""
        rows = self._db.execute(
            "SELECT DISTINCT id_album FROM albums_liens WHERE objet = ? AND id_objet = ? ORDER BY id_album",
            (kind, number),
        )
        numbers = [album for (album,) in rows if not re.search(rf"<album{album}\b", texts, re.IGNORECASE)]
        numbers = [album for album in numbers if (kind, number) != ("album", album)]
        return "\n\n".join(f"<album{album}>" for album in numbers if self._objects.address_of("album", album))

    def _below(self, model: str, kind: str, number: int, texts: str) -> str:
        table = f"{model}s".replace("ss", "s")
        if kind != "article" or table not in self._filled or re.search(rf"<{model}[0-9|]", texts):
            return ""
        row = self._db.execute(f"SELECT 1 FROM {table} WHERE id_article = ?", (number,)).fetchone()
        return f"<{model}|id_article={number}>" if row else ""

    def _guarded(
        self, show: Callable[[ModelCall], tuple[Node, ...] | None]
    ) -> Callable[[ModelCall], tuple[Node, ...] | None]:
        # Strangers may not have the data of the site shown in their messages, nor titles a calendar.
        def show_or_report(call: ModelCall) -> tuple[Node, ...] | None:
            if call.profile != "article":
                return None
            nodes = show(call)
            return self._missing(call) if nodes is None else nodes

        return show_or_report

    def _missing(self, call: ModelCall) -> tuple[Node, ...] | None:
        """Report that a model shows nothing, as in SPIP; None if the site has no such model."""
        table, key = _ROWS.get(call.name, ("", ""))
        if not (table and call.number and self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()):
            return None
        exists = self._db.execute(f"SELECT 1 FROM {table} WHERE {key} = ?", (call.number,)).fetchone()
        self.report("model-unpublished" if exists else "object-not-found", f"<{call.name}{call.number}>")
        return ()

    def _blocks(self, text: str, call: ModelCall) -> tuple[Node, ...]:
        """Return the blocks of a text that has paragraphs of its own."""
        if "[[" in text:
            # Its notes are numbered with those of the text around it.
            return tuple([Paragraph(call.read(part)) for part in _PARAGRAPHS.split(text.strip())])
        return self._read(text, self.extensions(text, ())) if text.strip() else ()

    # ---- Events ----

    def _show_event(self, call: ModelCall) -> tuple[Node, ...] | None:
        event = self._facts.event(call.number, call.language) if call.number else None
        if not call.number or event is None:
            return None
        address = self._objects.address_of("evenement", call.number)
        if "dates" in call.arguments:
            return (_box("evenement", Paragraph((*self._when(event, call.language), *self._article(call)))),)
        if not address:
            return None
        title = self._facts.title("evenement", call.number, call.language)
        link = Link(address, (Text(title or address),), kind="internal")
        return (_box("evenement", Paragraph((Strong((link,)), LineBreak(), *self._when(event, call.language)))),)

    def _article(self, call: ModelCall) -> Iterator[Node]:
        """Yield the link of an event to the article that it belongs to."""
        row = self._db.execute("SELECT id_article FROM evenements WHERE id_evenement = ?", (call.number,)).fetchone()
        address = self._objects.address_of("article", row["id_article"])
        if address:
            title = self._facts.title("article", row["id_article"], call.language)
            yield LineBreak()
            yield Link(address, (Text(title or address),), kind="internal")

    def _show_events(self, call: ModelCall) -> tuple[Node, ...] | None:
        """``<evenements|id_article=12>``: those of an article."""
        owner = _owner(call)
        events = list(self._facts.events(owner[1], call.language)) if owner and owner[0] == "article" else []
        if not events:
            return None
        items = [
            ListItem(
                (
                    Link(event.address, (Text(event.title or event.address),), kind="internal"),
                    Text(" – "),
                    *self._when(event.event, call.language),
                )
            )
            for event in events
        ]
        return (_box("evenements", List(ordered=False, items=tuple(items))),)

    def _when(self, event: Event, language: str) -> Iterator[Node]:
        moment = event.start.date() if event.is_whole_day else event.start
        yield Element("time", (("datetime", moment.isoformat()),), (Text(event_time(event, language)),))
        if where := ", ".join(filter(None, (event.place, event.street))):
            yield Text(f" – {where}")

    # ---- Documents ----

    def _show_album(self, call: ModelCall) -> tuple[Node, ...] | None:
        row = self._db.execute("SELECT * FROM albums WHERE id_album = ?", (call.number or 0,)).fetchone()
        if row is None or not self._objects.address_of("album", row["id_album"]):
            return None
        number, title = row["id_album"], shown_title(row["titre"], call.language)
        if number in self._open or (number, "album") == self.subject[::-1]:
            return (Link(self._objects.address_of("album", number) or "", (Text(title),), kind="internal"),)
        self._open.add(number)
        words = self._blocks(row["descriptif"], call)
        self._open.discard(number)
        head = (Paragraph((Strong((Text(title),)),)),) if title else ()
        return (_box("album galerie", *head, *words, *self._figures(self._documents("album", number), call)),)

    def _show_gallery(self, call: ModelCall) -> tuple[Node, ...] | None:
        for name in _LISTS:
            if _NUMBERS.fullmatch(call.options.get(name, "")):
                numbers = [int(number) for number in call.options[name].split(",")]
                break
        else:
            owner = _owner(call)
            if owner is None and call.number:
                owners = ("album", call.number), ("article", call.number)
                owner = next((own for own in owners if self._documents(*own)), owners[1])
            elif owner is None:
                owner = self.subject
            if owner is None or not (owner == self.subject or self._objects.address_of(*owner)):
                return None
            numbers = self._documents(*owner, only_images=True)
        figures = self._figures(numbers, call)
        return (_box("galerie", *figures),) if figures else ()

    def _documents(self, kind: str, number: int, *, only_images: bool = False) -> list[int]:
        media = " AND d.media = 'image'" if only_images else ""
        rows = self._db.execute(
            "SELECT d.id_document FROM documents_liens l JOIN documents d USING (id_document) WHERE l.objet = ? AND"
            f" l.id_objet = ? AND d.mode NOT IN ('vignette', 'logoon', 'logooff'){media}"
            " ORDER BY l.rang_lien = 0, l.rang_lien, d.id_document",
            (kind, number),
        )
        return [number for (number,) in rows]

    def _figures(self, numbers: Iterable[int], call: ModelCall) -> tuple[Node, ...]:
        markup = "\n\n".join(f"<doc{number}>" for number in numbers if call.find("document", number))
        return parse(markup, lang=call.language, objects=call.resolver).document.children if markup else ()

    def _show_file(self, call: ModelCall) -> tuple[Node, ...] | None:
        if not call.number:
            return None
        if not call.find("document", call.number):
            self.report("document-not-found", f"<{call.name}{call.number}>")
            return ()
        return parse(f"<emb{call.number}>", lang=call.language, objects=call.resolver).document.children

    def _show_film(self, call: ModelCall) -> tuple[Node, ...] | None:
        address = safe_address(call.options.get("url", "").strip() or next(iter(call.arguments), ""))
        if not address or not address.startswith(("http://", "https://")) or has_email(unquote(address)):
            return None
        return (call.embed(address) or Link(address, (Text(address),), shows_address=True),)

    # ---- Places ----

    def _show_points(self, call: ModelCall) -> tuple[Node, ...] | None:
        points: list[Point] = []
        if call.number:
            row = self._db.execute("SELECT * FROM gis WHERE id_gis = ?", (call.number,)).fetchone()
            if row and self._is_public(call.number):
                points = [point] if (point := read_point(row, call.language)) else []
        elif call.name == "carte_gis":
            owner = _owner(call) or self.subject
            if owner == self.subject or self._objects.address_of(*owner):
                points = list(self._facts.points(*owner, call.language))
        return (_box("carte", *[_place(point) for point in points]),) if points else None

    def _is_public(self, number: int) -> bool:
        """Return whether a point is not only an author's."""
        kinds = [
            kind for (kind,) in self._db.execute("SELECT DISTINCT objet FROM gis_liens WHERE id_gis = ?", (number,))
        ]
        return kinds != ["auteur"]

    # ---- Forms and petitions ----

    def _show_form(self, call: ModelCall) -> tuple[Node, ...] | None:
        wanted = str(call.number or call.options.get("id") or call.options.get("id_formulaire") or "")
        if not wanted and call.name == "formidable":
            wanted = next(iter(call.arguments), "")
        row = self._db.execute(
            "SELECT * FROM formulaires WHERE id_formulaire = ? OR (identifiant <> '' AND identifiant = ?)"
            " ORDER BY id_formulaire LIMIT 1",
            (int(wanted) if re.fullmatch("[0-9]{1,9}", wanted) else -1, wanted),
        ).fetchone()
        if row is None or row["statut"] in ("poubelle", "refuse"):
            return None
        code = "form-shown" if can_read(row) else "form-unread"
        self.report(code, f"formulaire{row['id_formulaire']}")
        return (_box("formulaire", *form_nodes(row, call, self._blocks)),)

    def _show_petition(self, call: ModelCall) -> tuple[Node, ...] | None:
        owner = _owner(call)
        row = self._petition(call.number or 0, owner[1] if owner and owner[0] == "article" else 0)
        if row is None:
            return None
        signed = self._db.execute(
            "SELECT signatures FROM signed WHERE number = ?", (row["id_petition"] or row["id_article"],)
        ).fetchone()
        count = signed[0] if signed else 0
        self.report("petition-left", f"article{row['id_article']}: {count}")
        words = self._blocks(row["texte"], call)
        sentence = translate_plural(*_SIGNATURES, count, call.language).format(number=count)
        return (_box("petition", *words, Paragraph((Text(sentence),))),)

    def _petition(self, number: int, article: int) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM petitions WHERE (id_petition = ? AND ? > 0) OR (id_article = ? AND ? > 0)",
            (number, number, article, article),
        ).fetchone()
        return row if row and row["statut"] in ("publie", "off") else None


def _owner(call: ModelCall) -> tuple[str, int] | None:
    """Return the object that a model names by a parameter."""
    if call.options.get("objet") and re.fullmatch("[0-9]{1,9}", call.options.get("id_objet", "")):
        return call.options["objet"], int(call.options["id_objet"])
    for name, kind in _OWNERS:
        if re.fullmatch("[0-9]{1,9}", call.options.get(name, "")):
            return kind, int(call.options[name])
    return None


def _place(point: Point) -> Node:
    place = f"{point.latitude:.6g}, {point.longitude:.6g}"
    address = _MAP.format(point.latitude, point.longitude, point.zoom or _ZOOM)
    title: tuple[Node, ...] = (Strong((Text(point.title),)), LineBreak()) if point.title else ()
    words: tuple[Node, ...] = (LineBreak(), Text(point.description)) if point.description else ()
    return Paragraph((*title, Link(address, (Text(place),)), *words))


def _box(classes: str, *children: Node) -> Node:
    return Element("div", (("class", classes),), children)
