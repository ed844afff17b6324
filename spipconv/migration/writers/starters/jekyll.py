"""Settings of Jekyll."""

from __future__ import annotations

from spipconv.migration.pages.page import Site
from spipconv.migration.plan.names import language_tag
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File, YamlValue
from spipconv.migration.writers.starters.settings import plain_words, settings_file, site_address
from spipconv.safety import template_text


def write_settings(site: Site, _database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``_config.yml``."""
    settings: dict[str, YamlValue] = {
        "title": template_text(site.name, target.templates),
        "description": plain_words(site.slogan, site.language, target),
        "lang": language_tag(site.language),
        "url": site_address(site),
        "future": site.shows_future,
        "markdown": "kramdown",
        "kramdown": {
            "input": "GFM",
            "hard_wrap": False,
            "smart_quotes": "apos,apos,quot,quot",
            "typographic_symbols": {
                "hellip": "...", "mdash": "---", "ndash": "--", "laquo": "<<", "raquo": ">>", "laquo_space": "<< ",
                "raquo_space": " >>",
            },
        },
        "exclude": ["redirects", "report.html", "report.json", "remarks.jsonl", ".spipconv"],
        "keep_files": [],
        # Jekyll leaves out names that begin like this, such as _DSC0001.JPG from a camera.
        "include": [f"[_#~]*.{_in_any_case(ending)}" for ending in target.static.includes],
    }  # fmt: skip
    return settings_file("_config.yml", settings)


def _in_any_case(ending: str) -> str:
    return "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else sign for sign in ending)
