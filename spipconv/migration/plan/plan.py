"""The first pass over a site: what becomes of every object, where its pages will be, and in which languages.

Addresses come from sections and titles alone, so that the same site has the same addresses from every base. The
second pass (content.py) only looks them up.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from spipconv.languages import CODES
from spipconv.migration.kinds import OBJECT_KINDS, TEXTS, ObjectKind
from spipconv.migration.plan.old_addresses import read_old_address
from spipconv.migration.plan.titles import slug_of, title_of
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.raw_texts import raw_path, raw_text, written_out
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.migration.target import FRONT_MATTER
from spipconv.objects import KINDS as SHORTCUTS
from spipconv.objects import sort_number
from spipconv.parsing.parser import languages_of
from spipconv.safety import safe_address

AUTHORS = "auteurs"
# Sections in each other: their names make a path, and no system takes one without end.
MOST_SECTION_LEVELS = 30
_SHORTCUT = re.compile(r"\s*(?:\[.*)?->\s*([^\]]*?)\s*\]?\s*\Z", re.DOTALL)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:_[A-Za-z0-9]{1,8}){0,3}")
_OBJECT = re.compile(r"([a-zè]*)\s*([0-9]{1,18})")
_DRAFTS = frozenset({"prepa", "prop"})
_ARTICLE_WORDS = "(titre || surtitre || soustitre || descriptif || chapo || texte || ps)"
# Names at the top that the targets keep for themselves.
_RESERVED = frozenset({"img", "page", "pages", "posts", "tags", "categories", "assets", "static", "index", AUTHORS})


class _Section(Struct):
    """A section while the plan is made."""

    number: int
    parent: int
    title: str
    language: str
    slug: str = ""
    path: str = ""
    is_visible: bool = False
    is_restricted: bool = False
    languages: set[str] = set()


def language_tag(code: str) -> str:
    """Return a SPIP language code as the web writes it: ``pt_br`` is ``pt-br``."""
    return code.replace("_", "-")


def read_date(text: str) -> datetime | None:
    """Return a date of SPIP; None for ``0000-00-00`` and other dates that are none."""
    try:
        return datetime.fromisoformat(text.strip("'")) if text[:4] > "0000" else None
    except ValueError:
        return None


class Plan:
    """Makes the plan of one site in its working base. ``now`` parts what is published from what is to come."""

    def __init__(self, database: WorkingDatabase, now: datetime) -> None:
        self._database, self._now = database, now
        self._db = database.db
        self.language = "fr"
        self._sections: dict[int, _Section] = {}
        self._db.execute("CREATE TABLE names (space TEXT, name TEXT, PRIMARY KEY (space, name)) WITHOUT ROWID")

    def make(self) -> Iterator[Issue]:
        """Fill the tables ``objects`` and ``pages``; yield what had to be decided."""
        yield from self._index()
        yield from self._check_languages()
        self.language = self._database.meta("langue_site", self.language)
        yield from self._plan_sections()
        yield from self._plan_keywords()
        yield from self._plan_authors()
        yield from self._plan_articles()
        yield from self._plan_briefs()
        yield from self._plan_sites()
        self._show_sections()
        yield from self._plan_redirections()
        yield from self._add_lists()
        self._db.commit()

    def _index(self) -> Iterator[Issue]:
        for kind in OBJECT_KINDS.values():
            yield from self._drop_repeated(kind)
            self._db.execute(f"CREATE UNIQUE INDEX {kind.table}_key ON {kind.table} ({kind.key})")
        for links in ("auteurs_liens", "mots_liens", "documents_liens"):
            self._db.execute(f"CREATE INDEX {links}_of ON {links} (objet, id_objet)")
        self._db.execute("CREATE INDEX auteurs_to ON auteurs_liens (id_auteur, objet, id_objet)")
        self._db.execute("CREATE INDEX mots_to ON mots_liens (id_mot, objet, id_objet)")
        self._db.execute("CREATE INDEX mots_in ON mots (id_groupe)")
        self._db.execute("CREATE INDEX forum_of ON forum (objet, id_objet)")
        self._db.execute("CREATE INDEX translations ON objects (translation_of, kind) WHERE translation_of > 0")
        self._db.execute("CREATE INDEX below ON pages (parent_kind, parent_number, language)")

    def _drop_repeated(self, kind: ObjectKind) -> Iterator[Issue]:
        """Keep the last of several rows of one number, which would be pages at one address."""
        table, key = kind.table, kind.key
        numbers = self._db.execute(f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1").fetchall()
        for (number,) in numbers:
            rows = self._db.execute(
                f"SELECT rowid AS place, * FROM {table} WHERE {key} = ? ORDER BY rowid DESC", (number,)
            )
            last = next(rows)
            for row in rows:
                # The same row again is none that is lost.
                if tuple(row)[1:] != tuple(last)[1:]:
                    self._database.keep(
                        raw_path(kind.name, number), written_out({name: row[name] for name in kind.texts})
                    )
                    yield Issue("row-repeated", kind.name, number)
        if numbers:
            self._db.execute(f"DELETE FROM {table} WHERE rowid NOT IN (SELECT max(rowid) FROM {table} GROUP BY {key})")

    def _check_languages(self) -> Iterator[Issue]:
        """Put codes of languages in SPIP's form, and clear what is none: they become parts of addresses and paths."""
        for table, column, where in (
            ("meta", "valeur", "WHERE nom = 'langue_site'"),
            *((kind.table, kind.language, "") for kind in OBJECT_KINDS.values() if kind.language),
        ):
            for (code,) in self._db.execute(f"SELECT DISTINCT {column} FROM {table} {where}").fetchall():
                form = code.strip().replace("-", "_")
                form = form.lower() if _LANGUAGE.fullmatch(form) else ""
                is_refused = bool(code) and not form
                if table == "meta":
                    form = form or self.language
                if form == code:
                    continue
                condition = f"{where} AND" if where else "WHERE"
                self._db.execute(f"UPDATE {table} SET {column} = ? {condition} {column} = ?", (form, code))
                if is_refused:
                    yield Issue("language-refused", detail=f"{table}.{column}: {code}")

    # ---- Sections ----

    def _plan_sections(self) -> Iterator[Issue]:
        for row in self._db.execute("SELECT * FROM rubriques ORDER BY id_rubrique"):
            language, issues = self._languages(
                "rubrique", row["id_rubrique"], row["lang"], row["titre"], row["descriptif"], row["texte"]
            )
            yield from issues
            one = _Section(row["id_rubrique"], row["id_parent"], row["titre"], language[0], languages=set(language))
            one.is_visible = row["statut"] == "publie"
            self._sections[one.number] = one
        restricted = self._db.execute(
            "SELECT DISTINCT id_objet FROM zones_liens LEFT JOIN zones USING (id_zone) WHERE objet = 'rubrique'"
            " AND ifnull(publique, '') <> 'non' ORDER BY id_objet"
        )
        for (number,) in restricted.fetchall():
            if number in self._sections:
                self._sections[number].is_restricted = True
                yield Issue("access-restricted", "rubrique", number)
        for one in self._sections.values():
            chain = self._chain(one.number)
            if len(chain) > MOST_SECTION_LEVELS:
                yield Issue("section-deep", "rubrique", one.number, detail=str(one.parent))
                one.parent = 0
                continue
            if self._sections[chain[0]].parent:
                top = self._sections[chain[0]]
                code = "section-endless" if top.parent in self._sections else "section-missing"
                yield Issue(code, "rubrique", top.number, detail=str(top.parent))
                top.parent = 0
        for one in sorted(self._sections.values(), key=lambda one: (len(self._chain(one.number)), one.number)):
            above = self._sections[one.parent].path if one.parent else "/"
            one.title, one.slug, issues = self._named("rubrique", one.number, one.title, one.language, above)
            one.path = f"{above}{one.slug}/"
            yield from issues
            for above_it in self._chain(one.number):
                self._sections[above_it].languages |= one.languages
            address = self._prefix(one.language) + one.path
            self._add_object("rubrique", one.number, "draft", one.title, one.language, 0, one.slug, address)

    def _chain(self, number: int) -> list[int]:
        """Return a section's number behind those above it; a circle is cut where it closes."""
        chain: dict[int, None] = {}
        while number in self._sections and number not in chain and len(chain) <= MOST_SECTION_LEVELS:
            chain[number] = None
            number = self._sections[number].parent
        return [*chain][::-1]

    # ---- What stands in sections ----

    def _plan_articles(self) -> Iterator[Issue]:
        shows_future = self._database.meta("post_dates") == "oui"
        rows = self._db.execute(
            f"SELECT id_article, titre, statut, date, lang, id_rubrique, id_trad, virtuel, CASE WHEN {_ARTICLE_WORDS}"
            f" LIKE '%<multi>%' THEN {_ARTICLE_WORDS} ELSE '' END AS words FROM articles"
            " ORDER BY statut <> 'publie', id_article"
        )

        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            date = read_date(row["date"])
            if row["statut"] == "publie":
                is_future = date is not None and date > self._now and not shows_future
                state = "redirect" if row["virtuel"] else "future" if is_future else "published"
            else:
                state = "draft" if row["statut"] in _DRAFTS and not row["virtuel"] else "hidden"
            return self._plan_text(
                "article", row["id_article"], state, row["titre"], row["lang"], row["id_trad"], row["id_rubrique"],
                (row["words"],),
            )  # fmt: skip

        yield from self._each("article", rows, plan)

    def _plan_briefs(self) -> Iterator[Issue]:
        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            fields = (row["titre"], row["texte"])
            return self._plan_text(
                "breve", row["id_breve"], _state(row["statut"]), row["titre"], row["lang"], 0, row["id_rubrique"],
                fields,
            )  # fmt: skip

        rows = self._db.execute("SELECT * FROM breves ORDER BY statut <> 'publie', id_breve")
        yield from self._each("breve", rows, plan)

    def _plan_sites(self) -> Iterator[Issue]:
        def plan(row: sqlite3.Row) -> Iterator[Issue]:
            fields = (row["nom_site"], row["descriptif"])
            return self._plan_text(
                "site", row["id_syndic"], _state(row["statut"]), row["nom_site"], "", 0, row["id_rubrique"], fields
            )

        rows = self._db.execute("SELECT * FROM syndic ORDER BY statut <> 'publie', id_syndic")
        yield from self._each("site", rows, plan)

    def _plan_text(
        self, kind: str, number: int, state: str, title: str, lang: str, translation_of: int, section: int,
        fields: tuple[str, ...],
    ) -> Iterator[Issue]:  # fmt: skip
        above = self._sections.get(section)
        languages, issues = self._languages(kind, number, lang or (above.language if above else ""), *fields)
        yield from issues
        if state in ("published", "future") and any(self._sections[one].is_restricted for one in self._chain(section)):
            state = "draft"
        slug = address = ""
        if state not in ("hidden", "redirect"):
            path = above.path if above else "/"
            title, slug, issues = self._named(kind, number, title, languages[0], path)
            yield from issues
            if section and not above:
                yield Issue("section-missing", kind, number, detail=str(section), page=f"/{slug}/")
            address = f"{path}{slug}/"
            for language in languages:
                self._add_page(kind, number, language, address, "rubrique", section if above else 0)
            for one in self._chain(section):
                self._sections[one].languages |= set(languages)
                self._sections[one].is_visible |= state == "published"
        self._add_object(
            kind, number, state, title, languages[0], translation_of, slug, self._prefix(languages[0]) + address
            if address else "",
        )  # fmt: skip

    # ---- Keywords and authors ----

    def _plan_keywords(self) -> Iterator[Issue]:
        for row in self._db.execute("SELECT * FROM groupes_mots ORDER BY id_groupe").fetchall():
            title, slug, issues = self._named("groupe", row["id_groupe"], row["titre"], self.language, "/")
            yield from issues
            self._add_object("groupe", row["id_groupe"], "published", title, self.language, 0, slug, f"/{slug}/")
        for row in self._db.execute("SELECT * FROM mots ORDER BY id_mot").fetchall():
            group = self._db.execute(
                "SELECT address FROM objects WHERE kind = 'groupe' AND number = ?", (row["id_groupe"],)
            ).fetchone()
            above = group["address"] if group else "/mots/"
            title, slug, issues = self._named("mot", row["id_mot"], row["titre"], self.language, above)
            yield from issues
            self._add_object("mot", row["id_mot"], "published", title, self.language, 0, slug, f"{above}{slug}/")

    def _plan_authors(self) -> Iterator[Issue]:
        rows = self._db.execute(
            "SELECT a.*, max(r.statut = 'publie') AS is_visible FROM auteurs a JOIN auteurs_liens l"
            " ON l.id_auteur = a.id_auteur AND l.objet = 'article' JOIN articles r ON r.id_article = l.id_objet"
            " AND r.statut IN ('publie', 'prop', 'prepa') GROUP BY a.id_auteur ORDER BY a.id_auteur"
        ).fetchall()
        for row in rows:
            title, slug, issues = self._named("auteur", row["id_auteur"], row["nom"], self.language, f"/{AUTHORS}/")
            yield from issues
            state = "published" if row["is_visible"] else "draft"
            self._add_object("auteur", row["id_auteur"], state, title, self.language, 0, slug, f"/{AUTHORS}/{slug}/")

    def _show_sections(self) -> None:
        """Publish the sections that SPIP calls published, and those that hold something published."""
        visible = [
            (one.number,)
            for one in self._sections.values()
            if one.is_visible and not any(self._sections[above].is_restricted for above in self._chain(one.number))
        ]
        self._db.executemany("UPDATE objects SET state = 'published' WHERE kind = 'rubrique' AND number = ?", visible)

    # ---- Redirections ----

    def _plan_redirections(self) -> Iterator[Issue]:
        targets = {
            row["id_article"]: row["virtuel"]
            for row in self._db.execute(
                "SELECT id_article, virtuel FROM articles WHERE statut = 'publie' AND virtuel <> ''"
            )
        }
        own = own_addresses(self._database)
        ends: dict[int, tuple[str, str]] = {}
        for number in sorted(targets):
            try:
                address, problem = self._follow(number, targets, own, ends)
            except Exception as error:
                ends[number] = address, problem = "", ""
                yield self._fail("article", number, error, "virtuel")
            if problem:
                yield Issue(problem, "article", number, "virtuel", detail=targets[number])
            self._db.execute("UPDATE objects SET address = ? WHERE kind = 'article' AND number = ?", (address, number))

    def _follow(
        self, number: int, targets: Mapping[int, str], own: tuple[str, ...], ends: dict[int, tuple[str, str]]
    ) -> tuple[str, str]:
        """Return where a redirection ends, and the code of what is wrong; ``ends`` are those that are known."""
        seen: dict[int, None] = {}
        end = "", "redirect-endless"
        while number not in seen:
            seen[number] = None
            if number in ends:
                end = ends[number]
                break
            kind, number, address = _read_redirection(targets[number], own)
            if kind == "article" and number in targets:
                continue
            problem = ""
            if kind:
                found = self._db.execute(
                    "SELECT address, state FROM objects WHERE kind = ? AND number = ?", (kind, number)
                ).fetchone()
                is_shown = found is not None and found["state"] == "published"
                address = found["address"] if is_shown else ""
                problem = "" if is_shown else "link-unpublished" if found else "object-not-found"
            elif not address:
                problem = "address-refused"
            end = address, problem
            break
        ends.update(dict.fromkeys(seen, end))
        return end

    # ---- Pages that list others ----

    def _add_lists(self) -> Iterator[Issue]:
        """Add the pages of sections, keywords, groups and authors in every language of what they list."""
        home = {self.language}
        for one in self._sections.values():
            for language in sorted(one.languages):
                self._add_page("rubrique", one.number, language, one.path, "rubrique", one.parent)
            home |= one.languages
        home |= {row[0] for row in self._db.execute("SELECT DISTINCT language FROM pages")}
        for links, key, kind, table, fields in (
            ("mots_liens", "id_mot", "mot", "mots", "titre || descriptif || texte"),
            ("auteurs_liens", "id_auteur", "auteur", "auteurs", "nom || bio"),
        ):
            rows = self._db.execute(
                f"SELECT o.number, o.address, m.id, m.words, (SELECT group_concat(DISTINCT p.language) FROM {links} l"
                f" JOIN pages p ON p.kind = l.objet AND p.number = l.id_objet WHERE l.{key} = o.number) AS languages"
                f" FROM objects o JOIN (SELECT {key} AS id, {fields} AS words FROM {table}) m ON m.id = o.number"
                " WHERE o.kind = ? ORDER BY o.number",
                (kind,),
            ).fetchall()
            for row in rows:
                found, issues = self._languages(kind, row["number"], self.language, row["words"])
                yield from issues
                languages = {*found, *(row["languages"] or "").split(",")}
                group = self._db.execute("SELECT id_groupe FROM mots WHERE id_mot = ?", (row["number"],)).fetchone()
                parent = ("groupe", group["id_groupe"]) if kind == "mot" and group else ("home", 0)
                for language in sorted(languages - {""}):
                    self._add_page(kind, row["number"], language, row["address"], *parent)
        groups = self._db.execute(
            "SELECT o.number, o.address, group_concat(DISTINCT p.language) AS languages FROM objects o"
            " LEFT JOIN pages p ON p.parent_kind = 'groupe' AND p.parent_number = o.number"
            " WHERE o.kind = 'groupe' GROUP BY o.number"
        ).fetchall()
        for row in groups:
            for language in sorted({self.language, *(row["languages"] or self.language).split(",")}):
                self._add_page("groupe", row["number"], language, row["address"], "home", 0)
        for language in sorted(home):
            self._add_page("home", 0, language, "/", "", 0)

    # ---- Names and rows ----

    def _each(
        self, kind: str, rows: Iterable[sqlite3.Row], plan: Callable[[sqlite3.Row], Iterator[Issue]]
    ) -> Iterator[Issue]:
        """Plan every object; one that an internal error stops has no page."""
        for row in rows:
            try:
                issues = list(plan(row))
            except Exception as error:
                if stops_the_run(error):
                    raise
                number = row[OBJECT_KINDS[kind].key]
                self._db.execute("DELETE FROM pages WHERE kind = ? AND number = ?", (kind, number))
                self._db.execute(
                    "INSERT OR REPLACE INTO objects VALUES (?, ?, 'hidden', '', ?, 0, '', '', 0)",
                    (kind, number, self.language),
                )
                issues = [self._fail(kind, number, error)]
            yield from issues

    def _fail(self, kind: str, number: int, error: Exception, field: str = "") -> Issue:
        """Keep the raw text of an object that an internal error stops; return the remark on it."""
        if stops_the_run(error):
            raise error
        self._database.keep(raw_path(kind, number), raw_text(self._database, kind, number))
        return failure_issue(kind, number, describe_error(error), field=field)

    def _languages(self, kind: str, number: int, language: str, *fields: str) -> tuple[list[str], list[Issue]]:
        """Return an object's languages, its own first."""
        own = language or self.language
        try:
            found = frozenset().union(*[self._known(field) for field in fields])
        except Exception as error:
            return [own], [self._fail(kind, number, error, "lang")]
        return [own, *sorted(found - {own})], []

    @staticmethod
    def _known(text: str) -> set[str]:
        return set(languages_of(text) & CODES)

    def _prefix(self, language: str) -> str:
        return "" if language == self.language else "/" + language_tag(language)

    def _named(self, kind: str, number: int, title: str, language: str, above: str) -> tuple[str, str, list[Issue]]:
        """Return an object's title and slug; where an internal error stops the reading of its title, its number."""
        try:
            slug, issues = self._name(kind, number, title_of(title, language), above)
        except Exception as error:
            issue = self._fail(kind, number, error, "titre")
            name = f"{kind} {number}"
            slug, issues = self._name(kind, number, "", above)
            return name, slug, [issue, *issues]
        return title, slug, issues

    def _name(self, kind: str, number: int, title: str, above: str) -> tuple[str, list[Issue]]:
        """Return a slug that no other object of the kind has, and nothing else in that place."""
        slug = slug_of(title) or f"{kind}{number}"
        space = "text" if kind in TEXTS else kind
        for name in (slug, f"{slug}-{number}", f"{slug}-{kind}-{number}"):
            taken = above == "/" and (name in _RESERVED or name in CODES or (kind == "groupe" and name in FRONT_MATTER))
            if taken or not self._take(space, name, above):
                continue
            return name, [Issue("slug-changed", kind, number, detail=name)] if name != slug else []
        raise AssertionError(f"{kind} {number} met twice")

    def _take(self, space: str, name: str, above: str) -> bool:
        own, place = (space, name), ("path", above + name)
        if any(
            self._db.execute("SELECT 1 FROM names WHERE space = ? AND name = ?", each).fetchone()
            for each in (own, place)
        ):
            return False
        self._db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", [own, place])
        return True

    def _add_object(
        self, kind: str, number: int, state: str, title: str, language: str, translation_of: int, slug: str,
        address: str,
    ) -> None:  # fmt: skip
        self._db.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, number, state, title, language, translation_of, slug, address, sort_number(title)[0]),
        )

    def _add_page(
        self, kind: str, number: int, language: str, address: str, parent_kind: str, parent_number: int
    ) -> None:
        self._db.execute(
            "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?)",
            (kind, number, language, self._prefix(language) + address, parent_kind, parent_number),
        )


def own_addresses(database: WorkingDatabase) -> tuple[str, ...]:
    """Return the addresses at which the old site was, as far as its base says."""
    address = database.meta("adresse_site").strip().rstrip("/")
    return (address,) if address else ()


def _state(statut: str) -> str:
    return "published" if statut == "publie" else "draft" if statut in _DRAFTS else "hidden"


def _read_redirection(virtuel: str, own: tuple[str, ...]) -> tuple[str, int, str]:
    """Return which object an article redirects to, or else the address (empty: none that is allowed)."""
    match = _SHORTCUT.match(virtuel[:2000])
    target = (match[1] if match else virtuel).strip()
    named = _OBJECT.fullmatch(target)
    if named and named[1] in SHORTCUTS:
        return SHORTCUTS[named[1]], int(named[2]), ""
    old = read_old_address(target, own)
    if old is not None and old.kind:
        return old.kind, old.number, ""
    return "", 0, safe_address(target) or ""
