"""The texts of a page: SPIP texts come in; trees with new links, and the issues to report, go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from msgspec.structs import replace

from spipconv.converters import html
from spipconv.converters import text as plain_text
from spipconv.converters.raw import omitted_raw
from spipconv.diagnostics import Diagnostic
from spipconv.extensions import Extension
from spipconv.migration.kinds import OBJECT_KINDS
from spipconv.migration.models import SHOWN
from spipconv.migration.pages.glossary import SiteGlossary
from spipconv.migration.pages.harmless import HarmlessTexts
from spipconv.migration.pages.links import LinkRewriter, concerns
from spipconv.migration.pages.page import Attachment, Page
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.pages.site_models import SiteModels
from spipconv.migration.plan.titles import in_language
from spipconv.migration.report.errors import describe_error, failure_issue, stops_the_run
from spipconv.migration.report.issues import Issue
from spipconv.nodes import Anchor, Directive, Document, Element, Figure, Link, Node, Note, walk
from spipconv.objects import SpipObject
from spipconv.parsing.parser import parse
from spipconv.safety import hide_values
from spipconv.sections import words_of

# The part of a body that shows the documents that no text shows.
DOCUMENTS = "documents"
_SHOWN_DOCUMENT = re.compile(SHOWN + "([0-9]+)")
# Neither postscripts nor descriptions.
_FIELDS_WITH_TERMS = frozenset({"chapo", "texte"})
# What words alone lose: links, notes, pictures.
_RICH = re.compile(r"->|\[\[|<(?:img|doc|emb|image)\s*[0-9]|<(?:a|img)\s")
# A link to a place on its own page; messages have places there too.
_OWN_PLACE = re.compile(r"#(?!forum[0-9]+\Z)(.+)")
_NOTE_NUMBER = re.compile("[0-9]{1,9}")
# Not hidden in a migration: each language has its own page.
_EXPECTED = frozenset({"translations-hidden", "translation-missing"})


class PageTexts:
    """Reads the texts of a page. ``page`` identifies it: its kind, number, language and address. ``peertube`` are
    instances of PeerTube whose players are kept, ``plugins`` those whose shortcuts are read;
    ``typography``: that of each language is applied. ``extensions`` are further extensions that texts are read with,
    ``raw_format`` is the format of the raw texts that the target shows (empty: all), ``glossary`` and ``models`` are
    those of the site.

    ``issues`` are the issues of the page so far, ``sources`` the texts that were read, in the page's language,
    ``shown`` the numbers of the documents that they show, ``failures`` the objects that an internal error stopped,
    ``parts`` the fields of the body with the number of nodes in each, ``terms`` the identifiers of the terms in them.
    """

    def __init__(
        self,
        page: Page,
        objects: SiteObjects,
        links: LinkRewriter,
        peertube: tuple[str, ...] = (),
        plugins: tuple[str, ...] = (),
        typography: bool = True,
        extensions: tuple[Extension, ...] = (),
        raw_format: str = "",
        glossary: SiteGlossary | None = None,
        models: SiteModels | None = None,
    ) -> None:
        self._typography, self._extensions, self._raw_format = typography, extensions, raw_format
        self._models = models
        self._page, self._objects, self._links = page, objects, links
        has_terms = page.kind in OBJECT_KINDS and OBJECT_KINDS[page.kind].has_terms
        self._glossary = glossary if glossary and has_terms else None
        self.terms: tuple[str, ...] = ()
        self._peertube, self._plugins = peertube, plugins
        self.language = page.language
        self.address = page.address
        self.issues: list[Issue] = []
        self.sources: list[str] = []
        self.shown: set[int] = set()
        self.parts: list[tuple[str, int]] = []
        # The documents of the page that its texts do not show.
        self._figures: dict[int, Figure] = {}
        self.failures: dict[tuple[str, int], None] = {}
        # Objects that texts refer to, checked separately: whether they can be shown.
        self._checked: dict[tuple[str, int], bool] = {}
        # Where only issues are wanted: it tells which texts have none, and these are not read.
        self.harmless: HarmlessTexts | None = None

    def add_issue(self, code: str, field: str, line: int = 0, column: int = 0, detail: str = "") -> None:
        """Report an issue in a field of the page's object."""
        page = self._page
        self.issues.append(Issue(code, page.kind, page.number, field, line, column, detail, page.address))

    def add_failure(self, kind: str, number: int, error: Exception, field: str = "", page: str = "") -> None:
        """Report that an internal error stopped an object that the page shows."""
        self.failures[kind, number] = None
        self.issues.append(
            failure_issue(kind, number, describe_error(error), field=field, page=page or self._page.address)
        )

    def read_words(self, field: str, text: str) -> str:
        """Return the words of a short field."""
        if not text or (self.harmless and self.harmless.is_harmless(text)):
            return ""
        return words_of(self._read_short(field, text).children)

    def read_text(self, field: str, text: str) -> str:
        """Return the words of a column that the site has added; they are on one line unless it has several."""
        if _RICH.search(text):
            self.add_issue("extra-plain", field)
        if "\n" not in text.strip() and "<" not in text:
            return self.read_words(field, text)
        return plain_text.write(self._read_short(field, text)).strip()

    def _read_short(self, field: str, text: str) -> Document:
        self.sources.append(in_language(text, self.language))
        parsed = parse(
            text, lang=self.language, objects=self._objects, plugins=self._plugins, typography=self._typography,
            extensions=self._extensions,
        )  # fmt: skip
        self._report(field, parsed.diagnostics)
        self._report(field, omitted_raw(parsed.document, "text"))
        return parsed.document

    def read_body(self, fields: Sequence[tuple[str, str]], attachments: Iterable[Attachment] = ()) -> Document:
        """Return one tree of several fields, with notes numbered across them, and of the documents that they do not
        show.
        """
        texts: list[tuple[str, Document]] = []
        introduction: list[Node] = []
        first_note = 1
        for field, text in fields:
            if not text.strip() or (self.harmless and self.harmless.is_harmless(text, note=self.shown.add)):
                continue
            self.sources.append(in_language(text, self.language))
            parsed = parse(
                text, lang=self.language, objects=self._objects, embeds=True, peertube=self._peertube,
                first_note=first_note, plugins=self._plugins, typography=self._typography,
                extensions=self._models.extensions(text, self._extensions) if self._models else self._extensions,
            )  # fmt: skip
            self._report(field, parsed.diagnostics)
            if self._raw_format:
                self._report(field, omitted_raw(parsed.document, self._raw_format))
            is_concerned = False
            for node in walk(parsed.document.children):
                if isinstance(node, Note):
                    if _NOTE_NUMBER.fullmatch(node.label) and not node.repeated:
                        first_note = max(first_note, int(node.label) + 1)
                elif isinstance(node, (Link, Element, Figure)):
                    is_concerned = is_concerned or concerns(node)
                    if isinstance(node, Figure):
                        self.shown.add(node.number)
                elif isinstance(node, Directive) and (document := _SHOWN_DOCUMENT.fullmatch(node.name)):
                    self.shown.add(int(document[1]))
            own = self._put_right(parsed.document.children, field) if is_concerned else parsed.document.children
            texts.append((field, replace(parsed.document, children=own)))
            introduction += parsed.document.introduction
        if any("#" in text for _, text in fields):
            self._report_places(texts)
        if self._glossary and not self.harmless:
            texts = self._with_terms(texts, self._glossary)
        self.parts += [(field, len(text.children)) for field, text in texts]
        if portfolio := self._portfolio(attachments):
            self.parts.append((DOCUMENTS, len(portfolio)))
        nodes = [node for _, text in texts for node in text.children]
        return Document(
            (*nodes, *portfolio), self.language, peertube=self._peertube, introduction=tuple(introduction),
            definitions=tuple([definition for _, text in texts for definition in text.definitions]),
        )  # fmt: skip

    def _report_places(self, texts: Sequence[tuple[str, Document]]) -> None:
        """Report the links that lead to a place of the page that its texts do not have."""
        places: set[str] = set()
        links: list[tuple[str, Link]] = []
        for field, text in texts:
            for node in walk(text.children):
                match node:
                    case Anchor():
                        places.add(node.name)
                    case Element():
                        places.update([value for name, value in node.attributes if name in ("id", "name")])
                    case Link() if _OWN_PLACE.fullmatch(node.address):
                        links.append((field, node))
        for field, link in links:
            if unquote(link.address[1:]) not in places:
                self.add_issue("anchor-missing", field, link.line, link.column, link.address)

    def _with_terms(self, texts: Sequence[tuple[str, Document]], glossary: SiteGlossary) -> list[tuple[str, Document]]:
        """Return the texts of fields with the terms of the glossary marked, in those in which SPIP's plugins do so."""
        fields = [field for field, _ in texts if field in _FIELDS_WITH_TERMS]
        marked, self.terms = glossary.mark([text for field, text in texts if field in fields], self.address)
        for (kind, number), error in glossary.failures.items():
            self.add_failure(kind, number, error, "texte")
        new = dict(zip(fields, marked, strict=True))
        return [(field, new.get(field, text)) for field, text in texts]

    def with_part(self, body: Document, name: str, node: Node) -> Document:
        """Return the body of the page with a further part, above the documents that no text shows."""
        below = self.parts[-1][1] if self.parts and self.parts[-1][0] == DOCUMENTS else 0
        place = len(body.children) - below
        self.parts.insert(len(self.parts) - bool(below), (name, 1))
        return replace(body, children=(*body.children[:place], node, *body.children[place:]))

    def read_part(self, text: str, extensions: tuple[Extension, ...]) -> tuple[Node, ...]:
        """Return the blocks of a text of the site that a model shows. ``extensions`` come after those of the page."""
        self.sources.append(in_language(text, self.language))
        parsed = parse(
            text, lang=self.language, objects=self._objects, embeds=True, peertube=self._peertube,
            plugins=self._plugins, typography=self._typography, extensions=(*self._extensions, *extensions),
        )  # fmt: skip
        self._report("", parsed.diagnostics)
        return parsed.document.children

    def read_definition(self, text: str, language: str) -> tuple[Node, ...]:
        """Return the nodes of a definition, of whose text the issues are reported where its own page is made."""
        parsed = parse(
            text, lang=language, objects=self._objects, embeds=True, peertube=self._peertube, plugins=self._plugins,
            typography=self._typography, extensions=self._extensions,
        )  # fmt: skip
        return self._links.put_right(parsed.document.children, lambda code, node, detail: None)

    def read_message(self, number: int, text: str) -> Document:
        """Return the tree of a message, which is a stranger's text."""
        if self.harmless and self.harmless.is_harmless_message(text):
            return Document(())
        parsed = parse(
            text, profile="comment", lang=self.language, plugins=self._plugins, typography=self._typography,
            extensions=self._extensions,
        )  # fmt: skip
        page = f"{self.address}#forum{number}"
        self.issues += [
            Issue(
                diagnostic.code, "forum", number, "texte", diagnostic.line, diagnostic.column, _detail(diagnostic), page
            )
            for diagnostic in parsed.diagnostics
            # Mistakes in a stranger's markup are not issues of the site.
            if diagnostic.severity == "loss"
        ]
        return replace(parsed.document, children=self._put_right(parsed.document.children, f"forum{number}"))

    def check(self, spip_object: SpipObject) -> SpipObject:
        """Return an object that a text refers to, without its words if they cannot be shown."""
        key = spip_object.kind, spip_object.number
        if key not in self._checked:
            self._checked[key] = True
            self._objects.check = None
            names = ("doc", "img", "emb") if spip_object.kind == "document" else ()
            forms = [f"<{name}{key[1]}>" for name in names] or [f"[->{key[0]}{key[1]}]"]
            try:
                for form in forms:
                    parse(form, lang=self.language, objects=self._objects, embeds=True)
            except Exception as error:
                if stops_the_run(error):
                    raise
                self._checked[key] = False
                self.add_failure(*key, error)
            finally:
                self._objects.check = self.check
        if self._checked[key]:
            return spip_object
        return replace(spip_object, title="", description="", credits="", alternative="")

    def _portfolio(self, attachments: Iterable[Attachment]) -> tuple[Node, ...]:
        """Return, as figures, the documents of a page that are not in its texts."""
        numbers = [
            document.number
            for document in attachments
            if document.number not in self.shown and not (self.harmless and document.address.startswith("/"))
        ]
        if not numbers:
            return ()
        markup = "\n\n".join(f"<doc{number}>" for number in numbers)
        parsed = parse(markup, lang=self.language, objects=self._objects)
        self._report(DOCUMENTS, parsed.diagnostics)
        nodes = self._put_right(parsed.document.children, DOCUMENTS)
        self._figures = {node.number: node for node in nodes if isinstance(node, Figure)}
        return nodes

    def describe(self, document: Attachment) -> Attachment:
        """Return a document of the page with what its figure says, and whether a text shows it."""
        if document.number in self.shown:
            return replace(document, is_shown=True)
        figure = self._figures.get(document.number)
        if figure is None:
            return document
        return replace(
            document,
            description=html.write(Document(figure.description, self.language)).body.strip(),
            credits=words_of(figure.credits),
            alternative=figure.alternative,
            thumbnail=figure.thumbnail,
        )

    def _put_right(self, nodes: tuple[Node, ...], field: str) -> tuple[Node, ...]:
        return self._links.put_right(
            nodes, lambda code, node, detail: self.add_issue(code, field, node.line, node.column, detail)
        )

    def _report(self, field: str, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            if diagnostic.code not in _EXPECTED:
                self.add_issue(diagnostic.code, field, diagnostic.line, diagnostic.column, _detail(diagnostic))


def _detail(diagnostic: Diagnostic) -> str:
    """Return the detail of a diagnostic without the values of a model's parameters, which may be personal."""
    detail = diagnostic.detail
    return hide_values(detail) if detail.startswith("<") and "|" in detail else detail
