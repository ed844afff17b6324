"""Settings of MkDocs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spipconv.languages import direction, language_tag
from spipconv.migration.pages.page import MenuEntry, Site
from spipconv.migration.plan.titles import shown_title
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File, YamlValue
from spipconv.migration.writers.starters.settings import comments_setting, plain_words, settings_file, site_address
from spipconv.migration.writers.starters.words import own_name, theme_words
from spipconv.safety import template_text

# The languages of MkDocs's own themes; in another one, they would warn and stay English.
_LOCALES = {
    name.lower().replace("_", "-"): name for name in "de en es fa fr id it ja nb nl nn pl pt_BR ru tr uk".split()
}
# Every page shows the whole menu, so its size is bounded: a section beyond it is reached from the one that it is in.
_MOST_ENTRIES = 80
_SECTIONS = (
    "SELECT pages.address, objects.title FROM pages JOIN objects USING (kind, number)"
    " WHERE pages.kind = 'rubrique' AND pages.language = ? AND objects.state = 'published' AND pages.parent_kind = ?"
    " AND pages.parent_number = ? ORDER BY objects.weight = 0, objects.weight, objects.title, objects.number LIMIT ?"
)


def write_settings(site: Site, database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``mkdocs.yml``."""
    tag = language_tag(site.language)
    address = site_address(site)
    theme: dict[str, YamlValue] = {"name": "mkdocs", "highlightjs": False}
    if tag in _LOCALES:
        theme["locale"] = _LOCALES[tag]
    settings: dict[str, YamlValue] = {
        "site_name": template_text(site.name, target.templates),
        "site_description": plain_words(site.slogan, site.language, target),
        **({"site_url": f"{address}/"} if address else {}),
        "theme": theme,
        "extra_css": ["site.css", "spip-glossary.css"],
        "extra_javascript": [{"path": "spip-glossary.js", "type": "module"}],
        "extra": {
            "language": tag,
            "languages": {
                language_tag(code): {"name": own_name(code), "direction": direction(code)} for code in site.languages
            },
            "shows_future": site.shows_future,
            **comments_setting(site),
        },
        "hooks": ["hooks.py"],
        # The old addresses of a page are its "aliases".
        "plugins": {"search": {}, "redirects": {}},
        # No text becomes a table of contents because it is "[TOC]".
        "markdown_extensions": {"extra": {}, "toc": {"marker": ""}},
        # Dead links of the old site are in the report.
        "validation": {
            "nav": {"omitted_files": "ignore"},
            "links": {"not_found": "info", "absolute_links": "ignore", "unrecognized_links": "ignore"},
        },
        "nav": _Menu(site, database, target).write(),
    }  # fmt: skip
    return settings_file("mkdocs.yml", settings)


class _Menu:
    """The site's menu as MkDocs names it: titles of pages and of lists of pages."""

    def __init__(self, site: Site, database: WorkingDatabase, target: MarkdownTree) -> None:
        self._site, self._db, self._target = site, database.db, target
        self._left = _MOST_ENTRIES

    def write(self) -> YamlValue:
        own = [entry for entry in self._site.menu if entry.language == self._site.language]
        self._left -= len(own)
        word = theme_words(self._site.language)["home"]
        home: list[YamlValue] = [{word: "index.md"}] if self._is_page("/") else []
        return home + [self._entry(entry) for entry in own[:_MOST_ENTRIES] if self._is_shown(entry)]

    def _entry(self, entry: MenuEntry) -> YamlValue:
        title = template_text(entry.title, self._target.templates) or entry.address
        below = self._below(entry)
        self._left -= len(below)
        if not below:
            return {title: _file(entry.address)}
        # MkDocs's own theme links no title that has others below it.
        own: list[YamlValue] = [{title: _file(entry.address)}] if entry.address else []
        return {title: own + [self._entry(child) for child in below]}

    def _below(self, entry: MenuEntry) -> Sequence[MenuEntry]:
        children: Iterable[MenuEntry] = entry.children or self._sections(entry.address)
        return [child for child in children if self._is_shown(child)][: max(0, self._left)]

    def _sections(self, address: str) -> list[MenuEntry]:
        language = self._site.language
        section = self._db.execute(
            "SELECT number FROM pages WHERE address = ? AND kind = 'rubrique' AND language = ?", (address, language)
        ).fetchone()
        if not section:
            return []
        rows = self._db.execute(_SECTIONS, (language, "rubrique", section["number"], _MOST_ENTRIES))
        return [MenuEntry(shown_title(row["title"], language), row["address"], language) for row in rows]

    def _is_shown(self, entry: MenuEntry) -> bool:
        return (
            bool(entry.children)
            if not entry.address
            else not entry.address.startswith("/") or self._is_page(entry.address)
        )

    def _is_page(self, address: str) -> bool:
        return bool(
            self._db.execute(
                "SELECT 1 FROM pages LEFT JOIN objects USING (kind, number) WHERE pages.address = ?"
                " AND (pages.kind = 'home' OR objects.state = 'published')",
                (address,),
            ).fetchone()
        )


def _file(address: str) -> str:
    """Return the file of a page in the folder of pages, or an address elsewhere as it is."""
    return f"{address.removeprefix('/')}index.md" if address.startswith("/") else address
