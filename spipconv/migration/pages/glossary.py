"""The glossary of a site: the terms of the plan come in; marked texts, definitions and the list of all terms go out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from spipconv.glossary import GlossaryEntry, mark_page
from spipconv.glossary.definitions import define
from spipconv.glossary.terms import Terms
from spipconv.languages import find_language
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.glossary import LONGEST_DEFINITION
from spipconv.migration.plan.titles import in_language, shown_title
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.errors import stops_the_run
from spipconv.nodes import (
    Anchor,
    Definition,
    Directive,
    Document,
    Element,
    Heading,
    Link,
    Node,
    Note,
    Paragraph,
    Strong,
    Text,
)
from spipconv.parsing.parser import languages_of
from spipconv.safety import safe_address
from spipconv.trees import transform

# Definitions that pages share: how many are kept, and the characters of the longest; each takes seventy times as much.
_MOST_KEPT = 2048
_LONGEST_KEPT = 1000
# The characters of all definitions on the page that lists them; further ones are cut to their first words.
_LONGEST_LIST = 500_000
_SHORT = 200
_SHOWN = "o.state IN ('published', 'redirect')"
_TERMS = (
    "SELECT t.*, o.address AS own, o.slug, coalesce(m.lang, d.lang) AS written,"
    " trim(coalesce(m.texte, d.texte)) || trim(coalesce(m.descriptif, '')) <> '' AS has_text,"
    " length(coalesce(m.texte, d.texte)) + length(coalesce(m.descriptif, '')) AS size"
    " FROM terms t JOIN objects o ON o.kind = t.kind AND o.number = t.number"
    " LEFT JOIN mots m ON t.kind = 'mot' AND m.id_mot = t.number"
    " LEFT JOIN definitions d ON t.kind = 'definition' AND d.id_definition = t.number"
    f" WHERE {_SHOWN} ORDER BY t.kind = 'definition', t.number, t.language"
)
_MEMBERS = {
    "groupe": "SELECT o.* FROM mots m JOIN objects o ON o.kind = 'mot' AND o.number = m.id_mot WHERE m.id_groupe = ?"
    f" AND {_SHOWN}",
    "dictionnaire": "SELECT o.* FROM definitions d JOIN objects o ON o.kind = 'definition' AND o.number ="
    f" d.id_definition WHERE d.id_dictionnaire = ? AND {_SHOWN} AND EXISTS (SELECT 1 FROM pages p WHERE p.kind ="
    " 'definition' AND p.number = o.number AND p.language = :language)",
}
# Reads a text of the site in a language.
ReadNodes = Callable[[str, str], tuple[Node, ...]]


class SiteTerm(Struct, frozen=True):
    """A term of a site in a language (empty: in all), in texts of which it is looked for."""

    kind: str
    number: int
    language: str
    is_case_sensitive: bool


class SiteGlossary:
    """The glossary of a site, as the page that is being made shows it. ``language`` is the site's own.

    ``failures`` are the terms whose definitions an internal error stopped, since ``mark`` was called last.
    """

    def __init__(self, database: WorkingDatabase, objects: SiteObjects, language: str) -> None:
        self._db, self._objects, self._language = database.db, objects, language
        # Set by the owner, who needs the glossary first.
        self.read: ReadNodes = lambda text, code: ()
        self.failures: dict[tuple[str, int], Exception] = {}
        self._rows = self._db.execute(_TERMS).fetchall()
        self._groups = {tuple(row) for row in self._db.execute("SELECT kind, number FROM glossaries")}
        self._terms: _SiteTerms | None = None

    def __bool__(self) -> bool:
        return bool(self._rows)

    @property
    def is_draft(self) -> bool:
        """Whether visitors cannot see the page that is being made."""
        return self._objects.is_draft

    def mark(self, documents: Sequence[Document], address: str) -> tuple[tuple[Document, ...], tuple[str, ...]]:
        """Return the texts of the page at an address with their terms marked, and the identifiers of these terms.

        The last text has the definitions.
        """
        self.failures.clear()
        return self._site_terms().mark(documents, address)

    def _site_terms(self) -> _SiteTerms:
        if self._terms is None:
            self._terms = _SiteTerms(self, self._rows)
        return self._terms

    def names(self) -> Iterator[tuple[SiteTerm, str, str]]:
        """Yield all terms, each with its identifier and its first form."""
        terms = self._site_terms()
        for row, identifier, entry in zip(self._rows, terms.identifiers, terms.entries, strict=True):
            yield _site_term(row), identifier, entry.forms[0]

    def definitions(self) -> Iterator[tuple[SiteTerm, Definition]]:
        """Yield all terms with their definitions, as a page in their language or, by default, the site's shows them."""
        terms = self._site_terms()
        for index, row in enumerate(self._rows):
            self._objects.language = row["language"] or self._language
            definition = terms.definition(index, self._objects.language)
            yield _site_term(row), definition if row["has_text"] else replace(definition, children=(), short="")

    def forms(self, kind: str, number: int, language: str) -> tuple[str, ...]:
        """Return the forms of a term in a language, none if there is only its title."""
        row = self._db.execute(
            "SELECT forms FROM terms WHERE kind = ? AND number = ? AND language IN ('', ?)", (kind, number, language)
        ).fetchone()
        forms = tuple(json.loads(row["forms"])) if row else ()
        return forms if len(forms) > 1 else ()

    def has_list(self, kind: str, number: int) -> bool:
        """Return whether the page of a group or a dictionary lists its terms with their definitions."""
        return kind == "dictionnaire" or (kind, number) in self._groups

    def list_of(self, kind: str, number: int, language: str) -> Node | None:
        """Return the terms of a group or a dictionary, with their definitions, as a list in a language."""
        rows = self._db.execute(_MEMBERS[kind].replace("?", ":number"), {"number": number, "language": language})
        members = sorted(
            [(row["weight"] == 0, row["weight"], row["slug"], row["number"], title, row["kind"])
             for row in rows if (title := shown_title(row["title"], language))]
        )  # fmt: skip
        items: list[Node] = []
        room = _LONGEST_LIST
        for _, _, slug, member, title, its_kind in members:
            text = self.text_of(its_kind, member, language)
            text = text if len(text) <= room else text[:_SHORT]
            room -= len(text)
            address = self._objects.address_of(its_kind, member) or ""
            words: tuple[Node, ...] = (Text(title),)
            linked = (Link(address, words, kind="internal"),) if address else words
            items.append(Element("dt", (("id", f"term-{slug}"),) if slug else (), (Element("dfn", (), linked),)))
            items.append(Element("dd", (), self._nodes(its_kind, member, text, language)))
        return Element("dl", (("class", "glossary-list"),), tuple(items)) if items else None

    def text_of(self, kind: str, number: int, language: str) -> str:
        """Return the source of a definition in a language: its beginning if it is too long for other pages."""
        if kind == "mot":
            row = self._db.execute("SELECT texte, descriptif FROM mots WHERE id_mot = ?", (number,)).fetchone()
        else:
            row = self._db.execute(
                "SELECT texte, '' AS descriptif FROM definitions WHERE id_definition = ?", (number,)
            ).fetchone()
        text = str(row["texte"]) if row["texte"].strip() else str(row["descriptif"])
        if len(text) <= LONGEST_DEFINITION:
            return text
        text = in_language(text, language)[: LONGEST_DEFINITION + 1]
        if len(text) <= LONGEST_DEFINITION:
            return text
        start = text[:LONGEST_DEFINITION]
        # A paragraph is cut only if it is the first one.
        return (start.rpartition("\n\n")[0] or start.rpartition(" ")[0] or start) + "\n\n(…)"

    def define(self, entry: GlossaryEntry, identifier: str, row: sqlite3.Row, language: str) -> Definition:
        """Return the definition of a term on a page in a language; its title alone if an internal error stops it."""
        kind, number = row["kind"], row["number"]
        text = self.text_of(kind, number, language)
        # It is in the site's language, or in that of its object, unless it says otherwise.
        written = language if languages_of(text) else (row["written"] or self._language)
        nodes = self._nodes(kind, number, text, written)
        address = self.address_of(row)
        return define(replace(entry, definition=nodes, language=written, address=address), identifier, language)

    def address_of(self, row: sqlite3.Row) -> str:
        """Return the address to which the marks of a term lead."""
        named = safe_address(row["address"]) if row["address"] else None
        return named or self._objects.address_of(row["kind"], row["number"]) or row["own"]

    def _nodes(self, kind: str, number: int, text: str, language: str) -> tuple[Node, ...]:
        try:
            return transform(self.read(text, language), _fit)
        except Exception as error:
            if stops_the_run(error):
                raise
            self.failures[kind, number] = error
            return (Paragraph((Text(" ".join(text[:_SHORT].split())),)),)


