"""The second pass: an object of the working base to its pages, its texts parsed and its links put right."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import unescape

from msgspec import Struct
from msgspec.structs import replace

from spipconv.diagnostics import Diagnostic
from spipconv.languages import see_online
from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.pages.kept_words import in_language
from spipconv.migration.pages.links import LinkRewriter, concerns
from spipconv.migration.pages.page import Comment, Page, Site
from spipconv.migration.pages.relations import PageRelations, PlannedPage
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.pages.threads import ThreadedComment, arrange
from spipconv.migration.plan.plan import own_addresses, read_date
from spipconv.migration.plan.titles import shown_title, shown_words, title_of, words_of
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.nodes import Document, Element, Figure, Link, Node, Note, Paragraph, Text, plain_text, rebuild, walk
from spipconv.objects import SpipObject
from spipconv.parsing.parser import parse
from spipconv.safety import hide_values, safe_address

_NOTE_NUMBER = re.compile("[0-9]{1,9}")
# What a migration does not hide: each language has a page of its own.
_EXPECTED = frozenset({"translations-hidden", "translation-missing"})


class MadePage(Struct, frozen=True):
    """A page with the remarks on its making, and the texts that it was made of, for counting their words.

    ``failures`` are the objects on it (kind, number) that an internal error left as raw text or without a caption.
    """

    page: Page
    issues: tuple[Issue, ...]
    sources: tuple[str, ...]
    failures: tuple[tuple[str, int], ...] = ()


class Content:
    """Makes the pages of a site from its working base, one at a time.

    ``has_lists=False``: what a page lists is not asked for; on a large site it may be thousands.
    """

    def __init__(self, database: WorkingDatabase, files: ImgFolder, *, has_lists: bool = True) -> None:
        self._database, self._db = database, database.db
        self._has_lists = has_lists
        self.site = read_site(database)
        self._objects = SiteObjects(database)
        self._objects.site_address = next((address + "/" for address in own_addresses(database)), "")
        self._relations = PageRelations(database, self._objects, files, self.site.language)
        self._links = LinkRewriter(database, self._objects, files, self.site.language)
        # A page asks for these twice.
        self._row = lru_cache(4)(self._read_row)
        self._messages = lru_cache(4)(self._read_messages)
        # What is being made.
        self._page = Page("", 0, "", "", "", "", Document(()))
        self._subject = PlannedPage("", 0, "", False, 0, 0, "", 0)
        self._issues: list[Issue] = []
        self._sources: list[str] = []
        # The documents that its texts show.
        self._shown: set[int] = set()
        self._failures: dict[tuple[str, int], None] = {}
        # What texts name, looked at by itself: whether it can be shown as it is.
        self._checked: dict[tuple[str, int], bool] = {}

    def make(self, kind: str, number: int, language: str) -> MadePage:
        """Return the page of an object in a language; there is one by the plan.

        Raises what an internal error raises, unless it is in a message or in the caption of something that is named.
        """
        try:
            return self._make(kind, number, language)
        except Exception as error:
            if stops_the_run(error):
                raise
        # What its texts name may be to blame.
        self._checked.clear()
        self._objects.check = self._check
        try:
            return self._make(kind, number, language)
        finally:
            self._objects.check = None

    def _make(self, kind: str, number: int, language: str) -> MadePage:
        row = self._db.execute(
            "SELECT p.*, o.state, o.title, o.slug, o.weight, o.translation_of, o.language AS own,"
            " (SELECT count(*) FROM pages v WHERE v.kind = p.kind AND v.number = p.number) AS versions"
            " FROM pages p LEFT JOIN objects o ON o.kind = p.kind AND o.number = p.number"
            " WHERE p.kind = ? AND p.number = ? AND p.language = ?",
            (kind, number, language),
        ).fetchone()
        self._objects.language, self._objects.is_draft = language, row["state"] == "draft"
        self._issues, self._sources, self._shown, self._failures = [], [], set(), {}
        self._subject = PlannedPage(
            kind, number, language, row["state"] == "published", row["translation_of"] or 0, row["versions"],
            row["parent_kind"], row["parent_number"],
        )  # fmt: skip
        self._page = Page(kind, number, language, row["address"], row["slug"] or "", "", Document((), language))
        page = self._front_page() if kind == "home" else self._object_page(row)
        return MadePage(page, tuple(self._issues), tuple(self._sources), tuple(self._failures))

    def rows_of(self, kind: str, number: int) -> Iterator[sqlite3.Row]:
        """Yield the rows that only this object's pages show: its own and its messages."""
        if kind != "home":
            yield self._row(kind, number)
        yield from self._messages(kind, number)

    # ---- Pages ----

    def _front_page(self) -> Page:
        site, subject = self.site, self._subject
        try:
            words_of(self._database.meta("nom_site"), site.language)
        except Exception as error:
            self._fail("home", 0, error, "nom_site")
        return replace(
            self._page,
            title=site.name,
            body=self._body([("descriptif_site", site.description)]),
            description=words_of(site.slogan, subject.language),
            logo=self._relations.logo("site", 0),
            below=self._relations.below(subject) if self._has_lists else (),
            translation_key="home",
        )

    def _object_page(self, row: sqlite3.Row) -> Page:
        subject, relations = self._subject, self._relations
        kind, number, language = subject[:3]
        is_own = language == row["own"]
        if subject.translation_of not in (0, number) and not self._objects.address_of(kind, subject.translation_of):
            self._add_issue("original-missing", "id_trad", detail=str(subject.translation_of))
        self._page = replace(
            self._page,
            title=title_of(row["title"], language),
            is_draft=row["state"] == "draft",
            is_future=row["state"] == "future",
            weight=row["weight"],
            sections=relations.sections(subject),
            authors=relations.authors(subject),
            keywords=relations.keywords(subject),
            logo=relations.logo(kind, number),
            logo_hover=relations.logo(kind, number, hover=True),
            attachments=relations.attachments(subject),
            comments=self._comments() if is_own else (),
            below=relations.below(subject) if self._has_lists else (),
            translations=relations.translations(subject),
            translation_key=f"{kind}-{subject.translation_of or number}",
            aliases=relations.aliases(subject) if is_own else (),
        )
        page = _FIELDS[kind](self, self._row(kind, number))
        shown = tuple([replace(one, is_shown=one.number in self._shown) for one in page.attachments])
        return replace(page, attachments=shown) if shown else page

    def _article(self, row: sqlite3.Row) -> Page:
        if row["statut"] == "publie" and read_date(row["date"]) is None:
            self._add_issue("date-missing", "date", detail=row["date"])
        see = _link(row["nom_site"], row["url_site"])
        if row["url_site"].strip():
            see = f"{see_online(self._subject.language)} {see}"
        written = row["date_redac"].strip("'")[:10]
        return replace(
            self._page,
            status=row["statut"],
            body=self._body([*_pairs(row, "chapo", "texte"), ("url_site", see), *_pairs(row, "ps")]),
            date=read_date(row["date"]),
            modified=read_date(row["date_modif"]),
            # A year, or a month of a year, is a date too.
            written=written.partition("-00")[0] if written[:4] > "0000" else "",
            overtitle=self._plain("surtitre", row["surtitre"]),
            subtitle=self._plain("soustitre", row["soustitre"]),
            description=self._plain("descriptif", row["descriptif"]),
            elsewhere=self._elsewhere(row["nom_site"], row["url_site"]),
        )

    def _brief(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body([*_pairs(row, "texte"), ("lien_url", _link(row["lien_titre"], row["lien_url"]))]),
            date=read_date(row["date_heure"]),
            elsewhere=self._elsewhere(row["lien_titre"], row["lien_url"]),
        )

    def _site(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body([*_pairs(row, "descriptif"), ("url_site", _link("", row["url_site"]))]),
            date=read_date(row["date"]),
            elsewhere=(self._page.title, safe_address(row["url_site"]) or ""),
            feed=safe_address(row["url_syndic"]) or "",
        )

    def _section(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            status=row["statut"],
            body=self._body(_pairs(row, "texte")),
            description=self._plain("descriptif", row["descriptif"]),
        )

    def _keyword(self, row: sqlite3.Row) -> Page:
        return replace(self._page, body=self._body(_pairs(row, "descriptif", "texte")))

    def _author(self, row: sqlite3.Row) -> Page:
        return replace(
            self._page,
            body=self._body([*_pairs(row, "bio"), ("url_site", _link(row["nom_site"], row["url_site"]))]),
            elsewhere=self._elsewhere(row["nom_site"], row["url_site"]),
        )

    def _elsewhere(self, title: str, address: str) -> tuple[str, str]:
        address = safe_address(address) or ""
        return (words_of(title, self._subject.language) or address, address) if address else ("", "")

    # ---- Texts ----

    def _plain(self, field: str, text: str) -> str:
        """Return a short field's words."""
        if not text:
            return ""
        language = self._subject.language
        self._sources.append(in_language(text, language))
        parsed = parse(text, lang=language, objects=self._objects)
        self._note(field, parsed.diagnostics)
        return " ".join(" ".join(plain_text((node,)) for node in parsed.document.children).split())

    def _body(self, fields: Sequence[tuple[str, str]]) -> Document:
        """Return one tree of several fields, their notes numbered through, and of the documents they don't show."""
        language = self._subject.language
        nodes: list[Node] = []
        first_note = 1
        shown = self._shown
        for field, text in fields:
            if not text.strip():
                continue
            self._sources.append(in_language(text, language))
            parsed = parse(text, lang=language, objects=self._objects, embeds=True, first_note=first_note)
            self._note(field, parsed.diagnostics)
            is_concerned = False
            for node in walk(parsed.document.children):
                if isinstance(node, Note):
                    if _NOTE_NUMBER.fullmatch(node.label) and not node.repeated:
                        first_note = max(first_note, int(node.label) + 1)
                elif isinstance(node, (Link, Element, Figure)):
                    is_concerned = is_concerned or concerns(node)
                    if isinstance(node, Figure):
                        shown.add(node.number)
            nodes += self._put_right(parsed.document.children, field) if is_concerned else parsed.document.children
        return Document((*nodes, *self._portfolio(shown)), language)

    def _portfolio(self, shown: set[int]) -> tuple[Node, ...]:
        """Return the documents that belong to a page and are not in its texts, as figures."""
        numbers = [one.number for one in self._page.attachments if one.number not in shown]
        if not numbers:
            return ()
        markup = "\n\n".join(f"<doc{number}>" for number in numbers)
        parsed = parse(markup, lang=self._subject.language, objects=self._objects)
        self._note("documents", parsed.diagnostics)
        return self._put_right(parsed.document.children, "documents")

    def _put_right(self, nodes: tuple[Node, ...], field: str) -> tuple[Node, ...]:
        return self._links.put_right(
            nodes, lambda code, node, detail: self._add_issue(code, field, node.line, node.column, detail)
        )

    # ---- What an internal error stops ----

    def _check(self, found: SpipObject) -> SpipObject:
        """Return an object that a text names, without its words where these are what cannot be shown."""
        key = found.kind, found.number
        if key not in self._checked:
            self._checked[key] = True
            self._objects.check = None
            names = ("doc", "img", "emb") if found.kind == "document" else ()
            forms = [f"<{name}{found.number}>" for name in names] or [f"[->{found.kind}{found.number}]"]
            try:
                for form in forms:
                    parse(form, lang=self._subject.language, objects=self._objects, embeds=True)
            except Exception as error:
                if stops_the_run(error):
                    raise
                self._checked[key] = False
                self._fail(*key, error)
            finally:
                self._objects.check = self._check
        return found if self._checked[key] else replace(found, title="", description="", credits="", alternative="")

    def _fail(self, kind: str, number: int, error: Exception, field: str = "", page: str = "") -> None:
        self._failures[kind, number] = None
        self._issues.append(
            failure_issue(kind, number, describe_error(error), field=field, page=page or self._page.address)
        )

    # ---- Comments ----

    def _comments(self) -> tuple[Comment, ...]:
        messages = self._messages(self._subject.kind, self._subject.number)
        return tuple([self._sound_comment(each) for each in arrange(messages)])

    def _sound_comment(self, placed: ThreadedComment) -> Comment:
        """Return a message; where an internal error stops it, with its text as it was written."""
        known = len(self._issues)
        try:
            return self._comment(placed)
        except Exception as error:
            if stops_the_run(error):
                raise
            row = placed.row
            del self._issues[known:]
            self._fail("forum", row["id_forum"], error, "texte", f"{self._page.address}#forum{row['id_forum']}")
            body = Document((Paragraph((Text(row["texte"]),)),), self._subject.language)
            return Comment(
                row["id_forum"], placed.parent, placed.depth, " ".join(row["auteur"].split()), "", None, "", body,
                is_pending=row["statut"] != "publie",
            )  # fmt: skip

    def _comment(self, placed: ThreadedComment) -> Comment:
        row = placed.row
        number, is_pending = row["id_forum"], row["statut"] != "publie"
        if placed.is_moved and not is_pending:
            self._add_issue("comment-moved", "forum", detail=f"forum{number}")
        parsed = parse(row["texte"], profile="comment", lang=self._subject.language)
        page = f"{self._page.address}#forum{number}"
        self._issues += [
            Issue(each.code, "forum", number, "texte", each.line, each.column, _detail(each), page)
            for each in parsed.diagnostics
            # A stranger's mistakes are not the site's.
            if each.severity == "loss"
        ]
        body = self._put_right(parsed.document.children, f"forum{number}")
        return Comment(
            number,
            placed.parent,
            placed.depth,
            _flat(row["auteur"]),
            _page_address(row["url_site"]),
            read_date(row["date_heure"]),
            _flat(row["titre"]),
            replace(parsed.document, children=_rename_notes(body, f"-{number}")),
            is_pending=is_pending,
        )

    # ---- Rows and remarks ----

    def _read_row(self, kind: str, number: int) -> sqlite3.Row:
        its_kind = OBJECT_KINDS[kind]
        row: sqlite3.Row = self._db.execute(
            f"SELECT * FROM {its_kind.table} WHERE {its_kind.key} = ?", (number,)
        ).fetchone()
        return row

    def _read_messages(self, kind: str, number: int) -> list[sqlite3.Row]:
        return self._db.execute(
            "SELECT * FROM forum WHERE objet = ? AND id_objet = ? ORDER BY date_heure, id_forum", (kind, number)
        ).fetchall()

    def _note(self, field: str, diagnostics: Iterable[Diagnostic]) -> None:
        for each in diagnostics:
            if each.code not in _EXPECTED:
                self._add_issue(each.code, field, each.line, each.column, _detail(each))

    def _add_issue(self, code: str, field: str, line: int = 0, column: int = 0, detail: str = "") -> None:
        page = self._page
        self._issues.append(Issue(code, page.kind, page.number, field, line, column, detail, page.address))


