"""The second pass: an object of the working base to its pages, its texts parsed and its links put right."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import unescape
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from spipconv.languages import see_online
from spipconv.migration.base import KINDS, Base
from spipconv.migration.files import Files
from spipconv.migration.old_addresses import OldAddress, find_by_path, read_old_address
from spipconv.migration.pages import Attachment, Comment, Link, Page, Site, Term
from spipconv.migration.plan import language_tag, own_addresses, read_date
from spipconv.migration.report import Remark
from spipconv.migration.titles import title_of, words_of
from spipconv.models import ICONS
from spipconv.nodes import Anchor, Document, Element, Figure, Heading, Model, Node, Note, Text, rebuild, walk
from spipconv.nodes import Link as LinkNode
from spipconv.objects import SpipObject
from spipconv.parser import parse

_WORD = re.compile(r"\w+")
# What of a source is no word that a page shows: tags, what links lead to, shortcuts' names, comments, scripts.
_NO_WORDS = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1>|<[a-z_/?][^<>]*>|->[^\]]*\]|\[\[<[^>]*>|\{[a-z_]{2,8}\}(?=->)|\[[a-z_]{2,8}\]"
    r"|&[a-z]+;|\|[^|\]<>\n]*(?=->)",
    re.DOTALL | re.IGNORECASE,
)
# Markup that goes over a space.
_HTML = re.compile(r"<[a-z/?!]+ |<script|<style|<!--|\[\[<|\[[^\]]* ?-> ", re.IGNORECASE)
_FILE = "/IMG/"
_NO_FILE_NAME = re.compile(r"[?#\\%:]|\A\.|/\.")
# What the parser leaves of a link to a document that does not exist, of which it has told.
_NO_DOCUMENT = re.compile(r"(?:doc|document|im|img|image|emb)\s*[0-9]+\S*")
_MULTI = re.compile(r"<multi>(.*?)</multi>", re.DOTALL | re.IGNORECASE)
_MULTI_LANGUAGE = re.compile(r"\[([a-z_]+)\]")
_ELSEWHERE = frozenset({"anchor", "mail", "glossary"})
_SHOWN = ("published", "redirect")


class Made(Struct, frozen=True):
    """A page with the remarks on its making, and how many words its sources had."""

    page: Page
    remarks: tuple[Remark, ...]
    words: tuple[str, ...]


class Field(Struct, frozen=True):
    """A field's tree, the field's name, and the remarks on it."""

    name: str
    nodes: tuple[Node, ...]
    remarks: tuple[Remark, ...]


class Objects:
    """The resolver of one site: objects as the pages in one language see them."""

    def __init__(self, base: Base) -> None:
        self._db = base.db
        self.site_address = ""
        self.language = ""
        # Whether the page that is being made is itself one that no visitor sees.
        self.is_draft = False
        self._find = lru_cache(4096)(self._look_up)
        self._object = lru_cache(8192)(self._object_row)
        self._in_language = lru_cache(8192)(self._address_in)

    def find(self, kind: str, number: int) -> SpipObject | None:
        """Return the object with its new address, or None where there is none."""
        return self._find(kind, number, self.language, self.is_draft)

    def translate(self, found: SpipObject, language: str) -> SpipObject | None:
        """Return the object of the same id_trad in that language."""
        if not found.translation_of:
            return None
        row = self._db.execute(
            "SELECT number FROM objects WHERE kind = ? AND translation_of = ? AND language = ?",
            (found.kind, found.translation_of, language),
        ).fetchone()
        return self.find(found.kind, row["number"]) if row else None

    def address_of(self, kind: str, number: int) -> str | None:
        """Return where an object is found on the new site; empty where visitors can't see it; None: no such object."""
        if kind == "document":
            found = self.find(kind, number)
            return found.address if found else None
        if kind == "forum":
            row = self._db.execute("SELECT objet, id_objet, statut FROM forum WHERE id_forum = ?", (number,)).fetchone()
            if row is None:
                return None
            address = self.address_of(row["objet"], row["id_objet"]) if row["statut"] == "publie" else ""
            return f"{address}#forum{number}" if address else ""
        row = self._object(kind, number)
        if row is None:
            return None
        if row["state"] in _SHOWN or (self.is_draft and row["state"] != "hidden"):
            return self._in_language(kind, number, self.language) or str(row["address"])
        return ""

    def _object_row(self, kind: str, number: int) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM objects WHERE kind = ? AND number = ?", (kind, number)
        ).fetchone()
        return found

    def _address_in(self, kind: str, number: int, language: str) -> str:
        row = self._db.execute(
            "SELECT address FROM pages WHERE kind = ? AND number = ? AND language = ?", (kind, number, language)
        ).fetchone()
        return str(row["address"]) if row else ""

    def _look_up(self, kind: str, number: int, language: str, is_draft: bool) -> SpipObject | None:
        if kind == "document":
            row = self._db.execute("SELECT * FROM documents WHERE id_document = ?", (number,)).fetchone()
            return self._document(row) if row else None
        row = self._object(kind, number)
        if row is None:
            return None
        address = self.address_of(kind, number) or ""
        if kind == "site" and address:
            address = self._remote(number) or address
        return SpipObject(
            kind, number, title=row["title"], language=row["language"], translation_of=row["translation_of"],
            address=address,
        )  # fmt: skip

    def _remote(self, number: int) -> str:
        row = self._db.execute("SELECT url_site FROM syndic WHERE id_syndic = ?", (number,)).fetchone()
        return str(row["url_site"]).strip() if row else ""

    def _document(self, row: sqlite3.Row) -> SpipObject:
        thumbnail = (
            self.find("document", row["id_vignette"]) if row["id_vignette"] not in (0, row["id_document"]) else None
        )
        return SpipObject(
            "document", row["id_document"], title=row["titre"], address=document_address(row), file=row["fichier"],
            extension=row["extension"], media=row["media"], mode=row["mode"], width=row["largeur"],
            height=row["hauteur"], weight=row["taille"], description=row["descriptif"], credits=row["credits"],
            alternative=row["alt"], thumbnail=thumbnail.address if thumbnail else "",
        )  # fmt: skip