class _SiteTerms(Terms):
    """The terms of a site, of which some things depend on the page."""

    def __init__(self, owner: SiteGlossary, rows: Sequence[sqlite3.Row]) -> None:
        super().__init__([_entry(row) for row in rows], first_only=True, headings=False, comments=False)
        self._owner, self._site_rows = owner, rows
        # The terms that the page has.
        self._used: set[int] = set()
        self._definitions = lru_cache(_MOST_KEPT)(self._read_definition)
        self._by_address: dict[str, set[int]] = {}
        for index, row in enumerate(rows):
            self._by_address.setdefault(row["address"] or row["own"], set()).add(index)

    def mark(self, documents: Sequence[Document], address: str) -> tuple[tuple[Document, ...], tuple[str, ...]]:
        self._used.clear()
        marked = mark_page(documents, self, address=address)
        return marked, tuple([self.identifiers[index] for index in sorted(self._used)])

    def find_term(self, address: str) -> frozenset[int]:
        return frozenset(self._by_address.get(address, ()))

    def limit(self, term: int) -> int:
        return int(self._site_rows[term]["most"])

    def address(self, term: int) -> str:
        self._used.add(term)
        return self._owner.address_of(self._site_rows[term])

    def definition(self, term: int, language: str) -> Definition:
        read = self._definitions if self._site_rows[term]["size"] <= _LONGEST_KEPT else self._read_definition
        return read(term, language, self._owner.is_draft)

    def _read_definition(self, term: int, language: str, is_draft: bool) -> Definition:
        entry, identifier = self.entries[term], self.identifiers[term]
        return self._owner.define(entry, identifier, self._site_rows[term], language)


def _site_term(row: sqlite3.Row) -> SiteTerm:
    return SiteTerm(row["kind"], row["number"], row["language"], bool(row["is_case_sensitive"]))


def _entry(row: sqlite3.Row) -> GlossaryEntry:
    """Return the entry of a term; its definition is read when a page needs it."""
    return GlossaryEntry(
        forms=tuple(json.loads(row["forms"])),
        definition=row["kind"] if row["has_text"] else "",
        address=row["own"],
        language=find_language(row["language"]) or "" if row["language"] else "",
        case_sensitive=bool(row["is_case_sensitive"]),
        abbreviation=bool(row["is_abbreviation"]),
    )


def _fit(node: Node) -> Node | tuple[Node, ...] | None:
    """Return what a definition shows on other pages: no headings among theirs, no notes, and no ids of its own."""
    match node:
        case Anchor() | Directive() | Note():
            return ()
        case Heading():
            return Paragraph((Strong(node.children),))
        case Element() if any(name in ("id", "name") for name, _ in node.attributes):
            return replace(node, attributes=tuple([pair for pair in node.attributes if pair[0] not in ("id", "name")]))
    return None
