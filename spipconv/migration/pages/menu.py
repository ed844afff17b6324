"""The menu of a site: that of SPIP's plugin "Menus", or else the sections at the top, as entries with new addresses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from spipconv.languages import language_tag
from spipconv.migration.kinds import KINDS_BY_NAME, LISTED
from spipconv.migration.pages.links import LinkRewriter
from spipconv.migration.pages.page import MenuEntry
from spipconv.migration.pages.resolver import SiteObjects
from spipconv.migration.plan.titles import shown_title, shown_words
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.read.img_folder import ImgFolder
from spipconv.migration.read.php_values import PhpValue, read_values
from spipconv.migration.report.issues import Issue
from spipconv.nodes import Link, walk
from spipconv.parsing.parser import parse
from spipconv.safety import safe_address
from spipconv.translations import mark, translate

# The identifiers that templates give to the menu of the site.
_MAIN = ("barrenav", "barre_nav", "barre", "nav", "navigation", "principal", "menu_principal", "menu-principal", "menu",
         "main", "haut", "entete", "header")  # fmt: skip
_HOME = mark("Home")
# Entries that lead into SPIP itself.
_PRIVATE = frozenset({"deconnecter", "espace_prive", "espace_public", "connecter"})
_MOST_ENTRIES = 500
_MOST_LEVELS = 6
_BELOW = (
    "SELECT p.kind, p.number, p.address, o.title FROM pages p JOIN objects o ON o.kind = p.kind AND"
    " o.number = p.number WHERE p.parent_kind = ? AND p.parent_number = ? AND p.language = ? AND p.kind IN ({})"
    " AND o.state = 'published' ORDER BY p.kind <> 'rubrique', o.weight = 0, o.weight, o.title, o.number LIMIT 500"
)


class SiteMenu:
    """Reads the menu of a site in each of its languages.

    ``issues`` are those of entries and of further menus that were left out. ``menus`` and ``shown`` are the numbers of
    the menus and of the entries that are part of it.
    """

    def __init__(self, database: WorkingDatabase, language: str) -> None:
        self._database, self._db, self._main = database, database.db, language
        self._objects = SiteObjects(database)
        self._links = LinkRewriter(database, self._objects, ImgFolder(None), language)
        self._language = language
        self._count = 0
        self._open: set[int] = set()
        self.issues: dict[str, Issue] = {}
        self.menus: set[int] = set()
        self.shown: set[int] = set()

    def entries(self, language: str) -> tuple[MenuEntry, ...]:
        """Return the entries of the menu in a language."""
        self._language = self._objects.language = language
        self._count = 0
        menus = self._db.execute("SELECT * FROM menus WHERE id_menus_entree = 0 ORDER BY id_menu").fetchall()
        if not menus:
            return tuple(self._default())
        names = [row["identifiant"].strip().lower() for row in menus]
        chosen = next((menus[names.index(name)] for name in _MAIN if name in names), menus[0])
        for row in menus:
            if row is not chosen:
                self._leave("menu-other", f"{row['identifiant']} {row['titre']}".strip() or str(row["id_menu"]))
        return tuple(self._menu(chosen["id_menu"], 0)) or tuple(self._default())

    def _default(self) -> Iterator[MenuEntry]:
        yield from self._sections(0, 1)
        for kind in LISTED.values():
            row = self._db.execute(
                "SELECT p.address, o.title FROM pages p JOIN objects o ON o.kind = p.kind AND o.number = p.number"
                " WHERE p.kind = ? AND p.language = ? AND o.state = 'published'",
                (kind.name, self._language),
            ).fetchone()
            if row:
                yield MenuEntry(row["title"], row["address"], self._language)

    def _menu(self, number: int, level: int) -> Iterator[MenuEntry]:
        if level >= _MOST_LEVELS or number in self._open:
            return
        self._open.add(number)
        self.menus.add(number)
        rows = self._db.execute(
            "SELECT * FROM menus_entrees WHERE id_menu = ? ORDER BY rang, id_menus_entree", (number,)
        ).fetchall()
        for row in rows:
            yield from self._entry(row, level)
        self._open.discard(number)

    def _entry(self, row: sqlite3.Row, level: int) -> Iterator[MenuEntry]:
        kind = row["type_entree"].strip()
        try:
            values = read_values(row["parametres"])
        except ValueError:
            values = None
        entries = list(self._of_type(kind, values if isinstance(values, dict) else {}))
        below = self._db.execute(
            "SELECT id_menu FROM menus WHERE id_menus_entree = ? ORDER BY id_menu", (row["id_menus_entree"],)
        ).fetchall()
        children = [entry for (number,) in below for entry in self._menu(number, level + 1)]
        if entries or children:
            self.shown.add(row["id_menus_entree"])
        if not entries and kind not in _PRIVATE:
            self._leave("menu-left", f"{kind} {row['id_menus_entree']}")
        elif len(entries) == 1 and children:
            entry = entries[0]
            entries = [MenuEntry(entry.title, entry.address, entry.language, (*entry.children, *children))]
            children = []
        for entry in (*entries, *children):
            self._count += 1
            if self._count <= _MOST_ENTRIES:
                yield entry

    def _of_type(self, kind: str, values: Mapping[str, PhpValue]) -> Iterator[MenuEntry]:
        """Yield the entries of a type that the plugin has."""
        title = shown_words(_text(values, "titre") or _text(values, "contenu"), self._language)
        match kind:
            case "accueil":
                address = "/" if self._language == self._main else f"/{language_tag(self._language)}/"
                yield MenuEntry(title or translate(_HOME, self._language), address, self._language)
            case "objet":
                named = KINDS_BY_NAME.get(_text(values, "type_objet"))
                if named:
                    yield from self._object(named.name, _number(values, "id_objet"), title)
            case "lien":
                yield from self._link(_text(values, "url"), title)
            case "page_speciale" | "page_speciale_zajax" | "mapage":
                yield from self._link(f"spip.php?page={_text(values, 'nom')}", title)
            case "rubriques" | "rubriques_articles" | "rubriques_completes" | "secteurlangue":
                levels = _number(values, "niveau") or _MOST_LEVELS
                with_articles = kind == "rubriques_articles" or _text(values, "afficher_articles") in ("oui", "on")
                yield from self._sections(_number(values, "id_rubrique"), levels, with_articles=with_articles)
            case "articles_rubrique":
                yield from self._below("rubrique", _number(values, "id_rubrique"), "article")
            case "groupe_mots":
                yield from self._below("groupe", _number(values, "id_groupe"), "mot")
            case "mots":
                yield from self._object("mot", _number(values, "id_mot"), title)
            case "evenements":
                yield from (entry for entry in self._default() if entry.address.endswith(("agenda/", "evenements/")))
            case "texte_libre" if title:
                yield MenuEntry(title, "", self._language)

    def _object(self, kind: str, number: int, title: str) -> Iterator[MenuEntry]:
        address = safe_address(self._objects.address_of(kind, number) or "") if number else ""
        if address:
            row = self._db.execute("SELECT title FROM objects WHERE kind = ? AND number = ?", (kind, number)).fetchone()
            own = shown_title(row["title"], self._language) if row else ""
            yield MenuEntry(title or own or address, address, self._language)

    def _link(self, address: str, title: str) -> Iterator[MenuEntry]:
        if not address or "]" in address:
            return
        document = parse(f"[x->{address}]", lang=self._language, objects=self._objects).document
        nodes = self._links.put_right(document.children, lambda code, node, detail: None)
        for node in walk(nodes):
            if isinstance(node, Link) and (allowed := safe_address(node.address)):
                if allowed.startswith(("/", "http://", "https://", "mailto:")):
                    yield MenuEntry(title or allowed, allowed, self._language)
                return

    def _sections(self, parent: int, levels: int, *, with_articles: bool = False) -> Iterator[MenuEntry]:
        """Yield the sections below one, 0: at the top, down to a number of levels."""
        kinds = ("rubrique", "article") if with_articles and parent else ("rubrique",)
        for row in self._rows("rubrique", parent, *kinds):
            self._count += 1
            if self._count > _MOST_ENTRIES:
                return
            title = shown_title(row["title"], self._language) or row["address"]
            children: tuple[MenuEntry, ...] = ()
            if levels > 1 and row["kind"] == "rubrique":
                children = tuple(
                    self._sections(row["number"], min(levels, _MOST_LEVELS) - 1, with_articles=with_articles)
                )
            yield MenuEntry(title, row["address"], self._language, children)

    def _below(self, kind: str, number: int, wanted: str) -> Iterator[MenuEntry]:
        for row in self._rows(kind, number, wanted):
            yield MenuEntry(shown_title(row["title"], self._language) or row["address"], row["address"], self._language)

    def _rows(self, kind: str, number: int, *wanted: str) -> list[sqlite3.Row]:
        marks = ", ".join("?" * len(wanted))
        return self._db.execute(_BELOW.format(marks), (kind, number, self._language, *wanted)).fetchall()

    def _leave(self, code: str, detail: str) -> None:
        self.issues.setdefault(detail, Issue(code, detail=detail))


def _text(values: Mapping[str, PhpValue], name: str) -> str:
    value = values.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(values: Mapping[str, PhpValue], name: str) -> int:
    text = _text(values, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
