"""A glossary: entries come in; the search for their terms, their definitions and an extension of the parser go out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from os import PathLike

from msgspec import DecodeError, Struct, json

from spipconv.diagnostics import Diagnostic
from spipconv.extensions import Extension
from spipconv.glossary.entries import BadGlossary, GlossaryEntry, read_entries
from spipconv.glossary.marking import mark_terms
from spipconv.glossary.terms import Terms
from spipconv.nodes import Document, Term, walk
from spipconv.plugins import glossaire


class Glossary(Terms):
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
        super().__init__(entries, first_only=first_only, headings=headings, comments=comments)
        self._extension = lru_cache(64)(self._make_extension)

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
            return cls.from_data(data, first_only=first_only, headings=headings, comments=comments)
        except BadGlossary as error:
            raise BadGlossary(f"{path}: {error}") from None

    @classmethod
    def from_data(
        cls, data: object, *, first_only: bool = True, headings: bool = False, comments: bool = False
    ) -> Glossary:
        """Return the glossary of JSON data that was decoded, as ``read`` expects it in a file. Raises BadGlossary."""
        return cls(read_entries(data), first_only=first_only, headings=headings, comments=comments)

    def extension(self, address: str = "") -> Extension:
        """Return the extension that marks the terms of texts while they are parsed, and reads ``[!glossaire]``.

        ``address`` is that of the page on which the texts stand, as for ``mark_terms``.
        """
        return self._extension(address)

    def __reduce__(self) -> tuple[Callable[..., Glossary], tuple[object, ...]]:
        return _restore, (self.entries, self.first_only, self.headings, self.comments)

    @property
    def digest(self) -> str:
        """A fingerprint of the glossary, another one for other marks or definitions."""
        return sha256(repr((self.entries, self.first_only, self.headings, self.comments)).encode()).hexdigest()

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
        languages = sorted(self.languages) or [""]
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

    def _make_extension(self, address: str) -> Extension:
        return Extension(
            name="glossary",
            title="Glossary",
            version=self.digest,
            shortcuts=glossaire.EXTENSION.shortcuts,
            transform=_Marking(self, address),
        )


class _Marking(Struct, frozen=True):
    """Marks the terms of documents; in every process that has the same glossary, it is equal."""

    glossary: Glossary
    address: str

    def __call__(self, document: Document) -> Document:
        return mark_terms(document, self.glossary, address=self.address)


def find_glossary(extensions: Iterable[Extension]) -> Glossary | None:
    """Return the glossary whose extension is among some extensions, None if none is."""
    markings = (extension.transform for extension in extensions)
    return next((marking.glossary for marking in markings if isinstance(marking, _Marking)), None)


@lru_cache(64)
def _restore(entries: tuple[GlossaryEntry, ...], first_only: bool, headings: bool, comments: bool) -> Glossary:
    """Return a glossary that arrived from another process: one object, however often it arrives."""
    return Glossary(entries, first_only=first_only, headings=headings, comments=comments)