def document_address(row: sqlite3.Row) -> str:
    """Return where a document's file is: a remote one stays there, the others keep their path below IMG/."""
    name = str(row["fichier"])
    return name if row["distant"] == "oui" else _FILE + quote(name)


class Content:
    """Makes the pages of a site from its working base, one object at a time."""

    def __init__(self, base: Base, files: Files) -> None:
        self._base, self._db, self._files = base, base.db, files
        self._has_files = next(files.all(), None) is not None
        self._objects = Objects(base)
        self._own = own_addresses(base)
        self._objects.site_address = self._own[0] + "/" if self._own else ""
        self.site = read_site(base)
        # What a page is asked for more than once, and what many pages share.
        self._row = lru_cache(4)(self._read_row)
        self._messages = lru_cache(4)(self._read_messages)
        self._section = lru_cache(1024)(self._read_section)
        self._has_logos = bool(self._db.execute("SELECT 1 FROM documents WHERE mode LIKE 'logo%'").fetchone())
        self._page: sqlite3.Row
        self._remarks: list[Remark] = []
        self._words: list[str] = []

    def make(self, kind: str, number: int, language: str) -> Made:
        """Return the page of an object in a language."""
        row = self._db.execute(
            "SELECT p.*, o.state, o.title, o.slug, o.weight, o.translation_of, o.language AS own,"
            " (SELECT count(*) FROM pages v WHERE v.kind = p.kind AND v.number = p.number) AS versions"
            " FROM pages p LEFT JOIN objects o ON o.kind = p.kind AND o.number = p.number"
            " WHERE p.kind = ? AND p.number = ? AND p.language = ?",
            (kind, number, language),
        ).fetchone()
        self._page, self._remarks, self._words = row, [], []
        self._attached = self._attachments(kind, number)
        self._objects.language = language
        self._objects.is_draft = row["state"] == "draft"
        page = self._front_page() if kind == "home" else getattr(self, f"_{kind}")(self._row(kind, number))
        return Made(page, tuple(self._remarks), tuple(self._words))

    def rows_of(self, kind: str, number: int) -> Iterator[sqlite3.Row]:
        """Yield the rows that only this object's pages show: its own and its messages."""
        if kind != "home":
            yield self._row(kind, number)
        yield from self._messages(kind, number)

    # ---- Kinds of pages ----

    def _front_page(self) -> Page:
        site = self.site
        body = self._body([("descriptif_site", site.description)])
        return replace(
            self._start(), title=site.name, slug="", description=words_of(site.slogan, self._page["language"]),
            body=body, logo=self._logo("site", 0, "on"),
        )  # fmt: skip

    def _article(self, row: sqlite3.Row) -> Page:
        language = self._page["language"]
        address = row["url_site"].strip()
        see = f"{see_online(language)} [{row['nom_site'] or address}->{address}]" if address else row["nom_site"]
        body = self._body(
            [("chapo", row["chapo"]), ("texte", row["texte"]), ("url_site", see), ("ps", row["ps"])],
            with_documents=True,
        )
        if row["statut"] == "publie" and read_date(row["date"]) is None:
            self._remark("date-missing", "date", detail=row["date"])
        written = row["date_redac"].strip("'")[:10]
        return replace(
            self._start(), status=row["statut"], body=body, date=read_date(row["date"]),
            modified=read_date(row["date_modif"]), written=written.partition("-00")[0] if written[:4] > "0000" else "",
            overtitle=self._plain("surtitre", row["surtitre"]), subtitle=self._plain("soustitre", row["soustitre"]),
            description=self._plain("descriptif", row["descriptif"]),
            elsewhere=self._elsewhere(row["nom_site"], address),
        )  # fmt: skip

    def _breve(self, row: sqlite3.Row) -> Page:
        address = row["lien_url"].strip()
        see = f"[{row['lien_titre'] or address}->{address}]" if address else row["lien_titre"]
        body = self._body([("texte", row["texte"]), ("lien_url", see)], with_documents=True)
        return replace(
            self._start(), status=row["statut"], body=body, date=read_date(row["date_heure"]),
            elsewhere=self._elsewhere(row["lien_titre"], address),
        )  # fmt: skip

    def _site(self, row: sqlite3.Row) -> Page:
        address = row["url_site"].strip()
        see = f"[{address}->{address}]" if address else ""
        body = self._body([("descriptif", row["descriptif"]), ("url_site", see)], with_documents=True)
        return replace(
            self._start(), status=row["statut"], body=body, date=read_date(row["date"]),
            elsewhere=(title_of(row["nom_site"], self._page["language"]), address), feed=row["url_syndic"].strip(),
        )  # fmt: skip

    def _rubrique(self, row: sqlite3.Row) -> Page:
        body = self._body([("texte", row["texte"])], with_documents=True)
        return replace(
            self._start(), status=row["statut"], body=body, description=self._plain("descriptif", row["descriptif"])
        )

    def _mot(self, row: sqlite3.Row) -> Page:
        body = self._body([("descriptif", row["descriptif"]), ("texte", row["texte"])], with_documents=True)
        return replace(self._start(), body=body)

    _groupe = _mot

    def _auteur(self, row: sqlite3.Row) -> Page:
        address = row["url_site"].strip()
        see = f"[{row['nom_site'] or address}->{address}]" if address else ""
        body = self._body([("bio", row["bio"]), ("url_site", see)], with_documents=True)
        return replace(
            self._start(), body=body,
            elsewhere=self._elsewhere(row["nom_site"], address),
        )  # fmt: skip

    def _elsewhere(self, title: str, address: str) -> tuple[str, str]:
        return (words_of(title, self._page["language"]) or address, address) if address else ("", "")

    # ---- What all pages have ----

    def _start(self) -> Page:
        """Return a page with all that does not come from the object's own columns."""
        row = self._page
        kind, number, language = row["kind"], row["number"], row["language"]
        is_home = kind == "home"
        translations = self._translations(row)
        own = not is_home and language == row["own"]
        return Page(
            kind=kind, number=number, language=language, address=row["address"],
            slug="" if is_home else row["slug"], title="" if is_home else title_of(row["title"], language),
            body=Document((), language), is_draft=row["state"] == "draft", is_future=row["state"] == "future",
            weight=0 if is_home else row["weight"], sections=self._sections(row), authors=self._authors(kind, number),
            keywords=self._keywords(kind, number), logo="" if is_home else self._logo(kind, number, "on"),
            logo_hover="" if is_home else self._logo(kind, number, "off"),
            attachments=self._attached, comments=self._comments(kind, number) if own else (),
            below=self._below(row), translations=translations,
            translation_key=f"{kind}-{row['translation_of'] or number}" if not is_home else "home",
            aliases=self._aliases(kind, number) if own else (),
        )  # fmt: skip

    def _sections(self, row: sqlite3.Row) -> tuple[Term, ...]:
        if row["parent_kind"] != "rubrique":
            return ()
        chain: list[Term] = []
        number = row["parent_number"]
        while number and (above := self._section(number, row["language"])):
            term, number = above
            chain.append(term)
        return tuple(chain[::-1])

    def _read_section(self, number: int, language: str) -> tuple[Term, int] | None:
        """Return a section, and the number of the one above it."""
        row = self._db.execute(
            "SELECT o.title, o.slug, p.address, p.parent_number FROM objects o JOIN pages p ON p.kind = o.kind AND"
            " p.number = o.number WHERE o.kind = 'rubrique' AND o.number = ? AND p.language = ?",
            (number, language),
        ).fetchone()
        if row is None:
            return None
        # One name in all languages, so that lists by section are not parted by language.
        title = title_of(row["title"], self.site.language)
        return Term("rubrique", number, title, row["slug"], row["address"]), row["parent_number"]

    def _authors(self, kind: str, number: int) -> tuple[Term, ...]:
        rows = self._db.execute(
            "SELECT DISTINCT o.* FROM auteurs_liens l JOIN objects o ON o.kind = 'auteur' AND o.number = l.id_auteur"
            " WHERE l.objet = ? AND l.id_objet = ? ORDER BY o.weight, o.number",
            (kind, number),
        )
        return tuple(self._term(row) for row in rows)

    def _keywords(self, kind: str, number: int) -> tuple[Term, ...]:
        rows = self._db.execute(
            "SELECT DISTINCT o.*, g.slug AS grp FROM mots_liens l JOIN objects o ON o.kind = 'mot' AND o.number ="
            " l.id_mot JOIN mots m ON m.id_mot = o.number LEFT JOIN objects g ON g.kind = 'groupe' AND g.number ="
            " m.id_groupe WHERE l.objet = ? AND l.id_objet = ? ORDER BY g.weight, g.number, o.weight, o.number",
            (kind, number),
        )
        return tuple(self._term(row, row["grp"] or "mots") for row in rows)

    def _term(self, row: sqlite3.Row, group: str = "") -> Term:
        title = title_of(row["title"], self._page["language"])
        address = self._objects.address_of(row["kind"], row["number"]) or ""
        return Term(row["kind"], row["number"], title, row["slug"], address, group)

    def _translations(self, row: sqlite3.Row) -> tuple[Link, ...]:
        if row["versions"] == 1 and not row["translation_of"]:
            return ()
        rows = self._db.execute(
            "SELECT p.*, o.title FROM pages p JOIN objects o ON o.kind = p.kind AND o.number = p.number"
            " WHERE p.kind = ? AND p.number = ? AND p.language <> ?"
            " UNION SELECT p.*, o.title FROM objects o JOIN pages p ON p.kind = o.kind AND p.number = o.number"
            " AND p.language = o.language WHERE o.kind = ? AND o.translation_of = ? AND o.translation_of > 0"
            " AND o.number <> ? AND o.state = 'published' AND o.language <> ? ORDER BY p.language, p.number",
            (
                row["kind"], row["number"], row["language"], row["kind"], row["translation_of"] or 0, row["number"],
                row["language"],
            ),
        ).fetchall()  # fmt: skip
        original = row["translation_of"] or 0
        if original and original != row["number"] and self._objects.address_of(row["kind"], original) in (None, ""):
            self._remark("original-missing", "id_trad", detail=str(original))
        return tuple(
            Link(
                each["kind"],
                each["number"],
                title_of(each["title"], each["language"]),
                each["address"],
                each["language"],
            )
            for each in rows
        )

    def _logo(self, kind: str, number: int, mode: str) -> str:
        if self._has_logos:
            row = self._db.execute(
                "SELECT d.fichier, d.distant FROM documents_liens l JOIN documents d ON d.id_document = l.id_document"
                " WHERE l.objet = ? AND l.id_objet = ? AND d.mode = ? ORDER BY d.id_document DESC",
                (kind, number, "logo" + mode),
            ).fetchone()
            if row:
                return document_address(row)
        found = self._files.logo(kind, number, hover=mode == "off")
        return _FILE + quote(found) if found else ""

    def _attachments(self, kind: str, number: int) -> tuple[Attachment, ...]:
        rows = self._db.execute(
            "SELECT d.*, l.vu FROM documents_liens l JOIN documents d ON d.id_document = l.id_document"
            " WHERE l.objet = ? AND l.id_objet = ? AND d.mode NOT IN ('vignette', 'logoon', 'logooff')"
            " ORDER BY l.rang_lien = 0, l.rang_lien, d.id_document",
            (kind, number),
        ).fetchall() if kind != "home" else []  # fmt: skip
        return tuple(
            Attachment(
                row["id_document"], title_of(row["titre"], self._page["language"]), document_address(row),
                "" if row["distant"] == "oui" else row["fichier"],
            )
            for row in rows
        )  # fmt: skip

    def _below(self, row: sqlite3.Row) -> tuple[Link, ...]:
        """Return what a page lists, in its own language: sections by number, the others newest first."""
        kind, number, language = row["kind"], row["number"], row["language"]
        if kind in ("rubrique", "groupe", "home"):
            rows = self._db.execute(
                "SELECT o.kind, o.number, o.title, p.address FROM pages p JOIN objects o ON o.kind = p.kind AND"
                " o.number = p.number LEFT JOIN articles a ON o.kind = 'article' AND a.id_article = o.number"
                " WHERE p.parent_kind = ? AND p.parent_number = ? AND p.language = ? AND o.state = 'published'"
                " ORDER BY o.kind = 'rubrique' DESC, o.kind, o.weight = 0, o.weight, a.date DESC, o.number",
                ("rubrique" if kind == "home" else kind, number, language),
            ).fetchall()
            if kind == "home":
                rows += self._db.execute(
                    "SELECT o.kind, o.number, o.title, p.address FROM pages p JOIN objects o ON o.kind = p.kind AND"
                    " o.number = p.number WHERE p.kind = 'groupe' AND p.language = ? ORDER BY o.weight, o.number",
                    (language,),
                ).fetchall()
        elif kind in ("mot", "auteur"):
            links, key = ("mots_liens", "id_mot") if kind == "mot" else ("auteurs_liens", "id_auteur")
            rows = self._db.execute(
                f"SELECT DISTINCT o.kind, o.number, o.title, p.address, a.date FROM {links} l JOIN objects o ON"
                " o.kind = l.objet AND o.number = l.id_objet JOIN pages p ON p.kind = o.kind AND p.number = o.number"
                " LEFT JOIN articles a ON o.kind = 'article' AND a.id_article = o.number"
                f" WHERE l.{key} = ? AND p.language = ? AND o.state = 'published'"
                " ORDER BY o.kind = 'rubrique' DESC, o.kind, a.date DESC, o.number",
                (number, language),
            ).fetchall()
        else:
            return ()
        return tuple(
            Link(each["kind"], each["number"], title_of(each["title"], language) or each["address"], each["address"])
            for each in rows
        )

    def _aliases(self, kind: str, number: int) -> tuple[str, ...]:
        """Return the old paths that lead to no new page by themselves and that a file may have as its name."""
        if self._page["state"] != "published":
            return ()
        rows = self._db.execute(
            "SELECT path FROM old_paths WHERE kind = ? AND number = ? ORDER BY path", (kind, number)
        )
        return tuple(
            row["path"]
            for row in rows
            if not _NO_FILE_NAME.search(row["path"])
            and not self._db.execute("SELECT 1 FROM pages WHERE address = ?", (f"/{row['path'].lower()}/",)).fetchone()
        )

    # ---- Comments ----

    def _comments(self, kind: str, number: int) -> tuple[Comment, ...]:
        """Return a page's messages as they are read: each thread in the order of time, answers behind their message."""
        rows = {row["id_forum"]: row for row in self._messages(kind, number)}
        below: dict[int, list[int]] = {}
        for key, row in rows.items():
            if row["statut"] in ("publie", "prop"):
                below.setdefault(self._shown_parent(row, rows), []).append(key)
        comments: list[Comment] = []
        waiting = [(key, 0, 0) for key in reversed(below.get(0, []))]
        while waiting:
            key, parent, depth = waiting.pop()
            comments.append(self._comment(rows[key], parent, depth))
            waiting += [(each, key, depth + 1) for each in reversed(below.get(key, []))]
        return tuple(comments)

    def _shown_parent(self, row: sqlite3.Row, rows: dict[int, sqlite3.Row]) -> int:
        shown = ("publie",) if row["statut"] == "publie" else ("publie", "prop")
        seen = {row["id_forum"]}
        parent = row["id_parent"]
        while parent in rows and parent not in seen and rows[parent]["statut"] not in shown:
            seen.add(parent)
            parent = rows[parent]["id_parent"]
        is_there = parent in rows and parent not in seen
        if row["id_parent"] != (parent if is_there else 0) and row["statut"] == "publie":
            self._remark("comment-moved", "forum", detail=f"forum{row['id_forum']}")
        return int(parent) if is_there else 0

    def _comment(self, row: sqlite3.Row, parent: int, depth: int) -> Comment:
        language = self._page["language"]
        parsed = parse(row["texte"], profile="comment", lang=language)
        where = f"forum{row['id_forum']}"
        self._remarks += [
            Remark(each.code, "forum", row["id_forum"], "texte", each.line, each.column, each.detail,
                   self._page["address"] + "#" + where)
            for each in parsed.diagnostics
            if each.severity == "loss"
        ]  # fmt: skip
        body = self._put_right(parsed.document.children, where)
        if any(isinstance(node, Note) for node in walk(body)):
            body = _rename_notes(body, f"-{row['id_forum']}")
        return Comment(
            row["id_forum"], parent, depth, _flat(row["auteur"]), row["url_site"].strip(), read_date(row["date_heure"]),
            _flat(row["titre"]), replace(parsed.document, children=body),
            is_pending=row["statut"] != "publie",
        )  # fmt: skip

    # ---- Texts ----

    def _read_messages(self, kind: str, number: int) -> list[sqlite3.Row]:
        return self._db.execute(
            "SELECT * FROM forum WHERE objet = ? AND id_objet = ? ORDER BY date_heure, id_forum", (kind, number)
        ).fetchall()

    def _read_row(self, kind: str, number: int) -> sqlite3.Row:
        table, key = KINDS[kind]
        row: sqlite3.Row = self._db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (number,)).fetchone()
        return row

    def _plain(self, field: str, text: str) -> str:
        if not text:
            return ""
        self._words.append(_in_language(text, self._page["language"]))
        parsed = parse(text, lang=self._page["language"], objects=self._objects)
        self._note(field, parsed.diagnostics)
        return " ".join(_flat_words(parsed.document.children).split())

    def _body(self, fields: Sequence[tuple[str, str]], *, with_documents: bool = False) -> Document:
        """Return one tree of several fields, their notes numbered through, and of the documents they don't show."""
        language = self._page["language"]
        nodes: list[Node] = []
        first_note = 1
        shown: set[int] = set()
        for field, text in fields:
            if not text.strip():
                continue
            self._words.append(_in_language(text, language))
            parsed = parse(text, lang=language, objects=self._objects, embeds=True, first_note=first_note)
            self._note(field, parsed.diagnostics)
            concerned = False
            for node in walk(parsed.document.children):
                if isinstance(node, Note):
                    if node.label.isdecimal() and not node.repeated:
                        first_note = max(first_note, int(node.label) + 1)
                elif isinstance(node, (LinkNode, Element, Figure)):
                    concerned = concerned or _concerns(node)
                    if isinstance(node, Figure):
                        shown.add(node.number)
            nodes += self._put_right(parsed.document.children, field) if concerned else parsed.document.children
        if with_documents:
            nodes += self._portfolio(shown)
        return Document(tuple(nodes), language)

    def _portfolio(self, shown: Iterable[int]) -> tuple[Node, ...]:
        """Return the documents that belong to a page and are not in its texts, as figures."""
        seen = set(shown)
        numbers = [one.number for one in self._attached if one.number not in seen]
        if not numbers:
            return ()
        markup = "\n\n".join(f"<doc{each}>" for each in numbers)
        parsed = parse(markup, lang=self._page["language"], objects=self._objects)
        self._note("documents", parsed.diagnostics)
        return self._put_right(parsed.document.children, "documents")

    def _note(self, field: str, diagnostics: Iterable[object]) -> None:
        for each in diagnostics:
            if each.code in _EXPECTED:  # type: ignore[attr-defined]
                continue
            self._remark(each.code, field, each.line, each.column, each.detail)  # type: ignore[attr-defined]

    def _remark(self, code: str, field: str, line: int = 0, column: int = 0, detail: str = "") -> None:
        page = self._page
        self._remarks.append(Remark(code, page["kind"], page["number"], field, line, column, detail, page["address"]))

    # ---- Links ----

    def _put_right(self, nodes: tuple[Node, ...], field: str) -> tuple[Node, ...]:
        """Return nodes whose addresses are those of the new site, and whose icons are words."""

        def change(node: Node) -> tuple[Node, ...]:
            if not _concerns(node):
                return (node,)
            if isinstance(node, Figure):
                return (replace(node, thumbnail=""),) if node.thumbnail.startswith(ICONS) else (node,)
            if isinstance(node, LinkNode):
                if _NO_DOCUMENT.fullmatch(node.address) and node.kind == "relative":
                    return node.children
                address = self._new_address(node.address, field, node)
                return (replace(node, address=address),) if address is not None else node.children
            assert isinstance(node, Element)
            attributes: list[tuple[str, str]] = []
            for name, value in node.attributes:
                is_address = name in ("href", "src", "cite")
                new = self._new_address(value, field, node) if is_address else value
                if new is not None:
                    attributes.append((name, new))
            return (replace(node, attributes=tuple(attributes)),)

        return rebuild(nodes, change)

    def _home(self) -> str:
        language = self._page["language"]
        return "/" if language == self.site.language else f"/{language_tag(language)}/"

    def _new_address(self, address: str, field: str, node: Node) -> str | None:
        """Return an address on the new site, the same for one elsewhere, None where nothing answers any more."""
        if not address and isinstance(node, LinkNode):
            self._remark("link-empty", field, node.line, node.column)
            return None
        old = read_old_address(address, self._own)
        if old is None:
            return address
        place = (node.line, node.column, address)
        if old.kind:
            new = self._objects.address_of(old.kind, old.number) if old.kind != "home" else self._home()
            if new:
                return _join(new, old)
            if new is None:
                if not (isinstance(node, LinkNode) and node.kind == "missing"):
                    self._remark("object-not-found", field, *place)
            else:
                self._remark("link-unpublished", field, *place)
            return None
        if old.file:
            if self._has_files and self._files.find(old.file) is None:
                self._remark("file-missing", field, *place)
            return _join(_FILE + quote(old.file), old)
        if old.page:
            self._remark("link-old-page", field, *place)
            return None
        found = find_by_path(self._base, old.path) if old.path else None
        new = self._objects.address_of(*found) if found else None
        if new:
            return _join(new, old)
        if not old.path:
            return address
        self._remark("link-unresolved", field, *place)
        return address if "://" in address or address.startswith("/") else "/" + address


