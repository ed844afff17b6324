"""Selections: what a run is to migrate comes in; the plan of the whole site becomes that of its part.

What is not selected keeps its place in the table ``objects``, in a state of its own and without an address, so
that links to it are recognised. Addresses are those of the whole site.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spipconv.migration.kinds import FILES, LISTED, OBJECT_KINDS, TEXTS
from spipconv.migration.plan.selected_files import select_documents
from spipconv.migration.plan.titles import shown_title
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.migration.selection import PUBLISHED, UNSELECTED, UNSELECTED_DRAFT, BadSelection, Selection

_HAS_NO_PAGE = "('hidden', 'failed')"
_LEFT = f"CASE WHEN state IN ('published', 'redirect') THEN '{UNSELECTED}' ELSE '{UNSELECTED_DRAFT}' END, address = ''"
# Things that texts may have, and the tables that give them.
_GIVEN = {"auteur": ("auteurs_liens", "id_auteur"), "mot": ("mots_liens", "id_mot")}


def select(database: WorkingDatabase, selection: Selection, issues: Iterable[Issue]) -> Iterator[Issue]:
    """Reduce a planned site to a selection; yield the plan's issues with what is selected. Raises BadSelection."""
    if selection.is_whole:
        yield from issues
        return
    _Selector(database, selection).run()
    left = "SELECT 1 FROM objects WHERE kind = ? AND number = ? AND state IN (?, ?)"
    for issue in issues:
        if not database.db.execute(left, (issue.kind, issue.number, UNSELECTED, UNSELECTED_DRAFT)).fetchone():
            yield issue


