"""A glossary: entries come in; the search for their terms, their definitions and an extension of the parser go out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from os import PathLike

from msgspec import DecodeError, json

from spipconv.diagnostics import Diagnostic
from spipconv.glossary.definitions import define
from spipconv.glossary.entries import BadGlossary, GlossaryEntry, check_entry, identifiers_of, read_entries
from spipconv.glossary.folding import compare_exactly
from spipconv.glossary.search import Form, Search
from spipconv.nodes import Definition, Document, Term, walk

# Pages of a site share its definitions: how many are kept.
_MOST_KEPT = 4096


class Glossary:
    """The terms of a site, which ``mark_terms`` finds in its texts.

    ``first_only``: only the first occurrence of each term on a page is marked, whatever its form; else every one.
    ``headings``: also terms in headings and in the heads of tables. ``comments``: also terms in the texts of strangers
    (``profile="comment"``). Raises BadGlossary, which names the entry and the field.
    """

    def __init__(
        self,
        entries: Iterable[GlossaryEntry],
        *,
        first_only: bool = True,
        headings: bool = False,
        comments: bool = False,
    ) -> None:
        self.entries = tuple([check_entry(number, entry) for number, entry in enumerate(entries, 1)])
        self.first_only, self.headings, self.comments = first_only, headings, comments
        self.identifiers = identifiers_of(self.entries)
        self._languages = {entry.language for entry in self.entries} - {""}
        self._search = lru_cache(64)(self._make_search)
        self._define = lru_cache(_MOST_KEPT)(self._make_definition)

    @classmethod
    def read(
        cls, path: str | PathLike[str], *, first_only: bool = True, headings: bool = False, comments: bool = False
    ) -> Glossary:
        """Return the glossary of a JSON file, a list of objects: ``[{"forms": ["ESS"], "definition": "…"}, …]``.

        The fields are those of ``GlossaryEntry``. Raises BadGlossary, which names the file, the entry and the field.
        """
        try:
            with open(path, "rb") as file:
                data = json.decode(file.read())
        except OSError as error:
            raise BadGlossary(f"{path}: {error.strerror or error}") from error
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadGlossary(f"{path}: not JSON in UTF-8: {error}") from error
        try:
            return cls(read_entries(data), first_only=first_only, headings=headings, comments=comments)
        except BadGlossary as error:
            raise BadGlossary(f"{path}: {error}") from None

    def __reduce__(self) -> tuple[Callable[..., Glossary], tuple[object, ...]]:
        return _restore, (self.entries, self.first_only, self.headings, self.comments)

    @property
    def digest(self) -> str:
        """A fingerprint of the glossary, another one for other marks or definitions."""
        return sha256(repr((self.entries, self.first_only, self.headings, self.comments)).encode()).hexdigest()

    def search(self, language: str) -> Search:
        """Return the search for the terms of texts in a language."""
        # A glossary in one language is searched by one object, whatever the texts.
        return self._search(language if self._languages else "")

    def definition(self, term: int, language: str) -> Definition:
        """Return the definition of the entry with that index, for a page in a language."""
        return self._define(term, language)

    def find_term(self, address: str) -> frozenset[int]:
        """Return the indexes of the entries with that address or identifier."""
        if not address:
            return frozenset()
        return frozenset(
            index
            for index, (entry, identifier) in enumerate(zip(self.entries, self.identifiers, strict=True))
            if address in (entry.address, identifier)
        )

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the glossary itself has to say: forms that an earlier entry has too, and expressions that are not run.

        They have no place in a text (line 0); their details name the term.
        """
        found = [
            Diagnostic("glossary-pattern-left", 0, 0, pattern)
            for entry in self.entries
            for pattern in entry.patterns_left
        ]
        languages = sorted(self._languages) or [""]
        shadowed = dict.fromkeys(form.text for language in languages for form in self.search(language).shadowed)
        return (*found, *[Diagnostic("glossary-shadowed", 0, 0, form) for form in shadowed])

    def unused(self, documents: Iterable[Document]) -> tuple[Diagnostic, ...]:
        """Return a diagnostic for each entry whose term none of some documents contains."""
        # What follows a low line in an identifier tells it from an id of the text.
        met = {
            node.identifier.partition("_")[0]
            for document in documents
            for nodes in (document.children, *[definition.children for definition in document.definitions])
            for node in walk(nodes)
            if isinstance(node, Term)
        }
        return tuple(
            [
                Diagnostic("glossary-unused", 0, 0, entry.forms[0])
                for entry, identifier in zip(self.entries, self.identifiers, strict=True)
                if entry.forms and identifier not in met
            ]
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


@lru_cache(64)
def _restore(entries: tuple[GlossaryEntry, ...], first_only: bool, headings: bool, comments: bool) -> Glossary:
    """Return a glossary that arrived from another process: one object, however often it arrives."""
    return Glossary(entries, first_only=first_only, headings=headings, comments=comments)
