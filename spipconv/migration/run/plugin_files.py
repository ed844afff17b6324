"""What plugins have beside pages: the calendar of a site, its points, and the account of forms and petitions."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from spipconv.migration.pages.menu import SiteMenu
from spipconv.migration.pages.page import PageLink, Site
from spipconv.migration.pages.plugin_facts import CALENDAR, PluginFacts, read_point
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.titles import shown_title, shown_words
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.report import MigrationReport
from spipconv.migration.writers.calendar import CalendarEntry, calendar_lines
from spipconv.migration.writers.points import PlacedPoint, point_lines

_POINTS = "carte.geojson"
# A path below the output folder and the lines of its file come in.
PutLines = Callable[[str, Iterable[str]], None]


class PluginFiles:
    """Writes the files of plugins, by ``put``, into the folder ``images``, which every target copies.

    ``has_menu``: the target has settings with the menu of the site.
    """

    def __init__(
        self,
        database: WorkingDatabase,
        site: Site,
        report: MigrationReport,
        put: PutLines,
        images: str,
        *,
        has_menu: bool,
    ) -> None:
        self._db, self._database, self._site, self._report = database.db, database, site, report
        self._put, self._images, self._has_menu = put, images, has_menu
        self._objects = SiteObjects(database)
        self._objects.language = site.language
        self._facts = PluginFacts(database, self._objects)

    def write(self) -> None:
        """Write the files, and report what no page shows."""
        if self._db.execute("SELECT 1 FROM objects WHERE kind = 'agenda' AND state = 'published'").fetchone():
            lines = calendar_lines(self._events(), self._site.name, self._site.address)
            self._put(f"{self._images}/{CALENDAR}", lines)
        self._write_points()
        self._count_forms({mention.detail for mention in self._report.mentions(("form-shown", "form-unread"))})
        self._count_petitions()
        self._count_menus()

    def _events(self) -> Iterator[CalendarEntry]:
        rows = self._db.execute(
            "SELECT e.id_evenement, e.descriptif, o.language FROM evenements e JOIN objects o ON o.kind = 'evenement'"
            " AND o.number = e.id_evenement WHERE o.state = 'published' ORDER BY e.date_debut, e.id_evenement"
        )
        for row in rows:
            number, language = row["id_evenement"], row["language"]
            address = self._objects.address_of("evenement", number)
            event = self._facts.event(number, language)
            if address and event:
                title = self._facts.title("evenement", number, language)
                yield CalendarEntry(number, event, title, shown_words(row["descriptif"], language), address)

    # ---- Points ----

    def _write_points(self) -> None:
        if not self._db.execute("SELECT 1 FROM gis LIMIT 1").fetchone():
            return
        left: Counter[str] = Counter()
        written: Counter[str] = Counter()
        self._put(f"{self._images}/{_POINTS}", point_lines(self._points(written, left)))
        if not written:
            return
        self._report.count("written", "gis", written["gis"])
        for reason, number in left.items():
            self._report.leave("gis", reason, number)

    def _points(self, written: Counter[str], left: Counter[str]) -> Iterator[PlacedPoint]:
        language = self._site.language
        written["gis"] += 0
        for row in self._db.execute("SELECT * FROM gis ORDER BY id_gis").fetchall():
            links = self._db.execute(
                "SELECT DISTINCT objet, id_objet FROM gis_liens WHERE id_gis = ? ORDER BY objet, id_objet",
                (row["id_gis"],),
            ).fetchall()
            point = read_point(row, language)
            kinds = {kind for kind, _ in links}
            pages = tuple(self._pages(links, language))
            if point is None or (kinds and not pages):
                reason = "personal" if kinds == {"auteur"} else "no-page" if point else "no-coordinates"
                left[reason] += 1
                self._report.add(Issue("point-left", detail=f"gis{row['id_gis']}"))
                continue
            written["gis"] += 1
            street = ", ".join(
                filter(None, [shown_words(row[name], language) for name in ("adresse", "code_postal", "ville", "pays")])
            )
            yield PlacedPoint(point, street, pages)

    def _pages(self, links: Iterable[sqlite3.Row], language: str) -> Iterator[PageLink]:
        for kind, number in links:
            address = self._objects.address_of(kind, number) if kind != "auteur" else ""
            if address:
                yield PageLink(kind, number, self._facts.title(kind, number, language), address)

    # ---- The account ----

    def _count_forms(self, shown: set[str]) -> None:
        for row in self._db.execute("SELECT * FROM formulaires ORDER BY id_formulaire").fetchall():
            if f"formulaire{row['id_formulaire']}" in shown:
                self._report.count("written", "formulaires")
                continue
            title = shown_title(row["titre"], self._site.language)
            self._report.leave("formulaires", "deleted" if row["statut"] == "poubelle" else "unshown", 1)
            if row["statut"] != "poubelle":
                self._report.add(Issue("form-left", detail=f"{row['id_formulaire']} {title}".strip()))

    def _count_petitions(self) -> None:
        for row in self._db.execute("SELECT id_article, statut FROM petitions").fetchall():
            address = self._objects.address_of("article", row["id_article"])
            if address and row["statut"] in ("publie", "off"):
                self._report.count("written", "petitions")
            else:
                self._report.leave("petitions", "deleted" if row["statut"] == "poubelle" else "no-page", 1)

    def _count_menus(self) -> None:
        if not self._db.execute("SELECT 1 FROM menus UNION ALL SELECT 1 FROM menus_entrees LIMIT 1").fetchone():
            return
        menu = SiteMenu(self._database, self._site.language)
        if self._has_menu:
            for language in self._site.languages:
                menu.entries(language)
            self._report.add(*menu.issues.values())
        for table, key, shown in (("menus", "id_menu", menu.menus), ("menus_entrees", "id_menus_entree", menu.shown)):
            parents = "id_menu" if table == "menus_entrees" else "0"
            for number, parent in self._db.execute(f"SELECT {key}, {parents} FROM {table}"):
                if number in shown:
                    self._report.count("written", table)
                else:
                    self._report.leave(table, "no-page" if parent in menu.menus else "no-place", 1)
