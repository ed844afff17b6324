"""Count, for the report, what the working database contains, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.migration.kinds import KINDS_BY_TABLE, OBJECT_KINDS
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.migration.report.report import MigrationReport


def count_rows_left(report: MigrationReport, left: Mapping[tuple[str, str], int]) -> None:
    """Count the rows that were not added to the working database, by table or kind and by SPIP's statut."""
    for (what, statut), rows in left.items():
        kind = KINDS_BY_TABLE[what].name if what in KINDS_BY_TABLE else what
        report.count("left", kind, rows)
        # The others are in the working database, and are counted there.
        if kind != "forum" or statut.startswith("priv"):
            report.count("read", kind, rows)


def count_objects(report: MigrationReport, database: WorkingDatabase) -> None:
    """Count the objects that were read and those without a page; report messages without a page."""
    for kind in OBJECT_KINDS.values():
        count = database.db.execute(f"SELECT count(*) FROM {kind.table}").fetchone()[0]
        if count:
            report.count("read", kind.name, count)
    for row in database.db.execute("SELECT kind, count(*) AS number FROM objects WHERE state = 'hidden' GROUP BY kind"):
        report.count("left", row["kind"], row["number"])
    redirected = database.db.execute("SELECT count(*) FROM objects WHERE state = 'redirect'").fetchone()[0]
    if redirected:
        report.count("redirect", "article", redirected)
    report.count("redirect", "paths", database.db.execute("SELECT count(*) FROM old_paths").fetchone()[0])
    for row in database.db.execute(
        "SELECT f.id_forum, f.objet, f.id_objet FROM forum f LEFT JOIN objects o ON o.kind = f.objet AND o.number ="
        " f.id_objet WHERE f.statut = 'publie' AND (o.state IS NULL OR o.state NOT IN ('published', 'draft',"
        " 'future')) ORDER BY f.id_forum"
    ):
        report.count("left", "forum")
        report.add(Issue("comment-orphaned", "forum", row["id_forum"], detail=f"{row['objet']}{row['id_objet']}"))
