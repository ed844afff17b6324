"""Settings of Eleventy."""

from __future__ import annotations

import json

from spipconv.languages import direction, language_tag
from spipconv.migration.pages.page import Site
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.migration.writers.starters.settings import comments_setting, menu_entries, plain_words, site_address
from spipconv.migration.writers.starters.words import own_name
from spipconv.safety import template_text


def write_settings(site: Site, database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``_data/site.json``, for ``eleventy.config.js`` and the templates, which are alike for all sites."""
    settings = {
        "title": template_text(site.name, target.templates),
        "lang": language_tag(site.language),
        "url": site_address(site),
        "shows_future": site.shows_future,
        **comments_setting(site),
        "languages": {
            language_tag(code): {
                "name": own_name(code),
                "direction": direction(code),
                "title": plain_words(database.meta("nom_site"), code, target),
                "description": plain_words(site.slogan, code, target),
                "menu": menu_entries(site, code, target),
            }
            for code in site.languages
        },
    }
    text = json.dumps(settings, ensure_ascii=False, indent=2) + "\n"
    return File("_data/site.json", text.encode("utf-8", "replace"))
