"""Settings of Jekyll."""

from __future__ import annotations

from collections.abc import Iterator

from spipconv.languages import direction, language_tag
from spipconv.migration.kinds import PAGE_KINDS
from spipconv.migration.pages.page import Site
from spipconv.migration.plan.names import AUTHORS
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File, YamlValue
from spipconv.migration.writers.starters.settings import (
    comments_setting,
    menu_entries,
    plain_words,
    settings_file,
    site_address,
)
from spipconv.migration.writers.starters.words import own_name, theme_words
from spipconv.migration.writers.yaml_text import write_yaml
from spipconv.safety import template_text


def write_settings(site: Site, database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``_config.yml``."""
    languages: YamlValue = {
        language_tag(code): {
            "name": own_name(code),
            "direction": direction(code),
            "title": plain_words(database.meta("nom_site"), code, target),
            "description": plain_words(site.slogan, code, target),
            "menu": menu_entries(site, code, target),
        }
        for code in site.languages
    }
    collections = [*sorted({kind.collection for kind in PAGE_KINDS.values()}), "textes"]
    layouts = {"textes": "article"}
    settings: dict[str, YamlValue] = {
        "title": template_text(site.name, target.templates),
        "description": plain_words(site.slogan, site.language, target),
        "lang": language_tag(site.language),
        "url": site_address(site),
        "languages": languages,
        "future": site.shows_future,
        # Dates of SPIP have no time zone: in any other, some would be those of the day before.
        "timezone": "UTC",
        "collections": {name: {"output": True} for name in collections},
        # So that a new page needs only a title, and a post its categories.
        "permalink": "/:categories/:title/",
        "defaults": [
            {"scope": {"path": "", "type": kind}, "values": {"layout": layout, "lang": language_tag(site.language)}}
            for kind, layout in [("posts", "article"), *((name, layouts.get(name, "list")) for name in collections)]
        ],
        # A search without a server: true, and after each build npx pagefind --site _site.
        "pagefind": False,
        **comments_setting(site),
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


def write_lists(site: Site, _target: MarkdownTree) -> Iterator[File]:
    """Yield the feed and the page of all authors in each language."""
    places = {code: "/" if code == site.language else f"/{language_tag(code)}/" for code in site.languages}
    for code, place in places.items():
        tag = language_tag(code)
        feed: dict[str, YamlValue] = {"layout": "feed", "permalink": f"{place}index.xml", "lang": tag, "sitemap": False}
        authors: dict[str, YamlValue] = {
            "layout": "authors",
            "class": "taxonomy",
            "title": theme_words(code)["authors"],
            "permalink": f"{place}{AUTHORS}/",
            "lang": tag,
            "parent": place,
            "traductions": [
                {"lang": language_tag(other), "url": f"{home}{AUTHORS}/"}
                for other, home in places.items()
                if other != code
            ],
        }
        for name, header in (("feed.xml", feed), (f"{AUTHORS}.html", authors)):
            yield File(place.removeprefix("/") + name, f"---\n{write_yaml(header)}---\n".encode())


def _in_any_case(ending: str) -> str:
    return "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else sign for sign in ending)
