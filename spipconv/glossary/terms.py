"""The terms of a glossary: entries come in; the search for them and their definitions go out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from spipconv.glossary.definitions import define
from spipconv.glossary.entries import GlossaryEntry, check_entry, identifiers_of
from spipconv.glossary.folding import compare_exactly
from spipconv.glossary.search import Form, Search
from spipconv.nodes import Definition

# Pages of a site share its definitions: how many are kept.
_MOST_KEPT = 4096


class Terms:
    """The terms of a site; ``Glossary`` says what the arguments are."""

    def __init__(self, entries: Iterable[GlossaryEntry], *, first_only: bool, headings: bool, comments: bool) -> None:
        self.entries = tuple([check_entry(number, entry) for number, entry in enumerate(entries, 1)])
        self.first_only, self.headings, self.comments = first_only, headings, comments
        self.identifiers = identifiers_of(self.entries)
        self.languages = {entry.language for entry in self.entries} - {""}
        self._search = lru_cache(64)(self._make_search)
        self._define = lru_cache(_MOST_KEPT)(self._make_definition)

    def search(self, language: str) -> Search:
        """Return the search for the terms of texts in a language."""
        # A glossary in one language is searched by one object, whatever the texts.
        return self._search(language if self.languages else "")

    def definition(self, term: int, language: str) -> Definition:
        """Return the definition of the entry with that index, for a page in a language."""
        return self._define(term, language)

    def limit(self, term: int) -> int:
        """Return how many occurrences of the entry with that index are marked on a page; 0: all."""
        return 1 if self.first_only else 0

    def address(self, term: int) -> str:
        """Return the address to which a mark of the entry with that index leads, if it has one."""
        return self.entries[term].address

    def find_term(self, address: str) -> frozenset[int]:
        """Return the indexes of the entries with that address or identifier."""
        if not address:
            return frozenset()
        return frozenset(
            index
            for index, (entry, identifier) in enumerate(zip(self.entries, self.identifiers, strict=True))
            if address in (entry.address, identifier)
        )

    def _make_search(self, language: str) -> Search:
        return Search(
            [
                Form(form, index, compare_exactly(form) if entry.case_sensitive else "")
                for index, entry in enumerate(self.entries)
                if entry.language in ("", language, language.partition("_")[0])
                for form in entry.forms
            ]
        )

    def _make_definition(self, term: int, language: str) -> Definition:
        return define(self.entries[term], self.identifiers[term], language)
