"""The second pass: an object of the working database comes in, its pages go out, with parsed texts and new links."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from spipconv.extensions import Extension
from spipconv.migration.kinds import FILES, LISTED, OBJECT_KINDS
from spipconv.migration.pages.comments import accepts_messages, read_comments
from spipconv.migration.pages.glossary import SiteGlossary, SiteTerm
from spipconv.migration.pages.harmless import HarmlessTexts
from spipconv.migration.pages.links import LinkRewriter
from spipconv.migration.pages.long_texts import LongTexts
from spipconv.migration.pages.page import Page, summarise
from spipconv.migration.pages.plugin_facts import PluginFacts, calendar_link
from spipconv.migration.pages.portion import SpipKey
from spipconv.migration.pages.relations import PageRelations, PlannedPage
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.pages.row_fields import RowFields
from spipconv.migration.pages.site import read_site
from spipconv.migration.pages.site_models import SiteModels
from spipconv.migration.pages.texts import DOCUMENTS, PageTexts
from spipconv.migration.plan.old_addresses import own_addresses
from spipconv.migration.plan.titles import title_of, words_of
from spipconv.migration.read.database import WorkingDatabase, partial_date
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.read.plugins import plugins_of
from spipconv.migration.report.errors import stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.nodes import Definition, Document, Node
from spipconv.plugins import check_plugins, has_extensions

_LISTS = frozenset(kind.name for kind in (FILES, *LISTED.values()))
# What stands for a page where there is none.
_NO_PAGE = Page("", 0, "", "", "", "", Document(()))
_NO_SUBJECT = PlannedPage("", 0, "", False, 0, 0, "", 0)


class MadePage(Struct, frozen=True):
    """A page with the issues of making it, and its source texts, for counting their words.

    ``failures`` are the objects on it (kind, number) that an internal error left as raw text or without a caption.
    """

    page: Page
    issues: tuple[Issue, ...]
    sources: tuple[str, ...]
    failures: tuple[tuple[str, int], ...] = ()


class Content:
    """Makes the pages of a site from its working database, one at a time.

    ``has_lists=False`` leaves out the pages that a page lists; on a large site there may be thousands.
    ``has_figures=False`` leaves documents that no text shows out of bodies: they are attachments only. ``peertube`` are
    instances of PeerTube whose players are kept, ``plugins`` those whose shortcuts are read besides those that the site
    uses. ``typography=False`` leaves the spaces, quotes and dashes of texts as their authors typed them. ``extensions``
    are further extensions that texts are read with, ``raw_format`` is the format of the raw texts that are shown.
    ``only_issues``: of the pages, only the issues and the number of messages are wanted.
    """

    def __init__(
        self,
        database: WorkingDatabase,
        files: ImgFolder,
        *,
        has_lists: bool = True,
        has_figures: bool = True,
        peertube: tuple[str, ...] = (),
        plugins: tuple[str, ...] = (),
        typography: bool = True,
        extensions: tuple[Extension, ...] = (),
        raw_format: str = "",
        only_issues: bool = False,
    ) -> None:
        self._typography = typography
        self._database, self._db = database, database.db
        self._has_lists, self._has_figures, self._peertube = has_lists, has_figures, peertube
        self.site, self._forums = read_site(database), database.meta("forums_publics")
        self._objects = SiteObjects(database)
        self.glossary = SiteGlossary(database, self._objects, self.site.language)
        self.glossary.read = self._read_definition
        # In a text without terms, [!glossaire] says so.
        own = ("glossaire",) if self.glossary else ()
        self._plugins = check_plugins([*plugins_of(database), *plugins, *own])
        self._objects.site_address = next((address + "/" for address in own_addresses(database)), "")
        self._relations = PageRelations(database, self._objects, files, self.site.language)
        self._links = LinkRewriter(database, self._objects, files, self.site.language)
        self._long_texts = LongTexts(database)
        # Each page needs these twice.
        self._row = lru_cache(4)(self._read_row)
        self._messages = lru_cache(4)(self._read_messages)
        # The page that is being made.
        self._page, self._subject = _NO_PAGE, _NO_SUBJECT
        self._facts = PluginFacts(database, self._objects)
        self._models = SiteModels(database, self._objects, self._facts)
        # Extensions may see what they like in any text.
        self._harmless = (
            HarmlessTexts(self._objects, own_addresses(database))
            if only_issues and not extensions and not has_extensions(self._plugins)
            else None
        )
        self._only_issues = only_issues
        self._extensions, self._raw_format = extensions, raw_format
        self._texts = self._page_texts()

    def make(self, kind: str, number: int, language: str) -> MadePage:
        """Return the page of an object in a language; the plan says that it exists.

        Raises whatever an internal error raises, unless it is in a message or in the caption of a document.
        """
        try:
            return self._make(kind, number, language)
        except Exception as error:
            if stops_the_run(error):
                raise
        # An object that its texts refer to may have caused the error.
        try:
            return self._make(kind, number, language, is_careful=True)
        finally:
            self._objects.check = None

    def _page_texts(self) -> PageTexts:
        return PageTexts(
            self._page, self._objects, self._links, self._peertube, self._plugins, self._typography, self._extensions,
            self._raw_format, self.glossary, self._models,
        )  # fmt: skip

    def _make(self, kind: str, number: int, language: str, *, is_careful: bool = False) -> MadePage:
        portion = self._relations.portion(kind, number)
        row = portion.planned[kind, number, language]
        self._objects.language, self._objects.is_draft = language, row["state"] == "draft"
        self._subject = PlannedPage(
            kind, number, language, row["state"] == "published", row["translation_of"] or 0,
            portion.versions[kind, number], row["parent_kind"], row["parent_number"],
        )  # fmt: skip
        self._page = Page(kind, number, language, row["address"], row["slug"] or "", "", Document((), language))
        texts = self._texts = self._page_texts()
        texts.harmless = self._harmless
        self._models.begin(
            (kind, number), texts.read_part, lambda code, detail: texts.add_issue(code, "", detail=detail)
        )
        if is_careful:
            self._objects.check = texts.check
        if kind == "home":
            page = self._front_page()
        else:
            page = self._list_page(row) if kind in _LISTS else self._object_page(row)
        return MadePage(page, tuple(texts.issues), tuple(texts.sources), tuple(texts.failures))

    def terms(self) -> Iterator[tuple[SiteTerm, Definition]]:
        """Yield the terms of the glossary with their definitions."""
        self._objects.is_draft = False
        self._page, self._subject = _NO_PAGE, _NO_SUBJECT
        self._texts = self._page_texts()
        yield from self.glossary.definitions()

    def take(self, objects: Iterable[SpipKey]) -> None:
        """Read the relations of these objects at once, to make their pages next."""
        self._relations.take(objects)

    def rows_of(self, kind: str, number: int) -> Iterator[sqlite3.Row]:
        """Yield the rows that only this object's pages show: its own and its messages."""
        if kind in OBJECT_KINDS:
            yield self._row(kind, number)
        yield from self._messages(kind, number)

    # ---- Pages ----

    def _front_page(self) -> Page:
        site, subject = self.site, self._subject
        try:
            words_of(self._database.meta("nom_site"), site.language)
        except Exception as error:
            self._texts.add_failure("home", 0, error, "nom_site")
        return replace(
            self._page,
            title=site.name,
            body=self._body([("descriptif_site", site.description)]),
            description=words_of(site.slogan, subject.language),
            logo=self._relations.logo("site", 0),
            below=self._relations.below(subject) if self._has_lists else (),
            translations=tuple([replace(link, title=site.name) for link in self._relations.translations(subject)]),
            translation_key="home",
        )

    def _list_page(self, row: sqlite3.Row) -> Page:
        """Return the page of all events or of all albums, or one of the documents that are on no other page."""
        self._page = replace(
            self._page,
            title=row["title"],
            status="prepa" if row["state"] == "draft" else "publie",
            is_draft=row["state"] == "draft",
            below=self._relations.below(self._subject) if self._has_lists else (),
            attachments=self._relations.attachments(self._subject),
            translation_key="-".join([self._subject.kind, *([str(row["number"])] if row["number"] else [])]),
        )
        if self._subject.kind == "agenda":
            return replace(self._page, body=replace(self._page.body, children=calendar_link()))
        return self._with_documents(replace(self._page, body=self._body(())) if self._page.attachments else self._page)

    def _object_page(self, row: sqlite3.Row) -> Page:
        subject, relations = self._subject, self._relations
        kind, number, language = subject[:3]
        is_own = language == row["own"]
        original = subject.translation_of
        if original not in (0, number) and not (
            self._objects.address_of(kind, original) or self._objects.is_unselected(kind, original)
        ):
            self._texts.add_issue("original-missing", "id_trad", detail=str(original))
        if self._only_issues:
            messages = read_comments(self._messages(kind, number), self._texts) if is_own else ()
            self._page = replace(self._page, attachments=relations.attachments(subject), comments=messages)
            return self._read_fields(kind, number)
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
            comments=read_comments(self._messages(kind, number), self._texts) if is_own else (),
            below=relations.below(subject) if self._has_lists else (),
            translations=relations.translations(subject),
            translation_key=f"{kind}-{subject.translation_of or number}",
            aliases=relations.aliases(subject) if is_own else (),
        )
        page = self._read_fields(kind, number)
        own = self._row(kind, number)["accepter_forum"] if kind == "article" else ""
        if accepts_messages(kind, own, self._forums, page.comments):
            page = replace(page, has_open_forum=True)
        page = replace(page, terms=self._texts.terms) if self._texts.terms else page
        if page.body.introduction and not page.description:
            page = replace(page, description=summarise(page.body))
        return self._with_documents(page)

    def _read_fields(self, kind: str, number: int) -> Page:
        """Return the page with what is in its own row."""
        row = self._row(kind, number)
        page = RowFields(self._page, self._subject, self._texts, self.glossary, self._body).read(row)
        page = self._facts.add(page, row, self._texts.read_text)
        column = OBJECT_KINDS[kind].date if page.date else ""
        if column and (day := partial_date(row[column])):
            self._texts.add_issue("date-partial", column, detail=day)
            page = replace(page, partial_date=day)
        return page

    def _with_documents(self, page: Page) -> Page:
        """Return a page with what it shows of its documents, which are not in its body too if the target shows them."""
        body, parts = page.body, tuple(self._texts.parts)
        if not self._has_figures and parts and parts[-1][0] == DOCUMENTS:
            body, parts = replace(body, children=body.children[: -parts[-1][1]]), parts[:-1]
        attachments = tuple([self._texts.describe(document) for document in page.attachments])
        return replace(page, body=body, parts=parts, attachments=attachments)

    def _body(self, fields: Sequence[tuple[str, str]]) -> Document:
        fields = self._long_texts.fill(self._page, fields)
        texts = "".join([text for _, text in fields])
        added = self._models.added(self._page.kind, self._page.number, texts)
        return self._texts.read_body([*fields, *added], self._page.attachments)

    def _read_definition(self, text: str, language: str) -> tuple[Node, ...]:
        return self._texts.read_definition(text, language)

    # ---- Rows ----

    def _read_row(self, kind: str, number: int) -> sqlite3.Row:
        record = OBJECT_KINDS[kind]
        row: sqlite3.Row = self._db.execute(
            f"SELECT * FROM {record.table} WHERE {record.key} = ?", (number,)
        ).fetchone()
        return row

    def _read_messages(self, kind: str, number: int) -> list[sqlite3.Row]:
        if (kind, number) not in self._relations.portion(kind, number).with_messages:
            return []
        return self._db.execute(
            "SELECT * FROM forum WHERE objet = ? AND id_objet = ? ORDER BY date_heure, id_forum", (kind, number)
        ).fetchall()
