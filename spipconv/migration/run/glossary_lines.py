"""What a run says of the glossary as a whole: its terms as lines of JSON, and those that no page has."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from spipconv.converters import html, markdown
from spipconv.migration.pages.content import Content
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.report.issues import Issue
from spipconv.nodes import Document

# The name of the file beside that of the pages.
GLOSSARY_FILE = "glossary.jsonl"


def has_glossary(database: WorkingDatabase) -> bool:
    """Return whether a site has terms."""
    return database.db.execute("SELECT 1 FROM terms LIMIT 1").fetchone() is not None


def glossary_lines(content: Content) -> Iterator[str]:
    """Yield the terms of a site, each as an object of JSON on a line of ASCII.

    ``id`` is what the ``terms`` of pages name; ``language`` is empty for a term that texts in all languages have.
    ``html`` and ``markdown`` are the definition, ``short`` is it in some plain words; all are empty if there is none.
    """
    for term, definition in content.terms():
        body = Document(definition.children, definition.language)
        record = {
            "id": definition.identifier,
            "kind": term.kind,
            "number": term.number,
            "language": term.language,
            "title": definition.forms[0],
            "forms": definition.forms,
            "address": definition.address,
            "is_abbreviation": definition.is_abbreviation,
            "is_case_sensitive": term.is_case_sensitive,
            "short": definition.short,
            "html": html.write(body).body,
            "markdown": markdown.write(body),
        }
        yield json.dumps(record, separators=(",", ":")) + "\n"


def unused_terms(content: Content, used: Collection[str]) -> Iterator[Issue]:
    """Yield the issues of the terms that no page has in any language; ``used`` are the identifiers of all others."""
    met: dict[tuple[str, int], tuple[bool, str]] = {}
    for term, identifier, form in content.glossary.names():
        known, first = met.get((term.kind, term.number), (False, form))
        met[term.kind, term.number] = known or identifier in used, first
    for (kind, number), (is_used, form) in met.items():
        if not is_used:
            yield Issue("glossary-unused", kind, number, "titre", detail=form)
