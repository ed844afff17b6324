"""The account of a migration: every row that was read is written, redirected, or left out for a reason.

The report gets the numbers; ``MigrationReport.balance`` adds them up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from spipconv.migration.kinds import FILES, HOME, KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.read.database import WORKING_TABLES, WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.report import MigrationReport
from spipconv.migration.run.options import PageKey
from spipconv.migration.selection import UNSELECTED, UNSELECTED_DRAFT

# Reasons by SPIP's statut; anything else is "other-status".
_REASONS = {"refuse": "refused", "poubelle": "deleted", "5poubelle": "deleted", "spam": "spam", "off": "removed"}
_SHOWN = ("publie", "prop")
# Reasons by the state of an object in the plan.
_STATES = {"failed": "failed", UNSELECTED: "not-selected", UNSELECTED_DRAFT: "not-selected"}
# Tables of links: the kind whose objects they give to others, and the column with its number.
_LINKS = {
    "auteurs_liens": ("auteur", "id_auteur"),
    "mots_liens": ("mot", "id_mot"),
    "documents_liens": ("document", "id_document"),
    "albums_liens": ("album", "id_album"),
    "rubriques_liens": ("rubrique", "id_parent"),
    "gis_liens": ("gis", "id_gis"),
    "formulaires_liens": ("formulaires", "id_formulaire"),
}  # fmt: skip
# Tables of plugins whose rows are shown without being objects (see ``plugin_files.py``).
PLUGIN_TABLES = ("gis", "formulaires", "petitions", "menus", "menus_entrees")
# Those that are tied to objects: their keys.
_TABLES = {giver: (giver, key) for giver, key in _LINKS.values() if giver in PLUGIN_TABLES}
# Modes of documents that are the logo of the site or of all sections: an object 0.
_LOGOS = ("logoon", "logooff")


def count_rows(report: MigrationReport, rows: Mapping[str, int], left: Mapping[tuple[str, str], int]) -> None:
    """Count the rows that a source had, by table, and those that were left out while reading, by table and reason."""
    accounted = {*_LINKS, *KINDS_BY_TABLE, *PLUGIN_TABLES, "urls"}
    for (table, reason), number in left.items():
        report.leave(_name(table), reason, number)
        if table in WORKING_TABLES and table not in accounted:
            # Only the rows that are left out are counted.
            report.count("read", table, number)
    for table in sorted((accounted | {table for table, _ in left if table not in WORKING_TABLES}) & set(rows)):
        report.count("read", _name(table), rows[table])


def _name(table: str) -> str:
    return KINDS_BY_TABLE[table].name if table in KINDS_BY_TABLE else table


class Account:
    """Counts what becomes of the objects of a site.

    ``has_pending``: the target shows messages that wait for a moderator.
    """

    def __init__(self, database: WorkingDatabase, report: MigrationReport, *, has_pending: bool) -> None:
        self._database, self._db, self._report = database, database.db, report
        self._has_pending = has_pending
        self._written: defaultdict[str, set[int]] = defaultdict(set)
        self._failed: defaultdict[str, set[int]] = defaultdict(set)
        self._placeless: defaultdict[str, set[int]] = defaultdict(set)
        # Of the objects with messages: their language, and how many of the messages are written.
        self._languages: dict[tuple[str, int], str] = {}
        self._messages: dict[tuple[str, int], int] = {}

    def begin(self) -> None:
        """Count what the plan says, before any page is made; report messages without a page."""
        for (kind, reason), number in self._database.left.items():
            self._report.leave(kind, reason, number)
        self._report.count("read", HOME.name)
        redirected = "SELECT kind, address <> '', count(*) FROM objects WHERE state = 'redirect' GROUP BY 1, 2"
        for kind, has_address, number in self._db.execute(redirected):
            if has_address:
                self._report.count("redirect", kind, number)
            else:
                self._report.leave(kind, "redirect-lost", number)
        paths = (
            "SELECT count(*) FROM old_paths p LEFT JOIN objects o ON o.kind = p.kind AND o.number = p.number"
            " WHERE ifnull(o.state, '') NOT IN (?, ?)"
        )
        self._report.count("redirect", "paths", self._db.execute(paths, (UNSELECTED, UNSELECTED_DRAFT)).fetchone()[0])
        for name in OBJECT_KINDS:
            self._count_hidden(name)
        for row in self._db.execute(
            "SELECT f.id_forum, f.objet, f.id_objet FROM forum f LEFT JOIN objects o ON o.kind = f.objet AND o.number ="
            " f.id_objet WHERE f.statut = 'publie' AND (o.state IS NULL OR o.state NOT IN ('published', 'draft',"
            " 'future', 'unselected', 'unselected-draft')) ORDER BY f.id_forum"
        ):
            self._report.add(
                Issue("comment-orphaned", "forum", row["id_forum"], detail=f"{row['objet']}{row['id_objet']}")
            )
        self._languages = {
            (row["kind"], row["number"]): row["language"]
            for row in self._db.execute(
                "SELECT kind, number, language FROM objects JOIN (SELECT DISTINCT objet, id_objet FROM forum WHERE"
                " statut IN ('publie', 'prop')) ON objet = kind AND id_objet = number"
            )
        }

    def _count_hidden(self, name: str) -> None:
        """Count the objects of a kind that have no page."""
        kind = OBJECT_KINDS[name]
        columns = {row[1] for row in self._db.execute(f"PRAGMA table_info({kind.table})")}
        statut = "statut" if "statut" in columns else "''"
        redirects = "virtuel <> ''" if "virtuel" in columns else "0"
        rows = self._db.execute(
            f"SELECT o.state, {statut} AS statut, {redirects} AS is_redirect, count(*) AS number FROM objects o"
            f" JOIN {kind.table} ON {kind.key} = o.number WHERE o.kind = ? AND o.state IN ('hidden', 'failed',"
            " 'unselected', 'unselected-draft') GROUP BY 1, 2, 3",
            (name,),
        )
        for row in rows:
            if row["state"] in _STATES:
                reason = _STATES[row["state"]]
            elif name == "auteur":
                reason = "nothing-published"
            elif row["statut"] in ("prepa", "prop") and row["is_redirect"]:
                reason = "redirect-unpublished"
            else:
                reason = _REASONS.get(row["statut"], "other-status")
            self._report.leave(name, reason, row["number"])

    # ---- While pages are made ----

    def add_page(self, key: PageKey, messages: int, *, has_place: bool = True) -> None:
        """Count a page that was written, with the number of its messages; without a place, nothing of it is there."""
        kind, number, language = key
        (self._written if has_place else self._placeless)[kind].add(number)
        if self._languages.get((kind, number)) == language:
            self._messages[kind, number] = messages
        self._report.count("pages", "pages", int(has_place))

    def add_failure(self, key: PageKey) -> None:
        """Count a page that an internal error stopped."""
        self._failed[key[0]].add(key[1])
        if self._languages.get(key[:2]) == key[2]:
            self._messages[key[:2]] = 0

    # ---- When all is written ----

    def attached(self) -> set[int]:
        """Return the numbers of the documents that belong to objects that were written."""
        links = self._db.execute("SELECT id_document, objet, id_objet FROM documents_liens")
        return {number for number, kind, of in links if of in self._written[kind]}

    def finish(self) -> None:
        """Count everything that depends on which pages were written."""
        self._count_pages()
        self._count_messages()
        for table in _LINKS:
            self._count_links(table)
        self._count_addresses()

    def _count_pages(self) -> None:
        report = self._report
        planned = self._db.execute("SELECT kind, number FROM pages GROUP BY kind, number")
        left: Counter[tuple[str, str]] = Counter()
        written: Counter[str] = Counter()
        for kind, number in planned:
            if number in self._written[kind]:
                written[kind] += 1
            else:
                left[kind, self._reason(kind, number)] += 1
        for kind, rows in written.items():
            if kind in OBJECT_KINDS or kind == HOME.name:
                report.count("written", kind, rows)
        for (kind, reason), rows in left.items():
            if kind in OBJECT_KINDS or kind == HOME.name:
                report.leave(kind, reason, rows)

    def _reason(self, kind: str, number: int) -> str:
        """Return why an object with a page is not written."""
        if number in self._failed[kind]:
            return "failed"
        return "no-place" if number in self._placeless[kind] else "not-selected"

    def _count_messages(self) -> None:
        report = self._report
        rows = self._db.execute(
            "SELECT f.objet, f.id_objet, f.statut, count(*) AS number, p.kind IS NOT NULL AS has_page FROM forum f"
            " LEFT JOIN (SELECT DISTINCT kind, number FROM pages) p ON p.kind = f.objet AND p.number = f.id_objet"
            " GROUP BY 1, 2, 3"
        )
        expected: Counter[tuple[str, int]] = Counter()
        for kind, number, statut, messages, has_page in rows:
            if statut not in _SHOWN:
                report.leave("forum", _REASONS.get(statut, "other-status"), messages)
            elif not has_page:
                report.leave("forum", self._pageless(kind, number), messages)
            elif (kind, number) not in self._messages:
                report.leave("forum", self._reason(kind, number), messages)
            elif statut == "prop" and not self._has_pending and number not in self._failed[kind]:
                report.leave("forum", "waiting", messages)
            else:
                expected[kind, number] += messages
        for key, messages in expected.items():
            report.count("written", "forum", self._messages[key])
            report.leave("forum", "failed", messages - self._messages[key])

    def _count_links(self, table: str) -> None:
        """Count the links between objects that are both on the new site, and the others."""
        giver, key = _LINKS[table]
        mode = "(SELECT mode FROM documents d WHERE d.id_document = l.id_document)" if giver == "document" else "''"
        rows = self._db.execute(
            f"SELECT {key} AS number, objet, id_objet, count(*) AS rows, {mode} AS mode FROM {table} l"
            # The others are those of the plan.
            f" WHERE objet <> '{FILES.name}' GROUP BY 1, 2, 3"
        )
        left: Counter[str] = Counter()
        for row in rows:
            left["repeated"] += row["rows"] - 1
            reason = self._missing(giver, row["number"])
            if not reason and not (row["mode"] in _LOGOS and row["id_objet"] == 0):
                reason = self._missing(row["objet"], row["id_objet"])
            left[reason] += 1
        written = left.pop("", 0)
        if written:
            self._report.count("written", table, written)
        for reason, number in left.items():
            self._report.leave(table, reason, number)

    def _missing(self, kind: str, number: int) -> str:
        """Return why an object is not on the new site, or an empty string if it is."""
        if number in self._written[kind]:
            return ""
        record = OBJECT_KINDS.get(kind)
        table, key = (record.table, record.key) if record else _TABLES.get(kind, ("", ""))
        if not table or not self._db.execute(f"SELECT 1 FROM {table} WHERE {key} = ?", (number,)).fetchone():
            return "no-object"
        if kind in ("document", "forum") or not record:
            return ""
        has_page = self._db.execute("SELECT 1 FROM pages WHERE kind = ? AND number = ?", (kind, number)).fetchone()
        return self._reason(kind, number) if has_page else self._pageless(kind, number)

    def _pageless(self, kind: str, number: int) -> str:
        """Return the reason of what belongs to an object without a page."""
        row = self._db.execute("SELECT state FROM objects WHERE kind = ? AND number = ?", (kind, number)).fetchone()
        return _STATES.get(row["state"], "no-page") if row else "no-page"

    def _count_addresses(self) -> None:
        """Count the old addresses of objects that visitors find on the new site, and the others."""
        left: Counter[str] = Counter()
        rows = self._db.execute(
            "SELECT u.type, u.id_objet, o.state, o.address, count(*) AS rows FROM urls u LEFT JOIN objects o"
            " ON o.kind = u.type AND o.number = u.id_objet GROUP BY u.type, u.id_objet"
        )
        for row in rows:
            if row["state"] is None:
                is_document = row["type"] in ("document", "forum") and not self._missing(row["type"], row["id_objet"])
                left["" if is_document else "no-object"] += row["rows"]
            else:
                is_shown = row["state"] == "published" or (row["state"] == "redirect" and row["address"])
                left["" if is_shown else _STATES.get(row["state"], "no-page")] += row["rows"]
        if left[""]:
            self._report.count("written", "urls", left.pop(""))
        for reason, number in left.items():
            self._report.leave("urls", reason, number)
