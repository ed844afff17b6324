"""Settings of Pelican."""

from __future__ import annotations

from spipconv.migration.pages.page import Site
from spipconv.migration.plan.names import language_tag
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.safety import escape_text, template_text

_SETTINGS = """\
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
# The front page is the site's own; Pelican's list of articles is another page.
INDEX_SAVE_AS = "articles.html"
PAGE_ORDER_BY = "url"
DISPLAY_PAGES_ON_MENU = False
# Texts of the old site may not name files of yours: no address is read as {{static}}… or {{attach}}….
INTRASITE_LINK_REGEX = "(?P<what>(?!))"
# Drafts, and what is to come, are no pages at all.
DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
"""


def write_settings(site: Site, _database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``pelicanconf.py``."""
    # Pelican's themes print it as HTML.
    name = escape_text(template_text(site.name, target.templates))
    text = _SETTINGS.format(name=name, language=language_tag(site.language), future=site.shows_future)
    return File("pelicanconf.py", text.encode())