def _concerns(node: Node) -> bool:
    """Tell whether a node may hold an address of the old site, or an icon of SPIP's."""
    match node:
        case LinkNode():
            return node.kind not in ("anchor", "mail", "glossary") and not (
                node.kind == "internal" and node.address.startswith("/")
            )
        case Element():
            return any(name in ("href", "src", "cite") for name, _ in node.attributes)
        case Figure():
            return node.thumbnail.startswith(ICONS)
    return False


def _join(address: str, old: OldAddress) -> str:
    return f"{address}#{old.fragment}" if old.fragment and "#" not in address else address


def _rename_notes(nodes: tuple[Node, ...], suffix: str) -> tuple[Node, ...]:
    """Return nodes whose notes have ids that no other text on the page has."""
    return rebuild(
        nodes,
        lambda node: (replace(node, identifier=node.identifier + suffix) if isinstance(node, Note) else node,),
    )


def _in_language(text: str, language: str) -> str:
    """Return a text with its ``<multi>`` blocks in one language, for counting its words."""

    def choose(match: re.Match[str]) -> str:
        default, *marked = _MULTI_LANGUAGE.split(match[1])
        parts = dict(zip(marked[::2], marked[1::2], strict=True))
        return parts.get(language) or default or parts.get("fr") or next(iter(parts.values()), "")

    return _MULTI.sub(choose, text) if "<" in text else text


