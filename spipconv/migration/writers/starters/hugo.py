"""Settings of Hugo."""

from __future__ import annotations

from collections.abc import Mapping

from spipconv.languages import direction, language_tag
from spipconv.migration.pages.page import Site
from spipconv.migration.plan.names import AUTHORS
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File, YamlValue
from spipconv.migration.writers.further_pages import PAGE_SIZE
from spipconv.migration.writers.starters.settings import (
    comments_setting,
    menu_entries,
    plain_words,
    settings_file,
    site_address,
)
from spipconv.migration.writers.starters.words import own_name
from spipconv.safety import template_text


def write_settings(site: Site, database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``hugo.yaml``."""
    languages: YamlValue = {
        language_tag(code): {
            "weight": weight,
            "title": plain_words(database.meta("nom_site"), code, target),
            "params": {
                "name": own_name(code),
                "direction": direction(code),
                "description": plain_words(site.slogan, code, target),
            },
            "menus": {"main": _menu(site, code, target)},
        }
        for weight, code in enumerate(site.languages, 1)
    }
    groups = [slug for slug, _ in site.taxonomies]
    if database.db.execute("SELECT 1 FROM pages WHERE kind = 'mot' AND address LIKE '/mots/%'").fetchone():
        # Keywords whose group does not exist.
        groups.append("mots")
    settings: dict[str, YamlValue] = {
        "baseURL": f"{site_address(site)}/",
        "title": template_text(site.name, target.templates),
        "defaultContentLanguage": language_tag(site.language),
        "languages": languages,
        "taxonomies": {name: name for name in [*dict.fromkeys(groups), AUTHORS]},
        "buildFuture": site.shows_future,
        # The templates read data as this version began to.
        "module": {"hugoVersion": {"min": "0.156.0"}},
        "capitalizeListTitles": False,
        "pluralizeListTitles": False,
        "enableRobotsTXT": True,
        "pagination": {"pagerSize": PAGE_SIZE},
        # The date of the last change is no date of publication.
        "frontmatter": {"date": ["date"]},
        "services": {"rss": {"limit": 20}},
        "markup": {
            "goldmark": {
                # Figures, tables with spans and other things that Markdown cannot express are HTML, written by
                # spipconv.
                "renderer": {"unsafe": True},
                # Typography is already applied: quotes and dashes stay as they are.
                "extensions": {"typographer": {"disable": True}, "linkify": False},
            }
        },
        "params": {"description": plain_words(site.slogan, site.language, target), **comments_setting(site)},
    }
    return settings_file("hugo.yaml", settings)


def _menu(site: Site, language: str, target: MarkdownTree) -> list[YamlValue]:
    """Return the entries of the main menu in a language, those below another one with its identifier."""
    entries: list[YamlValue] = []

    def add(entry: Mapping[str, object], parent: str = "") -> str:
        identifier = f"menu-{len(entries) + 1}"
        fields = {"identifier": identifier, "name": entry["title"], "url": entry.get("url"), "parent": parent}
        kept: dict[str, YamlValue] = {name: str(value) for name, value in fields.items() if value}
        entries.append({**kept, "weight": len(entries) + 1})
        return identifier

    for entry in menu_entries(site, language, target):
        identifier = add(entry)
        for below in entry.get("children", ()):
            assert isinstance(below, dict)
            add(below, identifier)
    return entries
