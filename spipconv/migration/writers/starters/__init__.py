"""The files beside the pages with which a target builds them at once: its settings, and layouts to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from spipconv.migration.pages.page import Site
from spipconv.migration.plan.plan import AUTHORS, language_tag
from spipconv.migration.plan.titles import words_of
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import TargetSystem
from spipconv.migration.writers.markdown_tree import File
from spipconv.safety import escape_text, template_address, template_text

_SITE = re.compile(r"https?://[^/?#@]+(?:/[^?#]*)?")
_PELICAN = """\
# Settings of Pelican for this site. MARKDOWN stays as Pelican has it.
SITENAME = {name!r}
SITEURL = ""
PATH = "content"
ARTICLE_PATHS = ["articles"]
PAGE_PATHS = ["pages"]
STATIC_PATHS = ["IMG"]
DEFAULT_LANG = {language!r}
TIMEZONE = "Europe/Paris"
WITH_FUTURE_DATES = {future!r}
DEFAULT_PAGINATION = 20
# The front page is the site's own; Pelican's list of articles stands beside it.
INDEX_SAVE_AS = "articles.html"
PAGE_ORDER_BY = "url"
DISPLAY_PAGES_ON_MENU = False
# Texts of the old site may not name files of yours: no address is read as {{static}}… or {{attach}}….
INTRASITE_LINK_REGEX = "(?P<what>(?!))"
# Drafts, and what is to come, are no pages at all.
DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
"""


def site_files(site: Site, database: WorkingDatabase, target: TargetSystem) -> Iterator[File]:
    """Yield the files with which a target builds the site."""
    shows_future = database.meta("post_dates") == "oui"
    if target.name == "hugo":
        yield _yaml("hugo.yaml", _hugo(site, database, target, shows_future))
    elif target.name == "jekyll":
        yield _yaml("_config.yml", _jekyll(site, target, shows_future))
    elif target.name == "pelican":
        # Its themes print it as HTML.
        name = escape_text(template_text(site.name, target.templates))
        text = _PELICAN.format(name=name, language=language_tag(site.language), future=shows_future)
        yield File("pelicanconf.py", text.encode())
    folder = files(__package__) / target.name
    if folder.is_dir():
        yield from _files(folder, "")


def _in_any_case(ending: str) -> str:
    return "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else sign for sign in ending)


def _words(text: str, language: str, target: TargetSystem) -> str:
    return template_text(words_of(text, language), target.templates)


def _address(site: Site) -> str:
    """Return the address of the site, empty where its base names none that pages could have."""
    address = template_address(site.address)
    return address if _SITE.fullmatch(address) else ""


def _files(folder: Traversable, above: str) -> Iterator[File]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _files(one, f"{above}{one.name}/")
        else:
            yield File(above + one.name, one.read_bytes())


def _yaml(path: str, settings: Mapping[str, Any]) -> File:
    return File(path, yaml.safe_dump(settings, allow_unicode=True, sort_keys=False).encode())


def _hugo(site: Site, database: WorkingDatabase, target: TargetSystem, shows_future: bool) -> dict[str, Any]:
    languages = {
        language_tag(code): {"weight": weight, "title": _words(database.meta("nom_site"), code, target)}
        for weight, code in enumerate(site.languages, 1)
    }
    groups = [slug for slug, _ in site.taxonomies]
    return {
        "baseURL": f"{_address(site)}/",
        "title": template_text(site.name, target.templates),
        "defaultContentLanguage": language_tag(site.language),
        "languages": languages,
        "taxonomies": {name: name for name in [*dict.fromkeys([*groups, "mots"]), AUTHORS]},
        "buildFuture": shows_future,
        "markup": {
            "goldmark": {
                # Figures, tables with spans and what else Markdown cannot say are HTML, made by spipconv.
                "renderer": {"unsafe": True},
                # Typography is done: quotes and dashes stay as they are.
                "extensions": {"typographer": {"disable": True}, "linkify": False},
            }
        },
        "params": {"description": _words(site.slogan, site.language, target)},
    }


def _jekyll(site: Site, target: TargetSystem, shows_future: bool) -> dict[str, Any]:
    return {
        "title": template_text(site.name, target.templates),
        "description": _words(site.slogan, site.language, target),
        "lang": language_tag(site.language),
        "url": _address(site),
        "future": shows_future,
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
        # Jekyll leaves out what begins so: cameras call pictures _DSC0001.JPG.
        "include": [f"[_#~]*.{_in_any_case(ending)}" for ending in target.static.includes],
    }  # fmt: skip
