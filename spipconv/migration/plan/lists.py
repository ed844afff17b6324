"""The pages that list others: they are there in every language of the pages that they list."""

from __future__ import annotations

from collections.abc import Iterator

from spipconv.migration.kinds import LISTED
from spipconv.migration.plan.planned_objects import PlannedObjects
from spipconv.migration.plan.sections import SectionTree
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue


def add_lists(database: WorkingDatabase, planned: PlannedObjects, sections: SectionTree) -> Iterator[Issue]:
    """Add the pages of everything that lists others: sections, keywords, authors, groups, dictionaries, all events …

    Yields the issues. The pages that are listed are planned.
    """
    home = {planned.language}
    for section in sections:
        for language in sorted(section.languages):
            planned.add_page("rubrique", section.number, language, section.path, "rubrique", section.parent)
        home |= section.languages
    home |= {row[0] for row in database.db.execute("SELECT DISTINCT language FROM pages")}
    for links, key, kind, table, fields in (
        ("mots_liens", "id_mot", "mot", "mots", "titre || descriptif || texte"),
        ("auteurs_liens", "id_auteur", "auteur", "auteurs", "nom || bio"),
    ):
        rows = database.db.execute(
            "SELECT o.number, o.address, o.language, m.id, m.words, (SELECT group_concat(DISTINCT p.language) FROM"
            f" {links} l JOIN pages p ON p.kind = l.objet AND p.number = l.id_objet WHERE l.{key} = o.number)"
            f" AS languages FROM objects o JOIN (SELECT {key} AS id, {fields} AS words FROM {table}) m"
            " ON m.id = o.number WHERE o.state NOT IN ('hidden', 'redirect') AND o.kind = ? ORDER BY o.number",
            (kind,),
        ).fetchall()
        for row in rows:
            own, issues = planned.languages(kind, row["number"], row["language"], row["words"])
            yield from issues
            languages = {*own, *(row["languages"] or "").split(",")}
            group = database.db.execute("SELECT id_groupe FROM mots WHERE id_mot = ?", (row["number"],)).fetchone()
            parent = ("groupe", group["id_groupe"]) if kind == "mot" and group else ("home", 0)
            address = row["address"].removeprefix(planned.prefix(row["language"]))
            for language in sorted(languages - {""}):
                planned.add_page(kind, row["number"], language, address, *parent)
    rows = database.db.execute(
        "SELECT o.kind, o.number, o.address, group_concat(DISTINCT p.language) AS languages FROM objects o"
        " LEFT JOIN pages p ON p.parent_kind = o.kind AND p.parent_number = o.number"
        " WHERE o.kind IN ('groupe', 'dictionnaire') GROUP BY o.kind, o.number"
    ).fetchall()
    for row in rows:
        for language in sorted({planned.language, *(row["languages"] or planned.language).split(",")}):
            planned.add_page(row["kind"], row["number"], language, row["address"], "home", 0)
    for kind_of_list in LISTED.values():
        rows = database.db.execute(
            "SELECT DISTINCT p.language, l.address FROM pages p JOIN objects l ON l.kind = p.parent_kind"
            " WHERE p.parent_kind = ? ORDER BY p.language",
            (kind_of_list.name,),
        ).fetchall()
        for language in sorted({planned.language, *[row["language"] for row in rows]} if rows else ()):
            planned.add_page(kind_of_list.name, 0, language, rows[0]["address"], "home", 0)
    for language in sorted(home):
        planned.add_page("home", 0, language, "/", "", 0)
