"""Settings of Pelican."""

from __future__ import annotations

from pprint import pformat

from spipconv.languages import direction, language_tag
from spipconv.migration.pages.page import Site
from spipconv.migration.read.database import WorkingDatabase
from spipconv.migration.target import MarkdownTree
from spipconv.migration.writers.files import File
from spipconv.migration.writers.starters.settings import menu_entries, plain_words, site_address
from spipconv.migration.writers.starters.words import own_name
from spipconv.safety import escape_text, template_text

_SETTINGS = """\
# Settings of Pelican for this site. MARKDOWN stays as Pelican has it.
SITENAME = {name!r}
SITEURL = ""
# Feeds and the site map need whole addresses.
FEED_DOMAIN = {address!r}
PATH = "content"
ARTICLE_PATHS = ["articles"]
PAGE_PATHS = ["pages"]
STATIC_PATHS = ["IMG", "feeds"]
DEFAULT_LANG = {language!r}
TIMEZONE = "Europe/Paris"
WITH_FUTURE_DATES = {future!r}
# The theme, and the plugin that finds what its pages list.
THEME = "theme"
THEME_STATIC_DIR = "assets"
PLUGIN_PATHS = ["theme"]
PLUGINS = ["spip_theme"]
# A search without a server: True, and after each build npx pagefind --site output.
SEARCH = False
# The languages of the site, with their menus.
LANGUAGES = {languages}
# The site has its own pages of keywords, sections and authors. Another theme needs Pelican's: remove these lines.
DIRECT_TEMPLATES = []
TAG_SAVE_AS = CATEGORY_SAVE_AS = AUTHOR_SAVE_AS = ""
PAGE_ORDER_BY = "url"
DISPLAY_PAGES_ON_MENU = False
# Texts of the old site may not name files of yours: no address is read as {{static}}… or {{attach}}….
INTRASITE_LINK_REGEX = "(?P<what>(?!))"
# Drafts, and what is to come, are no pages at all.
DRAFT_SAVE_AS = DRAFT_LANG_SAVE_AS = DRAFT_PAGE_SAVE_AS = DRAFT_PAGE_LANG_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
"""


def write_settings(site: Site, database: WorkingDatabase, target: MarkdownTree) -> File:
    """Return ``pelicanconf.py``."""
    # Other themes print it as HTML.
    name = escape_text(template_text(site.name, target.templates))
    languages = {
        language_tag(code): {
            "name": own_name(code),
            "direction": direction(code),
            "title": plain_words(database.meta("nom_site"), code, target),
            "description": plain_words(site.slogan, code, target),
            "menu": menu_entries(site, code, target),
        }
        for code in site.languages
    }
    text = _SETTINGS.format(
        name=name,
        address=site_address(site),
        language=language_tag(site.language),
        future=site.shows_future,
        languages=pformat(languages, width=110, sort_dicts=False),
    )
    if site.comments_server:
        text += f"# The server for new comments.\nCOMMENTS_SERVER = {site.comments_server!r}\n"
    return File("pelicanconf.py", text.encode())
