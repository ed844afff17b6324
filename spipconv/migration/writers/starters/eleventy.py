"""Settings of Eleventy."""

from __future__ import annotations

import json

from spipconv.migration.pages.page import Site
from spipconv.migration.plan.names import language_tag
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.migration.writers.starters.settings import plain_words, site_address
from spipconv.safety import template_text


def write_settings(site: Site, _database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``_data/site.json``, for ``eleventy.config.js`` and the templates, which are alike for all sites."""
    settings = {
        "title": template_text(site.name, target.templates),
        "description": plain_words(site.slogan, site.language, target),
        "language": language_tag(site.language),
        "languages": [language_tag(code) for code in site.languages],
        "url": site_address(site),
        "shows_future": site.shows_future,
        "groups": [slug for slug, _ in site.taxonomies],
        "menu": [
            {
                "title": template_text(entry.title, target.templates),
                "address": entry.address,
                "lang": language_tag(entry.language),
            }
            for entry in site.menu
        ],
    }
    return File(
        "_data/site.json", (json.dumps(settings, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
    )
