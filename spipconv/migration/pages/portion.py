"""What the plan and the link tables say of a portion of pages, read at once: six queries for all instead of for each.

Texts and rows of documents and messages are not among it, so the size of a portion does not matter for memory.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

# An object: its kind and its number.
SpipKey = tuple[str, int]

_PLANNED = (
    "SELECT p.*, o.state, o.title, o.slug, o.weight, o.translation_of, o.language AS own FROM pages p"
    " LEFT JOIN objects o ON o.kind = p.kind AND o.number = p.number WHERE p.kind = ? AND p.number IN {}"
)
_AUTHORS = (
    "SELECT DISTINCT l.id_objet, o.number FROM auteurs_liens l JOIN objects o ON o.kind = 'auteur' AND"
    " o.number = l.id_auteur AND o.state <> 'hidden' WHERE l.objet = ? AND l.id_objet IN {} ORDER BY o.weight, o.number"
)
_KEYWORDS = (
    "SELECT DISTINCT l.id_objet, o.number, g.slug FROM mots_liens l JOIN objects o ON o.kind = 'mot' AND"
    " o.number = l.id_mot JOIN mots m ON m.id_mot = o.number LEFT JOIN objects g ON g.kind = 'groupe' AND"
    " g.number = m.id_groupe WHERE l.objet = ? AND l.id_objet IN {} ORDER BY g.weight, g.number, o.weight, o.number"
)
_PATHS = "SELECT number, path FROM old_paths WHERE kind = ? AND number IN {} ORDER BY path"
_WITH_DOCUMENTS = "SELECT DISTINCT id_objet FROM documents_liens WHERE objet = ? AND id_objet IN {}"
_WITH_MESSAGES = "SELECT DISTINCT id_objet FROM forum WHERE objet = ? AND id_objet IN {}"


class Portion:
    """The pages of some objects.

    ``planned`` are the rows of the plan by kind, number and language, ``versions`` the numbers of languages.
    ``authors`` are the numbers of an object's authors, ``keywords`` those of its keywords with the slugs of their
    groups, ``paths`` its old paths. ``with_documents`` and ``with_messages`` are the objects that have any.
    """

    def __init__(self, db: sqlite3.Connection, objects: Iterable[SpipKey]) -> None:
        self._db = db
        self.objects = frozenset(objects)
        self.planned: dict[tuple[str, int, str], sqlite3.Row] = {}
        self.versions: defaultdict[SpipKey, int] = defaultdict(int)
        self.authors: defaultdict[SpipKey, list[int]] = defaultdict(list)
        self.keywords: defaultdict[SpipKey, list[tuple[int, str]]] = defaultdict(list)
        self.paths: defaultdict[SpipKey, list[str]] = defaultdict(list)
        self.with_documents: set[SpipKey] = set()
        self.with_messages: set[SpipKey] = set()
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for kind, number in self.objects:
            numbers[kind].append(number)
        for kind in numbers:
            self._read(kind, numbers[kind])

    def _read(self, kind: str, numbers: list[int]) -> None:
        marks = f"({', '.join('?' * len(numbers))})"

        def rows(select: str) -> Iterable[sqlite3.Row]:
            return self._db.execute(select.format(marks), (kind, *numbers))

        for row in rows(_PLANNED):
            self.planned[kind, row["number"], row["language"]] = row
            self.versions[kind, row["number"]] += 1
        for of, number in rows(_AUTHORS):
            self.authors[kind, of].append(number)
        for of, number, group in rows(_KEYWORDS):
            self.keywords[kind, of].append((number, group or "mots"))
        for of, path in rows(_PATHS):
            self.paths[kind, of].append(path)
        self.with_documents.update((kind, of) for (of,) in rows(_WITH_DOCUMENTS))
        self.with_messages.update((kind, of) for (of,) in rows(_WITH_MESSAGES))