_FIELDS = {
    "article": Content._article,
    "breve": Content._brief,
    "site": Content._site,
    "rubrique": Content._section,
    "mot": Content._keyword,
    "groupe": Content._keyword,
    "auteur": Content._author,
}


def _pairs(row: sqlite3.Row, *fields: str) -> list[tuple[str, str]]:
    return [(field, row[field]) for field in fields]


def _link(title: str, address: str) -> str:
    """Return an object's own link as SPIP text."""
    address = address.strip()
    return f"[{title or address}->{address}]" if address else title


def _rename_notes(nodes: tuple[Node, ...], suffix: str) -> tuple[Node, ...]:
    """Return nodes whose notes have ids that no other text on the page has."""

    def change(node: Node) -> tuple[Node, ...]:
        return (replace(node, identifier=node.identifier + suffix) if isinstance(node, Note) else node,)

    return rebuild(nodes, change)


def _detail(diagnostic: Diagnostic) -> str:
    """Return what a diagnostic is about, without the values of a model's parameters: they may be personal."""
    detail = diagnostic.detail
    return hide_values(detail) if detail.startswith("<") and "|" in detail else detail


def _page_address(address: str) -> str:
    """Return the address of a commenter's page; empty for any other, such as that of a mailbox."""
    allowed = safe_address(address) or ""
    return allowed if allowed[:7].lower() == "http://" or allowed[:8].lower() == "https://" else ""


def _flat(text: str) -> str:
    """Return a stranger's short text as plain words: nothing in it is markup."""
    return " ".join(unescape(text).split())


def read_site(database: WorkingDatabase) -> Site:
    """Return what all pages of a site share."""
    language = database.meta("langue_site", "fr")
    languages = [row[0] for row in database.db.execute("SELECT DISTINCT language FROM pages ORDER BY language")]
    groups = database.db.execute("SELECT slug, title FROM objects WHERE kind = 'groupe' ORDER BY weight, number")
    return Site(
        name=shown_words(database.meta("nom_site"), language),
        slogan=database.meta("slogan_site"),
        description=database.meta("descriptif_site"),
        address=database.meta("adresse_site").strip().rstrip("/"),
        language=language,
        languages=(language, *[each for each in languages if each != language]),
        taxonomies=tuple((row["slug"], shown_title(row["title"], language)) for row in groups),
        shows_future=database.meta("post_dates") == "oui",
    )