def _flat(text: str) -> str:
    """Return a stranger's short text as plain words: nothing in it is markup."""
    return " ".join(unescape(text).split())


def _flat_words(nodes: tuple[Node, ...]) -> str:
    """Return the words of nodes with a space where a block ends."""
    words: list[str] = []
    for node in walk(nodes):
        if isinstance(node, Text):
            words.append(node.text)
        elif (
            not isinstance(node, (Anchor, Model))
            and getattr(node, "children", None)
            and words
            and isinstance(node, Heading)
        ):
            words.append(" ")
    return "".join(words)


# What a migration does not hide: each language has its own page.
_EXPECTED = frozenset({"translations-hidden", "translation-missing"})


def read_site(base: Base) -> Site:
    """Return what all pages of a site share."""
    language = base.meta("langue_site", "fr")
    languages = [row[0] for row in base.db.execute("SELECT DISTINCT language FROM pages ORDER BY language")]
    groups = base.db.execute("SELECT slug, title FROM objects WHERE kind = 'groupe' ORDER BY weight, number")
    return Site(
        name=words_of(base.meta("nom_site"), language),
        slogan=base.meta("slogan_site"),
        description=base.meta("descriptif_site"),
        address=base.meta("adresse_site").strip().rstrip("/"),
        language=language,
        languages=(language, *[each for each in languages if each != language]),
        taxonomies=tuple((row["slug"], title_of(row["title"], language)) for row in groups),
    )


def count_words(sources: Iterable[str], page: str) -> tuple[int, int]:
    """Return how many different words the sources have, and how many of them are on the page."""
    source = " ".join(sources)
    if _HTML.search(source):
        source = _NO_WORDS.sub(" ", source)
    wanted, there = dict.fromkeys(source.lower().split()), dict.fromkeys(page.lower().split())
    # Most stand there as they were; only the others, which markup touches, are taken apart.
    touched = " ".join([word for word in wanted if word not in there])
    apart = set(_WORD.findall(unescape(_NO_WORDS.sub(" ", touched))))
    missing = apart
    if missing:
        missing = missing.difference(_WORD.findall(unescape(" ".join([word for word in there if word not in wanted]))))
    if missing:
        missing = missing.difference(_WORD.findall(unescape(page.lower())))
    total = len(wanted) - touched.count(" ") - bool(touched) + len(apart)
    return total, total - len(missing)
