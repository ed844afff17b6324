"""Settings of Hugo."""

from __future__ import annotations

from spipconv.migration.pages.page import Site
from spipconv.migration.plan.names import AUTHORS, language_tag
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File, YamlValue
from spipconv.migration.writers.starters.settings import plain_words, settings_file, site_address
from spipconv.safety import template_text


def write_settings(site: Site, database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``hugo.yaml``."""
    languages: YamlValue = {
        language_tag(code): {"weight": weight, "title": plain_words(database.meta("nom_site"), code, target)}
        for weight, code in enumerate(site.languages, 1)
    }
    groups = [slug for slug, _ in site.taxonomies]
    settings: dict[str, YamlValue] = {
        "baseURL": f"{site_address(site)}/",
        "title": template_text(site.name, target.templates),
        "defaultContentLanguage": language_tag(site.language),
        "languages": languages,
        "taxonomies": {name: name for name in [*dict.fromkeys([*groups, "mots"]), AUTHORS]},
        "buildFuture": site.shows_future,
        "markup": {
            "goldmark": {
                # Figures, tables with spans and other things that Markdown cannot express are HTML, written by
                # spipconv.
                "renderer": {"unsafe": True},
                # Typography is already applied: quotes and dashes stay as they are.
                "extensions": {"typographer": {"disable": True}, "linkify": False},
            }
        },
        "params": {"description": plain_words(site.slogan, site.language, target)},
    }
    return settings_file("hugo.yaml", settings)