class _Selector:
    def __init__(self, database: WorkingDatabase, selection: Selection) -> None:
        self._database, self._db, self._selection = database, database.db, selection
        self._language = database.meta("langue_site", "fr")

    def run(self) -> None:
        self._db.executescript(
            "CREATE TEMP TABLE chosen (kind TEXT, number INTEGER, PRIMARY KEY (kind, number)) WITHOUT ROWID;"
            "CREATE TEMP TABLE inside (number INTEGER PRIMARY KEY);"
        )
        self._check_languages()
        self._find_sections()
        for kind in sorted(TEXTS):
            self._choose_texts(kind)
        self._choose_listed()
        self._choose_sections()
        for kind in _GIVEN:
            self._choose_given(kind)
        self._choose_groups()
        self._choose_others()
        self._leave_objects()
        self._leave_languages()
        if self._selection.is_narrow:
            select_documents(self._database)
        self._db.commit()

    def _choose(self, select: str, values: tuple[str | int, ...] = ()) -> None:
        self._db.execute(f"INSERT OR IGNORE INTO chosen {select}", values)

    def _check_languages(self) -> None:
        """Raise BadSelection for a language that no page is in."""
        known = [row["language"] for row in self._db.execute("SELECT DISTINCT language FROM pages ORDER BY language")]
        for code in self._selection.languages:
            if code not in known:
                raise BadSelection(f"--lang {code}: no page is in this language, but in {', '.join(known)}")

    # ---- Texts ----

    def _find_sections(self) -> None:
        """Find the sections that are named, with all that are below them."""
        for name in self._selection.sections:
            self._db.execute(
                "INSERT OR IGNORE INTO inside WITH RECURSIVE below (number) AS (VALUES (?) UNION SELECT p.number FROM"
                " pages p JOIN below b ON p.parent_number = b.number WHERE p.kind = 'rubrique' AND"
                " p.parent_kind = 'rubrique') SELECT number FROM below",
                (self._find_section(name),),
            )

    def _find_section(self, name: str) -> int:
        """Return the number of the section with a number, a path or a title. Raises BadSelection."""
        rows = self._db.execute("SELECT number, title, address FROM objects WHERE kind = 'rubrique'").fetchall()
        path = name.strip("/").casefold()
        matches = [row for row in rows if str(row["number"]) == name.strip()]
        matches = matches or [row for row in rows if row["address"].strip("/").casefold() == path]
        matches = matches or [
            row for row in rows if shown_title(row["title"], self._language).casefold() == name.strip().casefold()
        ]
        if not matches:
            raise BadSelection(f"--section {name}: no section has this number, this path or this title")
        if len(matches) > 1:
            places = ", ".join(f"{row['number']} ({row['address']})" for row in matches[:10])
            raise BadSelection(f"--section {name}: several sections have this title: give a number or a path: {places}")
        return int(matches[0]["number"])

    def _choose_texts(self, kind: str) -> None:
        record, selection = OBJECT_KINDS[kind], self._selection
        conditions = [f"o.state NOT IN {_HAS_NO_PAGE}", "o.kind = ?"]
        values: list[str | int] = [kind]
        if selection.sections:
            conditions.append(f"t.{record.parent} IN (SELECT number FROM inside)" if record.parent else "0")
        if selection.since:
            conditions.append(f"trim(t.{record.date}, '''') >= ?" if record.date else "0")
            values.append(str(selection.since))
        if selection.statuses:
            conditions.append(f"t.statut IN ({_marks(selection.statuses)})")
            values += selection.statuses
        if selection.languages:
            marks = _marks(selection.languages)
            conditions.append(
                "(EXISTS (SELECT 1 FROM pages p WHERE p.kind = o.kind AND p.number = o.number AND p.language IN"
                f" ({marks})) OR (o.state = 'redirect' AND o.language IN ({marks})))"
            )
            values += [*selection.languages, *selection.languages]
        self._choose(
            f"SELECT o.kind, o.number FROM objects o JOIN {record.table} t ON t.{record.key} = o.number WHERE "
            + " AND ".join(conditions),
            tuple(values),
        )

    def _choose_listed(self) -> None:
        """Choose the events of chosen articles, and the albums of chosen objects; none of others."""
        events = "SELECT 'evenement', e.id_evenement FROM evenements e JOIN articles a USING (id_article)"
        chosen = "SELECT number FROM chosen WHERE kind = 'article'"
        self._db.execute(
            "DELETE FROM chosen WHERE kind = 'evenement' AND number IN (SELECT e.id_evenement FROM evenements e JOIN"
            f" articles a USING (id_article) WHERE a.id_article NOT IN ({chosen}))"
        )
        self._choose(f"{events} WHERE a.id_article IN ({chosen})")
        self._choose(
            "SELECT 'album', l.id_album FROM albums_liens l JOIN chosen c ON c.kind = l.objet AND c.number = l.id_objet"
        )

    # ---- What texts are in, and what they have ----

    def _choose_sections(self) -> None:
        """Choose the named sections, those that contain something chosen, and all above them.

        Others are chosen with them unless only texts since a date are wanted: an empty section is not one of those.
        """
        selection = self._selection
        self._choose("SELECT 'rubrique', number FROM inside")
        if not selection.sections and not selection.since:
            states = ["published"] if not selection.statuses or PUBLISHED in selection.statuses else []
            states += ["draft"] if not selection.statuses or set(selection.statuses) - {PUBLISHED} else []
            self._choose(
                f"SELECT kind, number FROM objects WHERE kind = 'rubrique' AND state IN ({_marks(states)})",
                tuple(states),
            )
        elif selection.since:
            # Of those below the named ones.
            numbers = [self._find_section(name) for name in selection.sections]
            self._db.execute(
                f"DELETE FROM chosen WHERE kind = 'rubrique' AND number NOT IN ({_marks(numbers)})", tuple(numbers)
            )
        self._choose(
            "WITH RECURSIVE above (number) AS (SELECT p.parent_number FROM pages p JOIN chosen c ON c.kind = p.kind AND"
            " c.number = p.number WHERE p.parent_kind = 'rubrique' UNION SELECT p.parent_number FROM pages p JOIN above"
            " a ON p.kind = 'rubrique' AND p.number = a.number)"
            " SELECT 'rubrique', number FROM above WHERE number > 0"
        )

    def _choose_given(self, kind: str) -> None:
        """Choose the authors or the keywords of what is chosen.

        Those that nothing on the whole site has are chosen with the whole site only.
        """
        links, key = _GIVEN[kind]
        self._choose(
            f"SELECT '{kind}', l.{key} FROM {links} l JOIN chosen c ON c.kind = l.objet AND c.number = l.id_objet"
        )
        if kind == "mot":
            # Texts lead to the terms of the glossary, whatever section they are in.
            self._choose("SELECT kind, number FROM terms WHERE kind = 'mot'")
        if not self._selection.is_narrow:
            self._choose(
                f"SELECT kind, number FROM objects WHERE kind = '{kind}' AND number NOT IN (SELECT l.{key} FROM {links}"
                " l JOIN objects o ON o.kind = l.objet AND o.number = l.id_objet)"
            )

    def _choose_groups(self) -> None:
        """Choose the groups of the chosen keywords; all, with the whole site."""
        where = (
            "g.id_groupe IN (SELECT m.id_groupe FROM mots m JOIN chosen c ON c.kind = 'mot' AND c.number = m.id_mot)"
        )
        self._choose(
            f"SELECT 'groupe', g.id_groupe FROM groupes_mots g WHERE {where if self._selection.is_narrow else '1'}"
        )

    def _choose_others(self) -> None:
        """Choose the pages that list events or albums if there are any, and whatever selections do not concern."""
        self._choose(
            "SELECT DISTINCT p.parent_kind, p.parent_number FROM pages p JOIN chosen c ON c.kind = p.kind AND"
            " c.number = p.number WHERE p.parent_kind <> '' AND p.parent_kind <> 'rubrique'"
        )
        concerned = ["rubrique", *TEXTS, *_GIVEN, "groupe", *(kind.name for kind in LISTED.values())]
        # A part of the site does not use the documents that no page shows.
        concerned += [FILES.name] if self._selection.is_narrow else []
        self._choose(
            f"SELECT DISTINCT kind, number FROM pages WHERE kind NOT IN ({_marks(concerned)})", tuple(concerned)
        )

    # ---- What is left ----

    def _leave_objects(self) -> None:
        chosen = "EXISTS (SELECT 1 FROM chosen c WHERE c.kind = {0}.kind AND c.number = {0}.number)"
        self._db.execute(
            f"UPDATE objects SET state = {_LEFT} WHERE state NOT IN {_HAS_NO_PAGE} AND NOT " + chosen.format("objects")
        )
        self._db.execute(f"DELETE FROM pages WHERE NOT {chosen.format('pages')}")

    def _leave_languages(self) -> None:
        """Leave out the pages in other languages, and what has no page then; the front page stays."""
        languages = self._selection.languages
        if languages:
            self._db.execute(
                f"DELETE FROM pages WHERE language NOT IN ({_marks(languages)}) AND NOT (kind = 'home' AND language ="
                " ?)",
                (*languages, self._language),
            )
        mine = "FROM pages p WHERE p.kind = objects.kind AND p.number = objects.number"
        self._db.execute(
            f"UPDATE objects SET state = {_LEFT} WHERE state IN ('published', 'draft', 'future')"
            f" AND NOT EXISTS (SELECT 1 {mine})"
        )
        # What has lost the page in its own language has that of another as its own.
        self._db.execute(
            f"UPDATE objects SET (language, address) = (SELECT p.language, p.address {mine} ORDER BY 1 LIMIT 1)"
            f" WHERE EXISTS (SELECT 1 {mine}) AND NOT EXISTS (SELECT 1 {mine} AND p.language = objects.language)"
        )
        # Redirects to what is not there.
        self._db.execute(
            f"UPDATE objects SET state = {_LEFT} WHERE state = 'redirect' AND address LIKE '/%'"
            " AND address NOT LIKE '/IMG/%' AND address NOT IN (SELECT address FROM pages)"
        )


def _marks(values: tuple[str, ...] | list[str] | list[int]) -> str:
    return ", ".join("?" * len(values))
