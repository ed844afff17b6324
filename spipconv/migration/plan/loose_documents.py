"""The documents that are on no page of an object: pages of their own are added to the plan, so that nothing is lost."""

from __future__ import annotations

from spipconv.migration.kinds import FILES, HOME
from spipconv.migration.plan.names import Names
from spipconv.migration.plan.planned_objects import PlannedObjects
from spipconv.migration.read.database import WorkingDatabase
from spipconv.safety import safe_address

# The most documents on one page.
MOST_DOCUMENTS = 500
TITLE = "Documents"
# The documents that are content, and that belong to nothing with a page. Those of messages are among them.
_LOOSE = (
    "SELECT id_document, distant, fichier FROM documents d"
    " WHERE fichier <> '' AND mode NOT IN ('vignette', 'logoon', 'logooff')"
    " AND NOT EXISTS (SELECT 1 FROM documents v WHERE v.id_vignette > 0 AND v.id_vignette = d.id_document"
    " AND v.id_document <> v.id_vignette)"
    " AND NOT EXISTS (SELECT 1 FROM documents_liens l JOIN pages p ON p.kind = l.objet AND p.number = l.id_objet"
    " WHERE l.id_document = d.id_document)"
)
# The names of the pages in addresses, what SPIP says of the documents on them, and the states of the pages.
_PAGES = (("documents", "= 'publie'", "published"), ("documents-drafts", "<> 'publie'", "draft"))


def plan_documents(database: WorkingDatabase, names: Names, planned: PlannedObjects) -> None:
    """Plan pages for the documents that are on no other page; what SPIP did not publish is on drafts."""
    db, number = database.db, 0
    for name, condition, state in _PAGES:
        rows = db.execute(f"{_LOOSE} AND statut {condition} ORDER BY id_document").fetchall()
        documents = [row["id_document"] for row in rows if row["distant"] != "oui" or safe_address(row["fichier"])]
        for start in range(0, len(documents), MOST_DOCUMENTS):
            address = names.free(FILES.name, (name, f"{name}-{start // MOST_DOCUMENTS + 1}"))
            planned.add(FILES.name, number, state, TITLE, planned.language, 0, address.strip("/"), address)
            planned.add_page(FILES.name, number, planned.language, address, HOME.name, 0)
            db.executemany(
                "INSERT INTO documents_liens (id_document, id_objet, objet, vu, rang_lien) VALUES (?, ?, ?, '', 0)",
                [(document, number, FILES.name) for document in documents[start : start + MOST_DOCUMENTS]],
            )
            number += 1
