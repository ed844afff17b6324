"""Entries of a glossary: what a caller or a JSON file says of a term comes in, checked entries go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from spipconv.glossary.folding import fold
from spipconv.glossary.titles import TermTitle, read_definition_title
from spipconv.languages import find_language
from spipconv.nodes import Node
from spipconv.safety import NO_TEXT, safe_address

# Longer forms are sentences, and each word of a text may be compared with each piece of a form.
LONGEST_FORM = 200
_LONGEST_IDENTIFIER = 60
_NOT_PLAIN = re.compile("[^a-z0-9]+")
_FIELDS = (
    "forms", "definition", "short", "address", "identifier", "language", "case_sensitive", "abbreviation",
)  # fmt: skip


class BadGlossary(ValueError):
    """A glossary cannot be used; the message is one line that names the file, the entry and the field."""


class GlossaryEntry(Struct, frozen=True, kw_only=True):
    """A term and what it means.

    ``forms``: the words that are marked, singular and plural, the first one is the title. ``definition``: SPIP markup,
    or nodes. ``short``: the definition in some plain words, by default the beginning of ``definition``; for an
    ``abbreviation``, what it stands for. ``address``: that of a page about the term. ``identifier``: letters, digits
    and hyphens, by default made of the title. ``language``: the term is marked only in texts of that language.
    ``patterns_left``: the regular expressions of its title that are not among ``forms`` (``read_keyword_title``).
    """

    forms: tuple[str, ...]
    definition: str | tuple[Node, ...] = ""
    short: str = ""
    address: str = ""
    identifier: str = ""
    language: str = ""
    case_sensitive: bool = False
    abbreviation: bool = False
    patterns_left: tuple[str, ...] = ()


def entry_of_keyword(title: TermTitle, definition: str, address: str = "") -> GlossaryEntry:
    """Return the entry of a keyword, from its title, its text and the address of its page.

    A title that redirects has its ``target`` looked up by the caller, who gives its address.
    """
    return GlossaryEntry(
        forms=title.forms,
        definition=definition,
        address=address,
        case_sensitive=title.case_sensitive,
        patterns_left=title.patterns_left,
    )


def entry_of_definition(
    title: str,
    definition: str,
    *,
    terms: str = "",
    kind: str = "",
    case: bool = False,
    language: str = "",
    address: str = "",
) -> GlossaryEntry:
    """Return the entry of a definition of Dictionnaires: its titre and texte, its termes, type, casse and lang."""
    abbreviation = kind == "abbr"
    return GlossaryEntry(
        forms=read_definition_title(title, terms, abbreviation=abbreviation),
        definition=definition,
        address=address,
        language=language,
        case_sensitive=case,
        abbreviation=abbreviation,
    )


def read_entries(data: object) -> tuple[GlossaryEntry, ...]:
    """Return the entries of JSON data, a list of objects with the fields of ``GlossaryEntry``. Raises BadGlossary."""
    if not isinstance(data, list):
        raise BadGlossary('expected a list: [{"forms": ["…"], "definition": "…"}, …]')
    return tuple([_read_entry(number, row) for number, row in enumerate(data, 1)])


def _read_entry(number: int, row: object) -> GlossaryEntry:
    if not isinstance(row, Mapping):
        raise BadGlossary(f'entry {number}: expected an object: {{"forms": ["…"], "definition": "…"}}')
    unknown = next((name for name in row if name not in _FIELDS), None)
    if unknown is not None:
        raise BadGlossary(f"entry {number}: {unknown!r} is not a field: choose from {', '.join(_FIELDS)}")
    forms = row.get("forms")
    if not isinstance(forms, list) or not forms or not all(isinstance(form, str) for form in forms):
        raise BadGlossary(f'entry {number}: "forms": expected a list of words')

    def text(name: str) -> str:
        value = row.get(name, "")
        if not isinstance(value, str):
            raise BadGlossary(f'entry {number}: "{name}": expected a string')
        return value

    def flag(name: str) -> bool:
        value = row.get(name, False)
        if not isinstance(value, bool):
            raise BadGlossary(f'entry {number}: "{name}": expected true or false')
        return value

    entry = GlossaryEntry(
        forms=tuple(forms),
        definition=text("definition"),
        short=text("short"),
        address=text("address"),
        identifier=text("identifier"),
        language=text("language"),
        case_sensitive=flag("case_sensitive"),
        abbreviation=flag("abbreviation"),
    )
    return check_entry(number, entry)


def check_entry(number: int, entry: GlossaryEntry) -> GlossaryEntry:
    """Return an entry whose fields can be used. Raises BadGlossary, which names the entry and the field."""

    def refuse(name: str, reason: str) -> BadGlossary:
        title = entry.forms[0] if entry.forms else ""
        return BadGlossary(f'entry {number}{f" ({title[:40]!r})" if title else ""}: "{name}": {reason}')

    if not (entry.forms or entry.patterns_left):
        raise refuse("forms", "expected at least one word")
    for form in entry.forms:
        if not form.strip():
            raise refuse("forms", "a form is empty")
        if len(form) > LONGEST_FORM:
            raise refuse("forms", f"{len(form)} characters in a form: at most {LONGEST_FORM}")
        if NO_TEXT.search(form):
            raise refuse("forms", f"{form!r} has a control character")
    if not (entry.definition or entry.address):
        raise refuse("definition", "a term needs a definition or an address")
    if entry.address and safe_address(entry.address) is None:
        raise refuse("address", f"{entry.address!r}: addresses of this kind are not allowed")
    if entry.identifier and not is_identifier(entry.identifier):
        raise refuse("identifier", f"{entry.identifier!r}: only letters, digits and hyphens, not ref-… nor …-short")
    if not entry.language:
        return entry
    language = find_language(entry.language)
    if language is None:
        raise refuse("language", f"{entry.language!r} is unknown: use a code such as fr, en or pt-BR")
    return replace(entry, language=language)


def is_identifier(text: str) -> bool:
    """Return whether a text can be part of the ids of a term, its definition and its marks, which all differ."""
    plain = text.isascii() and text.replace("-", "").isalnum()
    return plain and not text.startswith("ref-") and not text.endswith("-short")


def identifiers_of(entries: Iterable[GlossaryEntry]) -> tuple[str, ...]:
    """Return the identifiers of entries, all different: those that they name, else made of their titles."""
    entries = tuple(entries)
    taken: set[str] = set()
    for number, entry in enumerate(entries, 1):
        if entry.identifier:
            if entry.identifier in taken:
                raise BadGlossary(f'entry {number}: "identifier": {entry.identifier!r} is that of another entry')
            taken.add(entry.identifier)
    numbers: dict[str, int] = {}
    identifiers: list[str] = []
    for entry in entries:
        if entry.identifier:
            identifiers.append(entry.identifier)
            continue
        plain = _plain(entry.forms[0] if entry.forms else "")
        identifier = plain if is_identifier(plain) else f"term-{plain}-term" if plain else "term"
        base = identifier
        while identifier in taken:
            numbers[base] = numbers.get(base, 1) + 1
            identifier = f"{base}-{numbers[base]}"
        taken.add(identifier)
        identifiers.append(identifier)
    return tuple(identifiers)


def _plain(title: str) -> str:
    """Return the ASCII letters and digits of a title, without accents, joined by hyphens, in lower case."""
    letters = normalize("NFKD", fold(title).text).replace("œ", "oe").replace("æ", "ae")
    ascii_title = letters.encode("ascii", "ignore").decode()
    return _NOT_PLAIN.sub("-", ascii_title)[:_LONGEST_IDENTIFIER].strip("-")
