"""The documents and files of a part of a site: its pages come in; the files that they use go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from spipconv.migration.kinds import FILES, OBJECT_KINDS
from spipconv.migration.read.database import WorkingDatabase

# Documents in texts: models and links, by their numbers, and addresses of files.
_NUMBERED = re.compile(
    r"(?:<(?:doc|document|im|img|image|emb|embed|audio|video|text|application)|->\s*(?:doc|document|im|img|image|emb))"
    r"\s*0*([1-9][0-9]{0,17})",
    re.IGNORECASE,
)
_FILE = re.compile(r"IMG/([^\s\"'<>\[\]{}|?#]{1,500})")
# Whatever has a page, has it with its documents: the site's own logos belong to an object 0.
_LINKED = (
    "SELECT l.id_document FROM documents_liens l WHERE l.id_objet = 0 OR EXISTS (SELECT 1 FROM pages p WHERE"
    " p.kind = l.objet AND p.number = l.id_objet)"
)


def select_documents(database: WorkingDatabase) -> None:
    """Leave out the documents that no page uses, and note the files of the others in the table ``chosen_files``."""
    db = database.db
    db.executescript(
        "CREATE TABLE chosen_files (name TEXT PRIMARY KEY) WITHOUT ROWID;"
        "CREATE TEMP TABLE used (number INTEGER PRIMARY KEY);"
    )
    # Rows of the plan's own, which were not read.
    db.execute("DELETE FROM documents_liens WHERE objet = ?", (FILES.name,))
    db.execute(f"INSERT OR IGNORE INTO used {_LINKED}")
    for text in _texts(database):
        db.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((int(match),) for match in _NUMBERED.findall(text)))
        names = (unquote(match.replace("&amp;", "&")) for match in _FILE.findall(text))
        db.executemany("INSERT OR IGNORE INTO chosen_files VALUES (?)", ((name,) for name in names))
    # A document that a text names by its file; and pictures of documents.
    db.execute("INSERT OR IGNORE INTO used SELECT id_document FROM documents JOIN chosen_files ON name = fichier")
    db.execute(
        "INSERT OR IGNORE INTO used SELECT l.id_document FROM documents_liens l JOIN used u ON l.objet = 'document' AND"
        " l.id_objet = u.number"
    )
    db.execute("INSERT OR IGNORE INTO used SELECT id_vignette FROM documents JOIN used ON number = id_document")
    db.execute(
        "INSERT OR IGNORE INTO chosen_files SELECT fichier FROM documents JOIN used ON number = id_document"
        " WHERE distant <> 'oui'"
    )
    for table, name in (("documents", "document"), ("documents_liens", "documents_liens")):
        left = db.execute(f"DELETE FROM {table} WHERE id_document NOT IN (SELECT number FROM used)").rowcount
        if left:
            database.left[name, "not-selected"] += left


def _texts(database: WorkingDatabase) -> Iterator[str]:
    """Yield the texts of everything that has a page."""
    yield database.meta("descriptif_site")
    for kind in OBJECT_KINDS.values():
        if not kind.texts or kind.name in ("document", "forum"):
            continue
        words = " || ' ' || ".join(f"t.{column}" for column in kind.texts)
        for row in database.db.execute(
            f"SELECT {words} FROM {kind.table} t WHERE t.{kind.key} IN (SELECT number FROM pages WHERE kind = ?)",
            (kind.name,),
        ):
            yield row[0]
