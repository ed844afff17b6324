"""The glossary of a site: groups of keywords and dictionaries come in; their terms and cleaned titles go out.

Le Couteau suisse reads the title of a keyword as a list of forms, which may be regular expressions; Dictionnaires has
definitions with further forms in a column.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from spipconv.glossary import TermTitle, read_definition_title, read_keyword_title
from spipconv.glossary.entries import LONGEST_FORM
from spipconv.glossary.search import Form, Search
from spipconv.languages import CODES
from spipconv.migration.plan.failures import keep_failing
from spipconv.migration.plan.names import Names
from spipconv.migration.plan.old_addresses import own_addresses
from spipconv.migration.plan.planned_objects import PlannedObjects
from spipconv.migration.plan.redirections import read_redirection
from spipconv.migration.plan.titles import in_language, shown_title, shown_words
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.glossary_settings import USUAL_GROUPS, read_glossary_settings
from spipconv.migration.read.sources import BadSource
from spipconv.migration.report.issues import Issue
from spipconv.objects import sort_number
from spipconv.parsing.parser import languages_of
from spipconv.safety import NO_TEXT

# The place of definitions, and of their dictionary if no group of keywords is there.
PLACE = "glossaire"
# More forms than any term has, and than all terms of any site have; each takes about a kilobyte of memory.
MOST_FORMS = 200
MOST_FORMS_IN_ALL = 50_000
# A longer definition is a text of its own: other pages show its beginning, of as many characters.
LONGEST_DEFINITION = 4000
# The expressions of one title that are reported.
_MOST_REPORTED = 20


class _Term(Struct, frozen=True):
    """A term in one language (empty: in all): a row of the table ``terms``."""

    kind: str
    number: int
    language: str
    forms: tuple[str, ...]
    is_case_sensitive: bool = False
    is_abbreviation: bool = False
    most: int = 1
    address: str = ""


class GlossaryPlan:
    """Plans the glossary of a site. ``groups`` are names of groups of keywords that the caller gives; None: the site
    has no glossary. Raises BadSource for a name that no group has. Definitions whose statut is among ``drafts`` become
    drafts.
    """

    def __init__(
        self, database: WorkingDatabase, planned: PlannedObjects, groups: Sequence[str] | None, drafts: Collection[str]
    ) -> None:
        self._database, self._db, self._planned, self._drafts = database, database.db, planned, drafts
        self._named = groups
        self._settings = read_glossary_settings(database)
        self._groups: set[int] = set()
        self._terms: list[_Term] = []
        # The targets that titles of keywords name, by the number of the keyword.
        self._targets: dict[int, str] = {}
        self._forms_in_all = self._terms_left = 0

    # ---- Groups of keywords ----

    def choose(self) -> Iterator[Issue]:
        """Choose the groups of keywords; yield the issue that names each, in the site's own language."""
        if self._named is None:
            return
        language = self._planned.language
        names: defaultdict[str, list[int]] = defaultdict(list)
        titles: dict[int, str] = {}
        for row in self._db.execute("SELECT id_groupe, titre FROM groupes_mots ORDER BY id_groupe"):
            title = row["titre"]
            titles[row["id_groupe"]] = shown_title(title, language)
            for code in sorted(_languages_of(title)) or [language]:
                names[_fold(shown_title(title, code))].append(row["id_groupe"])
        for name in self._named:
            if _fold(name) not in names:
                choice = ", ".join(titles.values()) or "none"
                raise BadSource(f"--glossary-group: no group of keywords is called {name!r}; there are: {choice}")
        for wanted in (self._named, self._settings.groups, USUAL_GROUPS):
            self._groups = {number for name in wanted for number in names.get(_fold(name), ())}
            if self._groups:
                break
        self._db.executemany("INSERT INTO glossaries VALUES ('groupe', ?)", [(number,) for number in self._groups])
        for number in sorted(self._groups):
            yield Issue("glossary-taken", "groupe", number, detail=titles[number])

    def title_of(self, row: sqlite3.Row) -> tuple[str, list[Issue]]:
        """Return the title of a keyword without what only the glossary needs: further forms, expressions, a target."""
        title, issues = str(row["titre"]), list[Issue]()
        if row["id_groupe"] not in self._groups:
            return title, issues
        _, bare = sort_number(title)
        before = title[: len(title) - len(bare)]
        titles = {
            language: read_keyword_title(in_language(bare, language) if language else bare)
            for language in sorted(_languages_of(bare)) or [""]
        }
        for language, read in titles.items():
            issues += self._add_keyword(row["id_mot"], language, read)
        if "" in titles:
            return before + titles[""].words, issues
        words = "".join([f"[{language}]{read.words}" for language, read in titles.items()])
        return f"{before}<multi>{words}</multi>", issues

    def _add_keyword(self, number: int, language: str, title: TermTitle) -> Iterator[Issue]:
        for pattern in title.patterns_left[:_MOST_REPORTED]:
            yield Issue("glossary-pattern-left", "mot", number, "titre", detail=pattern)
        if title.target:
            self._targets[number] = title.target
        term = _Term("mot", number, language, title.forms, title.case_sensitive, most=self._settings.most_of_keywords)
        yield from self._add_term(term)

    def _add_term(self, term: _Term) -> Iterator[Issue]:
        """Add a term with those of its forms that texts are searched for."""
        shown = [shown_words(form, term.language) for form in term.forms[: MOST_FORMS + 1]]
        good = dict.fromkeys(
            form for form in shown[:MOST_FORMS] if form and len(form) <= LONGEST_FORM and not NO_TEXT.search(form)
        )
        left = [form for form, words in zip(term.forms, shown, strict=False) if words not in good]
        if left:
            number = len(left) + len(term.forms) - len(shown)
            yield Issue("glossary-form-left", term.kind, term.number, "titre", detail=f"{left[0]} ({number})")
        if self._forms_in_all + len(good) > MOST_FORMS_IN_ALL:
            self._terms_left += 1
        elif good:
            self._forms_in_all += len(good)
            self._terms.append(replace(term, forms=tuple(good)))

    # ---- Dictionaries ----

    def plan_dictionaries(self, names: Names) -> Iterator[Issue]:
        """Plan the dictionaries and their definitions."""
        language = self._planned.language
        if not self._db.execute("SELECT 1 FROM definitions UNION ALL SELECT 1 FROM dictionnaires").fetchone():
            return
        rows = self._db.execute("SELECT * FROM dictionnaires ORDER BY statut <> 'actif', id_dictionnaire").fetchall()
        for row in rows:
            number, title, is_active = row["id_dictionnaire"], row["titre"], row["statut"] == "actif"
            path, slug = names.take("dictionnaire", PLACE), PLACE
            if not path:
                title, slug, issues = names.name("dictionnaire", number, title, language, f"/{PLACE}/")
                yield from issues
                path = f"/{PLACE}/{slug}/"
            state = "published" if is_active else "draft"
            self._planned.add("dictionnaire", number, state, title, language, 0, slug, path)
            if is_active and self._named is not None:
                yield Issue("glossary-taken", "dictionnaire", number, detail=shown_title(title, language))
            if not is_active:
                yield Issue("dictionary-inactive", "dictionnaire", number, detail=shown_title(title, language))
        # Of a base with some of its tables, it is not known which dictionaries were active.
        active = {row["id_dictionnaire"] for row in rows if row["statut"] == "actif"} if rows else None
        for row in self._db.execute("SELECT * FROM definitions ORDER BY statut <> 'publie', id_definition").fetchall():
            try:
                issues = list(self._plan_definition(names, row, active))
            except Exception as error:
                issues = [self._planned.fail("definition", row["id_definition"], error)]
            yield from issues

    def _plan_definition(self, names: Names, row: sqlite3.Row, active: set[int] | None) -> Iterator[Issue]:
        number, title, own = row["id_definition"], row["titre"], row["lang"] or self._planned.language
        is_active = active is None or row["id_dictionnaire"] in active
        is_shown = row["statut"] == "publie" and is_active
        if not is_shown and row["statut"] != "publie" and row["statut"] not in self._drafts:
            self._planned.add("definition", number, "hidden", title, own, row["id_trad"], "", "")
            return
        if row["statut"] == "publie" and not is_active:
            yield Issue("definition-inactive", "definition", number)
        title, slug, issues = names.name("definition", number, title, own, f"/{PLACE}/")
        yield from issues
        path = f"/{PLACE}/{slug}/"
        state, address = "published" if is_shown else "draft", self._planned.prefix(own) + path
        self._planned.add("definition", number, state, title, own, row["id_trad"], slug, address)
        languages = sorted(_languages_of(row["titre"]) | _languages_of(row["texte"]) | {own})
        parent = ("home", 0) if active is None else ("dictionnaire", row["id_dictionnaire"])
        for code in languages:
            self._planned.add_page("definition", number, code, path, *parent)
        if is_shown:
            yield from self._add_definition(row, own)

    def _add_definition(self, row: sqlite3.Row, own: str) -> Iterator[Issue]:
        is_abbreviation, settings = row["type"] == "abbr", self._settings
        title = sort_number(row["titre"])[1]
        for language in sorted(_languages_of(title)) or [row["lang"]]:
            words = [in_language(text, language or own) for text in (title, row["termes"])]
            term = _Term(
                "definition", row["id_definition"], language,
                read_definition_title(words[0], words[1], abbreviation=is_abbreviation), bool(row["casse"]),
                is_abbreviation, settings.most_of_abbreviations if is_abbreviation else settings.most_of_definitions,
                row["url_externe"].strip(),
            )  # fmt: skip
            yield from self._add_term(term)

    # ---- Terms ----

    def settle(self) -> Iterator[Issue]:
        """Fill the table ``terms``, and redirect the keywords whose titles say so; the objects are planned.

        Yields the issues.
        """
        if self._named is None:
            return
        addresses: dict[int, str] = {}
        for number in sorted(self._targets):
            try:
                address, problem = self._follow(number)
            except Exception as error:
                address, problem = "", ""
                yield keep_failing(self._database, "mot", number, error, "titre")
            if problem:
                yield Issue(problem, "mot", number, "titre", detail=self._targets[number])
            if address:
                addresses[number] = address
        for number, address in addresses.items():
            self._redirect(number, address)
        if self._terms_left:
            yield Issue("glossary-too-large", detail=str(self._terms_left))
        self._db.executemany(
            "INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    term.kind, term.number, term.language, json.dumps(term.forms), term.is_case_sensitive,
                    term.is_abbreviation, term.most,
                    addresses.get(term.number, "") if term.kind == "mot" else term.address,
                )
                for term in self._terms
            ],
        )  # fmt: skip
        yield from _shadowed(self._terms)
        for row in self._db.execute(
            "SELECT DISTINCT t.kind, t.number, length(coalesce(m.texte, d.texte)) AS size FROM terms t"
            " LEFT JOIN mots m ON t.kind = 'mot' AND m.id_mot = t.number"
            " LEFT JOIN definitions d ON t.kind = 'definition' AND d.id_definition = t.number"
            " WHERE size > ? ORDER BY 1, 2",
            (LONGEST_DEFINITION,),
        ):
            yield Issue("glossary-shortened", row["kind"], row["number"], "texte", detail=f"{row['size']:,}")

    def _follow(self, number: int) -> tuple[str, str]:
        """Return where the chain of targets that begins with a keyword ends, and the code of its issue."""
        own, seen = own_addresses(self._database), set[int]()
        while number not in seen:
            seen.add(number)
            kind, target, address = read_redirection(self._targets[number], own)
            if kind == "mot" and target in self._targets:
                number = target
                continue
            if not kind:
                return (address, "") if address else ("", "address-refused")
            row = self._db.execute(
                "SELECT address, state FROM objects WHERE kind = ? AND number = ?", (kind, target)
            ).fetchone()
            if row is not None and row["state"] in ("published", "redirect") and row["address"]:
                return row["address"], ""
            return "", "link-unpublished" if row else "object-not-found"
        return "", "redirect-endless"

    def _redirect(self, number: int, address: str) -> None:
        """Redirect a keyword, unless its page lists something."""
        if not self._db.execute("SELECT 1 FROM mots_liens WHERE id_mot = ?", (number,)).fetchone():
            self._db.execute(
                "UPDATE objects SET state = 'redirect', address = ? WHERE kind = 'mot' AND number = ?",
                (address, number),
            )


def _shadowed(terms: Sequence[_Term]) -> Iterator[Issue]:
    """Yield the issues of forms that an earlier term has too, for texts in each language."""
    seen: set[tuple[int, str]] = set()
    for language in sorted({term.language for term in terms}):
        search = Search(
            Form(form, index)
            for index, term in enumerate(terms)
            if term.language in ("", language)
            for form in term.forms
        )
        for form in search.shadowed:
            term = terms[form.term]
            if (form.term, form.text) not in seen:
                seen.add((form.term, form.text))
                yield Issue("glossary-shadowed", term.kind, term.number, "titre", detail=form.text)


def _languages_of(text: str) -> frozenset[str]:
    return languages_of(text) & CODES


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()
