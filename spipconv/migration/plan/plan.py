"""The first pass over a site: the state of every object, the addresses of its pages, and their languages.

Addresses come from sections and titles only, so a site gets the same addresses from every source. The second pass
(``pages/content.py``) only looks them up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime

from spipconv.migration.kinds import LISTED, OBJECT_KINDS
from spipconv.migration.plan.glossary import GlossaryPlan
from spipconv.migration.plan.lists import add_lists
from spipconv.migration.plan.loose_documents import plan_documents
from spipconv.migration.plan.names import AUTHORS, Names
from spipconv.migration.plan.planned_objects import PlannedObjects
from spipconv.migration.plan.preparation import check_languages, index_objects
from spipconv.migration.plan.redirections import plan_redirections
from spipconv.migration.plan.sections import Section, SectionTree
from spipconv.migration.read.database import WorkingDatabase, read_date
from spipconv.migration.report.issues import Issue
from spipconv.migration.selection import DRAFTS

_ARTICLE_WORDS = "(titre || surtitre || soustitre || descriptif || chapo || texte || ps)"
_LIST_TITLES = {"evenements": "Événements"}


class SitePlan:
    """Plans a site in its working database.

    Texts dated after ``now`` are not published yet; those whose statut is among ``drafts`` become drafts.
    ``glossary_groups`` are names of groups of keywords that the caller gives; None: the site has no glossary.
    ``reserved`` are names that no group of keywords may have.
    """

    def __init__(
        self, database: WorkingDatabase, now: datetime, drafts: Collection[str] = DRAFTS,
        glossary_groups: Sequence[str] | None = (), reserved: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._database, self._now, self._drafts = database, now, drafts
        self._db = database.db
        self._planned = PlannedObjects(database)
        self._sections = SectionTree()
        self._names = Names(database, reserved)
        self._glossary = GlossaryPlan(database, self._planned, glossary_groups, drafts)

    def make(self) -> Iterator[Issue]:
        """Fill the tables ``objects`` and ``pages``; yield the issues."""
        yield from index_objects(self._database)
        yield from check_languages(self._database, self._planned.language)
        self._planned.language = self._database.meta("langue_site", self._planned.language)
        yield from self._plan_sections()
        yield from self._glossary.choose()
        yield from self._plan_keywords()
        yield from self._glossary.plan_dictionaries(self._names)
        yield from self._plan_authors()
        yield from self._plan_articles()
        yield from self._plan_others("breve", "titre", "texte")
        yield from self._plan_others("site", "nom_site", "descriptif")
        yield from self._plan_albums()
        yield from self._plan_events()
        self._show_sections()
        plan_documents(self._database, self._names, self._planned)
        yield from plan_redirections(self._database)
        yield from self._glossary.settle()
        yield from add_lists(self._database, self._planned, self._sections)
        self._db.commit()

    # ---- Sections and their content ----

    def _plan_sections(self) -> Iterator[Issue]:
        facts: dict[int, tuple[int, int]] = {}
        for row in self._db.execute("SELECT * FROM rubriques ORDER BY id_rubrique"):
            facts[row["id_rubrique"]] = row["id_trad"], row["rang"]
            number, title = row["id_rubrique"], row["titre"]
            fields = (title, row["descriptif"], row["texte"])
            languages, issues = self._planned.languages("rubrique", number, row["lang"], *fields)
            yield from issues
            is_visible = row["statut"] == "publie"
            section = Section(number, row["id_parent"], title, languages[0], is_visible, languages=set(languages))
            self._sections.add(section)
        restricted = self._db.execute(
            "SELECT DISTINCT id_objet FROM zones_liens LEFT JOIN zones USING (id_zone) WHERE objet = 'rubrique'"
            " AND ifnull(publique, '') <> 'non' ORDER BY id_objet"
        )
        yield from self._sections.restrict([number for (number,) in restricted.fetchall()])
        yield from self._sections.settle()
        for section in self._sections.from_the_top():
            outer = self._sections.find(section.parent)
            above = outer.path if outer else "/"
            section.title, section.slug, issues = self._names.name(
                "rubrique", section.number, section.title, section.language, above
            )
            section.path = f"{above}{section.slug}/"
            yield from issues
            for place in self._sections.chain(section.number):
                place.languages |= section.languages
            address = self._planned.prefix(section.language) + section.path
            translation_of, rank = facts[section.number]
            self._planned.add(
                "rubrique", section.number, "draft", section.title, section.language, translation_of, section.slug,
                address, rank,
            )  # fmt: skip

    def _plan_articles(self) -> Iterator[Issue]:
        shows_future = self._database.meta("post_dates") == "oui"
        rows = self._db.execute(
            f"SELECT id_article, titre, statut, date, lang, id_rubrique, id_trad, virtuel, rang, page, CASE WHEN"
            f" {_ARTICLE_WORDS} LIKE '%<multi>%' THEN {_ARTICLE_WORDS} ELSE '' END AS words FROM articles"
            " ORDER BY statut <> 'publie', id_article"
        )

        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            date = read_date(row["date"])
            if row["statut"] == "publie":
                is_future = date is not None and date > self._now and not shows_future
                state = "redirect" if row["virtuel"] else "future" if is_future else "published"
            else:
                state = "draft" if row["statut"] in self._drafts and not row["virtuel"] else "hidden"
            return self._plan_text(
                "article", row["id_article"], state, row["titre"], row["lang"], row["id_trad"], row["id_rubrique"],
                (row["words"],), row["rang"], row["page"],
            )  # fmt: skip

        yield from self._each("article", rows, plan)

    def _plan_others(self, kind: str, *fields: str) -> Iterator[Issue]:
        """Plan the texts of a kind other than articles. ``fields`` are the fields that may be in several languages."""
        record = OBJECT_KINDS[kind]

        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            return self._plan_text(
                kind, row[record.key], self._state(row["statut"]), row[record.title],
                row[record.language] if record.language else "", 0, row[record.parent],
                tuple(row[field] for field in fields), row["rang"] if kind == "breve" else 0,
            )  # fmt: skip

        rows = self._db.execute(f"SELECT * FROM {record.table} ORDER BY statut <> 'publie', {record.key}")
        yield from self._each(kind, rows, plan)

    def _plan_text(
        self, kind: str, number: int, state: str, title: str, lang: str, translation_of: int, section: int,
        fields: tuple[str, ...], rank: int, name: str = "",
    ) -> Iterator[Issue]:  # fmt: skip
        above = self._sections.find(section)
        languages, issues = self._planned.languages(kind, number, lang or (above.language if above else ""), *fields)
        yield from issues
        if state in ("published", "future") and self._sections.is_restricted(section):
            state = "draft"
        slug = address = ""
        if state not in ("hidden", "redirect"):
            path = above.path if above else "/"
            title, slug, issues = self._names.name(kind, number, title, languages[0], path, name)
            yield from issues
            if section and not above:
                yield Issue("section-missing", kind, number, detail=str(section), page=f"/{slug}/")
            address = f"{path}{slug}/"
            for language in languages:
                self._planned.add_page(kind, number, language, address, "rubrique", section if above else 0)
            for place in self._sections.chain(section):
                place.languages |= set(languages)
                place.is_visible |= state == "published"
        self._planned.add(
            kind, number, state, title, languages[0], translation_of, slug, self._planned.prefix(languages[0]) + address
            if address else "", rank,
        )  # fmt: skip

    # ---- Events and albums ----

    def _plan_albums(self) -> Iterator[Issue]:
        shows_future = self._database.meta("post_dates") == "oui"
        above = self._names.free("albums", ("albums", "galeries"))

        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            state, date = self._state(row["statut"]), read_date(row["date"])
            if state == "published" and date is not None and date > self._now and not shows_future:
                state = "future"
            return self._plan_listed(
                "album", row["id_album"], state, row["titre"], row["lang"], row["id_trad"], above, (row["descriptif"],)
            )

        yield from self._each(
            "album", self._db.execute("SELECT * FROM albums ORDER BY statut <> 'publie', id_album"), plan
        )

    def _plan_events(self) -> Iterator[Issue]:
        """Plan the events; one is shown if its article is."""
        rows = self._db.execute(
            "SELECT e.*, a.title, a.state, a.language FROM evenements e LEFT JOIN objects a ON a.kind = 'article' AND"
            " a.number = e.id_article ORDER BY e.statut <> 'publie', e.id_evenement"
        )
        above = self._names.free("agenda", ("agenda", "evenements", "calendrier"))

        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            state, of_article = self._state(row["statut"]), row["state"]
            if state == "published" and of_article in ("draft", "future"):
                state = "draft"
            elif of_article == "hidden":
                state = "hidden"
            return self._plan_listed(
                "evenement", row["id_evenement"], state, row["titre"].strip() or row["title"] or "",
                row["language"] or "", 0, above, (row["descriptif"], row["lieu"], row["adresse"]),
            )  # fmt: skip

        yield from self._each("evenement", rows, plan)

    def _plan_listed(
        self, kind: str, number: int, state: str, title: str, lang: str, translation_of: int, above: str,
        fields: tuple[str, ...],
    ) -> Iterator[Issue]:  # fmt: skip
        """Plan an object whose page is below the page that lists its kind."""
        languages, issues = self._planned.languages(kind, number, lang, title, *fields)
        yield from issues
        slug = address = ""
        if state != "hidden":
            title, slug, issues = self._names.name(kind, number, title, languages[0], above)
            yield from issues
            for language in languages:
                self._planned.add_page(kind, number, language, f"{above}{slug}/", LISTED[kind].name, 0)
            address = f"{self._planned.prefix(languages[0])}{above}{slug}/"
        self._planned.add(kind, number, state, title, languages[0], translation_of, slug, address)
        if not self._db.execute("SELECT 1 FROM objects WHERE kind = ?", (LISTED[kind].name,)).fetchone() and address:
            name = above.strip("/")
            title = _LIST_TITLES.get(name, name.capitalize())
            shown = "published" if state == "published" else "draft"
            self._planned.add(LISTED[kind].name, 0, shown, title, self._planned.language, 0, name, above)

    # ---- Keywords and authors ----

    def _plan_keywords(self) -> Iterator[Issue]:
        for row in self._db.execute("SELECT * FROM groupes_mots ORDER BY id_groupe").fetchall():
            title, slug, issues = self._names.name(
                "groupe", row["id_groupe"], row["titre"], self._planned.language, "/"
            )
            yield from issues
            self._planned.add(
                "groupe", row["id_groupe"], "published", title, self._planned.language, 0, slug, f"/{slug}/",
                row["rang"],
            )  # fmt: skip
        for row in self._db.execute("SELECT * FROM mots ORDER BY id_mot").fetchall():
            group = self._db.execute(
                "SELECT address FROM objects WHERE kind = 'groupe' AND number = ?", (row["id_groupe"],)
            ).fetchone()
            above = group["address"] if group else "/mots/"
            language = row["lang"] or self._planned.language
            title, issues = self._glossary.title_of(row)
            yield from issues
            title, slug, issues = self._names.name("mot", row["id_mot"], title, language, above)
            yield from issues
            self._planned.add(
                "mot", row["id_mot"], "published", title, language, row["id_trad"], slug,
                f"{self._planned.prefix(language)}{above}{slug}/", row["rang"],
            )  # fmt: skip

    def _plan_authors(self) -> Iterator[Issue]:
        """Plan the pages of authors: SPIP shows one of those who have published something.

        A link to a section only means that the author may edit it.
        """
        self._db.execute(
            "INSERT INTO objects (kind, number, state, title, language, translation_of, slug, address, weight) SELECT"
            " DISTINCT 'auteur', id_auteur, 'hidden', '', ?, 0, '', '', 0 FROM unread WHERE id_auteur NOT IN"
            " (SELECT id_auteur FROM auteurs)",
            (self._planned.language,),
        )
        texts = " UNION ALL ".join(
            f"SELECT '{name}' AS kind, {kind.key} AS number, statut FROM {kind.table}"
            for name, kind in OBJECT_KINDS.items()
            if kind.is_text
        )
        rows = self._db.execute(
            "SELECT a.*, max(t.statut = 'publie') AS is_visible FROM auteurs a LEFT JOIN (auteurs_liens l"
            f" JOIN ({texts}) t ON t.kind = l.objet AND t.number = l.id_objet"
            " AND t.statut IN ('publie', 'prop', 'prepa'))"
            " ON l.id_auteur = a.id_auteur GROUP BY a.id_auteur ORDER BY a.id_auteur"
        ).fetchall()
        for row in rows:
            if row["is_visible"] is None:
                self._planned.add("auteur", row["id_auteur"], "hidden", row["nom"], self._planned.language, 0, "", "")
                continue
            title, slug, issues = self._names.name(
                "auteur", row["id_auteur"], row["nom"], self._planned.language, f"/{AUTHORS}/"
            )
            yield from issues
            state = "published" if row["is_visible"] else "draft"
            self._planned.add(
                "auteur", row["id_auteur"], state, title, self._planned.language, 0, slug, f"/{AUTHORS}/{slug}/"
            )

    def _show_sections(self) -> None:
        """Publish the sections that SPIP calls published, and those that contain something published."""
        visible = [
            (section.number,)
            for section in self._sections
            if section.is_visible and not self._sections.is_restricted(section.number)
        ]
        self._db.executemany("UPDATE objects SET state = 'published' WHERE kind = 'rubrique' AND number = ?", visible)

    # ---- Rows ----

    def _state(self, statut: str) -> str:
        return "published" if statut == "publie" else "draft" if statut in self._drafts else "hidden"

    def _each(
        self, kind: str, rows: Iterable[sqlite3.Row], plan: Callable[[sqlite3.Row], Iterator[Issue]]
    ) -> Iterator[Issue]:
        """Plan every object; an object that an internal error stops gets no page."""
        for row in rows:
            try:
                issues = list(plan(row))
            except Exception as error:
                issues = [self._planned.fail(kind, row[OBJECT_KINDS[kind].key], error)]
            yield from issues
