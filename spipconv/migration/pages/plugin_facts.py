"""What plugins know of an object: a page comes in; its event, points, added columns and relations go out with it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache

from msgspec.structs import replace

from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.pages.page import Event, Page, PageEvent, PageLink, Point, Term
from spipconv.migration.pages.resolver import FILES, SiteObjects
from spipconv.migration.plan.titles import shown_title, shown_words
from spipconv.migration.read.database import WorkingDatabase, read_date
from spipconv.nodes import Link, Node, Paragraph, Text

# A field of the object and its text come in, plain words go out.
ReadText = Callable[[str, str], str]
_DEGREES = re.compile(r"\s*([+-]?[0-9]{1,3}(?:[.,][0-9]{1,20})?(?:[eE]-[0-9]{1,2})?)\s*")
# The file of all events, among those that every target copies as they are.
CALENDAR = "agenda.ics"
# Where people are is not for visitors.
_PRIVATE = frozenset({"auteur"})
_PLUGINS_TABLES = ("evenements", "gis_liens", "extra", "rubriques_liens")


class PluginFacts:
    """Looks up what plugins have added to the objects of one site."""

    def __init__(self, database: WorkingDatabase, objects: SiteObjects) -> None:
        self._db, self._objects = database.db, objects
        # Most sites have none of these: their pages are not to cost anything.
        self._filled = {
            table for table in _PLUGINS_TABLES if self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        }
        self._event = lru_cache(256)(self._read_event)

    def add(self, page: Page, row: sqlite3.Row, read_text: ReadText) -> Page:
        """Return a page with what plugins know of its object. ``row`` is its row of the working database."""
        composition = row["composition"].strip() if "composition" in row.keys() else ""  # noqa: SIM118
        # The plugin's sign for none, where the section has one for its articles.
        if composition not in ("", "-"):
            page = replace(page, composition=composition)
        if "evenements" in self._filled and page.kind in ("article", "evenement"):
            page = self._with_events(page)
        if "gis_liens" in self._filled:
            page = replace(page, points=tuple(self.points(page.kind, page.number, page.language)))
        if "rubriques_liens" in self._filled:
            page = replace(page, also_in=self._also_in(page))
        if page.kind in ("mot", "groupe") and row["id_parent"]:
            page = replace(page, broader=self._broader(page, row["id_parent"]))
        if "extra" in self._filled:
            page = replace(page, extra=self._extra(page, read_text))
        return page

    def _with_events(self, page: Page) -> Page:
        if page.kind == "article":
            return replace(page, events=tuple(self.events(page.number, page.language)))
        row = self._db.execute("SELECT * FROM evenements WHERE id_evenement = ?", (page.number,)).fetchone()
        event, number = self.event(page.number, page.language), row["id_article"]
        address = self._objects.address_of("article", number) if number else ""
        link = PageLink("article", number, self.title("article", number, page.language), address) if address else None
        return replace(page, event=event, date=event.start if event else None, belongs_to=link)

    # ---- Events ----

    def event(self, number: int, language: str) -> Event | None:
        """Return an event; None if it does not exist or has no date."""
        return self._event(number, language)

    def _read_event(self, number: int, language: str) -> Event | None:
        row = self._db.execute(
            "SELECT e.*, a.date FROM evenements e LEFT JOIN articles a USING (id_article) WHERE id_evenement = ?",
            (number,),
        ).fetchone()
        start = read_date(row["date_debut"]) if row else None
        if start is None:
            return None
        end, announced = read_date(row["date_fin"]), read_date(row["date"] or "")
        return Event(
            start,
            max(start, end or start),
            is_whole_day=row["horaire"].strip() == "non",
            place=shown_words(row["lieu"], language),
            street=shown_words(row["adresse"], language),
            announced=min(start, announced) if announced else None,
        )

    def events(self, article: int, language: str) -> Iterator[PageEvent]:
        """Yield the events of an article that visitors may see, in order of time."""
        rows = self._db.execute(
            "SELECT id_evenement FROM evenements WHERE id_article = ? ORDER BY date_debut, id_evenement", (article,)
        ).fetchall()
        for (number,) in rows:
            address, event = self._objects.address_of("evenement", number), self.event(number, language)
            if address and event:
                yield PageEvent(number, self.title("evenement", number, language), address, event)

    def title(self, kind: str, number: int, language: str) -> str:
        """Return the title of an object as pages show it."""
        row = self._db.execute("SELECT title FROM objects WHERE kind = ? AND number = ?", (kind, number)).fetchone()
        return shown_title(row["title"], language) if row else ""

    # ---- Places ----

    def points(self, kind: str, number: int, language: str) -> Iterator[Point]:
        """Yield the points that an object is tied to; those of authors are personal."""
        if kind not in _PRIVATE:
            for row in self._db.execute(
                "SELECT g.* FROM gis_liens l JOIN gis g ON g.id_gis = l.id_gis WHERE l.objet = ? AND l.id_objet = ?"
                " GROUP BY g.id_gis ORDER BY g.id_gis",
                (kind, number),
            ):
                if point := read_point(row, language):
                    yield point

    # ---- Hierarchies ----

    def _also_in(self, page: Page) -> tuple[Term, ...]:
        rows = self._db.execute(
            "SELECT DISTINCT o.number, o.title, o.slug FROM rubriques_liens l JOIN objects o ON o.kind = 'rubrique'"
            " AND o.number = l.id_parent WHERE l.objet = ? AND l.id_objet = ? ORDER BY o.weight, o.number",
            (page.kind, page.number),
        ).fetchall()
        terms = [self._term("rubrique", row, page.language) for row in rows]
        own = page.sections[-1].number if page.sections else 0
        return tuple([term for term in terms if term.address and term.number != own])

    def _broader(self, page: Page, parent: int) -> tuple[Term, ...]:
        record = OBJECT_KINDS[page.kind]
        chain: dict[int, Term] = {}
        while parent and parent != page.number and parent not in chain:
            row = self._db.execute(
                f"SELECT o.number, o.title, o.slug, t.id_parent FROM objects o JOIN {record.table} t ON t.{record.key}"
                " = o.number WHERE o.kind = ? AND o.number = ?",
                (page.kind, parent),
            ).fetchone()
            if row is None:
                break
            chain[parent] = self._term(page.kind, row, page.language)
            parent = row["id_parent"]
        return tuple(chain.values())[::-1]

    def _term(self, kind: str, row: sqlite3.Row, language: str) -> Term:
        address = self._objects.address_of(kind, row["number"]) or ""
        return Term(kind, row["number"], shown_title(row["title"], language), row["slug"], address)

    # ---- Added columns ----

    def _extra(self, page: Page, read_text: ReadText) -> tuple[tuple[str, str], ...]:
        rows = self._db.execute(
            "SELECT name, value FROM extra WHERE kind = ? AND number = ? ORDER BY name, rowid", (page.kind, page.number)
        ).fetchall()
        texts = {row["name"]: read_text(row["name"], row["value"]) for row in rows}
        return tuple((name, text) for name, text in texts.items() if text)


def calendar_link() -> tuple[Node, ...]:
    """Return the link to the file of all events."""
    return (Paragraph((Link(f"{FILES}{CALENDAR}", (Text(f"{CALENDAR} (iCalendar)"),), kind="internal"),)),)


def read_point(row: sqlite3.Row, language: str) -> Point | None:
    """Return the point in a row of the plugin "GIS"; None if its coordinates are none."""
    latitude, longitude = _read_degrees(row["lat"], 90), _read_degrees(row["lon"], 180)
    if latitude is None or longitude is None:
        return None
    return Point(
        row["id_gis"],
        latitude,
        longitude,
        shown_title(row["titre"], language),
        shown_words(row["descriptif"], language),
        row["zoom"] if 0 < row["zoom"] <= 22 else 0,
    )


def _read_degrees(text: str, most: int) -> float | None:
    match = _DEGREES.fullmatch(text)
    degrees = float(match[1].replace(",", ".")) if match else None
    return degrees if degrees is not None and abs(degrees) <= most else None
