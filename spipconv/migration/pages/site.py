"""The facts that all pages of a site share: the planned working database comes in, a ``Site`` goes out."""

from __future__ import annotations

from spipconv.migration.pages.menu import SiteMenu
from spipconv.migration.pages.page import Site
from spipconv.migration.plan.titles import shown_title, shown_words
from spipconv.migration.read.database import WorkingDatabase


def read_site(database: WorkingDatabase) -> Site:
    """Return the facts that all pages of a site share."""
    language = database.meta("langue_site", "fr")
    languages = [row[0] for row in database.db.execute("SELECT DISTINCT language FROM pages ORDER BY language")]
    groups = database.db.execute("SELECT slug, title FROM objects WHERE kind = 'groupe' ORDER BY weight, number")
    languages = [language, *[code for code in languages if code != language]]
    menu = SiteMenu(database, language)
    return Site(
        name=shown_words(database.meta("nom_site"), language),
        slogan=database.meta("slogan_site"),
        description=database.meta("descriptif_site"),
        address=database.meta("adresse_site").strip().rstrip("/"),
        language=language,
        languages=tuple(languages),
        taxonomies=tuple((row["slug"], shown_title(row["title"], language)) for row in groups),
        shows_future=database.meta("post_dates") == "oui",
        menu=tuple([entry for code in languages for entry in menu.entries(code)]),
    )
